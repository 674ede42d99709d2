"""Run as a script: a process with a gateway that makes a call for each line `ask`, and writes which serial served it.

`python followed.py URL FACE INTERVAL_S`. For each line `asks` it writes whether it asks the manifest's source itself.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import aigw

ASK: dict[str, Any] = {"model": "chat", "messages": [{"role": "user", "content": "Hello."}]}


def answer(gateway: Any, serial: Callable[[], int]) -> None:
    """Write a line for each that comes."""
    for line in sys.stdin:
        told = serial() if line.strip() == "ask" else gateway.manifest.status().asks
        print(told, flush=True)


def main(url: str, face: str, interval_s: float) -> None:
    """Serve in *face*, until there are no more lines."""
    settings: dict[str, Any] = {"manifest": url, "refresh_interval": interval_s, "sinks": []}
    if face == "sync":
        with aigw.Gateway(**settings) as gateway:
            answer(gateway, lambda: int(gateway.chat.completions.create(**ASK).aigw.serial))
        return
    with asyncio.Runner() as runner:
        awaited = aigw.AsyncGateway(**settings)

        async def once() -> int:
            return int((await awaited.chat.completions.create(**ASK)).aigw.serial)

        answer(awaited, lambda: runner.run(once()))
        runner.run(awaited.close())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
