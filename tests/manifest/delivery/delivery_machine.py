"""A host that follows a bucket which anybody may write to, with a disk that rots and a clock that jumps.

What is done to it is drawn; what must hold after each step is said once, below. The server is real, the face either
one, and manifests are signed or plain. Of a disk that was damaged, a restart may know less, never anything else.
"""

import base64
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.conftest import AsyncFace, SyncFace
from tests.journeys.publishing import DAY, NOW, Organisation, written
from tests.manifest.manifest_kit import Origin

import aigw
from aigw.manifest.signing.envelope import digest_of, is_envelope
from aigw.manifest.signing.keys import PrivateKey

FAR: Final = 10**6
"""A serial above all that are published."""

ASK: Final = {"model": "r0", "messages": [{"role": "user", "content": "Hello."}]}
AGO: Final = st.integers(0, 20)
SPOT: Final = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
"""Where in a document, from its beginning (0) to its end, and which bits there."""

KEPT: Final = ("manifest", "json", "previous", "trust")
Order = tuple[int, int]


class HostClock:
    """A clock that somebody sets, beside one that only goes on."""

    def __init__(self) -> None:
        self.true = NOW
        self.skew = 0.0
        self.on = 0.0

    def time(self) -> float:
        return self.true + self.skew

    def monotonic(self) -> float:
        return self.on

    def skip(self, seconds: float) -> bool:
        self.on += seconds
        return True


def flipped(content: bytes, spot: tuple[float, int]) -> bytes:
    at, bits = int(spot[0] * len(content)), spot[1]
    return content[:at] + bytes([byte ^ bits for byte in content[at : at + 1]]) + content[at + 1 :]


def cut(content: bytes, spot: tuple[float, int]) -> bytes:
    return content[: int(spot[0] * len(content))]


def renumbered(content: bytes, spot: tuple[float, int]) -> bytes:
    """Change what still reads well afterwards: flipped bits may say anything."""
    return content.replace(b'"serial": ', f'"serial": {spot[1]}'.encode(), 1)


DAMAGES: Final[dict[str, Callable[[bytes, tuple[float, int]], bytes]]] = {
    "flip": flipped,
    "cut": cut,
    "renumber": renumbered,
    "garbage": lambda content, spot: b"\x00" * len(content),
}


def payload_of(content: bytes) -> bytes:
    return base64.b64decode(json.loads(content)["payload"]) if is_envelope(content) else content


