"""Make the document that is published of those that people write: overlays laid over a base, YAML become compact JSON.

Overlays are for environments (`base` + `overlays/prod`) and exist here only: what processes get is one flat document.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeGuard

from aigw.types.json import EMPTY, JsonObject, as_array, as_object, without
from aigw.types.times import written_time

__all__ = ["Header", "Ramp", "body_digest", "build", "overlaid", "payload_of", "ramped"]

_BODY: Final = ("providers", "models", "routes", "defaults", "allow_direct", "tags")
"""What a rollout has two of: all that decides about calls."""

_SAID: Final = frozenset({"serial", "epoch", "issued_at", "expires_at", "audience", "channel", "built_with", "source"})
"""What a publisher writes over what its author said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a publisher says of a document, over what its author wrote. Times are in seconds since the epoch.

    None, or an empty `source`, leaves what the author wrote.
    """

    serial: int
    issued_at: float
    expires_at: float | None = None
    audience: str | None = None
    channel: str | None = None
    epoch: int | None = None
    built_with: str | None = None
    source: JsonObject = EMPTY


def build(documents: Sequence[JsonObject], header: Header) -> bytes:
    """Give the payload to sign and publish: the first of *documents* with the others laid over it, under *header*."""
    written = overlaid(documents)
    said: dict[str, object] = {
        "serial": header.serial,
        "issued_at": written_time(header.issued_at),
        "expires_at": None if header.expires_at is None else written_time(header.expires_at),
        "audience": header.audience,
        "channel": header.channel,
        "epoch": header.epoch,
        "built_with": header.built_with,
        "source": {**as_object(written.get("source")), **header.source} or None,
    }
    return payload_of({**written, **{name: value for name, value in said.items() if value is not None}})


@dataclass(frozen=True, slots=True)
class Ramp:
    """How a change reaches its users: by the stages of a `preset`, each `unit` at its turn, which `id` decides."""

    id: str
    unit: str
    preset: str


def ramped(document: JsonObject, base: JsonObject, ramp: Ramp) -> dict[str, object]:
    """Give *document* as a ramp that starts from what *base* says, as it is without any ramp of its own."""
    start = {name: base[name] for name in _BODY if name in base}
    return {**document, "rollout": {"id": ramp.id, "unit": ramp.unit, "preset": ramp.preset, "base": start}}


def payload_of(document: JsonObject) -> bytes:
    """Write *document* in the one form that equal documents share: sorted keys, no space, UTF-8."""
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_unmapped
    ).encode()


def body_digest(document: JsonObject) -> str:
    """Give the SHA-256 of what *document* says apart from its header: the same before and after it is built."""
    return sha256(payload_of(without(overlaid([document]), _SAID))).hexdigest()


def overlaid(documents: Sequence[JsonObject]) -> dict[str, object]:
    """Lay each of *documents* over those before it.

    Mappings are merged key by key, and null takes a key away. Lists whose items all have a `name` (routes) are merged
    by name, new ones behind the others; any other list, and any other value, takes the place of what was there.
    """
    result: dict[str, object] = {}
    for document in documents:
        result = _merged(result, document)
    return result


def _merged(below: JsonObject, above: JsonObject) -> dict[str, object]:
    result = dict(below)
    for key, value in above.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _laid(result.get(key), value)
    return result


def _laid(below: object, above: object) -> object:
    if _is_mapping(above):
        return _merged(as_object(below), above)
    if _is_named(above) and _is_named(below):
        named = {str(item["name"]): item for item in below}
        for item in above:
            name = str(item["name"])
            named[name] = _merged(named.get(name, EMPTY), item)
        return list(named.values())
    return above


def _is_named(value: object) -> "TypeGuard[list[JsonObject]]":
    """Whether *value* is a list of which each item has a name of its own."""
    names = [as_object(item).get("name") for item in as_array(value)]
    return bool(names) and all(isinstance(name, str) for name in names) and len(set(names)) == len(names)


def _is_mapping(value: object) -> TypeGuard[JsonObject]:
    return isinstance(value, Mapping)


def _unmapped(value: object) -> object:
    if _is_mapping(value):
        return dict(value)
    message = f"a manifest holds what JSON can say, and no {type(value).__name__}"
    raise TypeError(message)
