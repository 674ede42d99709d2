"""What can be asked of `aigw manifest keys`."""

import argparse
from typing import Final

from aigw.cli.parsing import Commands, add_json, described

KEYS: Final = """\
Say who may sign. Private keys are files that only their owner may read (mode 0600). Trust documents are files, 1.json,
2.json, …, that are public: each says which keys have the roles root (who may sign trust documents), manifest and
freshness, and is signed by the root keys of the one before.

examples:
  aigw manifest keys init
  aigw manifest keys new alice.key --passphrase env:ALICE_PASSPHRASE
  aigw manifest keys init --root alice.key.pub --root bob.key.pub --threshold root=2
  aigw manifest keys add --role manifest --public carol.key.pub --key keys/root.key
  aigw manifest keys rotate 3f2a91c0 new.key.pub --key keys/root.key
  aigw manifest keys revoke 3f2a91c0 --key keys/root.key
  aigw manifest keys status
"""

NEW: Final = """\
Make a key: the private half in FILE, the public half in FILE.pub, to be handed to who keeps the trust documents.

examples:
  aigw manifest keys new alice.key --passphrase env:ALICE_PASSPHRASE
"""

INIT: Final = """\
Make the first trust document, trust/1.json, and say what processes are to be told: its pin. A key is made in keys/ for
each role that no public key is named for.

examples:
  aigw manifest keys init
  aigw manifest keys init --root alice.key.pub --root bob.key.pub --threshold root=2 --passphrase env:PASSPHRASE
"""

ADD: Final = """\
Let more keys sign for a role: a new trust document, signed by root keys.

examples:
  aigw manifest keys add --role manifest --public carol.key.pub --key keys/root.key
"""

ROTATE: Final = """\
Put a key in place of another, in all its roles: a new trust document. A new root key has to sign as well.

examples:
  aigw manifest keys rotate 3f2a91c0 new.key.pub --key keys/root.key
"""

REVOKE: Final = """\
Take a key out of all its roles: a new trust document. Then publish anew: what the key signed stays good for processes
until they see the new trust document.

examples:
  aigw manifest keys revoke 3f2a91c0 --key keys/root.key
"""

RENEW: Final = """\
Let the same keys sign for longer: a new trust document.

examples:
  aigw manifest keys renew --key keys/root.key --expires 365d
"""

STATUS: Final = """\
Tell who may sign, until when, and the pins. Exit code 1 if the trust documents do not lead from the first to the last,
or the last has expired.

examples:
  aigw manifest keys status --json
"""


def add(actions: Commands) -> None:
    """Add `keys` and its commands."""
    added = actions.add_parser("keys", usage="aigw manifest keys COMMAND ...", help="say who may sign")
    commands = described(added, KEYS).add_subparsers(
        prog="aigw manifest keys", title="commands", metavar="COMMAND", required=True
    )
    _add_new(commands)
    _add_init(commands)
    _add_changes(commands)
    usage = "aigw manifest keys status [options]"
    status = described(commands.add_parser("status", usage=usage, help="tell who may sign"), STATUS)
    _add_trust_chain(status)
    add_json(status)
    status.set_defaults(handler="manifest.release.keys:status")


def add_keys(parser: argparse.ArgumentParser) -> None:
    """Let a command sign."""
    parser.add_argument(
        "--key",
        dest="keys",
        metavar="KEY",
        action="append",
        help="sign with this key: a file, or env:NAME; may be repeated",
    )
    _add_passphrase(parser)


def _add_new(commands: Commands) -> None:
    usage = "aigw manifest keys new [options] FILE"
    new = described(commands.add_parser("new", usage=usage, help="make a key"), NEW)
    new.add_argument("source", metavar="FILE", help="where to write it; it is never overwritten")
    _add_passphrase(new)
    add_json(new)
    new.set_defaults(handler="manifest.release.keys:new")


def _add_init(commands: Commands) -> None:
    usage = "aigw manifest keys init [options] [FOLDER]"
    init = described(commands.add_parser("init", usage=usage, help="make the first trust document"), INIT)
    init.add_argument("folder", metavar="FOLDER", nargs="?", default=".", help="where to make trust/ and keys/")
    for role, name in (("root", "roots"), ("manifest", "signers"), ("freshness", "beaters")):
        init.add_argument(
            f"--{role}", dest=name, metavar="PUBLIC", action="append", help=f"a public key for {role}; may be repeated"
        )
    _add_terms(init)
    _add_passphrase(init)
    add_json(init)
    init.set_defaults(handler="manifest.release.keys:init")


def _add_changes(commands: Commands) -> None:
    usage = "aigw manifest keys add [options] --role ROLE --public PUBLIC --key KEY"
    more = described(commands.add_parser("add", usage=usage, help="let more keys sign"), ADD)
    more.add_argument("--role", choices=("root", "manifest", "freshness"), required=True, help="for what")
    more.add_argument(
        "--public", dest="publics", metavar="PUBLIC", action="append", required=True, help="which key; may be repeated"
    )
    _finish(more, "add")
    usage = "aigw manifest keys rotate [options] KEYID PUBLIC --key KEY"
    rotate = described(commands.add_parser("rotate", usage=usage, help="put a key in place of another"), ROTATE)
    rotate.add_argument("replaced", metavar="KEYID", help="the key to replace, by the first digits of its id")
    rotate.add_argument("replacement", metavar="PUBLIC", help="the key to put in its place")
    _finish(rotate, "rotate")
    usage = "aigw manifest keys revoke [options] KEYID --key KEY"
    revoke = described(commands.add_parser("revoke", usage=usage, help="let a key sign no more"), REVOKE)
    revoke.add_argument("replaced", metavar="KEYID", help="the key, by the first digits of its id")
    _finish(revoke, "revoke")
    usage = "aigw manifest keys renew [options] --key KEY"
    renew = described(commands.add_parser("renew", usage=usage, help="let the same keys sign for longer"), RENEW)
    _finish(renew, "renew")


def _finish(parser: argparse.ArgumentParser, name: str) -> None:
    _add_terms(parser)
    add_keys(parser)
    _add_trust_chain(parser)
    add_json(parser)
    parser.set_defaults(handler=f"manifest.release.keys:{name}")


def _add_terms(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threshold",
        dest="thresholds",
        metavar="ROLE=N",
        action="append",
        help="how many keys of a role must sign; may be repeated",
    )
    parser.add_argument("--expires", metavar="TIME", help="how long the trust document holds (default: 365d)")


def _add_passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--passphrase", metavar="REF", help="what opens an encrypted key: env:NAME or file:PATH")


def _add_trust_chain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trust-chain", dest="trust_folder", metavar="FOLDER", help="where the trust documents are (default: trust)"
    )
