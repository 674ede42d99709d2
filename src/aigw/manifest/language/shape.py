"""Check the shape of a document. What is wrong is noted and left out, so that the rest is checked, too."""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pydantic import ValidationError

from aigw.manifest.language.document import Path
from aigw.manifest.language.lenience import Understood, understood
from aigw.manifest.language.model import SCHEMA, BodyPart, ManifestPart
from aigw.manifest.language.problems import Problems
from aigw.types.json import EMPTY, JsonObject, as_array, as_object

P_co = TypeVar("P_co", bound=BodyPart, covariant=True)

_MOST_FAULTS: Final = 10_000
"""How many are told of at all: telling of each takes far more memory than the document does."""

_STAND_INS: Final[JsonObject] = {"schema": SCHEMA, "serial": 0}


@dataclass(frozen=True, slots=True)
class Shaped(Generic[P_co]):
    """A body whose shape is right.

    `positions` are those that its routes had in the document; `said` is the document, and what of it is not known here.
    """

    part: P_co
    positions: tuple[int, ...]
    said: Understood


def shaped(model: type[P_co], raw: JsonObject, problems: Problems, *, lenient: bool) -> Shaped[P_co]:
    """Give *raw* as the *model* says it; if *lenient*, with what a newer author may add."""
    said = understood(model, raw, problems.where) if lenient else Understood(raw)
    routes = as_array(said.raw.get("routes"))
    wrong: list[Path] = []
    try:
        part = model.model_validate(said.raw)
    except ValidationError as error:
        if error.error_count() > _MOST_FAULTS:
            problems.add((), f"{error.error_count()} things are wrong with its shape; check what the source delivers")
            problems.raise_if_any()
        problems.add_all(error, beside=said.unjudged)
        wrong = [details["loc"] for details in error.errors(include_url=False, include_input=False)]
    else:
        if not said.unjudged:
            return Shaped(part, tuple(range(len(routes))), said)
    left, positions = _left(said, wrong)
    needed = _STAND_INS if issubclass(model, ManifestPart) else EMPTY
    return Shaped(model.model_validate({**needed, **left}), positions, said)


def _left(said: Understood, wrong: list[Path]) -> tuple[dict[str, object], tuple[int, ...]]:
    """Give what is left without the entries that are *wrong* or not judged, and the positions of the routes left."""
    sections = ("providers", "models", "routes")
    entries = {path[:2] for path in wrong if path[0] in sections and len(path) > 1} | said.unjudged.keys()
    keys = {path[0] for path in wrong if path[:2] not in entries}
    kept: dict[str, object] = {key: value for key, value in said.raw.items() if key not in keys}
    for section in {"providers", "models"} & kept.keys():
        parts = as_object(kept[section])
        kept[section] = {name: part for name, part in parts.items() if (section, name) not in entries}
    routes = as_array(kept.get("routes"))
    positions = tuple(at for at in range(len(routes)) if ("routes", at) not in entries)
    if "routes" in kept:
        kept["routes"] = [routes[at] for at in positions]
    return kept, positions
