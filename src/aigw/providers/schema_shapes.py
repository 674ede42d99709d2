"""The parts of a JSON Schema, and what can be done with them: follow a reference, lay two together, say it anew."""

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

from aigw.types.json import JsonObject, as_array, as_object, as_text, without

NAMED: Final = frozenset({"properties", "$defs", "definitions", "patternProperties", "dependentSchemas"})
MANY: Final = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
ONE: Final = frozenset(
    {
        *("items", "additionalItems", "unevaluatedItems", "contains"),
        *("additionalProperties", "unevaluatedProperties", "propertyNames"),
        *("not", "if", "then", "else"),
    }
)
"""Keywords by what they hold: schemas by name, schemas in order, one schema."""

SILENT: Final = frozenset(
    {
        *("$schema", "$comment", "$id", "$anchor", "$defs", "definitions", "discriminator", "const", "allOf"),
        *("title", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "propertyOrdering"),
    }
)
"""What is left out without a word: it says nothing of the values, or is said in another way."""

TOLD: Final = frozenset(
    {
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"),
        *("minItems", "maxItems", "uniqueItems", "minContains", "maxContains", "minProperties", "maxProperties"),
    }
)
"""What a model can be told in words where the provider would refuse it."""

_TYPES: Final = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))
_WORDS: Final = frozenset({"description", "title"})


def found(root: JsonObject, reference: str) -> JsonObject | None:
    """Follow a JSON pointer (RFC 6901) within *root*, or give None for one that leads nowhere or out of it."""
    place = root
    if not reference.startswith("#"):
        return None
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if name not in place:
            return None
        place = as_object(place[name])
    return place


def recurs(root: JsonObject) -> bool:
    """Whether *root* holds itself somewhere."""
    done: set[str] = set()

    def turns(value: object, inside: frozenset[str]) -> bool:
        node = as_object(value)
        reference = as_text(node.get("$ref"))
        if reference in inside:
            return True
        if reference is not None and reference not in done:
            if turns(found(root, reference), inside | {reference}):
                return True
            done.add(reference)
        inner = (item for name, item in node.items() if name not in {"$defs", "definitions", "enum", "const"})
        return any(turns(item, inside) for item in chain(inner, as_array(value)))

    return turns(root, frozenset({"#"}))


def outline(root: JsonObject, schema: JsonObject | None) -> JsonObject:
    """Give what stands for a schema that cannot be put in place once more: its type, or the types of its options."""
    if schema is None:
        return {"type": "object"}
    if "type" in schema:
        return {"type": schema["type"]}
    options = [as_object(option) for option in (*as_array(schema.get("anyOf")), *as_array(schema.get("oneOf")))]
    targets = [found(root, as_text(option.get("$ref")) or "") or option for option in options]
    types = [target["type"] for target in targets if isinstance(target.get("type"), str)]
    return {"anyOf": [{"type": kind} for kind in dict.fromkeys(types)]} if types else {"type": "object"}


def laid_together(own: JsonObject, part: JsonObject) -> tuple[JsonObject, list[str]]:
    """Lay *part* under *own*, and name what of *part* is lost because *own* says something else."""
    lost = [
        name
        for name in own.keys() & part.keys()
        if own[name] != part[name] and name not in {"properties", "required", *_WORDS}
    ]
    properties = {**as_object(part.get("properties")), **as_object(own.get("properties"))}
    wanted = (*as_array(own.get("required")), *as_array(part.get("required")))
    required = dict.fromkeys(name for name in wanted if isinstance(name, str))
    merged: dict[str, object] = {**part, **own}
    if properties:
        merged["properties"] = properties
    if required:
        merged["required"] = list(required)
    return merged, lost


