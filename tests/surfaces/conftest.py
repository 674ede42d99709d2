from collections.abc import Iterator

import pytest
from tests.surfaces.fakes import Face


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest) -> Iterator[Face]:
    return Face(request.param)
