"""Secrets of a publisher: named on the command line, read from the environment or a file, never written there."""

import os
from pathlib import Path

from aigw.errors import SecretError


def secret_of(reference: str, what: str) -> str:
    """Give the secret *reference* (`env:NAME`, `file:PATH`), which is for *what*.

    Raises `SecretError`. A text that is neither may be the secret itself, so it is not repeated.
    """
    scheme, _, rest = reference.partition(":")
    if scheme == "env" and rest:
        value = os.environ.get(rest)
        if not value:
            message = f"{what}: the environment variable {rest} is not set."
            raise SecretError(message)
        return value
    if scheme == "file" and rest:
        try:
            value = Path(rest).expanduser().read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            message = f"{what}: the file {rest} cannot be read: {reason}."
            raise SecretError(message) from None
        if not value:
            message = f"{what}: the file {rest} is empty."
            raise SecretError(message)
        return value
    message = f"{what} is env:NAME or file:PATH. A secret on the command line is seen by all on this machine."
    raise SecretError(message)
