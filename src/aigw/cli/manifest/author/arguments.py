"""What can be asked of the commands for whoever writes a manifest."""

import argparse
from typing import Final

from aigw.cli.parsing import Commands, add_explain_options, add_format, add_json, described

CHECK: Final = """\
Check a manifest as a gateway would before taking it into service: everything that is wrong with it, one
problem a line (file:line: path: what is wrong; what to do). Exit code 0 if it is good, 1 if not.

examples:
  aigw manifest check manifest.yaml
  aigw manifest check https://config.acme.internal/aigw/current.yaml
  render-manifest | aigw manifest check -
"""

EXPLAIN: Final = """\
Say where a call would go by this manifest and why, without calling anyone: `aigw explain` over a file. Exit code 1
if no target may take it.

examples:
  aigw manifest explain manifest.yaml --model ticket-summary
  aigw manifest explain manifest.yaml --model ticket-summary --tag tenant=acme --at 2026-11-20T12:00:00Z
  aigw manifest explain manifest.yaml --model ticket-summary --arm base
"""

FMT: Final = """\
Write manifests in one form, in place: keys in one order, two spaces a level, and nothing else changed. Comments stay
with what they are about. With --check, show what would change, and exit with 2 if anything would.

examples:
  aigw manifest fmt manifest.yaml
  aigw manifest fmt --check manifest.yaml overlays/*.yaml
  render-manifest | aigw manifest fmt -
"""

INIT: Final = """\
Write a manifest to begin with, and ask nothing: the providers whose keys are in the environment, two routes with
fallbacks between them, tests beside it, and the JSON Schema with which editors complete it. Without any key, the
providers are ones that answer offline. Nothing that is there is written over.

examples:
  aigw manifest init
  aigw manifest init config/manifest.yaml
"""

LINT: Final = """\
Find what a gateway accepts and the author of a manifest should not have written: missing fallbacks, keys in comments,
plain http, routes that nothing reaches. Exit code 1 if anything but notes is found. A line with
`# lint: allow RULE REASON` at its end or above it silences a rule there.

examples:
  aigw manifest lint manifest.yaml
  aigw manifest lint --min-reader 1.4 --format github manifest.yaml
  aigw manifest lint --explain no-fallback
"""

SCHEMA: Final = """\
Print the JSON Schema (draft-07) of a manifest. Editors with a YAML language server complete and check a manifest
whose first line is `# yaml-language-server: $schema=./manifest.schema.json`.

examples:
  aigw manifest schema -o manifest.schema.json
"""

SHOW: Final = """\
Show what a manifest says: serial and digest, providers with where their keys come from, and routes with their
targets in order; of a signed one, by which keys, under which trust document, and how fresh. That is judged by the
trust document it brings along; whether it is yours, `aigw manifest verify` tells. No key is ever shown. Without a
manifest: what the default offers.

examples:
  aigw manifest show manifest.yaml
  aigw manifest show --json | jq '.routes[].name'
"""

TEST: Final = """\
Judge the cases in the file beside a manifest (manifest.tests.yaml): this call, these tags, this moment -> these
targets. The routing is the pipeline's own; keys are taken to be there, and nobody is called. Exit code 1 if any
case fails, or if less is exercised than --fail-under asks for.

examples:
  aigw manifest test manifest.yaml
  aigw manifest test --cover --fail-under 90 manifest.yaml
"""


def add(actions: Commands) -> None:
    """Add the commands."""
    _add_init(actions)
    _add_fmt(actions)
    added = actions.add_parser("check", usage="aigw manifest check [options] SOURCE", help="find what is wrong with it")
    check = described(added, CHECK)
    check.add_argument("source", metavar="SOURCE", help="URL or file; - reads standard input")
    add_json(check)
    check.set_defaults(handler="manifest.author.show:check")
    _add_lint(actions)
    _add_test(actions)
    added = actions.add_parser(
        "explain", usage="aigw manifest explain [options] [SOURCE] [TEXT]", help="say where a call would go"
    )
    explain = described(added, EXPLAIN)
    explain.add_argument("manifest", metavar="SOURCE", nargs="?", help="URL or file (default: AIGW_MANIFEST)")
    add_explain_options(explain)
    added = actions.add_parser("show", usage="aigw manifest show [options] [SOURCE]", help="show what it says")
    show = described(added, SHOW)
    show.add_argument("source", metavar="SOURCE", nargs="?", help="URL or file (default: AIGW_MANIFEST)")
    add_json(show)
    show.set_defaults(handler="manifest.author.show:show")
    _add_schema(actions)


def _add_init(actions: Commands) -> None:
    added = actions.add_parser("init", usage="aigw manifest init [options] [FILE]", help="write one to begin with")
    init = described(added, INIT)
    init.add_argument("source", metavar="FILE", nargs="?", help="what to write (default: manifest.yaml)")
    add_json(init)
    init.set_defaults(handler="manifest.author.init:run")


def _add_fmt(actions: Commands) -> None:
    added = actions.add_parser("fmt", usage="aigw manifest fmt [options] FILE...", help="write it in one form")
    fmt = described(added, FMT)
    fmt.add_argument("files", metavar="FILE", nargs="+", help="files; - reads standard input and prints")
    fmt.add_argument("--check", action="store_true", help="change nothing; show what would, and exit with 2")
    add_json(fmt)
    fmt.set_defaults(handler="manifest.author.fmt:run")


def _add_lint(actions: Commands) -> None:
    added = actions.add_parser("lint", usage="aigw manifest lint [options] FILE...", help="find what is unwise")
    lint = described(added, LINT)
    lint.add_argument("files", metavar="FILE", nargs="*", help="files; - reads standard input")
    lint.add_argument("--min-reader", metavar="VERSION", help="the oldest aigw that is to read it")
    lint.add_argument("--explain", dest="rule", metavar="RULE", help="say what a rule is for, and check nothing")
    add_format(lint)
    lint.set_defaults(handler="manifest.author.linting:run")


def _add_test(actions: Commands) -> None:
    added = actions.add_parser("test", usage="aigw manifest test [options] [FILE]", help="try it on cases")
    test = described(added, TEST)
    test.add_argument("source", metavar="FILE", nargs="?", help="the manifest (default: manifest.yaml); - reads it")
    test.add_argument("--cases", metavar="FILE", help="the cases (default: FILE.tests.yaml, beside it)")
    test.add_argument("--cover", action="store_true", help="list what no case exercises")
    test.add_argument("--fail-under", metavar="PERCENT", type=_percent, help="how much cases must exercise: 0 to 100")
    add_format(test)
    test.set_defaults(handler="manifest.author.testing:run")


def _add_schema(actions: Commands) -> None:
    added = actions.add_parser("schema", usage="aigw manifest schema [options]", help="print its JSON Schema")
    schema = described(added, SCHEMA)
    schema.add_argument("-o", "--output", metavar="FILE", help="write it to a file, over what is there")
    add_json(schema, "print the same: it is JSON already")
    schema.set_defaults(handler="manifest.author.schema:run")


def _percent(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:  # noqa: PLR2004 - per cent
        message = f"a number from 0 to 100 is wanted, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return value
