"""One document makes the whole ramp: calls take their sides, a bad candidate is let go of, a detour ends by itself."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.journey_kit import MESSAGES, Journey, manifest, provider

import aigw
from aigw.call import Outcome
from aigw.testing import ManifestServer, ProviderServer, Status

START = "2023-11-14T22:13:20Z"
"""When the frozen clock begins."""
AFTER_AN_HOUR = "2023-11-14T23:13:20Z"

STAGES = [{"at": "0m", "bp": 500}, {"at": "20m", "bp": 5000}, {"at": "60m", "bp": 10000}]
GUARD = {"min_calls": 3, "max_error_delta": 0.2}

AMONG_5, AMONG_50, AMONG_100 = "tenant-830", "acme", "tenant-13014"
"""Tenants by the stage that is theirs: the buckets 0, 1655 and 9999 of `r-77`."""


def ramp(new: ProviderServer, old: ProviderServer, *, serial: int = 8, **more: object) -> dict[str, object]:
    """Write a manifest that takes the route `chat` from `second`, which is *old*, to `first`, which is *new*."""
    base = {
        "providers": {"second": provider(old)},
        "routes": [{"name": "chat", "targets": [{"provider": "second", "model": "m", "max_retries": 0}]}],
        "tags": {"side": "base"},
    }
    rollout = {"id": "r-77", "unit": "tenant", "start": START, "stages": STAGES, "base": base, **more}
    return {**manifest(new, serial=serial, max_retries=0), "tags": {"side": "candidate"}, "rollout": rollout}


@pytest.fixture(params=[False, True], ids=["plain", "streamed"])
def streamed(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def say(journey: Journey, *, streamed: bool = False, **tags: str) -> str | None:
    """Make a call to its end, and give the side it took."""
    with aigw.tags(**tags):
        answer = journey.ask(stream=streamed)
    if streamed:
        assert journey.read(answer)[1] is None
    return journey.record.rollout


class TestARamp:
    def test_takes_a_tenant_along_at_the_stage_that_is_its_own(
        self, journey: Journey, first: ProviderServer, second: ProviderServer, streamed: bool
    ) -> None:
        journey.start(ramp(first, second))
        sides: list[list[str | None]] = []
        for minutes in (0, 20, 40):
            journey.clock.advance(60 * minutes)
            sides.append([say(journey, streamed=streamed, tenant=name) for name in (AMONG_5, AMONG_50, AMONG_100)])
        candidate, base = "r-77:candidate", "r-77:base"
        assert [[candidate, base, base], [candidate, candidate, base], [candidate] * 3] == sides
        assert (6, 3) == (len(first.requests), len(second.requests))

    def test_is_the_same_document_on_both_sides(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        journey.start(ramp(first, second))
        say(journey, tenant=AMONG_5)
        candidate = journey.record
        say(journey, tenant=AMONG_50)
        base = journey.record
        assert ("first/m", "second/m") == (candidate.target, base.target)
        assert (8, candidate.digest) == (base.serial, base.digest)
        assert ("candidate", "base") == (candidate.tags["side"], base.tags["side"])

    def test_has_not_begun_before_its_start(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        journey.start(ramp(first, second, start=AFTER_AN_HOUR, stages=[{"at": "0m", "bp": 10000}]))
        before = say(journey, tenant=AMONG_5)
        journey.clock.advance(3600)
        assert ("r-77:base", "r-77:candidate") == (before, say(journey, tenant=AMONG_5))

    def test_leaves_a_stream_where_it_began(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        stages = [{"at": "0m", "bp": 500}, {"at": "30s", "bp": 10000}]
        with ManifestServer(ramp(first, second, stages=stages)) as server:
            journey.start(server.url)
            with aigw.tags(tenant=AMONG_50):
                stream = journey.stream()
            journey.clock.advance(30)
            server.publish(manifest(first, serial=9))
            journey.face.do(journey.gw.refresh())
            assert journey.read(stream)[1] is None
        assert (8, "r-77:base", "second/m") == (journey.record.serial, journey.record.rollout, journey.record.target)

    def test_notes_a_call_without_its_unit(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        journey.start(ramp(first, second, unit="session"))
        say(journey)
        assert ("rollout: by instance, as the call has no session",) == journey.record.notes

    def test_is_explained_without_a_call(self, journey: Journey, first: ProviderServer, second: ProviderServer) -> None:
        gw = journey.start(ramp(first, second)).with_tags(tenant=AMONG_50)
        record = journey.face.do(gw.explain(model="chat", messages=MESSAGES))
        assert ("r-77:base", "second/m") == (record.rollout, record.target)
        assert ("rollout: r-77:base, by tenant, bucket 1655; those below 500 take the candidate",) == record.notes
        assert ([], []) == (first.requests, second.requests)

    def test_is_none_where_nothing_is_rolled_out(self, journey: Journey, first: ProviderServer) -> None:
        journey.start(manifest(first))
        assert say(journey, tenant=AMONG_5) is None
        assert () == journey.record.notes


class TestAGuard:
    EVERYBODY = ({"at": "0m", "bp": 10000},)

    def fail(self, journey: Journey, *, streamed: bool, times: int) -> list[str | None]:
        sides: list[str | None] = []
        for _ in range(times):
            with pytest.raises(aigw.APIError):
                say(journey, streamed=streamed)
            sides.append(journey.record.rollout)
        return sides

    def test_takes_a_process_back_to_the_base_until_another_serial(
        self,
        journey: Journey,
        first: ProviderServer,
        second: ProviderServer,
        streamed: bool,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        document = ramp(first, second, unit="request", stages=self.EVERYBODY, guard=GUARD)
        first.always(Status(500))
        with ManifestServer(document) as server, caplog.at_level(logging.WARNING, "aigw"):
            journey.start(server.url)
            assert ["r-77:candidate"] * 3 == self.fail(journey, streamed=streamed, times=3)
            assert ["r-77:base"] * 3 == [say(journey, streamed=streamed) for _ in range(3)]
            told = [line for line in caplog.messages if line.startswith("Rollout r-77")]
            assert 1 == len(told)
            assert "3 of 3 calls of the candidate failed, 0 of 0 of the base" in told[0]

            server.publish({**document, "serial": 9})
            journey.face.do(journey.gw.refresh())
            assert ["r-77:candidate"] == self.fail(journey, streamed=streamed, times=1)

    def test_explains_why_the_base_is_taken(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        journey.start(ramp(first, second, unit="request", stages=self.EVERYBODY, guard=GUARD))
        first.always(Status(503))
        self.fail(journey, streamed=False, times=3)
        record = journey.face.do(journey.gw.explain(model="chat", messages=MESSAGES))
        assert "this process holds itself back: 3 of 3 calls of the candidate failed" in record.notes[0]

    def test_holds_no_callers_mistake_against_the_candidate(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        journey.start(ramp(first, second, unit="request", stages=self.EVERYBODY, guard=GUARD))
        first.always(Status(400))
        for _ in range(5):
            journey.fail()
            journey.fail(model="misspelt")
        assert "r-77:candidate" == journey.record.rollout

    def test_takes_back_a_candidate_whose_key_is_not_there(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        document = ramp(first, second, unit="request", stages=self.EVERYBODY, guard=GUARD)
        document["providers"]["first"]["api_key"] = "env:NO_SUCH_KEY"  # type: ignore[index]
        journey.start(document)
        self.fail(journey, streamed=False, times=3)
        assert "r-77:base" == say(journey)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_draws_anew() -> None:
    program = """
