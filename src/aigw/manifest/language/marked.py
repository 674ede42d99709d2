"""A YAML text as a tree that knows where everything stands, comments included: what a formatter moves around."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import yaml
from yaml.events import (
    CollectionStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_AFTER = re.compile(r"(?:\s*:)?(?:\s*&\S+)?(\s*(?:#.*)?)")
_BEFORE_ENTRY = re.compile(r"\s*(?:\?\s*)?")
_ANCHOR = re.compile(r"&\S+")
_MODELINE: Final = "# yaml-language-server"


class UnmovableError(Exception):
    """The text is written in a way that is not taken apart here: it stays as it is."""


@dataclass(slots=True)
class Leaf:
    """A scalar, an alias or a collection in brackets: text from `start` to `end`, with the comment `after` it."""

    start: int
    end: int
    value: str = ""
    is_mapping: bool = False
    entries: list["Entry"] = field(default_factory=list["Entry"])
    after: str = ""


@dataclass(slots=True)
class Block:
    """A mapping or a list by indentation. `tail` are comments after its last entry."""

    is_mapping: bool
    column: int
    anchor: str | None
    entries: list["Entry"] = field(default_factory=list["Entry"])
    tail: list[str] = field(default_factory=list[str])

    @property
    def end(self) -> int:
        """Where its last entry ends."""
        return self.entries[-1].value.end


Node: TypeAlias = Leaf | Block


@dataclass(slots=True)
class Entry:
    """One key with its value, or one item of a list, whose key is its dash. `above` are comments, "" a blank line."""

    key: Leaf
    value: Node
    above: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Marked:
    """A text, what stands above and below its root, and the root."""

    text: str
    root: Node
    head: list[str] = field(default_factory=list[str])
    foot: list[str] = field(default_factory=list[str])


def marked(text: str) -> Marked:
    """Take *text* apart, which is valid and has line feeds for line ends. Raises `UnmovableError`."""
    root = _Reader(text).root()
    return _Comments(text, root).attached()


class _Reader:
    """Makes the tree from the parser's events. The parser in Python: its marks count characters."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._events: Iterator[Event] = iter(yaml.parse(text, Loader=yaml.SafeLoader))
        self._read = 0

    def root(self) -> Node:
        """Read the one node of the document."""
        event = next(self._events)
        while not isinstance(event, NodeEvent):
            event = next(self._events)
        return self._node(event)

    def _node(self, event: Event) -> Node:
        if isinstance(event, CollectionStartEvent):
            return self._flow(event) if event.flow_style else self._block(event)
        start, end = _span(event)
        if isinstance(event, ScalarEvent) and event.style in ("|", ">"):
            end = self._end_of_block_scalar(start, end)
        self._read = max(self._read, end)
        return Leaf(start, end, value=event.value if isinstance(event, ScalarEvent) else "")

    def _end_of_block_scalar(self, start: int, end: int) -> int:
        """Leave empty lines to what follows. After `+` they are part of the text, and no line may come or go."""
        if "+" in self._text[start:end].partition("\n")[0].partition("#")[0]:
            raise UnmovableError
        while self._text[start:end].endswith("\n\n"):
            end -= 1
        return end

    def _flow(self, event: CollectionStartEvent) -> Leaf:
        is_mapping = isinstance(event, MappingStartEvent)
        found = Leaf(_span(event)[0], 0, is_mapping=is_mapping)
        last = self._entries(found.entries, is_mapping=is_mapping)
        found.end = self._read = _span(last)[1]
        return found

    def _block(self, event: CollectionStartEvent) -> Block:
        is_mapping = isinstance(event, MappingStartEvent)
        found = Block(is_mapping, 0, event.anchor)
        self._entries(found.entries, is_mapping=is_mapping, dashes=not is_mapping)
        if not found.entries:
            raise UnmovableError
        found.column = _column(self._text, found.entries[0].key.start)
        return found

    def _entries(self, into: list[Entry], *, is_mapping: bool, dashes: bool = False) -> Event:
        """Read to the end of a collection, and give the event that ends it."""
        while not isinstance(event := next(self._events), MappingEndEvent | SequenceEndEvent):
            if is_mapping:
                key = self._node(event)
                if not isinstance(key, Leaf):
                    raise UnmovableError
                self._read = max(self._read, key.end)
                into.append(Entry(key, self._node(next(self._events))))
            else:
                dash = self._dash() if dashes else _span(event)[0]
                self._read = dash + dashes
                into.append(Entry(Leaf(dash, dash + dashes), self._node(event)))
        return event

    def _dash(self) -> int:
        """Find the dash of the next item: the next character that is neither white nor in a comment."""
        at = self._read
        while at < len(self._text) and self._text[at] != "-":
            if self._text[at] == "#":
                at = self._text.find("\n", at)
            elif not self._text[at].isspace() and self._text[at] != ":":
                at = self._after_anchor(at)
            if at < 0:  # something else stands there
                raise UnmovableError
            at += 1
        return at

    def _after_anchor(self, at: int) -> int:
        found = _ANCHOR.match(self._text, at)
        return found.end() - 1 if found else -1


