"""Children that Python itself starts, by any method, follow the manifest, and so does whoever started them."""

import multiprocessing
import sys
from pathlib import Path

import pytest
from tests.journeys.processes.processes_kit import HERE, Published, running, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
MEMBERS = {"bare": 3, "fork": 3, "spawn": 3, "forkserver": 4, "uvloop": 3}
"""How many processes serve: two children, their parent, and the server that forks them where there is one."""


@pytest.mark.parametrize("case", MEMBERS)
def test_parent_and_children_follow_what_is_published(published: Published, case: str, tmp_path: Path) -> None:
    assert {"fork", "spawn", "forkserver"} <= set(multiprocessing.get_all_start_methods())
    with running([sys.executable, str(HERE / "family.py"), case], published, tmp_path) as parent:

        def told() -> str:
            return (tmp_path / "output").read_text() + (tmp_path / "notebook").read_text()

        until(lambda: len(published.processes("served", 1)) == MEMBERS[case], told)
        first = published.processes("served", 1)
        published.publish(2)
        until(lambda: published.processes("followed", 2) == first, told)

        assert 0 == parent.wait(30), told()
        assert first >= published.processes("served", 2) > {parent.pid}
        assert len(published.processes("served", 2)) >= 3
