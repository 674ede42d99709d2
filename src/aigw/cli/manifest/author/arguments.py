"""What can be asked of the commands for whoever writes a manifest."""

from typing import Final

from aigw.cli.parsing import Commands, add_json, described

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


def add(actions: Commands) -> None:
    """Add the commands."""
    added = actions.add_parser("check", usage="aigw manifest check [options] SOURCE", help="find what is wrong with it")
    check = described(added, CHECK)
    check.add_argument("source", metavar="SOURCE", help="URL or file; - reads standard input")
    add_json(check)
    check.set_defaults(handler="manifest.author.show:check")
    added = actions.add_parser("show", usage="aigw manifest show [options] [SOURCE]", help="show what it says")
    show = described(added, SHOW)
    show.add_argument("source", metavar="SOURCE", nargs="?", help="URL or file (default: AIGW_MANIFEST)")
    add_json(show)
    show.set_defaults(handler="manifest.author.show:show")
