"""One contender in a process of its own: measures what it is told to, line by line, until its input ends.

A line of input is `<measure> <seconds>`, a line of output the figure (JSON). Whatever a library prints goes to stderr.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Callable

from canned import ANSWER, STREAMED
from contenders import CONTENDERS, Contender, Urls

IN_FLIGHT = 64
MOST_SAMPLES = 20_000


class Worker:
    """Measures one contender, over and over, on connections that stay open and on one event loop."""

    def __init__(self, contender: Contender) -> None:
        self._contender = contender
        self._runner = asyncio.Runner()
        self._opened = False

    def sync(self, seconds: float) -> float:
        """Give the median time of a call, in microseconds."""
        _check(ANSWER, self._contender.call())
        return _median_s(self._contender.call, seconds) * 1e6

    def stream(self, seconds: float) -> float:
        """Give the median time to read a whole stream, in milliseconds."""
        _check(STREAMED, self._contender.stream())
        return _median_s(self._contender.stream, seconds) * 1e3

    def concurrent(self, seconds: float) -> float:
        """Give the calls finished in a second, with `IN_FLIGHT` under way all the time."""
        return self._runner.run(self._concurrent(seconds))

    async def _concurrent(self, seconds: float) -> float:
        if not self._opened:
            await self._contender.open()
            self._opened = True
        _check(ANSWER, await self._contender.acall())
        await self._keep_calling(time.perf_counter() + seconds / 10)
        begin = time.perf_counter()
        done = await self._keep_calling(begin + seconds)
        return done / (time.perf_counter() - begin)

    async def _keep_calling(self, until: float) -> int:
        async def lane() -> int:
            done = 0
            while time.perf_counter() < until:
                await self._contender.acall()
                done += 1
            return done

        return sum(await asyncio.gather(*[lane() for _ in range(IN_FLIGHT)]))


def _median_s(work: Callable[[], object], seconds: float) -> float:
    clock = time.perf_counter
    taken: list[float] = []
    give_up = clock() + seconds
    while len(taken) < MOST_SAMPLES:
        begin = clock()
        work()
        end = clock()
        taken.append(end - begin)
        if end > give_up:
            break
    return statistics.median(taken)


def _check(expected: str, text: str) -> None:
    if expected != text:
        message = f"expected {expected[:40]!r}… ({len(expected)} characters), received {text[:40]!r}… ({len(text)})"
        raise RuntimeError(message)


def _obey(worker: Worker, line: str) -> dict[str, object]:
    measure, _, seconds = line.partition(" ")
    measures = {"sync": worker.sync, "async": worker.concurrent, "stream": worker.stream}
    try:
        return {"figure": measures[measure](float(seconds))}
    except Exception as error:  # noqa: BLE001 - a contender that cannot do this is reported, the others go on
        return {"error": f"{type(error).__name__}: {error}"[:300]}


def main() -> None:
    """Serve one contender: `worker.py <contender> <plain url> <stream url>`."""
    name, plain, stream = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        worker = Worker(CONTENDERS[name](Urls(plain, stream)))
    except Exception as error:  # noqa: BLE001 - not installed, or not usable here
        print(json.dumps({"error": f"{type(error).__name__}: {error}"[:300]}), file=answers, flush=True)
        return
    print(json.dumps({"ready": name}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(_obey(worker, line.strip())), file=answers, flush=True)


if __name__ == "__main__":
    main()
