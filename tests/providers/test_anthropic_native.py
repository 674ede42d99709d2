"""Anthropic's adapter where the caller speaks Anthropic's dialect, and the counting of tokens."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.provider_kit import named, response, sound, target

from aigw import errors as e
from aigw.manifest.snapshot import Target
from aigw.providers.anthropic.adapter import AnthropicCountTokens, AnthropicMessages
from aigw.surfaces.messages.request import ask, ask_count
from aigw.types.events import Ended, Event, Native, UsageReported
from aigw.types.parts import Text
from aigw.types.request import Request

MODEL = "claude-sonnet-4-5"
AT = target("anthropic", MODEL)
ADAPTER, COUNTER = AnthropicMessages(), AnthropicCountTokens()
TOOL = {"name": "f", "input_schema": {"type": "object"}, "of_tomorrow": 1}
SIGNED = {"type": "thinking", "thinking": "h", "signature": "s"}
BODY: dict[str, Any] = {
    "model": "m",
    "max_tokens": 2000,
    "system": [{"type": "text", "text": "S", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "image", "source": {"type": "file"}}]},
        {"role": "assistant", "content": [SIGNED, {"type": "text", "text": "a"}]},
        {"role": "user", "content": "And?", "of_tomorrow": True},
    ],
    "thinking": {"type": "enabled", "budget_tokens": 1500},
    "tools": [TOOL, {"type": "web_search_20250305", "name": "web_search"}],
    "tool_choice": {"type": "auto"},
    "temperature": None,
    "of_tomorrow": {"a": [None]},
}


def request_of(**changes: Any) -> Request:
    said = {**BODY, **changes}
    return ask({"extra_body": {"of_tomorrow": said.pop("of_tomorrow")}, **said}).request


def sent(request: Request, at: Target = AT) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(ADAPTER.write(request, at).request.body)
    return body


def test_what_the_caller_wrote_is_what_goes_out_but_for_the_model() -> None:
    assert {**BODY, "model": MODEL} == sent(request_of())
    assert {**BODY, "model": MODEL, "stream": True} == sent(request_of(stream=True))
    assert {**BODY, "model": MODEL, "stream": False} == sent(request_of(stream=False))
    assert () == ADAPTER.unsupported(request_of(), AT)


def test_only_what_a_policy_edited_is_written_anew() -> None:
    request = request_of()
    edited = list(request.messages)
    edited[3] = edited[3].edit((Text("masked"),))
    body = sent(request.edit(messages=tuple(edited), params={"max_tokens": 1800}))

    masked = {"role": "user", "content": [{"type": "text", "text": "masked"}], "of_tomorrow": True}
    assert {
        **BODY,
        "model": MODEL,
        "max_tokens": 1800,
        "messages": [*BODY["messages"][:2], masked],
    } == body


def test_an_edited_system_message_and_one_a_policy_added_go_to_system() -> None:
    request = request_of(system="S")
    body = sent(request.edit(messages=(request.messages[0].edit((Text("T"),)), *request.messages[1:])))
    added = sent(request_of(system="S").edit(messages=(request.messages[1], *request.messages[2:])))

    assert [{"type": "text", "text": "T"}] == body["system"]
    assert BODY["messages"] == body["messages"]
    assert "system" not in added


@pytest.mark.parametrize(
    ("params", "expected", "notes"),
    [
        ({"max_tokens": 9, "thinking": {"type": "disabled"}}, {"max_tokens": 9, "thinking": {"type": "disabled"}}, 2),
        ({"max_tokens": 1200}, {"max_tokens": 1200, "thinking": {"type": "enabled", "budget_tokens": 1199}}, 2),
        ({"max_tokens": 900}, {"max_tokens": 900, "thinking": {"type": "disabled"}}, 2),
        ({"temperature": 0.5, "top_k": 3}, {"temperature": 0.5, "top_k": 3}, 0),
        ({"stop": ["x"]}, {"stop_sequences": ["x"]}, 0),
        ({"reasoning_budget": 1024}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}, 1),
        ({"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}, 0),
        ({"output_config": {"effort": "low"}}, {"output_config": {"effort": "low"}}, 0),
        ({"inference_geo": "us"}, {"inference_geo": "us"}, 0),
        ({"user": "u"}, {"metadata": {"user_id": "u"}}, 0),
        ({"parallel_tool_calls": False}, {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}, 0),
        ({"seed": 1}, {}, 1),
    ],
)
def test_the_manifests_parameters_are_laid_over_in_anthropics_words(
    params: dict[str, Any], expected: dict[str, Any], notes: int
) -> None:
    at = target("anthropic", MODEL, **params)
    outgoing = ADAPTER.write(request_of(), at)

    assert {**BODY, "model": MODEL, **expected} == json.loads(outgoing.request.body)
    assert notes == len(set(outgoing.notes))


def test_a_block_of_another_dialect_is_named() -> None:
    foreign = {"type": "provider_block", "dialect": "gemini", "body": {"type": "code"}}
    request = request_of(messages=[{"role": "assistant", "content": [foreign]}])

    assert ("messages[1].code",) == ADAPTER.unsupported(request, AT)
    with pytest.raises(e.UnsupportedParameterError):
        ADAPTER.write(request, AT)


def test_beta_flags_go_out_once_each_and_only_those_that_somebody_set() -> None:
    declared = target("anthropic", MODEL, betas=["b-2", "b-3"])
    flags = dict(ADAPTER.write(request_of(betas=["b-1", "b-2"]), declared).request.headers)
    none = dict(ADAPTER.write(request_of(), AT).request.headers)

    assert "b-2,b-3,b-1" == flags["anthropic-beta"]
    assert "anthropic-beta" not in none
    assert "anthropic-user-profile-id" not in none


def test_whom_a_call_is_for_and_where_it_is_billed_are_said_in_headers() -> None:
    sent = ADAPTER.write(request_of(user_profile_id="p", workspace_id="w"), AT).request
    told = dict(sent.headers)

    assert ("p", "w") == (told["anthropic-user-profile-id"], told["anthropic-workspace-id"])
    assert json.loads(sent.body).keys().isdisjoint({"betas", "user_profile_id", "workspace_id"})


def test_counting_asks_for_what_the_caller_wrote_and_nothing_about_an_answer() -> None:
    said = {name: value for name, value in BODY.items() if name in {"model", "messages", "system", "tools", "thinking"}}
    at = target("anthropic", MODEL, max_tokens=9, temperature=0.5, inference_geo="us", betas=["b"])
    outgoing = COUNTER.write(ask_count(said).request, at)

    assert {**said, "model": MODEL} == json.loads(outgoing.request.body)
    assert outgoing.request.url.endswith("/v1/messages/count_tokens")
    assert "b" == dict(outgoing.request.headers)["anthropic-beta"]


def test_a_count_is_read() -> None:
    request = ask_count({"model": "m", "messages": BODY["messages"]}).request
    counted = COUNTER.read(response({"input_tokens": 42, "of_tomorrow": 1}), AT, request)

    assert (42, {"of_tomorrow": 1}) == (counted.input_tokens, counted.extra)
    for odd in ({}, {"input_tokens": None}, {"input_tokens": "4"}, {"input_tokens": -1}):
        with pytest.raises(e.APIResponseValidationError):
            COUNTER.read(response(odd), AT, request)
    with pytest.raises(e.OverloadedError):
        COUNTER.read(response({"type": "error", "error": {"type": "overloaded_error", "message": "x"}}), AT, request)


MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": MODEL,
    "content": [{"type": "text", "text": "Hi"}, {"type": "of_tomorrow", "a": None}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 5,
        "cache_read_input_tokens": 1,
        "cache_creation_input_tokens": 30,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
        "output_tokens": 9,
        "output_tokens_details": {"thinking_tokens": 4},
        "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 0},
    },
}


def test_an_answer_keeps_the_body_it_came_in_for_a_caller_of_the_same_dialect_only() -> None:
    assert MESSAGE == ADAPTER.read(response(MESSAGE), AT, request_of()).native
    foreign = Request("openai-chat", "m", (), {}, stream=False, verbatim={})
    assert ADAPTER.read(response(MESSAGE), AT, foreign).native is None


def test_usage_goes_to_disjoint_buckets_by_lifetime_and_server_tools_are_counted() -> None:
    usage = ADAPTER.read(response(MESSAGE), AT, request_of()).usage

    assert usage is not None
    assert (5, 1, 10, 20) == (usage.input, usage.cache_read, usage.cache_write, usage.cache_write_1h)
    assert (5, 4, 36, 9) == (usage.output, usage.reasoning, usage.prompt_tokens, usage.completion_tokens)
    assert {"web_search": 2} == usage.server_tools


STREAM: list[dict[str, Any]] = [
    {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
    {"type": "ping"},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm ö"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "sig"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}},
    },
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"a": 1}'}},
    {"type": "content_block_stop", "index": 1},
    {"type": "event_of_tomorrow", "x": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 12}},
    {"type": "message_stop"},
]


def decoded(data: bytes, cuts: list[int], request: Request | None = None) -> list[Event]:
    decoder = ADAPTER.decoder(AT, request or request_of(stream=True))
    events: list[Event] = []
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        events += decoder.feed(data[start:end])
    return [*events, *decoder.end()]


def test_each_event_comes_ahead_of_what_was_read_of_it_and_pings_do_not() -> None:
    events = sound(decoded(named(*STREAM), []))

    assert [event for event in STREAM if event["type"] != "ping"] == [n.event for n in events if isinstance(n, Native)]
    assert isinstance(events[0], Native)
    assert isinstance(events[-2], Native)
    assert isinstance(events[-1], Ended)
    last = [event.usage for event in events if isinstance(event, UsageReported)][-1]
    assert (12, 20) == (last.completion_tokens, last.cache_write_1h)


def test_a_caller_of_another_dialect_gets_no_native_events() -> None:
    foreign = Request("openai-chat", "m", (), {}, stream=True, verbatim={})
    assert not [event for event in decoded(named(*STREAM), [], foreign) if isinstance(event, Native)]


@given(st.lists(st.integers(0, len(named(*STREAM))), max_size=8).map(sorted))
def test_any_split_of_the_bytes_gives_the_same_events(cuts: list[int]) -> None:
    assert decoded(named(*STREAM), []) == decoded(named(*STREAM), cuts)


def test_a_stream_cut_anywhere_is_never_whole() -> None:
    for cut in range(len(STREAM)):
        assert not [event for event in decoded(named(*STREAM[:cut]), []) if isinstance(event, Ended)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["type", "index", "message", "content_block", "delta", "usage", "content", "id", "stop_reason", "error", "text"]
WORDS = st.sampled_from([event["type"] for event in STREAM] + ["text", "tool_use", "text_delta", "citations_delta"])
ODD = st.recursive(
    st.dictionaries(st.sampled_from(NAMES), WORDS | JSON, max_size=5),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), WORDS | JSON | inner, max_size=5),
    max_leaves=4,
)


@given(ODD, st.lists(ODD, max_size=4))
def test_odd_bodies_and_events_raise_nothing_but_named_errors(
    body: dict[str, Any], events: list[dict[str, Any]]
) -> None:
    with suppress(e.APIError):
        ADAPTER.read(response(body), AT, request_of())
    with suppress(e.APIError):
        COUNTER.read(response(body), AT, request_of())
    decoded(named(*[{"type": "x", **event} for event in events]), [])
