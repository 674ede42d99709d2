"""What the journeys of processes share: a published manifest, plain or signed, and the notebook all of them write."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.journeys.publishing import Organisation

import aigw
from aigw.testing import ManifestServer

PATIENCE_S: Final = 30.0
"""How long to wait for what must happen; nothing is asserted of how soon it does."""

HERE: Final = Path(__file__).parent
SRC: Final = Path(aigw.__file__).parent.parent


class Published:
    """A manifest on a server, which processes follow. `verified` is what has to speak for it in each of them."""

    def __init__(self, server: ManifestServer, folder: Path, *, signed: bool) -> None:
        self.server = server
        self.verified = "signed" if signed else "tls"
        self._notebook = folder / "notebook"
        self._notebook.touch()
        self._acme = Organisation(time.time()) if signed else None
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AIGW_")},
            "PYTHONPATH": os.pathsep.join([str(SRC), str(HERE)]),
            "HOME": str(folder),
            "AIGW_MANIFEST": server.url,
            "AIGW_CACHE_DIR": str(folder / "cache"),
            "AIGW_TRUST": "tls" if self._acme is None else self._acme.pin,
            "NOTEBOOK": str(self._notebook),
            "QUEUES": str(folder),
        }
        self.publish(1)

    def publish(self, serial: int) -> None:
        """Publish a manifest that needs no provider."""
        document: dict[str, object] = {
            "schema": "aigw/v1",
            "serial": serial,
            "providers": {"e": {"kind": "echo"}},
            "routes": [{"name": "chat", "targets": ["e/m"]}],
        }
        if self._acme is None:
            lines = ["schema: aigw/v1", f"serial: {serial}", "providers: {e: {kind: echo}}"]
            self.server.publish("\n".join([*lines, "routes: [{name: chat, targets: [e/m]}]", ""]))
        else:
            self.server.publish(self._acme.publish(document, issued_at=time.time(), fresh_at=time.time()))

    def processes(self, what: str, serial: int) -> set[int]:
        """Give the processes that have noted *what*: `served` or `followed`, with *serial*."""
        lines = [line.split() for line in self._notebook.read_text().splitlines()]
        how = {"served": self.verified, "followed": "itself"}[what]
        return {int(process) for process, did, of, by in lines if (did, of, by) == (what, str(serial), how)}


def until(holds: Callable[[], bool], told: Callable[[], object]) -> None:
    """Wait until *holds* does; what it was instead is *told* when patience ends."""
    give_up = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < give_up, told()
        threading.Event().wait(0.02)


@contextmanager
def running(command: list[str], published: Published, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run *command* in a session of its own, and end it in order; what it wrote is in the file `output`."""
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command,
            env=published.environ,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
            process.terminate()
            process.wait(PATIENCE_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
