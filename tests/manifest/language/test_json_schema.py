"""The JSON Schema says of each shape what the reader says, so that editors complete and check manifests."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from tests.manifest.language.language_kit import plain, read, refused
from tests.manifest.language.test_formatting import MESSY
from tests.manifest.language.test_rollout import ramped

from aigw.manifest.language.descriptions import DESCRIPTIONS
from aigw.manifest.language.document import load_document
from aigw.manifest.language.json_schema import manifest_schema

SCHEMA = manifest_schema(["openai", "echo"])
JUDGE = jsonschema.Draft7Validator(SCHEMA)
INSTEAD = {"until": "2026-11-20T12:00:00Z", "targets": ["openai/m"]}

RIGHT: list[dict[str, Any]] = [
    plain(),
    plain(audience="a", channel="c", epoch=1, issued_at="2026-11-20T12:00:00.5+01:00", source={"repo": "r"}),
    plain(requires=["rollout.v1"], min_reader="0.0", built_with="0.0.1rc1", fail_closed_after="1.5h"),
    plain(models={"a": "openai/m", "b": {"use": "openai/m"}, "c": {"provider": "openai", "model": "m"}}),
    plain(defaults={"timeout": 30, "attempt_timeout": "500ms", "first_token_timeout": None}),
    plain(routes=[{"name": "a", "targets": ["openai/m"], "instead": INSTEAD, "else": {"use": "openai/m"}}]),
    plain(routes=[{"name": "a", "targets": ["openai/m"], "fallback_on": ["timeout"], "fallbacks": {}}]),
    plain(providers={"openai": {"kind": "openai", "headers": {"X-A": "b"}, "hosts": ["h"]}}, tags={"a": "b"}),
    ramped(),
    ramped(preset=None, stages=[{"at": 0, "bp": 1}, {"at": "5m", "bp": 2}], guard={"max_latency_ratio": 1.5}),
]
WRONG: list[dict[str, Any]] = [
    plain(serial="7"),
    plain(serial=-1),
    plain(schema="aigw/v2"),
    plain(chanel="prod"),
    plain(issued_at="2026-11-20"),
    plain(min_reader="soon"),
    plain(requires=["dlp.v2"]),
    plain(fail_closed_after="1 day"),
    plain(defaults={"timeout": 0}),
    plain(tags={"a": 1}),
    plain(allow_direct="yes"),
    plain(providers={"openai": {}}),
    plain(routes=[{"name": "a", "targets": []}]),
    plain(routes=[{"name": "a", "targets": [{"provider": "openai"}]}]),
    plain(routes=[{"name": "a", "targets": [{"use": "openai/m", "model": "m"}]}]),
    plain(routes=[{"name": "a", "targets": ["openai/m"], "strategy": "weighted"}]),
    plain(routes=[{"name": "a", "targets": ["openai/m"], "fallback_on": ["slow"]}]),
    plain(routes=[{"name": "a", "targets": ["openai/m"], "instead": {"targets": ["openai/m"]}}]),
    ramped(stages=[{"at": 0, "bp": 1}]),
    ramped(preset=None),
    ramped(preset=None, stages=[{"at": 0, "bp": 10_001}]),
    ramped(base={"serial": 1}),
    ramped(unit="user"),
]


def test_it_is_a_schema_of_draft_07() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)

    assert "http://json-schema.org/draft-07/schema#" == SCHEMA["$schema"]
    assert '"$defs"' not in json.dumps(SCHEMA)


@pytest.mark.parametrize("said", RIGHT)
def test_what_the_reader_takes_the_schema_takes(said: dict[str, Any]) -> None:
    assert 1 == read(said).serial
    assert [] == [error.message for error in JUDGE.iter_errors(said)]


@pytest.mark.parametrize("said", WRONG)
def test_what_the_reader_refuses_for_its_shape_the_schema_refuses(said: dict[str, Any]) -> None:
    assert refused(said).problems
    assert not JUDGE.is_valid(said)


def test_yaml_as_people_write_it_is_taken() -> None:
    assert [] == [error.message for error in JUDGE.iter_errors(load_document(MESSY, source="m").data)]


def parts() -> Iterator[dict[str, Any]]:
    yield SCHEMA
    definitions = SCHEMA["definitions"]
    assert isinstance(definitions, dict)
    yield from definitions.values()


def test_every_key_is_described_and_no_other_is_taken() -> None:
    for part in parts():
        assert part["additionalProperties"] is False
        assert all(field["description"] for field in part["properties"].values())


def test_every_description_is_of_a_key() -> None:
    for part, keys in DESCRIPTIONS.items():
        assert {field.alias or name for name, field in part.model_fields.items()} == set(keys), part


def test_nothing_stands_beside_a_reference_where_draft_07_does_not_see_it() -> None:
    def check(node: object) -> None:
        if isinstance(node, dict):
            assert "$ref" not in node or {"$ref"} == set(node)
            for value in node.values():
                check(value)
        elif isinstance(node, list):
            for item in node:
                check(item)

    check(SCHEMA)


def test_kinds_are_offered_and_others_taken() -> None:
    kind = SCHEMA["definitions"]["ProviderPart"]["properties"]["kind"]  # type: ignore[index]

    assert {"enum": ["echo", "openai"]} in kind["anyOf"]
    assert JUDGE.is_valid(plain(providers={"p": {"kind": "house-made"}}))
    assert JUDGE.is_valid(plain()) == jsonschema.Draft7Validator(manifest_schema()).is_valid(plain())
