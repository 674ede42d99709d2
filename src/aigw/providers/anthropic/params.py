"""Write canonical parameters as Anthropic's, and name those it has no word for.

Source: https://docs.claude.com/en/api/messages
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from aigw.providers import canonical
from aigw.providers.anthropic.models import (
    BUDGETS,
    EFFORTS,
    LEAST_BUDGET,
    SAMPLING,
    always_thinks,
    default_max_tokens,
    effort_of,
    sampling_beyond,
    takes_budget,
    takes_effort,
    thinks,
)
from aigw.providers.schema_subsets import ANTHROPIC, ANTHROPIC_TOOLS
from aigw.providers.schemas import expressible, fit
from aigw.types.json import JsonObject, as_int, as_object, as_text
from aigw.types.request import Params

NATIVE: Final = frozenset(
    {
        "top_k",
        "thinking",
        "output_config",
        "output_format",
        "billing_policy",
        "cache_control",
        "compaction",
        "container",
        "context_management",
        "diagnostics",
        "fallback_credit_token",
        "fallbacks",
        "inference_geo",
        "mcp_servers",
        "speed",
        "thread",
    },
)
"""Anthropic's own parameters, which a caller gives in `extra_body`; they win over what ours would become."""

BETAS: Final = frozenset({"betas", "anthropic_beta"})
_SELDOM: Final = frozenset({"stop", "response_format", "reasoning_effort", "reasoning_budget", "service_tier"})
HEADERS: Final[Mapping[str, str]] = {
    "user_profile_id": "anthropic-user-profile-id",
    "workspace_id": "anthropic-workspace-id",
}
"""Parameters that travel as headers, and the name of each."""
_KNOWN: Final = NATIVE | BETAS | HEADERS.keys() | {"safety_identifier", "stream_options", "max_completion_tokens"}
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
        "top_k",
        "stop",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "response_format",
        "reasoning_effort",
        "reasoning_budget",
        "service_tier",
        "user",
    },
)
_TIERS: Final = {"auto": "auto", "default": "standard_only", "standard_only": "standard_only"}
_CHOICES: Final = {"auto": "auto", "required": "any", "any": "any"}
_TOOL_EXTRAS: Final = frozenset(
    {"cache_control", "defer_loading", "input_examples", "eager_input_streaming", "allowed_callers"},
)
_TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_SERVER_TOOL: Final = re.compile(r"\w+_\d{8}|mcp_toolset")
"""Anthropic's own tools have the day of their version in their type."""
_PERSONAL: Final = re.compile(r"@|^\+?[\d\s().-]{7,}$")


def beyond(params: Params, other: JsonObject, model: str) -> list[str]:
    """Name the parameters that Anthropic, or *model*, cannot take in the way the caller set them."""
    names: list[str] = []
    if not params.keys() <= _EXPRESSED:
        names += (
            name
            for name, value in params.items()
            if name not in _EXPRESSED
            and value not in _NEUTRAL.get(name, ())
            and not (name == "metadata" and as_object(value).keys() <= {"user_id"})
        )
    names += sampling_beyond({**params}, model)
    if not params.keys().isdisjoint(_SELDOM):
        names += _seldom_beyond(params, other, model)
    if "tools" in params and not all(map(_is_tool, params["tools"])):
        tools = enumerate(params["tools"])
        names += dict.fromkeys(_tool_name(tool, index) for index, tool in tools if not _is_tool(tool))
    if "tool_choice" in params and not _is_choice(params["tool_choice"]):
        names.append("tool_choice")
    return [*names, *(name for name in other if name not in _KNOWN)] if other else names


def _seldom_beyond(params: Params, other: JsonObject, model: str) -> list[str]:
    """Name those of the parameters that few calls have."""
    names: list[str] = []
    if any(not entry.strip() for entry in params.get("stop", ())):
        names.append("stop")
    form = as_object(params.get("response_format")).get("type")
    if form not in (None, "text", "json_schema") or not expressible(_schema(params), ANTHROPIC):
        names.append("response_format")
    effort = params.get("reasoning_effort")
    if effort is not None and "thinking" not in other and not _can_think(effort, params, model):
        names.append("reasoning_effort")
    if params.get("reasoning_budget", 0) > 0 and "thinking" not in other and not _can_budget(params, model):
        names.append("reasoning_budget")
    if params.get("service_tier", "auto") not in _TIERS:
        names.append("service_tier")
    return names


def written(params: Params, other: JsonObject, model: str, left_out: frozenset[str], notes: list[str]) -> JsonObject:
    """Write all parameters but those *left_out*."""
    kept = canonical.kept(params, left_out)
    body: dict[str, object] = {"max_tokens": kept.get("max_tokens", default_max_tokens(model))}
    body.update({name: value for name, value in kept.items() if name in SAMPLING})
    if "stop" in kept:
        body["stop_sequences"] = list(kept["stop"])
    if "thinking" not in other:
        _add_thinking(body, kept, model, notes)
        _add_budget(body, kept, model, notes)
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


def _can_budget(params: Params, model: str) -> bool:
    """Whether there is room for the least budget, where the model takes one; else an effort stands for it."""
    return thinks(model) and params.get("max_tokens", default_max_tokens(model)) > LEAST_BUDGET


