"""What the tests of following share: holders that share a folder, and an origin that answers once there is news."""

import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.manifest.manifest_kit import TLS, Origin, StillClock, follower, intake

from aigw.manifest.delivery.bounds import Trust
from aigw.manifest.delivery.disk import DiskCopy
from aigw.manifest.delivery.holder import Holder
from aigw.manifest.delivery.shared import Shared
from aigw.runtime.background import Background
from aigw.runtime.fetch import Fetcher


class WaitingOrigin(Origin):
    """Holds an answer back until there is something new, as RFC 7240 has a client ask for.

    `holds` False: it says that it does, and answers at once. `holding` is set while an answer is held back.
    """

    def __init__(self) -> None:
        self.holds = True
        self.holding = threading.Event()
        self.waited: list[str] = []
        self._news = threading.Condition()
        super().__init__()
        self.headers = {"Preference-Applied": "wait"}

    def publish(self, content: bytes) -> None:
        with self._news:
            self.content = content
            self._news.notify_all()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        seconds = int(handler.headers.get("prefer", "wait=0").partition("=")[2])
        known = handler.headers.get("if-none-match")
        if seconds:
            self.waited.append(str(known))
        if seconds and self.holds:
            with self._news:
                self.holding.set()
                self._news.wait_for(lambda: known != f'"{hash(self.content)}"', seconds)
                self.holding.clear()
        super()._answer(handler)


def following(
    origin: Origin,
    clock: StillClock,
    folder: Path | None = None,
    *,
    trust: Trust = TLS,
    wait: Fetcher | None = None,
) -> Holder:
    """A holder as a gateway has it, one of those that share *folder*, with a clock that stands still and no jitter."""
    disk = None if folder is None else DiskCopy(folder, origin.url)
    shared = None if disk is None else Shared(disk, 10.0)
    return Holder(
        follower(origin.url, clock=clock, shared=shared, wait=wait),
        intake=intake(origin.url, trust, disk),
        background=Background,
        clock=clock,
        disk=disk,
    )


def serial(held: Holder) -> int | None:
    return None if held.current is None else held.current.serial
