from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.processes.processes_kit import Published

from aigw.testing import ManifestServer


@pytest.fixture(params=["plain", "signed"])
def published(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Published]:
    """A manifest, serial 1, in plain YAML or signed."""
    with ManifestServer() as server:
        yield Published(server, tmp_path, signed=request.param == "signed")
