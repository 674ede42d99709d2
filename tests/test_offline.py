"""The runner of examples and guides: it may neither reach out nor quietly leave blocks out."""

import subprocess
import sys
from pathlib import Path

from tests.offline import python_of

RUNNER = Path(__file__).with_name("offline.py")


def run(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, RUNNER, path], capture_output=True, text=True, check=False)


def test_code_of_a_page_keeps_its_line_numbers() -> None:
    page = "# Title\n\n```python\na = 1\n```\n\ntext\n\n```python\nb = a\n```\n"

    lines = python_of(page).splitlines()

    assert "a = 1" == lines[3]
    assert "b = a" == lines[9]


def test_only_blocks_that_say_why_are_left_out() -> None:
    page = (
        "<!-- not run: needs a key -->\n```python\nx\n```\n\n<!-- a comment -->\n```python\ny\n```\n```text\nz\n```\n"
    )

    assert ["y"] == python_of(page).split()


def test_a_script_cannot_reach_beyond_loopback(tmp_path: Path) -> None:
    script = tmp_path / "out.py"
    script.write_text("import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)\n")

    done = run(script)

    assert 0 != done.returncode
    assert "offline: socket." in done.stderr


def test_a_page_that_fails_is_reported_at_its_own_line(tmp_path: Path) -> None:
    page = tmp_path / "guide.md"
    page.write_text("# Guide\n\n```python\n1 / 0\n```\n")

    done = run(page)

    assert 0 != done.returncode
    assert 'guide.md", line 4' in done.stderr
