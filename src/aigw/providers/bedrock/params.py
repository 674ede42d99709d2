"""Write canonical parameters as Bedrock's, and name those it has no word for.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, cast

from aigw.providers import canonical
from aigw.providers.anthropic.models import samples
from aigw.providers.bedrock.messages import cache_point
from aigw.providers.bedrock.models import format_way, is_claude, with_reasoning, with_top_k
from aigw.providers.bedrock.names import legal_name
from aigw.providers.schema_subsets import BEDROCK
from aigw.providers.schemas import expressible, fit
from aigw.providers.writing import encoded
from aigw.types.json import JsonObject, as_object, as_text
from aigw.types.request import Params

NATIVE: Final = frozenset(
    {
        "additionalModelRequestFields",
        "additionalModelResponseFieldPaths",
        "guardrailConfig",
        "inferenceConfig",
        "outputConfig",
        "performanceConfig",
        "promptVariables",
        "requestMetadata",
        "serviceTier",
    }
)
"""Bedrock's own parameters, which a caller gives in `extra_body`; they win over what ours would become."""

CLAUDES: Final = frozenset({"thinking", "output_config", "anthropic_beta", "context_management"})
"""Anthropic's own parameters, which its models on Bedrock take as additional fields."""

_NATIVE_TO_CLAUDE: Final = NATIVE | CLAUDES

_EXPRESSED: Final = frozenset(
    {
        "max_tokens",
        "temperature",
        "top_p",
        "stop",
        "tools",
        "tool_choice",
        "response_format",
        "metadata",
        "service_tier",
        "reasoning_effort",
        "reasoning_budget",
        "top_k",
    }
)
_INFERENCE: Final = {"max_tokens": "maxTokens", "temperature": "temperature", "top_p": "topP"}
_TIERS: Final = frozenset({"auto", "default", "flex", "priority", "reserved"})
_CHOICES: Final[Mapping[str, JsonObject]] = {"auto": {"auto": {}}, "required": {"any": {}}, "any": {"any": {}}}
_TAG: Final = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}")
_TAGS: Final = 16
_OWN_TOOLS: Final = frozenset({"toolSpec", "systemTool", "cachePoint"})


def beyond(params: Params, other: JsonObject, model: str) -> list[str]:
    """Name the parameters that Bedrock, or *model*, cannot take in the way the caller set them."""
    names = canonical.beyond(params, other, _EXPRESSED, _NATIVE_TO_CLAUDE if is_claude(model) else NATIVE)
    names += _beyond_sampling(params, model)
    if with_reasoning(params, model) is None:
        names.append("reasoning_effort" if "reasoning_effort" in params else "reasoning_budget")
    if params.get("service_tier", "auto") not in _TIERS:
        names.append("service_tier")
    if not _are_tags(params.get("metadata", {})):
        names.append("metadata")
    names += _beyond_tools(params)
    form = as_object(params.get("response_format")).get("type")
    holds = form == "json_schema" and _can_hold(params, other, model)
    if form not in (None, "text") and not holds:
        names.append("response_format")
    return names


def written(
    params: Params, other: JsonObject, model: str, left_out: frozenset[str], notes: list[str]
) -> dict[str, object]:
    """Write all parameters but the tools and those *left_out*."""
    kept = canonical.kept(params, left_out)
    body: dict[str, object] = {}
    inference = {_INFERENCE[name]: value for name, value in kept.items() if name in _INFERENCE}
    if "stop" in kept:
        inference["stopSequences"] = list(kept["stop"])
    more: dict[str, object] = {**(with_reasoning(kept, model) or {}), **_top_k(kept, model)}
    if other:
        more |= {name: value for name, value in other.items() if name in CLAUDES and name not in left_out}
    form = as_object(kept.get("response_format"))
    if form.get("type") == "json_schema" and format_way(model) == "schema":
        body["outputConfig"] = {"textFormat": _text_format(as_object(form.get("json_schema")), notes)}
    if "metadata" in kept:
        body["requestMetadata"] = kept["metadata"]
    tier = kept.get("service_tier", "auto")
    if tier != "auto":
        body["serviceTier"] = {"type": tier}
    if inference:
        body["inferenceConfig"] = inference
    if more:
        body["additionalModelRequestFields"] = more
    for name in sorted(NATIVE & other.keys()):
        body[name] = _over(body.get(name), other[name])
    return body


def tool_config(params: Params, left_out: frozenset[str], answer: str | None, notes: list[str]) -> JsonObject:
    """Write the tools and the choice among them; *answer* names the tool that is the answer in the format asked for."""
    given: Sequence[JsonObject] = params.get("tools", ())
    if left_out:
        given = [
            tool
            for index, tool in enumerate(given)
            if left_out.isdisjoint({f"tools[{index}]", f"tools.{tool.get('type')}"})
        ]
    tools, changes = _tools(given, "")
    notes += changes
    said = None if "tool_choice" in left_out else params.get("tool_choice")
    if answer is not None:
        schema = as_object(as_object(params.get("response_format")).get("json_schema"))
        tools = [*(tools if said != "none" else []), _spec(answer, schema.get("description"), schema.get("schema"))]
        named = None if isinstance(said, str) else _choice(said)
        forced: JsonObject = {"any": {}} if len(tools) > 1 else {"tool": {"name": answer}}
        return {"tools": tools, "toolChoice": named or forced}
    if not tools:
        return {}
    choice = _choice(said)
    return {"tools": tools} if choice is None else {"tools": tools, "toolChoice": choice}


