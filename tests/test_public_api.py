"""The public surface is pinned in `public_api.txt`: a change to it is a decision, seen in review.

`python tests/test_public_api.py --write` writes the file anew. The listing comes from the source's syntax, not from
`inspect.signature`, so every supported Python writes the same one.
"""

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
PINNED = HERE / "public_api.txt"
COMMAND = "python tests/test_public_api.py --write"
FACES = ("Gateway", "AsyncGateway")


@cache
def tree_of(module: str) -> ast.Module:
    """Parse the source of *module*, which is where its public names and their signatures are written."""
    return ast.parse(inspect.getsource(importlib.import_module(module)))


@cache
def definitions(module: str) -> dict[str, tuple[str, ast.stmt]]:
    """Give what *module* defines or imports from us, behind `TYPE_CHECKING` as well, by name, with the home module."""
    found: dict[str, tuple[str, ast.stmt]] = {}
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("aigw"):
            for alias in node.names:
                found.setdefault(alias.asname or alias.name, (node.module or "", node))
    for statement in tree_of(module).body:
        if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found[statement.name] = (module, statement)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            found[statement.target.id] = (module, statement)
        elif isinstance(statement, ast.Assign):
            found.update(
                {target.id: (module, statement) for target in statement.targets if isinstance(target, ast.Name)}
            )
    return found


def definition(module: str, name: str) -> tuple[str, ast.stmt] | None:
    """Follow *name* from *module* through imports to the module that defines it."""
    home, node = definitions(module).get(name, (module, None))
    if isinstance(node, ast.ImportFrom):
        original = next(alias.name for alias in node.names if name in {alias.asname, alias.name})
        return definition(home, original)
    return None if node is None else (home, node)


@dataclass
class Listing:
    """Collects one line for each public name, following annotations into our own classes."""

    exported: frozenset[str] = frozenset()
    lines: set[str] = field(default_factory=set)
    seen: set[tuple[str, str]] = field(default_factory=set)

    def add(self, module: str, name: str) -> None:
        found = definition(module, name)
        if found is None or (found[0], name) in self.seen:
            return
        home, node = found
        self.seen.add((home, name))
        if isinstance(node, ast.ClassDef):
            self._add_class(home, node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._line(home, f"{name}{_signature(node)}")
            self._follow(home, node.args, node.returns)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            self._line(home, ast.unparse(node))

    def _line(self, module: str, text: str) -> None:
        self.lines.add(f"{module}: {text}")

    def _add_class(self, module: str, node: ast.ClassDef) -> None:
        bases = ", ".join(map(ast.unparse, node.bases))
        self._line(module, f"class {node.name}({bases})" if bases else f"class {node.name}")
        for home, member in _members(module, node):
            for text, annotation in _described(member):
                if text.startswith("__init__(") and node.name not in self.exported:
                    continue  # nobody outside makes one
                self._line(module, f"{node.name}.{text}")
                self._follow(home, *annotation)
        self._follow(module, *node.bases)

    def _follow(self, module: str, *annotations: ast.AST | None) -> None:
        for annotation in annotations:
            for name in sorted(_names(annotation)):
                if not name.startswith("_"):
                    self.add(module, name)


def _members(module: str, node: ast.ClassDef) -> Iterator[tuple[str, ast.stmt]]:
    """Give the members of a class and of its private bases, each with the module it stands in."""
    for base in node.bases:
        name = ast.unparse(base).partition("[")[0]
        found = definition(module, name) if name.startswith("_") else None
        if found is not None and isinstance(found[1], ast.ClassDef):
            yield from _members(found[0], found[1])
    for member in node.body:
        yield module, member


def _described(member: ast.stmt) -> Iterator[tuple[str, tuple[ast.AST | None, ...]]]:
    """Give the text of each public name that *member* makes, with the annotations to follow."""
    if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
        if member.name == "__init__":
            yield from _attributes(member)
        if not member.name.startswith("_") or member.name in {
            "__init__",
            "__enter__",
            "__aenter__",
            "__iter__",
            "__aiter__",
        }:
            decorators = {ast.unparse(mark).removeprefix("cached_") for mark in member.decorator_list}
            marks = decorators & {"property", "classmethod", "staticmethod"}
            marks |= {"async"} if isinstance(member, ast.AsyncFunctionDef) else set()
            yield (
                f"{member.name}{_signature(member)}{''.join(f' [{mark}]' for mark in sorted(marks))}",
                (
                    member.args,
                    member.returns,
                ),
            )
    elif isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
        if not member.target.id.startswith("_"):
            yield ast.unparse(member), (member.annotation,)
    elif isinstance(member, ast.Assign):
        for target in member.targets:
            if isinstance(target, ast.Name) and not target.id.startswith("_"):
                yield f"{target.id} = {ast.unparse(member.value)}", ()


def _attributes(init: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, tuple[ast.AST | None, ...]]]:
    """Give the public attributes that a constructor sets: with their annotation, or with what makes them."""
    for node in ast.walk(init):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            text = ast.unparse(target)
            if not re.fullmatch(r"self\.[a-z]\w*", text):
                continue
            if isinstance(node, ast.AnnAssign):
                yield f"{text[5:]}: {ast.unparse(node.annotation)}", (node.annotation,)
            elif isinstance(node, ast.Assign):
                made = node.value.func if isinstance(node.value, ast.Call) else None
                yield (f"{text[5:]}: {ast.unparse(made)}" if made else text[5:]), (made,)


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    returns = "" if node.returns is None else f" -> {_unquoted(node.returns)}"
    return f"({_unquoted(node.args)}){returns}"


