"""What the parsers of all commands share: the arguments, the form of help, and options that many take."""

import argparse
from typing import Final, Protocol

MANIFEST_HELP: Final = "URL or file of the manifest (default: AIGW_MANIFEST)"


class Arguments(argparse.Namespace):
    """What was asked for. `handler` is `module:function` below `aigw.cli`; what a command does not take is as here."""

    handler: str = ""
    manifest: str | None = None
    model: str | None = None
    system: str | None = None
    source: str | None = None
    kind: str | None = None
    text: str = ""
    json: bool = False
    stream: bool = True
    asynchronous: bool = False


class Commands(Protocol):
    """Where commands are added: what `add_subparsers` gives, whose class argparse keeps to itself."""

    def add_parser(self, name: str, *, usage: str, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's
        """Add the command *name*."""
        ...


def described(parser: argparse.ArgumentParser, text: str) -> argparse.ArgumentParser:
    """Give *parser* the description before `examples:` in *text*, and the examples as what its help ends with."""
    description, _, examples = text.partition("\nexamples:\n")
    parser.description = " ".join(description.split())
    parser.epilog = f"examples:\n{examples.rstrip()}"
    parser.formatter_class = _Help
    return parser


class _Help(argparse.RawDescriptionHelpFormatter):
    """Wraps descriptions, leaves examples as they are written, and lists commands the same way in every Python."""

    def add_argument(self, action: argparse.Action) -> None:
        super().add_argument(action)
        # Before 3.13, argparse forgets that commands are indented when it measures them.
        for command in self._iter_indented_subactions(action):
            width = len(self._format_action_invocation(command)) + self._current_indent
            self._action_max_length = max(self._action_max_length, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith("examples:"):
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)  # noqa: SLF001 - the base of our base


def add_manifest_option(parser: argparse.ArgumentParser) -> None:
    """Let the command be told which manifest."""
    parser.add_argument("--manifest", metavar="SOURCE", help=MANIFEST_HELP)


def add_json(parser: argparse.ArgumentParser, help_text: str = "print JSON for machines instead of text") -> None:
    """Let the command print JSON."""
    parser.add_argument("--json", action="store_true", help=help_text)
