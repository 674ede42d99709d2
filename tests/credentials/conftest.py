"""What the tests of AWS's credentials stand on: both runtimes, and servers on loopback."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from tests.credentials.aws_kit import PROVIDER, Respond

from aigw.call import UNLIMITED
from aigw.credentials.aws import AwsSource
from aigw.manifest.snapshot import Provider
from aigw.runtime.asynchronous import AsyncioRuntime
from aigw.runtime.blocking import BlockingRuntime
from aigw.runtime.drive import run
from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Received, Transmission
from aigw.types.credential import AwsKeys


@pytest.fixture(params=["blocking", "asyncio"])
def obtain(request: pytest.FixtureRequest) -> Callable[..., AwsKeys]:
    """Obtain a credential with an environment of its own."""

    def obtained(environ: Mapping[str, str], reference: str = "default", provider: Provider = PROVIDER) -> AwsKeys:
        runtime: Any = AsyncioRuntime() if request.param == "asyncio" else BlockingRuntime()

        async def once() -> AwsKeys:
            try:
                return await AwsSource(environ).obtain(reference, provider, runtime, UNLIMITED)
            finally:
                await runtime.aclose()

        return asyncio.run(once()) if request.param == "asyncio" else run(once())

    return obtained


@pytest.fixture
def serving() -> Iterator[Callable[[Respond], Server]]:
    servers: list[Server] = []

    def start(respond: Respond) -> Server:
        def answered(received: Received) -> Transmission:
            status, body = respond(received)
            return Transmission(status=status, steps=(Frame(body.encode()),))

        servers.append(Server(answered))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
