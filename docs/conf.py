"""Sphinx settings. Nothing is fetched while building: no intersphinx, no link check."""

import re
import sys
import tomllib
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

project = "aigw"
release = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
author = "the aigw authors"
copyright = author

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}
html_theme = "furo"
html_title = f"aigw {release}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_class_signature = "separated"

nitpicky = True
# Without intersphinx only our own names can be resolved; those of Python and of dependencies are taken on trust.
nitpick_ignore_regex = [
    ("py:.*", r"^(?!aigw\.).*"),
    # Members of closed sets, which signatures name; their classes are described as a whole.
    ("py:attr", r"^aigw\.errors\.Failure\..*"),
]


def put_readme(_app: Sphinx, docname: str, content: list[str]) -> None:
    """Put README into the index where it says so. Links into `docs/` keep working, others are kept as text."""
    readme = ROOT / "README.md"
    if docname != "index":
        return
    text = readme.read_text("utf-8") if readme.exists() else "# aigw\n"
    text = re.sub(r"\]\(docs/([^)]+)\)", r"](\1)", text)
    text = re.sub(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)(?![\w-]+/[\w-]+\.md)[^)]+\)", r"\1", text)
    content[0] = content[0].replace("%README%", text)


def setup(app: Sphinx) -> None:
    """Connect what README needs."""
    app.connect("source-read", put_readme)
