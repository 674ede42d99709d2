"""What can be asked of the commands for whoever keeps a manifest in service."""

import argparse
from typing import Final

from aigw.cli.manifest.durations import duration
from aigw.cli.manifest.operate.values import fault, share
from aigw.cli.parsing import Commands, add_json, described

SERVE: Final = """\
Serve a folder of manifests, or one file, on this machine, as a good web server would: ETag and 304, no caching, and
long polls (`Prefer: wait=30` is answered when the document changes). The URL is printed first. With --writable,
documents can be put into it, so that it can be published to. With --fault it goes wrong on demand, each fault with
a probability where one is given: `500:0.2` (a status), `slow:3s`, `truncate` (half a document), `stale-etag` (an
ETag that never changes), `html` (a sign-in page), `old:7` (the document of that serial). Requests are listed on
standard error, without queries. Ctrl-C ends it.

examples:
  aigw manifest serve manifest.yaml --port 8080
  aigw manifest serve releases/ --writable
  aigw manifest serve manifest.yaml --fault 500:0.2 --fault slow:3s:0.5
"""

STATUS: Final = """\
Say what a process that is started here and now, with this environment, would serve from: source, copies at hand, who
speaks for it, serial, digest, how fresh it is. No running process is asked, and nothing is written. Exit code 1
if nothing would serve. With --fleet, say instead which serial processes or records are at: of the text that
Prometheus scrapes (a URL), or of a file of records as JSON lines.

examples:
  aigw manifest status
  aigw manifest status https://config.acme.internal/aigw/v1/prod/current.json --trust trust.yaml
  aigw manifest status --prometheus
  aigw manifest status --fleet https://prometheus.acme.internal/federate?match[]=aigw_manifest_info
  aigw manifest status --fleet /var/log/tickets/records.jsonl --json
"""

WATCH: Final = """\
Follow a release until enough of the fleet has it: processes by the metrics they offer to Prometheus (--url), or the
newest records in files of JSON lines (--log). Whatever has this serial or a later one counts. A line tells each
change, with errors by serial. Exit code 0 once the share is reached, 1 if it is not within --timeout.

examples:
  aigw manifest watch 1043 --url http://tickets-1:9090/metrics --url http://tickets-2:9090/metrics
  aigw manifest watch prod.json --log /var/log/tickets/records.jsonl --until 99% --timeout 10m
  aigw manifest watch 1043 --url "https://prometheus.acme.internal/federate?match[]=aigw_manifest_info" --json
"""

DOCTOR: Final = """\
Find out why a process does not follow its manifest, or would not: where each setting comes from (an argument goes
before the environment, that before the default), whether the URL answers, how fast and with what headers, the clock,
the trust, the copies on disk and with the code, and whether keys can be read here. Each line is ok, warn or fail, with
what to do. No key is ever shown. Exit code 1 if anything fails.

examples:
  aigw manifest doctor
  aigw manifest doctor https://config.acme.internal/aigw/v1/prod/current.json --trust trust.yaml
  aigw manifest doctor --json | jq '.checks[] | select(.level != "ok")'
"""


def add(actions: Commands) -> None:
    """Add the commands."""
    _add_status(actions)
    _add_watch(actions)
    _add_doctor(actions)
    _add_serve(actions)


def _add_serve(actions: Commands) -> None:
    added = actions.add_parser(
        "serve", usage="aigw manifest serve [options] [PATH]", help="serve manifests on this machine, faults included"
    )
    serve = described(added, SERVE)
    serve.add_argument("path", metavar="PATH", nargs="?", default=".", help="folder or file (default: this folder)")
    serve.add_argument("--port", metavar="PORT", type=int, default=0, help="where to listen (default: any free port)")
    serve.add_argument("--host", metavar="HOST", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    serve.add_argument("--writable", action="store_true", help="take documents by PUT, with If-Match and If-None-Match")
    serve.add_argument(
        "--fault",
        dest="faults",
        metavar="FAULT",
        type=fault,
        action="append",
        default=[],
        help="what is to go wrong; may be repeated",
    )
    add_json(serve, "print the URL in a line of JSON")
    serve.set_defaults(handler="manifest.operate.serve:run")


def _add_status(actions: Commands) -> None:
    added = actions.add_parser(
        "status", usage="aigw manifest status [options] [SOURCE]", help="say what would serve here and now"
    )
    status = described(added, STATUS)
    _add_settings(status)
    status.add_argument("--prometheus", action="store_true", help="print it as the text that Prometheus scrapes")
    status.add_argument(
        "--fleet", metavar="SOURCE", action="append", default=[], help="URL of metrics, or file of records; repeatable"
    )
    add_json(status)
    status.set_defaults(handler="manifest.operate.status:run")


def _add_watch(actions: Commands) -> None:
    added = actions.add_parser(
        "watch", usage="aigw manifest watch [options] SERIAL", help="follow a release until the fleet has it"
    )
    watch = described(added, WATCH)
    watch.add_argument("source", metavar="SERIAL", help="what was published: its serial, or the manifest (URL or file)")
    watch.add_argument(
        "--log", dest="logs", metavar="FILE", action="append", default=[], help="file of records; may be repeated"
    )
    watch.add_argument(
        "--url", dest="urls", metavar="URL", action="append", default=[], help="metrics of processes; may be repeated"
    )
    watch.add_argument("--until", metavar="SHARE", type=share, default=0.99, help="what is enough (default: 99%%)")
    watch.add_argument("--every", metavar="TIME", type=duration, default=2.0, help="how often to look (default: 2s)")
    watch.add_argument(
        "--last", metavar="N", type=int, default=100, help="how many of the newest records count (default: 100)"
    )
    watch.add_argument(
        "--timeout",
        dest="patience",
        metavar="TIME",
        type=duration,
        default=600.0,
        help="when to give up (default: 10m)",
    )
    add_json(watch, "print each look that tells something new as a line of JSON")
    watch.set_defaults(handler="manifest.operate.watch:run")


def _add_doctor(actions: Commands) -> None:
    added = actions.add_parser(
        "doctor", usage="aigw manifest doctor [options] [SOURCE]", help="find out why a manifest is not followed"
    )
    doctor = described(added, DOCTOR)
    _add_settings(doctor)
    add_json(doctor)
    doctor.set_defaults(handler="manifest.operate.doctor:run")


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """Let the command be told what a gateway would be told."""
    parser.add_argument("source", metavar="SOURCE", nargs="?", help="URL or file (default: AIGW_MANIFEST)")
    parser.add_argument("--trust", metavar="TRUST", help="tls, sha256:… or a file (default: AIGW_TRUST)")
    parser.add_argument("--embedded", metavar="FILE", help="the copy that comes with the code (default: AIGW_EMBEDDED)")
    parser.add_argument("--cache-dir", metavar="DIR", help="where copies are kept (default: AIGW_CACHE_DIR)")
