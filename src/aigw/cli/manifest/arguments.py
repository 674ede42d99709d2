"""What can be asked of `aigw manifest`. Imports no command."""

from typing import Final

from aigw.cli.manifest.author import arguments as author
from aigw.cli.manifest.operate import arguments as operate
from aigw.cli.manifest.release import arguments as release
from aigw.cli.manifest.review import arguments as review
from aigw.cli.parsing import Commands, described

GROUPS: Final = (author, review, release, operate)
"""Where the commands are described, in the order help lists them."""

MANIFEST: Final = """\
Write, review, release and follow the manifest that says where calls go.

examples:
  aigw manifest check manifest.yaml
  aigw manifest show https://config.acme.internal/aigw/current.yaml
"""


def add(commands: Commands) -> None:
    """Add `manifest` and all its commands."""
    added = commands.add_parser(
        "manifest", usage="aigw manifest COMMAND ...", help="write, check and publish a manifest"
    )
    manifest = described(added, MANIFEST)
    actions = manifest.add_subparsers(prog="aigw manifest", title="commands", metavar="COMMAND", required=True)
    for group in GROUPS:
        group.add(actions)
