"""What a target cannot express: refused, dropped with a note, or passed on, as call, route or provider say."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from tests.journeys.speaking import DIALECTS, Speaker, manifest

import aigw
from aigw.testing import RecordCapture

Level = Literal["error", "drop", "pass"]
LEVELS: tuple[Level | None, ...] = (None, "error", "drop", "pass")
HI: dict[str, Any] = {"model": "chat", "messages": [{"role": "user", "content": "Hi"}]}
NOTE = "dropped: seed (anthropic does not take it)"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")


@pytest.fixture
def server() -> Iterator[Speaker]:
    """A provider that has no word for `seed`."""
    with Speaker(DIALECTS["anthropic-messages"]) as made:
        made.say(DIALECTS["anthropic-messages"].answers()["text"])
        yield made


def document(server: Speaker, provider: Level | None, route: Level | None) -> dict[str, Any]:
    return manifest(
        server,
        route=None if route is None else {"unsupported": route},
        **({} if provider is None else {"unsupported": provider}),
    )


@pytest.mark.parametrize("call", LEVELS)
@pytest.mark.parametrize("route", LEVELS)
@pytest.mark.parametrize("provider", LEVELS)
def test_the_call_is_heard_before_the_route_and_the_route_before_the_provider(
    face: Any, server: Speaker, provider: Level | None, route: Level | None, call: Level | None
) -> None:
    records = RecordCapture()
    gateway = face.gateway(manifest=document(server, provider, route), sinks=[records])
    said = {} if call is None else {"unsupported": call}
    ask = gateway.chat.completions.create
    match call or route or provider or "error":
        case "error":
            with pytest.raises(aigw.UnsupportedParameterError) as caught:
                face.do(ask(**HI, seed=1, **said))
            assert "seed" == caught.value.param
            assert ["unsupported:seed"] == [one.reason for one in records.last.candidates]
            assert [] == server.requests
        case "drop":
            made = face.do(ask(**HI, seed=1, **said))
            assert "seed" not in server.requests[0].json
            assert (NOTE,) == made.aigw.notes == records.last.notes
        case "pass":
            made = face.do(ask(**HI, seed=1, **said))
            assert 1 == server.requests[0].json["seed"]
            assert () == made.aigw.notes == records.last.notes


@pytest.mark.parametrize("level", ["drop", "pass"])
def test_a_stream_is_told_the_same(face: Any, server: Speaker, level: Level) -> None:
    gateway = face.gateway(manifest=document(server, None, None))
    stream = face.do(gateway.chat.completions.create(**HI, seed=1, unsupported=level, stream=True))
    face.items(stream)
    assert ((NOTE,) if level == "drop" else ()) == stream.aigw.notes
    assert (level == "pass") == ("seed" in server.requests[0].json)


@pytest.mark.parametrize("surface", ["responses", "messages"])
def test_other_surfaces_may_say_it_too(face: Any, surface: str) -> None:
    dialect = DIALECTS["ollama-chat"]
    with Speaker(dialect) as server:
        server.say(dialect.answers()["text"])
        gateway = face.gateway(manifest=document(server, None, None))
        if surface == "responses":
            asked: dict[str, Any] = {"model": "chat", "input": "Hi", "truncation": "auto"}
            create = gateway.responses.create
        else:
            asked = {**HI, "max_tokens": 9, "container": "c"}
            create = gateway.messages.create
        name = "truncation" if surface == "responses" else "container"
        with pytest.raises(aigw.UnsupportedParameterError, match=name):
            face.do(create(**asked))
        made = face.do(create(**asked, unsupported="drop"))
    assert (f"dropped: {name} (ollama does not take it)",) == made.aigw.notes


def test_a_target_that_can_express_it_is_asked_where_the_first_cannot(face: Any, server: Speaker) -> None:
    with Speaker(DIALECTS["openai-chat"]) as second:
        second.say(DIALECTS["openai-chat"].answers()["text"])
        gateway = face.gateway(manifest=manifest(server, second))
        made = face.do(gateway.chat.completions.create(**HI, seed=1))
        assert ("p1/m", 1) == (made.aigw.target, second.requests[0].json["seed"])
    assert [("unsupported:seed", False), ("ok", True)] == [(one.reason, one.eligible) for one in made.aigw.candidates]


@pytest.mark.parametrize("level", LEVELS)
def test_explain_shows_what_would_become_of_it_and_asks_nobody(face: Any, server: Speaker, level: Level | None) -> None:
    gateway = face.gateway(manifest=document(server, None, None))
    record = face.do(gateway.explain(**HI, seed=1, **({} if level is None else {"unsupported": level})))
    refused = level in {None, "error"}
    assert ["unsupported:seed" if refused else "ok"] == [one.reason for one in record.candidates]
    assert (None if refused else "p0/claude-sonnet-4-5") == record.target
    assert ((NOTE,) if level == "drop" else ()) == record.notes
    assert [] == server.requests


def test_a_level_nobody_knows_is_refused_by_name(face: Any, server: Speaker) -> None:
    gateway = face.gateway(manifest=document(server, None, None))
    with pytest.raises(aigw.BadRequestError, match="error, drop, pass"):
        face.do(gateway.chat.completions.create(**HI, unsupported="ignore"))
