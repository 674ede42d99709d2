"""Fit a JSON Schema to what a target takes of it. The caller's own is never changed: it may go to the next target.

What is said in another way loses nothing: a `$ref` put in place, `const` as `enum`, `null` as `nullable`. What a target
does not know is left out, and told to the model in the description where it can be; what a target demands is added.
Both are changes, each with a note on the record; the answer is checked against the caller's own schema all the same.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, cast

from pydantic_core import from_json, to_json

from aigw.providers.schema_shapes import (
    MANY,
    NAMED,
    ONE,
    SILENT,
    TOLD,
    found,
    laid_together,
    measured,
    one_object,
    outline,
    recurs,
    say_constant,
    say_null,
    say_texts,
    tell,
    texts,
)
from aigw.providers.schema_subsets import Subset
from aigw.types.json import EMPTY, JsonObject, as_array, as_object, as_text, without

_LONGEST: Final = 32 * 1024
"""The longest schema that is remembered, in bytes of JSON."""

_MOST: Final = 20_000
"""Schemas within one schema at most: definitions that are put in place may multiply."""

_REFERENCE: Final = frozenset({"$ref"})
_DEFINITIONS: Final = frozenset({"$defs", "definitions"})
_UNIONS: Final = ("anyOf", "oneOf")
_TELLABLE: Final = 200
"""The longest value of a keyword that is told in words."""


def expressible(schema: JsonObject, subset: Subset) -> bool:
    """Whether *schema* can be fitted at all: one that holds itself cannot where recursion is refused."""
    try:
        return subset.recursion != "refused" or not recurs(schema)
    except RecursionError:
        return True


def adapted(schema: JsonObject, subset: Subset) -> tuple[JsonObject, tuple[str, ...]]:
    """Give *schema* as *subset* takes it, and what was changed: for most nothing, and it is the very same object.

    Callers send the same schemas again and again: what became of one is remembered by its JSON.
    """
    try:
        written = to_json(schema)
        fitted, changes = _remembered(written, subset) if len(written) <= _LONGEST else _adapted(schema, subset)
    except (ValueError, TypeError, RecursionError):  # for what JSON is not written from, or not read into
        return _adapted(schema, subset)
    return schema if fitted is None else fitted, changes


@lru_cache(maxsize=512)
def _remembered(written: bytes, subset: Subset) -> tuple[JsonObject | None, tuple[str, ...]]:
    """Give what `adapted` gives for the schema that is *written*; None where it stays as it is."""
    schema = cast("JsonObject", from_json(written))
    fitted, changes = _adapted(schema, subset)
    return None if fitted is schema else fitted, changes


def _adapted(schema: JsonObject, subset: Subset) -> tuple[JsonObject, tuple[str, ...]]:
    fitting = _Fitting(schema, subset)
    try:
        is_fit = _fits(schema, subset) and not (subset.object_root and _has_no_object_root(schema))
        fitted = schema if is_fit else fitting.fitted()
        return fitted, (*sorted(fitting.changes), *_beyond_limits(fitted, subset))
    except RecursionError:
        # Nested too deeply to be looked through: writing it, or the provider, will say so.
        return schema, ()


def fit(schema: JsonObject, where: str, subset: Subset, notes: list[str]) -> JsonObject:
    """Give *schema* as *subset* takes it, with a note that names *where* it stands and what was changed."""
    fitted, changes = adapted(schema, subset)
    if changes:
        notes.append(f"adapted: {where} for {subset.name} ({', '.join(changes)})")
    return fitted


class _Fitting:
    """Fits one schema. `changes` holds what is no longer as the caller said."""

    __slots__ = ("_left", "_root", "_subset", "changes")

    def __init__(self, root: JsonObject, subset: Subset) -> None:
        self._root = root
        self._subset = subset
        self._left = _MOST
        self.changes: set[str] = set()

    def fitted(self) -> JsonObject:
        """Give the whole schema as it is taken."""
        root, inside = self._root, frozenset[str]()
        if self._subset.object_root:
            reference = as_text(root.get("$ref"))
            if reference is not None:
                root, inside = {**(found(root, reference) or EMPTY), **without(root, _REFERENCE)}, inside | {reference}
            root = self._one_object(root)
        return self._schema(root, inside)

    def _one_object(self, root: JsonObject) -> JsonObject:
        union = next((name for name in _UNIONS if name in root), None)
        if union is None:
            return root
        options = [as_object(option) for option in as_array(root[union])]
        options = [found(self._root, as_text(option.get("$ref")) or "") or option for option in options]
        self.changes.add(f"{union} at the root as one object")
        return one_object(root, union, options)

    def _schema(self, schema: JsonObject, inside: frozenset[str]) -> JsonObject:
        self._left -= 1
        reference = as_text(schema.get("$ref"))
        if reference is not None:
            return self._referred(schema, reference, inside)
        known = self._subset.keywords
        if "allOf" in schema and known is not None and "allOf" not in known:
            schema, inside = self._merged(schema, inside)
        if "oneOf" in schema and "anyOf" not in schema and known is not None and "oneOf" not in known:
            self.changes.add("oneOf as anyOf")
            schema = {**without(schema, frozenset({"oneOf"})), "anyOf": schema["oneOf"]}
        fitted = {name: self._value(name, value, inside) for name, value in schema.items() if self._takes(name, value)}
        self._tell_lost(schema, fitted)
        self._say_otherwise(schema, fitted)
        if self._subset.closed:
            self._close(schema, fitted)
        return fitted

    def _takes(self, name: str, value: object) -> bool:
        subset = self._subset
        if name == "format" and subset.formats is not None and not _is_among(value, subset.formats):
            return False
        if name in subset.values and not _is_among(value, subset.values[name]):
            return False
        if name in _DEFINITIONS and not subset.references:
            return False
        return subset.keywords is None or name in subset.keywords

    def _tell_lost(self, schema: JsonObject, fitted: dict[str, object]) -> None:
        lost = [name for name in schema if name not in fitted and name not in SILENT and not name.startswith("x-")]
        self.changes.update(f"without {name}" for name in lost)
        tell(fitted, {name: schema[name] for name in lost if name in TOLD and _is_tellable(schema[name])})

    def _say_otherwise(self, schema: JsonObject, fitted: dict[str, object]) -> None:
        if "const" in schema and "const" not in fitted:
            say_constant(schema["const"], fitted)
        if self._subset.nullable:
            say_null(fitted)
        if self._subset.texts_only and say_texts(fitted):
            self.changes.add("without enum of what is no text")
        if self._subset.texts_only and not fitted.get("properties"):
            fitted.pop("properties", None)

    def _close(self, schema: JsonObject, fitted: dict[str, object]) -> None:
        """Close an object to other properties, and have all properties required where that is demanded."""
        properties, kind = as_object(fitted.get("properties")), fitted.get("type")
        if kind != "object" and "object" not in as_array(kind) and "properties" not in fitted:
            return
        if kind is None:
            fitted["type"] = "object"
        if schema.get("additionalProperties") is not False:
            self.changes.add("additionalProperties: false added")
        fitted["additionalProperties"] = False
        if self._subset.complete and properties:
            if not properties.keys() <= texts(fitted.get("required")):
                self.changes.add("all properties required")
            fitted["required"] = list(properties)

    def _referred(self, schema: JsonObject, reference: str, inside: frozenset[str]) -> JsonObject:
        """Keep a `$ref`, which has to stand alone, or put what it names in its place, unless that would never end."""
        beside = without(schema, _REFERENCE)
        if _is_followed(reference, self._subset) and (not beside or reference in inside):
            lost = beside.keys() - {"description", "title", "default"}
            self.changes.update(f"without {name} beside $ref" for name in lost)
            return {"$ref": reference}
        place = found(self._root, reference)
        if place is None or reference in inside or self._left < 0:
            self.changes.add("$ref cut")
            return self._schema({**outline(self._root, place), **beside}, inside)
        return self._schema({**place, **beside}, inside | {reference})

    def _merged(self, schema: JsonObject, inside: frozenset[str]) -> tuple[JsonObject, frozenset[str]]:
        """Lay all of `allOf` into one schema, whose own words win."""
        merged: JsonObject = without(schema, frozenset({"allOf"}))
        for item in as_array(schema["allOf"]):
            part, reference = as_object(item), as_text(as_object(item).get("$ref"))
            if reference is not None:
                place = None if reference in inside else found(self._root, reference)
                if place is None:
                    self.changes.add("$ref cut")
                part, inside = {**(place or EMPTY), **without(part, _REFERENCE)}, inside | {reference}
            merged, lost = laid_together(merged, part)
            self.changes.update(f"without {name} of allOf" for name in lost)
        return self._merged(merged, inside) if "allOf" in merged else (merged, inside)

    def _value(self, name: str, value: object, inside: frozenset[str]) -> object:
        if name in NAMED:
            # What is defined once stays defined once; a definition within itself is left to its reference.
            start = f"#/{name}/" if name != "properties" else None
            return {
                key: self._schema(as_object(item), inside if start is None else inside | {f"{start}{key}"})
                for key, item in as_object(value).items()
            }
        if name in MANY:
            return [self._schema(as_object(item), inside) for item in as_array(value)]
        if name in ONE and isinstance(value, Mapping):
            return self._schema(as_object(cast("object", value)), inside)
        return value


def _is_among(value: object, values: frozenset[object]) -> bool:
    return isinstance(value, str | int) and value in values


def _is_tellable(value: object) -> bool:
    return isinstance(value, int | float | str) and len(str(value)) <= _TELLABLE


def _has_no_object_root(schema: JsonObject) -> bool:
    return "$ref" in schema or any(name in schema for name in _UNIONS)


def _fits(schema: JsonObject, subset: Subset) -> bool:
    """Whether nothing of *schema* has to be changed, as is so for most: it can be sent as it is."""
    known = subset.keywords
    if known is None and not (subset.closed or subset.references == ()):
        return True
    if (known is not None and not schema.keys() <= known) or not _is_plain(schema, subset):
        return False
    return all(_fits(inner, subset) for inner in _inner(schema))


def _is_followed(reference: str, subset: Subset) -> bool:
    return any(
        reference == start or (start.endswith("/") and reference.startswith(start)) for start in subset.references
    )


def _is_plain(schema: JsonObject, subset: Subset) -> bool:
    if "$ref" in schema:
        reference = as_text(schema["$ref"]) or ""
        return len(schema) == 1 and _is_followed(reference, subset)
    if "format" in schema and subset.formats is not None and not _is_among(schema["format"], subset.formats):
        return False
    if any(name in schema and not _is_among(schema[name], values) for name, values in subset.values.items()):
        return False
    if subset.nullable and (not isinstance(schema.get("type", ""), str) or "anyOf" in schema or "enum" in schema):
        return False
    if subset.texts_only and "properties" in schema and not schema["properties"]:
        return False
    return not subset.closed or _is_closed(schema, subset)


def _is_closed(schema: JsonObject, subset: Subset) -> bool:
    kind = schema.get("type")
    if kind != "object" and "object" not in as_array(kind) and "properties" not in schema:
        return True
    if schema.get("additionalProperties") is not False or kind is None:
        return False
    return not subset.complete or as_object(schema.get("properties")).keys() <= texts(schema.get("required"))


def _inner(schema: JsonObject) -> Iterator[JsonObject]:
    for name, value in schema.items():
        if name in NAMED:
            yield from map(as_object, as_object(value).values())
        elif name in MANY:
            yield from map(as_object, as_array(value))
        elif name in ONE and isinstance(value, Mapping):
            yield as_object(cast("object", value))


def _beyond_limits(schema: JsonObject, subset: Subset) -> tuple[str, ...]:
    """Say what there is more of in *schema* than the target takes; it is sent all the same, since limits move."""
    if not subset.limits:
        return ()
    counts = measured(schema)
    return tuple(
        f"{counts[what]} {what}, of which it takes {most}"
        for what, most in subset.limits.items()
        if counts[what] > most
    )
