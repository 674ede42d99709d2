"""What the tests of the language share: a plain document, and what is wrong with one."""

from typing import Any

import pytest
from tests.manifest.manifest_kit import KINDS

from aigw.errors import ManifestInvalidError
from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.snapshot import Snapshot


def plain(**parts: Any) -> dict[str, Any]:
    return {
        "schema": "aigw/v1",
        "serial": 1,
        "providers": {"openai": {"kind": "openai"}},
        "routes": [{"name": "main", "targets": ["openai/gpt-4o"]}],
        **parts,
    }


def read(content: Any, **options: Any) -> Snapshot:
    return compile_manifest(content, source="m.yaml", kinds=KINDS, **options)


def refused(content: Any, **options: Any) -> ManifestInvalidError:
    with pytest.raises(ManifestInvalidError) as caught:
        read(content, **options)
    return caught.value


def problem(content: Any, **options: Any) -> str:
    """Give the one problem of *content*, without its source."""
    problems = refused(content, **options).problems
    assert 1 == len(problems), problems
    return problems[0].removeprefix("m.yaml").lstrip(":").lstrip()
