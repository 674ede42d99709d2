"""Run a script, or the Python blocks of a Markdown page as one script, with every host beyond loopback out of reach.

    python tests/offline.py README.md

The manifest is `echo.yaml` beside this file, whatever the environment says, and no provider's key is visible. A block
below `<!-- not run: why -->` is left out. Nothing but the standard library is needed, so a bare wheel can be tried.
"""

import os
import re
import runpy
import sys
import tempfile
from pathlib import Path

LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0", ""}
BLOCK = re.compile(r"^(?P<skip><!-- not run: [^\n]+ -->\n\n?)?```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def python_of(page: str) -> str:
    """Give the Python of *page*, each line at its own line number, so that a traceback points into the page."""
    lines = [""] * (page.count("\n") + 1)
    for block in BLOCK.finditer(page):
        if block["skip"] is None:
            first = page.count("\n", 0, block.start("code"))
            code = block["code"].splitlines()
            lines[first : first + len(code)] = code
    return "\n".join(lines) + "\n"


def refuse_the_network() -> None:
    """Make every look-up of, and connection to, a host beyond loopback fail from now on."""
    sys.addaudithook(_only_loopback)


def _only_loopback(event: str, args: tuple[object, ...]) -> None:
    host: object = None
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event == "socket.connect" and isinstance(args[1], tuple):
        host = args[1][0]
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and name not in LOOPBACK:
        message = f"offline: {event} of {name!r}"
        raise PermissionError(message)


def settle_the_environment(cache: str) -> None:
    """Leave of the environment only what a run may depend on, and point aigw at the offline manifest."""
    for name in list(os.environ):
        if name.startswith("AIGW_") or name.endswith("_API_KEY"):
            del os.environ[name]
    os.environ["AIGW_MANIFEST"] = str(Path(__file__).resolve().with_name("echo.yaml"))
    os.environ["AIGW_CACHE_DIR"] = cache


def main(path: str) -> None:
    """Run the script or page at *path*."""
    refuse_the_network()
    with tempfile.TemporaryDirectory() as cache:
        settle_the_environment(cache)
        if path.endswith(".md"):
            code = compile(python_of(Path(path).read_text("utf-8")), path, "exec")
            exec(code, {"__name__": "__main__"})
        else:
            runpy.run_path(path, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1])
