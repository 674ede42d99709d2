"""The house rules that can be counted: which way imports point, what may wait, what is pure, how long things get.

Needs nothing but the source: no part of aigw is imported, so a broken module still gets a readable answer.
"""

import ast
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "aigw"

# Longest prefix wins. A module under none of them has no place yet, and the test says so.
LAYERS = {
    "aigw": "top",
    "aigw.__main__": "top",
    "aigw.cli": "cli",
    "aigw.testing": "testing",
    "aigw.client": "client",
    "aigw.core": "client",
    "aigw.config": "config",
    "aigw.surfaces": "surfaces",
    "aigw.streams": "streams",
    "aigw.pipeline": "pipeline",
    "aigw.stages": "stages",
    "aigw.policies": "policies",
    "aigw.providers": "providers",
    "aigw.sinks": "sinks",
    "aigw.secrets": "secrets",
    "aigw.credentials": "credentials",
    "aigw.manifest": "manifest",
    "aigw.manifest.publishing": "publishing",
    "aigw.manifest.snapshot": "snapshot",
    "aigw.runtime": "runtime",
    "aigw.runtime.drive": "drive",
    "aigw.protocols": "protocols",
    "aigw.record": "record",
    "aigw.call": "call",
    "aigw.errors": "errors",
    "aigw.wire": "wire",
    "aigw.waits": "wire",
    "aigw.latch": "latch",
    "aigw.types": "types",
}

# Each layer with what it may import beside itself. `snapshot`, `call` and `record` are words: plain data without
# behaviour of a layer above. `drive` is the bridge between the faces, which whoever has two faces needs.
TYPES = {"types"}
WORDS = TYPES | {"errors", "wire", "call", "snapshot", "record", "latch"}
SEAMS = WORDS | {"protocols"}
STAGES = SEAMS | {"policies", "secrets", "credentials"}
CONCRETE = {"providers", "sinks", "secrets", "credentials", "manifest", "runtime"}
PIPELINE = STAGES | CONCRETE | {"stages", "drive", "config"}
STREAMS = SEAMS | {"policies", "pipeline", "drive"}
SURFACES = STREAMS | {"streams"}
CLIENT = PIPELINE | SURFACES | {"pipeline", "surfaces"}
EVERYTHING = set(LAYERS.values())

MAY_IMPORT: dict[str, set[str]] = {
    "types": set(),
    "latch": set(),
    "wire": TYPES,
    "errors": TYPES | {"wire"},
    "call": TYPES | {"errors", "wire"},
    "snapshot": TYPES | {"errors", "call"},
    "record": TYPES | {"errors", "call"},
    "protocols": WORDS,
    "policies": WORDS,
    "providers": SEAMS,
    "sinks": SEAMS,
    "secrets": SEAMS,
    "credentials": SEAMS | {"secrets", "policies"},
    "manifest": SEAMS,
    "publishing": SEAMS | {"manifest", "policies"},
    "config": SEAMS | {"manifest"},
    "drive": set(),
    "runtime": SEAMS | {"drive"},
    "stages": STAGES,
    "pipeline": PIPELINE,
    "streams": STREAMS,
    "surfaces": SURFACES,
    "client": CLIENT,
    "testing": EVERYTHING,
    "cli": EVERYTHING,
    "top": EVERYTHING,
}

# Upward imports that only a type checker follows, each with the reason it is worth it.
TYPE_ONLY = {
    ("call", "snapshot"): "a call is pinned to a snapshot and aimed at its targets; the snapshot needs call's Timeouts",
    ("call", "record"): "a call's trail keeps its record once it has ended; a record is made of call's words",
    ("errors", "call"): "an error carries the attempts that led to it",
    ("types", "errors"): "an event may hold the error that stands in its place in a stream",
    ("types", "record"): "a response model carries the record of its call",
    ("types", "wire"): "an answer that is passed through is the provider's response as it came",
}

WAITING_ALLOWED = {"runtime", "drive", "testing", "cli"}
WAITING = {
    "aiohttp",
    "anyio",
    "asyncio",
    "concurrent.futures.ThreadPoolExecutor",
    "http.client",
    "http.server",
    "httpcore",
    "httptools",
    "httpx",
    "httpx2",
    "pyreqwest",
    "requests",
    "select",
    "selectors",
    "socket",
    "socketserver",
    "subprocess",
    "threading.Thread",
    "threading.Timer",
    "time.sleep",
    "trio",
    "urllib.request",
}

