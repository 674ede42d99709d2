"""How soon fifty processes of one host serve what was just published, and how often they ask for it.

    python benchmarks/propagation.py                      # each polls, every 10 s
    python benchmarks/propagation.py --poke               # and is told at once
    python benchmarks/propagation.py --wait               # the origin answers once there is something new
    python benchmarks/propagation.py --shared             # one process asks for all that share a folder
    python benchmarks/propagation.py --processes 8 --interval 1 --rounds 2

Each process begins somewhere in the first interval, as processes do, follows one origin on loopback and writes down
when a serial was put into force; all clocks are this machine's monotonic one. Publishing waits for half an interval on
the average, so that it comes at any time. Goals: publish to 99 % active within 12 s by polling, within 1 s by poke and
where the origin waits; with 8 processes that share, at most an eighth of the requests.
"""

import argparse
import json
import logging
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from aigw.testing import ManifestServer

HERE = Path(__file__).parent
NOT_MODIFIED = 304


class Times(logging.Handler):
    """Writes when this process put which serial into force."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith("manifest activated"):
            os.write(1, f"{vars(record)['serial']} {time.monotonic()}\n".encode())


def follow(url: str, folder: str, interval_s: float, wait_s: float) -> None:
    """Follow *url* as a service does; each line read is a poke, and the end of them is the end."""
    import aigw

    logger = logging.getLogger("aigw.manifest")
    logger.addHandler(Times())
    logger.setLevel(logging.INFO)
    gateway = aigw.Gateway(manifest=url, cache_dir=folder, refresh_interval=interval_s, sinks=[])
    time.sleep(wait_s)
    gateway.chat.completions.create(model="chat", messages=[{"role": "user", "content": "Hello."}])
    for _ in sys.stdin:
        gateway.manifest.poke()
    gateway.close()


class Host:
    """The processes of one host, and what each has said so far."""

    def __init__(self, processes: Sequence["subprocess.Popen[str]"]) -> None:
        self._processes = processes

    def _outputs(self) -> Iterator[IO[str]]:
        for process in self._processes:
            assert process.stdout is not None
            yield process.stdout

    def when(self, serial: int) -> list[float]:
        """Wait until all serve *serial*, and give when each began to."""
        found = [self._when(output, serial) for output in self._outputs()]
        return sorted(found)

    def _when(self, output: IO[str], serial: int) -> float:
        for line in output:
            said, at = line.split()
            if int(said) == serial:
                return float(at)
        message = f"a process ended before it served {serial}"
        raise RuntimeError(message)

    def poke(self) -> None:
        """Tell every process that there is something to see."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()


@contextmanager
def host(url: str, options: argparse.Namespace) -> Iterator[Host]:
    """Start the processes; those that share have one folder, the others one each."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        processes: list[subprocess.Popen[str]] = []
        for number in range(options.processes):
            cache = str(Path(folder) / ("all" if options.shared else str(number)))
            wait_s = random.uniform(0, options.interval)
            command = [sys.executable, str(HERE / "propagation.py"), "--follow", url, cache]
            command += [str(options.interval), str(wait_s)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            running.enter_context(process)
            running.callback(process.kill)
            processes.append(process)
        yield Host(processes)


def patient(document: dict[str, object]) -> "ManifestServer":
    """Give a server that holds its answer back until there is something new, where it is asked to (RFC 7240)."""
    from aigw.testing import ManifestServer
    from aigw.testing.transmission import Received, Transmission

    news = threading.Condition()

    class PatientServer(ManifestServer):
        def publish(self, document: str | bytes | Mapping[str, object]) -> str:
            with news:
                news.notify_all()
                return super().publish(document)

        def _decide(self, request: Received) -> Transmission:
            seconds = float(request.headers.get("prefer", "wait=0").partition("=")[2])
            with news:
                news.wait_for(lambda: super(PatientServer, self)._decide(request).status != NOT_MODIFIED, seconds)
            answer = super()._decide(request)
            return replace(answer, headers=(*answer.headers, ("preference-applied", f"wait={seconds:g}")))

    return PatientServer(document)


def manifest(serial: int) -> dict[str, object]:
    return {
        "schema": "aigw/v1",
        "serial": serial,
        "providers": {"e": {"kind": "echo"}},
        "routes": [{"name": "chat", "targets": ["e/m"]}],
    }


def measured(options: argparse.Namespace) -> dict[str, object]:
    """Publish again and again; give percentiles of the delays, in seconds, and the requests of each process."""
    from aigw.testing import ManifestServer

    delays: list[float] = []
    serve = patient if options.wait else ManifestServer
    with serve(manifest(1)) as server, host(server.url, options) as processes:
        processes.when(1)
        begin, asked = time.monotonic(), len(server.requests)
        for serial in range(2, options.rounds + 2):
            time.sleep(random.uniform(0, options.interval))
            published = time.monotonic()
            server.publish(manifest(serial))
            if options.poke:
                processes.poke()
            delays += [at - published for at in processes.when(serial)]
        intervals = (time.monotonic() - begin) / options.interval
        requests = len(server.requests) - asked
    cuts = statistics.quantiles(delays, n=100, method="inclusive")
    return {
        "processes": options.processes,
        "interval_s": options.interval,
        "poke": options.poke,
        "wait": options.wait,
        "shared": options.shared,
        "publications": options.rounds,
        "p50_s": round(cuts[49], 3),
        "p90_s": round(cuts[89], 3),
        "p99_s": round(cuts[98], 3),
        "most_s": round(max(delays), 3),
        "requests": requests,
        "requests_per_process_and_interval": round(requests / options.processes / intervals, 3),
    }


def main() -> None:
    """Measure, and print the figures as JSON."""
    if sys.argv[1:2] == ["--follow"]:
        url, folder, interval, wait = sys.argv[2:]
        follow(url, folder, float(interval), float(wait))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=50)
    parser.add_argument("--interval", type=float, default=10.0, help="seconds between two looks (10)")
    parser.add_argument("--rounds", type=int, default=5, help="how often to publish (5)")
    parser.add_argument("--poke", action="store_true", help="tell each process when something is published")
    parser.add_argument("--wait", action="store_true", help="the origin answers once there is something new")
    parser.add_argument("--shared", action="store_true", help="all processes share one folder, and one asks for all")
    print(json.dumps(measured(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
