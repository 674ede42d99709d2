"""What the parsers of all commands share: the arguments, the form of help, and options that many take."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, Protocol

if TYPE_CHECKING:
    from aigw.cli.manifest.operate.values import Fault

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
    path: str = "."
    host: str = "127.0.0.1"
    port: int = 0
    writable: bool = False
    faults: "Sequence[Fault]" = ()
    embedded: str | None = None
    cache_dir: str | None = None
    prometheus: bool = False
    fleet: Sequence[str] = ()
    logs: Sequence[str] = ()
    urls: Sequence[str] = ()
    until: float = 0.99
    every: float = 2.0
    last: int = 100
    patience: float = 600.0
    format: str = "text"
    check: bool = False
    output: str | None = None
    rule: str | None = None
    min_reader: str | None = None
    cases: str | None = None
    cover: bool = False
    files: Sequence[str] = ()
    fail_under: float | None = None
    tags: Sequence[str] = ()
    key: str | None = None
    at: str | None = None
    arm: Literal["candidate", "base"] | None = None
    store: str | None = None
    endpoint: str | None = None
    headers: Sequence[str] | None = None
    channel: str | None = None
    audience: str | None = None
    serial: int | None = None
    over: int | None = None
    overlays: Sequence[str] | None = None
    next_from: str | None = None
    expires: str | None = None
    preset: str | None = None
    plan: str | None = None
    base: str | None = None
    unit: str = "instance"
    rollout_id: str | None = None
    repo: str | None = None
    commit: str | None = None
    change: str | None = None
    ack: str | None = None
    keys: Sequence[str] | None = None
    passphrase: str | None = None
    trust: str | None = None
    trust_folder: str | None = None
    unsigned: bool = False
    fresh_for: str | None = None
    route: str = ""
    away: str | None = None
    to: str = ""
    lasting: str = ""
    why: str = ""
    back_to: int = 0
    folder: str = "."
    role: str | None = None
    thresholds: Sequence[str] | None = None
    publics: Sequence[str] | None = None
    roots: Sequence[str] | None = None
    signers: Sequence[str] | None = None
    beaters: Sequence[str] | None = None
    replaced: str = ""
    replacement: str = ""
    against: str | None = None
    readers: str | None = None
    sample: int = 0
    max_moved: str | None = None
    max_cost_delta: str | None = None
    max_new_rejects: str | None = None


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
    parser.allow_abbrev = False  # what a script writes must not become another option when one is added
    return parser


class _Help(argparse.RawDescriptionHelpFormatter):
    """Wraps descriptions, leaves examples as they are written, and lists commands the same way in every Python."""

    def add_argument(self, action: argparse.Action) -> None:
        super().add_argument(action)
        # Before 3.13, argparse forgets that commands are indented when it measures them.
        for command in self._iter_indented_subactions(action):
            width = len(self._format_action_invocation(command)) + self._current_indent
            self._action_max_length = max(self._action_max_length, width)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        # Before 3.13, argparse says the value of an option behind each of its names.
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"

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


def add_format(parser: argparse.ArgumentParser) -> None:
    """Let the command write its findings for others than the one who typed it."""
    parser.add_argument(
        "--format",
        choices=("text", "json", "github", "markdown"),
        default="text",
        help="text (default), json, github (annotations of lines) or markdown (a comment on a pull request)",
    )
    add_json(parser, "short for --format json")


def add_explain_options(parser: argparse.ArgumentParser) -> None:
    """Let the command say what would become of a call."""
    parser.add_argument("text", metavar="TEXT", nargs="?", default="…", help="what would be said (default: …)")
    parser.add_argument("--model", metavar="MODEL", help="route or model (default: the manifest's only one)")
    parser.add_argument(
        "--tag", dest="tags", metavar="NAME=VALUE", action="append", default=[], help="a tag of the call; repeat it"
    )
    parser.add_argument("--key", metavar="KEY", help="who calls (default: AIGW_KEY)")
    parser.add_argument("--at", metavar="MOMENT", help="when it is made, in RFC 3339 with a zone (default: now)")
    parser.add_argument("--arm", choices=("candidate", "base"), help="the side of a rollout it takes")
    add_json(parser)
    parser.set_defaults(handler="explain:run")
