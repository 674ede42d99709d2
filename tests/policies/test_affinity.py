from typing import Any

import pytest

from aigw.manifest.snapshot import Provider, Target
from aigw.policies.affinity import Issuers, booked, elsewhere, home, issued, preferring
from aigw.policies.selection import Plan
from aigw.surfaces.chat import request as chat_request
from aigw.surfaces.messages import request as messages_request
from aigw.surfaces.responses.request import ask
from aigw.types.events import (
    Answer,
    AnswerChoice,
    Event,
    FinishReason,
    Native,
    OtherDelta,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
)
from aigw.types.kind import Kind
from aigw.types.operation import Operation
from aigw.types.parts import Opaque, Part, Reasoning, Text, ToolCall
from aigw.types.relay import RelayRequest
from aigw.types.request import Request
from aigw.types.usage import Usage

KIND = Kind(name="openai-responses", dialect="openai-responses", title="Acme")
A, B, C = (Target(Provider(name, KIND, "http://x/v1"), "m") for name in "abc")
RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "conversation": {"id": "conv_1"},
    "output": [{"type": "reasoning", "id": "rs_1", "encrypted_content": "sealed"}, {"id": 5}, None],
}
THOUGHT = {"type": "reasoning", "summary": [], "encrypted_content": "sealed"}
GOOGLE = {"extra_content": {"google": {"thought_signature": "sealed"}}}
DETAILS = {"reasoning_details": [{"type": "reasoning.encrypted", "data": "sealed"}, 7]}


def asking(*items: Any, **more: Any) -> Request:
    return ask({"model": "m", "input": [*items, {"role": "user", "content": "Hi"}], **more}).request


def knowing(target: Target = B) -> Issuers:
    issuers = Issuers()
    issuers.remember(issued(Answer((), native=RESPONSE, dialect="openai-responses")), target.id)
    return issuers


def answer(*parts: Part, **beside: Any) -> Answer:
    return Answer((AnswerChoice(parts, FinishReason.STOP, message_extra=beside),))


def test_whole_and_streamed_answers_of_the_providers_own_issue_the_same_names():
    whole = issued(Answer((), native=RESPONSE, dialect="openai-responses"))
    assert whole == issued(Native("openai-responses", {"type": "response.completed", "response": RESPONSE}))
    assert {"resp_1", "conv_1", "rs_1"} < set(whole)
    assert all("sealed" not in name for name in whole)


@pytest.mark.parametrize(
    "event",
    [
        answer(Reasoning("Hm.", "sealed")),
        answer(Reasoning("", encrypted="sealed")),
        answer(Text("a", GOOGLE)),
        answer(ToolCall("t", "f", "{}", extra=GOOGLE)),
        answer(Opaque("openai-responses", {"type": "compaction", "encrypted_content": "sealed"})),
        answer(Text("a"), **GOOGLE),
        answer(Text("a"), **DETAILS),
        ReasoningDelta("", signature="sealed"),
        ReasoningDelta("", encrypted="sealed"),
        ReasoningDelta("hm", extra={"delta": DETAILS}),
        TextDelta("a", extra={"delta": GOOGLE}),
        ToolCallDelta(0, extra={"tool_call": GOOGLE}),
        OtherDelta(extra={"delta": DETAILS}),
    ],
)
def test_whatever_is_opaque_in_an_answer_of_any_dialect_is_remembered_by_the_same_mark(event: Event):
    assert issued(ReasoningDelta("", signature="sealed")) == issued(event)


def test_the_id_of_a_response_that_may_be_kept_is_remembered_whoever_asked_for_it():
    assert ("resp_1",) == issued(Answer((), id="resp_1")) == issued(Started("resp_1"))
    assert () == issued(Answer((), id="chatcmpl-1")) == issued(Started("msg_1"))


def test_pieces_that_hold_nothing_opaque_issue_nothing():
    for event in (TextDelta("a"), TextDelta("a", extra={"chunk": {"x": 1}}), Answer(()), Native("x", {"response": 5})):
        assert () == issued(event)


