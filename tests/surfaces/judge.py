"""The real openai package as the judge of what we hand out."""

from collections.abc import Iterable, Sequence
from typing import Any

from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion as TheirCompletion
from openai.types.chat import ChatCompletionChunk as TheirChunk

from aigw.surfaces.chat.response import ChunkWriter
from aigw.surfaces.chat.state import StreamState
from aigw.surfaces.chat.structured import Parser
from aigw.types.chat_chunk import ChatCompletionChunk
from aigw.types.events import Event


def chunks_of(events: Iterable[Event], **options: Any) -> list[ChatCompletionChunk]:
    """Write *events* as chunks."""
    said = {"id": "chatcmpl-fallback", "created": 7, "model": "hint", "issuer": "acme/m-1", **options}
    write = ChunkWriter(**said)
    return [chunk for event in events for chunk in write(event)]


def theirs(chunks: Sequence[ChatCompletionChunk]) -> dict[str, Any]:
    """Let openai's own accumulator add up *chunks*; its strict validation accepts each of them first.

    What is null is left out, of ours as well: each version of theirs has fields that the one before did not have.
    """
    state = ChatCompletionStreamState()
    for chunk in chunks:
        state.handle_chunk(TheirChunk.model_validate(chunk.to_dict()))
    return state.get_final_completion().model_dump(exclude_none=True)


def ours(chunks: Sequence[ChatCompletionChunk]) -> dict[str, Any]:
    """Add up *chunks* ourselves."""
    state: StreamState[object] = StreamState(Parser())
    for chunk in chunks:
        state.add(chunk)
    return state.final().model_dump(exclude_none=True)


def accepted(body: dict[str, Any]) -> dict[str, Any]:
    """Validate *body* as openai's completion, strictly, and dump it."""
    return TheirCompletion.model_validate(body).model_dump()
