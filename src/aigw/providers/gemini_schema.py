"""Fit a JSON Schema to what Google's models take. The caller's own is never changed: it may go to the next target.

Sources: https://ai.google.dev/api/caching#Schema (the subset of OpenAPI's for models before 2.0) and
https://ai.google.dev/api/generate-content#generationconfig (`responseJsonSchema`: what of JSON Schema is known, and
that nothing may stand beside a `$ref`).
"""

from collections.abc import Iterable, Mapping
from typing import Final, cast

from aigw.types.json import EMPTY, JsonObject, as_array, as_object, as_text, without

_COMMON: Final = (
    "type format title description enum items minItems maxItems minimum maximum minLength maxLength pattern anyOf"
    " properties required propertyOrdering default example nullable minProperties maxProperties"
)
_JSON_SCHEMA: Final = frozenset(f"{_COMMON} $id $defs $ref $anchor prefixItems oneOf additionalProperties".split())
_PLAIN: Final = _JSON_SCHEMA - {"$ref", "format"}
_OPEN_API: Final = frozenset(_COMMON.split())
_FORMATS: Final = frozenset({"date-time", "date", "time", "int32", "int64", "float", "double", "enum"})
_SILENT: Final = frozenset(
    {"$schema", "$comment", "$defs", "definitions", "discriminator", "examples", "const", "allOf"}
)
"""What is left out without a word: it says nothing of the values, or is said in another way."""
_NAMED: Final = frozenset({"properties", "$defs"})
_ONE: Final = frozenset({"items", "additionalProperties"})
_MANY: Final = frozenset({"anyOf", "oneOf", "prefixItems"})
_REFERENCE: Final = frozenset({"$ref"})
_TYPES: Final = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))


class Fitting:
    """Fits one schema. `dropped` holds the keywords that were lost on the way."""

    __slots__ = ("_known", "_open_api", "_root", "dropped")

    def __init__(self, root: JsonObject, *, open_api: bool) -> None:
        self._root = root
        self._open_api = open_api
        self._known = _OPEN_API if open_api else _JSON_SCHEMA
        self.dropped: set[str] = set()

    def fitted(self) -> JsonObject:
        """Give the whole schema in the form wanted."""
        return self._schema(self._root, frozenset())

    def _schema(self, schema: JsonObject, inside: frozenset[str]) -> JsonObject:
        reference = as_text(schema.get("$ref"))
        if reference is not None:
            return self._referred(schema, reference, inside)
        if "allOf" in schema:
            schema, inside = self._merged(schema, inside)
        fitted = {name: self._value(name, value, inside) for name, value in schema.items() if name in self._known}
        self.dropped |= schema.keys() - self._known - _SILENT
        _say_constant(schema, fitted)
        _move_format(fitted)
        if self._open_api:
            self._to_open_api(schema, fitted, inside)
        return fitted

    def _referred(self, schema: JsonObject, reference: str, inside: frozenset[str]) -> JsonObject:
        """Put what *reference* names in its place, unless that would never end or is not needed."""
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        if not self._open_api and reference.startswith("#/$defs/") and (not beside or reference in inside):
            self.dropped |= beside.keys() - {"description", "title", "default"}
            return {"$ref": reference}
        found = self._found(reference)
        if found is None or reference in inside:
            self.dropped.add("$ref")
            return self._schema({"type": "object", **beside}, inside)
        return self._schema({**found, **beside}, inside | {reference})

    def _merged(self, schema: JsonObject, inside: frozenset[str]) -> tuple[JsonObject, frozenset[str]]:
        """Lay all of `allOf` into one schema, whose own words win."""
        merged: dict[str, object] = {name: value for name, value in schema.items() if name != "allOf"}
        for item in as_array(schema["allOf"]):
            part, reference = as_object(item), as_text(as_object(item).get("$ref"))
            if reference is not None:
                found = None if reference in inside else self._found(reference)
                if found is None:
                    self.dropped.add("$ref")
                part, inside = {**(found or EMPTY), **without(part, _REFERENCE)}, inside | {reference}
            properties = {**as_object(part.get("properties")), **as_object(merged.get("properties"))}
            wanted = (*as_array(merged.get("required")), *as_array(part.get("required")))
            required = dict.fromkeys(name for name in wanted if isinstance(name, str))
            merged = {**part, **merged}
            merged.update({"properties": properties} if properties else {})
            merged.update({"required": list(required)} if required else {})
        return self._merged(merged, inside) if "allOf" in merged else (merged, inside)

    def _found(self, reference: str) -> JsonObject | None:
        """Follow a JSON pointer (RFC 6901) within the schema."""
        place = self._root
        if not reference.startswith("#"):
            return None
        for step in reference[1:].split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if name not in place:
                return None
            place = as_object(place[name])
        return place

    def _value(self, name: str, value: object, inside: frozenset[str]) -> object:
        if name in _NAMED:
            # What is defined once stays defined once; a definition within itself is left to its reference.
            return self._named(name, value, inside)
        if name in _MANY:
            return [self._schema(as_object(item), inside) for item in as_array(value)]
        if name in _ONE and isinstance(value, Mapping):
            return self._schema(as_object(cast("object", value)), inside)
        return value

    def _named(self, name: str, value: object, inside: frozenset[str]) -> JsonObject:
        return {
            key: self._schema(as_object(item), inside | {f"#/$defs/{key}"} if name == "$defs" else inside)
            for key, item in as_object(value).items()
        }

    def _to_open_api(self, schema: JsonObject, fitted: dict[str, object], inside: frozenset[str]) -> None:
        if "oneOf" in schema:
            self.dropped.discard("oneOf")
            fitted["anyOf"] = self._value("anyOf", schema["oneOf"], inside)
        _say_null(fitted)
        if "enum" in fitted:
            fitted["enum"] = [value if isinstance(value, str) else str(value) for value in as_array(fitted["enum"])]
            fitted["type"] = "string"
        if not fitted.get("properties"):
            fitted.pop("properties", None)


