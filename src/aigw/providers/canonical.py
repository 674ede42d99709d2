"""What adapters share that write from the canonical form: the manifest's parameters, and what a dialect lacks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, wraps
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from pydantic_core import from_json, to_json

from aigw.errors import BadRequestError, UnsupportedParameterError
from aigw.manifest.snapshot import Target
from aigw.providers.writing import Ready
from aigw.types.embeddings import EmbeddingsRequest
from aigw.types.json import JsonObject, as_int, as_object, as_text
from aigw.types.parts import File, Image, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message, Params, Request
from aigw.wire import decoded

PLAIN: Final[frozenset[type[Part]]] = frozenset({Text, ToolCall, ToolResult, Reasoning, Refusal})
"""The parts that every dialect has a form for."""

Lacking: TypeAlias = Callable[[Part], str | None]
"""Names what kind of part a dialect cannot express, or gives None for one that it can."""

ToolsWritten: TypeAlias = tuple[list[JsonObject], tuple[str, ...]]
"""Tools in the words of a dialect, and the notes on what was changed in them."""

ToolsWriter: TypeAlias = Callable[[Sequence[JsonObject], str], ToolsWritten]
"""Writes tools in the words of a dialect, for a model."""

_LONGEST: Final = 32 * 1024
"""The longest tools that are remembered, in bytes of JSON."""

_CANONICAL: Final = frozenset(Params.__annotations__)
_SAID_ELSEWHERE: Final = frozenset({"stream_options", "max_completion_tokens"})
"""Names that may stand beside the canonical parameters and say nothing more than those."""

_NEUTRAL: Final[Mapping[str, tuple[object, ...]]] = MappingProxyType(
    {
        "n": (1,),
        "logprobs": (False,),
        "top_logprobs": (0,),
        "frequency_penalty": (0,),
        "presence_penalty": (0,),
        "logit_bias": ({},),
        "store": (False,),
        "modalities": (["text"],),
        "parallel_tool_calls": (True,),
        "service_tier": ("auto", "default"),
        "metadata": ({},),
    }
)
"""Values that change nothing: a dialect without the parameter loses nothing by leaving them out."""


def parameters(request: Request, target: Target, notes: list[str]) -> tuple[Params, JsonObject]:
    """Give canonical and other parameters, the target's own laid over: the manifest wins, with a note where it does."""
    return laid_over(request.params, request.other, target, notes)


def laid_over(said: Params, beside: JsonObject, target: Target, notes: list[str]) -> tuple[Params, JsonObject]:
    """Give the canonical parameters *said* and those *beside* them as `parameters` does."""
    if not target.params:
        return said, beside
    params: dict[str, object] = {**said}
    other: dict[str, object] = {**beside}
    for name, value in target.params.items():
        canonical = "max_tokens" if name == "max_completion_tokens" else name
        known = params if canonical in _CANONICAL else other
        if canonical in known and known[canonical] != value:
            notes.append(f"overridden: {name} (the manifest sets it for {target.id})")
        known[canonical] = [value] if canonical == "stop" and isinstance(value, str) else value
    return cast("Params", params), other


def choices_asked(request: Request, target: Target) -> int:
    """Give how many alternatives *target* was asked for: one, where its provider takes no `n`."""
    if "n" in target.provider.kind.quirks.refused:
        return 1
    return as_int(target.params.get("n", request.params.get("n"))) or 1


def beyond(params: Params, other: JsonObject, expressed: frozenset[str], native: frozenset[str]) -> list[str]:
    """Name the parameters that are neither *expressed* in the dialect nor its own (*native*), and say something."""
    names: list[str] = []
    if not params.keys() <= expressed:
        names += (
            name for name, value in params.items() if name not in expressed and value not in _NEUTRAL.get(name, ())
        )
    if other:
        names += (name for name in other if name not in native and name not in _SAID_ELSEWHERE)
    return names


def kept(params: Params, left_out: frozenset[str]) -> Params:
    """Give *params* without those *left_out*."""
    if left_out.isdisjoint(params):
        return params
    return cast("Params", {name: value for name, value in params.items() if name not in left_out})


def tools_beyond(params: Params) -> Iterator[str]:
    """Name the types of tool that are no functions: what only another provider has (`tools.web_search`)."""
    types = [tool.get("type") for tool in params.get("tools", ())]
    if types.count("function") < len(types):
        yield from dict.fromkeys(f"tools.{kind}" for kind in types if kind != "function")


def functions(params: Params) -> list[JsonObject]:
    """Give the functions among the tools, without what stands around each."""
    return [as_object(tool.get("function")) for tool in params.get("tools", ()) if tool.get("type") == "function"]


def passed_on(params: Params, target: Target) -> list[JsonObject]:
    """Give the tools that are no functions, where the target shall be sent what it is not known to take."""
    if target.unsupported != "pass":
        return []
    return [tool for tool in params.get("tools", ()) if tool.get("type") != "function"]


def remembering(write: ToolsWriter) -> ToolsWriter:
    """Let *write* look at the same tools once: callers offer the same ones call after call, and they are long.

    What it gave is given again, and its JSON with it, so nobody may change it.
    """

    @lru_cache(maxsize=64)
    def remembered(tools: bytes, model: str) -> ToolsWritten:
        written, notes = write(cast("Sequence[JsonObject]", from_json(tools)), model)
        return Ready(written), notes

    @wraps(write)
    def found(tools: Sequence[JsonObject], model: str) -> ToolsWritten:
        try:
            said = to_json(tools)
            if len(said) <= _LONGEST:
                return remembered(said, model)
        except (ValueError, TypeError, RecursionError):  # for what JSON is not written from, or not read into
            pass
        return write(tools, model)

    return found


