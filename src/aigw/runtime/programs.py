"""Run a program to its end: what both runtimes do for a credential that comes from one."""

import subprocess
from collections.abc import Mapping, Sequence


def output_of(command: Sequence[str] | str, environ: Mapping[str, str], timeout_s: float) -> tuple[int, bytes]:
    """Run *command* with *environ*, and give its exit status and what it wrote.

    It gets nothing to read, and what it writes as errors is thrown away. No shell is between, so on Windows alone may
    it be a text. Raises `OSError` where it cannot be started, `TimeoutError` where it is stopped after *timeout_s*.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the command is the user's own, from a file of his
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    return done.returncode, done.stdout