def _unquoted(node: ast.AST) -> str:
    """Give the source of *node*; an annotation reads the same whether it is written as a string or not."""
    return re.sub(r"(?<=[:>\[|,] )'([\w.\[\], |]+)'|^'([\w.\[\], |]+)'$", r"\1\2", ast.unparse(node))


def _names(node: ast.AST | None) -> set[str]:
    """Give the names that an annotation speaks of, inside quoted annotations as well."""
    if node is None:
        return set()
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    quoted = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return names | {name for text in quoted for name in re.findall(r"\b[A-Z]\w+", text)}


def listing() -> list[str]:
    """List the public surface: what `aigw` exports, and every class of ours that its annotations lead to."""
    import aigw

    collected = Listing(frozenset(aigw.__all__))
    for name in aigw.__all__:
        exported = getattr(aigw, name)
        collected.lines.add(f"aigw.{name}")
        if inspect.ismodule(exported):
            for inner in getattr(exported, "__all__", ()):
                collected.add(exported.__name__, inner)
        elif hasattr(exported, "__qualname__") and exported.__module__.startswith("aigw"):
            collected.add(exported.__module__, exported.__qualname__)
    return sorted(collected.lines)


def public_members(face: str) -> set[str]:
    import aigw

    return {name for name in dir(getattr(aigw, face)) if not name.startswith("_")} - {"aclose", "close"}


def test_public_surface_is_the_pinned_one() -> None:
    pinned = PINNED.read_text("utf-8").splitlines()
    now = listing()

    message = f"if this change is meant, run `{COMMAND}` and name it in CHANGELOG.md"
    assert set() == set(pinned) - set(now), message
    assert set() == set(now) - set(pinned), message


def test_exports_are_sorted_and_there() -> None:
    import aigw

    assert sorted(aigw.__all__) == list(aigw.__all__)
    assert [] == [name for name in aigw.__all__ if not hasattr(aigw, name)]
    assert set(aigw.__all__) <= set(dir(aigw))


def test_every_error_is_exported() -> None:
    import aigw
    from aigw import errors

    assert set() == set(errors.__all__) - set(aigw.__all__) - {"Failure"}


def test_both_faces_offer_the_same() -> None:
    sync, asynchronous = map(public_members, FACES)

    assert sync == asynchronous


def test_both_faces_take_the_same_arguments() -> None:
    import aigw

    def arguments(face: str, name: str) -> list[tuple[str, object, object]]:
        method = inspect.signature(getattr(getattr(aigw, face), name))
        return [(each.name, each.kind, each.default) for each in method.parameters.values()]

    shared = public_members("Gateway") & public_members("AsyncGateway")
    callables = ["__init__", *sorted(name for name in shared if callable(getattr(aigw.Gateway, name)))]

    assert [] == [name for name in callables if arguments("Gateway", name) != arguments("AsyncGateway", name)]


def write() -> None:
    """Pin the surface as it is now."""
    lines = listing()
    PINNED.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{PINNED}: {len(lines)} names")


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent / "src"))
    if sys.argv[1:] != ["--write"]:
        sys.exit(f"usage: {COMMAND}")
    write()
