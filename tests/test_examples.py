"""Each example runs offline, says something, and ends well."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

SAYS = {
    "async_gateway.py": "The coffee is cold.",
    "explain.py": "offline/echo-1: may take the call (ok)",
    "fallback.py": "anthropic/claude-sonnet-4-5: answered (status 200)",
    "first_call.py": "target: offline/echo-1",
    "streaming.py": "ended: ok by offline/echo-1",
    "structured_output.py": "Ticket(place='floor 3', problem='the printer is on fire', urgent=True)",
    "tags_and_records.py": "{'app': 'tickets', 'customer': 'acme'} offline/echo-1",
    "tools.py": "answer: Somebody should bring water.",
}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_offline_and_shows_what_it_is_about(path: Path) -> None:
    command = [sys.executable, "-W", "error", "tests/offline.py", str(path.relative_to(ROOT))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert (0, "") == (done.returncode, done.stderr)
    assert SAYS[path.name] in done.stdout


def test_every_example_has_its_expected_words() -> None:
    assert set(SAYS) == {path.name for path in EXAMPLES}
