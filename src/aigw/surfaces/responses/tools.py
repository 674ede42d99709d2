"""OpenAI Responses' words for tools and formats, in the canonical ones, which are those of Chat Completions.

Source: https://platform.openai.com/docs/api-reference/responses/create. A provider's own tools stay as they are.
"""

from typing import Final

from aigw.surfaces.arguments import array_at, object_at, refuse
from aigw.types.json import JsonObject, as_array, as_object, as_text, without

_OF_FUNCTIONS: Final = frozenset({"name", "description", "parameters", "strict"})
_OF_CUSTOM: Final = frozenset({"name", "description", "format"})
_OF_FORMATS: Final = frozenset({"name", "description", "schema", "strict"})
_TYPE: Final = frozenset({"type"})


def flattened(tool: JsonObject) -> JsonObject:
    """Give *tool* in the Responses shape, where it is written in that of Chat Completions (`{"function": {…}}`)."""
    inner = as_object(tool.get("function"))
    if tool.get("type") != "function" or not inner or "name" in tool:
        return tool
    return {"type": "function", **inner, **without(tool, _TYPE | {"function"})}


def canonical_tools(value: object) -> list[JsonObject]:
    """Read the list of tools. Raises `BadRequestError`."""
    tools = array_at(value, "tools", "a list of objects")
    return [_tool(object_at(tool, f"tools[{index}]", "an object")) for index, tool in enumerate(tools)]


def _tool(tool: JsonObject) -> JsonObject:
    match tool.get("type"):
        case "function":
            return _nested(tool, "function", _OF_FUNCTIONS)
        case "custom":
            custom = as_object(_nested(tool, "custom", _OF_CUSTOM)["custom"])
            form = as_object(custom.get("format"))
            if form.get("type") == "grammar":
                custom = {**custom, "format": {"type": "grammar", "grammar": without(form, _TYPE)}}
            return {**without(tool, _TYPE | _OF_CUSTOM), "type": "custom", "custom": custom}
        case _:
            return tool


def _nested(tool: JsonObject, own: str, known: frozenset[str]) -> JsonObject:
    """Put the *known* fields that say something under the name *own*."""
    inner = {name: value for name, value in tool.items() if name in known and value is not None}
    return {**without(tool, known), "type": own, own: inner}


def canonical_choice(value: object) -> str | JsonObject | None:
    """Read which tool to use; None for a choice (of a provider's own tool) that has no canonical form."""
    if isinstance(value, str):
        return value
    choice = object_at(value, "tool_choice", "a word or an object")
    kind = as_text(choice.get("type"))
    if kind in {"function", "custom"}:
        return {"type": kind, kind: {"name": choice.get("name")}}
    tools = [canonical_choice(tool) for tool in as_array(choice.get("tools"))]
    if kind == "allowed_tools" and None not in tools:
        return {"type": kind, kind: {"mode": choice.get("mode") or "auto", "tools": tools}}
    return None


def canonical_format(value: object) -> JsonObject | None:
    """Read `text.format`; None for a format that has no canonical form. Raises `BadRequestError`."""
    form = object_at(value, "text.format", "an object")
    match form.get("type"):
        case "text" | "json_object":
            return form
        case "json_schema":
            schema = {name: said for name, said in form.items() if name in _OF_FORMATS and said is not None}
            if not as_object(schema.get("schema")):
                refuse("text.format.schema", "must be a JSON schema, as an object", "invalid_type")
            return {**without(form, _OF_FORMATS), "json_schema": schema}
        case _:
            return None


def text_format(response_format: JsonObject) -> JsonObject:
    """Write a canonical response format as `text.format`."""
    return {"type": "json_schema", **as_object(response_format.get("json_schema"))}
