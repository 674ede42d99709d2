"""`aigw manifest schema` gives the schema with which editors complete and check a manifest."""

import json
from pathlib import Path

import jsonschema
from tests.cli.kit import Run


def test_it_is_the_same_printed_and_written(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    path.write_text("an older one")
    ran = run("manifest", "schema", "-o", str(path))

    assert (0, "", f"{path}: written\n") == (ran.code, ran.out, ran.err)
    assert run("manifest", "schema").out == path.read_text()
    assert run("manifest", "schema", "--json").out == path.read_text()


def test_it_judges_manifests(run: Run) -> None:
    judge = jsonschema.Draft7Validator(json.loads(run("manifest", "schema").out))

    assert judge.is_valid({"schema": "aigw/v1", "serial": 7, "providers": {"offline": {"kind": "echo"}}})
    assert not judge.is_valid({"schema": "aigw/v1", "serial": "7"})


def test_it_offers_every_kind_there_is(run: Run) -> None:
    schema = json.loads(run("manifest", "schema").out)
    offered = schema["definitions"]["ProviderPart"]["properties"]["kind"]["anyOf"][0]["enum"]

    assert offered == sorted(kind["kind"] for kind in run("providers", "--json").json)


def test_a_file_that_cannot_be_written_is_an_error(run: Run, tmp_path: Path) -> None:
    ran = run("manifest", "schema", "-o", str(tmp_path))

    assert (1, f"aigw: error: {tmp_path} cannot be written: Is a directory.\n") == (ran.code, ran.err)
