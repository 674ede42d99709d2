"""AWS keys from a program that a profile names.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html. What the program says is never
shown, nor is its command: both may hold a key.
"""

import os
import shlex
from collections.abc import Mapping
from typing import Final

from aigw.call import Deadline
from aigw.credentials.aws_sts import keys_of
from aigw.errors import SecretError
from aigw.protocols import Runtime
from aigw.types.credential import AwsKeys
from aigw.types.json import JsonObject, as_object
from aigw.wire import decoded

LONGEST_S: Final = 60.0
"""How long a program may take, where the call has no earlier end."""

_VERSION: Final = 1


async def process_keys(
    command: str, environ: Mapping[str, str], region: str | None, runtime: Runtime, deadline: Deadline
) -> AwsKeys:
    """Run *command* and give the keys it writes. Raises `SecretError`, which says what went wrong and no more."""
    left = deadline.left(runtime.monotonic())
    timeout_s = LONGEST_S if left is None else min(LONGEST_S, left)
    try:
        status, output = await runtime.output_of(_words(command), environ, timeout_s)
    except OSError as error:
        # TimeoutError is one, too, and has no words of its own.
        why = f"did not end within {timeout_s:.0f} s" if isinstance(error, TimeoutError) else _reason(error)
        raise _failed(why) from None
    if status != 0:
        why = f"ended with status {status}; run it yourself to see why"
        raise _failed(why)
    body = _read(output)
    if body.get("Version") != _VERSION:
        why = "wrote something else than a JSON object with `Version` 1"
        raise _failed(why)
    keys = keys_of(body, region)
    if keys is None:
        why = "wrote no `AccessKeyId` with a `SecretAccessKey`"
        raise _failed(why)
    return keys


def _words(command: str) -> list[str] | str:
    """Split *command* as a shell would; Windows has programs do that themselves."""
    if "\0" in command:
        why = "cannot be read: it holds a NUL character"
        raise _failed(why)
    if os.name == "nt":
        return command
    try:
        words = shlex.split(command)
    except ValueError:
        why = "cannot be read: a quotation is not closed"
        raise _failed(why) from None
    if not words:
        why = "names no program"
        raise _failed(why)
    return words


def _read(output: bytes) -> JsonObject:
    try:
        return as_object(decoded(output))
    except ValueError:
        return {}


def _reason(error: OSError) -> str:
    return f"cannot be started: {error.strerror or type(error).__name__}"


def _failed(why: str) -> SecretError:
    return SecretError(f"its credential_process {why}")
