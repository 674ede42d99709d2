"""Reading whole answers of OpenAI's Responses dialect."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.provider_kit import ANY, response, summary
from tests.providers.responses_kit import (
    AT,
    CALL,
    CUSTOM,
    MESSAGE,
    REFUSAL,
    SEARCH,
    SECOND,
    SPEAKER,
    THOUGHT,
    answer,
    own,
)

from aigw import errors as e
from aigw.types.events import Answer, FinishReason
from aigw.types.parts import Opaque, Reasoning, Refusal, Text, ToolCall


def read(body: object) -> Answer:
    return SPEAKER.read(response(body), AT, ANY)


def test_an_answer_is_read_item_by_item() -> None:
    got = read(answer(THOUGHT, MESSAGE, CALL, service_tier="default"))

    assert (
        Reasoning("Looked at the map.", None, "gAAAA-sealed", "openai-responses/m-1", {"id": "rs_1"}),
        Text("Hé\u2028llo"),
        ToolCall("call_a", "get_weather", '{"city":"Rome"}'),
    ) == got.choices[0].parts
    assert ("resp_1", "m-1-2026", 7) == (got.id, got.model, got.created)
    assert got.choices[0].reason is FinishReason.TOOL_CALLS
    assert {"service_tier": "default"} == got.extra


def test_the_echo_of_the_request_is_not_handed_to_callers_of_other_dialects() -> None:
    assert "a secret plan" not in repr(read(answer(MESSAGE)))


def test_only_callers_of_this_dialect_get_the_body_as_it_came() -> None:
    body = answer(MESSAGE, unheard_of={"a": 1})

    assert body == SPEAKER.read(response(body), AT, own({})).native
    assert read(body).native is None
    assert read(body).dialect == "openai-responses"


def test_cached_and_reasoning_tokens_are_inside_their_totals() -> None:
    usage = read(answer(MESSAGE)).usage

    assert usage is not None
    assert (20, 6, 10, 23, 64) == (usage.input, usage.cache_read, usage.cache_write, usage.output, usage.reasoning)
    assert (36, 87, 123) == (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)


def test_requests_of_server_tools_are_counted_by_tool() -> None:
    counted = read(answer(SEARCH, SEARCH, {"type": "code_interpreter_call", "id": "ci"}, MESSAGE)).usage
    billed = read(answer(SEARCH, SEARCH, MESSAGE, tool_usage={"web_search": {"num_requests": 1}})).usage

    assert counted is not None
    assert billed is not None
    assert {"web_search": 2, "code_interpreter": 1} == counted.server_tools
    assert {"web_search": 1} == billed.server_tools


def test_what_a_usage_says_beyond_our_buckets_is_kept() -> None:
    usage = read(answer(MESSAGE, usage={"input_tokens": 1, "output_tokens": 1, "cost": 0.5})).usage

    assert usage is not None
    assert {"cost": 0.5} == usage.extra


def test_the_id_of_a_call_is_its_call_id_and_not_that_of_its_item() -> None:
    assert [["call_a", "get_weather", '{"city":"Rome"}'], ["call_b", "now", "{}"]] == (
        summary(read(answer(CALL, SECOND)))["choices"][0]["calls"]
    )


@pytest.mark.parametrize("arguments", ["", " ", None, {}])
def test_empty_arguments_are_an_empty_object(arguments: object) -> None:
    assert ToolCall("call_a", "get_weather", "{}") == read(answer({**CALL, "arguments": arguments})).choices[0].parts[0]


def test_a_call_keeps_the_namespace_it_was_found_in() -> None:
    (call,) = read(answer({**CALL, "namespace": "crm", "caller": None})).choices[0].parts

    assert isinstance(call, ToolCall)
    assert {"namespace": "crm"} == call.extra


def test_a_custom_call_holds_free_text() -> None:
    assert (ToolCall("call_c", "run", "print(1)", "custom"),) == read(answer(CUSTOM)).choices[0].parts


def test_a_refusal_is_no_text() -> None:
    assert (Refusal("I will not."),) == read(answer(REFUSAL)).choices[0].parts


def test_an_empty_content_is_no_crash() -> None:
    assert () == read(answer({**MESSAGE, "content": []})).choices[0].parts


@pytest.mark.parametrize(
    "kind",
    [
        "web_search_call",
        "file_search_call",
        "code_interpreter_call",
        "image_generation_call",
        "mcp_list_tools",
        "mcp_call",
        "mcp_approval_request",
        "computer_call",
        "local_shell_call",
        "shell_call",
        "apply_patch_call",
        "tool_search_call",
        "compaction",
        "never_heard_of",
    ],
)
def test_items_of_server_tools_are_carried_through(kind: str) -> None:
    item = {"type": kind, "id": "x_1", "anything": [1, {"a": None}]}

    assert (Opaque("openai-responses", item), Text("Hé\u2028llo")) == read(answer(item, MESSAGE)).choices[0].parts


def test_raw_thinking_of_open_models_is_reasoning() -> None:
    item = {"type": "reasoning", "id": "rs", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]}

    assert (Reasoning("Hm.", issuer=AT.id, extra={"id": "rs"}),) == read(answer(item)).choices[0].parts


@pytest.mark.parametrize(
    ("status", "why", "expected"),
    [
        ("completed", None, (FinishReason.STOP, None)),
        ("complete", None, (FinishReason.STOP, None)),
        ("incomplete", "max_output_tokens", (FinishReason.LENGTH, None)),
        ("incomplete", "content_filter", (FinishReason.CONTENT_FILTER, None)),
        ("incomplete", "max_messages", (FinishReason.LENGTH, "max_messages")),
        ("incomplete", None, (FinishReason.LENGTH, "incomplete")),
    ],
)
def test_how_an_answer_ended(status: str, why: str | None, expected: tuple[FinishReason, str | None]) -> None:
    (choice,) = read(answer(MESSAGE, status=status, incomplete_details={"reason": why} if why else None)).choices

    assert expected == (choice.reason, choice.provider_reason)


def test_calls_of_an_answer_that_was_cut_do_not_make_it_whole() -> None:
    cut = answer(CALL, status="incomplete", incomplete_details={"reason": "max_output_tokens"})

    assert read(cut).choices[0].reason is FinishReason.LENGTH


@pytest.mark.parametrize("status", ["queued", "in_progress"])
def test_an_answer_still_to_come_has_no_parts_and_says_so(status: str) -> None:
    (choice,) = read(answer(status=status, usage=None, background=True)).choices

    assert ((), status) == (choice.parts, choice.provider_reason)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("server_error", e.InternalServerError),
        ("rate_limit_exceeded", e.RateLimitError),
        ("invalid_prompt", e.ContentPolicyError),
        ("bio_policy", e.ContentPolicyError),
        ("vector_store_timeout", e.InternalServerError),
        ("invalid_image_url", e.BadRequestError),
        ("image_too_large", e.BadRequestError),
        ("failed_to_download_image", e.BadRequestError),
        ("unheard_of", e.InternalServerError),
    ],
)
def test_a_failed_answer_inside_a_success_is_raised(code: str, expected: type[e.APIStatusError]) -> None:
    with pytest.raises(expected) as caught:
        read(answer(status="failed", error={"code": code, "message": "It broke."}))

    assert type(caught.value) is expected
    assert code == caught.value.code
    assert "It broke." in str(caught.value)


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_failure_without_an_error_is_one_all_the_same(status: str) -> None:
    with pytest.raises(e.InternalServerError, match=status):
        read(answer(status=status))


@pytest.mark.parametrize("body", [{"error": "no"}, {"error": {"message": "no"}}, {"type": "error", "message": "no"}])
def test_an_error_body_inside_a_success_is_raised(body: dict[str, Any]) -> None:
    with pytest.raises(e.APIStatusError, match="no"):
        read(body)


@pytest.mark.parametrize("body", [{}, {"output": None}, {"choices": []}, {"output": {}}])
def test_json_without_output_is_no_answer(body: dict[str, Any]) -> None:
    with pytest.raises(e.APIResponseValidationError, match="output"):
        read(body)


def test_citations_are_told_as_chat_completions_do_with_their_places_in_the_whole_text() -> None:
    cited = {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 0, "end_index": 2}
    file = {"type": "file_citation", "file_id": "f", "index": 3}
    first = {**MESSAGE, "content": [{"type": "output_text", "text": "1234", "annotations": []}]}
    second = {**MESSAGE, "content": [{"type": "output_text", "text": "56", "annotations": [cited, file]}]}

    assert {
        "annotations": [
            {
                "type": "url_citation",
                "url_citation": {"url": "https://a", "title": "A", "start_index": 4, "end_index": 6},
            },
            file,
        ]
    } == read(answer(first, second)).choices[0].message_extra


def test_log_probabilities_are_those_of_all_texts() -> None:
    token = {"token": "a", "logprob": -1.0, "bytes": [97], "top_logprobs": []}
    part = {"type": "output_text", "text": "a", "annotations": [], "logprobs": [token]}

    got = read(answer({**MESSAGE, "content": [part, part]})).choices[0].logprobs

    assert {"content": [token, token], "refusal": None} == got


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
ODD = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "reasoning", "function_call", "custom_tool_call", "x"]) | JSON},
    optional=dict.fromkeys(
        ("id", "content", "summary", "arguments", "input", "name", "call_id", "encrypted_content", "status"), JSON
    ),
)


@given(st.lists(ODD | JSON, max_size=4), JSON, st.dictionaries(st.sampled_from(sorted(answer())), JSON))
def test_odd_bodies_are_read_or_refused_by_name(output: list[object], usage: object, more: dict[str, object]) -> None:
    with contextlib.suppress(e.APIError):
        read({**answer(*output, usage=usage), **more})
