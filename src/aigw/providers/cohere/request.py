"""Write a request in Cohere's chat dialect (v2). Source: https://docs.cohere.com/reference/chat."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, cast

from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.canonical import (
    beyond,
    choice_word,
    expressible,
    forced,
    format_type,
    functions,
    kept,
    parameters,
    parts_beyond,
    passed_on,
    speakers,
    tools_beyond,
)
from aigw.providers.cohere.messages import DIALECT, lacking, written
from aigw.providers.writing import encoded, endpoint, headers, once, refuse
from aigw.types.json import JsonObject, as_object
from aigw.types.request import Params, Request
from aigw.wire import HttpRequest

_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "max_tokens": "max_tokens",
        "temperature": "temperature",
        "top_p": "p",
        "top_k": "k",
        "seed": "seed",
        "stop": "stop_sequences",
        "frequency_penalty": "frequency_penalty",
        "presence_penalty": "presence_penalty",
        "logprobs": "logprobs",
    }
)
_EXPRESSED: Final = frozenset(
    {*_NAMES, "tools", "tool_choice", "response_format", "reasoning_effort", "reasoning_budget"}
)
_NATIVE: Final = frozenset(
    {"documents", "citation_options", "safety_mode", "strict_tools", "thinking", "priority", "k", "p", "raw_prompting"}
)
"""Cohere's own parameters, which a caller gives in `extra_body`; they win over what ours would become."""

_MOST_STOPS: Final = 5
_LEAST_P, _MOST_P = 0.01, 0.99
_FROM_0_TO_1: Final = frozenset({"frequency_penalty", "presence_penalty", "top_p"})
_NUMBERS: Final = (int, float)
_CHOICES: Final[Mapping[str, str]] = MappingProxyType({"required": "REQUIRED", "any": "REQUIRED", "none": "NONE"})
_BUDGETS: Final[Mapping[str, int]] = MappingProxyType(
    {"minimal": 128, "low": 1024, "medium": 2048, "high": 4096, "xhigh": 8192, "max": 16384}
)
"""Tokens of thinking for an effort, of which Cohere has no word."""


@once
def unsupported(request: Request, target: Target) -> tuple[str, ...]:
    """Name what of *request* Cohere cannot express."""
    if request.dialect == DIALECT:
        return ()
    params, other = parameters(request, target, [])
    names = beyond(params, other, _EXPRESSED, _NATIVE)
    names += tools_beyond(params)
    names += _out_of_range(params)
    if not _is_choice(params):
        names.append("tool_choice")
    if not _is_format(params, other):
        names.append("response_format")
    if params.get("reasoning_effort", "none") not in {"none", *_BUDGETS}:
        names.append("reasoning_effort")
    return (*names, *speakers(request.messages), *parts_beyond(request.messages, lacking))


def write(request: Request, target: Target) -> Outgoing:
    """Write *request*. Raises `UnsupportedParameterError`, or drops with a note, as the manifest says."""
    notes: list[str] = []
    left_out = refuse(unsupported(request, target), target, notes)
    provider = target.provider
    outgoing = HttpRequest(
        "POST",
        endpoint(provider.base_url, "/v2/chat"),
        headers(target, stream=request.stream),
        encoded(_body(request, target, left_out, notes), provider.name),
    )
    return Outgoing(outgoing, tuple(notes))


def _out_of_range(params: Params) -> list[str]:
    """Name parameters whose values OpenAI's callers may give and Cohere refuses."""
    names: list[str] = []
    for name in () if _FROM_0_TO_1.isdisjoint(params) else sorted(_FROM_0_TO_1):
        value = cast("JsonObject", params).get(name)
        if value is not None and isinstance(value, _NUMBERS) and not 0 <= value <= 1:
            names.append(name)
    if len(params.get("stop", ())) > _MOST_STOPS:
        names.append("stop")
    return names


def _is_choice(params: Params) -> bool:
    """Whether the choice of a tool can be told: a word, or one of the functions that are there."""
    word = choice_word(params)
    if word:
        return word == "auto" or word in _CHOICES
    name = forced(params.get("tool_choice"))
    return name is not None and any(tool.get("name") == name for tool in functions(params))


