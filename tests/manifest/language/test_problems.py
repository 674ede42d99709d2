"""All that is wrong is said, as long as it can be read: a document made of mistakes costs no more than a good one."""

import json

import pytest
from tests.manifest.manifest_kit import compiled

from aigw.errors import ManifestInvalidError

PROVIDERS = {"p": {"kind": "openai", "api_key": "none"}}


def refusal(document: str) -> ManifestInvalidError:
    with pytest.raises(ManifestInvalidError) as caught:
        compiled(document)
    return caught.value


def written(**said: object) -> str:
    return json.dumps({"schema": "aigw/v1", "serial": 1, "providers": PROVIDERS, **said})


def test_the_search_ends_with_the_hundredth_finding() -> None:
    error = refusal(written(routes=[1] * 5000))

    assert 100 == len(error.problems)
    assert "(and 99 more)" in str(error)


def test_faults_in_tens_of_thousands_are_counted_and_not_told() -> None:
    error = refusal(written(routes=[1] * 300_000))

    assert ("m.yaml:1: 300000 things are wrong with its shape; check what the source delivers",) == error.problems


@pytest.mark.parametrize("built_with", ["0.0.1", "99.0"])
def test_so_they_are_whoever_built_the_document(built_with: str) -> None:
    error = refusal(written(built_with=built_with, **{f"k{number}": 1 for number in range(20_000)}))

    assert "m.yaml:1: 20000 things are wrong with its shape; check what the source delivers" == str(error)


def test_among_very_many_names_none_is_said_to_be_meant() -> None:
    models = {f"m{number}": "p/m" for number in range(4000)}
    routes = [{"name": f"r{number}", "targets": [f"zm{number}"]} for number in range(4000)]

    error = refusal(written(models=models, routes=routes))

    assert 100 == len(error.problems)
    assert "did you mean" not in str(error)
    assert "and 3992 more" in str(error)


@pytest.mark.parametrize("number", ["1" + ":1" * 400_000, "1" + ":1" * 400_000 + ".5", "0x" + "1" * 800_000])
def test_a_number_without_end_is_none(number: str) -> None:
    error = refusal(f"schema: aigw/v1\nserial: {number}\n")

    assert "m.yaml:2: this is no valid" in str(error)
