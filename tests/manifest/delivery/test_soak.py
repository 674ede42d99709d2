"""Ten thousand manifests, one after the other, leave nothing behind but the last.

The suite takes a tenth of them; `nox -s fuzz` sets AIGW_RELOADS to 10000. Growth is asked for as a whole, so that more
reloads are a harder test.
"""

import gc
import json
import logging
import os
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from tests.journeys.publishing import NOW, Organisation
from tests.manifest.manifest_kit import StillClock, follower, holder

from aigw.errors import APIConnectionError
from aigw.manifest.delivery.bounds import Trust
from aigw.wire import Headers, HttpResponse

RELOADS: Final = int(os.environ.get("AIGW_RELOADS", "0"))
WARM: Final = 50
"""Caches, interned names and the like are filled by then."""

LIMIT: Final = 1024 * 1024
PATHLIB: Final = "*pathlib*"
DESCRIPTORS: Final = Path("/proc/self/fd")
URL: Final = "https://config.example/current.json"


def document(serial: int) -> dict[str, Any]:
    """Give a manifest whose names are its own, so that whatever is kept by name piles up."""
    targets = [{"provider": f"p{serial}", "model": f"m{serial}-{number}"} for number in range(3)]
    return {
        "schema": "aigw/v1",
        "serial": serial,
        "providers": {f"p{serial}": {"kind": "openai", "api_key": f"env:KEY_{serial}"}},
        "routes": [{"name": f"r{serial}-{number}", "targets": targets} for number in range(4)],
    }


class Bucket:
    """An origin in this process. Every seventh look finds it down, and every fifth finds nonsense."""

    def __init__(self, write: Callable[[int], bytes]) -> None:
        self.write = write
        self.serial = 0

    def fetch(self, url: str, headers: Mapping[str, str], timeout_s: float) -> HttpResponse:
        self.serial += 1
        if self.serial % 7 == 0:
            raise APIConnectionError(url)
        content = b"nonsense %d" % self.serial if self.serial % 5 == 0 else self.write(self.serial)
        return HttpResponse(200, Headers({"etag": f'"{self.serial}"'}), content)


def left() -> tuple[list[str], list[str]]:
    gc.collect()
    files = sorted(each.name for each in DESCRIPTORS.iterdir()) if DESCRIPTORS.is_dir() else []
    return sorted(thread.name for thread in threading.enumerate()), files


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """What pytest keeps of the log is no growth of ours."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize(
    ("signed", "kept", "reloads"), [(False, False, 1000), (True, True, 300)], ids=["plain", "signed-on-disk"]
)
def test_reloads_leave_no_memory_thread_or_descriptor_behind(
    tmp_path: Path, signed: bool, kept: bool, reloads: int
) -> None:
    reloads = RELOADS or reloads
    acme = Organisation()
    bucket = Bucket(lambda serial: acme.publish(document(serial)) if signed else json.dumps(document(serial)).encode())
    clock = StillClock(NOW)
    directory = tmp_path / "cache" if kept else None
    held = holder(URL, Trust(pin=acme.pin if signed else None), clock=clock, directory=directory)
    held._follower = follower(URL, clock=clock, fetch=bucket.fetch)
    for _ in range(WARM):
        held.tick()
    before = left()

    grown = -traced()
    try:
        for _ in range(reloads):
            held.tick()
            clock.skip(1.0)
        grown += traced()
    finally:
        tracemalloc.stop()

    assert held.current is not None
    assert WARM + reloads - 3 <= held.current.serial <= WARM + reloads
    assert grown <= LIMIT
    assert before == left()
    held.close()


def traced() -> int:
    """Give the bytes allocated since the first call, but for Python's table of interned names.

    `pathlib` interns the name of every file; the names go again, the table is made larger now and then.
    """
    gc.collect()
    tracemalloc.start()
    here = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(inclusive=False, filename_pattern=PATHLIB)])
    return sum(trace.size for trace in here.traces)
