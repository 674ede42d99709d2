"""What a reader makes of a document that a newer aigw built: what it may leave out, and what it may not judge.

A part of the model is open or closed (`Part.ignorable`). What is unknown in an open part is ignored, and named. What is
unknown in a closed part of a route or a model leaves that route to its stand-in. Anywhere else it stays a problem.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from aigw.errors import Failure
from aigw.manifest.language.document import Path
from aigw.manifest.language.model import FALLBACK_FAILURES, BodyPart
from aigw.manifest.language.names import is_model_name
from aigw.manifest.language.parts import part_at
from aigw.manifest.language.problems import shown
from aigw.types.json import EMPTY, JsonObject, as_array, as_object, as_text

Where: TypeAlias = Callable[[Path], str]
"""Writes a path as people read it."""

_KNOWN_FAILURES: Final = FALLBACK_FAILURES | {Failure.CONTEXT_LENGTH, Failure.CONTENT_POLICY}
_MOST_FAULTS: Final = 10_000
"""Beyond them, a document is refused as it stands."""

_UNKNOWN: Final = ("extra_forbidden", "literal_error")


@dataclass(frozen=True, slots=True)
class Understood:
    """A document, or the base of its rollout, without what may be `ignored`.

    `unjudged` holds the entries (`("routes", 3)`, `("models", "cheap")`) that say what is not known here, and what.
    """

    raw: JsonObject
    ignored: tuple[Path, ...] = ()
    unjudged: Mapping[Path, str] = field(default_factory=dict[Path, str])


def understood(model: type[BodyPart], raw: JsonObject, where: Where) -> Understood:
    """Divide what is unknown in *raw*, which a newer aigw built."""
    ignored: list[Path] = []
    unjudged = dict(_unknown_failures(raw, where))
    while True:
        unknown = _unknown(model, raw)
        open_ones = [path for path in unknown if _may_be_ignored(path)]
        for path, what in unknown.items():
            if path not in open_ones and _is_judged_alone(raw, path):
                unjudged.setdefault(path[:2], f"{where(path)}: {what}")
        open_ones = [path for path in open_ones if path[:2] not in unjudged]
        if not open_ones:
            break
        ignored += open_ones
        for path in open_ones:
            raw = _without(raw, path)
    for entry, what in _users(raw, unjudged, where):
        unjudged.setdefault(entry, what)
    return Understood(raw, tuple(ignored), unjudged)


def _unknown(model: type[BodyPart], raw: JsonObject) -> dict[Path, str]:
    try:
        model.model_validate(raw)
    except ValidationError as error:
        found = [] if error.error_count() > _MOST_FAULTS else error.errors(include_url=False)
        return {details["loc"]: _what(details) for details in found if details["type"] in _UNKNOWN}
    return {}


def _what(details: ErrorDetails) -> str:
    unknown_key = details["type"] == "extra_forbidden"
    return "unknown key" if unknown_key else f"{shown(details['input'])} is not known here"


def _may_be_ignored(path: Path) -> bool:
    part = part_at(path[:-1])
    return part is not None and part.ignorable is not None and part.ignorable.fullmatch(str(path[-1])) is not None


def _is_judged_alone(raw: JsonObject, path: Path) -> bool:
    """Whether *path* lies inside a route or a model whose name can be read, so that something can stand in for it."""
    match path:
        case ("models", str(name), _, *_):
            return is_model_name(name)
        case ("routes", int(at), _, *_):
            return is_model_name(as_text(as_object(as_array(raw.get("routes"))[at]).get("name")) or "")
        case _:
            return False


def _unknown_failures(raw: JsonObject, where: Where) -> Iterator[tuple[Path, str]]:
    """Give the routes that fall back on failures which have no name here."""
    for at, route in enumerate(as_array(raw.get("routes"))):
        for number, name in enumerate(as_array(as_object(route).get("fallback_on"))):
            path: Path = ("routes", at, "fallback_on", number)
            if isinstance(name, str) and name not in _KNOWN_FAILURES and _is_judged_alone(raw, path):
                yield path[:2], f"{where(path)}: {shown(name)} is not known here"


def _users(raw: JsonObject, unjudged: Mapping[Path, str], where: Where) -> Iterator[tuple[Path, str]]:
    """Give the routes that lead to a model which is not judged, and so cannot be judged either."""
    models = {entry[1] for entry in unjudged if entry[0] == "models"}
    if not models:
        return
    for at, route in enumerate(as_array(raw.get("routes"))):
        path: Path = ("routes", at, "targets")
        used = next((name for name in _used(as_object(route)) if name in models), None)
        if used is not None and _is_judged_alone(raw, path):
            yield path[:2], f"{where(path)}: uses the model {used}, which says what is not known here"


def _used(route: JsonObject) -> Iterator[str]:
    """Give the names of the models that *route* uses, its stand-in aside."""
    fallbacks = as_object(route.get("fallbacks"))
    lists = (route.get("targets"), as_object(route.get("instead")).get("targets"), *fallbacks.values())
    for target in (target for targets in lists for target in as_array(targets)):
        name = target if isinstance(target, str) else as_object(target).get("use")
        if isinstance(name, str) and "/" not in name:
            yield name


def _without(raw: JsonObject, path: Path) -> JsonObject:
    """Give *raw* without what stands at *path*; what lies beside the path is shared."""
    return as_object(_less(raw, path)) or EMPTY


def _less(node: object, path: Path) -> object:
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        return [_less(item, rest) if at == step else item for at, item in enumerate(as_array(node))]
    fields = as_object(node)
    if not rest:
        return {key: value for key, value in fields.items() if key != step}
    return {key: _less(value, rest) if key == step else value for key, value in fields.items()}
