"""Each example runs offline, says something, and ends well."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import aigw

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

SAYS = {
    "async_gateway.py": "The coffee is cold.",
    "embeddings.py": "best: The printer on floor 3 is on fire. 0.3",
    "explain.py": "offline/echo-1: may take the call (ok)",
    "fallback.py": "anthropic/claude-sonnet-4-5: answered (status 200)",
    "first_call.py": "target: offline/echo-1",
    "messages.py": "notes: ('dropped: container (openai does not take it)',)",
    "responses.py": "the provider got its thinking back: True",
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


def test_the_package_with_an_adapter_of_its_own_is_found_and_passes_the_contract(tmp_path: Path) -> None:
    for file in (ROOT / "examples" / "acme_aigw").glob("*.py"):
        (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
    metadata = tmp_path / "acme_aigw-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-aigw\nVersion: 0.1.0\n")
    (metadata / "entry_points.txt").write_text("[aigw.providers]\nacme = acme_aigw:plugin\n")
    path = os.pathsep.join((str(tmp_path), str(Path(aigw.__file__).parents[1])))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "test_acme.py"]
    environ = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120, env=environ)

    assert (0, "10 passed") == (done.returncode, done.stdout.rpartition("\n")[0].rpartition("\n")[2].split(" in ")[0])


def test_every_example_has_its_expected_words() -> None:
    assert set(SAYS) == {path.name for path in EXAMPLES}
