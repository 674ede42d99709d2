"""What each kind of provider can do: asked of its adapter, by the very question routing asks before every call.

A probe is the smallest request that needs one thing. What an adapter calls unsupported in it, the kind cannot do; what
depends on the model counts as possible, and is left to the provider's answer.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aigw.errors import Refused
from aigw.manifest.snapshot import Provider, Target
from aigw.providers.kinds.compatible import CHAT
from aigw.providers.registry import adapter, operation_of
from aigw.types.json import EMPTY, JsonObject
from aigw.types.kind import Kind
from aigw.types.operation import Operation
from aigw.types.parts import Audio, File, Image, Part, Text
from aigw.types.request import Message, Params, Request

_TOOL: Final[JsonObject] = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
_EMPTY_OBJECT: Final[JsonObject] = {"type": "object", "properties": {}, "additionalProperties": False}
_SCHEMA: Final[JsonObject] = {"name": "s", "schema": _EMPTY_OBJECT}
_PIXEL: Final = "iVBORw0KGgo="


def _probe(*parts: Part, params: Params | None = None) -> Request:
    """Make a request in no provider's dialect, so that all of it is read from its canonical form."""
    messages = (Message("user", (Text("."), *parts)),)
    return Request("probe", "model", messages, params or {}, stream=False, verbatim=EMPTY)


PROBES: Final[Mapping[str, Request]] = MappingProxyType(
    {
        "tools": _probe(params={"tools": [_TOOL]}),
        "tool_choice": _probe(params={"tools": [_TOOL], "tool_choice": "required"}),
        "parallel_tool_calls": _probe(params={"tools": [_TOOL], "parallel_tool_calls": False}),
        "images": _probe(Image(data=_PIXEL, media_type="image/png")),
        "image_urls": _probe(Image(url="https://example.com/a.png")),
        "audio": _probe(Audio(data="AA==", format="wav")),
        "files": _probe(File(data="JVBERi0=", media_type="application/pdf", filename="a.pdf")),
        "json_object": _probe(params={"response_format": {"type": "json_object"}}),
        "json_schema": _probe(params={"response_format": {"type": "json_schema", "json_schema": _SCHEMA}}),
        "reasoning_effort": _probe(params={"reasoning_effort": "low"}),
        "reasoning_budget": _probe(params={"reasoning_budget": 2048, "max_tokens": 4096}),
        "stop": _probe(params={"stop": ["."]}),
        "seed": _probe(params={"seed": 1}),
        "top_k": _probe(params={"top_k": 2}),
        "n": _probe(params={"n": 2}),
        "logprobs": _probe(params={"logprobs": True}),
        "penalties": _probe(params={"frequency_penalty": 0.5, "presence_penalty": 0.5}),
        "logit_bias": _probe(params={"logit_bias": {"1": 1}}),
    }
)
"""The smallest request that needs each feature."""

FEATURES: Final = tuple(PROBES)
"""What a chat may ask for, by name."""


def operations(kind: Kind) -> tuple[Operation, ...]:
    """Give what can be asked of a provider of *kind*, chat first."""
    spoken = {operation_of(dialect) for dialect in kind.dialects}
    return tuple(operation for operation in Operation if operation in spoken)


def features(kind: Kind) -> tuple[str, ...]:
    """Give those of `FEATURES` that chats with a provider of *kind* can have; none where it does not chat."""
    if not kind.dialect:
        return ()
    target = Target(Provider(kind.name, kind, kind.base_url or ""), "model")
    asked = adapter(kind.dialect)
    return tuple(name for name, request in PROBES.items() if not asked.unsupported(request, target))


def reasoning(kind: Kind) -> tuple[str, ...]:
    """Give where chats with a provider of *kind* tell of reasoning, its own word first; none if its dialect says."""
    return kind.quirks.reasoning if kind.dialect == CHAT else ()


def failures(kind: Kind) -> Mapping[Refused, tuple[str, ...]]:
    """Give the provider's own table of errors the other way round: by what is meant, its codes, types and statuses."""
    told = dict.fromkeys(kind.errors.values())
    return {failure: tuple(code for code, meant in kind.errors.items() if meant is failure) for failure in told}
