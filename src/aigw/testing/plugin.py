"""The pytest plugin: fixtures `aigw_openai`, `aigw_anthropic`, `aigw_manifests`, `aigw_clock` and `aigw_records`.

Installed by its entry point in every pytest run beside aigw, so it imports nothing until a fixture is used.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigw.testing.clock import FrozenClock
    from aigw.testing.manifests import ManifestServer
    from aigw.testing.records import RecordCapture
    from aigw.testing.server import AnthropicServer, OpenAIServer


@pytest.fixture
def aigw_openai() -> "Iterator[OpenAIServer]":
    """Start a scripted OpenAI on loopback, and close it after the test."""
    from aigw.testing.server import OpenAIServer  # noqa: PLC0415 - see the module's docstring

    with OpenAIServer() as server:
        yield server


@pytest.fixture
def aigw_anthropic() -> "Iterator[AnthropicServer]":
    """Start a scripted Anthropic on loopback, and close it after the test."""
    from aigw.testing.server import AnthropicServer  # noqa: PLC0415 - see the module's docstring

    with AnthropicServer() as server:
        yield server


@pytest.fixture
def aigw_manifests() -> "Iterator[ManifestServer]":
    """Start a server for a manifest on loopback, and close it after the test."""
    from aigw.testing.manifests import ManifestServer  # noqa: PLC0415 - see the module's docstring

    with ManifestServer() as server:
        yield server


@pytest.fixture
def aigw_clock() -> "FrozenClock":
    """Give a clock that stands still."""
    from aigw.testing.clock import FrozenClock  # noqa: PLC0415 - see the module's docstring

    return FrozenClock()


@pytest.fixture
def aigw_records() -> "RecordCapture":
    """Give a sink that keeps its records."""
    from aigw.testing.records import RecordCapture  # noqa: PLC0415 - see the module's docstring

    return RecordCapture()