def choice_word(params: Params) -> str:
    """Give the choice of a tool where it is a word, `auto` where there is none, else nothing."""
    return as_text(params.get("tool_choice", "auto")) or ""


def format_type(params: Params) -> str:
    """Give the type of format that is asked for, `text` where none is."""
    return as_text(as_object(params.get("response_format", {"type": "text"})).get("type")) or ""


def forced(choice: object) -> str | None:
    """Name the function that *choice* (of a tool) insists on, if it does."""
    return as_text(as_object(as_object(choice).get("function")).get("name"))


def speakers(messages: Sequence[Message]) -> list[str]:
    """Name the names of who speaks, for dialects without them (`messages[2].name`); a tool's own name is no such."""
    return [f"messages[{i}].name" for i, said in enumerate(messages) if said.name and said.role != "tool"]


def kinds_of(messages: Sequence[Message]) -> set[type[Part]]:
    """Give the types of the parts of *messages*, those inside of tool results as well."""
    kinds: set[type[Part]] = set()
    for message in messages:
        for part in message.parts:
            kinds.add(type(part))
            if isinstance(part, ToolResult):
                kinds.update(map(type, part.content))
    return kinds


def parts_beyond(messages: Sequence[Message], lacking: Lacking) -> list[str]:
    """Name the parts of *messages* that a dialect is *lacking* (`messages[2].audio`, `messages[3].tool_result.file`).

    A tool's result is text everywhere here, and every dialect has words for text, calls and their results.
    """
    if kinds_of(messages) <= PLAIN:
        return []
    return [
        f"messages[{index}].{kind}"
        for index, message in enumerate(messages)
        for part in message.parts
        for kind in _kinds(part, lacking)
    ]


def expressible(messages: tuple[Message, ...], left_out: frozenset[str], lacking: Lacking) -> tuple[Message, ...]:
    """Give *messages* without the parts that are *left_out*, by the names of `parts_beyond`."""
    if not any(name.startswith("messages[") for name in left_out):
        return messages
    return tuple(message.edit(tuple(_kept(message.parts, lacking))) for message in messages)


def call_names(messages: Sequence[Message]) -> dict[str, str]:
    """Give the function's name for each tool call's id in the conversation: results only carry the id."""
    return {part.id: part.name for message in messages for part in message.parts if isinstance(part, ToolCall)}


def call_arguments(part: ToolCall, place: str, whose: str) -> JsonObject:
    """Give the arguments of a call in the message at *place* as an object, which *whose* dialect needs.

    Raises `BadRequestError` where they are none; free text stands under `input`.
    """
    if part.kind == "custom":
        return {"input": part.arguments}
    try:
        arguments = decoded(part.arguments)
    except ValueError:
        arguments = None
    if isinstance(arguments, dict):
        return cast("JsonObject", arguments)
    place = f"{place}.tool_calls"
    problem = (
        f"{place}: the arguments of {part.name!r} are not a JSON object, which {whose} needs. "
        "Leave out a call that was cut off, or mend its arguments."
    )
    raise BadRequestError(problem, param=place, code="invalid_value", type="invalid_request_error")


def _kinds(part: Part, lacking: Lacking) -> Iterator[str]:
    kind = lacking(part)
    if kind is not None:
        yield kind
    if isinstance(part, ToolResult):
        yield from (f"tool_result.{_kind(piece)}" for piece in part.content if not isinstance(piece, Text))


def _kind(piece: Image | File) -> str:
    return "image" if isinstance(piece, Image) else "file"


def _kept(parts: Sequence[Part], lacking: Lacking) -> Iterator[Part]:
    for part in parts:
        if lacking(part) is not None:
            continue
        if isinstance(part, ToolResult):
            yield replace(part, content=tuple(piece for piece in part.content if isinstance(piece, Text)))
        else:
            yield part


def embedding_parameters(request: EmbeddingsRequest, target: Target, notes: list[str]) -> JsonObject:
    """Give the parameters of embeddings, the target's own laid over: the manifest wins, with a note where it does."""
    said: dict[str, object] = {**request.other, **request.params}
    for name, value in target.params.items():
        if name in said and said[name] != value:
            notes.append(f"overridden: {name} (the manifest sets it for {target.id})")
        said[name] = value
    return said


def tokens_beyond(request: EmbeddingsRequest) -> tuple[str, ...]:
    """Name inputs that are tokens instead of text, for dialects that only take text."""
    return () if all(isinstance(text, str) for text in request.inputs) else ("input.tokens",)


def texts_only(request: EmbeddingsRequest, target: Target, left_out: frozenset[str]) -> list[object]:
    """Give the inputs. Raises `UnsupportedParameterError` for tokens that would have to be *left_out*."""
    if "input.tokens" in left_out:
        message = f"{target.id} takes texts and no tokens: give the texts themselves, or choose another target."
        raise UnsupportedParameterError(
            message,
            param="input",
            code="unsupported_parameter",
            type="invalid_request_error",
            provider=target.provider.name,
        )
    return list(request.inputs)
