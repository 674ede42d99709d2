"""What has come of a streamed answer in OpenAI's Responses dialect: its items, and what was handed on of each.

Events name the item they belong to by its id and by its place among all. Some servers change the ids on the way, others
count no places or leave both out: whichever of the two helps is used.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field

from aigw.providers.responses.answer import CALLS
from aigw.types.json import EMPTY, JsonObject, as_text


@dataclass(slots=True)
class Item:
    """An item under way. `told` is what was handed on of each of its texts, or has come of its input (`input`).

    `starts` has where each text begins in the whole of the answer's, `cited` how many of its annotations were told.
    """

    kind: str
    slot: int | None
    id: str | None
    call: int = 0
    body: JsonObject = EMPTY
    named: bool = False
    done: bool = False
    sealed: bool = False
    settled: bool = False
    told: dict[Hashable, list[str]] = field(default_factory=dict[Hashable, list[str]])
    starts: dict[int, int] = field(default_factory=dict[int, int])
    cited: dict[int, int] = field(default_factory=dict[int, int])

    def rest(self, key: Hashable, whole: str) -> str | None:
        """Give what of *whole* was not told yet, or None if there is nothing more to tell."""
        if key not in self.told:
            return whole
        so_far = "".join(self.told[key])
        return (whole[len(so_far) :] or None) if whole.startswith(so_far) else None


class Items:
    """The items of one answer, in the order they came."""

    __slots__ = ("_items", "calls")

    def __init__(self) -> None:
        self._items: list[Item] = []
        self.calls = 0
        """How many calls of the caller's tools were named."""

    @property
    def open(self) -> list[Item]:
        """Those that were begun and never said to be done."""
        return [item for item in self._items if not item.done]

    @property
    def bodies(self) -> list[JsonObject]:
        """What is known of each."""
        return [item.body for item in self._items]

    def begin(self, kind: str, slot: int | None, said: str | None, body: JsonObject = EMPTY) -> Item:
        """Begin an item."""
        item = Item(kind, slot, said, body=body)
        self._items.append(item)
        return item

    def name(self, item: Item) -> None:
        """Count *item*, a call, densely from 0 in the order in which calls are told, whatever the provider's places."""
        item.named = True
        item.call = self.calls
        self.calls += 1

    def going_on(self, kind: str, slot: int | None, said: str | None) -> Item:
        """Find the item of *kind* that an event goes on with, or begin one."""
        for item in reversed(self._items):
            if item.kind == kind and (item.id == said if said else item.slot == slot):
                return item
        for item in reversed(self._items):
            if item.kind == kind and item.slot == slot and not item.done:
                return item
        return self.begin(kind, slot, said)

    def finished(self, body: JsonObject, slot: int | None) -> Item:
        """Find the item that *body* is the whole of, or begin one."""
        kind, said = as_text(body.get("type")) or "", as_text(body.get("id"))
        found = self._known(body, kind, said)
        if found is None:
            open_items = (item for item in self.open if item.kind == kind and item.slot == slot)
            found = next(open_items, None) or self.begin(kind, slot, said)
        return found

    def settled(self, body: JsonObject, slot: int) -> Item:
        """Find the item that *body*, at *slot* of the whole answer, is; each is found once. Begins one if none is."""
        kind, said = as_text(body.get("type")) or "", as_text(body.get("id"))
        left = [item for item in self._items if item.kind == kind and not item.settled]
        found = self._known(body, kind, said)
        if found is None or found.settled:
            found = next((item for item in left if item.slot == slot), None)
        if found is None:
            found = next((item for item in left if not (said and item.id)), None) or self.begin(kind, slot, said)
        found.settled = True
        return found

    def _known(self, body: JsonObject, kind: str, said: str | None) -> Item | None:
        call = as_text(body.get("call_id")) if kind in CALLS else None
        for item in self._items:
            same_call = call and item.body.get("call_id") == call
            if item.kind == kind and (same_call or (said and item.id == said)):
                return item
        return None