def _is_format(params: Params, other: JsonObject) -> bool:
    """Whether the format can be asked for: Cohere refuses JSON where there are tools or documents."""
    kind = format_type(params)
    if kind == "text":
        return True
    return kind in {"json_object", "json_schema"} and not params.get("tools") and not other.get("documents")


def _body(request: Request, target: Target, left_out: frozenset[str], notes: list[str]) -> JsonObject:
    if request.dialect == DIALECT and not request.edited:
        return {**request.verbatim, **target.params, "model": target.model, "stream": request.stream}
    said, other = parameters(request, target, notes)
    params = kept(said, left_out)
    messages = written(expressible(request.messages, left_out, lacking), notes)
    body: dict[str, object] = {"model": target.model, "messages": messages, "stream": request.stream}
    if target.unsupported == "pass":
        unknown = beyond(params, other, _EXPRESSED, _NATIVE)
        body.update({name: {**other, **params}[name] for name in unknown})
    body.update({theirs: cast("JsonObject", params)[name] for name, theirs in _NAMES.items() if name in params})
    _keep_in_range(body, target, notes)
    _add_tools(body, params, target, notes)
    _add_format(body, params)
    _add_thinking(body, params)
    body.update({name: other[name] for name in sorted(_NATIVE & other.keys())})
    return body


def _keep_in_range(body: dict[str, object], target: Target, notes: list[str]) -> None:
    """Move a `top_p` of 0 or 1, which others take, to the nearest that Cohere does."""
    value = body.get("p")
    if not isinstance(value, int | float) or target.unsupported == "pass":
        return
    near = min(max(value, _LEAST_P), _MOST_P)
    if near != value:
        body["p"] = near
        notes.append(f"changed: top_p ({near} is the nearest to {value} that cohere takes)")


def _add_tools(body: dict[str, object], params: Params, target: Target, notes: list[str]) -> None:
    tools, others, choice = functions(params), passed_on(params, target), choice_word(params)
    if not tools and not others:
        if choice not in {"none", "auto"}:
            notes.append("dropped: tool_choice (there are no tools)")
        return
    name = forced(params.get("tool_choice"))
    if name is not None:
        tools = [tool for tool in tools if tool.get("name") == name] or tools
        choice = "required"
        notes.append(f"changed: tool_choice (only {name} is offered, and required: cohere takes no name)")
    strict = [tool.get("strict") is True for tool in tools]
    if any(strict):
        body["strict_tools"] = True
        if not all(strict):
            notes.append("changed: tools.strict (cohere holds to all schemas or to none: now to all)")
    body["tools"] = [*({"type": "function", "function": _function(tool)} for tool in tools), *others]
    if choice != "auto":
        body["tool_choice"] = _CHOICES.get(choice, choice)


def _function(tool: JsonObject) -> JsonObject:
    """Write a function. Cohere wants parameters even where it takes none."""
    if "strict" not in tool and as_object(tool.get("parameters")):
        return tool
    plain = {name: value for name, value in tool.items() if name != "strict"}
    return {**plain, "parameters": as_object(tool.get("parameters")) or {"type": "object", "properties": {}}}


def _add_format(body: dict[str, object], params: Params) -> None:
    if format_type(params) in {"json_object", "json_schema"}:
        schema = as_object(as_object(params.get("response_format")).get("json_schema")).get("schema")
        body["response_format"] = {"type": "json_object", **({"json_schema": schema} if schema else {})}


def _add_thinking(body: dict[str, object], params: Params) -> None:
    """Say whether to think and how long at most; a budget that the caller gives wins over an effort's."""
    effort, budget = params.get("reasoning_effort"), params.get("reasoning_budget")
    if effort is None and budget is None:
        return
    if effort == "none" or budget == 0:
        body["thinking"] = {"type": "disabled"}
        return
    if budget is None:
        limit = params.get("max_tokens")
        budget = _BUDGETS.get(effort or "")
        if budget is not None and limit is not None and budget >= limit:
            budget = limit - 1
    thinking: dict[str, object] = {"type": "enabled"}
    if budget is not None and budget > 0:
        thinking["token_budget"] = budget
    body["thinking"] = thinking
