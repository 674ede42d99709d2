"""Headers and beta flags reach those that list them and nobody else: over real HTTP, in both faces, by any surface."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.journeys.speaking import DIALECTS, Speaker, manifest

SAID = {
    "anthropic-beta": "one",
    "openai-organization": "org",
    "x-title": "app",
    "x-stainless-lang": "py",
    "x-mine": "1",
}
HI: dict[str, Any] = {"model": "chat", "messages": [{"role": "user", "content": "Hi"}]}
BUSY = b'{"type":"error","error":{"type":"overloaded_error","message":"busy"}}'


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")


@pytest.fixture
def two() -> Iterator[tuple[Speaker, Speaker]]:
    """A provider of Anthropic's that is busy, and one that speaks OpenAI's dialect and is not."""
    with Speaker(DIALECTS["anthropic-messages"]) as first, Speaker(DIALECTS["openai-chat"]) as second:
        first.refuse(529, BUSY)
        second.say(DIALECTS["openai-chat"].answers()["text"])
        yield first, second


def received(server: Speaker) -> dict[str, str]:
    """Give the headers of the last request that are in question."""
    headers = server.requests[-1].headers
    return {name: headers[name] for name in (*SAID, "anthropic-version") if name in headers}


@pytest.mark.parametrize("by_option", [False, True], ids=["call", "with_options"])
def test_a_fallback_from_one_vendor_to_another_leaves_its_headers_behind_with_notes(
    face: Any, two: tuple[Speaker, Speaker], by_option: bool
) -> None:
    gateway = face.gateway(manifest=manifest(*two))
    if by_option:
        made = face.do(gateway.with_options(extra_headers=SAID).chat.completions.create(**HI))
    else:
        made = face.do(gateway.chat.completions.create(**HI, extra_headers=SAID))
    first, second = map(received, two)
    listed = {name: SAID[name] for name in ("anthropic-beta", "x-stainless-lang", "x-mine")}
    assert {**listed, "anthropic-version": "2023-06-01"} == first
    assert {"x-mine": "1"} == second
    assert {
        "dropped: header openai-organization (anthropic does not list it)",
        "dropped: header x-title (anthropic does not list it)",
        *(f"dropped: header {name} (openai-compatible does not list it)" for name in SAID if name != "x-mine"),
    } == set(made.aigw.notes)


@pytest.mark.parametrize(
    "said", [{"betas": ["one"]}, {"extra_headers": {"anthropic-beta": "one"}}], ids=["betas", "header"]
)
def test_beta_flags_of_messages_go_to_who_takes_them_and_are_dropped_with_a_note_elsewhere(
    face: Any, two: tuple[Speaker, Speaker], said: dict[str, Any]
) -> None:
    gateway = face.gateway(manifest=manifest(*two))
    made = face.do(gateway.messages.create(**HI, max_tokens=9, **said))
    assert "one" == received(two[0])["anthropic-beta"]
    assert {} == received(two[1])
    assert "betas" not in two[1].requests[0].json
    assert ["dropped: betas (openai-compatible lists no such flags)"] == list(made.aigw.notes)
    assert "p1/m" == made.aigw.target


def test_beta_flags_in_the_body_of_a_chat_are_no_less_flags(face: Any, two: tuple[Speaker, Speaker]) -> None:
    gateway = face.gateway(manifest=manifest(*two))
    made = face.do(gateway.chat.completions.create(**HI, extra_body={"anthropic_beta": ["one"], "top_k": 4}))
    assert ("one", 4) == (received(two[0])["anthropic-beta"], two[0].requests[0].json["top_k"])
    assert (4, False) == (two[1].requests[0].json["top_k"], "anthropic_beta" in two[1].requests[0].json)
    assert ["dropped: anthropic_beta (openai-compatible lists no such flags)"] == list(made.aigw.notes)


def test_the_manifests_own_headers_are_always_sent_and_flags_add_up(face: Any) -> None:
    with Speaker(DIALECTS["anthropic-messages"]) as server:
        server.say(DIALECTS["anthropic-messages"].answers()["text"])
        document = manifest(server, headers={"anthropic-beta": "ours", "openai-organization": "org"})
        create = face.gateway(manifest=document).chat.completions.create
        face.do(create(**HI, extra_headers={"Anthropic-Beta": "one,ours"}))
        assert ("ours,one", "org") == tuple(
            received(server)[name] for name in ("anthropic-beta", "openai-organization")
        )


def test_nothing_is_sent_that_nobody_said(face: Any) -> None:
    for dialect in DIALECTS.values():
        with Speaker(dialect) as server:
            server.say(dialect.answers()["text"])
            made = face.do(face.gateway(manifest=manifest(server)).chat.completions.create(**HI))
            assert () == made.aigw.notes
            expected = {"anthropic-version": "2023-06-01"} if dialect.kind == "anthropic" else {}
            assert expected == received(server)


def test_explain_says_which_headers_and_flags_would_be_left_out(face: Any, two: tuple[Speaker, Speaker]) -> None:
    gateway = face.gateway(manifest=manifest(two[1]))
    record = face.do(gateway.explain(**HI, extra_headers={"anthropic-beta": "one"}))
    assert ("dropped: header anthropic-beta (openai-compatible does not list it)",) == record.notes
    assert [] == two[1].requests
