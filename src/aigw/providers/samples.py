"""A small value of a JSON Schema: what an echo or a scripted provider says when it is asked for one."""

from collections.abc import Mapping
from typing import Final

from aigw.types.json import JsonObject, as_array, as_int, as_object, as_text

_DEEPEST: Final = 16
_MOST: Final = 100
"""The longest text or list that a schema can ask for here."""

_FORMATS: Final[Mapping[str, str]] = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "duration": "PT1S",
    "email": "somebody@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "example.com",
}


def sample(schema: JsonObject) -> object:
    """Give a value of *schema* with no more than it requires. What a `pattern` or a `not` wants is not found out."""
    return _sample(schema, schema, 0)


def _sample(schema: JsonObject, root: JsonObject, depth: int) -> object:
    if depth > _DEEPEST:
        return None
    whole = _whole(schema, root, depth)
    if "const" in whole:
        return whole["const"]
    for word in ("enum", "examples", "anyOf", "oneOf"):
        values = as_array(whole.get(word))
        if values:
            return values[0] if word in {"enum", "examples"} else _sample(as_object(values[0]), root, depth + 1)
    kind = whole.get("type")
    kind = as_text(kind) or next((name for name in as_array(kind) if name != "null"), None)
    if kind in {"boolean", "null"}:
        return False if kind == "boolean" else None
    if kind in {"string", "integer", "number"}:
        return _text(whole) if kind == "string" else _number(whole)
    return _array(whole, root, depth) if kind == "array" else _object(whole, root, depth)


def _whole(schema: JsonObject, root: JsonObject, depth: int) -> JsonObject:
    """Give *schema* with what it refers to, and all of `allOf`, laid into one."""
    whole: dict[str, object] = {}
    parts = [as_object(part) for part in as_array(schema.get("allOf"))]
    reference = as_text(schema.get("$ref"))
    if reference is not None:
        parts.append(_found(root, reference))
    for part in parts if depth <= _DEEPEST else ():
        laid = _whole(part, root, depth + 1)
        properties = {**as_object(whole.get("properties")), **as_object(laid.get("properties"))}
        required = [*as_array(whole.get("required")), *as_array(laid.get("required"))]
        whole.update({**laid, "properties": properties, "required": required})
    return {**whole, **schema}


def _found(root: JsonObject, reference: str) -> JsonObject:
    place = root
    for step in reference.removeprefix("#").split("/")[1:]:
        place = as_object(place.get(step.replace("~1", "/").replace("~0", "~")))
    return place


def _text(schema: JsonObject) -> str:
    text = _FORMATS.get(as_text(schema.get("format")) or "", "")
    least, most = as_int(schema.get("minLength")) or 0, as_int(schema.get("maxLength"))
    return (text + "x" * (min(least, _MOST) - len(text)))[:most]


def _number(schema: JsonObject) -> int | float:
    lowest, highest = _limits(schema)
    if lowest is not None and lowest > 0:
        return lowest
    return highest if highest is not None and highest < 0 else 0


def _limits(schema: JsonObject) -> tuple[int | float | None, int | float | None]:
    found: list[int | float | None] = []
    for word, beyond, step in (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1)):
        limit, past = schema.get(word), schema.get(beyond)
        if isinstance(past, int | float) and not isinstance(past, bool):
            limit = past + step
        found.append(limit if isinstance(limit, int | float) else None)
    return found[0], found[1]


def _array(schema: JsonObject, root: JsonObject, depth: int) -> object:
    first = [_sample(as_object(item), root, depth + 1) for item in as_array(schema.get("prefixItems"))]
    more = range(len(first), min(as_int(schema.get("minItems")) or 0, _MOST))
    return first + [_sample(as_object(schema.get("items")), root, depth + 1) for _ in more]


def _object(schema: JsonObject, root: JsonObject, depth: int) -> object:
    properties = as_object(schema.get("properties"))
    names = [name for name in as_array(schema.get("required")) if isinstance(name, str)]
    return {name: _sample(as_object(properties.get(name)), root, depth + 1) for name in names}
