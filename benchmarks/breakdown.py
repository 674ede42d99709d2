"""Show where the time of a blocking aigw call goes: by step of the pipeline, by file, and by function.

    python benchmarks/breakdown.py             # a whole answer
    python benchmarks/breakdown.py --stream    # 300 chunks

The steps are timed by wrapping the functions that begin them (about 1 µs a wrapper, told apart as `unprofiled`); files
and functions come from cProfile, which makes Python code look several times dearer than C code: read shares there.
The floor is 10 µs where the kernel puts the upstream on the same core, and 90 where not: waiting, not work.
It is not called profile.py because the standard library's cProfile imports a module of that name.
"""

import argparse
import cProfile
import inspect
import os
import pstats
import socket
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from canned import KEY, KEY_VARIABLE, MESSAGES, MODEL
from contenders import Urls, aigw_manifest, joined
from report import table
from upstream import Upstream, serving

STEPS = {
    "surface: read the arguments": ("aigw.surfaces.chat.calls:ask",),
    "surface: write the answer": ("aigw.surfaces.chat.calls:_read", "aigw.streams:Stream.__next__"),
    "surface: write a chunk": ("aigw.surfaces.chat.response:ChunkWriter.__call__",),
    "record: made for r.aigw": ("aigw.pipeline:Handled.record",),
    "pipeline: make the call": ("aigw.pipeline:Pipeline._call",),
    "recording": ("aigw.stages.recording:Recording.__call__",),
    "recording: record and sinks": ("aigw.stages.recording:Recording._finish",),
    "routing": ("aigw.stages.routing:Routing.__call__",),
    "routing: judge the targets": ("aigw.stages.routing:Routing.decide",),
    "adapter: unsupported": ("aigw.providers.openai.adapter:OpenAIChat.unsupported",),
    "resilience": ("aigw.stages.resilience:Resilience.__call__",),
    "resilience: stream after commit": ("aigw.stages.committed:Committed.__anext__",),
    "dispatch": ("aigw.stages.dispatch:Dispatch.__call__",),
    "dispatch: stream": ("aigw.stages.dispatch:Streamed.__anext__",),
    "adapter: write": ("aigw.providers.openai.adapter:OpenAIChat.write",),
    "adapter: read": ("aigw.providers.openai.adapter:OpenAIChat.read",),
    "adapter: decode a stream": ("aigw.providers.openai.stream:ChatDecoder.feed",),
    "runtime: send, up to the head": ("aigw.runtime.blocking:BlockingRuntime.send",),
    "runtime: read the body": (
        "aigw.runtime.connections:Exchange.chunk",
        "aigw.runtime.connections:Exchange.aclose",
    ),
}
"""The functions whose own time, less that of steps inside them, makes up a step."""

WHOLE = "the rest: face, bridge, reading the answer"


