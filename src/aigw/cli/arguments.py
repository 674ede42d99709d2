"""What can be asked of `aigw`: the argument parser, and its help with examples. Imports no command."""

import argparse
import sys
from collections.abc import Sequence
from typing import Final, Protocol

MANIFEST_HELP: Final = "URL or file of the manifest (default: AIGW_MANIFEST)"

DEMO: Final = """\
Show the main job on this machine, in a few seconds, with nothing but Python: two providers and a manifest on
loopback; a call, a streamed call, a provider that dies and is fallen back from, and a manifest that moves the
running process to the other provider. Nothing is called outside and nothing is left behind. Exit code 1 if
any step does not do what it says.

examples:
  aigw demo
  aigw demo --async
  aigw demo --json | jq '.steps[].record.attempts'
"""

CHAT: Final = """\
Ask a model and print its answer as it arrives. The answer goes to standard output; one line about the call
(target, attempts, tokens, time) goes to standard error.

examples:
  aigw chat --manifest manifest.yaml --model ticket-summary "The printer is on fire."
  aigw chat --model openai/gpt-4o-mini --system "Answer in French." "Good morning"
  git diff | aigw chat --model review - > review.txt
  aigw chat --json --model ticket-summary "Hello" | jq .record.target
"""

MANIFEST: Final = """\
Check a manifest, or show what it says.

examples:
  aigw manifest check manifest.yaml
  aigw manifest show https://config.acme.internal/aigw/current.yaml
"""

CHECK: Final = """\
Check a manifest as a gateway would before taking it into service: everything that is wrong with it, one
problem a line (file:line: path: what is wrong; what to do). Exit code 0 if it is good, 1 if not.

examples:
  aigw manifest check manifest.yaml
  aigw manifest check https://config.acme.internal/aigw/current.yaml
  render-manifest | aigw manifest check -
"""

SHOW: Final = """\
Show what a manifest says: serial and digest, providers with where their keys come from, and routes with their
targets in order. No key is ever shown. Without a manifest: what the default offers.

examples:
  aigw manifest show manifest.yaml
  aigw manifest show --json | jq '.routes[].name'
"""

EXPLAIN: Final = """\
Say where a call would go and why, without calling anyone: every target of the route, whether it may take the
call, and the reason. Exit code 1 if no target may.

examples:
  aigw explain --model ticket-summary
  aigw explain --manifest manifest.yaml --model ticket-summary --json "The printer is on fire."
"""

PROVIDERS: Final = """\
List the kinds of provider a manifest can name: where they are, which wire dialect they speak, and whether the
variable their key conventionally lives in is set in this environment. No value is ever shown. With a KIND, tell what
a provider of that kind can do.

examples:
  aigw providers
  aigw providers anthropic
  aigw providers --json | jq '.[] | select(.key_is_set).kind'
"""

TOP: Final = """\
The in-process AI gateway: see where calls go, and try a manifest before it is published.

examples:
  aigw demo
  aigw chat --model openai/gpt-4o-mini "Good morning"
  aigw manifest check manifest.yaml
  aigw explain --manifest manifest.yaml --model ticket-summary
"""


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


class _Commands(Protocol):
    """Where commands are added: what `add_subparsers` gives, whose class argparse keeps to itself."""

    def add_parser(self, name: str, *, usage: str, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's
        """Add the command *name*."""
        ...


class _Version(argparse.Action):
    """Print the version, which is looked up only when asked for: reading package metadata is slow."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002 - the signature is argparse's
        values: str | Sequence[object] | None,  # noqa: ARG002 - the signature is argparse's
        option_string: str | None = None,  # noqa: ARG002 - the signature is argparse's
    ) -> None:
        from importlib.metadata import PackageNotFoundError  # noqa: PLC0415 - see the docstring

        import aigw  # noqa: PLC0415 - see the docstring

        try:
            version = str(aigw.__version__)
        except PackageNotFoundError:
            version = "of a source tree that is not installed"
        sys.stdout.write(f"aigw {version}\n")
        parser.exit(0)


def parser() -> argparse.ArgumentParser:
    """Make the parser of the whole command line."""
    top = _described(argparse.ArgumentParser(prog="aigw", usage="aigw COMMAND ..."), TOP)
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = top.add_subparsers(prog="aigw", title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
    _add_chat(commands)
    _add_explain(commands)
    _add_manifest(commands)
    _add_providers(commands)
    return top


def _add_demo(commands: _Commands) -> None:
    demo = _described(commands.add_parser("demo", usage="aigw demo [options]", help="see it work, in seconds"), DEMO)
    demo.add_argument("--async", dest="asynchronous", action="store_true", help="go through AsyncGateway")
    _add_json(demo)
    demo.set_defaults(handler="demo:run")


def _add_chat(commands: _Commands) -> None:
    chat = _described(commands.add_parser("chat", usage="aigw chat [options] TEXT", help="ask a model"), CHAT)
    chat.add_argument("text", metavar="TEXT", help="what to say; - reads it from standard input")
    chat.add_argument("--model", metavar="MODEL", help="route or model (default: the manifest's only one)")
    chat.add_argument("--system", metavar="TEXT", help="instructions that come before the text")
    _add_manifest_option(chat)
    chat.add_argument("--no-stream", dest="stream", action="store_false", help="print the answer once it is complete")
    _add_json(chat, "print the completion and its record as one JSON document")
    chat.set_defaults(handler="chat:run")


def _add_explain(commands: _Commands) -> None:
    added = commands.add_parser("explain", usage="aigw explain [options] [TEXT]", help="say where a call would go")
    explain = _described(added, EXPLAIN)
    explain.add_argument("text", metavar="TEXT", nargs="?", default="…", help="what would be said (default: …)")
    explain.add_argument("--model", metavar="MODEL", help="route or model (default: the manifest's only one)")
    _add_manifest_option(explain)
    _add_json(explain)
    explain.set_defaults(handler="explain:run")


def _add_manifest(commands: _Commands) -> None:
    usage = "aigw manifest COMMAND ..."
    added = commands.add_parser("manifest", usage=usage, help="check a manifest, or show what it says")
    manifest = _described(added, MANIFEST)
    actions = manifest.add_subparsers(prog="aigw manifest", title="commands", metavar="COMMAND", required=True)
    added = actions.add_parser("check", usage="aigw manifest check [options] SOURCE", help="find what is wrong with it")
    check = _described(added, CHECK)
    check.add_argument("source", metavar="SOURCE", help="URL or file; - reads standard input")
    _add_json(check)
    check.set_defaults(handler="manifest:check")
    added = actions.add_parser("show", usage="aigw manifest show [options] [SOURCE]", help="show what it says")
    show = _described(added, SHOW)
    show.add_argument("source", metavar="SOURCE", nargs="?", help="URL or file (default: AIGW_MANIFEST)")
    _add_json(show)
    show.set_defaults(handler="manifest:show")


def _add_providers(commands: _Commands) -> None:
    added = commands.add_parser("providers", usage="aigw providers [options] [KIND]", help="list the kinds of provider")
    providers = _described(added, PROVIDERS)
    providers.add_argument("kind", metavar="KIND", nargs="?", help="tell all about this one")
    _add_json(providers)
    providers.set_defaults(handler="providers:run")


def _described(parser: argparse.ArgumentParser, text: str) -> argparse.ArgumentParser:
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


def _add_manifest_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--manifest", metavar="SOURCE", help=MANIFEST_HELP)


def _add_json(parser: argparse.ArgumentParser, help_text: str = "print JSON for machines instead of text") -> None:
    parser.add_argument("--json", action="store_true", help=help_text)
