"""The service of the demo: code that knows the name of a route and nothing else. It uses the public API only."""

import asyncio
from typing import Final, Protocol

import aigw

REFRESH_S: Final = 0.2
"""How often the demo's gateway looks at its manifest, in seconds: more often than a service would."""


class Service(Protocol):
    """What the demo asks of its service, whichever face of the gateway it stands on."""

    face: str

    def ask(self, model: str, text: str) -> aigw.ChatCompletion:
        """Ask once."""
        ...

    def ask_streamed(self, model: str, text: str) -> tuple[list[str], aigw.Record]:
        """Ask for a stream, and give its pieces and its record."""
        ...

    def status(self) -> aigw.ManifestStatus:
        """Tell what the gateway knows of its manifest."""
        ...

    def close(self) -> None:
        """End."""
        ...


class BlockingService:
    """The service on `aigw.Gateway`."""

    face = "aigw.Gateway"

    def __init__(self, manifest: str, cache_dir: str) -> None:
        self._gateway = aigw.Gateway(
            manifest=manifest, tags={"app": "demo"}, sinks=[], cache_dir=cache_dir, refresh_interval=REFRESH_S
        )

    def ask(self, model: str, text: str) -> aigw.ChatCompletion:
        """Ask once."""
        return self._gateway.chat.completions.create(model=model, messages=[{"role": "user", "content": text}])

    def ask_streamed(self, model: str, text: str) -> tuple[list[str], aigw.Record]:
        """Ask for a stream, and give its pieces and its record."""
        messages = [{"role": "user", "content": text}]
        with self._gateway.chat.completions.create(model=model, messages=messages, stream=True) as stream:
            pieces = [said for chunk in stream if (said := _text(chunk))]
        return pieces, stream.aigw

    def status(self) -> aigw.ManifestStatus:
        """Tell what the gateway knows of its manifest."""
        return self._gateway.manifest.status()

    def close(self) -> None:
        """End."""
        self._gateway.close()


class AwaitingService:
    """The same service on `aigw.AsyncGateway`, in an event loop of its own."""

    face = "aigw.AsyncGateway"

    def __init__(self, manifest: str, cache_dir: str) -> None:
        self._runner = asyncio.Runner()
        self._gateway = aigw.AsyncGateway(
            manifest=manifest, tags={"app": "demo"}, sinks=[], cache_dir=cache_dir, refresh_interval=REFRESH_S
        )

    def ask(self, model: str, text: str) -> aigw.ChatCompletion:
        """Ask once."""
        return self._runner.run(self._ask(model, text))

    def ask_streamed(self, model: str, text: str) -> tuple[list[str], aigw.Record]:
        """Ask for a stream, and give its pieces and its record."""
        return self._runner.run(self._ask_streamed(model, text))

    def status(self) -> aigw.ManifestStatus:
        """Tell what the gateway knows of its manifest."""
        return self._gateway.manifest.status()

    def close(self) -> None:
        """End."""
        self._runner.run(self._gateway.close())
        self._runner.close()

    async def _ask(self, model: str, text: str) -> aigw.ChatCompletion:
        return await self._gateway.chat.completions.create(model=model, messages=[{"role": "user", "content": text}])

    async def _ask_streamed(self, model: str, text: str) -> tuple[list[str], aigw.Record]:
        messages = [{"role": "user", "content": text}]
        async with await self._gateway.chat.completions.create(model=model, messages=messages, stream=True) as stream:
            pieces = [said async for chunk in stream if (said := _text(chunk))]
        return pieces, stream.aigw


def _text(chunk: aigw.ChatCompletionChunk) -> str:
    return "".join(choice.delta.content or "" for choice in chunk.choices)
