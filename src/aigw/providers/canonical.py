"""What adapters share that write from the canonical form: the manifest's parameters, and what a dialect lacks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from aigw.errors import UnsupportedParameterError
from aigw.manifest.snapshot import Target
from aigw.types.embeddings import EmbeddingsRequest
from aigw.types.json import JsonObject, as_object, as_text
from aigw.types.parts import File, Image, Part, Text, ToolCall, ToolResult
from aigw.types.request import Message, Params, Request

Lacking: TypeAlias = Callable[[Part], str | None]
"""Names what kind of part a dialect cannot express, or gives None for one that it can."""

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
    if not target.params:
        return request.params, request.other
    params: dict[str, object] = {**request.params}
    other: dict[str, object] = {**request.other}
    for name, value in target.params.items():
        canonical = "max_tokens" if name == "max_completion_tokens" else name
        said = params if canonical in _CANONICAL else other
        if canonical in said and said[canonical] != value:
            notes.append(f"overridden: {name} (the manifest sets it for {target.id})")
        said[canonical] = [value] if canonical == "stop" and isinstance(value, str) else value
    return cast("Params", params), other


def beyond(params: Params, other: JsonObject, expressed: frozenset[str], native: frozenset[str]) -> list[str]:
    """Name the parameters that are neither *expressed* in the dialect nor its own (*native*), and say something."""
    names = [name for name, value in params.items() if name not in expressed and value not in _NEUTRAL.get(name, ())]
    names += (name for name in other if name not in native and name not in _SAID_ELSEWHERE)
    return names


def tools_beyond(params: Params) -> Iterator[str]:
    """Name the types of tool that are no functions: what only another provider has (`tools.web_search`)."""
    types = (tool.get("type") for tool in params.get("tools", ()))
    yield from dict.fromkeys(f"tools.{kind}" for kind in types if kind != "function")


def functions(params: Params) -> list[JsonObject]:
    """Give the functions among the tools, without what stands around each."""
    return [as_object(tool.get("function")) for tool in params.get("tools", ()) if tool.get("type") == "function"]


def passed_on(params: Params, target: Target) -> list[JsonObject]:
    """Give the tools that are no functions, where the target shall be sent what it is not known to take."""
    if target.unsupported != "pass":
        return []
    return [tool for tool in params.get("tools", ()) if tool.get("type") != "function"]


def choice_word(params: Params) -> str:
    """Give the choice of a tool where it is a word, `auto` where there is none, else nothing."""
    return as_text(params.get("tool_choice", "auto")) or ""


def format_type(params: Params) -> str:
    """Give the type of format that is asked for, `text` where none is."""
    return as_text(as_object(params.get("response_format", {"type": "text"})).get("type")) or ""


def forced(choice: object) -> str | None:
    """Name the function that *choice* (of a tool) insists on, if it does."""
    return as_text(as_object(as_object(choice).get("function")).get("name"))


def parts_beyond(messages: Sequence[Message], lacking: Lacking) -> list[str]:
    """Name the parts of *messages* that a dialect is *lacking* (`messages[2].audio`, `messages[3].tool_result.file`).

    A tool's result is text everywhere here.
    """
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
