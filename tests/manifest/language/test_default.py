"""Without a manifest, providers come from their conventional environment variables."""

import pytest
from tests.manifest.manifest_kit import KINDS

from aigw.errors import ConfigurationError
from aigw.manifest.language.default import default_snapshot


def test_a_provider_appears_with_its_key_and_the_local_ones_always() -> None:
    found = default_snapshot({"OPENAI_API_KEY": "sk-x", "ANTHROPIC_API_KEY": " "}, KINDS)

    assert {"openai", "ollama", "echo"} == set(found.providers)
    assert ("env:OPENAI_API_KEY", "https://api.openai.com/v1", frozenset({"api.openai.com"})) == (
        found.providers["openai"].secret,
        found.providers["openai"].base_url,
        found.providers["openai"].hosts,
    )
    assert found.providers["ollama"].secret is None
    assert found.allow_direct
    assert (0, {}, "embedded default") == (found.serial, dict(found.routes), found.source)


def test_the_best_key_variable_that_is_set_is_taken() -> None:
    assert "env:PPLX_API_KEY" == default_snapshot({"PPLX_API_KEY": "x"}, KINDS).providers["perplexity"].secret


@pytest.mark.parametrize(
    ("environ", "name", "base_url"),
    [
        ({"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": "http://127.0.0.1:8000/"}, "openai", "http://127.0.0.1:8000/v1"),
        ({"ANTHROPIC_API_KEY": "x", "ANTHROPIC_BASE_URL": "http://h:1/v1"}, "anthropic", "http://h:1"),
        ({"OLLAMA_HOST": "gpu:11500"}, "ollama", "http://gpu:11500/v1"),
        ({"OLLAMA_HOST": "gpu"}, "ollama", "http://gpu:11434/v1"),
        ({"OLLAMA_HOST": "0.0.0.0"}, "ollama", "http://127.0.0.1:11434/v1"),
        ({"OLLAMA_HOST": "https://gpu.example"}, "ollama", "https://gpu.example/v1"),
        ({"OLLAMA_BASE_URL": "http://a:1", "OLLAMA_HOST": "b"}, "ollama", "http://a:1/v1"),
        ({}, "ollama", "http://localhost:11434/v1"),
    ],
)
def test_the_environment_says_where_a_provider_is(environ: dict[str, str], name: str, base_url: str) -> None:
    assert base_url == default_snapshot(environ, KINDS).providers[name].base_url


def test_a_base_url_that_is_none_names_its_variable_and_not_its_value() -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_BASE_URL") as caught:
        default_snapshot({"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": "https://u:hunter2@h/"}, KINDS)

    assert "hunter2" not in str(caught.value)


def test_no_key_stands_in_the_snapshot() -> None:
    assert "sk-secret" not in repr(default_snapshot({"OPENAI_API_KEY": "sk-secret"}, KINDS))


def test_the_digest_tells_environments_apart() -> None:
    first, second = default_snapshot({}, KINDS), default_snapshot({"OPENAI_API_KEY": "x"}, KINDS)

    assert first.digest != second.digest
    assert first.digest == default_snapshot({}, KINDS).digest
