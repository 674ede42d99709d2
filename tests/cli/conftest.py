"""A command line in this process, and manifests for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.kit import ECHO, Ran, Run

from aigw.cli import main
from aigw.testing import OpenAIServer


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `aigw` with these arguments, in this process."""

    def ran(*arguments: str) -> Ran:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return ran


@pytest.fixture
def echo_manifest(tmp_path: Path) -> str:
    path = tmp_path / "manifest.yaml"
    path.write_text(ECHO)
    return str(path)


@pytest.fixture
def openai() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def openai_manifest(openai: OpenAIServer, tmp_path: Path) -> str:
    """A manifest with one model at the scripted provider, which is not tried twice."""
    path = tmp_path / "openai.yaml"
    path.write_text(
        f"""\
schema: aigw/v1
serial: 1
providers:
  openai: {{kind: openai, base_url: "{openai.url}", api_key: none}}
defaults: {{max_retries: 0}}
models:
  assistant: openai/gpt-4o
"""
    )
    return str(path)
