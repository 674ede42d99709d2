"""Write tools and the choice among them in Google's words.

Source: https://ai.google.dev/api/caching#Tool and #ToolConfig.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from aigw.providers.canonical import ToolsWritten, functions, remembering
from aigw.providers.gemini.models import takes_json_schema
from aigw.providers.schema_subsets import GEMINI, GEMINI_OLD
from aigw.providers.schemas import fit
from aigw.types.json import EMPTY, JsonObject, as_array, as_object, as_text, without
from aigw.types.request import Params

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_UNDERSCORE: Final = re.compile(r"_([a-z])")
_TYPE: Final = frozenset({"type"})
_OWN: Final = frozenset(
    {
        "googleSearch",
        "googleSearchRetrieval",
        "googleMaps",
        "codeExecution",
        "urlContext",
        "fileSearch",
        "computerUse",
        "enterpriseWebSearch",
        "parallelAiSearch",
        "exaAiSearch",
        "retrieval",
        "mcpServers",
    }
)
"""Tools that Google runs itself; a caller gives them as `{"type": "google_search"}` or in Google's own form."""
_MODES: Final = {"none": "NONE", "auto": "AUTO", "required": "ANY", "any": "ANY"}


def camel(name: str) -> str:
    """Give *name* as Google's JSON spells it."""
    return _UNDERSCORE.sub(lambda found: found[1].upper(), name)


def beyond(params: Params) -> Iterator[str]:
    """Name the tools and the choice that Google cannot take."""
    tools = params.get("tools", ())
    for index, tool in enumerate(tools) if not all(map(_is_function, tools)) else ():
        if tool.get("type") == "function":
            if not _is_function(tool):
                yield f"tools[{index}]"
        elif _server_tool(tool) is None:
            yield f"tools.{tool.get('type', index)}"
    if tools and params.get("parallel_tool_calls") is False:
        yield "parallel_tool_calls"
    if "tool_choice" in params and _config(params["tool_choice"]) is None:
        yield "tool_choice"


def _is_function(tool: JsonObject) -> bool:
    """Whether *tool* is a function with a name that Google takes."""
    function = as_object(tool.get("function")) if tool.get("type") == "function" else EMPTY
    return _NAME.fullmatch(as_text(function.get("name")) or "") is not None


def written(params: Params, model: str, left_out: frozenset[str], notes: list[str]) -> JsonObject:
    """Write `tools` and `toolConfig`; neither where there are no tools."""
    kept: Sequence[JsonObject] = params.get("tools", ())
    if left_out:
        kept = [
            tool
            for index, tool in enumerate(kept)
            if not left_out & {f"tools[{index}]", f"tools.{tool.get('type', index)}"}
        ]
    tools, changes = _tools(kept, model)
    notes += changes
    declared = bool(tools) and "functionDeclarations" in tools[0]
    choice = params.get("tool_choice") if "tool_choice" not in left_out else None
    if not tools:
        if choice not in (None, "none", "auto"):
            notes.append("dropped: tool_choice (there are no tools)")
        return {}
    config = None if choice is None or not declared else _config(choice)
    return {"tools": tools} if config is None else {"tools": tools, "toolConfig": {"functionCallingConfig": config}}


@remembering
def _tools(tools: Sequence[JsonObject], model: str) -> ToolsWritten:
    notes: list[str] = []
    declared = [_declared(function, model, notes) for function in functions({"tools": tools})]
    written: list[JsonObject] = [{"functionDeclarations": declared}] if declared else []
    written += (_server_tool(tool) or tool for tool in tools if tool.get("type") != "function")
    return written, tuple(notes)


def _server_tool(tool: JsonObject) -> JsonObject | None:
    """Give a tool of Google's own in its form, or None if it is none."""
    kind = as_text(tool.get("type"))
    if kind is None:
        return tool if tool and all(camel(name) in _OWN for name in tool) else None
    name = camel(kind)
    return {name: as_object(tool.get(kind)) or without(tool, _TYPE | {kind})} if name in _OWN else None


def _declared(function: JsonObject, model: str, notes: list[str]) -> JsonObject:
    name = as_text(function.get("name")) or ""
    declared: dict[str, object] = {"name": name}
    if function.get("description"):
        declared["description"] = function["description"]
    if function.get("strict") is True:
        notes.append(f"dropped: strict of the tool {name} (gemini has no such promise)")
    parameters = as_object(function.get("parameters"))
    if takes_json_schema(model):
        if parameters:
            declared["parametersJsonSchema"] = fit(parameters, f"the parameters of {name}", GEMINI, notes)
    elif as_object(parameters.get("properties")):
        declared["parameters"] = fit(parameters, f"the parameters of {name}", GEMINI_OLD, notes)
    return declared


def _config(choice: object) -> JsonObject | None:
    """Write a choice, or give None for one that has no form. Some of the tools, freely chosen, are `VALIDATED`."""
    if isinstance(choice, str):
        return {"mode": _MODES[choice]} if choice in _MODES else None
    said = as_object(choice)
    if said.get("type") == "function":
        return {"mode": "ANY", "allowedFunctionNames": [as_object(said.get("function")).get("name")]}
    if said.get("type") != "allowed_tools":
        return None
    allowed = as_object(said.get("allowed_tools")) or said
    names = [_name(as_object(tool)) for tool in as_array(allowed.get("tools"))]
    if not names or None in names:
        return None
    return {"mode": "ANY" if allowed.get("mode") == "required" else "VALIDATED", "allowedFunctionNames": names}


def _name(tool: JsonObject) -> str | None:
    return as_text(as_object(tool.get("function")).get("name")) or as_text(tool.get("name"))
