"""Read the tools of Anthropic's Messages, and what is said about them, into their canonical shapes.

Source: https://docs.claude.com/en/api/messages. A tool with a type of its own is a server's: it stays as it is.
"""

from typing import Final

from aigw.surfaces.arguments import array_at, object_at, refuse, text_at
from aigw.types.json import JsonObject, as_object, without

_FUNCTION: Final = ("name", "description", "strict")
_OWN: Final = frozenset({*_FUNCTION, "type", "input_schema"})
_CHOICES: Final = {"auto": "auto", "any": "required", "none": "none"}


def read_tools(value: object) -> list[JsonObject]:
    """Read *value*, the `tools` parameter. Raises `BadRequestError` naming the place."""
    return [_tool(tool, f"tools[{index}]") for index, tool in enumerate(array_at(value, "tools", "a list of tools"))]


def _tool(value: object, path: str) -> JsonObject:
    body = object_at(value, path, 'an object with "name" and "input_schema"')
    if body.get("type") is not None and body["type"] != "custom":
        text_at(body, "type", path)
        return body
    text_at(body, "name", path)
    schema = object_at(body.get("input_schema"), f"{path}.input_schema", "a JSON schema")
    function: dict[str, object] = {name: body[name] for name in _FUNCTION if body.get(name) is not None}
    function["parameters"] = schema
    return {"type": "function", "function": function, **without(body, _OWN)}


def read_choice(value: object) -> dict[str, object]:
    """Read *value*, the `tool_choice` parameter, as canonical parameters. Raises `BadRequestError`."""
    body = object_at(value, "tool_choice", 'an object like {"type": "auto"}')
    kind = text_at(body, "type", "tool_choice")
    read: dict[str, object] = {}
    if kind == "tool":
        read["tool_choice"] = {"type": "function", "function": {"name": text_at(body, "name", "tool_choice")}}
    elif kind in _CHOICES:
        read["tool_choice"] = _CHOICES[kind]
    else:
        refuse("tool_choice.type", f"must be one of {', '.join((*_CHOICES, 'tool'))}")
    if as_object(value).get("disable_parallel_tool_use") is True:
        read["parallel_tool_calls"] = False
    return read
