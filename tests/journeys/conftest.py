from collections.abc import Iterator
from typing import Any

import pytest
from tests.journeys.journey_kit import Journey

from aigw.testing import AnthropicServer, OpenAIServer, ProviderServer


@pytest.fixture
def journey(face: Any) -> Journey:
    return Journey(face)


@pytest.fixture(params=[OpenAIServer, AnthropicServer], ids=["openai", "anthropic"])
def first(request: pytest.FixtureRequest) -> Iterator[ProviderServer]:
    """The provider asked first, in either dialect."""
    with request.param() as server:
        yield server


@pytest.fixture
def second(first: ProviderServer) -> Iterator[ProviderServer]:
    """The provider asked next, which speaks the other dialect."""
    with OpenAIServer() if isinstance(first, AnthropicServer) else AnthropicServer() as server:
        yield server


@pytest.fixture
def openai() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def unheard() -> Iterator[str]:
    """An address that takes no connection and refuses none: its queue of connections is full."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(8):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
            waiting.append(one)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        for one in waiting:
            one.close()
