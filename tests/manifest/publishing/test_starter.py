"""The manifest one begins with is good, whatever keys there are."""

import pytest

from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.language.default import default_snapshot
from aigw.manifest.language.formatting import formatted
from aigw.manifest.publishing.cases import read_cases
from aigw.manifest.publishing.starter import Starter, starter
from aigw.manifest.snapshot import Snapshot
from aigw.providers.registry import kinds
from aigw.secrets import Schemes

ENVIRONMENTS = [
    {},
    {"OPENAI_API_KEY": "k"},
    {"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"},
    {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "https://eu.api.openai.com/v1", "MISTRAL_API_KEY": "k"},
    {"AWS_REGION": "eu-central-1", "AWS_BEARER_TOKEN_BEDROCK": "k"},
    *({kind.key_env[0]: "k"} for kind in kinds().values() if kind.key_env),
    {variable: "k" for kind in kinds().values() for variable in kind.key_env},
]


def begun(environ: dict[str, str]) -> Starter:
    found = [one for one in default_snapshot(environ, kinds()).providers.values() if one.secret is not None]
    return starter(found, name="manifest.yaml", tests="manifest.tests.yaml", schema="./manifest.schema.json")


def compiled(made: Starter) -> Snapshot:
    return compile_manifest(made.manifest, source="manifest.yaml", kinds=kinds(), schemes=Schemes())


@pytest.mark.parametrize("environ", ENVIRONMENTS, ids=lambda environ: "+".join(list(environ)[:3]) or "none")
def test_it_is_taken_as_it_is_written_and_in_form(environ: dict[str, str]) -> None:
    made = begun(environ)

    assert {"assistant", "quick"} == compiled(made).routes.keys()
    assert made.manifest == formatted(made.manifest)
    assert made.tests == formatted(made.tests)
    assert 3 == len(read_cases(made.tests, source="t").cases)


def test_two_providers_stand_in_for_each_other() -> None:
    routes = compiled(begun({"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"})).routes

    assert [["openai", "anthropic"]] * 2 == [[one.provider.name for one in route.targets] for route in routes.values()]


def test_the_address_that_the_environment_says_is_kept() -> None:
    environ = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "https://eu.api.openai.com/v1"}

    assert "https://eu.api.openai.com/v1" == compiled(begun(environ)).providers["openai"].base_url


def test_no_key_is_written_and_an_endpoint_with_models_of_ones_own_is_a_comment() -> None:
    environ = {
        "OPENAI_API_KEY": "made-up",
        "AZURE_OPENAI_API_KEY": "made-up",
        "AZURE_OPENAI_ENDPOINT": "https://a.openai.azure.com",
    }
    made = begun(environ)

    assert "made-up" not in made.manifest + made.tests
    assert "  # azure: {kind: azure, …}" in made.manifest
    assert {"openai"} == compiled(made).providers.keys()