class Stopwatches:
    """Gives each step the time spent in it and in no step inside it."""

    def __init__(self) -> None:
        self.own_s: dict[str, float] = defaultdict(float)
        self.entries: dict[str, int] = defaultdict(int)
        self._inside: list[float] = []

    def wrap(self, step: str, reference: str) -> bool:
        """Time the function *reference* as a part of *step*; False where there is no such function."""
        module_name, _, path = reference.partition(":")
        try:
            *owners, name = path.split(".")
            owner: Any = import_module(module_name)
            for part in owners:
                owner = getattr(owner, part)
            setattr(owner, name, self.timed(step, getattr(owner, name)))
        except (ImportError, AttributeError):
            return False
        return True

    def timed(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Give *function* with a stopwatch around it."""
        if inspect.iscoroutinefunction(function):

            async def stepped(*args: object, **keywords: object) -> object:
                begin = self._enter()
                try:
                    return await function(*args, **keywords)
                finally:
                    self._leave(step, begin)

            return stepped

        def called(*args: object, **keywords: object) -> object:
            begin = self._enter()
            try:
                return function(*args, **keywords)
            finally:
                self._leave(step, begin)

        return called

    def reset(self) -> None:
        """Forget what was measured."""
        self.own_s.clear()
        self.entries.clear()

    def _enter(self) -> float:
        self._inside.append(0.0)
        return time.perf_counter()

    def _leave(self, step: str, begin: float) -> None:
        taken = time.perf_counter() - begin
        self.own_s[step] += taken - self._inside.pop()
        self.entries[step] += 1
        if self._inside:
            self._inside[-1] += taken


def main() -> None:
    """Measure and print."""
    options = _options()
    os.environ[KEY_VARIABLE] = KEY
    with tempfile.TemporaryDirectory() as scratch, serving(Path(scratch)) as upstream:
        work = _work(upstream, streamed=options.stream)
        for _ in range(100 if not options.stream else 10):
            work()
        plain_us = _median_us(work, options.calls)
        profile = cProfile.Profile()
        profile.runcall(_repeat, work, options.calls)
        print(f"unprofiled: {plain_us:,.0f} µs a call (p50). ", end="")
        print(f"Floor, the same bytes over a bare socket: {_floor_us(upstream):,.0f} µs.\n")
        print(_steps(work, options.calls), end="\n\n")
        print(_files(profile, options.calls), end="\n\n")
        print(_functions(profile, options.calls, options.top))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Show where the time of a blocking aigw call goes.")
    parser.add_argument("--stream", action="store_true", help="read a stream of 300 chunks instead of a whole answer")
    parser.add_argument("--calls", type=int, default=0, help="how many calls to take (default 1000, or 50 streams)")
    parser.add_argument("--top", type=int, default=25, help="how many functions to list")
    options = parser.parse_args()
    options.calls = options.calls or (50 if options.stream else 1000)
    return options


def _work(upstream: Upstream, *, streamed: bool) -> Callable[[], object]:
    import aigw

    manifest = aigw_manifest(Urls(upstream.plain_url, upstream.stream_url))
    gateway = aigw.Gateway(manifest=manifest)
    completions: Any = gateway.chat.completions
    if streamed:
        return lambda: joined(completions.create(model="stream", messages=MESSAGES, stream=True))
    return lambda: completions.create(model="plain", messages=MESSAGES).choices[0].message.content


def _repeat(work: Callable[[], object], times: int) -> None:
    for _ in range(times):
        work()


def _median_us(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken) * 1e6


def _floor_us(upstream: Upstream) -> float:
    """Give what a request of this size takes when nobody looks at the answer: kernel, upstream and two system calls."""
    host, _, port = upstream.origin.removeprefix("http://").partition(":")
    body = repr({"model": MODEL, "messages": MESSAGES}).encode()
    head = b"POST /plain/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    with socket.create_connection((host, int(port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        size = len(_answer(connection, head + body, 1))

        def exchange() -> bytes:
            return _answer(connection, head + body, size)

        return _median_us(exchange, 1000)


def _answer(connection: socket.socket, request: bytes, size: int) -> bytes:
    """Send *request* and receive *size* bytes at least; what is left of an answer would be taken for the next one."""
    connection.sendall(request)
    answer = b""
    while len(answer) < size or b"\r\n\r\n{" not in answer:
        answer += connection.recv(65536)
    return answer


def _steps(work: Callable[[], object], calls: int) -> str:
    watches = Stopwatches()
    missing = [
        reference for step, references in STEPS.items() for reference in references if not watches.wrap(step, reference)
    ]
    timed = watches.timed(WHOLE, work)
    _repeat(timed, 20)
    watches.reset()
    _repeat(timed, calls)
    total = sum(watches.own_s.values())
    rows = [
        [step, f"{own / calls * 1e6:,.1f}", f"{own / total:.1%}", f"{watches.entries[step] / calls:,.1f}"]
        for step, own in sorted(watches.own_s.items(), key=lambda item: -item[1])
    ]
    rows.append(["total, wrappers included", f"{total / calls * 1e6:,.1f}", "", ""])
    absent = f"\nnot found, and so part of what is around them: {', '.join(missing)}" if missing else ""
    return table(["step, own time", "µs a call", "share", "times"], rows) + absent


def _files(profile: cProfile.Profile, calls: int) -> str:
    own: dict[str, float] = defaultdict(float)
    for (file, _, _), figures in _profiled(profile):
        own[_short(file)] += figures[2]
    total = sum(own.values())
    rows = [
        [file, f"{seconds / calls * 1e6:,.1f}", f"{seconds / total:.1%}"]
        for file, seconds in sorted(own.items(), key=lambda item: -item[1])[:30]
    ]
    return table(["file or package, own time under cProfile", "µs a call", "share"], rows)


def _functions(profile: cProfile.Profile, calls: int, top: int) -> str:
    found = sorted(_profiled(profile), key=lambda item: -item[1][2])[:top]
    rows = [
        [
            f"{_short(file)}:{line} {name}" if line else name,
            f"{figures[1] / calls:,.1f}",
            f"{figures[2] / calls * 1e6:,.1f}",
            f"{figures[3] / calls * 1e6:,.1f}",
        ]
        for (file, line, name), figures in found
    ]
    return table(["function, under cProfile", "times", "own µs", "µs with callees"], rows)


def _profiled(profile: cProfile.Profile) -> Iterator[tuple[tuple[str, int, str], Any]]:
    stats: Any = pstats.Stats(profile)
    yield from stats.stats.items()


def _short(file: str) -> str:
    """Name aigw's files from the package on, other packages by their first folder."""
    if "/aigw/" in file:
        return "aigw/" + file.rpartition("/aigw/")[2]
    if "site-packages/" in file:
        return file.rpartition("site-packages/")[2].partition("/")[0]
    return "C functions" if file == "~" else Path(file).name


if __name__ == "__main__":
    main()
