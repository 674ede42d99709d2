import os
import subprocess
import sys

USE = """
import json
import urllib.request


def test_fixtures(aigw_openai, aigw_anthropic, aigw_manifests, aigw_clock, aigw_records):
    aigw_manifests.publish("serial: 1")
    assert urllib.request.urlopen(aigw_manifests.url).read() == b"serial: 1"
    assert json.load(urllib.request.urlopen(aigw_openai.url + "/models"))["data"]
    assert aigw_anthropic.url.startswith("http://127.0.0.1:")
    assert aigw_clock.skip(1)
    assert aigw_records.records == []
"""


def run(*arguments: str, cwd=None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd, timeout=60, check=False)


def test_the_fixtures_serve_a_test(tmp_path):
    (tmp_path / "test_use.py").write_text(USE)
    done = run("-m", "pytest", "-p", "aigw.testing.plugin", "-p", "no:cacheprovider", "-q", cwd=tmp_path)

    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_loading_the_plugin_loads_nothing_else_of_the_kit():
    listed = "print(*(name for name in sys.modules if name.startswith('aigw.testing')))"
    done = run("-c", f"import sys, pytest, aigw.testing.plugin; {listed}")

    assert done.stdout.split() == ["aigw.testing", "aigw.testing.plugin"]