class Delivery(RuleBasedStateMachine):
    """`vouched` are the documents that those whom the host trusts have made for it, by digest; `highest` has served."""

    @initialize(signed=st.booleans(), face=st.sampled_from([SyncFace, AsyncFace]), embeds=st.booleans())
    def begin(self, *, signed: bool, face: type[SyncFace | AsyncFace], embeds: bool) -> None:
        self.acme = Organisation(NOW)
        self.retired: list[tuple[Organisation, int, list[PrivateKey]]] = []
        self.signed, self.face = signed, face()
        self.folder = tempfile.TemporaryDirectory()
        self.cache = Path(self.folder.name) / "cache"
        self.clock = HostClock()
        self.origin = Origin()
        self.serial = 0
        self.documents: list[bytes] = []
        self.vouched: dict[str, Order] = {}
        self.highest: Order | None = None
        self.held: str | None = None
        self.floor: Order | None = None
        self.damaged = False
        self.embedded: Path | None = None
        if embeds:
            self.embedded = Path(self.folder.name) / "embedded"
            self.embedded.write_bytes(self.made(1))
            self.floor = self.highest = (self.acme.version if signed else 0, 1)
        self.start()
        self.publish(1, fewer=False)

    def start(self) -> None:
        pin = {"pin": self.acme.pin_document} if self.signed else {}
        self.gw = self.face.gateway(
            manifest=self.origin.url,
            trust=aigw.Trust(**pin, audience="acme/llm"),
            cache_dir=self.cache,
            embedded=self.embedded,
            refresh_interval=3600.0,
            sinks=[],
            clock=self.clock,
        )

    def made(
        self, skip: int = 1, *, routes: int = 12, of: dict[str, Any] | None = None, vouched: bool = True, **how: Any
    ) -> bytes:
        """Give a new document, *of* some other nature where it is said."""
        self.serial += skip
        body: dict[str, Any] = {
            "schema": "aigw/v1",
            "serial": self.serial,
            "audience": "acme/llm",
            "issued_at": written(self.clock.true),
            "expires_at": written(self.clock.true + 30 * DAY),
            "providers": {"e": {"kind": "echo"}},
            "routes": [{"name": f"r{number}", "targets": ["e/m"]} for number in range(routes)],
            **(of or {}),
        }
        content = json.dumps(body).encode()
        if self.signed:
            content = self.acme.publish(body, fresh_at=self.clock.true, **how)
        if vouched:
            said = json.loads(payload_of(content))
            self.vouched[digest_of(payload_of(content))] = (said.get("epoch", 0), said["serial"])
            self.documents.append(content)
        return content

    def published(self, ago: int) -> bytes:
        return self.documents[-1 - ago % len(self.documents)]

    def serve(self, content: bytes) -> None:
        self.origin.status, self.origin.content = 200, content
        self.look()

    @rule(skip=st.integers(1, 3), fewer=st.booleans())
    def publish(self, skip: int, *, fewer: bool) -> None:
        content = self.made(skip, routes=2 if fewer else 12)
        self.serve(content)
        is_timely = abs(self.clock.skew) < DAY / 2
        if is_timely and not fewer:
            assert self.serial == self.gw.manifest.status().serial, self.gw.manifest.status()

    @precondition(lambda self: self.signed and self.acme.version < 4)
    @rule()
    def rotate(self) -> None:
        self.retired.append((self.acme, self.acme.version, self.acme.signers))
        self.acme.rotate([PrivateKey.generate() for _ in range(3)])

    @precondition(lambda self: self.retired and self.highest and self.highest[0] > 1 and not self.damaged)
    @rule()
    def sign_with_keys_that_were_removed(self) -> None:
        acme, version, keys = self.retired[0]
        of = {"serial": FAR, "epoch": version}
        self.serve(self.made(0, of=of, vouched=False, signers=keys[:2], chain=acme.chain[:version]))

    @rule(ago=AGO)
    def replay(self, ago: int) -> None:
        self.serve(self.published(ago))

    @rule()
    def say_something_else_under_the_same_serial(self) -> None:
        self.serve(self.made(0, of={"allow_direct": True}))

    @rule()
    def say_that_it_is_still_the_newest(self) -> None:
        if self.signed and self.documents:
            said = json.loads(payload_of(self.documents[-1]))
            if said["epoch"] == self.acme.version:
                self.clock.true += 3600.0
                self.serve(self.acme.publish(said, fresh_at=self.clock.true))

    @rule(ago=AGO, how=st.sampled_from(["cut", "flip", "twice", "nothing", "html", "unsigned", "stripped"]), spot=SPOT)
    def spoil(self, ago: int, how: str, spot: tuple[float, int]) -> None:
        good = self.published(ago)
        if how == "flip" and self.signed:
            self.serve(flipped(good, spot))
        elif how in ("unsigned", "stripped") and self.signed:
            lone = {**json.loads(payload_of(good)), "serial": FAR}
            bare = {**json.loads(good), "signatures": []}
            self.serve(json.dumps(lone if how == "unsigned" else bare).encode())
        else:
            spoilt = {"twice": good + good, "nothing": b"", "html": b"<html>Sign in</html>"}
            self.serve(spoilt.get(how, cut(good, spot)))

    @rule(audience=st.sampled_from(["acme/other", "", "ACME/llm"]))
    def address_somebody_else(self, audience: str) -> None:
        self.serve(self.made(0, of={"serial": FAR, "audience": audience}, vouched=False))

    @rule(theirs=st.booleans())
    def forge(self, *, theirs: bool) -> None:
        if self.signed:
            chain = {"chain": self.acme.chain} if theirs else {}
            self.serve(Organisation(NOW).publish({**json.loads(payload_of(self.documents[0])), "serial": FAR}, **chain))

    @rule(status=st.sampled_from([204, 304, 401, 404, 500]), etags=st.booleans())
    def refuse(self, status: int, *, etags: bool) -> None:
        self.origin.status, self.origin.etags = status, etags
        self.look()

    @rule(jump=st.sampled_from([-DAY, DAY, 40 * DAY, -400 * DAY]))
    def set_the_clock(self, jump: float) -> None:
        self.clock.skew += jump
        self.look()

    @rule()
    def set_the_clock_right(self) -> None:
        self.clock.skew = 0.0

    @rule(name=st.sampled_from(KEPT), how=st.sampled_from([*DAMAGES, "lose"]), spot=SPOT)
    def damage_the_disk(self, name: str, how: str, spot: tuple[float, int]) -> None:
        for path in self.cache.glob(f"*.{name}"):
            self.damaged = True
            content = path.read_bytes()
            if how == "lose":
                path.unlink()
            else:
                path.write_bytes(DAMAGES[how](content, spot))

    @rule(down=st.booleans())
    def restart(self, *, down: bool) -> None:
        had = self.held is not None
        self.face.do(self.gw.close())
        if self.damaged:
            self.highest, self.held = self.floor, None
        if down:
            self.origin.status = 503
        self.start()
        if (had and not self.damaged) or self.embedded is not None:
            self.call()
        else:
            self.look()

    @rule()
    def look(self) -> None:
        self.clock.on += 2.0
        try:
            self.face.do(self.gw.refresh())
        except aigw.ManifestError as error:
            assert error.nack is self.gw.manifest.status().nack  # noqa: PT017 - looks that go well are welcome too

    def call(self) -> None:
        before = self.gw.manifest.status().serial
        answer = self.face.do(self.gw.chat.completions.create(**ASK))
        # A gateway that has just begun looks in the background too.
        assert answer.aigw.serial in (before, self.gw.manifest.status().serial)

    @invariant()
    def what_serves_was_vouched_for_and_nothing_higher_has_served(self) -> None:
        if not hasattr(self, "gw"):
            return
        status = self.gw.manifest.status()
        if status.serial is None:
            assert self.held is None, f"it had one: {status}"
            return
        assert status.digest in self.vouched, status
        order = (status.epoch, status.serial)
        assert self.highest is None or order >= self.highest, status
        assert order != self.highest or self.held in (None, status.digest), "the same serial, other content"
        assert ("signed" if self.signed else "tls", True) == (status.verified, status.state != "none") or (
            self.embedded is not None and status.verified == "local"
        )
        self.highest, self.held = order, status.digest
        self.call()

    def teardown(self) -> None:
        if hasattr(self, "gw"):
            self.face.close()
            self.origin.close()
            self.folder.cleanup()
