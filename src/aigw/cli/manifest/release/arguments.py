"""What can be asked of the commands that release a manifest."""

import argparse
from typing import Final

from aigw.cli.manifest.release import key_arguments
from aigw.cli.parsing import Commands, add_json, described

PRESETS: Final = ("all-at-once", "linear-20-6m", "canary-10x2-20m")
UNITS: Final = ("instance", "tenant", "key", "session", "request")

BUILD: Final = """\
Make the document that is signed and published: overlays laid over the manifest, YAML become compact JSON, under a
serial. Judged as processes will. Nothing is signed, nothing is published.

examples:
  aigw manifest build manifest.yaml --serial 42 -o manifest.json
  aigw manifest build base.yaml --overlay prod.yaml --next-from s3://acme-config/aigw --trust-chain trust -o out.json
"""

SIGN: Final = """\
Add signatures to what was built, to an envelope that others have signed, or to a trust document: the bytes that are
signed stay the same, so that people who never meet reach a threshold. A key that has the role freshness says besides
that it is the newest.

examples:
  aigw manifest sign manifest.json --key alice.key -o manifest.signed.json
  aigw manifest sign manifest.signed.json --key bob.key --passphrase env:BOB_PASSPHRASE
  aigw manifest sign trust/2.json --key root.key
"""

VERIFY: Final = """\
Say what a process would say to a document, from outside and by the very checks it makes. Exit code 0 if it would take
it, 1 if not, with the code and the reason.

examples:
  aigw manifest verify https://config.acme.internal/v1/prod/current.json --trust sha256:0123…
  aigw manifest verify manifest.signed.json --trust trust/1.json --json
"""

PUBLISH: Final = """\
Put a manifest before all processes: build, sign and publish in one, or publish what was built and signed before. It
goes to v1/CHANNEL/SERIAL-DIGEST.json, which stays, and then to v1/CHANNEL/current.json, which processes fetch; if
somebody else has published meanwhile, nothing happens. A STORE is a folder, a server that takes PUT with conditions
(https://…), s3://BUCKET/PREFIX or gs://BUCKET/PREFIX.

examples:
  aigw manifest publish manifest.yaml --to ./public --key keys/manifest.key --key keys/freshness.key
  aigw manifest publish base.yaml --overlay prod.yaml --to s3://acme-config/aigw --key env:MANIFEST_KEY --over 41
  aigw manifest publish manifest.yaml --to https://config.acme.internal --header Authorization=env:TOKEN --unsigned
  aigw manifest publish manifest.yaml --to gs://acme-config --key keys/manifest.key --rollout linear-20-6m --unit tenant
  aigw manifest publish manifest.yaml --to s3://acme-config/aigw --key env:MANIFEST_KEY --plan plan.json
"""

PROMOTE: Final = """\
Publish in channel TO what channel FROM offers, as it is, under TO's next serial. What is there is signed anew only if
it is signed by today's keys.

examples:
  aigw manifest promote staging prod --store s3://acme-config/aigw --key keys/manifest.key
"""

ROLLBACK: Final = """\
Publish the content of an earlier serial again, under a new one: processes never go back by themselves.

examples:
  aigw manifest rollback 41 --store s3://acme-config/aigw --key keys/manifest.key --why "answers got worse"
"""

FLIP: Final = """\
Lead a route elsewhere for a while: the command for an outage. What is published gets a detour that ends by itself, with
no further publication, at every process. PROVIDER/MODEL, or a provider at which the route has targets.

examples:
  aigw manifest flip --route chat --from openai --to anthropic --for 2h --store ./public --key keys/manifest.key
  aigw manifest flip --route chat --to azure/gpt-4o --for 30m --why INC-42 --store s3://acme-config/aigw --key env:KEY
"""

HEARTBEAT: Final = """\
Say that what is published is still the newest, for a cron job every few hours: processes that hear nothing become
suspicious. The manifest stays as it is; the key needs the role freshness and nothing else.

examples:
  aigw manifest heartbeat --store s3://acme-config/aigw --key env:FRESHNESS_KEY
"""


def add(actions: Commands) -> None:
    """Add the commands."""
    _add_build(actions)
    _add_sign(actions)
    _add_verify(actions)
    _add_publish(actions)
    _add_promote(actions)
    _add_rollback(actions)
    _add_flip(actions)
    _add_heartbeat(actions)
    key_arguments.add(actions)


