"""What a caller finds in our answers, by their public attributes and the promises of OpenAI's streams."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tests.journeys.extractors import Call, Counted, Meaning, Told
from tests.journeys.extractors.gemini import FLAGS

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
    """Give *meaning* with arguments in one spelling (where they are objects, their text is ours to write), in order."""

    def spelt(told: Told) -> Told:
        return replace(told, calls=tuple(replace(call, arguments=_spelt(call)) for call in told.calls))

    choices = tuple(spelt(told) for told in meaning.choices)
    opaque = {name: tuple(sorted(getattr(meaning, name))) for name in ("signatures", "hidden", "opaque")}
    return replace(meaning, choices=choices, **opaque)


def _spelt(call: Call) -> str:
    try:
        return call.arguments if call.kind == "custom" else json.dumps(json.loads(call.arguments), sort_keys=True)
    except ValueError:
        return call.arguments  # cut by a length limit: handed on as it came


def as_said(told: Meaning, said: Meaning) -> Meaning:
    """Give *told* without what the provider left for us to make up, which must be there all the same."""
    assert told.id
    assert told.model
    ids = [call.id for choice in told.choices for call in choice.calls]
    assert all(ids)
    assert len(ids) == len(set(ids)) or not said.id
    unsaid = {name: None for name in ("id", "model") if getattr(said, name) is None}
    choices = tuple(
        replace(one, calls=tuple(_unnamed(call, other) for call, other in zip(one.calls, two.calls, strict=True)))
        if len(one.calls) == len(two.calls)
        else one
        for one, two in zip(told.choices, said.choices, strict=True)
    )
    return replace(told, choices=choices, **unsaid)


def _unnamed(told: Call, said: Call) -> Call:
    return told if said.id else replace(told, id="")


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
                calls=tuple(_call(call) for call in choice.message.tool_calls or ()),
                ending=choice.finish_reason,
                logprobs=of_logprobs(choice),
            )
            for choice in completion.choices
        ),
        counted=of_usage(completion.usage),
        **beyond_words(messages),
    )


def _call(call: Any) -> Call:
    if call.type == "custom":
        return Call(call.id, call.custom.name, call.custom.input, "custom")
    return Call(call.id, call.function.name, call.function.arguments)


def of_logprobs(choice: Any) -> tuple[tuple[str, float], ...]:
    """Read the tokens of a choice or of a piece of one."""
    said = choice.logprobs.content if choice.logprobs else None
    return tuple((token.token, token.logprob) for token in said or ())


def beyond_words(places: Sequence[Any]) -> dict[str, tuple[str, ...]]:
    """Collect from messages or deltas what is only there to be sent back."""
    details = [detail for place in places for detail in getattr(place, "reasoning_details", None) or ()]
    blocks = [block for place in places for block in getattr(place, "provider_blocks", None) or ()]
    signed = [*places, *(call for place in places for call in place.tool_calls or ())]
    extra = [getattr(one, "extra_content", None) or {} for one in signed]
    marks = [one["google"]["thought_signature"] for one in extra if "thought_signature" in one.get("google", {})]
    return {
        "signatures": (*(detail["signature"] for detail in details if detail.get("signature")), *marks),
        "hidden": tuple(detail["data"] for detail in details if detail.get("data")),
        "opaque": tuple(kind for block in blocks for kind in kinds_of(block["body"])),
    }


def kinds_of(block: dict[str, Any]) -> list[str]:
    """Give a block's kind: its `type`, or in the dialects that have none the name of the field that is set."""
    return [block["type"]] if "type" in block else sorted(block.keys() - FLAGS)


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
        logprobs=tuple(token for choice in choices for token in of_logprobs(choice)),
    )


def of_call(pieces: Sequence[Any]) -> Call:
    first = pieces[0]
    assert [first.id] == [piece.id for piece in pieces if piece.id]
    if first.type == "custom":
        said = [(piece.custom.name, piece.custom.input) for piece in pieces]
    else:
        assert "function" == first.type
        said = [(piece.function.name, piece.function.arguments) for piece in pieces]
    assert [said[0][0]] == [name for name, _ in said if name]
    return Call(first.id, said[0][0], "".join(more or "" for _, more in said), first.type)
