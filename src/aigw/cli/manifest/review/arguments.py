"""What can be asked of the commands for whoever reviews a change of a manifest."""

import argparse
from typing import Final

from aigw.cli.parsing import Commands, add_format, described

SAMPLE: Final = 200_000
"""How many calls of a log are replayed."""

DIFF: Final = """\
Say what changes between two manifests, in what they mean: providers by field (keys as references only), routes target
by target, limits, rollouts; and, with --readers, which versions of aigw could not read it, or not all of it. Exit code
0 if nothing changes, 2 if anything does, 1 if a document cannot be read.

examples:
  aigw manifest diff manifest.yaml --against git:main
  aigw manifest diff manifest.yaml --against https://config.acme.internal/aigw/current.json --readers 0.1.0,1.4
  aigw manifest diff manifest.yaml --against git:HEAD~1:deploy/manifest.yaml --format markdown
"""

PLAN: Final = """\
Replay recorded calls against a changed manifest, and say what becomes of them by service and route: how many go
elsewhere, are newly refused or newly served, how latency and cost change. A log has a record a line, as AIGW_RECORDS
writes it. Without --base, what the log says was decided is what is compared with. Exit code 0 if nothing changes, 2 if
anything does, 1 if a gate (--max-…) is not passed.

examples:
  aigw manifest plan manifest.yaml --against calls.jsonl --base git:main --max-moved 10% --max-new-rejects 0
  aigw manifest plan manifest.yaml --against calls.jsonl --max-moved 10% --ack-incident "INC-2041: first is down"
  aigw manifest plan manifest.yaml --from-cases manifest.tests.yaml --base git:main -o plan.json
"""


def add(actions: Commands) -> None:
    """Add the commands."""
    _add_diff(actions)
    _add_plan(actions)


def _add_diff(actions: Commands) -> None:
    added = actions.add_parser("diff", usage="aigw manifest diff [options] NEW --against OLD", help="say what changes")
    diff = described(added, DIFF)
    diff.add_argument("source", metavar="NEW", help="URL or file; - reads standard input")
    diff.add_argument(
        "--against", metavar="OLD", required=True, help="URL, file, git:REF (the same file there) or git:REF:path"
    )
    _add_readers(diff)
    add_format(diff)
    diff.set_defaults(handler="manifest.review.changes:run")


def _add_plan(actions: Commands) -> None:
    added = actions.add_parser(
        "plan", usage="aigw manifest plan [options] NEW", help="say what would become of recorded calls"
    )
    plan = described(added, PLAN)
    plan.add_argument("source", metavar="NEW", help="URL or file")
    plan.add_argument("--against", metavar="LOG", help="file of records, one a line; - reads standard input")
    plan.add_argument(
        "--from-cases",
        dest="cases",
        metavar="FILE",
        nargs="?",
        const="",
        help="take the calls of a file of tests instead (default: the one beside NEW)",
    )
    plan.add_argument("--base", metavar="OLD", help="what to compare with: as --against of `diff` (default: the log)")
    plan.add_argument(
        "--max-moved", metavar="LIMIT", help="how many calls may go elsewhere: 10%%, or a number of calls"
    )
    plan.add_argument("--max-new-rejects", metavar="LIMIT", help="how many served calls may be refused")
    plan.add_argument("--max-cost-delta", metavar="PERCENT", help="how much more the calls may cost: 5%%")
    plan.add_argument("--ack-incident", dest="ack", metavar="WHY", help="pass all gates, and say why; kept in the plan")
    plan.add_argument(
        "--sample", metavar="N", type=int, default=SAMPLE, help="calls to draw from a longer log (%(default)s)"
    )
    plan.add_argument("-o", "--output", metavar="FILE", help="write the plan as JSON, for `publish --plan`")
    _add_readers(plan)
    add_format(plan)
    plan.set_defaults(handler="manifest.review.impact:run")


def _add_readers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--readers", metavar="VERSIONS", help="also judge how these would read it: 0.1.0,1.4")