def _over(ours: object, theirs: object) -> object:
    """Lay the caller's own value over what was written from canonical parameters."""
    return {**as_object(ours), **as_object(theirs)} if ours is not None and as_object(theirs) else theirs


def _beyond_sampling(params: Params, model: str) -> list[str]:
    names: list[str] = []
    for name in ("temperature", "top_p"):
        value = cast("JsonObject", params).get(name)
        too_high = isinstance(value, int | float) and value > 1
        if value is not None and (too_high or (is_claude(model) and not samples(model))):
            names.append(name)
    if not all(entry.strip() if is_claude(model) else entry for entry in params.get("stop", ())):
        names.append("stop")
    if "top_k" in params and with_top_k(params["top_k"], model) is None:
        names.append("top_k")
    return names


def _top_k(params: Params, model: str) -> JsonObject:
    return (with_top_k(params["top_k"], model) or {}) if "top_k" in params else {}


def _are_tags(metadata: object) -> bool:
    tags = as_object(metadata)
    return not tags or (
        len(tags) <= _TAGS
        and all(
            name and _TAG.fullmatch(name) and isinstance(value, str) and _TAG.fullmatch(value)
            for name, value in tags.items()
        )
    )


def _can_hold(params: Params, other: JsonObject, model: str) -> bool:
    """Whether *model* can be held to a schema; one that is held to it by a tool cannot think meanwhile."""
    way = format_way(model)
    thinks = is_claude(model) and (bool(with_reasoning(params, model)) or "thinking" in other)
    schema = as_object(as_object(as_object(params.get("response_format")).get("json_schema")).get("schema"))
    return (way == "schema" and expressible(schema, BEDROCK)) or (way == "tool" and not thinks)


def _text_format(schema: JsonObject, notes: list[str]) -> JsonObject:
    fitted = fit(as_object(schema.get("schema")), "response_format", BEDROCK, notes)
    definition: dict[str, object] = {"schema": encoded(fitted, "bedrock").decode()}
    definition |= {name: schema[name] for name in ("name", "description") if as_text(schema.get(name))}
    return {"type": "json_schema", "structure": {"jsonSchema": definition}}


def _beyond_tools(params: Params) -> list[str]:
    names: list[str] = []
    for index, tool in enumerate(params.get("tools", ())):
        if tool.get("type") == "function":
            named = bool(as_text(as_object(tool.get("function")).get("name")))
            if not named:
                names.append(f"tools[{index}]")
        elif _OWN_TOOLS.isdisjoint(tool):
            names.append(f"tools.{tool.get('type')}")
    choice = params.get("tool_choice", "auto")
    if not (choice in {"none", *_CHOICES} if isinstance(choice, str) else choice.get("type") == "function"):
        names.append("tool_choice")
    return names


@canonical.remembering
def _tools(tools: Sequence[JsonObject], _: str) -> canonical.ToolsWritten:
    notes: list[str] = []
    return [block for tool in tools for block in _tool(tool, notes)], tuple(notes)


def _tool(tool: JsonObject, notes: list[str]) -> list[JsonObject]:
    """Write a function as Bedrock's tool; what is not a function is Bedrock's own already."""
    if tool.get("type") != "function":
        return [{name: value for name, value in tool.items() if name in _OWN_TOOLS}]
    function = as_object(tool.get("function"))
    parameters, where = as_object(function.get("parameters")), f"the parameters of {function.get('name')}"
    strict = function.get("strict") is True
    if strict and not expressible(parameters, BEDROCK):
        notes.append(f"dropped: strict of {where} (bedrock takes no schema that holds itself)")
        strict = False
    spec = _spec(
        legal_name(as_text(function.get("name")) or ""),
        function.get("description"),
        fit(parameters, where, BEDROCK, notes) if strict else parameters,
        strict=strict,
    )
    control = as_object(tool.get("cache_control"))
    return [spec, cache_point(control)] if control else [spec]


def _spec(name: str, description: object, schema: object, *, strict: bool = False) -> JsonObject:
    spec: dict[str, object] = {"name": name}
    if as_text(description):
        spec["description"] = description
    spec["inputSchema"] = {"json": {"type": "object", **as_object(schema)}}
    return {"toolSpec": {**spec, "strict": True} if strict else spec}


def _choice(said: object) -> JsonObject | None:
    if isinstance(said, str):
        return _CHOICES.get(said)
    name = as_text(as_object(as_object(said).get("function")).get("name"))
    return None if name is None else {"tool": {"name": legal_name(name)}}
