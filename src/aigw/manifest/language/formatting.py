"""What `aigw manifest fmt` writes: keys in one order, two spaces a level, and nothing else changed.

Comments stay with what they are about, short forms stay short, and what stands in brackets stays there. Whatever is
written in a way that cannot be taken apart without doubt stays as it is, whole.
"""

import json
from collections import Counter
from typing import Final

from aigw.errors import ManifestInvalidError
from aigw.manifest.language.document import FORBIDDEN, Path, is_json, load_document
from aigw.manifest.language.marked import Block, Entry, Leaf, UnmovableError, marked
from aigw.manifest.language.parts import part_at
from aigw.types.json import as_array, as_object

_STEP: Final = 2
_MERGE: Final = "<<"
_OTHER_LINE_ENDS: Final = "\r\x85\u2028\u2029"


def formatted(text: str, *, source: str = "manifest") -> str:
    """Give *text* as it should be written. It compiles to what it compiled to before; formatted again, it stays.

    Raises `ManifestInvalidError`, naming *source*, for what is no document; whether it is a right one is not asked.
    """
    document = load_document(text, source=source)
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if is_json(plain):
        made = json.dumps(_ordered(document.data, ()), indent=_STEP, ensure_ascii=False)
        return FORBIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", made) + "\n"
    if any(end in plain for end in _OTHER_LINE_ENDS):
        return text
    # An alias must not come to stand above its anchor: where it would, keys stay in the order they have.
    for reorder in (True, False):
        try:
            made = _Writer(plain, reorder=reorder).written()
        except UnmovableError:
            return text
        if _is_kept(plain, made):
            return made
    return text


def _is_kept(before: str, after: str) -> bool:
    """Whether *after* says what *before* says, and has all that stands in it."""
    try:
        data = [load_document(one, source="").data for one in (before, after)]
    except ManifestInvalidError:
        return False
    return _exact(data[0]) == _exact(data[1]) and Counter("".join(before.split())) == Counter("".join(after.split()))


def _exact(value: object) -> object:
    """Give what equals another only if types are equal, too: to Python, 1 is 1.0 and true."""
    if fields := as_object(value):
        return {key: _exact(one) for key, one in fields.items()}
    if items := as_array(value):
        return [_exact(one) for one in items]
    return type(value).__name__, repr(value)


def _rank(path: Path, keys: list[str]) -> list[int]:
    """Give the order in which the *keys* of the mapping at *path* are written: the model's, where it has one."""
    part = part_at(path)
    if part is None:
        return list(range(len(keys)))
    known = [field.alias or name for name, field in part.model_fields.items()]
    ranks = {_MERGE: -1} | {key: at for at, key in enumerate(known)}
    return sorted(range(len(keys)), key=lambda at: ranks.get(keys[at], len(known)))


def _ordered(data: object, path: Path) -> object:
    if fields := as_object(data):
        keys = list(fields)
        return {keys[at]: _ordered(fields[keys[at]], (*path, keys[at])) for at in _rank(path, keys)}
    if items := as_array(data):
        return [_ordered(item, (*path, at)) for at, item in enumerate(items)]
    return data


