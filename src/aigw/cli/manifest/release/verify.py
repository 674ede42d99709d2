"""`aigw manifest verify`: what a process would say to a document, from outside, by the very checks it makes."""

import os
import time

from aigw.cli.manifest.release.judging import intake_for, judge
from aigw.cli.manifest.release.telling import SHORT
from aigw.cli.parsing import Arguments
from aigw.cli.sources import read_source
from aigw.cli.terminal import Terminal
from aigw.errors import ManifestError
from aigw.manifest.delivery.bounds import trust_of
from aigw.manifest.delivery.intake import Accepted
from aigw.types.times import written_time


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Say it; 0 if a process takes it, 1 if not."""
    content, label, from_afar = read_source(arguments.source or "")
    now = time.time()
    try:
        trust = trust_of(arguments.trust or os.environ.get("AIGW_TRUST") or None)
        intake = intake_for(trust, from_afar=from_afar)
        accepted = judge(intake, content, source=label, before=None, now=now)
    except ManifestError as error:
        if arguments.json:
            terminal.out.json({"ok": False, "source": label, "nack": error.nack.value, "reason": str(error)})
        else:
            terminal.out.line(f"A process would refuse it ({error.nack.value}): {error}", "bad")
        return 1
    if arguments.json:
        terminal.out.json({"ok": True, "source": label, **_facts(accepted, now)})
    else:
        _show(accepted, label, now, terminal)
    return 0


def _facts(accepted: Accepted, now: float) -> dict[str, object]:
    snapshot, vouched = accepted.snapshot, accepted.vouched
    freshness = vouched.freshness
    return {
        "serial": snapshot.serial,
        "epoch": snapshot.epoch,
        "digest": snapshot.digest,
        "audience": snapshot.audience,
        "channel": snapshot.channel,
        "verified": vouched.verified,
        "trust_version": vouched.epoch,
        "fresh": vouched.is_fresh(now),
        "fresh_until": None if freshness is None else written_time(freshness.expires),
        "expires_at": None if snapshot.expires_at is None else written_time(snapshot.expires_at),
        "rollout": None if snapshot.rollout is None else snapshot.rollout.id,
        "ignored": list(snapshot.ignored),
        "quarantined": [one.route for one in snapshot.quarantined],
    }


def _show(accepted: Accepted, label: str, now: float, terminal: Terminal) -> None:
    out, facts = terminal.out, _facts(accepted, now)
    out.line(
        f"{label}: a process takes it: serial {facts['serial']}, digest {accepted.snapshot.digest[:SHORT]}", "good"
    )
    whose = {
        "signed": f"signed by keys of the trust document, version {facts['trust_version']}",
        "tls": "not verified by keys: its server vouches for it",
        "local": "not verified by keys: it lies here",
    }
    out.line(whose[accepted.vouched.verified])
    for text, value in (
        ("for", " ".join(str(facts[name]) for name in ("audience", "channel") if facts[name])),
        ("said to be the newest until", facts["fresh_until"]),
        ("expires", facts["expires_at"]),
        ("rollout", facts["rollout"]),
        ("ignored:", ", ".join(accepted.snapshot.ignored)),
        ("quarantined:", ", ".join(one.route for one in accepted.snapshot.quarantined)),
    ):
        if value:
            out.line(f"{text} {value}")
    if not facts["fresh"]:
        out.line("nothing says that it is still the newest; run `aigw manifest heartbeat`", "bad")
