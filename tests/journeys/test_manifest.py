"""What is published at the URL is what serves, without a restart; and nothing published ever stops a service."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.journey_kit import MESSAGES, Journey, manifest

import aigw
from aigw.core import START_LIMIT_S
from aigw.testing import CutAt, Hang, ManifestServer, OpenAIServer, ProviderServer, StallAt, Status, Text

GOOD = Text("One two three.")


@pytest.fixture
def origin(first: ProviderServer) -> Any:
    with ManifestServer(manifest(first, max_retries=0)) as server:
        yield server


def refresh(journey: Journey) -> bool:
    changed: bool = journey.face.do(journey.gw.refresh())
    return changed


class TestFollowingAUrl:
    def test_a_new_manifest_moves_the_next_call_without_a_restart(
        self, journey: Journey, origin: ManifestServer, second: ProviderServer
    ) -> None:
        journey.start(origin.url)
        assert "first/m" == journey.ask().aigw.target
        origin.publish({**manifest(second, serial=2)})
        assert refresh(journey)
        answer = journey.ask()
        assert (2, 1) == (answer.aigw.serial, len(second.requests))
        assert ("current", 2, None) == (
            journey.gw.manifest.status().state,
            journey.gw.manifest.status().serial,
            journey.gw.manifest.status().last_error,
        )

    def test_it_is_noticed_by_polling(self, journey: Journey, origin: ManifestServer, second: ProviderServer) -> None:
        journey.start(origin.url, refresh_interval=0.02, clock=None)
        assert 1 == journey.ask().aigw.serial
        origin.publish(manifest(second, serial=2))
        asked = len(origin.requests)
        assert origin.wait_for(lambda: len(origin.requests) >= asked + 3)
        assert 2 == journey.ask().aigw.serial

    def test_what_has_not_changed_is_not_sent_again(self, journey: Journey, origin: ManifestServer) -> None:
        journey.start(origin.url)
        journey.ask()
        assert not refresh(journey)
        assert not refresh(journey)
        tags = [request.headers.get("if-none-match") for request in origin.requests]
        assert [None, journey.gw.manifest.status().etag, journey.gw.manifest.status().etag] == tags

    def test_the_etag_of_a_bad_document_is_not_kept(
        self, journey: Journey, origin: ManifestServer, first: ProviderServer
    ) -> None:
        journey.start(origin.url)
        journey.ask()
        good = journey.gw.manifest.status().etag
        origin.publish("schema: [")
        with pytest.raises(aigw.ManifestInvalidError):
            refresh(journey)
        with pytest.raises(aigw.ManifestInvalidError):
            refresh(journey)
        assert good == origin.requests[-1].headers["if-none-match"]

    def test_a_bad_document_is_rejected_whole_reported_and_the_good_one_keeps_serving(
        self, journey: Journey, origin: ManifestServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        journey.start(origin.url)
        journey.ask()
        origin.publish(
            "schema: aigw/v1\nserial: 2\nproviders: {p: {kind: opena}}\nroutes:\n"
            "  - {name: chat, targets: [{provider: q, model: m}]}\n"
        )
        with pytest.raises(aigw.ManifestInvalidError) as caught:
            refresh(journey)
        status = journey.gw.manifest.status()
        assert ("current", 1) == (status.state, status.serial)
        assert 2 == len(status.rejected)
        assert status.rejected == caught.value.problems
        assert "manifest.yaml:3: providers.p.kind: unknown kind 'opena'" in status.rejected[0]
        assert "did you mean" in status.rejected[0].lower()
        assert "manifest.yaml:5: routes[0].targets[0].provider" in status.rejected[1]
        assert status.last_error
        assert "first/m" == journey.ask().aigw.target
        assert any("manifest refused" in record.getMessage() for record in caplog.records)
        origin.recover()

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 500, 503])
    def test_no_status_is_terminal(self, journey: Journey, origin: ManifestServer, status: int) -> None:
        journey.start(origin.url)
        journey.ask()
        origin.fail(status)
        with pytest.raises(aigw.ManifestUnavailableError, match=str(status)):
            refresh(journey)
        assert "first/m" == journey.ask().aigw.target
        origin.recover()
        assert not refresh(journey)
        assert journey.gw.manifest.status().last_error is None

    def test_a_manifest_that_has_not_been_confirmed_for_long_says_so_and_serves(
        self, journey: Journey, origin: ManifestServer
    ) -> None:
        journey.start(origin.url)
        refresh(journey)
        journey.clock.advance(301)
        assert "stale" == journey.gw.manifest.status().state
        assert 1 == journey.ask().aigw.serial
        refresh(journey)
        assert "current" == journey.gw.manifest.status().state

    def test_an_older_serial_is_refused(
        self, journey: Journey, origin: ManifestServer, first: ProviderServer, second: ProviderServer
    ) -> None:
        origin.publish(manifest(first, serial=7))
        journey.start(origin.url)
        journey.ask()
        origin.publish(manifest(second, serial=6))
        with pytest.raises(aigw.ManifestConflictError, match="higher serial"):
            refresh(journey)
        assert (7, "first/m") == (journey.ask().aigw.serial, journey.record.target)


class TestStarting:
    def test_with_the_url_down_it_starts_from_the_last_good_copy(
        self, journey: Journey, origin: ManifestServer, tmp_path: Path
    ) -> None:
        gw = journey.start(origin.url, cache_dir=tmp_path)
        journey.ask()
        journey.face.do(gw.close())
        origin.fail(503)
        journey.start(origin.url, cache_dir=tmp_path)
        assert ("first/m", 1) == (journey.ask().aigw.target, journey.record.serial)
        assert "cached" == journey.gw.manifest.status().state

    def test_the_copy_is_the_exact_document_for_its_owner_only(
        self, journey: Journey, origin: ManifestServer, first: ProviderServer, tmp_path: Path
    ) -> None:
        text = (
            f"# a comment\nschema: aigw/v1\nserial: 3\nproviders:\n"
            f"  p: {{kind: openai-compatible, base_url: '{first.origin}', api_key: none}}\n"
            "models: {chat: {provider: p, model: m}}\n"
        )
        origin.publish(text)
        journey.start(origin.url, cache_dir=tmp_path / "new")
        refresh(journey)
        copy = Path(journey.gw.manifest.status().disk_path)
        assert text.encode() == copy.read_bytes()
        assert 0o600 == copy.stat().st_mode & 0o777
        assert 0o700 == copy.parent.stat().st_mode & 0o777
        assert [] == list(copy.parent.glob("*.tmp"))

    def test_a_url_that_hangs_does_not_hold_up_a_start_from_the_copy(
        self, journey: Journey, origin: ManifestServer, tmp_path: Path
    ) -> None:
        gw = journey.start(origin.url, cache_dir=tmp_path)
        journey.ask()
        journey.face.do(gw.close())
        origin.hang()
        journey.start(origin.url, cache_dir=tmp_path)
        assert 1 == journey.ask().aigw.serial

    def test_without_a_copy_a_url_that_hangs_is_told_within_two_seconds(
        self, journey: Journey, origin: ManifestServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert START_LIMIT_S <= 2.0
        monkeypatch.setattr("aigw.core.START_LIMIT_S", 0.05)
        origin.hang()
        journey.start(origin.url)
        error = journey.fail()
        assert aigw.ManifestUnavailableError is type(error)
        assert "no last good copy" in str(error)
        origin.recover()

    @pytest.mark.parametrize("status", [404, 503])
    def test_a_first_call_after_the_url_came_back_is_served(
        self, journey: Journey, origin: ManifestServer, status: int
    ) -> None:
        origin.fail(status)
        journey.start(origin.url)
        assert aigw.ManifestUnavailableError is type(journey.fail())
        origin.recover()
        refresh(journey)
        assert "first/m" == journey.ask().aigw.target

    def test_a_copy_that_somebody_else_may_have_written_is_not_used(
        self, journey: Journey, origin: ManifestServer, tmp_path: Path
    ) -> None:
        gw = journey.start(origin.url, cache_dir=tmp_path)
        journey.ask()
        path = Path(gw.manifest.status().disk_path)
        journey.face.do(gw.close())
        path.chmod(0o666)
        origin.fail(503)
        journey.start(origin.url, cache_dir=tmp_path)
        assert aigw.ManifestUnavailableError is type(journey.fail())
        assert any("others may write" in note for note in journey.gw.manifest.status().notes)

    def test_the_copy_that_came_with_the_code_serves_while_the_url_hangs(
        self, journey: Journey, origin: ManifestServer, first: ProviderServer, tmp_path: Path
    ) -> None:
        embedded = tmp_path / "manifest.json"
        embedded.write_text(json.dumps(manifest(first, serial=4)))
        origin.hang()
        journey.start(origin.url, embedded=embedded, cache_dir=tmp_path / "c")
        assert ("first/m", 4) == (journey.ask().aigw.target, journey.record.serial)
        status = journey.gw.manifest.status()
        assert ("embedded", "local") == (status.state, status.verified)
        origin.publish(manifest(first, serial=5))
        refresh(journey)
        assert (5, "current") == (journey.ask().aigw.serial, journey.gw.manifest.status().state)

    def test_the_newer_of_the_copies_at_hand_serves(
        self, journey: Journey, origin: ManifestServer, first: ProviderServer, tmp_path: Path
    ) -> None:
        embedded = tmp_path / "manifest.json"
        origin.publish(manifest(first, serial=5))
        journey.face.do(journey.start(origin.url, cache_dir=tmp_path / "c").refresh())
        journey.face.do(journey.gw.close())
        origin.fail(503)
        for serial, expected in ((4, (5, "cached")), (6, (6, "embedded"))):
            embedded.write_text(json.dumps(manifest(first, serial=serial)))
            journey.start(origin.url, embedded=embedded, cache_dir=tmp_path / "c")
            assert expected == (journey.ask().aigw.serial, journey.gw.manifest.status().state)
            journey.face.do(journey.gw.close())

    @pytest.mark.parametrize("content", [None, "schema: [", "schema: aigw/v2\nserial: 1\n"])
    def test_an_embedded_copy_that_is_of_no_use_is_told_and_keeps_nobody_from_starting(
        self, journey: Journey, origin: ManifestServer, tmp_path: Path, content: str | None
    ) -> None:
        embedded = tmp_path / "manifest.yaml"
        if content is not None:
            embedded.write_text(content)
        journey.start(origin.url, embedded=embedded)
        assert 1 == journey.ask().aigw.serial
        assert "embedded manifest" in journey.gw.manifest.status().notes[0]

    def test_an_embedded_copy_alone_is_followed_as_a_file(
        self, journey: Journey, first: ProviderServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(manifest(first)))
        monkeypatch.setenv("AIGW_EMBEDDED", str(path))
        journey.start(None)
        assert "first/m" == journey.ask().aigw.target

    def test_the_usual_variables_serve_without_a_manifest_if_the_service_says_so(
        self,
        journey: Journey,
        origin: ManifestServer,
        openai: OpenAIServer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-testing-0123456789")
        monkeypatch.setenv("OPENAI_BASE_URL", openai.url)
        monkeypatch.setattr("aigw.core.START_LIMIT_S", 0.05)
        origin.hang()
        journey.start(origin.url, on_no_manifest="defaults")
        for _ in range(3):
            assert "openai/gpt-4o" == journey.ask(model="openai/gpt-4o").aigw.target
        assert "none" == journey.gw.manifest.status().state
        journey.face.do(journey.gw.close())
        origin.recover()
        journey.start(origin.url, on_no_manifest="defaults")
        assert 1 == journey.ask().aigw.serial

    def test_nothing_is_fetched_before_the_first_call(self, journey: Journey, origin: ManifestServer) -> None:
        journey.start(origin.url)
        assert [] == origin.requests

    def test_many_first_calls_fetch_once(self, origin: ManifestServer) -> None:
        with aigw.Gateway(manifest=origin.url, sinks=[]) as gw:
            got: list[int] = []

            def ask() -> None:
                got.append(gw.chat.completions.create(model="chat", messages=MESSAGES).aigw.serial)

            threads = [threading.Thread(target=ask) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert [1] * 8 == got
        assert 1 == len(origin.requests)


class TestASwap:
    def test_connections_survive_it(self, journey: Journey, origin: ManifestServer, first: ProviderServer) -> None:
        journey.start(origin.url)
        for serial in range(1, 6):
            origin.publish(manifest(first, serial=serial, max_retries=0))
            refresh(journey)
            assert serial == journey.ask().aigw.serial
        assert 1 == first.connections.accepted

    def test_connections_of_providers_that_left_are_closed(
        self, journey: Journey, origin: ManifestServer, first: ProviderServer, second: ProviderServer
    ) -> None:
        journey.start(origin.url)
        journey.ask()
        assert 1 == first.connections.open
        origin.publish(manifest(second, serial=2))
        refresh(journey)
        journey.ask()
        assert first.wait_for(lambda: not first.connections.open)

    def test_breakers_survive_it(
        self, journey: Journey, origin: ManifestServer, first: ProviderServer, second: ProviderServer
    ) -> None:
        first.always(Status(500))
        journey.start(origin.url)
        for _ in range(5):
            journey.fail()
        assert "open" == journey.gw.health()["first/m"].state
        origin.publish(manifest(first, second, serial=2, max_retries=0))
        refresh(journey)
        assert ["second/m"] == [each.target for each in journey.ask().aigw.attempts]

    def test_a_stream_under_way_stays_with_the_manifest_it_began_with(
        self, journey: Journey, origin: ManifestServer, first: ProviderServer, second: ProviderServer
    ) -> None:
        gate = threading.Event()
        first.always(StallAt(GOOD, token=1, until=gate))
        journey.start(origin.url)
        stream = journey.stream()
        journey.face.take(stream, 1)
        origin.publish(manifest(second, serial=2))
        refresh(journey)
        assert 2 == journey.ask().aigw.serial
        gate.set()
        assert ("two three.", None) == journey.read(stream)
        assert (1, "first/m") == (journey.record.serial, journey.record.target)
        journey.ask()
        assert first.wait_for(lambda: not first.connections.open)

    def test_a_retry_stays_with_the_manifest_its_call_began_with(
        self, journey: Journey, origin: ManifestServer, first: ProviderServer, second: ProviderServer
    ) -> None:
        changed = manifest(second, serial=2)

        def swap(_: object) -> Status:
            origin.publish(changed)
            journey.gw._core._holder.check()
            return Status(500)

        origin.publish(manifest(first, max_retries=1))
        first.queue(swap, GOOD)
        journey.start(origin.url)
        answer = journey.ask()
        assert (1, "first/m", 2) == (answer.aigw.serial, answer.aigw.target, len(first.requests))
        assert 2 == journey.ask().aigw.serial


class TestFiles:
    def test_a_file_is_followed_too(
        self, journey: Journey, first: ProviderServer, second: ProviderServer, tmp_path: Path
    ) -> None:
        import json

        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(manifest(first)))
        journey.start(path)
        assert 1 == journey.ask().aigw.serial
        fresh = tmp_path / "fresh"
        fresh.write_text(json.dumps(manifest(second, serial=2)))
        fresh.replace(path)
        assert refresh(journey)
        assert 2 == journey.ask().aigw.serial

    def test_the_environment_names_it(
        self, journey: Journey, origin: ManifestServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AIGW_MANIFEST", origin.url)
        monkeypatch.setenv("AIGW_TAGS", "app=tickets,feature=summary")
        journey.start(None)
        assert {"app": "tickets", "feature": "summary"} == dict(journey.ask().aigw.tags)


class TestWithoutAManifest:
    def test_providers_come_from_their_usual_variables(
        self, journey: Journey, openai: OpenAIServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-testing-0123456789")
        monkeypatch.setenv("OPENAI_BASE_URL", openai.url)
        journey.start(None)
        assert "openai/gpt-4o" == journey.ask(model="openai/gpt-4o").aigw.target
        assert "Bearer sk-testing-0123456789" == openai.requests[0].headers["authorization"]

    def test_echo_needs_nothing(self, journey: Journey) -> None:
        journey.start(None)
        answer = journey.ask(model="echo/any")
        assert "Say hello." == answer.choices[0].message.content
        assert "current" == journey.gw.manifest.status().state


class TestDirectNames:
    def test_a_central_manifest_forbids_them_unless_it_says_otherwise(
        self, journey: Journey, first: ProviderServer
    ) -> None:
        journey.start(manifest(first))
        assert "direct_name_forbidden" == journey.fail(model="first/other").code
        journey.start({**manifest(first), "allow_direct": True})
        assert "first/other" == journey.ask(model="first/other").aigw.target


class TestExplain:
    def explain(self, journey: Journey, **params: Any) -> Any:
        return journey.face.do(journey.gw.explain(**{"model": "chat", "messages": MESSAGES, **params}))

    def test_it_says_what_the_call_would_do_and_calls_nobody(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        journey.start(manifest(first, second))
        told = self.explain(journey)
        assert [] == first.requests + second.requests
        assert [] == journey.records.records
        assert ("chat", "first/m", 1) == (told.route, told.target, told.serial)
        assert [("first/m", True, "ok"), ("second/m", True, "ok")] == [
            (each.target, each.eligible, each.reason) for each in told.candidates
        ]
        done = journey.ask().aigw
        assert (done.route, done.target, done.candidates) == (told.route, told.target, told.candidates)

    def test_it_sees_open_breakers(self, journey: Journey, first: ProviderServer, second: ProviderServer) -> None:
        first.always(Status(500))
        journey.start(manifest(first, second, max_retries=0))
        for _ in range(5):
            journey.ask()
        told = self.explain(journey)
        assert ("second/m", "breaker_open") == (told.target, told.candidates[0].reason)

    def test_it_refuses_what_the_call_would_refuse(self, journey: Journey, first: ProviderServer) -> None:
        journey.start(manifest(first))
        with pytest.raises(aigw.ModelNotFoundError):
            self.explain(journey, model="chta")
        with pytest.raises(aigw.BadRequestError):
            self.explain(journey, messages=[])
        with pytest.raises(aigw.UnexpectedArgumentError):
            self.explain(journey, temprature=1)

    def test_it_takes_what_create_takes(self, journey: Journey, first: ProviderServer) -> None:
        journey.start(manifest(first))
        told = self.explain(journey, temperature=0.1, stream=True, tags={"feature": "x"}, timeout=3)
        assert {"feature": "x"} == dict(told.tags)
        assert told.stream


def test_models_are_those_of_the_manifest(journey: Journey, first: ProviderServer) -> None:
    document = {**manifest(first), "models": {"cheap": {"provider": "first", "model": "small"}}}
    journey.start(document)
    assert ["chat", "cheap"] == [model.id for model in journey.face.do(journey.gw.models.list())]
    assert "first/small" == journey.ask(model="cheap").aigw.target


@pytest.mark.parametrize("fault", [Hang(), CutAt(GOOD, token=0)], ids=["hang", "cut"])
def test_a_provider_that_fails_does_not_keep_the_manifest_from_moving(
    journey: Journey, origin: ManifestServer, first: ProviderServer, second: ProviderServer, fault: Any
) -> None:
    first.always(fault)
    journey.start(origin.url)
    journey.fail(timeout=aigw.Timeouts(total=0.05))
    origin.publish(manifest(second, serial=2))
    assert refresh(journey)
    assert "first/m" == journey.ask().aigw.target
    assert 1 == len(second.requests)