PURE = (
    "aigw.policies",
    "aigw.providers",
    "aigw.types",
    "aigw.waits",
    "aigw.manifest.language",
    "aigw.manifest.publishing",
)
IMPURE = WAITING | {"datetime.datetime.now", "logging", "os", "random", "secrets", "shutil", "tempfile", "time", "uuid"}

LONGEST_FILE = 500
LONGEST_FUNCTION = 50
MEDIAN_FILE = 150
MEDIAN_FUNCTION = 10


@dataclass(frozen=True)
class Use:
    """A dotted name that a module imports, or reaches through an import; `typing` if only a type checker sees it."""

    name: str
    line: int
    typing: bool


@dataclass(frozen=True)
class Module:
    name: str
    path: Path
    tree: ast.Module
    lines: int

    def __str__(self) -> str:
        return self.name


def modules(source: Path) -> list[Module]:
    return [_module(path, source) for path in sorted(source.rglob("*.py"))]


def _module(path: Path, source: Path) -> Module:
    parts = [*path.relative_to(source.parent).with_suffix("").parts]
    if parts[-1] == "__init__":
        parts.pop()
    text = path.read_text("utf-8")
    return Module(".".join(parts), path, ast.parse(text, str(path)), len(text.splitlines()))


def uses(module: Module) -> Iterator[Use]:
    """Give what *module* uses of others, in function bodies and behind `TYPE_CHECKING` as well."""
    typing_only = {
        id(node)
        for guard in ast.walk(module.tree)
        if isinstance(guard, ast.If) and "TYPE_CHECKING" in ast.unparse(guard.test)
        for statement in guard.body
        for node in ast.walk(statement)
    }
    aliases: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
            for name, alias in _imported(node, module):
                aliases[alias] = name
                yield Use(name, node.lineno, id(node) in typing_only)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            root, _, rest = ast.unparse(node).partition(".")
            if root in aliases and re.fullmatch(r"[\w.]+", rest):
                yield Use(f"{aliases[root]}.{rest}", node.lineno, typing=False)


def _imported(node: ast.Import | ast.ImportFrom | ast.Call, module: Module) -> Iterator[tuple[str, str]]:
    """Give the names that *node* imports, each with the name it gets here. A constant `import_module` counts."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, alias.asname or alias.name.partition(".")[0]
    elif isinstance(node, ast.ImportFrom):
        base = _absolute(node, module)
        for alias in node.names:
            yield f"{base}.{alias.name}", alias.asname or alias.name
    elif ast.unparse(node.func).endswith(("import_module", "__import__")):
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value, first.value


def _absolute(node: ast.ImportFrom, module: Module) -> str:
    if not node.level:
        return node.module or ""
    package = module.name.split(".")
    up = node.level - (module.path.name == "__init__.py")
    return ".".join([*package[: len(package) - up], *([node.module] if node.module else [])])


def layer_of(name: str) -> str | None:
    """Give the layer of a module, or of a name in one; None where a module of ours has no place in the table."""
    parts = name.split(".")
    for length in range(len(parts), 1, -1):
        if (layer := LAYERS.get(".".join(parts[:length]))) is not None:
            return layer
    return "top" if len(parts) == 1 else None


def wrong_way(source: Path) -> list[str]:
    found: list[str] = []
    known = {module.name for module in modules(source)}
    for module in modules(source):
        here = layer_of(module.name)
        for use in uses(module):
            if use.name.partition(".")[0] != "aigw" or here is None:
                continue
            there = layer_of(use.name)
            if there is None and ".".join(use.name.split(".")[:2]) not in known:
                there = "top"  # a public name, which the package itself hands out
            allowed = there in MAY_IMPORT[here] | {here} or (use.typing and (here, there) in TYPE_ONLY)
            if not allowed:
                found.append(f"{module}:{use.line} ({here}) imports {use.name} ({there})")
    return sorted(set(found))


def uses_of(names: set[str], module: Module) -> list[str]:
    """Give where *module* uses any of *names* or something below one, at run time."""
    return sorted(
        {
            f"{module}:{use.line} {use.name}"
            for use in uses(module)
            if not use.typing and any(use.name == name or use.name.startswith(f"{name}.") for name in names)
        }
    )


def functions(source: Path) -> Iterator[tuple[str, int]]:
    """Give each function that does something with its length in lines, docstring included, decorators not."""
    for module in modules(source):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_a_declaration(node):
                yield f"{module}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def _is_a_declaration(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether *node* only declares: the body of a protocol's method or an overload is `...`."""
    last = node.body[-1]
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and last.value.value is Ellipsis


