"""Where Google's models live and what differs between them, by the version read from a model's name.

Sources: https://ai.google.dev/gemini-api/docs/models, .../thinking and .../openai (budgets of an effort), and
https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations. A name nobody knows counts as a new model.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from aigw.manifest.snapshot import Target
from aigw.providers.writing import endpoint

DIALECT: Final = "gemini"

VERTEX_EMBEDDINGS: Final = "vertex-embeddings"
"""What tells Vertex AI from the Gemini API: only one of them has it."""

_VERSION: Final = re.compile(r"gemini-(?:[a-z]+-)*(\d+)(?:\.(\d+))?")
_NEWEST: Final = (99, 0)
_THINKING: Final = (2, 5)
_LEVELS_SINCE: Final = (3, 0)

BUDGETS: Final[Mapping[str, int]] = MappingProxyType(
    {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576}
)
"""Tokens of thinking for an effort, at models that take a budget; 24576 is the most that all of them take."""

LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {"minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "xhigh": "XHIGH"}
)
"""Levels of thinking for an effort, at models that take a level; which of them a model has, it says itself."""


@lru_cache(maxsize=256)
def version(model: str) -> tuple[int, int]:
    """Give major and minor version of *model*, wherever in its name they stand; a very new one if there is none."""
    found = _VERSION.search(model.lower())
    return (int(found[1]), int(found[2] or 0)) if found else _NEWEST


def is_third(model: str) -> bool:
    """Whether *model* is of the third generation or newer: it signs its calls and takes a level of thinking."""
    return version(model) >= _LEVELS_SINCE


def takes_json_schema(model: str) -> bool:
    """Whether *model* takes JSON Schema as it is; older ones take a subset of OpenAPI's."""
    return version(model) >= (2, 0)


def thinks(model: str, effort: str) -> bool:
    """Whether *model* can be told to think as much as *effort* says; the third generation cannot leave it."""
    if is_third(model):
        return effort in LEVELS
    if version(model) < _THINKING:
        return effort == "none"
    return effort in BUDGETS and not (effort == "none" and "pro" in model.lower())


def is_vertex(target: Target) -> bool:
    """Whether *target* is at Vertex AI, which has addresses, labels and safety of its own."""
    return VERTEX_EMBEDDINGS in target.provider.kind.also


def url(target: Target, method: str, query: str = "") -> str:
    """Give the address of *method* (`generateContent`) of the target's model, with *query*."""
    return _address(target.provider.base_url, target.model, method, query, vertex=is_vertex(target))


@lru_cache(maxsize=256)
def _address(base_url: str, model: str, method: str, query: str, *, vertex: bool) -> str:
    path = vertex_path(model) if vertex else resource(model)
    if path.startswith("projects/"):
        base_url = base_url.partition("/projects/")[0]
    address = endpoint(base_url, f"/{quote(path, safe='/@')}:{method}", "/v1" if vertex else "/v1beta")
    return f"{address}{'&' if '?' in address else '?'}{query}" if query else address


def resource(model: str) -> str:
    """Give the name of *model* as the Gemini API wants it: `models/…`, or what the caller named in full."""
    return model if "/" in model else f"models/{model}"


def vertex_path(model: str) -> str:
    """Give the name of *model* as Vertex AI wants it; other publishers' models are named `publisher/model`."""
    model = model.removeprefix("models/")
    head, slash, tail = model.partition("/")
    if head in {"projects", "publishers", "endpoints", "tunedModels"}:
        return model
    return f"publishers/{head}/models/{tail}" if slash else f"publishers/google/models/{model}"