def _add_build(actions: Commands) -> None:
    added = actions.add_parser("build", usage="aigw manifest build [options] SOURCE", help="make what is published")
    build = described(added, BUILD)
    build.add_argument("source", metavar="SOURCE", help="URL or file; - reads standard input")
    build.add_argument("--next-from", metavar="STORE", help="take the serial after what is published there")
    _add_content(build)
    _add_trust_chain(build, None)
    _add_place(build)
    build.add_argument("-o", "--output", metavar="FILE", help="write it there (default: standard output)")
    add_json(build)
    build.set_defaults(handler="manifest.release.build:run")


def _add_sign(actions: Commands) -> None:
    added = actions.add_parser("sign", usage="aigw manifest sign [options] FILE --key KEY", help="add signatures")
    sign = described(added, SIGN)
    sign.add_argument("source", metavar="FILE", help="what was built, an envelope, or a trust document")
    _add_keys(sign)
    sign.add_argument("-o", "--output", metavar="FILE", help="write it there (default: the envelope's own file)")
    add_json(sign)
    sign.set_defaults(handler="manifest.release.sign:run")


def _add_verify(actions: Commands) -> None:
    added = actions.add_parser(
        "verify", usage="aigw manifest verify [options] SOURCE", help="say what a process would say"
    )
    verify = described(added, VERIFY)
    verify.add_argument("source", metavar="SOURCE", help="URL or file; - reads standard input")
    _add_trust(verify, "what it believes: tls, sha256:…, a trust document or a file of bounds (default: AIGW_TRUST)")
    add_json(verify)
    verify.set_defaults(handler="manifest.release.verify:run")


def _add_publish(actions: Commands) -> None:
    added = actions.add_parser(
        "publish", usage="aigw manifest publish [options] SOURCE --to STORE", help="put it before all processes"
    )
    publish = described(added, PUBLISH)
    publish.add_argument("source", metavar="SOURCE", help="URL or file, written, built or signed; - is standard input")
    publish.add_argument(
        "--to", "--store", dest="store", metavar="STORE", required=True, help="where releases are kept"
    )
    publish.add_argument(
        "--plan", metavar="FILE", help="only if this plan passed, of this document over what is published"
    )
    _add_content(publish)
    _add_place(publish)
    _add_sending(publish)
    publish.set_defaults(handler="manifest.release.publish:run")


def _add_promote(actions: Commands) -> None:
    added = actions.add_parser(
        "promote", usage="aigw manifest promote [options] FROM TO --store STORE", help="from one channel to another"
    )
    promote = described(added, PROMOTE)
    promote.add_argument("source", metavar="FROM", help="channel that offers it")
    promote.add_argument("to", metavar="TO", help="channel that is to offer it")
    _add_store(promote)
    _add_header(promote)
    _add_ramp(promote)
    _add_sending(promote)
    promote.set_defaults(handler="manifest.release.promote:run")


def _add_rollback(actions: Commands) -> None:
    added = actions.add_parser(
        "rollback", usage="aigw manifest rollback [options] SERIAL --store STORE", help="publish an earlier one again"
    )
    rollback = described(added, ROLLBACK)
    rollback.add_argument("back_to", metavar="SERIAL", type=_serial, help="whose content is to be published again")
    rollback.add_argument("--why", metavar="TEXT", default="", help="for those who read the manifest")
    _add_store(rollback)
    _add_channel(rollback)
    _add_header(rollback)
    _add_sending(rollback)
    rollback.set_defaults(handler="manifest.release.rollback:run")


def _add_flip(actions: Commands) -> None:
    usage = "aigw manifest flip [options] --route ROUTE --to TARGET --for TIME --store STORE"
    flip = described(actions.add_parser("flip", usage=usage, help="lead a route elsewhere, for a while"), FLIP)
    flip.add_argument("--route", metavar="ROUTE", required=True, help="which route")
    flip.add_argument("--from", dest="away", metavar="PROVIDER", help="the provider that is to be left")
    flip.add_argument("--to", metavar="TARGET", required=True, help="provider/model, or a provider")
    flip.add_argument("--for", dest="lasting", metavar="TIME", required=True, help="how long: 30m, 2h")
    flip.add_argument("--why", metavar="TEXT", default="", help="for those who read the manifest")
    _add_store(flip)
    _add_channel(flip)
    _add_header(flip)
    _add_sending(flip)
    flip.set_defaults(handler="manifest.release.flip:run")