import json, os, sys, aigw
gw = aigw.Gateway(manifest=json.loads(sys.argv[1]), sinks=[])
def bucket():
    note = gw.explain(model="chat", messages=[{"role": "user", "content": "Hi"}]).notes[0]
    return note.partition("bucket ")[2].partition(";")[0]
mine = [bucket(), bucket()]
if os.fork() == 0:
    print(bucket(), flush=True)
    os._exit(0)
os.wait()
print(*mine, flush=True)
"""
    base = {"providers": {"echo": {"kind": "echo"}}, "models": {"chat": "echo/old"}}
    rollout = {"id": "r-77", "unit": "instance", "start": START, "stages": [{"at": "0m", "bp": 1}], "base": base}
    document = {
        "schema": "aigw/v1",
        "serial": 1,
        "providers": {"echo": {"kind": "echo"}},
        "models": {"chat": "echo/new"},
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, json.dumps({**document, "rollout": rollout})],
        env={**os.environ, "PYTHONPATH": str(Path(aigw.__file__).parent.parent)},
        capture_output=True,
        timeout=60,
        check=True,
    )
    child, mine, again = done.stdout.decode().split()
    assert mine == again
    assert child != mine


class TestADetour:
    def document(self, first: ProviderServer, second: ProviderServer, **instead: object) -> dict[str, object]:
        document = manifest(first, max_retries=0)
        document["providers"]["second"] = provider(second)  # type: ignore[index]
        detour = {"targets": [{"provider": "second", "model": "m"}], "until": AFTER_AN_HOUR, "why": "INC-2041"}
        document["routes"][0]["instead"] = {**detour, **instead}  # type: ignore[index]
        return document

    def test_ends_by_itself(
        self, journey: Journey, first: ProviderServer, second: ProviderServer, streamed: bool
    ) -> None:
        journey.start(self.document(first, second))
        say(journey, streamed=streamed)
        during = journey.record
        journey.clock.advance(3600)
        say(journey, streamed=streamed)
        after = journey.record

        assert ("second/m", "first/m") == (during.target, after.target)
        assert ("instead: INC-2041 (until 2023-11-14T23:13:20Z)",) == during.notes
        assert () == after.notes
        assert [("second/m", True, "ok"), ("first/m", False, "instead:INC-2041")] == [
            (one.target, one.eligible, one.reason) for one in during.candidates
        ]
        assert 1 == during.serial == after.serial

    def test_is_all_there_is_while_it_lasts(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        journey.start(self.document(first, second, targets=[{"provider": "second", "model": "m", "max_retries": 0}]))
        second.always(Status(500))
        journey.fail()
        assert [] == first.requests

    def test_is_part_of_the_side_it_stands_on(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        document = ramp(first, second)
        detour: Any = self.document(first, second)["routes"]
        document["providers"]["second"] = provider(second)  # type: ignore[index]
        document["routes"] = detour
        journey.start(document)
        assert "r-77:candidate" == say(journey, tenant=AMONG_5)
        assert ("second/m", 1) == (journey.record.target, len(journey.record.notes))
        assert "r-77:base" == say(journey, tenant=AMONG_50)
        assert ("second/m", ()) == (journey.record.target, journey.record.notes)


class TestConfidenceThatHasLapsed:
    """The document expires after an hour, by the frozen clock."""

    def document(self, first: ProviderServer, at_the_top: str | None, on_the_route: str | None) -> dict[str, object]:
        route: dict[str, object] = {} if on_the_route is None else {"fail_closed_after": on_the_route}
        document = {**manifest(first, route=route), "expires_at": AFTER_AN_HOUR}
        return document if at_the_top is None else {**document, "fail_closed_after": at_the_top}

    @pytest.mark.parametrize(("top", "route"), [("30m", None), (None, "30m"), ("5m", "30m"), ("2h", "30m")])
    def test_ends_calls_once_it_is_too_long_ago(
        self, journey: Journey, first: ProviderServer, top: str | None, route: str | None
    ) -> None:
        journey.start(self.document(first, top, route))
        journey.clock.advance(90 * 60 - 1)
        journey.ask()
        journey.clock.advance(1)
        error = journey.fail()

        assert isinstance(error, aigw.ManifestLapsedError)
        assert isinstance(error, aigw.APIStatusError)
        assert isinstance(error, aigw.ManifestError)
        assert (503, "manifest_lapsed") == (error.status_code, error.code)
        assert "'chat' then serves for 1800 s at most" in str(error)
        assert (Outcome.REFUSED, "chat", 503) == (
            journey.record.outcome,
            journey.record.route,
            journey.record.status_code,
        )
        assert 1 == len(first.requests)

    def test_ends_nothing_where_nobody_said_so(self, journey: Journey, first: ProviderServer) -> None:
        journey.start(self.document(first, None, None))
        journey.clock.advance(10**6)
        journey.ask()
        assert Outcome.OK is journey.record.outcome

    def test_ends_nothing_while_it_has_not(self, journey: Journey, first: ProviderServer) -> None:
        journey.start(self.document(first, "1s", "1s"))
        journey.clock.advance(3599)
        journey.ask()
        assert Outcome.OK is journey.record.outcome