class _Writer:
    """Writes one text anew."""

    def __init__(self, text: str, *, reorder: bool) -> None:
        self._marked = marked(text)
        self._text = text
        self._reorder = reorder

    def written(self) -> str:
        """Give all of it."""
        root = self._marked.root
        lines = self._block(root, 0, ()) if isinstance(root, Block) else self._own_lines(root)
        return "\n".join([*_spaced(self._marked.head), *lines, *_spaced(self._marked.foot)]).strip("\n") + "\n"

    def _own_lines(self, root: Leaf) -> list[str]:
        return (self._leaf(root, 0, ()) + root.after).split("\n")

    def _block(self, block: Block, indent: int, path: Path) -> list[str]:
        pad = " " * indent
        lines: list[str] = []
        for at, entry, above in self._in_order(block, path):
            step = entry.key.value if block.is_mapping else at
            lines += [line and pad + line for line in _spaced(above)]
            lines += self._entry(block, entry, indent, (*path, step))
        return lines + [line and pad + line for line in _spaced(block.tail)]

    def _in_order(self, block: Block, path: Path) -> list[tuple[int, Entry, list[str]]]:
        """Give the entries as they are to be written, each with what stands above it: first of all no empty line."""
        entries = block.entries
        ranks = list(range(len(entries)))
        if block.is_mapping and self._reorder:
            ranks = _rank(path, [entry.key.value for entry in entries])
        above = {at: entry.above for at, entry in enumerate(entries)}
        first = ranks[0]
        # The empty line that set the first one apart goes to the entry that was first.
        if first and (self._marked.head if block is self._marked.root else not (above[first] or ["-"])[0]):
            above[0] = ["", *above[0]]
        above[first] = above[first][next((at for at, line in enumerate(above[first]) if line), len(above[first])) :]
        return [(at, entries[at], above[at]) for at in ranks]

    def _entry(self, block: Block, entry: Entry, indent: int, path: Path) -> list[str]:
        key = self._text[entry.key.start : entry.key.end]
        before = " " * indent + (self._key(entry.key, key) if block.is_mapping else "-")
        value = entry.value
        if isinstance(value, Leaf):
            text = self._leaf(value, indent - block.column, path)
            return (f"{before} {text}".rstrip(" ") + value.after).split("\n") if text else [before + value.after]
        anchor = f" &{value.anchor}" if value.anchor else ""
        below = self._block(value, indent + _STEP, path)
        if block.is_mapping or anchor or entry.key.after:
            return [before + anchor + entry.key.after, *below]
        first = next(at for at, line in enumerate(below) if line.strip() and not line.lstrip().startswith("#"))
        # What stands above the first of an item's keys stands above the item.
        above = [line and " " * indent + line.strip() for line in below[:first]]
        return [*above, f"{before} {below[first].lstrip()}", *below[first + 1 :]]

    def _key(self, leaf: Leaf, written: str) -> str:
        """Give the key with its colon, which an alias must not swallow."""
        return f"{written} :" if self._text[leaf.start] == "*" else f"{written}:"

    def _leaf(self, leaf: Leaf, shift: int, path: Path) -> str:
        """Give the text of *leaf*; its further lines move with the first one."""
        first, *lines = self._flow(leaf, path).removesuffix("\n").split("\n")
        return "\n".join([first, *(_shifted(line, shift) for line in lines)])

    def _flow(self, leaf: Leaf, path: Path) -> str:
        """Give what stands in brackets with its keys in order, each in the place of another: commas stay."""
        if not leaf.entries:
            return self._text[leaf.start : leaf.end]
        parts: list[str] = []
        gaps: list[str] = []
        at = leaf.start
        for number, entry in enumerate(leaf.entries):
            value = entry.value
            if not isinstance(value, Leaf):
                raise UnmovableError
            start, end = (entry.key.start if leaf.is_mapping else value.start), max(entry.key.end, value.end)
            gaps.append(self._text[at:start])
            step = entry.key.value if leaf.is_mapping else number
            parts.append(self._text[start : value.start] + self._flow(value, (*path, step)))
            at = end
        gaps.append(self._text[at : leaf.end])
        if leaf.is_mapping and self._reorder and not any("#" in gap for gap in gaps):
            parts = [parts[at] for at in _rank(path, [entry.key.value for entry in leaf.entries])]
        return "".join(text for pair in zip(gaps, [*parts, ""], strict=True) for text in pair)


def _shifted(line: str, shift: int) -> str:
    if shift >= 0:
        return " " * shift + line if line else line
    return line[min(-shift, len(line) - len(line.lstrip(" "))) :]


def _spaced(lines: list[str]) -> list[str]:
    """Give *lines* with one empty line where there were more."""
    return [line for at, line in enumerate(lines) if line or not at or lines[at - 1]]
