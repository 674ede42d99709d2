"""`docs/reference/cli.md` is what `--help` says. `python tests/cli/test_reference.py --write` writes it anew."""

import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "cli.md"
COMMANDS = [
    (),
    ("demo",),
    ("chat",),
    ("explain",),
    ("manifest",),
    ("manifest", "init"),
    ("manifest", "fmt"),
    ("manifest", "check"),
    ("manifest", "lint"),
    ("manifest", "test"),
    ("manifest", "explain"),
    ("manifest", "show"),
    ("manifest", "schema"),
    ("manifest", "diff"),
    ("manifest", "plan"),
    ("manifest", "build"),
    ("manifest", "sign"),
    ("manifest", "verify"),
    ("manifest", "publish"),
    ("manifest", "promote"),
    ("manifest", "rollback"),
    ("manifest", "flip"),
    ("manifest", "heartbeat"),
    ("manifest", "keys"),
    ("manifest", "keys", "new"),
    ("manifest", "keys", "init"),
    ("manifest", "keys", "add"),
    ("manifest", "keys", "rotate"),
    ("manifest", "keys", "revoke"),
    ("manifest", "keys", "renew"),
    ("manifest", "keys", "status"),
    ("manifest", "status"),
    ("manifest", "watch"),
    ("manifest", "doctor"),
    ("manifest", "serve"),
    ("providers",),
]

HEAD = """\
# Command line

Every command takes `--help`. What follows is what they say there; a test compares.

The manifest a command works with is the one named with `--manifest`, else that of `AIGW_MANIFEST`, else the embedded
default, which offers the providers whose keys are set (models are named `provider/model` then). `--json` prints one
JSON document instead of text, of an error too: `{"ok": false, "error": "…"}`. Colour is used on a terminal only, and
not where `NO_COLOR` is set or `TERM` is `dumb`. What models say reaches a terminal without its control characters, and
a file or pipe as it is.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | failed: one line on standard error says why (`aigw: error: …`) |
| 2 | wrong usage; below `aigw manifest`, where wrong usage is 1: `fmt --check`, `diff` or `plan` found a change |
| 130 | interrupted by Ctrl-C |
| 141 | whoever read the output has left |
"""


def page() -> str:
    """Write the page from what `--help` says."""
    from aigw.cli import main

    parts = [HEAD]
    for command in COMMANDS:
        said = StringIO()
        with redirect_stdout(said):
            main([*command, "--help"])
        name = " ".join(("aigw", *command))
        parts.append(f"## `{name}`\n\n```text\n{said.getvalue().rstrip()}\n```\n")
    return "\n".join(parts)


def test_reference_page_is_what_help_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    assert PAGE.read_text("utf-8") == page()


if __name__ == "__main__" and "--write" in sys.argv:
    os.environ["COLUMNS"] = "100"
    sys.path.insert(0, str(ROOT / "src"))
    PAGE.write_text(page(), "utf-8")
