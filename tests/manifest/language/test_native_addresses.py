"""Where kinds that speak a dialect of their own are reached, as the real table of kinds has them."""

import pytest

from aigw.manifest.language.default import default_snapshot
from aigw.manifest.language.endpoints import normal_base_url
from aigw.providers.registry import kinds


@pytest.mark.parametrize(
    "url",
    [
        "http://gpu:11434",
        "http://gpu:11434/",
        "http://gpu:11434/v1",
        "http://gpu:11434/v1/",
        "http://gpu:11434/v1/chat/completions",
        "http://gpu:11434/api",
        "http://gpu:11434/api/chat",
        "http://GPU:11434//api//chat/",
    ],
)
def test_ollamas_address_is_one_however_it_is_written(url: str) -> None:
    assert "http://gpu:11434" == normal_base_url(kinds()["ollama"], url)


def test_a_path_before_ollamas_own_stays() -> None:
    assert "https://gpu.example/llm" == normal_base_url(kinds()["ollama"], "https://gpu.example/llm/api/chat")


@pytest.mark.parametrize(
    "url", ["https://api.cohere.com", "https://api.cohere.com/v2", "https://api.cohere.com/v2/chat/"]
)
def test_coheres_address_is_one_however_it_is_written(url: str) -> None:
    assert "https://api.cohere.com" == normal_base_url(kinds()["cohere"], url)


@pytest.mark.parametrize(
    ("environ", "base_url"),
    [
        ({}, "http://localhost:11434"),
        ({"OLLAMA_HOST": "gpu:11500"}, "http://gpu:11500"),
        ({"OLLAMA_HOST": "0.0.0.0"}, "http://127.0.0.1:11434"),
        ({"OLLAMA_HOST": "https://gpu.example/v1"}, "https://gpu.example"),
        ({"OLLAMA_BASE_URL": "http://a:1/v1", "OLLAMA_HOST": "b"}, "http://a:1"),
    ],
)
def test_a_local_ollama_is_offered_where_the_environment_says(environ: dict[str, str], base_url: str) -> None:
    provider = default_snapshot(environ, kinds()).providers["ollama"]

    assert (base_url, None) == (provider.base_url, provider.secret)


@pytest.mark.parametrize("name", ["CO_API_KEY", "COHERE_API_KEY"])
def test_cohere_is_offered_with_either_key(name: str) -> None:
    provider = default_snapshot({name: "x"}, kinds()).providers["cohere"]

    assert (f"env:{name}", "https://api.cohere.com") == (provider.secret, provider.base_url)


@pytest.mark.parametrize("kind", ["azure-anthropic", "bedrock-mantle"])
@pytest.mark.parametrize("path", ["", "/", "/anthropic", "/anthropic/v1", "/anthropic/v1/messages"])
def test_where_a_cloud_has_claude_beside_other_things_a_bare_host_gets_the_path(kind: str, path: str) -> None:
    assert "https://acme.example/anthropic" == normal_base_url(kinds()[kind], f"https://acme.example{path}")
