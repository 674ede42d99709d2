"""Who issued the state a call carries: opaque parts and stored conversations are worth something only where they began.

Two kinds of state. What a provider keeps (`previous_response_id`, `conversation`, items by reference) exists at that
provider and nowhere else: a call that needs it is refused elsewhere. What the caller carries (encrypted or signed
thinking) is preferred where it came from, and left out, with a note, by an adapter that writes for another target.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.policies.selection import Plan
from aigw.types.events import Answer, Event, Native
from aigw.types.json import EMPTY, JsonObject, as_array, as_object, as_text
from aigw.types.parts import Opaque, Part, Reasoning
from aigw.types.request import AnyRequest, Message, Request

MOST: Final = 16_384
"""Ids kept. Whoever continues a response usually does so within minutes; a forgotten one is sent where routing says."""


class Issuers:
    """Which target issued what: ids of responses, conversations and items, and marks of encrypted thinking.

    In memory, the newest `MOST` of them. Thread-safe.
    """

    __slots__ = ("_known", "_lock", "_most")

    def __init__(self, most: int = MOST) -> None:
        self._known: OrderedDict[str, str] = OrderedDict()
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

    def after_fork(self) -> None:
        """Give up, in a forked child, a lock that a thread of the parent may have held."""
        self._lock = threading.Lock()


def issued(event: Event) -> tuple[str, ...]:
    """Name what *event* issues: the ids of a response as its provider wrote it, and marks of its encrypted thinking."""
    if isinstance(event, Native):
        response = as_object(event.event.get("response"))
    elif isinstance(event, Answer) and event.native is not None:
        response = event.native
    else:
        return ()
    return tuple(_names(response)) if isinstance(response.get("output"), list) else ()


def recalled(request: AnyRequest, issuers: Issuers) -> AnyRequest:
    """Give *request* with the issuer of each piece of encrypted thinking whose caller could not say it."""
    if not isinstance(request, Request) or not any(map(_is_unsigned, _parts(request))):
        return request
    messages = tuple(_recalled(message, issuers) for message in request.messages)
    return request if messages == request.messages else request.edit(messages=messages)


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
    if not isinstance(request, Request):
        return None
    thoughts = [part for part in _parts(request) if isinstance(part, Reasoning) and part.issuer is not None]
    return next((part.issuer for part in reversed(thoughts) if part.signature or part.encrypted), None)


def preferring(decided: Plan, target_id: str | None) -> Plan:
    """Give *decided* with the target *target_id* first, if it may take the call at all."""
    if target_id is None or all(target.id != target_id for target in decided.targets[1:]):
        return decided
    ordered = sorted(decided.targets, key=lambda target: target.id != target_id)
    return replace(decided, targets=tuple(ordered))


def _mark(encrypted: str) -> str:
    return f"encrypted:{blake2b(encrypted.encode('utf-8', 'replace'), digest_size=16).hexdigest()}"


def _names(response: JsonObject) -> Iterator[str]:
    ids = [response.get("id"), as_object(response.get("conversation")).get("id")]
    items = [as_object(item) for item in as_array(response["output"])]
    for name in (*ids, *(item.get("id") for item in items)):
        if isinstance(name, str) and name:
            yield name
    for item in items:
        encrypted = as_text(item.get("encrypted_content"))
        if encrypted:
            yield _mark(encrypted)


def _parts(request: Request) -> Iterator[Part]:
    return (part for message in request.messages for part in message.parts)


def _is_unsigned(part: Part) -> bool:
    return isinstance(part, Reasoning) and part.encrypted is not None and part.issuer is None


def _recalled(message: Message, issuers: Issuers) -> Message:
    """Fill in issuers; the caller's own form of *message* still speaks for it."""
    if not any(map(_is_unsigned, message.parts)):
        return message
    return replace(message, parts=tuple(_with_issuer(part, issuers) for part in message.parts))


def _with_issuer(part: Part, issuers: Issuers) -> Part:
    if not isinstance(part, Reasoning) or part.encrypted is None or part.issuer is not None:
        return part
    return replace(part, issuer=issuers.of(_mark(part.encrypted)))


def _kept(request: AnyRequest) -> Iterator[tuple[str, str]]:
    """Give what *request* needs that a provider keeps: the parameter, and the id; what it names itself comes first."""
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
    for part in _parts(request):
        if isinstance(part, Opaque) and part.body.get("type") == "item_reference":
            yield "input.item_reference", as_text(part.body.get("id")) or ""