def _add_heartbeat(actions: Commands) -> None:
    added = actions.add_parser(
        "heartbeat",
        usage="aigw manifest heartbeat [options] --store STORE --key KEY",
        help="say it is still the newest",
    )
    heartbeat = described(added, HEARTBEAT)
    _add_store(heartbeat)
    _add_channel(heartbeat)
    _add_over(heartbeat)
    _add_keys(heartbeat)
    _add_trust(heartbeat, "judge it by these bounds as well")
    add_json(heartbeat)
    heartbeat.set_defaults(handler="manifest.release.heartbeat:run")


def _add_content(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--overlay", dest="overlays", metavar="FILE", action="append", help="lay it over SOURCE; may be repeated"
    )
    _add_channel(parser)
    parser.add_argument("--audience", metavar="NAME", help="for whom it is (default: what SOURCE says)")
    _add_header(parser)
    _add_ramp(parser)


def _add_header(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--serial", metavar="N", type=_serial, help="its serial (default: the next one)")
    parser.add_argument("--expires", metavar="TIME", help="how long it holds (default: 90d, or what it says)")
    parser.add_argument("--repo", metavar="TEXT", help="where it was written, for those who read it")
    parser.add_argument("--commit", metavar="TEXT", help="of which commit it is")
    parser.add_argument("--change", metavar="TEXT", help="which change it is")
    parser.add_argument("--ack", metavar="TEXT", help="why it is meant that much of what was there is gone")


def _add_ramp(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rollout", dest="preset", choices=PRESETS, help="let units take it one after the other")
    parser.add_argument("--base", metavar="FILE", help="what the rollout starts from (default: what is published)")
    parser.add_argument("--unit", choices=UNITS, default="instance", help="what takes it as one (default: instance)")
    parser.add_argument("--rollout-id", metavar="ID", help="decides whose turn it is (default: r-SERIAL)")


def _add_sending(parser: argparse.ArgumentParser) -> None:
    _add_over(parser)
    _add_keys(parser)
    parser.add_argument("--unsigned", action="store_true", help="publish it without signatures")
    _add_trust(parser, "judge it by these bounds before (default: the pin and nothing else)")
    parser.add_argument("-o", "--output", metavar="FILE", help="write it there for others to sign, and publish nothing")
    add_json(parser)


def _add_keys(parser: argparse.ArgumentParser) -> None:
    key_arguments.add_keys(parser)
    _add_trust_chain(parser, "trust")
    parser.add_argument("--fresh-for", metavar="TIME", help="how long it may be said to be the newest (default: 48h)")


def _add_trust_chain(parser: argparse.ArgumentParser, default: str | None) -> None:
    said = "" if default is None else f" (default: {default})"
    parser.add_argument(
        "--trust-chain", dest="trust_folder", metavar="FOLDER", help=f"where the trust documents are{said}"
    )


def _add_trust(parser: argparse.ArgumentParser, help_text: str) -> None:
    parser.add_argument("--trust", metavar="TRUST", help=help_text)


def _add_over(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--over", metavar="SERIAL", type=_serial_or_none, help="only if this is what is published (0: nothing)"
    )


def _add_channel(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--channel", metavar="NAME", help="which channel (default: what it says, or prod)")


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", metavar="STORE", required=True, help="where releases are kept")
    _add_place(parser)


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--endpoint", metavar="URL", help="where the bucket is, if not at AWS or Google")
    parser.add_argument(
        "--header",
        dest="headers",
        metavar="NAME=REF",
        action="append",
        help="send a header, its value in env:NAME or file:PATH",
    )


def _serial(text: str) -> int:
    serial = _serial_or_none(text)
    if not serial:
        message = f"serials begin at 1, and this is {text!r}"
        raise argparse.ArgumentTypeError(message)
    return serial


def _serial_or_none(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        message = f"a serial is a whole number such as 42, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)
