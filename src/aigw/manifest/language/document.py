"""Read the bytes of a manifest, YAML or JSON, strictly, and remember on which line everything stands.

YAML has the meaning `yaml.safe_load` gives it, but is composed from the parser's event stream here, so that duplicate
keys, tags, deep nesting and alias bombs are refused before they cost anything, and so that a background thread can
give way to others every few hundred events. One thing is read otherwise: a timestamp with its zone is text, as in JSON.
A document that begins like JSON is read as JSON.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias, cast

from aigw.errors import ManifestInvalidError
from aigw.manifest.language.composer import Breathe, Composer, Flaw, reject

__all__ = [
    "FORBIDDEN",
    "MAX_BYTES",
    "MAX_DEPTH",
    "Breathe",
    "Document",
    "Path",
    "is_json",
    "load_document",
    "plain_document",
]

MAX_BYTES: Final = 1024 * 1024
"""The largest document that is read, in bytes."""

MAX_DEPTH: Final = 32
"""How many mappings and lists may stand inside one another."""

Path: TypeAlias = tuple[str | int, ...]

_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s"{}\[\],:]+')
_JSON_START = re.compile(r'\s*\{\s*["}]')
FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in a document, other than as an escape."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Document:
    """What a document says, and where. `find` gives the line (from 1) of a path, or None where there are no lines."""

    data: object
    find: Callable[[Path], int | None]


def load_document(content: bytes | str, *, source: str, breathe: Breathe | None = None) -> Document:
    """Read *content*. Raises `ManifestInvalidError` with *source* and line for what is no acceptable document."""
    text = ""
    line: int | None = 1
    try:
        text = _decoded(content)
        document = _json_document(text) if is_json(text) else _yaml_document(text, breathe)
        if isinstance(document.data, dict):
            return document
        what = "a manifest must be a mapping with `schema:` and `serial:` at its top"
    except Flaw as flaw:
        line, what = flaw.line, flaw.what
    # An HTML page is what a login wall or a wrong URL answers, and YAML takes some of them for text.
    if text.lstrip().startswith("<"):
        what = "this is an HTML or XML page, not a manifest; check the URL, and whether it asks for a login"
    problem = f"{source}:{line}: {what}" if line else f"{source}: {what}"
    raise ManifestInvalidError(problem, source=source, line=line, problems=(problem,))


def is_json(text: str) -> bool:
    """Whether *text* is read as JSON: it begins like an object with a quoted key."""
    return _JSON_START.match(text) is not None


def plain_document(data: Mapping[str, object], *, source: str) -> tuple[Document, bytes]:
    """Take a manifest given as a mapping: the document, and its canonical JSON, from which its digest is made.

    Raises `ManifestInvalidError` for what JSON cannot say.
    """
    try:
        _check_depth(data)
        canonical = json.dumps(
            data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        ).encode()
        if len(canonical) > MAX_BYTES:
            reject(_too_large())
        return Document(json.loads(canonical), _nowhere), canonical
    except Flaw as flaw:
        what = flaw.what
    except (TypeError, ValueError, RecursionError) as error:
        what = f"a manifest given as a mapping may hold only what JSON can say ({type(error).__name__})"
    problem = f"{source}: {what}"
    raise ManifestInvalidError(problem, source=source, problems=(problem,))


def _nowhere(_path: Path) -> None:
    return None


def _too_large() -> str:
    return f"the document is larger than {MAX_BYTES // 1024} KiB; split it, or check what the source delivers"


def _decoded(content: bytes | str) -> str:
    try:
        raw = content.encode() if isinstance(content, str) else content
        if len(raw) > MAX_BYTES:
            reject(_too_large())
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        reject("the document is not UTF-8; save it as UTF-8", line)
    except UnicodeEncodeError as error:
        reject("the text holds a lone surrogate, which UTF-8 cannot say", error.object.count("\n", 0, error.start) + 1)
    if not text.strip():
        reject("the document is empty")
    if found := FORBIDDEN.search(text):
        reject(
            f"the control character U+{ord(found[0]):04X} is not allowed; remove it",
            text.count("\n", 0, found.start()) + 1,
        )
    return text


def _yaml_document(text: str, breathe: Breathe | None) -> Document:
    composer = Composer(text, breathe, MAX_DEPTH)
    data = composer.compose()
    return Document(data, lambda path: composer.line_of(data, path))


def _json_document(text: str) -> Document:
    try:
        data: object = json.loads(
            text, object_pairs_hook=_distinct, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_whole
        )
    except json.JSONDecodeError as error:
        reject(f"this is not valid JSON: {error.msg.lower()}", error.lineno)
    except RecursionError:
        reject(_too_deep())
    except _DuplicateKeyError as error:
        reject(f"the key {str(error.args[0])[:60]!r} stands twice", _json_places(text)[1])
    _check_depth(data)
    return Document(data, _JsonLines(text))


class _DuplicateKeyError(Exception):
    """A key stands twice in one JSON object."""


class _JsonLines:
    """Finds lines in a JSON text, which is looked through only once somebody asks: good documents never pay."""

    __slots__ = ("_places", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._places: dict[Path, int] | None = None

    def __call__(self, path: Path) -> int | None:
        if self._places is None:
            self._places = _json_places(self._text)[0]
        while path not in self._places:
            path = path[:-1]
        return self._places[path]


def _json_places(text: str) -> tuple[dict[Path, int], int | None]:
    """Give the line of every path in *text*, and that of the first key that stands twice; what follows is not read.

    *text* is JSON, up to that key at least: behind it, nobody has looked.
    """
    places: dict[Path, int] = {}
    path: list[str | int] = []
    opened: list[set[str] | None] = []
    key_next = False
    line, at = 1, 0
    for match in _MARK.finditer(text):
        mark = match[0]
        line, at = line + text.count("\n", at, match.start()), match.start()
        if mark == ":":
            key_next = False
        elif mark == ",":
            key_next = opened[-1] is not None
            if not key_next:
                path[-1] = cast("int", path[-1]) + 1  # a list's step is its index
        elif mark in "}]":
            opened.pop()
            path.pop()
            key_next = False
        elif key_next and (seen := opened[-1]) is not None:
            path[-1] = key = str(json.loads(mark))
            if key in seen:
                return places, line
            seen.add(key)
            places.setdefault(tuple(path), line)
        else:
            places.setdefault(tuple(path), line)
            if mark in "{[":
                key_next = mark == "{"
                opened.append(set() if key_next else None)
                path.append("" if key_next else 0)
    return places, None


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKeyError(key)
            seen.add(key)
    return found


def _refuse_constant(name: str) -> NoReturn:
    reject(f"{name} is no number JSON knows; write a finite one")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        reject("a number is too large; write a finite one")
    return number


def _whole(digits: str) -> int:
    # Python refuses to read very long digit strings, and a manifest has no use for them.
    if len(digits) > 20:  # noqa: PLR2004 - 2**64 has twenty digits
        reject("a whole number has more than twenty digits")
    return int(digits)


def _too_deep() -> str:
    return f"the document is nested more than {MAX_DEPTH} levels deep"


def _check_depth(data: object) -> None:
    """Refuse *data* that is nested too deeply or holds text that UTF-8 cannot say. Cycles are too deep, too."""
    layer: list[object] = [data]
    for _ in range(MAX_DEPTH + 1):
        layer = [child for node in layer for child in _children(node)]
        if not layer:
            return
        if len(layer) > MAX_BYTES:
            reject(_too_large())
    reject(_too_deep())


def _children(node: object) -> list[object]:
    if isinstance(node, str) and not node.isascii() and _SURROGATE.search(node):
        reject("a text holds a lone surrogate, which UTF-8 cannot say")
    if isinstance(node, dict):
        fields = cast("dict[object, object]", node)  # JSON as `json` read it, or a caller's own mapping
        if not all(isinstance(key, str) for key in fields):
            reject("every key must be a string")
        return [*fields.keys(), *fields.values()]
    return list(cast("list[object]", node)) if isinstance(node, list | tuple) else []
