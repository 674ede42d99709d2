"""The command line. `main` reads arguments and loads only the command that is asked for, so `aigw --help` is quick.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted (Ctrl-C), 141 nobody reads the output any more.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final, TypeAlias, cast

from aigw.cli.arguments import parser
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Terminal, one_line
from aigw.errors import AigwError

Command: TypeAlias = Callable[[Arguments, Terminal], int]

OK: Final = 0
FAILED: Final = 1
INTERRUPTED: Final = 130
UNREAD: Final = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run `aigw` with *argv* (default: the process's own arguments) and give its exit code. Never raises."""
    try:
        arguments = parser().parse_args(argv, namespace=Arguments())
    except SystemExit as done:  # how argparse ends after --help, --version and wrong usage
        return done.code if isinstance(done.code, int) else FAILED
    terminal = Terminal.of_process()
    try:
        code = _command(arguments.handler)(arguments, terminal)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        return UNREAD
    except KeyboardInterrupt:
        return INTERRUPTED
    except AigwError as error:
        sys.stderr.write(f"aigw: error: {one_line(str(error))}\n")
        return FAILED
    except OSError as error:  # the gateway maps its own; what is left is an output that cannot be written
        _forget_output()
        sys.stderr.write(f"aigw: error: the output cannot be written: {error.strerror or type(error).__name__}\n")
        return FAILED
    return code


def _command(handler: str) -> Command:
    """Load the command that `module:function` names."""
    module, _, name = handler.partition(":")
    return cast("Command", getattr(import_module(f"aigw.cli.{module}"), name))


def _forget_output() -> None:
    """Point standard output at nothing, or the interpreter complains when it flushes what nobody reads."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