class _Comments:
    """Walks the tree in the order of the text, and gives each comment to what it is about."""

    def __init__(self, text: str, root: Node) -> None:
        self._text = text
        self._marked = Marked(text, root)
        self._at = 0
        self._last: Leaf | None = None
        self._closed: list[Block] = []

    def attached(self) -> Marked:
        """Walk it all."""
        root = self._marked.root
        self._head(root)
        if isinstance(root, Block):
            self._block(root)
        else:
            self._at, self._last = root.end, root
        self._foot()
        return self._marked

    def _head(self, root: Node) -> None:
        """Leave at the top what an empty line sets apart there, and what only works there."""
        first = root.entries[0].key.start if isinstance(root, Block) else root.start
        *lines, rest = self._text[:first].split("\n")
        if rest.strip():
            raise UnmovableError
        lines = "\n".join(line.rstrip() for line in lines).lstrip("\n").split("\n") if any(lines) else []
        set_apart = [at for at, line in enumerate(lines) if not line.startswith("#") or line.startswith(_MODELINE)]
        cut = 1 + max(set_apart, default=-1) if isinstance(root, Block) else len(lines)
        self._marked.head = lines[:cut]
        if isinstance(root, Block):
            root.entries[0].above = lines[cut:]
        self._at = first

    def _block(self, block: Block) -> None:
        for entry in block.entries:
            if entry.key.start > self._at:
                entry.above += self._tails(self._lines(entry.key.start), block.column)
                self._closed = []
            self._at, self._last = entry.key.end, entry.key
            if isinstance(entry.value, Block):
                self._block(entry.value)
                self._closed.append(entry.value)
            else:
                entry.above += self._inside(entry.value)
                self._at, self._last, self._closed = entry.value.end, entry.value, []

    def _inside(self, value: Leaf) -> list[str]:
        """Give the comments between a key and its value; they go above the key."""
        found = [_AFTER.fullmatch(line) for line in self._text[self._at : value.start].split("\n")]
        if None in found:
            raise UnmovableError
        return [one[1].strip() for one in found if one is not None and one[1].strip()]

    def _lines(self, until: int) -> list[str]:
        """Give the lines from here to *until*; a comment on this one belongs to the last thing."""
        gap = self._text[self._at : until]
        first, *lines = ["", *gap.split("\n")] if self._text[self._at - 1] == "\n" else gap.split("\n")
        found = _AFTER.fullmatch(first)
        if found is None or self._last is None:
            raise UnmovableError
        self._last.after = found[1].rstrip()
        if lines and not _BEFORE_ENTRY.fullmatch(lines[-1]):
            raise UnmovableError
        return lines[:-1]

    def _tails(self, lines: list[str], column: int) -> list[str]:
        """Give the comments that come before the next thing, at *column*; deeper ones end what they end."""
        if any(line.strip() and not line.lstrip().startswith("#") for line in lines):
            raise UnmovableError
        left = 0
        for at, line in enumerate(lines):
            home = self._home(line, column) if line.strip() else None
            if line.strip() and home is None:
                break
            if home is not None:
                home.tail += [line.strip() for line in lines[left : at + 1]]
                left = at + 1
        return [line.strip() for line in lines[left:]]

    def _home(self, line: str, column: int) -> Block | None:
        """Find what has just ended and is as deep as a comment; an item that was commented out stays with its list."""
        indent = len(line) - len(line.lstrip())
        for block in self._closed:
            if column < indent and block.column <= indent:
                return block
            if not block.is_mapping and block.column == indent == column and line.lstrip(" #").startswith("- "):
                return block
        return self._closed[-1] if self._closed and column < indent else None

    def _foot(self) -> None:
        lines = self._lines(len(self._text)) if self._at < len(self._text) else []
        end = next((at for at, line in enumerate(lines) if line.startswith("...")), len(lines))
        self._marked.foot = [*self._tails(lines[:end], 0), *(line.rstrip() for line in lines[end:])]


def _span(event: Event) -> tuple[int, int]:
    if event.start_mark is None or event.end_mark is None:
        raise UnmovableError
    return event.start_mark.index, event.end_mark.index


def _column(text: str, at: int) -> int:
    return at - (text.rfind("\n", 0, at) + 1)
