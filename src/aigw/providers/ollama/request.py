"""Write a request in Ollama's native dialect.

Sources: https://github.com/ollama/ollama/blob/main/docs/api.md and https://docs.ollama.com/capabilities/thinking.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, cast

from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.canonical import (
    beyond,
    choice_word,
    expressible,
    format_type,
    functions,
    kept,
    parameters,
    parts_beyond,
    passed_on,
    speakers,
    tools_beyond,
)
from aigw.providers.ollama.messages import DIALECT, lacking, written
from aigw.providers.writing import encoded, endpoint, headers, once, refuse
from aigw.types.json import JsonObject, as_object
from aigw.types.request import Params, Request
from aigw.wire import HttpRequest

_IN_OPTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "max_tokens": "num_predict",
        "temperature": "temperature",
        "top_p": "top_p",
        "top_k": "top_k",
        "seed": "seed",
        "stop": "stop",
        "frequency_penalty": "frequency_penalty",
        "presence_penalty": "presence_penalty",
    }
)
_OPTIONS: Final = frozenset(
    {
        "draft_num_predict",
        "main_gpu",
        "min_p",
        "mirostat",
        "mirostat_eta",
        "mirostat_tau",
        "num_batch",
        "num_ctx",
        "num_gpu",
        "num_keep",
        "num_predict",
        "num_thread",
        "penalize_newline",
        "repeat_last_n",
        "repeat_penalty",
        "tfs_z",
        "typical_p",
        "use_mlock",
        "use_mmap",
    }
)
"""Ollama's own options, which may be given by themselves as well as inside `options`."""

_NATIVE: Final = frozenset({"options", "think", "format", "keep_alive", "truncate", "shift"})
_EXPRESSED: Final = frozenset(
    {*_IN_OPTIONS, "tools", "tool_choice", "response_format", "reasoning_effort", "logprobs", "top_logprobs"}
)
_LOGPROBS: Final = frozenset({"logprobs", "top_logprobs"})
_LEVELS: Final = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}


@once
def unsupported(request: Request, target: Target) -> tuple[str, ...]:
    """Name what of *request* Ollama cannot express."""
    if request.dialect == DIALECT:
        return ()
    params, other = parameters(request, target, [])
    names = beyond(params, other, _EXPRESSED, _NATIVE | _OPTIONS)
    names += tools_beyond(params)
    if choice_word(params) not in {"auto", "none"}:
        names.append("tool_choice")
    if format_type(params) not in {"text", "json_object", "json_schema"}:
        names.append("response_format")
    if params.get("reasoning_effort", "none") not in {"none", *_LEVELS}:
        names.append("reasoning_effort")
    # The name of a tool message is the tool's, which Ollama takes.
    return (*names, *speakers(request.messages), *parts_beyond(request.messages, lacking))


def write(request: Request, target: Target) -> Outgoing:
    """Write *request*. Raises `UnsupportedParameterError`, or drops with a note, as the manifest says."""
    notes: list[str] = []
    left_out = refuse(unsupported(request, target), target, notes)
    provider = target.provider
    outgoing = HttpRequest(
        "POST",
        endpoint(provider.base_url, "/api/chat"),
        headers(target, stream=request.stream, own=(("accept", "application/x-ndjson"),) if request.stream else ()),
        encoded(_body(request, target, left_out, notes), provider.name),
    )
    return Outgoing(outgoing, tuple(notes))


def _body(request: Request, target: Target, left_out: frozenset[str], notes: list[str]) -> JsonObject:
    # Ollama streams unless it is told not to.
    if request.dialect == DIALECT and not request.edited:
        return {**request.verbatim, **target.params, "model": target.model, "stream": request.stream}
    said, other = parameters(request, target, notes)
    params = kept(said, left_out)
    messages = written(expressible(request.messages, left_out, lacking), notes)
    body: dict[str, object] = {"model": target.model, "messages": messages, "stream": request.stream}
    if target.unsupported == "pass":
        body.update(_unknown(params, other))
    _add_tools(body, params, target, notes)
    _add_format(body, params)
    _add_thinking(body, params, target, notes)
    if not _LOGPROBS.isdisjoint(params):
        body.update({name: value for name, value in params.items() if name in _LOGPROBS})
    _add_options(body, params, other)
    body.update({name: other[name] for name in _NATIVE & other.keys() if name != "options"})
    return body


def _unknown(params: Params, other: JsonObject) -> JsonObject:
    """Give what Ollama is not known to take but shall be sent all the same."""
    names = beyond(params, other, _EXPRESSED, _NATIVE | _OPTIONS)
    if choice_word(params) not in {"auto", "none"}:
        names.append("tool_choice")
    said = {**other, **params}
    return {name: said[name] for name in names}


def _add_options(body: dict[str, object], params: Params, other: JsonObject) -> None:
    """Collect what goes into `options`; what the caller says in Ollama's own words wins."""
    said = cast("JsonObject", params)
    options = {theirs: said[name] for name, theirs in _IN_OPTIONS.items() if name in said}
    options.update({name: value for name, value in other.items() if name in _OPTIONS})
    options.update(as_object(other.get("options")))
    if options:
        body["options"] = options


def _add_tools(body: dict[str, object], params: Params, target: Target, notes: list[str]) -> None:
    tools, others = functions(params), passed_on(params, target)
    if not tools and not others:
        return
    if choice_word(params) == "none":
        notes.append("changed: tool_choice (none: the tools are left out, since ollama cannot be told to use none)")
        return
    if any(tool.get("strict") is True for tool in tools):
        notes.append("dropped: tools.strict (ollama does not hold arguments to their schema)")
    body["tools"] = [*({"type": "function", "function": _function(tool)} for tool in tools), *others]


def _function(tool: JsonObject) -> JsonObject:
    """Write a function. Templates print its parameters, so there are some where it takes none."""
    if "strict" not in tool and as_object(tool.get("parameters")):
        return tool
    plain = {name: value for name, value in tool.items() if name != "strict"}
    return {**plain, "parameters": as_object(tool.get("parameters")) or {"type": "object", "properties": {}}}


def _add_format(body: dict[str, object], params: Params) -> None:
    kind = format_type(params)
    if kind == "json_object":
        body["format"] = "json"
    elif kind == "json_schema":
        schema = as_object(as_object(params.get("response_format")).get("json_schema")).get("schema")
        body["format"] = as_object(schema) or "json"


def _add_thinking(body: dict[str, object], params: Params, target: Target, notes: list[str]) -> None:
    """Say whether to think. Only gpt-oss has levels; every other model that thinks does it or does not."""
    effort = params.get("reasoning_effort")
    if effort is None:
        return
    think: object = effort != "none"
    if think and "gpt-oss" in target.model.lower():
        think = _LEVELS.get(effort, effort)
    body["think"] = think
    if effort not in {"none", think}:
        notes.append(f"changed: reasoning_effort ({effort} is think: {str(think).lower()} at {target.id})")
