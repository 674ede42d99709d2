"""Rules about what a document says of itself: how long it holds, who can read it, who speaks for it."""

import re
from collections.abc import Iterator
from typing import Final

from aigw.manifest.language.features import FEATURES, is_newer
from aigw.manifest.publishing.readers import SINCE, uses
from aigw.manifest.publishing.rules.subject import Found, Rule, Subject
from aigw.types.json import as_array, as_text

_SHORTEST_S: Final = 7 * 86_400.0
_PRODUCTION = re.compile(r"prod(uction)?|live", re.IGNORECASE)


def _short_expiry(subject: Subject) -> Iterator[Found]:
    snapshot = subject.snapshot
    if snapshot is None or snapshot.expires_at is None:
        return
    if snapshot.expires_at <= subject.now:
        yield Found(("expires_at",), "has passed", "set a later moment", "error")
        return
    begins = subject.now if snapshot.issued_at is None else snapshot.issued_at
    days = (snapshot.expires_at - begins) / 86_400
    if snapshot.expires_at - begins < _SHORTEST_S:
        what = f"is {days:.1f} days after its start: whoever cannot publish for that long lets it lapse everywhere"
        yield Found(("expires_at",), what, "let it hold for 7 days or more; 90 is usual")


def _min_reader(subject: Subject) -> Iterator[Found]:
    oldest = subject.min_reader
    if oldest is None:
        return
    asked = subject.raw.get("min_reader")
    if is_newer(asked, oldest):
        yield Found(("min_reader",), f"keeps aigw {oldest} out, which is to read it", "lower it")
    for at, named in enumerate(as_array(subject.raw.get("requires"))):
        feature = as_text(named)
        if feature is not None and (feature not in FEATURES or is_newer(SINCE.get(feature), oldest)):
            yield Found(("requires", at), f"asks for what aigw {oldest} does not have", "leave it out")
    for path, feature in uses(subject.raw):
        if is_newer(SINCE[feature], oldest):
            what = f"needs {feature}, which came with aigw {SINCE[feature]}, and {oldest} is to read it"
            yield Found(path, what, "leave it out until all processes are newer")


def _trust_tls(subject: Subject) -> Iterator[Found]:
    snapshot = subject.snapshot
    if snapshot is None or snapshot.epoch or "built_with" not in subject.raw:
        return
    if _PRODUCTION.fullmatch(snapshot.channel or ""):
        what = f"says {snapshot.channel}, and the document was built for no trust document (`epoch` is 0)"
        yield Found(("channel",), what, "build it with `--trust-chain`, and sign it")


SHORT_EXPIRY: Final = Rule(
    id="short-expiry",
    level="warning",
    asks="Does the document hold for at least a week?",
    why="Expiry is for what was forgotten, not for freshness: a document that is over before broken CI is repaired "
    "casts doubt on itself everywhere at once. One that is over already is an error.",
    instead_of='issued_at: "2026-11-20T00:00:00Z"\nexpires_at: "2026-11-21T00:00:00Z"',
    write='issued_at: "2026-11-20T00:00:00Z"\nexpires_at: "2027-02-18T00:00:00Z"',
    check=_short_expiry,
)
MIN_READER: Final = Rule(
    id="min-reader",
    level="error",
    asks="Can the oldest aigw in service read it? Asked with `--min-reader VERSION`.",
    why="Processes with an older aigw refuse what they do not know, or put single routes into quarantine.",
    instead_of="fail_closed_after: 2h    # with --min-reader 0.0.9",
    write="# once no process is older",
    check=_min_reader,
)
TRUST_TLS: Final = Rule(
    id="trust-tls",
    level="warning",
    asks="Is what was built for production meant to be signed?",
    why="A document that nobody signed is trusted by TLS: whoever can write to the server can send every call, and "
    "every key, elsewhere.",
    instead_of="channel: prod\nepoch: 0\nbuilt_with: 0.1.0",
    write="channel: prod\nepoch: 1\nbuilt_with: 0.1.0",
    check=_trust_tls,
)
