"""Write a request that was made in Anthropic's own dialect: what the caller wrote, except what somebody changed.

A policy changes a request through its canonical form (`Request.edit`), and the manifest lays parameters over it; only
those are written anew. The rest goes out verbatim, unknown fields included.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, cast

from aigw.manifest.snapshot import Target
from aigw.providers.anthropic import blocks as anthropic_blocks
from aigw.providers.anthropic import params as anthropic_params
from aigw.providers.anthropic.blocks import DIALECT
from aigw.providers.canonical import parameters
from aigw.types.json import EMPTY, JsonObject, as_int, as_object
from aigw.types.operation import Operation
from aigw.types.parts import Opaque
from aigw.types.request import Message, Params, Request

COUNT_DIALECT: Final = "anthropic-count-tokens"
DIALECTS: Final = frozenset({DIALECT, COUNT_DIALECT})
"""The dialects whose bodies are Anthropic's messages."""

UNCOUNTED: Final = frozenset(
    {
        *("max_tokens", "stream", "temperature", "top_p", "top_k", "stop", "stop_sequences"),
        *("user", "metadata", "service_tier", "container", "inference_geo", "thread"),
    }
)
"""What may be said of an answer, by either name, and a request to count does not take."""

_WIRE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        **{name: (name,) for name in ("max_tokens", "temperature", "top_p", "top_k", "tools", "service_tier")},
        "stop": ("stop_sequences",),
        "tool_choice": ("tool_choice",),
        "parallel_tool_calls": ("tool_choice",),
        "response_format": ("output_config",),
        "reasoning_effort": ("thinking", "output_config"),
        "reasoning_budget": ("thinking",),
        "user": ("metadata",),
    }
)
"""Canonical parameters, and the fields each is written to."""

_INSTEAD: Final = {"reasoning_effort": "reasoning_budget", "reasoning_budget": "reasoning_effort"}


def beyond(request: Request) -> list[str]:
    """Name the blocks of *request* that are another dialect's."""
    return [
        f"messages[{index}].{part.body.get('type', 'block')}"
        for index, message in enumerate(request.messages)
        for part in message.parts
        if isinstance(part, Opaque) and part.dialect != DIALECT
    ]


def body_of(request: Request, target: Target, notes: list[str]) -> dict[str, object]:
    """Give the body for *target*, with a note for each thing that is not as the caller wrote it."""
    body: dict[str, object] = {**request.verbatim, "model": target.model}
    if "messages" in request.edited:
        _rewrite(body, request, notes)
    changed = (request.edited - {"messages"}) | _lay_over(body, target, notes)
    if request.operation is Operation.COUNT_TOKENS:
        changed -= UNCOUNTED
    if changed:
        _write_anew(body, set(changed), request, target, notes)
    return body


def _rewrite(body: dict[str, object], request: Request, notes: list[str]) -> None:
    leading = 0
    while leading < len(request.messages) and request.messages[leading].role in {"system", "developer"}:
        leading += 1
    head, turns = request.messages[:leading], request.messages[leading:]
    if len(head) != 1 or head[0].verbatim is None:
        blocks = [block for message in head for block in anthropic_blocks.texts(message)]
        body.pop("system", None)
        if blocks:
            body["system"] = blocks
    elif "system" not in body:
        body["system"] = head[0].verbatim["content"]
    body["messages"] = [
        turn for index, message in enumerate(turns, leading) for turn in _turn(message, f"messages[{index}]", notes)
    ]


def _turn(message: Message, place: str, notes: list[str]) -> list[JsonObject]:
    if message.verbatim is not None:
        return [message.verbatim]
    if message.role == "assistant":
        blocks = anthropic_blocks.assistant_blocks(message, place, notes)
    else:
        blocks = anthropic_blocks.user_blocks(message.parts)
    role = message.role if message.role in {"assistant", "system"} else "user"
    return [{**message.extra, "role": role, "content": blocks}] if blocks else []


def _lay_over(body: dict[str, object], target: Target, notes: list[str]) -> set[str]:
    """Lay the manifest's parameters over *body* where they are Anthropic's own, and name those that are canonical."""
    canonical: set[str] = set()
    for name, value in target.params.items():
        ours = "max_tokens" if name == "max_completion_tokens" else name
        if ours in _WIRE:
            canonical.add(ours)
        elif name in anthropic_params.NATIVE:
            if body.get(name, value) != value:
                notes.append(f"overridden: {name} (the manifest sets it for {target.id})")
            body[name] = {**as_object(body.get(name)), **as_object(value)} if name == "output_config" else value
        elif name not in anthropic_params.BETAS:
            notes.append(f"dropped: {name} ({target.provider.kind.name} does not take it)")
    return canonical


def _write_anew(
    body: dict[str, object],
    changed: set[str],
    request: Request,
    target: Target,
    notes: list[str],
) -> None:
    """Write the parameters that *changed* from their canonical form."""
    params, _ = parameters(request, target, notes)
    fields = {field for each in changed for field in _WIRE.get(each, ())}
    superseded = {_INSTEAD[name] for name in changed & _INSTEAD.keys()} - changed
    if "max_tokens" in changed and _is_too_much(body, params.get("max_tokens", 0)):
        fields.add("thinking")
    elif not fields & {"thinking"}:
        superseded |= _INSTEAD.keys()
    kept = cast("Params", {name: value for name, value in params.items() if name not in superseded})
    written = anthropic_params.written(kept, EMPTY, target.model, frozenset(), notes)
    for name in fields:
        value = written.get(name)
        if name == "output_config":
            value = {**as_object(body.get(name)), **as_object(value)} or None
        if value is None:
            body.pop(name, None)
        else:
            body[name] = value


def _is_too_much(body: JsonObject, limit: int) -> bool:
    """Whether the caller's thinking does not fit into an answer of *limit* tokens."""
    budget = as_int(as_object(body.get("thinking")).get("budget_tokens"))
    return budget is not None and budget >= limit
