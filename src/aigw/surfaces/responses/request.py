"""Turn the arguments of `responses` into a canonical request: pure, and the same for both faces.

What has no canonical name goes into `Request.other`: a target of another dialect refuses it, or drops it with a note.
State that a provider keeps (`previous_response_id`, `conversation`) is there, too.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeGuard, cast

from pydantic import BaseModel
from pydantic.main import IncEx

from aigw.surfaces.arguments import object_at, plain_body, refuse
from aigw.surfaces.chat.request import (
    ABOUT_THE_CALL,
    Asked,
    checked,
    extra_body_of,
    model_of,
    options_of,
    reject_unknown,
)
from aigw.surfaces.chat.structured import described_tools
from aigw.surfaces.responses.input import is_verbatim, read_input, read_instructions
from aigw.surfaces.responses.parts import DIALECT
from aigw.surfaces.responses.tools import canonical_choice, canonical_format, canonical_tools, flattened
from aigw.types.json import JsonObject, as_array, as_object, as_text, without
from aigw.types.request import Message, Params, Request
from aigw.types.responses_params import ResponsesParams

SURFACE: Final = "responses"

_KNOWN: Final = frozenset(ResponsesParams.__annotations__) | {"input", "model", "stream"}
_STATE: Final = ("previous_response_id", "conversation", "prompt")
_READ: Final = frozenset({"input", "instructions", "model", "stream"})
_NEUTRAL: Final[Mapping[str, tuple[object, ...]]] = {
    "background": (False,),
    "truncation": ("disabled",),
    "stream_options": ({}, {"include_obfuscation": False}),
}
"""Values that ask for nothing beyond what every target does."""
_INCLUDED: Final = {"reasoning.encrypted_content", "message.output_text.logprobs"}
"""What every target's answer includes where there is any of it, so asking for it asks for nothing more."""
_MACHINE_MADE: Final[Mapping[str, IncEx | bool]] = {"parsed_arguments": True, "content": {"__all__": {"parsed"}}}
"""What `parse()` adds to an answer: left out when an item of it is sent back."""


def ask(params: Mapping[str, object], method: str = "create", known: frozenset[str] = _KNOWN) -> Asked:
    """Read the keyword arguments *params* of *method*, which takes those that are *known*.

    Raises `UnexpectedArgumentError` for a name nobody knows, `BadRequestError` (`param` names the place) for a value
    that no target could take.
    """
    reject_unknown(params, method, known)
    said = {name: value for name, value in params.items() if name not in ABOUT_THE_CALL}
    said.update(extra_body_of(params))
    if "input" in said:
        said["input"] = _dumped(said["input"])
    if "tools" in said:
        said["tools"] = _described(said["tools"])
    body = plain_body(said)
    messages = _messages(body)
    canonical, other = _canonical(body)
    request = Request(
        dialect=DIALECT,
        model=model_of(body),
        messages=messages,
        params=canonical,
        stream=body.get("stream") is True,
        verbatim=body,
        other=other,
        edited=frozenset() if is_verbatim(messages) else frozenset({"messages"}),
        surface=SURFACE,
    )
    return Asked(request, options_of(params))


def _dumped(value: object) -> object:
    """Dump items of an earlier answer as its provider takes them back: what it said, its nulls included."""
    if not _is_ordered(value):
        return value
    return [
        item.model_dump(mode="json", exclude_unset=True, exclude=_MACHINE_MADE, warnings=False)
        if isinstance(item, BaseModel)
        else item
        for item in value
    ]


def _is_ordered(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping | BaseModel)


def _described(value: object) -> object:
    tools = described_tools(value)
    return [flattened(as_object(tool)) or tool for tool in tools] if _is_ordered(tools) else tools


def _messages(body: JsonObject) -> tuple[Message, ...]:
    """Read instructions and input. Only where a provider keeps the conversation may a call say nothing itself."""
    leading, said = read_instructions(body.get("instructions")), body.get("input")
    if said is None or said == []:
        if all(body.get(name) is None for name in _STATE):
            refuse("input", "is missing; give text or a list of items", "missing_required_parameter")
        return leading
    return (*leading, *read_input(said))


def _canonical(body: JsonObject) -> tuple[Params, JsonObject]:
    """Split what *body* says into parameters with a canonical name, and the others. Raises `BadRequestError`."""
    plain = {name: value for name, value in body.items() if name not in _READERS and name not in _READ}
    found = checked(plain)
    for name in ("stream_options", "max_completion_tokens"):
        found.pop(name, None)
    if found.pop("n", 1) != 1:
        refuse("n", "a response has no alternatives; make the call n times", "unsupported_value")
    if isinstance(found.get("stop"), str):
        found["stop"] = [found["stop"]]
    other = {
        name: value
        for name, value in plain.items()
        if name not in {*found, "n"} and value is not None and value not in _NEUTRAL.get(name, ())
    }
    for name, read in _READERS.items():
        if body.get(name) is not None:
            read(body[name], found, other)
    # every value was checked, or made here
    return cast("Params", found), other


def _limit(value: object, found: dict[str, object], other: dict[str, object]) -> None:  # noqa: ARG001 - as all readers
    found["max_tokens"] = checked({"max_tokens": value}, {"max_tokens": "max_output_tokens"})["max_tokens"]


def _tools(value: object, found: dict[str, object], other: dict[str, object]) -> None:  # noqa: ARG001 - as all readers
    found["tools"] = canonical_tools(value)


def _choice(value: object, found: dict[str, object], other: dict[str, object]) -> None:
    choice = canonical_choice(value)
    if choice is None:
        other["tool_choice"] = value
    else:
        found["tool_choice"] = choice


def _text(value: object, found: dict[str, object], other: dict[str, object]) -> None:
    text = object_at(value, "text", "an object")
    beyond = dict(without(text, frozenset({"format", "verbosity"})))
    found.update(checked({"verbosity": text.get("verbosity")}, {"verbosity": "text.verbosity"}))
    if text.get("format") is not None:
        form = canonical_format(text["format"])
        if form is None:
            beyond["format"] = text["format"]
        else:
            found["response_format"] = form
    if beyond:
        other["text"] = beyond


def _reasoning(value: object, found: dict[str, object], other: dict[str, object]) -> None:
    reasoning = object_at(value, "reasoning", "an object")
    effort = checked({"reasoning_effort": reasoning.get("effort")}, {"reasoning_effort": "reasoning.effort"})
    found.update(effort)
    beyond = {name: said for name, said in reasoning.items() if name != "effort" and said is not None}
    if beyond:
        other["reasoning"] = beyond


def _rivals(value: object, found: dict[str, object], other: dict[str, object]) -> None:  # noqa: ARG001 - as all readers
    found.update(checked({"top_logprobs": value}))
    if value:
        found["logprobs"] = True


def _include(value: object, found: dict[str, object], other: dict[str, object]) -> None:
    wanted = [as_text(name) for name in as_array(value)]
    if "message.output_text.logprobs" in wanted:
        found["logprobs"] = True
    if not set(wanted) <= _INCLUDED:
        other["include"] = value


_READERS: Final[Mapping[str, Callable[[object, dict[str, object], dict[str, object]], None]]] = {
    "max_output_tokens": _limit,
    "tools": _tools,
    "tool_choice": _choice,
    "text": _text,
    "reasoning": _reasoning,
    "top_logprobs": _rivals,
    "include": _include,
}
"""Readers of parameters: each adds to what has a canonical name and to what has not."""
