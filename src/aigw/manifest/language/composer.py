"""Compose YAML events into plain data: the meaning of `yaml.safe_load`, with limits and without surprises."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias, cast

import yaml
from yaml.constructor import SafeConstructor
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamStartEvent,
)
from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

from aigw.manifest.language.values import is_moment
from aigw.types.json import as_array, as_object

Breathe: TypeAlias = Callable[[], None]
"""Called now and then while a document is read, so that a background thread can give way to others."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_ALIASES: Final = 64
_MAX_NODES: Final = 200_000
_EVENTS_A_BREATH: Final = 200
_LONGEST_NUMBER: Final = 1000
"""Reading one to the base of 60 (`1:30:00`) costs time by the square of its length."""

_TEXT: Final = "tag:yaml.org,2002:str"
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"
_MERGE: Final = "tag:yaml.org,2002:merge"
_VALUE: Final = "tag:yaml.org,2002:value"


class Flaw(Exception):  # noqa: N818 - a finding on its way to becoming the public error, never seen by callers
    """What is wrong with a document, and on which line (from 1). Never quotes a value."""

    def __init__(self, what: str, line: int | None = None) -> None:
        super().__init__(what, line)
        self.what = what
        self.line = line


def reject(what: str, line: int | None = None) -> NoReturn:
    """Raise the `Flaw`."""
    raise Flaw(what, line)


class _Scalars(SafeConstructor, Resolver):
    """Reads scalars as the safe loader does: its resolver says what type a plain one has, its constructor makes it."""

    def __init__(self) -> None:
        SafeConstructor.__init__(self)
        Resolver.__init__(self)

    def tag(self, event: ScalarEvent) -> str:
        """Say what type *event* is of. A moment with its zone is text: whoever wants a moment reads it from that."""
        # The stubs say nothing about `resolve`; it answers a tag.
        tag = cast("Callable[[type, str, tuple[bool, bool]], str]", getattr(self, "resolve"))(  # noqa: B009
            ScalarNode, event.value, event.implicit
        )
        return _TEXT if tag == _TIMESTAMP and is_moment(event.value) else tag

    def make(self, tag: str, event: ScalarEvent) -> object:
        """Make the value of *event*. Raises `ValueError` for one that its type cannot hold (the 45th of May)."""
        constructor = self.yaml_constructors.get(tag)
        if constructor is None or tag in (_MERGE, _VALUE):
            message = "a lone `<<` or `=`"
            raise ValueError(message)
        if len(event.value) > _LONGEST_NUMBER:
            message = "longer than any number, moment or truth value"
            raise ValueError(message)
        value: object = constructor(self, ScalarNode(tag, event.value))
        return value


@dataclass(frozen=True, slots=True)
class _Anchored:
    """A value with an anchor: how many nodes an alias to it adds, and how many levels it is high."""

    value: object
    nodes: int
    height: int


