"""One rule for what is opaque, over every surface and every dialect: it stays at home, and is stripped elsewhere."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from aigw.manifest.snapshot import Provider, Target
from aigw.policies.affinity import Issuers
from aigw.policies.crossing import crossed
from aigw.policies.opaque import mark
from aigw.providers.kinds.table import KINDS
from aigw.providers.registry import adapter
from aigw.surfaces.chat import request as chat_request
from aigw.surfaces.messages import request as messages_request
from aigw.surfaces.responses import request as responses_request
from aigw.surfaces.responses.seal import sealed
from aigw.types.json import JsonObject
from aigw.types.parts import Reasoning
from aigw.types.request import Request

KINDS_BY_DIALECT = {
    "openai-chat": "openai-compatible",
    "openai-responses": "vllm",
    "anthropic-messages": "anthropic",
    "gemini": "gemini",
    "bedrock-converse": "bedrock",
    "ollama-chat": "ollama",
    "cohere-chat": "cohere",
}
SEAL, HOME = "c2VhbGVk", "home/m"
USER = {"role": "user", "content": "Go on."}


def at(dialect: str, provider: str = "home") -> Target:
    kind = KINDS[KINDS_BY_DIALECT[dialect]]
    return Target(Provider(provider, kind, "http://x/v1", unsupported="drop"), "m")


def chat(**said: Any) -> Request:
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes.", **said}, USER]
    return chat_request.ask({"model": "m", "messages": messages}).request


def messages(*blocks: Any) -> Request:
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [*blocks, text()]}, USER]
    return messages_request.ask({"model": "m", "max_tokens": 4000, "messages": turns}).request


def responses(*items: Any) -> Request:
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes."}]}
    return responses_request.ask(
        {"model": "m", "input": [{"role": "user", "content": "Hi"}, *items, said, USER]}
    ).request


def text(**more: Any) -> JsonObject:
    return {"type": "text", "text": "Yes.", **more}


def detail(**more: Any) -> JsonObject:
    return {"type": "reasoning.text", "text": "Hm.", "signature": SEAL, "index": 0, **more}


def called(**google: Any) -> JsonObject:
    call = {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    return {**call, "extra_content": {"google": {"thought_signature": SEAL, **google}}}


SAID_BY: dict[str, Callable[[], Request]] = {
    "chat, signed": lambda: chat(reasoning_content="Hm.", reasoning_details=[detail(issuer=HOME)]),
    "chat, encrypted": lambda: chat(reasoning_details=[{"type": "reasoning.encrypted", "data": SEAL, "issuer": HOME}]),
    "chat, a call": lambda: chat(tool_calls=[called(issuer=HOME)]),
    "chat, a whole message": lambda: chat(extra_content={"google": {"thought_signature": SEAL, "issuer": HOME}}),
    "messages, signed": lambda: messages({"type": "thinking", "thinking": "Hm.", "signature": SEAL, "issuer": HOME}),
    "messages, encrypted": lambda: messages({"type": "redacted_thinking", "data": SEAL, "issuer": HOME}),
    "messages, a text": lambda: messages(
        text(extra_content={"google": {"thought_signature": SEAL, "issuer": HOME}}),
    ),
    "responses, sealed": lambda: responses(
        {"type": "reasoning", "summary": [], "encrypted_content": sealed(Reasoning("Hm.", SEAL), HOME)}
    ),
}
KNOWN_BY: dict[str, Callable[[], Request]] = {
    "chat, signed": lambda: chat(reasoning_details=[detail()]),
    "chat, encrypted": lambda: chat(reasoning_details=[{"type": "reasoning.encrypted", "data": SEAL}]),
    "chat, a call": lambda: chat(tool_calls=[called()]),
    "messages, signed": lambda: messages({"type": "thinking", "thinking": "Hm.", "signature": SEAL}),
    "messages, encrypted": lambda: messages({"type": "redacted_thinking", "data": SEAL}),
    "responses, encrypted": lambda: responses({"type": "reasoning", "summary": [], "encrypted_content": SEAL}),
    "responses, a summary": lambda: responses(
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "Hm."}],
            "encrypted_content": SEAL,
        }
    ),
    "responses, compacted": lambda: responses({"type": "compaction", "encrypted_content": SEAL}),
}


def sent(request: Request, dialect: str, target: Target, known: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    """Give the body and the notes of *request* as it would be sent."""
    issuers = Issuers()
    for name, issuer in known.items():
        issuers.remember([name], issuer)
    fitted, notes = crossed(request, target, dialect, issuers.of)
    writer: Any = adapter(dialect)
    outgoing = writer.write(fitted, target)
    return outgoing.request.body.decode(), (*notes, *outgoing.notes)


@pytest.mark.parametrize("dialect", KINDS_BY_DIALECT)
@pytest.mark.parametrize("said", SAID_BY)
def test_what_another_target_issued_never_reaches_the_wire_and_a_note_says_whose_it_was(said: str, dialect: str):
    body, notes = sent(SAID_BY[said](), dialect, at(dialect, "other"), {})
    assert SEAL not in body
    assert HOME not in body
    assert [note for note in notes if note.endswith(f"messages[1] (issued by {HOME})")]
    assert "Yes." in body


@pytest.mark.parametrize("dialect", KINDS_BY_DIALECT)
@pytest.mark.parametrize("said", KNOWN_BY)
def test_what_the_caller_does_not_say_is_remembered_and_holds_across_providers_of_one_dialect(said: str, dialect: str):
    body, notes = sent(KNOWN_BY[said](), dialect, at(dialect, "other"), {mark(SEAL): HOME})
    assert SEAL not in body
    assert [note for note in notes if HOME in note or "compaction" in note]
    assert "Yes." in body


@pytest.mark.parametrize("said", KNOWN_BY)
def test_what_nobody_knows_stays_in_its_dialect_as_the_caller_wrote_it(said: str):
    request = KNOWN_BY[said]()
    body, notes = sent(request, request.dialect, at(request.dialect, "other"), {})
    place = "input" if request.dialect == "openai-responses" else "messages"
    assert json.loads(body)[place] == request.verbatim[place]
    assert () == notes


@pytest.mark.parametrize("dialect", KINDS_BY_DIALECT)
@pytest.mark.parametrize("said", [name for name in KNOWN_BY if "compacted" not in name])
def test_what_nobody_knows_is_stripped_with_a_note_on_the_way_to_another_dialect(said: str, dialect: str):
    request = KNOWN_BY[said]()
    if request.dialect == dialect or (dialect == "gemini" and "call" in said):
        return
    body, notes = sent(request, dialect, at(dialect), {})
    assert SEAL not in body
    assert [note for note in notes if note.endswith("messages[1] (nobody knows who issued it)")]


@pytest.mark.parametrize(
    ("said", "dialect"),
    [
        ("chat, signed", "anthropic-messages"),
        ("chat, encrypted", "anthropic-messages"),
        ("chat, signed", "bedrock-converse"),
        ("chat, encrypted", "openai-responses"),
        ("chat, a call", "gemini"),
        ("chat, a whole message", "gemini"),
        ("messages, signed", "anthropic-messages"),
        ("messages, encrypted", "bedrock-converse"),
        ("messages, text", "gemini"),
        ("responses, sealed", "anthropic-messages"),
    ],
)
def test_what_the_target_issued_goes_back_to_it_without_our_word_for_whose_it_is(said: str, dialect: str):
    body, notes = sent(SAID_BY.get(said, SAID_BY["messages, a text"])(), dialect, at(dialect), {})
    assert SEAL in body
    assert HOME not in body
    assert "issuer" not in body
    assert [] == [note for note in notes if note.startswith("stripped")]


@pytest.mark.parametrize(
    ("dialect", "kept"), [("anthropic-messages", True), ("bedrock-converse", True), ("ollama-chat", False)]
)
def test_what_nobody_knows_is_taken_for_the_only_targets_own_where_its_dialect_signs(dialect: str, kept: bool):
    request = chat(reasoning_details=[{"type": "reasoning.text", "text": "Hm.", "signature": SEAL}])
    left, notes = crossed(request, at(dialect), dialect, Issuers().of, alone=True)
    thoughts = [part for part in left.messages[1].parts if isinstance(part, Reasoning)]

    assert [SEAL if kept else None] == [part.signature for part in thoughts]
    assert kept == (not notes)


def test_a_thought_signature_of_nobody_known_is_at_home_at_google_whichever_surface_it_came_through():
    body, notes = sent(KNOWN_BY["chat, a call"](), "gemini", at("gemini"), {})
    assert SEAL in body
    assert () == notes


def test_only_what_is_opaque_is_stripped_from_what_the_caller_wrote():
    cited = text(citations=[{"type": "char_location", "cited_text": "x"}])
    request = messages({"type": "thinking", "thinking": "Hm.", "signature": SEAL, "issuer": HOME}, cited)
    body, notes = sent(request, "anthropic-messages", at("anthropic-messages", "other"), {})
    assert [cited, text()] == json.loads(body)["messages"][1]["content"]
    assert (
        f"stripped: signature of the reasoning of messages[1] (issued by {HOME})",
        "stripped: reasoning of messages[1] (it has no signature, so it cannot be sent back)",
    ) == notes
    extra = {"name": None, "prefix": True, "reasoning": "Hm.", "tool_calls": [called()]}
    request = chat(reasoning_details=[detail(format="x"), {"type": "reasoning.encrypted", "data": SEAL}], **extra)
    body, _ = sent(request, "openai-chat", at("openai-chat", "other"), {mark(SEAL): HOME})
    assert {
        **request.verbatim["messages"][1],  # type: ignore[index]
        "reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "index": 0, "format": "x"}],
        "tool_calls": [{name: value for name, value in called().items() if name != "extra_content"}],
    } == json.loads(body)["messages"][1]


@pytest.mark.parametrize("dialect", ["openai-chat", "openai-responses", "gemini", "ollama-chat", "cohere-chat"])
def test_the_text_of_thinking_goes_along_where_the_dialect_takes_it(dialect: str):
    for said in ("chat, signed", "messages, signed", "responses, sealed"):
        body, _ = sent(SAID_BY[said](), dialect, at(dialect, "other"), {})
        assert "Hm." in body, said


def test_an_id_of_stored_thinking_is_as_good_for_all_models_of_its_provider_and_for_no_other():
    request = responses({"type": "reasoning", "id": "rs_1", "summary": []})
    body, notes = sent(request, "openai-responses", at("openai-responses"), {"rs_1": "home/another"})
    assert ("rs_1" in body, ()) == (True, notes)
    body, notes = sent(request, "openai-responses", at("openai-responses", "other"), {"rs_1": HOME})
    assert "rs_1" not in body
    assert (f"stripped: id of the reasoning of messages[1] (issued by {HOME})",) == notes


def test_a_call_that_carries_nothing_opaque_is_the_very_same():
    request = chat(reasoning_content=None)
    assert (request, ()) == crossed(request, at("gemini"), "gemini", Issuers().of)
    assert request is crossed(request, at("gemini"), "gemini", Issuers().of)[0]


@pytest.mark.parametrize("kind", ["anthropic", "bedrock-anthropic", "vertex-anthropic"])
def test_claude_is_as_much_at_home_with_anthropics_thinking_at_a_cloud_that_hosts_it(kind: str) -> None:
    request = messages({"type": "thinking", "thinking": "Hm", "signature": SEAL})
    target = Target(Provider("home", KINDS[kind], "http://x/v1"), "m")

    assert (request, ()) == crossed(request, target, KINDS[kind].dialect, Issuers().of)