def test_what_a_provider_keeps_is_elsewhere_for_any_other_provider():
    for state in ({"previous_response_id": "resp_1"}, {"conversation": "conv_1"}, {"conversation": {"id": "conv_1"}}):
        [name] = state
        assert (name, None) == (elsewhere(asking(**state), knowing(), A), elsewhere(asking(**state), knowing(), B))
    referred = asking({"type": "item_reference", "id": "rs_1"})
    assert ("input.item_reference", None) == (elsewhere(referred, knowing(), A), elsewhere(referred, knowing(), B))


def test_what_nobody_knows_may_go_anywhere():
    assert None is elsewhere(asking(previous_response_id="resp_9"), knowing(), A)
    assert None is home(asking(previous_response_id="resp_9"), knowing())
    assert None is home(asking(), knowing())
    assert None is home(asking({**THOUGHT, "encrypted_content": "other"}), knowing())


def test_what_is_opaque_prefers_its_target_whichever_surface_it_comes_back_through():
    user = {"role": "user", "content": "Hi"}
    signed = {"type": "thinking", "thinking": "Hm.", "signature": "sealed"}
    called = {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}, **GOOGLE}
    chats = ({"role": "assistant", "content": None, "tool_calls": [called]}, {"role": "assistant", **DETAILS})
    requests = [
        asking(THOUGHT),
        asking({"type": "reasoning", "id": "rs_1", "summary": []}),
        messages_request.ask(
            {"model": "m", "max_tokens": 9, "messages": [{"role": "assistant", "content": [signed]}, user]}
        ).request,
        *(chat_request.ask({"model": "m", "messages": [said, user]}).request for said in chats),
    ]
    assert ["b/m"] * 5 == [home(request, knowing()) for request in requests]


def test_what_says_its_own_issuer_is_believed_and_the_latest_counts():
    details = [{"type": "reasoning.text", "text": "Hm.", "signature": name, "issuer": f"{name}/m"} for name in "xy"]
    turns = [{"role": "assistant", "content": "", "reasoning_details": [detail]} for detail in details]
    assert "y/m" == home(chat_request.ask({"model": "m", "messages": turns}).request, knowing())


def test_the_issuer_goes_first_only_if_it_may_take_the_call():
    plan = Plan((A, B, C), ())
    assert (B, A, C) == preferring(plan, "b/m").targets
    assert plan is preferring(plan, "z/m")
    assert plan is preferring(plan, None)


def test_memory_is_bounded_and_forgets_the_oldest_first():
    issuers = Issuers(most=2)
    for name in ("one", "two", "one", "three"):
        issuers.remember([name], "a/m")
    assert (["a/m", None, "a/m"]) == [issuers.of(name) for name in ("one", "two", "three")]


def test_what_is_asked_about_a_stored_response_belongs_to_who_gave_it():
    look = RelayRequest("d", Operation.RESPONSES, "responses", "", "/responses/resp_1", "GET", kept="resp_1")
    assert "b/m" == home(look, knowing())
    assert (None, "response_id") == (elsewhere(look, knowing(), B), elsewhere(look, knowing(), A))
    assert home(look, Issuers()) is None


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Answer((), Usage(input=1), "resp_1"), "resp_1"),
        (Answer((), None, "resp_1"), None),
        (Native("d", {"response": {"id": "resp_1", "usage": {"input_tokens": 1}}}), "resp_1"),
        (Native("d", {"response": {"id": "resp_1", "usage": None}}), None),
        (Native("d", {"type": "ping"}), None),
        (Started("resp_1"), None),
    ],
)
def test_books_are_told_by_what_has_the_usage(event: Event, expected: str | None):
    assert expected == booked(event)


def test_what_was_counted_is_remembered_within_bounds():
    issuers = Issuers(most=2)
    for name in ("one", "two", "three"):
        issuers.count(name)
    assert [False, True, True] == [issuers.has_counted(name) for name in ("one", "two", "three")]
