"""Say which part of the model stands at a path: for the names of its keys, and for their order."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from aigw.manifest.language.document import Path
from aigw.manifest.language.model import (
    BodyPart,
    DefaultsPart,
    FallbacksPart,
    GuardPart,
    InsteadPart,
    ManifestPart,
    Part,
    ProviderPart,
    RolloutPart,
    RoutePart,
    SourcePart,
    StagePart,
    TargetPart,
)

_Below: TypeAlias = Mapping[str, tuple[type[Part], int]]

_BODY: Final[_Below] = {
    "providers": (ProviderPart, 1),
    "models": (TargetPart, 1),
    "routes": (RoutePart, 1),
    "defaults": (DefaultsPart, 0),
}

_BELOW: Final[Mapping[type[Part], _Below]] = {
    ManifestPart: {"source": (SourcePart, 0), "rollout": (RolloutPart, 0), **_BODY},
    BodyPart: _BODY,
    RolloutPart: {"guard": (GuardPart, 0), "stages": (StagePart, 1), "base": (BodyPart, 0)},
    RoutePart: {
        "fallbacks": (FallbacksPart, 0),
        "instead": (InsteadPart, 0),
        "targets": (TargetPart, 1),
        "else": (TargetPart, 0),
    },
    FallbacksPart: {"context_length": (TargetPart, 1), "content_policy": (TargetPart, 1)},
    InsteadPart: {"targets": (TargetPart, 1)},
}
"""The parts below the keys of a part, and how many steps lie between: one where there is a name or a position."""


def part_at(path: Path) -> type[Part] | None:
    """Give the part at *path*, or None where keys are their author's own (names, tags, headers, parameters)."""
    part: type[Part] = ManifestPart
    while path:
        below = _BELOW.get(part, {}).get(str(path[0]))
        if below is None or len(path) <= below[1]:
            return None
        part, path = below[0], path[1 + below[1] :]
    return part
