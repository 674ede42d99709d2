"""The JSON Schema of a manifest, made from the model: with it, editors complete and check what is being written.

Draft-07, since that is what the language servers of editors understand. It is as strict as the shape of the model;
references between parts are checked by `aigw manifest lint`.
"""

from collections.abc import Iterable
from typing import Final, cast

from aigw.manifest.language.descriptions import described
from aigw.manifest.language.features import FEATURES
from aigw.manifest.language.model import FALLBACK_FAILURES, ManifestPart
from aigw.types.json import JsonObject, as_array, as_object

_DIALECT: Final = "http://json-schema.org/draft-07/schema#"


def _given(*keys: str) -> dict[str, object]:
    """Ask for *keys*; one that is null is as good as left out."""
    return {"required": [*keys], "properties": {key: {"not": {"type": "null"}} for key in keys}}


_ONE_TARGET: Final = [
    {**_given("use"), "not": {"anyOf": [_given("provider"), _given("model")]}},
    {**_given("provider", "model"), "not": _given("use")},
]
_ONE_RAMP: Final = [_given("preset"), _given("stages")]


def manifest_schema(kinds: Iterable[str] = ()) -> dict[str, object]:
    """Give the schema. *kinds* are offered for a provider's `kind`, where any other text may stand, too."""
    offered = sorted(kinds)
    made = as_object(ManifestPart.model_json_schema(by_alias=True, ref_template="#/definitions/{model}"))
    parts = {name: _part(name, as_object(part)) for name, part in as_object(made.get("$defs")).items()}
    top = _part("ManifestPart", {key: value for key, value in made.items() if key != "$defs"})
    parts["TargetPart"]["oneOf"] = _ONE_TARGET
    parts["RolloutPart"]["oneOf"] = _ONE_RAMP
    _offer(parts["ProviderPart"], "kind", {"anyOf": [{"enum": offered}, {"type": "string"}]} if offered else {})
    _offer(parts["RoutePart"], "fallback_on", _list_of(sorted(FALLBACK_FAILURES)))
    _offer(top, "requires", _list_of(sorted(FEATURES)))
    return {"$schema": _DIALECT, "title": "aigw manifest", **top, "definitions": parts}


def _part(name: str, made: JsonObject) -> dict[str, object]:
    """Give the schema of a part, with what each of its keys is for."""
    about = described(name)
    part = {key: value for key, value in made.items() if key != "title"}
    fields = as_object(part.get("properties"))
    part["properties"] = {
        key: {**_as_draft_07(as_object(field)), "description": about[key]} for key, field in fields.items()
    }
    return part


def _as_draft_07(field: JsonObject) -> dict[str, object]:
    """Give *field* as draft-07 reads it: there, what stands beside a `$ref` is not seen."""
    is_dull = field.get("default") is None or isinstance(field["default"], dict | list)
    plain = {key: value for key, value in field.items() if key != "title" and not (key == "default" and is_dull)}
    if "$ref" in plain:
        plain = {"allOf": [{"$ref": plain.pop("$ref")}], **plain}
    return plain


def _list_of(words: list[str]) -> dict[str, object]:
    return {"items": {"type": "string", "enum": words}}


def _offer(part: dict[str, object], key: str, offered: JsonObject) -> None:
    """Say in *part* what may stand at *key*, also where that is one of two forms."""
    fields = cast("dict[str, dict[str, object]]", part["properties"])
    field = fields[key]
    options = [as_object(option) for option in as_array(field.get("anyOf"))]
    if "items" in offered and options:
        field["anyOf"] = [{**option, **offered} if option.get("type") == "array" else option for option in options]
    else:
        field.update(offered)