def fit(schema: JsonObject, where: str, notes: list[str], *, open_api: bool) -> JsonObject:
    """Give *schema* as Google takes it, with a note naming what of it is lost."""
    if not open_api and _is_plain(schema):
        return schema
    fitting = Fitting(schema, open_api=open_api)
    fitted = fitting.fitted()
    if fitting.dropped:
        notes.append(f"changed: {where} (gemini does not know {', '.join(sorted(fitting.dropped))})")
    return fitted


def _is_plain(schema: JsonObject) -> bool:
    """Whether nothing of *schema* has to be changed, as is so for most: it can be sent as it is."""
    if not schema.keys() <= _PLAIN:
        return False
    for name, value in schema.items():
        if name in _NAMED:
            inner: Iterable[object] = as_object(value).values()
        elif name in _MANY:
            inner = as_array(value)
        else:
            inner = (value,) if name in _ONE else ()
        for item in inner:
            if not _is_plain(as_object(item)):
                return False
    return True


def _say_constant(schema: JsonObject, fitted: dict[str, object]) -> None:
    """Say a constant as the only one of an enumeration."""
    if "const" not in schema:
        return
    value = schema["const"]
    fitted["enum"] = [value]
    kind = next((name for of, name in _TYPES if isinstance(value, of)), None)
    if kind is not None:
        fitted.setdefault("type", kind)


def _move_format(fitted: dict[str, object]) -> None:
    """Tell the model in words of a format that the provider would refuse."""
    form = as_text(fitted.get("format"))
    if form is None or form in _FORMATS:
        return
    del fitted["format"]
    told = as_text(fitted.get("description"))
    fitted["description"] = f"{told} (format: {form})" if told else f"Format: {form}"


def _say_null(fitted: dict[str, object]) -> None:
    """Say with `nullable` what JSON Schema says with the type `null`."""
    kinds = [kind for kind in as_array(fitted.get("type")) if isinstance(kind, str)]
    if kinds:
        plain = [kind for kind in kinds if kind != "null"]
        fitted.pop("type")
        if len(plain) == 1:
            fitted["type"] = plain[0]
        elif plain:
            fitted["anyOf"] = [{"type": kind} for kind in plain]
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
