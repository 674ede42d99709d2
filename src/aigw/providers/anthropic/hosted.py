"""What clouds that host Claude want otherwise: the version in the body, the model in the address, nothing to fetch.

Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html and
https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude. What a caller wrote in
Anthropic's own dialect is left to the cloud to judge.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, cast

from aigw.manifest.snapshot import Target
from aigw.providers.anthropic import request as anthropic_request
from aigw.providers.anthropic.native import DIALECTS, UNCOUNTED
from aigw.providers.anthropic.params import HEADERS
from aigw.providers.writing import refuse
from aigw.types.json import JsonObject, as_int, as_object, without
from aigw.types.parts import File, Image, Part, Text, ToolResult
from aigw.types.request import Message, Params, Request

_IN_THE_ADDRESS: Final = frozenset({"model"})
_TIER: Final = "service_tier"
_PARAMETERS: Final = frozenset({*HEADERS, _TIER})


def unsupported(request: Request, target: Target) -> tuple[str, ...]:
    """Name what of *request* Anthropic, the cloud, or the target's model cannot express."""
    return tuple(dict.fromkeys((*anthropic_request.unsupported(request, target), *_beyond(request))))


def body_of(request: Request, target: Target, version: str, notes: list[str]) -> dict[str, object]:
    """Give the body for *target* in *version*, with a note for each thing that is not as the caller said.

    Raises `UnsupportedParameterError`, or drops with a note, as the manifest says.
    """
    request = _without(request, refuse(_beyond(request), target, notes))
    body = anthropic_request.body_of(request, target, notes)
    return {"anthropic_version": version, **without(body, _IN_THE_ADDRESS)}


def counted(body: JsonObject, request: Request, *, limited: bool) -> JsonObject:
    """Give *body* without what only an answer is about; where a count must be *limited*, with a `max_tokens`."""
    if not limited:
        return without(body, UNCOUNTED - request.verbatim.keys())
    least = 1 + (as_int(as_object(body.get("thinking")).get("budget_tokens")) or 0)
    kept = without(body, UNCOUNTED - request.verbatim.keys() - {"max_tokens"})
    return {"max_tokens": least, **kept}


def _beyond(request: Request) -> tuple[str, ...]:
    """Name what of *request* Anthropic takes at home only."""
    names = tuple(name for name in HEADERS if name in request.other)
    if request.dialect in DIALECTS:
        return names
    if request.params.get(_TIER, "auto") != "auto":
        names += (_TIER,)
    return names + tuple(_fetched(request.messages))


def _fetched(messages: tuple[Message, ...]) -> Iterator[str]:
    """Name the parts that the provider would have to fetch: clouds take what is sent along, and nothing else."""
    for index, message in enumerate(messages):
        for part in message.parts:
            for piece in part.content if isinstance(part, ToolResult) else (part,):
                if _is_elsewhere(piece):
                    yield f"messages[{index}].{'image' if isinstance(piece, Image) else 'file'}.url"


def _is_elsewhere(part: Part) -> bool:
    return isinstance(part, Image | File) and part.data is None and part.url is not None


def _without(request: Request, left_out: frozenset[str]) -> Request:
    """Give *request* without what is *left out*, and without the tier that means nothing there."""
    if request.params.get(_TIER) == "auto" and request.dialect not in DIALECTS:
        left_out |= {_TIER}
    if not left_out:
        return request
    gone = left_out & _PARAMETERS
    changed = replace(
        request, params=cast("Params", without({**request.params}, gone)), other=without(request.other, gone)
    )
    if left_out == gone:
        return changed
    return changed.edit(messages=tuple(message.edit(_kept(message)) for message in request.messages))


def _kept(message: Message) -> tuple[Part, ...]:
    kept: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolResult) and any(_is_elsewhere(piece) for piece in part.content):
            pieces = tuple(piece for piece in part.content if not _is_elsewhere(piece))
            kept.append(replace(part, content=pieces or (Text("(left out)"),)))
        elif not _is_elsewhere(part):
            kept.append(part)
    return tuple(kept)
