"""`import aigw` does nothing but define names: no socket, thread, file, environment, logging, and nothing heavy."""

import json
import subprocess
import sys
from pathlib import Path

import aigw

PACKAGES = Path(aigw.__file__).resolve().parents[1]

# Runs in a fresh interpreter: watches what the import does through audit events, then reports as JSON.
WATCH = """
import json, os, sys, logging, threading

done = []
allowed = tuple(os.path.realpath(path) for path in sys.path if path)
WATCHED = ("socket.", "os.putenv", "os.unsetenv", "_thread.start_", "subprocess.", "os.system", "os.fork",
           "os.exec", "os.posix_spawn", "os.mkdir", "os.remove", "os.rename", "os.chmod", "shutil.", "tempfile.")

def watch(event, args):
    if event.startswith(WATCHED):
        done.append(f"{event} {args!r}")
    elif event == "open":
        path, mode, flags = args
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        inside = isinstance(path, str) and os.path.realpath(path).startswith(allowed)
        if writes or not inside:
            done.append(f"open {path!r} {mode!r}")

class Environment(type(os.environ)):
    def __getitem__(self, key):
        done.append(f"environ read {key}")
        return super().__getitem__(key)

    def __iter__(self):
        done.append("environ listed")
        return super().__iter__()

def start(thread):
    done.append(f"thread {thread.name}")

environment = dict(os.environ)
threading.Thread.start = start
os.environ.__class__ = Environment
sys.addaudithook(watch)
root = logging.getLogger()
handlers, level = list(root.handlers), root.level

import aigw

found = list(done)
del os.environ.__class__.__getitem__, os.environ.__class__.__iter__
if dict(os.environ) != environment:
    found.append("environment changed")
if (list(root.handlers), root.level) != (handlers, level):
    found.append("root logger changed")
print(json.dumps(found))
"""

MODULES = """
import json, sys
before = set(sys.modules)
import aigw
print(json.dumps(sorted(set(sys.modules) - before)))
"""

HEAVY = {
    "asyncio",
    "certifi",
    "concurrent.futures",
    "http.client",
    "httptools",
    "inspect",
    "logging",
    "pybreaker",
    "pydantic",
    "pytest",
    "socket",
    "ssl",
    "tenacity",
    "urllib.request",
    "yaml",
}
MOST_MODULES = 40


def in_a_fresh_interpreter(code: str, cwd: Path) -> list[str]:
    start = f"import sys; sys.path.append({str(PACKAGES)!r})\n"
    command = [sys.executable, "-I", "-B", "-W", "error", "-c", start + code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=cwd)
    answer: list[str] = json.loads(done.stdout)
    assert "" == done.stderr
    return answer


def test_importing_has_no_side_effects(tmp_path: Path) -> None:
    assert [] == in_a_fresh_interpreter(WATCH, tmp_path)


def test_importing_does_not_read_a_dotenv_file_of_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AIGW_KEY=leaked\n")
    report = "import os, json, aigw\nprint(json.dumps([name for name in os.environ if name == 'AIGW_KEY']))"

    assert [] == in_a_fresh_interpreter(report, tmp_path)


def test_importing_loads_nothing_heavy(tmp_path: Path) -> None:
    loaded = set(in_a_fresh_interpreter(MODULES, tmp_path))

    assert set() == loaded & HEAVY


def test_importing_loads_few_modules(tmp_path: Path) -> None:
    loaded = in_a_fresh_interpreter(MODULES, tmp_path)

    assert len(loaded) <= MOST_MODULES, loaded


def test_the_watch_sees_what_an_import_must_not_do(tmp_path: Path) -> None:
    deeds = (
        "os.environ['X'] = '1'",
        "os.environ.get('OPENAI_API_KEY')",
        "open('out.txt', 'w').close()",
        "__import__('socket').socket().close()",
        "threading.Thread(target=int).start()",
        "logging.basicConfig()",
    )
    for deed in deeds:
        assert [] != in_a_fresh_interpreter(WATCH.replace("import aigw\n", f"{deed}\n"), tmp_path), deed
