"""Write canonical parameters as Anthropic's, and name those it has no word for.

Source: https://docs.claude.com/en/api/messages
"""

import copy
import re
from collections.abc import Mapping
from typing import Final, cast

from aigw.providers.anthropic_models import (
    BUDGETS,
    EFFORTS,
    always_thinks,
    default_max_tokens,
    samples,
    takes_effort,
    thinks,
)
from aigw.types.json import JsonObject, as_array, as_int, as_object, as_text
from aigw.types.request import Params

NATIVE: Final = frozenset(
    {
        "top_k",
        "thinking",
        "output_config",
        "cache_control",
        "container",
        "context_management",
        "inference_geo",
        "mcp_servers",
        "speed",
    }
)
"""Anthropic's own parameters, which a caller gives in `extra_body`; they win over what ours would become."""

BETAS: Final = frozenset({"betas", "anthropic_beta"})
_NEUTRAL: Final[Mapping[str, tuple[object, ...]]] = {
    "n": (1,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
    "store": (False,),
    "modalities": (["text"],),
}
_EXPRESSED: Final = frozenset(
    {
        "max_tokens",
        "temperature",
        "top_p",
        "stop",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "response_format",
        "reasoning_effort",
        "service_tier",
        "user",
    }
)
_TIERS: Final = {"auto": "auto", "default": "standard_only", "standard_only": "standard_only"}
_CHOICES: Final = {"auto": "auto", "required": "any", "any": "any"}
_TOOL_EXTRAS: Final = ("cache_control", "defer_loading", "input_examples", "eager_input_streaming", "allowed_callers")
_TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_PERSONAL: Final = re.compile(r"@|^\+?[\d\s().-]{7,}$")


def beyond(params: Params, other: JsonObject, model: str) -> list[str]:
    """Name the parameters that Anthropic, or *model*, cannot take in the way the caller set them."""
    names = [
        name
        for name, value in params.items()
        if name not in _EXPRESSED
        and value not in _NEUTRAL.get(name, ())
        and not (name == "metadata" and as_object(value).keys() <= {"user_id"})
    ]
    for name in ("temperature", "top_p"):
        value = cast("JsonObject", params).get(name)
        if value is not None and (not samples(model) or (isinstance(value, int | float) and value > 1)):
            names.append(name)
    if any(not entry.strip() for entry in params.get("stop", ())):
        names.append("stop")
    if as_object(params.get("response_format")).get("type") not in {None, "text", "json_schema"}:
        names.append("response_format")
    effort = params.get("reasoning_effort")
    if effort is not None and "thinking" not in other and not _can_think(effort, params, model):
        names.append("reasoning_effort")
    if params.get("service_tier", "auto") not in _TIERS:
        names.append("service_tier")
    names += (f"tools[{index}]" for index, tool in enumerate(params.get("tools", ())) if not _is_tool(tool))
    if not _is_choice(params.get("tool_choice", "auto")):
        names.append("tool_choice")
    known = NATIVE | BETAS | {"safety_identifier", "stream_options", "max_completion_tokens"}
    return [*names, *(name for name in other if name not in known)]


def written(params: Params, other: JsonObject, model: str, left_out: frozenset[str], notes: list[str]) -> JsonObject:
    """Write all parameters but those *left_out*."""
    kept = cast("Params", {name: value for name, value in params.items() if name not in left_out})
    body: dict[str, object] = {"max_tokens": kept.get("max_tokens", default_max_tokens(model))}
    body.update({name: value for name, value in kept.items() if name in {"temperature", "top_p"}})
    if "stop" in kept:
        body["stop_sequences"] = list(kept["stop"])
    _add_thinking(body, kept, other, model)
    _add_format(body, kept, notes)
    _add_tools(body, kept, left_out, notes)
    _add_user(body, kept, other, notes)
    if "service_tier" in kept:
        body["service_tier"] = _TIERS.get(kept["service_tier"], kept["service_tier"])
    for name in NATIVE & other.keys():
        value = other[name]
        body[name] = {**as_object(body.get(name)), **as_object(value)} if name == "output_config" else value
    return body


def _can_think(effort: str, params: Params, model: str) -> bool:
    if effort == "none":
        return True
    if effort not in EFFORTS:
        return False
    if takes_effort(model):
        return True
    return thinks(model) and params.get("max_tokens", default_max_tokens(model)) > BUDGETS["low"]


def _add_thinking(body: dict[str, object], params: Params, other: JsonObject, model: str) -> None:
    effort = params.get("reasoning_effort")
    if effort is None or "thinking" in other:
        return
    if effort == "none":
        if thinks(model) and not always_thinks(model):
            body["thinking"] = {"type": "disabled"}
        return
    if takes_effort(model):
        body["thinking"] = {"type": "adaptive"}
        body["output_config"] = {"effort": EFFORTS.get(effort, effort)}
        return
    limit = as_int(body["max_tokens"]) or 0
    body["thinking"] = {"type": "enabled", "budget_tokens": min(BUDGETS[effort], limit - 1)}


def _add_format(body: dict[str, object], params: Params, notes: list[str]) -> None:
    form = as_object(params.get("response_format"))
    if form.get("type") != "json_schema":
        return
    schema = copy.deepcopy(as_object(as_object(form.get("json_schema")).get("schema")))
    closed = _closed(schema)
    if closed != schema:
        notes.append("changed: response_format (additionalProperties: false added, which Anthropic requires)")
    body["output_config"] = {
        **as_object(body.get("output_config")),
        "format": {"type": "json_schema", "schema": closed},
    }


def _closed(schema: object) -> object:
    """Give *schema* with every object closed to other properties."""
    if isinstance(schema, list):
        return [_closed(item) for item in as_array(cast("object", schema))]
    if not isinstance(schema, Mapping):
        return schema
    closed = {name: _closed(value) for name, value in as_object(cast("object", schema)).items()}
    if closed.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


def _add_tools(body: dict[str, object], params: Params, left_out: frozenset[str], notes: list[str]) -> None:
    tools = [_tool(tool) for index, tool in enumerate(params.get("tools", ())) if f"tools[{index}]" not in left_out]
    if not tools:
        if params.get("tool_choice", "none") not in {"none", "auto"}:
            notes.append("dropped: tool_choice (there are no tools)")
        return
    body["tools"] = tools
    choice = _choice(params.get("tool_choice"))
    if params.get("parallel_tool_calls") is False and choice != {"type": "none"}:
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    if choice is not None:
        body["tool_choice"] = choice


def _is_tool(tool: JsonObject) -> bool:
    if tool.get("type") == "function":
        return bool(_TOOL_NAME.fullmatch(as_text(as_object(tool.get("function")).get("name")) or ""))
    return "custom" not in tool and "name" in tool


def _tool(tool: JsonObject) -> JsonObject:
    """Write a function as Anthropic's tool; what is not a function is Anthropic's own already (its server tools)."""
    if tool.get("type") != "function":
        return tool
    function = as_object(tool.get("function"))
    written: dict[str, object] = {"name": function.get("name")}
    if function.get("description"):
        written["description"] = function["description"]
    written["input_schema"] = {"type": "object", **as_object(function.get("parameters"))}
    if function.get("strict") is True:
        written["strict"] = True
    return {**written, **{name: tool[name] for name in _TOOL_EXTRAS if tool.get(name) is not None}}


def _is_choice(choice: object) -> bool:
    if isinstance(choice, str):
        return choice in {"none", *_CHOICES}
    return as_object(choice).get("type") == "function"


def _choice(choice: object) -> JsonObject | None:
    if choice is None:
        return None
    if isinstance(choice, str):
        return {"type": _CHOICES.get(choice, "none")}
    return {"type": "tool", "name": as_object(as_object(choice).get("function")).get("name")}


def _add_user(body: dict[str, object], params: Params, other: JsonObject, notes: list[str]) -> None:
    """Tell who the user is, unless that is an address or a telephone number, which Anthropic refuses."""
    name, user = "metadata", params.get("metadata", {}).get("user_id")
    if user is None:
        name, user = "user", params.get("user")
    if user is None:
        name, user = "safety_identifier", as_text(other.get("safety_identifier"))
    if user is None:
        return
    if _PERSONAL.search(user):
        notes.append(f"dropped: {name} (it looks like an address or a telephone number, which anthropic refuses)")
    else:
        body["metadata"] = {"user_id": user}
