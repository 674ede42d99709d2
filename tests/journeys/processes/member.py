"""What every process of these journeys does: serve from one gateway, made before any fork, and note what it serves.

The test names the manifest, the trust and the notebook in the environment. A line of the notebook is `PID followed
SERIAL HOW` when the process has put a manifest into force by itself, and `PID served SERIAL HOW` for each call.
"""

import logging
import os
import threading
import time

import aigw

PATIENCE_S = 30.0
ASK = {"model": "chat", "messages": [{"role": "user", "content": "Hello."}]}


def note(what: str, serial: int, verified: str) -> None:
    """Write a line that no line of another process can tear."""
    line = f"{os.getpid()} {what} {serial} {verified}\n"
    notebook = os.open(os.environ["NOTEBOOK"], os.O_WRONLY | os.O_APPEND)
    try:
        os.write(notebook, line.encode())
    finally:
        os.close(notebook)


class Activations(logging.Handler):
    """Notes which manifests this process has put into force."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith("manifest activated"):
            note("followed", vars(record)["serial"], "itself")


logging.getLogger("aigw.manifest").addHandler(Activations())
logging.getLogger("aigw.manifest").setLevel(logging.INFO)
gateway = aigw.Gateway(refresh_interval=0.05, sinks=[])


def serve() -> int:
    """Make a call, note what served it, and give its serial."""
    answer = gateway.chat.completions.create(**ASK)  # type: ignore[call-overload]
    serial = int(answer.aigw.serial)
    note("served", serial, str(gateway.manifest.status().verified))
    return serial


def serve_until(serial: int) -> None:
    """Make calls until one is served by *serial*, which this process must come to know by itself."""
    give_up = time.monotonic() + PATIENCE_S
    while serve() != serial and time.monotonic() < give_up:
        threading.Event().wait(0.02)
