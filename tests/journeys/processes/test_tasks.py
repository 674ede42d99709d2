"""Celery forks its pool after the gateway was used: the worker and its pool follow what is published."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.processes.processes_kit import Published, running, until

POOL = 2
WORKER = [
    *(sys.executable, "-m", "celery", "--app=tasks", "--quiet", "worker", "--pool=prefork", f"--concurrency={POOL}"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat", "--prefetch-multiplier=1"),
]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Put a task into the queue, a folder."""
    from celery import Celery

    app = Celery(broker="filesystem://", set_as_current=False)
    app.conf.broker_transport_options = {
        "data_folder_in": str(tmp_path),
        "data_folder_out": str(tmp_path),
        "control_folder": str(tmp_path),
    }
    yield lambda: app.send_task("serve", ignore_result=True)
    app.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Celery's prefork pool needs fork")
def test_celery_and_its_pool_follow(published: Published, asked: object, tmp_path: Path) -> None:
    def told() -> str:
        return (tmp_path / "output").read_text() + (tmp_path / "notebook").read_text()

    with running(WORKER, published, tmp_path) as worker:

        def pool(serial: int) -> set[int]:
            assert callable(asked)
            assert worker.poll() is None, told()
            asked()
            return published.processes("served", serial) - {worker.pid}

        until(lambda: len(pool(1)) == POOL, told)
        first = pool(1)
        published.publish(2)
        until(lambda: pool(2) == first, told)
        until(lambda: published.processes("followed", 2) == {worker.pid, *first}, told)
    assert 0 == worker.returncode, told()
