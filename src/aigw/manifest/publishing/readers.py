"""Which version of aigw brought which feature, and which of them a document uses."""

from collections.abc import Iterator, Mapping
from typing import Final

from aigw.manifest.language.document import Path
from aigw.types.json import JsonObject, as_array, as_object

__all__ = ["SINCE", "uses"]

SINCE: Final[Mapping[str, str]] = {
    "rollout.v1": "0.1.0",
    "instead.v1": "0.1.0",
    "fail-closed.v1": "0.1.0",
    "quarantine.v1": "0.1.0",
}
"""The first release with each of `features.FEATURES`."""

_OF_ROUTES: Final = {"instead": "instead.v1", "fail_closed_after": "fail-closed.v1", "else": "quarantine.v1"}


def uses(raw: JsonObject) -> Iterator[tuple[Path, str]]:
    """Give where the document *raw*, or the base of its rollout, uses a feature, and which."""
    if raw.get("fail_closed_after") is not None:
        yield ("fail_closed_after",), "fail-closed.v1"
    yield from _of_routes(raw)
    ramp = as_object(raw.get("rollout"))
    if ramp:
        yield ("rollout",), "rollout.v1"
        for path, feature in _of_routes(as_object(ramp.get("base"))):
            yield ("rollout", "base", *path), feature


def _of_routes(body: JsonObject) -> Iterator[tuple[Path, str]]:
    for at, route in enumerate(map(as_object, as_array(body.get("routes")))):
        for key, feature in _OF_ROUTES.items():
            if route.get(key) is not None:
                yield ("routes", at, key), feature