def test_every_module_has_a_place_in_the_layers() -> None:
    homeless = [module.name for module in modules(SOURCE) if layer_of(module.name) is None]

    assert [] == homeless


def test_every_row_of_the_layers_is_of_a_module_there_is() -> None:
    assert set() == set(LAYERS) - {module.name for module in modules(SOURCE)}
    assert EVERYTHING == set(MAY_IMPORT)


def test_imports_point_one_way() -> None:
    assert [] == wrong_way(SOURCE)


def test_only_the_runtime_waits_or_speaks_http() -> None:
    shell = [module for module in modules(SOURCE) if layer_of(module.name) not in WAITING_ALLOWED]

    assert [] == [finding for module in shell for finding in uses_of(WAITING, module)]


def test_rules_are_pure() -> None:
    rules = [module for module in modules(SOURCE) if module.name.startswith(PURE)]

    assert [] == [finding for module in rules for finding in uses_of(IMPURE, module)]


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {module.name: module.lines for module in modules(SOURCE)}

    assert {} == {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE}
    assert MEDIAN_FILE >= statistics.median(lengths.values())


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = dict(functions(SOURCE))

    assert {} == {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION}
    assert MEDIAN_FUNCTION >= statistics.median(lengths.values())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give an empty source tree to break rules in."""
    (tmp_path / "aigw").mkdir()
    return tmp_path / "aigw"


@pytest.mark.parametrize(
    "code",
    [
        "import aigw.client",
        "from aigw import client",
        "from aigw.client import Gateway",
        "from ..client import Gateway",
        "from aigw import Gateway",
        "import aigw\naigw.Gateway()",
        "def late():\n    from aigw.client import Gateway",
        "import importlib\nimportlib.import_module('aigw.client')",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from aigw.client import Gateway",
    ],
)
def test_an_import_that_points_up_is_seen_however_it_is_written(source: Path, code: str) -> None:
    (source / "stages").mkdir()
    (source / "stages" / "bad.py").write_text(code)

    assert [] != wrong_way(source)


def test_a_concrete_provider_is_named_by_the_composition_root_only(source: Path) -> None:
    for layer in ("stages", "surfaces", "policies", "manifest"):
        (source / layer).mkdir()
        (source / layer / "bad.py").write_text("from aigw.providers.openai.adapter import OpenAI")
    (source / "pipeline.py").write_text("from aigw.providers.openai.adapter import OpenAI")

    assert 4 == len(wrong_way(source))


def test_a_type_only_import_is_no_pass_to_import_at_run_time(source: Path) -> None:
    (source / "call.py").write_text("from aigw.manifest.snapshot import Snapshot")

    assert ["aigw.call:1 (call) imports aigw.manifest.snapshot.Snapshot (snapshot)"] == wrong_way(source)


@pytest.mark.parametrize(
    "code",
    [
        "import asyncio",
        "import time as t\nt.sleep(1)",
        "from time import sleep",
        "import threading\nthreading.Thread()",
        "def late():\n    import httpcore",
        "import urllib.request",
    ],
)
def test_waiting_is_seen_however_it_is_written(source: Path, code: str) -> None:
    (source / "client.py").write_text(code)

    assert [] != [finding for module in modules(source) for finding in uses_of(WAITING, module)]


@pytest.mark.parametrize("code", ["import threading\nthreading.Lock()", "import time\ntime.monotonic", "import timeit"])
def test_what_does_not_wait_is_left_alone(source: Path, code: str) -> None:
    (source / "client.py").write_text(code)

    assert [] == [finding for module in modules(source) for finding in uses_of(WAITING, module)]


def test_declarations_do_not_count_as_functions(source: Path) -> None:
    (source / "protocols.py").write_text('def f():\n    """Doc."""\n    ...\n\ndef g():\n    return 1\n')

    assert [("aigw.protocols:5 g", 2)] == list(functions(source))
