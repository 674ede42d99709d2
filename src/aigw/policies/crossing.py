"""Crossing: what a call may carry to a target of what others have issued. One rule, whatever the dialects.

Opaque is what only its issuer can read (see `opaque`). It stays where it goes back to its issuer, and is stripped, with
a note, on the way to any other target. Where nobody knows who issued it, it stays if the target speaks the dialect the
caller spoke, or is the only one there is. The text of thinking is not opaque: an adapter whose dialect takes it writes
it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, cast

from aigw.manifest.snapshot import Target
from aigw.policies.opaque import BESIDE, Seal, carries, google_of, seal_beside, seal_of
from aigw.types.json import JsonObject, as_array, as_object, as_text, without
from aigw.types.parts import Opaque, Part, Reasoning, Text, ToolCall
from aigw.types.request import AnyRequest, Message, Request

_GOOGLES: Final = frozenset({"gemini", "gemini-count-tokens"})
"""Dialects at home with a thought signature, whichever surface it came back through."""

_HOSTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bedrock-anthropic": "anthropic-messages",
        "bedrock-anthropic-count-tokens": "anthropic-count-tokens",
        "vertex-anthropic": "anthropic-messages",
        "vertex-anthropic-count-tokens": "anthropic-count-tokens",
    }
)
"""Dialects that are another one at another address, and which."""

_SIGNING: Final = frozenset({"anthropic-messages", "bedrock-converse"})
"""Dialects whose tool loops fail without the signature of the thinking that led to them."""

_ONLY_SIGNED: Final = frozenset({"thinking", "redacted_thinking"})
"""Types of block that are refused without their signature."""

_VISIBLE: Final = ("text", "summary", "content")
_OF_SIGNATURES: Final = frozenset({"thought_signature", "issuer"})
_GONE: Final = object()


def crossed(
    request: AnyRequest,
    target: Target,
    dialect: str,
    issuer_of: Callable[[str], str | None],
    *,
    alone: bool = False,
) -> tuple[AnyRequest, tuple[str, ...]]:
    """Give *request* as it may go to *target*, written in *dialect*, and a note for each thing it had to leave behind.

    *issuer_of* looks up who issued what the caller sent back without saying so. Where the route leads nowhere else
    (*alone*), what nobody knows the issuer of is taken for the target's own, if its dialect signs thinking.
    """
    if not isinstance(request, Request) or not carries(request):
        return request, ()
    dialect = _HOSTED.get(dialect, dialect)
    same = request.dialect == dialect
    crossing = _Crossing(target, dialect, same, same or (alone and dialect in _SIGNING), issuer_of)
    messages = tuple(crossing.message(message, f"messages[{place}]") for place, message in enumerate(request.messages))
    notes = tuple(dict.fromkeys(crossing.notes))
    if crossing.rewritten:
        return request.edit(messages=messages), notes
    return replace(request, messages=messages), notes


@dataclass(slots=True)
class _Crossing:
    """One request on its way to one target. `lost` has what was stripped of the message at hand."""

    target: Target
    dialect: str
    same: bool
    trusting: bool
    issuer_of: Callable[[str], str | None]
    notes: list[str] = field(default_factory=list[str])
    lost: set[str] = field(default_factory=set[str])
    rewritten: bool = False

    def message(self, message: Message, place: str) -> Message:
        """Give *message* without what is foreign; what the caller wrote stays as it is but for that."""
        self.lost.clear()
        kept = [self._part(part, place) for part in message.parts]
        extra = self._beside(message.extra, place) if BESIDE in message.extra else message.extra
        if extra is message.extra and all(new is old for new, old in zip(kept, message.parts, strict=True)):
            return message
        changed = replace(message, parts=tuple(part for part in kept if part is not None), extra=extra)
        if not self.lost or message.verbatim is None or not _holds(message.verbatim, self.lost):
            return changed
        self.rewritten = True
        return replace(changed, verbatim=self._verbatim(message.verbatim, changed, place))

    def _part(self, part: Part, place: str) -> Part | None:
        match part:
            case Reasoning():
                return self._reasoning(part, place)
            case Opaque(body=body) if (seal := seal_of(part)) is not None and self._is_foreign(seal):
                kind = as_text(body.get("type")) or "block"
                self._strip(f"encrypted {kind}", place, seal, as_text(body.get("encrypted_content")))
                return None
            case Text() | ToolCall() if part.extra and BESIDE in part.extra:
                extra = self._beside(part.extra, place)
                return part if extra is part.extra else replace(part, extra=extra)
            case _:
                return part

    def _reasoning(self, part: Reasoning, place: str) -> Part | None:
        seal = seal_of(part) or Seal("", part.issuer)
        issuer = self._issuer(seal)
        is_opaque = part.signature is not None or part.encrypted is not None
        if self._is_home(issuer, stored=not is_opaque) or (issuer is None and (self.trusting or not is_opaque)):
            return part if issuer == part.issuer else replace(part, issuer=issuer)
        if not is_opaque and seal.name:
            self._strip("id of the reasoning", place, seal, seal.name)
        if part.signature is not None:
            self._strip("signature of the reasoning", place, seal, part.signature)
        if part.encrypted is not None:
            self._strip("encrypted reasoning", place, seal, part.encrypted)
        return Reasoning(part.text) if part.text else None

    def _beside(self, extra: JsonObject, place: str) -> JsonObject:
        """Give *extra* without a foreign thought signature, and never with our own word for whose it is."""
        seal, google = seal_beside(extra), google_of(extra)
        left_out: set[str] = {"issuer"}
        if seal is not None and self._is_foreign(seal, at_home=self.same or self.dialect in _GOOGLES):
            self._strip("thought signature", place, seal, as_text(google.get("thought_signature")))
            left_out |= _OF_SIGNATURES
        if left_out.isdisjoint(google):
            return extra
        rest = without(google, frozenset(left_out))
        beside = {**as_object(extra[BESIDE]), "google": rest}
        if not rest:
            del beside["google"]
        return {**extra, BESIDE: beside} if beside else without(extra, frozenset({BESIDE}))

    def _issuer(self, seal: Seal) -> str | None:
        return seal.issuer or self.issuer_of(seal.name)

    def _is_home(self, issuer: str | None, *, stored: bool = False) -> bool:
        """Whether the target is the issuer; what is *stored* there is as good for the provider's other models."""
        if stored and issuer is not None:
            return issuer.partition("/")[0] == self.target.provider.name
        return issuer == self.target.id

    def _is_foreign(self, seal: Seal, *, at_home: bool = True) -> bool:
        issuer = self._issuer(seal)
        return not at_home if issuer is None else not self._is_home(issuer)

    def _strip(self, what: str, place: str, seal: Seal, text: str | None) -> None:
        issuer = self._issuer(seal)
        whose = "nobody knows who issued it" if issuer is None else f"issued by {issuer}"
        self.notes.append(f"stripped: {what} of {place} ({whose})")
        if text:
            self.lost.add(text)

    def _verbatim(self, verbatim: JsonObject, changed: Message, place: str) -> JsonObject | None:
        """Give the caller's own form without what was lost, or None where the canonical form must speak for it."""
        if "input" in verbatim and any(isinstance(part, Reasoning) and part.text for part in changed.parts):
            return None  # a reasoning item cannot do without what was lost; its text has another form
        cleared = as_object(_without(verbatim, self.lost))
        if cleared.get("content") == []:
            return None
        blocks = (as_object(block) for block in as_array(verbatim.get("content")))
        if any(block.get("type") == "thinking" and block.get("signature") in self.lost for block in blocks):
            self.notes.append(f"stripped: reasoning of {place} (it has no signature, so it cannot be sent back)")
        return cleared


def _holds(value: object, lost: set[str]) -> bool:
    """Whether *value* has one of the *lost* texts anywhere."""
    if isinstance(value, str):
        return value in lost
    return any(_holds(inner, lost) for inner in (*as_object(value).values(), *as_array(value)))


def _without(value: object, lost: set[str]) -> object:
    """Give *value* without the *lost* texts, and without what means nothing once they are gone (`_GONE`)."""
    if isinstance(value, Mapping):
        return _object_without(as_object(cast("object", value)), lost)
    if isinstance(value, list | tuple):
        kept = [_without(item, lost) for item in cast("Sequence[object]", value)]
        return [item for item in kept if item is not _GONE]
    return value


def _object_without(body: JsonObject, lost: set[str]) -> object:
    kept = {name: value for name, value in body.items() if not (isinstance(value, str) and value in lost)}
    if len(kept) < len(body):
        shows = body.get("type") not in _ONLY_SIGNED and any(kept.get(name) for name in _VISIBLE)
        return kept if shows else _GONE
    kept = {name: _without(value, lost) for name, value in body.items()}
    kept = {name: value for name, value in kept.items() if value is not _GONE}
    return kept if kept or not body else _GONE
