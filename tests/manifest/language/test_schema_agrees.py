"""Whatever a document says, its JSON Schema and its reader agree about its shape."""

import copy
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.manifest.language.test_json_schema import JUDGE, RIGHT

from aigw.errors import ManifestInvalidError
from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.language.model import ManifestPart
from aigw.providers.registry import kinds

WORDS = [
    *("x", "openai", "openai/m", "openai/", "single", "fallback", "error", "timeout", "server_error", "tenant", "none"),
    *("30s", "0m", "0", "1.5h", "1d", "2026-11-20T12:00:00Z", "2026-11-20T12:00:00.5+01:00", "2026-11-20", "aigw/v1"),
    *("1.4", "1.4.0rc1", "rollout.v1", "canary-10x2-20m", "env:A", "ä", "", " ", "a b"),
]
KEYS = [
    *("use", "provider", "model", "name", "targets", "until", "why", "at", "bp", "kind", "timeout", "serial", "base"),
    *("preset", "stages", "else", "instead", "fallbacks", "context_length", "params", "headers", "hosts", "extra"),
]
TEXTS = st.sampled_from(WORDS)
NUMBERS = st.integers(-2, 20_001) | st.sampled_from([0.5, -0.5, 1.5, 20_000.5])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=4,
)

UNSAYABLE = ("must be a moment", "credential", "set by the HTTP client", "printable ASCII", "header name")
"""What the reader asks of single values that a schema has no words for."""


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    for step in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        found += places(node[step], (*path, step))
    return found


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a right document in which one or two things were replaced, added or left out."""
    said = copy.deepcopy(draw(st.sampled_from(RIGHT)))
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(places(said)[1:]))
        home = said
        for step in path[:-1]:
            home = home[step]
        match draw(st.sampled_from(["replace", "add", "leave out"])):
            case "replace":
                home[path[-1]] = draw(VALUES)
            case "add" if isinstance(home, dict):
                home[draw(st.sampled_from(KEYS))] = draw(VALUES)
            case _:
                del home[path[-1]]
        if not places(said)[1:]:
            break
    return said


@given(said=documents())
def test_the_schema_takes_a_document_exactly_if_its_shape_is_right(said: dict[str, Any]) -> None:
    wrong = [error.message for error in JUDGE.iter_errors(said)]
    try:
        ManifestPart.model_validate(said)
    except ValidationError as error:
        messages = [details["msg"] for details in error.errors()]
        sayable = [message for message in messages if not any(word in message for word in UNSAYABLE)]
        assert wrong or not sayable, messages
    else:
        # Names that a list is closed to are checked when the references are.
        assert all("is not one of" in one or "under any of the given schemas" in one for one in wrong), wrong


@given(said=documents())
def test_whatever_the_reader_takes_the_schema_takes(said: dict[str, Any]) -> None:
    try:
        compile_manifest(said, source="m", kinds=kinds())
    except ManifestInvalidError:
        return
    assert [] == [error.message for error in JUDGE.iter_errors(said)]


@pytest.mark.parametrize("said", RIGHT)
def test_a_document_that_is_cut_anywhere_is_judged_alike(said: dict[str, Any]) -> None:
    for path in places(said)[1:]:
        cut = copy.deepcopy(said)
        home = cut
        for step in path[:-1]:
            home = home[step]
        del home[path[-1]]
        try:
            ManifestPart.model_validate(cut)
            shaped = True
        except ValidationError:
            shaped = False
        assert shaped == jsonschema.Draft7Validator(JUDGE.schema).is_valid(cut), path
