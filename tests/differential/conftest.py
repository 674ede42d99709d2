"""What every comparison needs: the key that both sides send, and no SDK that talks to anybody but loopback."""

import pytest
from tests.differential.wire import KEY


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", KEY)
