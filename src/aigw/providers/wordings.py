"""Remember what parameters become at a target: services send the same tools, limits and formats call after call."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from pydantic_core import from_json, to_json

from aigw.manifest.snapshot import Provider, Target
from aigw.types.json import EMPTY, JsonObject
from aigw.types.request import Params, Request

Asker: TypeAlias = Callable[[Params, JsonObject, Target], Iterable[str]]
"""Names those of the caller's canonical and other parameters that a target cannot express."""

Writer: TypeAlias = Callable[[Params, JsonObject, Target, frozenset[str], list[str]], JsonObject]
"""Gives the fields that say the caller's parameters and the target's own, but for those left out, and adds notes."""

_Key: TypeAlias = tuple[int, str, str, bytes]
"""Provider and model, what to do about what it cannot express, and parameters as JSON."""

_MOST: Final = 64
_LONGEST: Final = 32 * 1024
"""The longest parameters that are remembered, in bytes of JSON."""

_PERSONAL: Final = frozenset({"user", "metadata", "seed", "prediction"})
"""Parameters that change from call to call: remembering them would help nobody."""


@dataclass(slots=True)
class _Wording:
    """What `params` become: what cannot be expressed, and `fields`, which are None until they are wanted.

    The provider is kept, so that no other can take its id.
    """

    provider: Provider
    params: Params
    beyond: tuple[str, ...]
    fields: JsonObject | None = None
    notes: tuple[str, ...] = ()


class Wordings:
    """The parameters of a dialect, asked about and written once for the same ones at the same provider and model.

    They are the same if their JSON is, so a caller may change what it gave at any time. The fields that are given are
    shared: nobody may change them. Parameters without a canonical name, and those of a manifest, are not remembered.
    Calls by a direct name have a target each, so what asks and writes may look at nothing else of it.
    """

    __slots__ = ("_ask", "_known", "_write")

    def __init__(self, ask: Asker, write: Writer) -> None:
        self._ask = ask
        self._write = write
        self._known: dict[_Key, _Wording] = {}

    def beyond(self, request: Request, target: Target) -> Iterable[str]:
        """Name the parameters of *request* that *target* cannot express."""
        found = self._found(request, target)
        return self._ask(request.params, request.other, target) if found is None else found.beyond

    def written(self, request: Request, target: Target, left_out: frozenset[str], notes: list[str]) -> JsonObject:
        """Give the fields that say the parameters of *request*, but for those *left_out*, and add *notes* on them."""
        found = self._found(request, target)
        if found is None or found.beyond:
            return self._write(request.params, request.other, target, left_out, notes)
        if found.fields is None:
            changes: list[str] = []
            fields = self._write(found.params, EMPTY, target, frozenset(), changes)
            found.notes, found.fields = tuple(changes), fields
        notes += found.notes
        return found.fields

    def _found(self, request: Request, target: Target) -> _Wording | None:
        known = request.judgements.get((self, id(target)))
        if known is None:
            # The target is kept, so that no other can take its id.
            known = request.judgements[self, id(target)] = (target, self._looked_up(request, target))
        return cast("_Wording | None", known[1])

    def _looked_up(self, request: Request, target: Target) -> _Wording | None:
        if target.params or request.other or not _PERSONAL.isdisjoint(request.params):
            return None
        try:
            said = to_json(request.params)
        except (ValueError, TypeError, RecursionError):
            return None
        key = (id(target.provider), target.model, target.unsupported, said)
        known = self._known.get(key)
        return self._new(key, target) if known is None and len(said) <= _LONGEST else known

    def _new(self, key: _Key, target: Target) -> _Wording | None:
        try:
            params = cast("Params", from_json(key[-1], cache_strings="keys"))
        except ValueError:  # for what is nested too deeply to be read, and not too deeply to be written
            return None
        if len(self._known) >= _MOST:
            self._known.clear()
        known = _Wording(target.provider, params, tuple(self._ask(params, EMPTY, target)))
        self._known[key] = known
        return known
