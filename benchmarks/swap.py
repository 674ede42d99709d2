"""How long the event loop stands still while a running `AsyncGateway` takes over a manifest of 150 routes.

Run as `swap.py <origin of the upstream> <folder it serves from> <swaps>`; prints one line of JSON, times in ms. A task
that sleeps 1 ms at a time notes the gaps between its ticks. `usual` is its median gap when nothing happens, `quiet` the
worst gap of windows without a swap: what this machine does to anyone.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from canned import KEY_VARIABLE, MESSAGES
from upstream import Upstream

ROUTES = 150
TICK_S = 0.001
POLL_S = 0.2
WINDOW_S = 0.6
SWAP_WAIT_S = 20.0


def manifest(serial: int, origin: str) -> str:
    """Write a manifest of `ROUTES` routes with three targets each, as a platform team would: about 60 kB of YAML."""
    lines = ["# " + "padding, so that no two sizes are the same " * serial, "schema: aigw/v1", f"serial: {serial}"]
    lines.append("providers:")
    for name in ("plain", "second", "third"):
        lines += [f"  {name}:", "    kind: openai-compatible", f'    base_url: "{origin}/plain/v1"']
        lines.append(f"    api_key: env:{KEY_VARIABLE}")
    lines.append("routes:")
    for number in range(ROUTES):
        lines += [f"  - name: route-{number}", "    strategy: fallback", "    targets:"]
        for name, model in (("plain", "gpt-4o"), ("second", "claude-sonnet-4-5"), ("third", "llama-3.1-70b")):
            lines.append(f"      - {{provider: {name}, model: {model}-{serial}, timeout: 30s, max_retries: 2}}")
    return "\n".join(lines) + "\n"


class Ticker:
    """Notes how long each sleep of 1 ms really took."""

    def __init__(self) -> None:
        self._gaps: list[float] = []
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def ticking(self) -> Iterator[list[float]]:
        """Tick while the block runs; its gaps, in ms, are in the list afterwards."""
        self._gaps = []
        self._task = asyncio.create_task(self._tick())
        try:
            yield self._gaps
        finally:
            self._task.cancel()

    async def _tick(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.perf_counter()
            self._gaps.append((now - last) * 1e3)
            last = now


async def measured(upstream: Upstream, swaps: int) -> dict[str, object]:
    """Give the gaps of *swaps* swaps, beside those of as many quiet windows."""
    import aigw

    upstream.publish(manifest(1, upstream.origin))
    quiet: list[list[float]] = []
    swapping: list[list[float]] = []
    with tempfile.TemporaryDirectory() as cache_dir:
        made: Any = aigw.AsyncGateway(manifest=upstream.manifest_url, refresh_interval=POLL_S, cache_dir=cache_dir)
        async with made as gateway:
            await gateway.chat.completions.create(model="route-0", messages=MESSAGES)
            for serial in range(2, swaps + 2):
                quiet.append(await _quiet())
                swapping.append(await _swapped(gateway, upstream, serial))
            await gateway.chat.completions.create(model="route-149", messages=MESSAGES)
    return _summary(quiet, swapping, len(manifest(1, upstream.origin)))


async def _quiet() -> list[float]:
    with Ticker().ticking() as gaps:
        await asyncio.sleep(WINDOW_S)
    return gaps


async def _swapped(gateway: Any, upstream: Upstream, serial: int) -> list[float]:  # noqa: ANN401 - imported late
    text = manifest(serial, upstream.origin)
    give_up = time.monotonic() + SWAP_WAIT_S
    with Ticker().ticking() as gaps:
        upstream.publish(text)
        while gateway.manifest.status().serial != serial:
            if time.monotonic() > give_up:
                message = f"serial {serial} was not taken over within {SWAP_WAIT_S} s: {gateway.manifest.status()}"
                raise RuntimeError(message)
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
    return gaps


def _summary(quiet: list[list[float]], swapping: list[list[float]], size: int) -> dict[str, object]:
    usual = statistics.median(gap for gaps in quiet for gap in gaps)
    worst = [max(gaps) for gaps in swapping]
    return {
        "stall_ms": statistics.median(worst) - usual,
        "stall_most_ms": max(worst) - usual,
        "stall_p99_ms": statistics.quantiles([gap for gaps in swapping for gap in gaps], n=100)[98] - usual,
        "quiet_ms": statistics.median(max(gaps) for gaps in quiet) - usual,
        "quiet_most_ms": max(max(gaps) for gaps in quiet) - usual,
        "quiet_p99_ms": statistics.quantiles([gap for gaps in quiet for gap in gaps], n=100)[98] - usual,
        "usual_ms": usual,
        "swaps": len(swapping),
        "document_bytes": size,
    }


def main() -> None:
    """Measure, and print the figures as JSON."""
    origin, folder, swaps = sys.argv[1:]
    print(json.dumps(asyncio.run(measured(Upstream("", origin, Path(folder)), int(swaps)))))


if __name__ == "__main__":
    main()
