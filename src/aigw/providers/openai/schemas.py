"""Fit the schemas of a body in one of OpenAI's dialects to what its host takes, for callers of another dialect."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.providers.canonical import ToolsWritten, remembering
from aigw.providers.schema_subsets import OPENAI_TOOLS, SUBSETS, Subset
from aigw.providers.schemas import fit
from aigw.types.json import JsonObject, as_array, as_object, as_text

_FORMAT: Final = "response_format"
_LOOSE: Final = {subset.name: replace(OPENAI_TOOLS, name=subset.name) for subset in SUBSETS.values()}


def fit_chat(body: dict[str, object], target: Target, notes: list[str]) -> None:
    """Fit the schemas of a body for chat completions."""
    subset = SUBSETS.get(target.provider.kind.quirks.schemas)
    if subset is None:
        return
    form = as_object(body.get(_FORMAT))
    if form.get("type") == "json_schema":
        body[_FORMAT] = {**form, "json_schema": _fitted(as_object(form.get("json_schema")), "schema", subset, notes)}
    if "tools" in body:
        tools = list(map(as_object, as_array(body["tools"])))
        body["tools"], changes = _chat_tools(tools, subset.name)
        notes += changes


def fit_responses(body: dict[str, object], target: Target, notes: list[str]) -> None:
    """Fit the schemas of a body for responses."""
    subset = SUBSETS.get(target.provider.kind.quirks.schemas)
    if subset is None:
        return
    text = as_object(body.get("text"))
    form = as_object(text.get("format"))
    if form.get("type") == "json_schema":
        body["text"] = {**text, "format": _fitted(form, "schema", subset, notes)}
    if "tools" in body:
        body["tools"] = responses_tools(as_array(body["tools"]), subset.name, notes)


def responses_tools(tools: Sequence[object], schemas: str, notes: list[str]) -> list[JsonObject]:
    """Fit the schemas of *tools* of responses to the subset that *schemas* names, if it names one."""
    subset = SUBSETS.get(schemas)
    objects = list(map(as_object, tools))
    if subset is None:
        return objects
    return [_fitted(tool, "parameters", subset, notes) if tool.get("type") == "function" else tool for tool in objects]


@remembering
def _chat_tools(tools: Sequence[JsonObject], schemas: str) -> ToolsWritten:
    notes: list[str] = []
    return [_chat_tool(tool, SUBSETS[schemas], notes) for tool in tools], tuple(notes)


def _chat_tool(tool: JsonObject, subset: Subset, notes: list[str]) -> JsonObject:
    if tool.get("type") != "function":
        return tool
    function = as_object(tool.get("function"))
    fitted = _fitted(function, "parameters", subset, notes)
    return tool if fitted is function else {**tool, "function": fitted}


def _fitted(holder: JsonObject, name: str, subset: Subset, notes: list[str]) -> JsonObject:
    """Fit the schema that *holder* has under *name*, by what it is to be: kept to strictly, or only taken as advice."""
    schema = as_object(holder.get(name))
    is_tool = name == "parameters"
    if subset.strict_only and holder.get("strict") is not True:
        if not is_tool:
            return holder
        subset = _LOOSE[subset.name]
    where = f"the parameters of {as_text(holder.get('name'))}" if is_tool else _FORMAT
    fitted = fit(schema, where, subset, notes)
    return holder if fitted is schema else {**holder, name: fitted}