class Composer:
    """Composes one document. Raises `Flaw` for the first thing that is not acceptable."""

    def __init__(self, text: str, breathe: Breathe | None, max_depth: int) -> None:
        self._text = text
        self._breathe = breathe
        self._max_depth = max_depth
        self._scalars = _Scalars()
        # By identity: containers live as long as the document does, and aliases share them.
        self._lines: dict[int, dict[str | int, int]] = {}
        self._anchors: dict[str, _Anchored] = {}
        self._open_anchors: set[str] = set()
        self._aliases = 0
        self._nodes = 0

    def compose(self) -> object:
        """Read the document to its end and give its data."""
        events = self._events()
        try:
            return self._document(events)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            # The error's own text quotes the document, which may hold what should not be seen.
            what = " ".join(part for part in (error.context, error.problem) if part)
            reject(f"this is not valid YAML: {what}", mark.line + 1 if mark else None)
        except yaml.YAMLError:
            reject("this is not valid YAML")
        finally:
            events.close()

    def line_of(self, data: object, path: Sequence[str | int]) -> int:
        """Give the line of *path*, or of the nearest thing above it that the document has."""
        line = 1
        for step in path:
            lines = self._lines.get(id(data), {})
            if step not in lines:
                break
            line = lines[step]
            data = as_array(data)[step] if isinstance(step, int) else as_object(data)[step]
        return line

    def _events(self) -> Generator[Event, None, None]:
        for number, event in enumerate(yaml.parse(self._text, Loader=_LOADER)):
            if self._breathe is not None and number % _EVENTS_A_BREATH == _EVENTS_A_BREATH - 1:
                self._breathe()
            yield event

    def _document(self, events: Iterator[Event]) -> object:
        event = next(events)
        while isinstance(event, StreamStartEvent | DocumentStartEvent):
            event = next(events)
        if not isinstance(event, NodeEvent):
            reject("the document is empty")
        data, _ = self._node(events, event, 1)
        for event in events:
            if isinstance(event, DocumentStartEvent):
                _refuse(event, "a second document begins here; a manifest is one document")
        return data

    def _node(self, events: Iterator[Event], event: Event, depth: int) -> tuple[object, int]:
        """Give the value that begins with *event* and how many levels it is high (0 for a scalar)."""
        if isinstance(event, AliasEvent):
            return self._alias(event, depth)
        self._count(1, event)
        if not isinstance(event, ScalarEvent | CollectionStartEvent):
            _refuse(event, "something unexpected stands here")
        if event.tag is not None:
            _refuse(event, "tags (`!…`) are not allowed; write the plain value")
        before = self._nodes
        if isinstance(event, ScalarEvent):
            value, height = self._scalar(event, self._scalars.tag(event)), 0
        else:
            value, height = self._collection(events, event, depth)
        if event.anchor is not None:
            self._open_anchors.discard(event.anchor)
            self._anchors[event.anchor] = _Anchored(value, self._nodes - before + 1, height)
        return value, height

    def _collection(self, events: Iterator[Event], event: CollectionStartEvent, depth: int) -> tuple[object, int]:
        self._check_depth(depth, event)
        if event.anchor is not None:
            self._anchors.pop(event.anchor, None)
            self._open_anchors.add(event.anchor)
        return (self._mapping if isinstance(event, MappingStartEvent) else self._sequence)(events, depth)

    def _scalar(self, event: ScalarEvent, tag: str) -> object:
        if tag == _TEXT:
            if not event.value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in event.value):
                _refuse(event, "this text holds a lone surrogate, which UTF-8 cannot say")
            return event.value
        try:
            return self._scalars.make(tag, event)
        except (ValueError, OverflowError, yaml.YAMLError):
            _refuse(event, f"this is no valid {tag.rpartition(':')[2]}; put it in quotes if it is text")

    def _sequence(self, events: Iterator[Event], depth: int) -> tuple[list[object], int]:
        values: list[object] = []
        lines: dict[str | int, int] = {}
        height = 0
        while not isinstance(event := next(events), SequenceEndEvent):
            lines[len(values)] = _line(event)
            value, below = self._node(events, event, depth + 1)
            values.append(value)
            height = max(height, below)
        self._lines[id(values)] = lines
        return values, height + 1

    def _mapping(self, events: Iterator[Event], depth: int) -> tuple[dict[str, object], int]:
        values: dict[str, object] = {}
        lines: dict[str | int, int] = {}
        merged: list[Mapping[str, object]] = []
        merged_at: int | None = None
        height = 0
        while not isinstance(event := next(events), MappingEndEvent):
            key, is_merge = self._key(event)
            if key in values or (is_merge and merged_at is not None):
                _refuse(event, f"the key {_shortened(key)} stands twice in this mapping")
            value, below = self._node(events, next(events), depth + 1)
            height = max(height, below)
            if is_merge:
                merged, merged_at = _mappings(value, event), _line(event)
            else:
                values[key] = value
                lines[key] = _line(event)
        for source in merged:
            for key in source.keys() - values.keys():
                values[key] = source[key]
                lines[key] = merged_at or 1
        self._lines[id(values)] = lines
        return values, height + 1

    def _key(self, event: Event) -> tuple[str, bool]:
        """Give the key *event* says, and whether it merges another mapping into this one."""
        if isinstance(event, AliasEvent):
            value, _ = self._alias(event, 1)
        elif isinstance(event, ScalarEvent) and event.tag is None:
            self._count(1, event)
            tag = self._scalars.tag(event)
            if tag in (_MERGE, _VALUE):
                return event.value, tag == _MERGE
            value = self._scalar(event, tag)
            if event.anchor is not None:
                self._anchors[event.anchor] = _Anchored(value, 1, 0)
        else:
            _refuse(event, "a key must be a plain string")
        if not isinstance(value, str):
            _refuse(event, "a key must be a string; put it in quotes (YAML reads on, yes, null and 1 as other types)")
        return value, False

    def _alias(self, event: AliasEvent, depth: int) -> tuple[object, int]:
        self._aliases += 1
        if self._aliases > _MAX_ALIASES:
            _refuse(event, f"there are more than {_MAX_ALIASES} aliases")
        if event.anchor in self._open_anchors:
            _refuse(event, "this alias refers to what it is part of")
        anchored = self._anchors.get(event.anchor or "")
        if anchored is None:
            _refuse(event, "this alias refers to an anchor that is not defined above")
        self._count(anchored.nodes, event)
        self._check_depth(depth + anchored.height - 1, event)
        return anchored.value, anchored.height

    def _count(self, nodes: int, event: Event) -> None:
        self._nodes += nodes
        if self._nodes > _MAX_NODES:
            _refuse(event, "the document has too many values, counting what its aliases stand for")

    def _check_depth(self, depth: int, event: Event) -> None:
        if depth > self._max_depth:
            _refuse(event, f"the document is nested more than {self._max_depth} levels deep")


def _mappings(value: object, event: Event) -> list[Mapping[str, object]]:
    """Give what `<<` merges: one mapping or a list of them, of which the first to say something wins."""
    sources: list[object] = value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType] - checked below
    found: list[Mapping[str, object]] = []
    for source in sources:
        if not isinstance(source, dict):
            _refuse(event, "`<<` takes a mapping or a list of mappings")
        found.append(source)  # pyright: ignore[reportUnknownArgumentType] - mappings made here have string keys
    return found


def _line(event: Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _refuse(event: Event, what: str) -> NoReturn:
    reject(what, _line(event))


def _shortened(key: str) -> str:
    return repr(key if len(key) <= 40 else f"{key[:40]}…")  # noqa: PLR2004 - enough to find it
