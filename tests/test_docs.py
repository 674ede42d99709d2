"""Documents that cannot lie: the manifests they show are accepted, the names they list are the real ones.

The Python blocks of README and of the guides are run by `nox -s examples`.
"""

import re
from pathlib import Path

import pytest

from aigw.errors import Failure
from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.language.features import FEATURES
from aigw.manifest.language.model import (
    FALLBACK_FAILURES,
    DefaultsPart,
    GuardPart,
    InsteadPart,
    ManifestPart,
    Part,
    ProviderPart,
    RolloutPart,
    RoutePart,
    SourcePart,
    TargetPart,
)
from aigw.manifest.language.rollout import PRESETS
from aigw.manifest.snapshot import DEFAULT_FALLBACK_ON
from aigw.providers.registry import kinds
from aigw.secrets import Schemes

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
REFERENCE = (ROOT / "docs" / "reference" / "manifest.md").read_text("utf-8")


def manifests() -> list[pytest.ParameterSet]:
    blocks = [
        (page, block)
        for page in PAGES
        for block in re.findall(r"^```yaml\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        if block.startswith("schema: aigw/v1\n")
    ]
    return [pytest.param(block, id=f"{page.name}-{number}") for number, (page, block) in enumerate(blocks)]


def rows(heading: str) -> set[str]:
    """Give the names in the first column of the table below *heading*."""
    section = re.split(r"\n##+ ", REFERENCE.partition(f"## {heading}\n")[2])[0]
    return set(re.findall(r"^\| `([\w.-]+)` ", section, re.MULTILINE))


@pytest.mark.parametrize("manifest", manifests())
def test_a_manifest_shown_is_accepted(manifest: str) -> None:
    assert compile_manifest(manifest, source="docs", kinds=kinds(), schemes=Schemes()).routes


def test_the_manifest_of_the_examples_is_accepted() -> None:
    manifest = (ROOT / "tests" / "echo.yaml").read_text("utf-8")

    assert {"echo", "primary-summarization"} == set(compile_manifest(manifest, source="echo", kinds=kinds()).routes)


@pytest.mark.parametrize(
    ("heading", "part"),
    [
        ("Provider", ProviderPart),
        ("Defaults", DefaultsPart),
        ("Instead", InsteadPart),
        ("Source", SourcePart),
        ("Guard", GuardPart),
    ],
)
def test_every_key_of_a_part_is_in_its_table(heading: str, part: type[Part]) -> None:
    assert set(part.model_fields) == rows(heading)


def test_every_key_of_a_rollout_is_in_the_table_and_every_preset_in_the_other() -> None:
    assert set(RolloutPart.model_fields) | set(PRESETS) == rows("Rollout")


def test_every_feature_is_named() -> None:
    assert all(f"`{feature}`" in REFERENCE for feature in FEATURES)


def test_every_key_at_the_top_is_in_the_table() -> None:
    assert set(ManifestPart.model_fields) - {"schema_"} == rows("Top level") - {"schema"}


def test_every_key_of_a_target_is_in_the_table() -> None:
    assert set(TargetPart.model_fields) - {"use", "provider", "model"} == rows("Target")


def test_every_key_of_a_route_is_in_the_table() -> None:
    fallbacks = {"fallbacks.context_length", "fallbacks.content_policy"}

    assert set(RoutePart.model_fields) - {"fallbacks", "else_"} == rows("Route") - fallbacks - {"else"}


def test_every_failure_to_fall_back_on_is_named() -> None:
    text = REFERENCE.partition("`fallback_on` takes")[2].partition("\n\n")[0]
    named = {Failure(word) for word in re.findall(r"`(\w+)`", text)}

    assert FALLBACK_FAILURES == named
    assert named > DEFAULT_FALLBACK_ON