def one_object(root: JsonObject, union: str, options: Sequence[JsonObject]) -> JsonObject:
    """Give one object that takes what any of *options* does, in place of the *union* of *root*."""
    properties: dict[str, object] = dict(as_object(root.get("properties")))
    for option in options:
        for name, schema in as_object(option.get("properties")).items():
            properties[name] = schema if properties.get(name, schema) == schema else _either(properties[name], schema)
    common = [texts(option.get("required")) for option in options]
    required = (
        *(name for name in as_array(root.get("required")) if isinstance(name, str)),
        *(name for name in properties if all(name in names for names in common)),
    )
    merged = {**without(root, frozenset({union})), "type": "object", "properties": properties}
    return {**merged, "required": list(dict.fromkeys(required))} if required else merged


def _either(one: object, other: object) -> JsonObject:
    union = as_object(one)
    options = as_array(union["anyOf"]) if len(union) == 1 and "anyOf" in union else (one,)
    return {"anyOf": [*options, *(() if other in options else (other,))]}


def texts(value: object) -> frozenset[str]:
    """Give the texts in *value*, where it is an array."""
    return frozenset(item for item in as_array(value) if isinstance(item, str))


def tell(fitted: dict[str, object], lost: JsonObject) -> None:
    """Tell the model in words of what the provider would refuse."""
    if not lost:
        return
    words = ", ".join(f"{name}: {_word(value)}" for name, value in lost.items())
    told = as_text(fitted.get("description"))
    fitted["description"] = f"{told} ({words})" if told else f"{words[0].upper()}{words[1:]}"


def say_constant(value: object, fitted: dict[str, object]) -> None:
    """Say a constant as the only one of an enumeration."""
    fitted["enum"] = [value]
    kind = next((name for of, name in _TYPES if isinstance(value, of)), None)
    if kind is not None:
        fitted.setdefault("type", kind)


def say_null(fitted: dict[str, object]) -> None:
    """Say with `nullable` what JSON Schema says with the type `null`."""
    kinds = [kind for kind in as_array(fitted.get("type")) if isinstance(kind, str)]
    if kinds:
        plain = [kind for kind in kinds if kind != "null"]
        fitted.pop("type")
        if len(plain) == 1:
            fitted["type"] = plain[0]
        elif plain:
            fitted.setdefault("anyOf", [{"type": kind} for kind in plain])
        if len(plain) < len(kinds):
            fitted["nullable"] = True
    options = [as_object(option) for option in as_array(fitted.get("anyOf"))]
    plain_options = [option for option in options if option.get("type") != "null"]
    if len(plain_options) == len(options):
        return
    fitted["nullable"] = True
    fitted["anyOf"] = plain_options
    if len(plain_options) == 1:
        del fitted["anyOf"]
        fitted.update({**plain_options[0], **fitted})


def say_texts(fitted: dict[str, object]) -> bool:
    """Leave out an enumeration of other things than texts, which it tells in words; say whether that was so."""
    values = as_array(fitted.get("enum"))
    if "enum" in fitted and None in values:
        values = [value for value in values if value is not None]
        fitted.update({"enum": values, "nullable": True})
    if all(isinstance(value, str) for value in values):
        return False
    del fitted["enum"]
    tell(fitted, {"one of": values})
    return True


def measured(schema: JsonObject) -> Mapping[str, int]:
    """Count the properties, levels, values of enumerations and unions of *schema*; a `$ref` counts as one level."""
    counts = {"properties": 0, "levels": 0, "enum values": 0, "unions": 0}

    def measure(value: object, level: int) -> None:
        node = as_object(value)
        properties = as_object(node.get("properties"))
        level += bool(properties)
        counts["levels"] = max(counts["levels"], level)
        counts["properties"] += len(properties)
        counts["enum values"] += len(as_array(node.get("enum")))
        counts["unions"] += "anyOf" in node or bool(as_array(node.get("type")))
        for name, inner in node.items():
            if name in NAMED:
                for item in as_object(inner).values():
                    measure(item, level)
            elif name in MANY:
                for item in as_array(inner):
                    measure(item, level)
            elif name in ONE:
                measure(inner, level)

    measure(schema, 0)
    return counts


def _word(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
