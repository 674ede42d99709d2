"""What can be asked of `aigw`: the argument parser, and its help with examples. Imports no command."""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from aigw.cli.manifest.arguments import add as add_manifest
from aigw.cli.parsing import Commands, add_explain_options, add_json, add_manifest_option, described

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

EXPLAIN: Final = """\
Say where a call would go and why, without calling anyone: every target of the route, whether it may take the
call, and the reason. Exit code 1 if no target may.

examples:
  aigw explain --model ticket-summary
  aigw explain --manifest manifest.yaml --model ticket-summary --json "The printer is on fire."
  aigw explain --model ticket-summary --tag tenant=acme --at 2026-11-20T12:00:00Z
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
    top = described(argparse.ArgumentParser(prog="aigw", usage="aigw COMMAND ..."), TOP)
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = top.add_subparsers(prog="aigw", title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
    _add_chat(commands)
    _add_explain(commands)
    add_manifest(commands)
    _add_providers(commands)
    return top


def _add_demo(commands: Commands) -> None:
    demo = described(commands.add_parser("demo", usage="aigw demo [options]", help="see it work, in seconds"), DEMO)
    demo.add_argument("--async", dest="asynchronous", action="store_true", help="go through AsyncGateway")
    add_json(demo)
    demo.set_defaults(handler="demo:run")


def _add_chat(commands: Commands) -> None:
    chat = described(commands.add_parser("chat", usage="aigw chat [options] TEXT", help="ask a model"), CHAT)
    chat.add_argument("text", metavar="TEXT", help="what to say; - reads it from standard input")
    chat.add_argument("--model", metavar="MODEL", help="route or model (default: the manifest's only one)")
    chat.add_argument("--system", metavar="TEXT", help="instructions that come before the text")
    add_manifest_option(chat)
    chat.add_argument("--no-stream", dest="stream", action="store_false", help="print the answer once it is complete")
    add_json(chat, "print the completion and its record as one JSON document")
    chat.set_defaults(handler="chat:run")


def _add_explain(commands: Commands) -> None:
    added = commands.add_parser("explain", usage="aigw explain [options] [TEXT]", help="say where a call would go")
    explain = described(added, EXPLAIN)
    add_explain_options(explain)
    add_manifest_option(explain)


def _add_providers(commands: Commands) -> None:
    added = commands.add_parser("providers", usage="aigw providers [options] [KIND]", help="list the kinds of provider")
    providers = described(added, PROVIDERS)
    providers.add_argument("kind", metavar="KIND", nargs="?", help="tell all about this one")
    add_json(providers)
    providers.set_defaults(handler="providers:run")
