"""The command line. `main` reads arguments and loads only the command that is asked for, so `aigw --help` is quick.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted (Ctrl-C), 141 nobody reads the output any more. Below
`aigw manifest`, 2 is a change and nothing else: a pipeline that lets changes pass must not let a mistyped option pass.
"""

import contextlib
import io
import json
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
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130
UNREAD: Final = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run `aigw` with *argv* (default: the process's own arguments) and give its exit code. Never raises."""
    _stand_in_for_streams()
    given = sys.argv[1:] if argv is None else argv
    try:
        arguments = parser().parse_args(given, namespace=Arguments())
    except SystemExit as done:  # how argparse ends after --help, --version and wrong usage
        return OK if not done.code else FAILED if "manifest" in given[:1] else WRONG_USAGE
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
        return _failed(one_line(str(error)), as_json=arguments.json or arguments.format == "json")
    except OSError as error:  # the gateway maps its own; what is left is an output that cannot be written
        _forget_output()
        sys.stderr.write(f"aigw: error: the output cannot be written: {error.strerror or type(error).__name__}\n")
        return FAILED
    return code


def _failed(message: str, *, as_json: bool) -> int:
    """Say *message* to people, and on standard output to machines, if those were to get the answer."""
    sys.stderr.write(f"aigw: error: {message}\n")
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps({"ok": False, "error": message}) + "\n" if as_json else "")
        sys.stdout.flush()
    return FAILED


def _stand_in_for_streams() -> None:
    """Put something in place of streams that whoever started this has closed: Python leaves None there."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    sys.stdin, sys.stdout, sys.stderr = (one or io.TextIOWrapper(io.BytesIO(), "utf-8") for one in streams)


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
