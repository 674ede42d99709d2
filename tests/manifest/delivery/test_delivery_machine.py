"""Whatever is published, corrupted, replayed, restarted or done to the clock: nothing lower or unverified ever serves.

And a process that has had a manifest is never left without one, its next start included.
"""

import tempfile
from collections.abc import Mapping

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.journeys.publishing import DAY, NOW, Organisation
from tests.manifest.manifest_kit import StillClock, holder

from aigw.errors import ManifestError
from aigw.manifest.delivery.bounds import Trust
from aigw.manifest.signing.keys import PrivateKey
from aigw.wire import Headers, HttpResponse

URL = "https://config.example/current.json"


def body(serial: int, routes: int) -> dict[str, object]:
    return {
        "schema": "aigw/v1",
        "serial": serial,
        "providers": {"e": {"kind": "echo"}},
        "routes": [{"name": f"r{number}", "targets": ["e/m"]} for number in range(routes)],
    }


class Delivery(RuleBasedStateMachine):
    """One host with a disk, one bucket that anybody may write to, one organisation that signs."""

    @initialize()
    def begin(self) -> None:
        self.acme = Organisation()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = StillClock(NOW)
        self.serial = 0
        self.published: list[bytes] = []
        self.bucket: bytes | None = None
        self.highest: tuple[int, int] | None = None
        self.start()
        self.publish(1, fewer=False)

    def start(self) -> None:
        self.held = holder(
            URL,
            Trust(pin=self.acme.pin_document, audience="acme/llm"),
            directory=self.folder.name,
            clock=self.clock,
            fetch=self.fetch,
        )

    def fetch(self, url: str, headers: Mapping[str, str], timeout_s: float) -> HttpResponse:
        if self.bucket is None:
            return HttpResponse(404, Headers({}), b"")
        return HttpResponse(200, Headers({"etag": str(hash(self.bucket))}), self.bucket)

    @rule(skip=st.integers(1, 3), fewer=st.booleans())
    def publish(self, skip: int, *, fewer: bool) -> None:
        self.serial += skip
        self.bucket = self.acme.publish(
            body(self.serial, 2 if fewer else 12), issued_at=self.clock.at, fresh_at=self.clock.at, lasts=30 * DAY
        )
        self.published.append(self.bucket)
        self.look()

    @rule()
    def rotate(self) -> None:
        if self.acme.version < 4:
            self.acme.rotate([PrivateKey.generate() for _ in range(3)])

    @precondition(lambda self: self.published)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        self.bucket = data.draw(st.sampled_from(self.published))
        self.look()

    @precondition(lambda self: self.published)
    @rule(data=st.data())
    def corrupt(self, data: st.DataObject) -> None:
        good = data.draw(st.sampled_from(self.published))
        at = data.draw(st.integers(0, len(good) - 1))
        self.bucket = data.draw(
            st.sampled_from([good[:at], good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :], good + good, b""])
        )
        self.look()

    @rule(theirs=st.booleans())
    def forge(self, *, theirs: bool) -> None:
        self.bucket = Organisation().publish(
            body(10**6, 12), issued_at=self.clock.at, fresh_at=None, chain=self.acme.chain if theirs else None
        )
        self.look()

    @rule()
    def delete(self) -> None:
        self.bucket = None
        self.look()

    @rule(days=st.sampled_from([-400, -1, 1, 40, 400]))
    def set_the_clock(self, days: int) -> None:
        self.clock.at += days * DAY

    @rule()
    def restart(self) -> None:
        had = self.held.current is not None
        self.held.close()
        self.start()
        if had:
            self.held._start_at_hand()
            assert self.held.current is not None, self.held.status()

    @rule()
    def look(self) -> None:
        try:
            self.held.tick()
        except ManifestError as error:
            raise AssertionError(str(error)) from error

    @invariant()
    def what_serves_is_signed_and_not_lower(self) -> None:
        serving = getattr(self, "held", None) and self.held.current
        if serving is None:
            assert getattr(self, "highest", None) is None, "it had one"
            return
        assert "signed" == self.held.status().verified
        assert serving.serial <= self.serial
        assert self.highest is None or serving.order >= self.highest
        self.highest = serving.order

    def teardown(self) -> None:
        if hasattr(self, "held"):
            self.held.close()
            self.folder.cleanup()


Delivery.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestDelivery = Delivery.TestCase
