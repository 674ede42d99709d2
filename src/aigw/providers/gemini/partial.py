"""Put together a call whose arguments come piece by piece.

Source: https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc (`partialArgs`,
`willContinue`): each piece names its place by a JSON path (RFC 9535, child segments only).
"""

import re
from itertools import pairwise
from typing import Final, cast

from aigw.providers.reading import arguments_text
from aigw.types.json import JsonObject, as_array, as_object, as_text

_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d{1,9})\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
_VALUES: Final = ("stringValue", "numberValue", "boolValue")


class PartialCall:
    """Arguments under way of the tool call with the dense number `index`."""

    __slots__ = ("_arguments", "index")

    def __init__(self, index: int) -> None:
        self.index = index
        self._arguments: dict[str, object] = {}

    @property
    def arguments(self) -> str:
        """What has come so far, as JSON text."""
        return arguments_text(self._arguments)

    def add(self, call: JsonObject) -> None:
        """Take the pieces of one more part of the call; a text grows, anything else is set."""
        for name, value in as_object(call.get("args")).items():
            self._arguments[name] = value
        for item in as_array(call.get("partialArgs")):
            piece = as_object(item)
            steps = _steps(as_text(piece.get("jsonPath")) or "")
            if steps and isinstance(steps[0], str):
                _put(self._arguments, steps, next((piece[name] for name in _VALUES if name in piece), None))


def _steps(path: str) -> list[str | int]:
    return [
        int(found[2]) if found[2] is not None else next(name for name in found.group(1, 3, 4) if name is not None)
        for found in _STEP.finditer(path)
    ]


def _put(place: object, steps: list[str | int], value: object) -> None:
    """Go down *steps*, making objects and lists where there are none; an index beyond a list's end is its end."""
    for step, following in pairwise(steps):
        empty: object = {} if isinstance(following, str) else []
        place = _child(place, step, empty)
    last = steps[-1]
    before = _child(place, last, None)
    grown = before + value if isinstance(before, str) and isinstance(value, str) else value
    if isinstance(place, dict):
        place[str(last)] = grown
    elif isinstance(place, list) and place:
        items = cast("list[object]", place)
        items[min(last, len(items) - 1) if isinstance(last, int) else -1] = grown


def _child(place: object, step: str | int, empty: object) -> object:
    if isinstance(place, dict):
        return cast("dict[str, object]", place).setdefault(str(step), empty)
    if not isinstance(place, list) or isinstance(step, str):
        return None
    items = cast("list[object]", place)
    if step >= len(items):
        items.append(empty)
        return empty
    return items[step]
