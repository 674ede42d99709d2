from typing import Any

from aigw.manifest.snapshot import Provider, Target
from aigw.policies.affinity import Issuers, elsewhere, home, issued, preferring, recalled
from aigw.policies.selection import Plan
from aigw.surfaces.responses_request import ask
from aigw.types.events import Answer, Native, TextDelta
from aigw.types.kind import Kind
from aigw.types.parts import Reasoning
from aigw.types.request import Request

KIND = Kind(name="openai-responses", dialect="openai-responses", title="Acme")
A, B, C = (Target(Provider(name, KIND, "http://x/v1"), "m") for name in "abc")
RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "conversation": {"id": "conv_1"},
    "output": [{"type": "reasoning", "id": "rs_1", "encrypted_content": "sealed"}, {"id": 5}, None],
}
THOUGHT = {"type": "reasoning", "summary": [], "encrypted_content": "sealed"}


def asking(*items: Any, **more: Any) -> Request:
    return ask({"model": "m", "input": [*items, {"role": "user", "content": "Hi"}], **more}).request


def knowing(target: Target = B) -> Issuers:
    issuers = Issuers()
    issuers.remember(issued(Answer((), native=RESPONSE, dialect="openai-responses")), target.id)
    return issuers


def test_whole_and_streamed_answers_of_the_providers_own_issue_the_same_names():
    whole = issued(Answer((), native=RESPONSE, dialect="openai-responses"))
    assert whole == issued(Native("openai-responses", {"type": "response.completed", "response": RESPONSE}))
    assert {"resp_1", "conv_1", "rs_1"} < set(whole)
    assert all("sealed" not in name for name in whole)


def test_answers_of_other_dialects_and_pieces_issue_nothing():
    for event in (TextDelta("a"), Answer(()), Native("openai-responses", {"type": "x", "response": 5})):
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


def test_encrypted_thinking_is_known_by_itself_and_prefers_its_target():
    request = recalled(asking(THOUGHT), knowing())
    assert isinstance(request, Request)
    [thought] = request.messages[0].parts
    assert isinstance(thought, Reasoning)
    assert ("b/m", "b/m") == (thought.issuer, home(request, knowing()))
    assert {"input": [THOUGHT]} == request.messages[0].verbatim
    assert None is elsewhere(request, knowing(), A)


def test_a_request_without_state_is_the_very_same():
    request = asking()
    assert request is recalled(request, knowing())
    unknown = asking({**THOUGHT, "encrypted_content": "other"})
    assert unknown is recalled(unknown, knowing())


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
