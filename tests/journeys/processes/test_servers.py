"""Servers that fork their workers after the gateway was used: master and workers follow what is published."""

import contextlib
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.journeys.processes.processes_kit import HERE, PATIENCE_S, Published, free_port, running, until

WORKERS = 2
GUNICORN = [sys.executable, "-m", "gunicorn", "--preload", "--no-control-socket", f"--workers={WORKERS}"]
UWSGI = [
    str(Path(sys.executable).with_name("uwsgi")),
    *("--master", f"--processes={WORKERS}", "--die-on-term", "--need-app"),
    *("--enable-threads", "--py-call-uwsgi-fork-hooks"),  # without these, uWSGI runs no threads and tells of no fork
]


def asked(url: str) -> None:
    """Make a worker serve; before the server listens, nobody does."""
    with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        assert answer.read() in (b"1", b"2")


def judge(published: Published, command: Sequence[str], url: str, folder: Path) -> None:
    """Run a server: its workers serve serial 1 and then 2, and it has followed as well, without being asked."""

    def told() -> str:
        return (folder / "output").read_text() + (folder / "notebook").read_text()

    with running(list(command), published, folder) as master, ThreadPoolExecutor(2 * WORKERS) as callers:

        def workers(serial: int) -> set[int]:
            assert master.poll() is None, told()
            for answer in [callers.submit(asked, url) for _ in range(2 * WORKERS)]:
                answer.result()
            return published.processes("served", serial) - {master.pid}

        until(lambda: len(workers(1)) == WORKERS, told)
        first = workers(1)
        published.publish(2)
        until(lambda: workers(2) == first, told)
        until(lambda: published.processes("followed", 2) == {master.pid, *first}, told)
    assert 0 == master.returncode, told()


@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs fork")
@pytest.mark.parametrize("kind", ["sync", "gthread"])
def test_gunicorn_that_preloads_and_its_workers_follow(published: Published, kind: str, tmp_path: Path) -> None:
    port = free_port()
    command = [*GUNICORN, f"--worker-class={kind}", f"--bind=127.0.0.1:{port}", "wsgi:application"]
    judge(published, command, f"http://127.0.0.1:{port}/", tmp_path)


@pytest.mark.services
@pytest.mark.skipif(find_spec("uwsgidecorators") is None, reason="uWSGI is in the group `services`")
def test_uwsgi_that_loads_before_it_forks_and_its_workers_follow(published: Published, tmp_path: Path) -> None:
    port = free_port()
    command = [*UWSGI, f"--http-socket=127.0.0.1:{port}", f"--wsgi-file={HERE / 'wsgi.py'}"]
    judge(published, command, f"http://127.0.0.1:{port}/", tmp_path)
