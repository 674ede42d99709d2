"""What a manifest costs a process: to start from the copy on disk, to verify, to take over, and to read per call.

Prints a table beside what the same work costs otherwise: PyYAML's own loader for the document as YAML, `json.loads` for
the compiled one, the pure verifier beside `cryptography`. CPU time, the median of rounds; no network but loopback.
"""

import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml
from swap import manifest

import aigw
from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.publishing.build import Header, build
from aigw.manifest.signing import ed25519
from aigw.manifest.signing.envelope import digest_of
from aigw.manifest.signing.freshness import Freshness
from aigw.manifest.signing.keys import PrivateKey, verifier
from aigw.manifest.signing.opening import open_envelope
from aigw.manifest.signing.sealing import seal, sign_freshness, sign_trust, trust_document
from aigw.manifest.signing.trust import TrustDocument
from aigw.providers.registry import kinds

ROUNDS = 30
DAY_S = 86_400.0


def cpu_ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Give the median CPU time of *work*, in milliseconds."""
    times: list[float] = []
    for _ in range(rounds):
        begun = time.process_time_ns()
        work()
        times.append((time.process_time_ns() - begun) / 1e6)
    return statistics.median(times)


def sealed(payload: bytes, serial: int) -> tuple[bytes, TrustDocument]:
    """Sign *payload* with one key in each role; give the envelope and the document that is pinned."""
    now = time.time()
    root, signer, heart = (PrivateKey.generate() for _ in range(3))
    trust = trust_document(
        1,
        now + 365 * DAY_S,
        {"root": ([root.public], 1), "manifest": ([signer.public], 1), "freshness": ([heart.public], 1)},
    )
    fresh = sign_freshness(Freshness(serial, 1, digest_of(payload), now, now + 2 * DAY_S), [heart])
    return seal(payload, [signer], trust_chain=[sign_trust(trust, [root])], freshness=fresh), trust


class Origin:
    """A server on loopback that gives one document to whoever asks, or answers nobody."""

    def __init__(self, content: bytes) -> None:
        self.silent = False
        origin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if origin.silent:
                    time.sleep(5)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/current.json"


def first_decision_ms(origin: Origin, folder: str, rounds: int = 10) -> float:
    """Give the median wall time from `Gateway(…)` to a first decision, in ms, with a copy on disk and a silent URL."""
    times: list[float] = []
    for _ in range(rounds):
        begun = time.perf_counter()
        with aigw.Gateway(manifest=origin.url, cache_dir=folder, sinks=[]) as gateway:
            gateway.explain(model="route-0", messages=[{"role": "user", "content": "Hello"}])
            times.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(times)


def closing_ms(origin: Origin, folder: str) -> float:
    """Give the wall time of closing while a fetch is under way that nobody answers, in ms."""
    gateway = aigw.Gateway(manifest=origin.url, cache_dir=folder, sinks=[])
    gateway.explain(model="route-0", messages=[{"role": "user", "content": "Hello"}])
    begun = time.perf_counter()
    gateway.close()
    return (time.perf_counter() - begun) * 1e3


def reading_ns(text: str) -> float:
    """Give what it costs a call to get at the manifest in force, in ns."""
    with aigw.Gateway(manifest=text, sinks=[]) as gateway:
        core = gateway._core  # noqa: SLF001 - the hot path itself is measured
        coroutine = core.snapshot

        def once() -> None:
            for _ in range(10_000):
                with suppress(StopIteration):
                    coroutine().send(None)

        once()
        return cpu_ms(once, 20) * 1e6 / 10_000


def main() -> int:
    """Measure and print."""
    text = manifest(1, "http://127.0.0.1:9")
    document = yaml.load(text, Loader=yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader)
    payload = build([document], Header(serial=1, issued_at=time.time(), channel="prod"))
    envelope, trust = sealed(payload, 1)
    known = kinds()
    fast, now = verifier(), time.time()
    rows: list[tuple[str, float, str]] = [
        (
            "take over, compiled JSON",
            cpu_ms(lambda: compile_manifest(payload, source="m", kinds=known)),
            "ms CPU; goal 10",
        ),
        ("  beside: json.loads", cpu_ms(lambda: json.loads(payload)), "ms CPU"),
        ("take over, YAML", cpu_ms(lambda: compile_manifest(text, source="m", kinds=known), 10), "ms CPU"),
        ("  beside: yaml.safe_load", cpu_ms(lambda: yaml.safe_load(text), 5), "ms CPU"),
        ("verify, cryptography", cpu_ms(lambda: open_envelope(envelope, trust, fast, now)), "ms CPU"),
        (
            "verify the envelope, pure Python",
            cpu_ms(lambda: open_envelope(envelope, trust, ed25519.verify, now)),
            "ms CPU",
        ),
        ("read the manifest in force", reading_ns(text) / 1e3, "µs CPU; goal 1"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        origin = Origin(payload)
        with aigw.Gateway(manifest=origin.url, cache_dir=folder, sinks=[]) as gateway:
            gateway.refresh()
        origin.silent = True
        rows.append(("start from the copy on disk, URL silent", first_decision_ms(origin, folder), "ms wall; goal 25"))
        rows.append(("close, fetch under way", closing_ms(origin, folder), "ms wall; goal 1000"))
    print(f"manifest of 150 routes: {len(text)} bytes of YAML, {len(payload)} of JSON, {len(envelope)} signed")
    for name, value, unit in rows:
        print(f"{name:<42}{value:>10.2f} {unit}")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    raise SystemExit(main())
