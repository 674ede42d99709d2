"""`aigw providers` lists what a manifest can name, and never a key."""

import pytest
from tests.cli.kit import Run


def test_every_kind_has_a_row(run: Run) -> None:
    from aigw.providers.registry import kinds

    rows = [line.split()[0] for line in run("providers").out.splitlines()[1:]]

    assert list(kinds()) == rows


def test_a_set_key_is_told_and_never_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "made-up-key")
    text, listed = run("providers").out, run("providers", "--json")

    known = {item["kind"]: item for item in listed.json}
    assert "made-up-key" not in text + listed.out
    assert (True, False) == (known["anthropic"]["key_is_set"], known["openai"]["key_is_set"])
    (row,) = [line for line in text.splitlines() if line.startswith("anthropic ")]
    assert ["anthropic", "https://api.anthropic.com", "anthropic-messages"] == row.split()[:3]
    assert ["ANTHROPIC_API_KEY", "yes"] == row.split()[-2:]


def test_one_kind_is_told_all_about(run: Run) -> None:
    rows = {line.split()[0]: line.split()[1:] for line in run("providers", "ollama").out.splitlines()}

    assert ["http://localhost:11434"] == rows["base"][1:]
    assert (["yes"], ["no"]) == (rows["tools"], rows["tool_choice"])


def test_a_kind_that_is_none_is_told_with_near_names(run: Run) -> None:
    said = run("providers", "anthropik")

    assert 1 == said.code
    assert "Did you mean anthropic" in said.err


def test_machines_get_dialect_address_and_key_variables(run: Run) -> None:
    known = {item["kind"]: item for item in run("providers", "--json").json}

    openai = known["openai"]
    assert {
        "title": "OpenAI",
        "dialect": "openai-chat",
        "base_url": "https://api.openai.com/v1",
        "key_variables": ["OPENAI_API_KEY"],
        "key_is_set": False,
        "keyless": False,
    }.items() <= openai.items()
    assert {"chat", "embeddings"} <= set(openai["operations"])
    assert {"tools", "json_schema"} <= set(openai["features"])
    assert ["region", "project"] == known["vertex"]["settings"]


def test_what_a_host_says_in_its_own_words_is_told(run: Run) -> None:
    told = run("providers", "groq").out
    known = {item["kind"]: item for item in run("providers", "--json").json}

    rows = {" ".join(line.split()): True for line in told.splitlines()}
    assert rows["reasoning in reasoning"]
    assert rows["tools at most 128"]
    assert rows["limit of tokens a minute x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens"]
    assert ["reasoning"] == known["groq"]["reasoning"]
    assert {"most": 128, "name": "[a-zA-Z0-9_-]{1,64}"} == known["groq"]["tool_limits"]
    assert "duration" == known["groq"]["rate_limits"][0]["form"]
    assert ("quota", "not_found") == (known["zai"]["errors"]["1113"], known["cloudflare"]["errors"]["5007"])
    assert ([], {}) == (known["gemini"]["reasoning"], known["gemini"]["errors"])
