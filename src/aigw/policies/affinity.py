"""Who issued the state a call carries: opaque parts and stored conversations are worth something only where they began.

Two kinds of state. What a provider keeps (`previous_response_id`, `conversation`, items by reference) exists at that
provider and nowhere else: a call that needs it is refused elsewhere. What the caller carries (see `opaque`) is
preferred where it came from, and stripped, with a note, on its way to any other target (see `crossing`).
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.policies.opaque import carries, mark, seal_beside, seal_of, seals
from aigw.policies.selection import Plan
from aigw.types.events import (
    Answer,
    AnswerChoice,
    Event,
    Native,
    OtherDelta,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
)
from aigw.types.json import EMPTY, JsonObject, as_array, as_object, as_text
from aigw.types.parts import Opaque
from aigw.types.relay import RelayRequest
from aigw.types.request import AnyRequest, Request

MOST: Final = 16_384
"""Ids kept. Whoever continues a response usually does so within minutes; a forgotten one is sent where routing says."""

_DELTAS: Final = (TextDelta, ToolCallDelta, ReasoningDelta, OtherDelta)
_LEVELS: Final = frozenset({"delta", "tool_call"})
"""Where in the `extra` of an event stands what the caller is to send back."""


class Issuers:
    """Which target issued what: ids of responses, conversations and items, and marks of encrypted thinking.

    In memory, the newest `MOST` of them. Thread-safe.
    """

    __slots__ = ("_counted", "_known", "_lock", "_most")

    def __init__(self, most: int = MOST) -> None:
        self._known: OrderedDict[str, str] = OrderedDict()
        self._counted: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self._most = most

    def remember(self, names: Iterable[str], target_id: str) -> None:
        """Note that the target issued what goes by *names*."""
        with self._lock:
            for name in names:
                self._known[name] = target_id
                self._known.move_to_end(name)
            while len(self._known) > self._most:
                self._known.popitem(last=False)

    def of(self, name: str) -> str | None:
        """Give the id of the target that issued what goes by *name*, if that is known."""
        return self._known.get(name)

    def count(self, name: str) -> None:
        """Note that the usage of the response *name* is on record."""
        with self._lock:
            self._counted[name] = None
            while len(self._counted) > self._most:
                self._counted.popitem(last=False)

    def has_counted(self, name: str) -> bool:
        """Whether the usage of the response *name* is on record already, so that a look at it costs nothing more."""
        return name in self._counted

    def after_fork(self) -> None:
        """Give up, in a forked child, a lock that a thread of the parent may have held."""
        self._lock = threading.Lock()


def issued(event: Event) -> tuple[str, ...]:
    """Name what *event* issues: ids of what its provider keeps, and marks of what only its provider can read."""
    if isinstance(event, _DELTAS):
        extra = event.extra
        beside = tuple(_beneath(extra)) if extra and not _LEVELS.isdisjoint(extra) else ()
        if isinstance(event, ReasoningDelta):
            return (*(mark(text) for text in (event.signature, event.encrypted) if text), *beside)
        return beside
    if isinstance(event, Native):
        return tuple(_names(as_object(event.event.get("response"))))
    if isinstance(event, Answer):
        said = (name for choice in event.choices for name in _said(choice))
        return (*_own_id(event.id), *_names(event.native or EMPTY), *said)
    return _own_id(event.id) if isinstance(event, Started) else ()


def booked(event: Event) -> str | None:
    """Name the response whose usage *event* tells, if it does."""
    if isinstance(event, Native):
        response = as_object(event.event.get("response"))
        return as_text(response.get("id")) if response.get("usage") else None
    return event.id if isinstance(event, Answer) and event.usage is not None else None


def elsewhere(request: AnyRequest, issuers: Issuers, target: Target) -> str | None:
    """Name the state *request* needs that another provider than *target*'s is known to keep, if there is any."""
    for name, kept in _kept(request):
        issuer = issuers.of(kept)
        if issuer is not None and issuer.partition("/")[0] != target.provider.name:
            return name
    return None


def home(request: AnyRequest, issuers: Issuers) -> str | None:
    """Give the id of the target that issued the latest state *request* carries, if that is known."""
    for _, kept in _kept(request):
        issuer = issuers.of(kept)
        if issuer is not None:
            return issuer
    if not isinstance(request, Request) or not carries(request):
        return None
    for message in reversed(request.messages):
        for seal in reversed(tuple(seals(message))):
            issuer = seal.issuer or issuers.of(seal.name)
            if issuer is not None:
                return issuer
    return None


def preferring(decided: Plan, target_id: str | None) -> Plan:
    """Give *decided* with the target *target_id* first, if it may take the call at all."""
    if target_id is None or all(target.id != target_id for target in decided.targets[1:]):
        return decided
    ordered = sorted(decided.targets, key=lambda target: target.id != target_id)
    return replace(decided, targets=tuple(ordered))


def _own_id(name: str | None) -> tuple[str, ...]:
    """Give *name* if it is the id of a response, which may be kept; those of other dialects mean nothing later."""
    return (name,) if name is not None and name.startswith("resp_") else ()


def _names(response: JsonObject) -> Iterator[str]:
    """Name what a response as its provider wrote it brings: ids of what is kept, and marks of encrypted thinking."""
    if not isinstance(response.get("output"), list):
        return
    ids = [response.get("id"), as_object(response.get("conversation")).get("id")]
    items = [as_object(item) for item in as_array(response["output"])]
    for name in (*ids, *(item.get("id") for item in items)):
        if isinstance(name, str) and name:
            yield name
    for item in items:
        encrypted = as_text(item.get("encrypted_content"))
        if encrypted:
            yield mark(encrypted)


def _said(choice: AnswerChoice) -> Iterator[str]:
    for part in choice.parts:
        seal = seal_of(part)
        if seal is not None:
            yield seal.name
    if choice.message_extra:
        yield from _beside(choice.message_extra)


def _beneath(extra: JsonObject) -> Iterator[str]:
    for level in _LEVELS & extra.keys():
        yield from _beside(as_object(extra[level]))


def _beside(level: JsonObject) -> Iterator[str]:
    """Name what stands beside a text or a call: a thought signature, and thinking in the form of OpenRouter."""
    seal = seal_beside(level)
    if seal is not None:
        yield seal.name
    for detail in map(as_object, as_array(level.get("reasoning_details"))):
        yield from (mark(text) for name in ("signature", "data") if (text := as_text(detail.get(name))))


def _kept(request: AnyRequest) -> Iterator[tuple[str, str]]:
    """Give what *request* needs that a provider keeps: the parameter, and the id; what it names itself comes first."""
    if isinstance(request, RelayRequest) and request.kept:
        yield "response_id", request.kept
    if not isinstance(request, Request):
        return
    other = request.other or EMPTY
    conversation = other.get("conversation")
    named = (
        ("previous_response_id", other.get("previous_response_id")),
        ("conversation", as_object(conversation).get("id") or conversation),
    )
    for name, kept in named:
        if isinstance(kept, str):
            yield name, kept
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, Opaque) and part.body.get("type") == "item_reference":
                yield "input.item_reference", as_text(part.body.get("id")) or ""