def _add_budget(body: dict[str, object], params: Params, model: str, notes: list[str]) -> None:
    """Write the tokens to think within: at least the least that is accepted, and fewer than the answer may have.

    Where the caller set no limit, there is room for the usual one beside the budget. Sources that count otherwise say 0
    for no thinking at all, and less than that for as much as the model likes.
    """
    budget = params.get("reasoning_budget")
    if budget is None:
        return
    if budget == 0:
        if thinks(model) and not always_thinks(model):
            body["thinking"] = {"type": "disabled"}
        return
    if not takes_budget(model) or (budget < 0 and takes_effort(model)):
        body["thinking"] = {"type": "adaptive"}
        if budget > 0 and "reasoning_effort" not in params:
            body["output_config"] = {"effort": effort_of(budget)}
            notes.append("changed: reasoning_budget (the model takes an effort instead)")
        return
    wanted = max(budget if budget > 0 else BUDGETS["high"], LEAST_BUDGET)
    if "max_tokens" not in params:
        body["max_tokens"] = wanted + default_max_tokens(model)
    fitting = min(wanted, (as_int(body["max_tokens"]) or 0) - 1)
    if fitting < LEAST_BUDGET:
        body["thinking"] = {"type": "disabled"}
        notes.append("dropped: reasoning_budget (max_tokens leaves no room for it)")
        return
    if fitting != budget:
        notes.append("changed: reasoning_budget (it has to be at least 1024 and below max_tokens)")
    body["thinking"] = {"type": "enabled", "budget_tokens": fitting}


def _add_thinking(body: dict[str, object], params: Params, model: str, notes: list[str]) -> None:
    effort = params.get("reasoning_effort")
    if effort is None:
        return
    if effort == "none":
        if thinks(model) and not always_thinks(model):
            body["thinking"] = {"type": "disabled"}
        return
    if takes_effort(model):
        body["thinking"] = {"type": "adaptive"}
        body["output_config"] = {"effort": EFFORTS.get(effort, effort)}
        return
    if effort not in BUDGETS:
        effort = "high"
        notes.append("changed: reasoning_effort (the model takes a budget, and this effort has none: high has)")
    limit = as_int(body["max_tokens"]) or 0
    body["thinking"] = {"type": "enabled", "budget_tokens": min(BUDGETS[effort], limit - 1)}


def _add_format(body: dict[str, object], params: Params, notes: list[str]) -> None:
    form = as_object(params.get("response_format"))
    if form.get("type") != "json_schema":
        return
    schema = fit(_schema(params), "response_format", ANTHROPIC, notes)
    body["output_config"] = {
        **as_object(body.get("output_config")),
        "format": {"type": "json_schema", "schema": schema},
    }


def _schema(params: Params) -> JsonObject:
    """Give the schema that is asked for, or none."""
    return as_object(as_object(as_object(params.get("response_format")).get("json_schema")).get("schema"))


def _add_tools(body: dict[str, object], params: Params, left_out: frozenset[str], notes: list[str]) -> None:
    given: Sequence[JsonObject] = params.get("tools", ())
    if left_out:
        given = [tool for index, tool in enumerate(given) if _tool_name(tool, index) not in left_out]
    tools, changes = _tools(given, "")
    notes += changes
    if not tools:
        if params.get("tool_choice", "none") not in ("none", "auto"):
            notes.append("dropped: tool_choice (there are no tools)")
        return
    body["tools"] = tools
    choice = _choice(params.get("tool_choice"))
    if params.get("parallel_tool_calls") is False and choice != {"type": "none"}:
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    if choice is not None:
        body["tool_choice"] = choice


@canonical.remembering
def _tools(tools: Sequence[JsonObject], _: str) -> canonical.ToolsWritten:
    notes: list[str] = []
    return [_tool(tool, notes) for tool in tools], tuple(notes)


def _is_tool(tool: JsonObject) -> bool:
    if tool.get("type") == "function":
        return bool(_TOOL_NAME.fullmatch(as_text(as_object(tool.get("function")).get("name")) or ""))
    return bool(_SERVER_TOOL.fullmatch(as_text(tool.get("type")) or ""))


def _tool_name(tool: JsonObject, index: int) -> str:
    """Name a tool that cannot be taken: a function by its place, anything else by its type."""
    return f"tools[{index}]" if tool.get("type") == "function" else f"tools.{tool.get('type')}"


def _tool(tool: JsonObject, notes: list[str]) -> JsonObject:
    """Write a function as Anthropic's tool; what is not a function is Anthropic's own already (its server tools)."""
    if tool.get("type") != "function":
        return tool
    function = as_object(tool.get("function"))
    written: dict[str, object] = {"name": function.get("name")}
    if function.get("description"):
        written["description"] = function["description"]
    parameters, where = as_object(function.get("parameters")), f"the parameters of {function.get('name')}"
    strict = function.get("strict") is True
    if strict and not expressible(parameters, ANTHROPIC):
        notes.append(f"dropped: strict of {where} (anthropic takes no schema that holds itself)")
        strict = False
    fitted = fit(parameters, where, ANTHROPIC if strict else ANTHROPIC_TOOLS, notes)
    written["input_schema"] = {"type": "object", **fitted}
    if strict:
        written["strict"] = True
    written.update((name, tool[name]) for name in _TOOL_EXTRAS & tool.keys() if tool[name] is not None)
    return written


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
