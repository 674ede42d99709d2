"""What a caller finds in our answers, by their public attributes and the promises of OpenAI's streams."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tests.journeys.extractors import Call, Counted, Meaning, Told

import aigw

NUMBER_OF_CALL = ".tool_calls[].index"
"""Some hosts number the calls of a complete answer, too; their place in the list says the same."""


def lost(said: Any, told: Any, place: str = "") -> Iterator[str]:
    """Name the places where *told* is not what the provider *said*; what says nothing may go."""
    if said in (None, [], {}) or place.endswith(NUMBER_OF_CALL):
        return
    if isinstance(said, dict) and isinstance(told, dict):
        for name, value in said.items():
            yield from lost(value, told.get(name), f"{place}.{name}")
    elif isinstance(said, list) and isinstance(told, list) and len(said) == len(told):
        for ours, theirs in zip(told, said, strict=True):
            yield from lost(theirs, ours, f"{place}[]")
    elif said != told:
        yield place


def plainly(meaning: Meaning) -> Meaning:
    """Give *meaning* with arguments in one spelling: Anthropic's are objects, whose text is ours to write."""

    def spelt(told: Told) -> Told:
        calls = (replace(call, arguments=json.dumps(json.loads(call.arguments))) for call in told.calls)
        return replace(told, calls=tuple(calls))

    return replace(meaning, choices=tuple(spelt(told) for told in meaning.choices))


def of_completion(completion: aigw.ChatCompletion) -> Meaning:
    """Read a completion by its public attributes."""
    messages = [choice.message for choice in completion.choices]
    return Meaning(
        id=completion.id,
        model=completion.model,
        choices=tuple(
            Told(
                text=choice.message.content or "",
                reasoning=getattr(choice.message, "reasoning_content", None) or "",
                refusal=choice.message.refusal or "",
                calls=tuple(
                    Call(call.id, call.function.name, call.function.arguments)
                    for call in choice.message.tool_calls or ()
                ),
                ending=choice.finish_reason,
            )
            for choice in completion.choices
        ),
        counted=of_usage(completion.usage),
        **beyond_words(messages),
    )


def beyond_words(places: Sequence[Any]) -> dict[str, tuple[str, ...]]:
    """Collect from messages or deltas what is only there to be sent back."""
    details = [detail for place in places for detail in getattr(place, "reasoning_details", None) or ()]
    blocks = [block for place in places for block in getattr(place, "provider_blocks", None) or ()]
    return {
        "signatures": tuple(detail["signature"] for detail in details if detail.get("signature")),
        "hidden": tuple(detail["data"] for detail in details if detail.get("data")),
        "opaque": tuple(block["body"]["type"] for block in blocks),
    }


def of_usage(usage: Any) -> Counted | None:
    if usage is None:
        return None
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    return Counted(
        prompt=usage.prompt_tokens,
        completion=usage.completion_tokens,
        cached=prompt.cached_tokens,
        written=prompt.cache_write_tokens,
        reasoning=completion.reasoning_tokens,
    )


def of_chunks(chunks: Sequence[aigw.ChatCompletionChunk]) -> Meaning:
    """Add chunks up as their documentation tells callers to, and hold the stream to what it promises."""
    *chunks, last = chunks
    assert ([], {(last.id, last.created, last.model)}) == (last.choices, {(c.id, c.created, c.model) for c in chunks})
    assert all(chunk.usage is None for chunk in chunks)
    choices = [choice for chunk in chunks for choice in chunk.choices]
    places = sorted({choice.index for choice in choices})
    told = tuple(of_choice([choice for choice in choices if choice.index == place]) for place in places)
    beyond = beyond_words([choice.delta for choice in choices])
    return Meaning(id=last.id, model=last.model, choices=told, counted=of_usage(last.usage), **beyond)


def of_choice(choices: Sequence[Any]) -> Told:
    deltas = [choice.delta for choice in choices]
    assert ["assistant"] == [delta.role for delta in deltas if delta.role]
    assert deltas[0].role
    assert [choices[-1].finish_reason] == [choice.finish_reason for choice in choices if choice.finish_reason]
    pieces = [call for delta in deltas for call in delta.tool_calls or ()]
    count = len({piece.index for piece in pieces})
    assert list(range(count)) == [piece.index for piece in pieces if piece.id]

    def joined(name: str) -> str:
        return "".join(getattr(delta, name, None) or "" for delta in deltas)

    return Told(
        text=joined("content"),
        reasoning=joined("reasoning_content"),
        refusal=joined("refusal"),
        calls=tuple(of_call([piece for piece in pieces if piece.index == place]) for place in range(count)),
        ending=choices[-1].finish_reason,
    )


def of_call(pieces: Sequence[Any]) -> Call:
    first = pieces[0]
    assert "function" == first.type
    assert [first.id] == [piece.id for piece in pieces if piece.id]
    assert [first.function.name] == [piece.function.name for piece in pieces if piece.function.name]
    return Call(first.id, first.function.name, "".join(piece.function.arguments or "" for piece in pieces))
