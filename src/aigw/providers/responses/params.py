"""Write canonical parameters in the words of OpenAI's Responses dialect, and name those it has no word for.

Source: https://platform.openai.com/docs/api-reference/responses/create
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from aigw.types.json import JsonObject, as_array, as_object, as_text
from aigw.types.request import Params

EXPRESSED: Final = frozenset(
    {
        "max_tokens",
        "temperature",
        "top_p",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "response_format",
        "reasoning_effort",
        "verbosity",
        "service_tier",
        "store",
        "metadata",
        "user",
        "logprobs",
        "top_logprobs",
    }
)
"""Canonical parameters that the dialect has a word for."""

NATIVE: Final = frozenset(
    {
        "access_programs",
        "context_management",
        "conversation",
        "image",
        "include",
        "instructions",
        "max_output_tokens",
        "max_tool_calls",
        "moderation",
        "previous_response_id",
        "prompt",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning",
        "safety_identifier",
        "text",
        "truncation",
    }
)
"""The dialect's own parameters, which a caller of another one gives in `extra_body`.

`background` is none of them: its answer is a promise, which only a caller of this dialect can wait for.
"""

_PATHS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "max_tokens": ("max_output_tokens",),
        "max_completion_tokens": ("max_output_tokens",),
        "reasoning_effort": ("reasoning", "effort"),
        "verbosity": ("text", "verbosity"),
        "response_format": ("text", "format"),
    }
)
_MERGED: Final = frozenset({"reasoning", "text"})
_LOGPROBS: Final = "message.output_text.logprobs"
_ENCRYPTED: Final = "reasoning.encrypted_content"
_HOSTED: Final = re.compile(
    r"(web_search|computer|image_generation|code_interpreter)(_use)?(_preview)?([_-]\d[\d_-]*)?"
    r"|file_search|mcp|local_shell|shell|apply_patch|tool_search|namespace|programmatic_tool_calling|x_search"
)
"""Tools of a provider's own that this dialect knows by these types; Anthropic's have a date right behind the name."""

_ANTHROPIC: Final = re.compile(r"\w+_20\d{6}")
_TOOL_EXTRAS: Final = ("defer_loading", "allowed_callers", "output_schema")
_THINKS: Final = re.compile(r"(^|/)(o[1-9]|gpt-(?:[5-9]|\d\d)(?!.*chat)|codex|grok-(?:[4-9]|\d\d))")


def tools_beyond(params: Params) -> Iterator[str]:
    """Name the types of tool that only another dialect has (`tools.web_search_20250305`)."""
    types = (as_text(tool.get("type")) or "" for tool in params.get("tools", ()))
    yield from dict.fromkeys(
        f"tools.{kind}"
        for kind in types
        if kind not in {"function", "custom"} and (not _HOSTED.fullmatch(kind) or _ANTHROPIC.fullmatch(kind))
    )


def put(body: dict[str, object], name: str, value: object, *, own: bool = False) -> None:
    """Set a parameter of *body* by its canonical name, or by its own; *own* says that the caller spoke this dialect."""
    if name == "tools":
        body[name] = [_tool(as_object(tool), own=own) for tool in as_array(value)]
    elif name == "logprobs":
        ask_for(body, _LOGPROBS) if value else _ask_no_more(body)
    elif name == "include":
        for entry in as_array(value):
            ask_for(body, entry)
    elif name in _MERGED and as_object(value):
        body[name] = {**as_object(body.get(name)), **as_object(value)}
    else:
        write = _WRITERS.get(name)
        _set(body, _PATHS.get(name, (name,)), value if write is None else write(value))


def said(body: JsonObject, name: str) -> object:
    """Give what *body* says about a parameter by its canonical or own name, or None."""
    if name == "logprobs":
        return True if _LOGPROBS in as_array(body.get("include")) else None
    *outer, last = _PATHS.get(name, (name,))
    inner = as_object(body.get(outer[0])) if outer else body
    return inner.get(last)


def leave_out(body: dict[str, object], name: str) -> None:
    """Take out what was dropped: a whole parameter, or one type of tool or format."""
    parameter, _, variant = name.partition(".")
    if parameter == "tools" and variant:
        kept = [tool for tool in as_array(body.get("tools")) if as_object(tool).get("type") != variant]
        body["tools"] = kept
        if not kept:
            for unusable in ("tools", "tool_choice", "parallel_tool_calls"):
                body.pop(unusable, None)
        return
    if parameter == "logprobs":
        _ask_no_more(body)
    *outer, last = _PATHS.get(parameter, (parameter,))
    if not outer:
        body.pop(last, None)
    elif outer[0] in body:
        rest = {key: value for key, value in as_object(body[outer[0]]).items() if key != last}
        body[outer[0]] = rest
        if not rest:
            del body[outer[0]]


def keep_nothing(body: dict[str, object], model: str, refused: Iterable[str]) -> None:
    """Ask, as chat completions are by default, for no copy at the provider.

    A model that thinks then hands out its reasoning encrypted, so that it can be sent back: the provider has no other
    memory of it. Models that do not think refuse to be asked.
    """
    if "store" not in refused:
        body.setdefault("store", False)
    effort = said(body, "reasoning_effort")
    if "include" not in refused and (effort not in {None, "none"} or _THINKS.search(model)):
        ask_for(body, _ENCRYPTED)


def ask_for(body: dict[str, object], entry: object) -> None:
    """Add *entry* to what the answer shall include."""
    wanted = as_array(body.get("include"))
    if entry not in wanted:
        body["include"] = [*wanted, entry]


def _ask_no_more(body: dict[str, object]) -> None:
    wanted = [entry for entry in as_array(body.get("include")) if entry != _LOGPROBS]
    if wanted:
        body["include"] = wanted
    else:
        body.pop("include", None)


def _set(body: dict[str, object], path: tuple[str, ...], value: object) -> None:
    *outer, last = path
    if outer:
        body[outer[0]] = {**as_object(body.get(outer[0])), last: value}
    else:
        body[last] = value


def _format(value: object) -> object:
    """Write a response format: a schema stands flat beside its type."""
    form = as_object(value)
    schema = as_object(form.get("json_schema"))
    return {"type": form.get("type"), **schema} if form.get("type") == "json_schema" and schema else value


def _tool(tool: JsonObject, *, own: bool) -> JsonObject:
    """Write a tool flat. `strict` is said always for callers of chat: where it is absent, it means true here."""
    custom = as_object(tool.get("custom"))
    if tool.get("type") == "custom" and custom:
        form = as_object(custom.get("format"))
        grammar = as_object(form.get("grammar"))
        flat = {"format": {"type": form.get("type"), **grammar}} if grammar else {}
        return {"type": "custom", **custom, **flat, **_beside(tool)}
    function = as_object(tool.get("function"))
    if tool.get("type") != "function" or not function:
        return tool
    parameters = as_object(function.get("parameters")) or {"type": "object", "properties": {}}
    written: dict[str, object] = {"type": "function", **function, "parameters": parameters}
    if not own or "strict" in function:
        written["strict"] = function.get("strict") is True
    return {**written, **_beside(tool)}


def _beside(tool: JsonObject) -> JsonObject:
    return {name: tool[name] for name in _TOOL_EXTRAS if name in tool}


def _choice(value: object) -> object:
    """Write a tool choice: what is named stands flat beside its type."""
    choice = as_object(value)
    match choice.get("type"):
        case "function":
            return {"type": "function", **(as_object(choice.get("function")) or choice)}
        case "custom":
            return {"type": "custom", **(as_object(choice.get("custom")) or choice)}
        case "allowed_tools" if as_object(choice.get("allowed_tools")):
            allowed = as_object(choice["allowed_tools"])
            tools = [_choice(tool) for tool in as_array(allowed.get("tools"))]
            return {"type": "allowed_tools", **allowed, "tools": tools}
        case _:
            return value


_WRITERS: Final[Mapping[str, Callable[[object], object]]] = MappingProxyType(
    {"response_format": _format, "tool_choice": _choice}
)
