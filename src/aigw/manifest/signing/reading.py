"""Read the JSON of envelopes and signed statements strictly: nothing is guessed, and every refusal says where.

One object, UTF-8, no key twice, no NaN, at most 32 levels, whole numbers below 2^53, base64 in its one canonical form,
times as RFC 3339 with a zone. Whatever the bytes are, the only error is `ManifestUntrustedError`.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NoReturn, TypeGuard, cast

from aigw.errors import ManifestUntrustedError
from aigw.types.json import JsonObject
from aigw.types.nack import Nack

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_WHOLE", "Part", "read_object", "shown"]

MAX_BYTES: Final = 1024 * 1024
"""The largest document that is read, in bytes."""

MAX_DEPTH: Final = 32
"""How many objects and lists may stand inside one another."""

MAX_WHOLE: Final = 2**53 - 1
"""The largest whole number: what every JSON reader can hold exactly (RFC 7493, 2.2)."""

_DIGITS: Final = len(str(MAX_WHOLE))
_LONGEST_SHOWN: Final = 60
_LONGEST_STEP: Final = 16
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


class _Flaw(Exception):  # noqa: N818 - a finding on its way to becoming the public error, never seen by callers
    """What is wrong with a JSON text."""


@dataclass(frozen=True, slots=True)
class Part:
    """An object of a document: its fields, what it is called in messages, and the code its refusals carry."""

    fields: JsonObject
    what: str
    nack: Nack

    def refuse(self, problem: str, advice: str = "publish the document anew with `aigw manifest`") -> NoReturn:
        """Raise `ManifestUntrustedError`: *problem* is wrong with this part, and *advice* is what to do."""
        message = f"{self.what}: {problem}; {advice}."
        raise ManifestUntrustedError(message, nack=self.nack)

    def only(self, *known: str) -> None:
        """Refuse fields that are not *known*: in a closed object, one that is ignored might be a restriction."""
        for name in self.fields:
            if name not in known:
                self.refuse(f"the field {shown(name)} is unknown", "a newer aigw may know it: upgrade this process")

    def text(self, name: str) -> str:
        """Give the text *name*."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else self._refuse_kind(name, "a text")

    def whole(self, name: str, least: int = 0) -> int:
        """Give the whole number *name*, which is *least* or more."""
        value = self.fields.get(name)
        if type(value) is not int or value < least:
            self._refuse_kind(name, f"a whole number of at least {least}")
        return value

    def data(self, name: str) -> bytes:
        """Give the bytes that *name* holds in base64 (RFC 4648, 4), padded and canonical."""
        written = self.text(name)
        try:
            found = base64.b64decode(written, validate=True)
        except (binascii.Error, ValueError):
            found = b""
        # Bits beyond the last byte must be zero, or one document would have many spellings (RFC 4648, 3.5).
        if base64.b64encode(found).decode("ascii") != written:
            self._refuse_kind(name, "base64 with its padding")
        return found

    def time(self, name: str) -> float:
        """Give the time *name* in seconds since the epoch; it is RFC 3339, with a zone."""
        written = self.text(name)
        try:
            # In UTC, the years 1 and 9999 have an end: what is beyond could not be written in a message.
            found = datetime.fromisoformat(written).astimezone(UTC) if _TIME.fullmatch(written) else None
        except (ValueError, OverflowError):
            found = None
        if found is None:
            self._refuse_kind(name, "a time with a zone, such as 2026-11-20T10:00:00Z")
        return found.timestamp()

    def part(self, name: str) -> "Part":
        """Give the object *name*."""
        value = self.fields.get(name)
        return self.inside(value if _is_object(value) else self._refuse_kind(name, "an object"), name)

    def parts(self, name: str, most: int) -> tuple["Part", ...]:
        """Give the objects of the list *name*, *most* at most; none where there is no such field."""
        items = self._items(name, most)
        found = [item for item in items if _is_object(item)]
        if len(found) < len(items):
            self._refuse_kind(name, "a list of objects")
        return tuple(self.inside(item, f"{name}[{index}]") for index, item in enumerate(found))

    def texts(self, name: str, most: int) -> tuple[str, ...]:
        """Give the texts of the list *name*, *most* at most."""
        items = self._items(name, most)
        found = tuple(item for item in items if isinstance(item, str))
        return found if len(found) == len(items) else self._refuse_kind(name, "a list of texts")

    def inside(self, fields: JsonObject, name: str) -> "Part":
        """Give *fields*, which stand at *name* in this part, as a part of their own."""
        return Part(fields, f"{self.what}, {_step(name)}", self.nack)

    def _items(self, name: str, most: int) -> list[object]:
        value = self.fields.get(name, [])
        if not isinstance(value, list):
            self._refuse_kind(name, "a list")
        if len(items := cast("list[object]", value)) > most:
            self.refuse(f"`{name}` has {len(items)} items, and {most} is the most", "leave out those of no use now")
        return items

    def _refuse_kind(self, name: str, kind: str) -> NoReturn:
        self.refuse(f"`{_step(name)}` is {f'not {kind}' if name in self.fields else 'missing'}")


def read_object(content: bytes, what: str, nack: Nack) -> Part:
    """Read *content*, called *what* in messages. Raises `ManifestUntrustedError` with *nack* for all but one object."""
    whole = Part({}, what, nack)
    try:
        if len(content) > MAX_BYTES:
            raise _Flaw(_too_large())  # noqa: TRY301 - all refusals leave by one door
        data: object = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_distinct,
            parse_constant=_refuse_constant,
            parse_int=_whole,
            parse_float=_refuse_float,
        )
        _check_depth(data)
    except _Flaw as flaw:
        whole.refuse(str(flaw))
    except RecursionError:
        whole.refuse(_too_deep())
    except ValueError as error:
        whole.refuse(f"it is not JSON in UTF-8 ({type(error).__name__})", "check what the source delivers")
    return Part(data, what, nack) if _is_object(data) else whole.refuse("it is not a JSON object")


def shown(text: str) -> str:
    """Quote *text*, which a stranger may have written, shortly and without control characters."""
    return ascii(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "...")


def _step(name: str) -> str:
    """Show *name*, a field's or the id of a key, as a step of a path."""
    return ascii(name[:_LONGEST_STEP])[1:-1]


def _is_object(value: object) -> TypeGuard[JsonObject]:
    return isinstance(value, Mapping)


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            problem = f"the key {shown(key)} stands twice in one object"
            raise _Flaw(problem)
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    problem = f"{name} is no number JSON knows"
    raise _Flaw(problem)


def _refuse_float(_digits: str) -> NoReturn:
    problem = "a number has a fraction or an exponent, and all of these are whole"
    raise _Flaw(problem)


def _whole(digits: str) -> int:
    # Reading very long digit strings costs quadratic time, and Python refuses the longest with another error.
    if len(digits) > _DIGITS + 1 or abs(int(digits)) > MAX_WHOLE:
        problem = f"a number is beyond {MAX_WHOLE}"
        raise _Flaw(problem)
    return int(digits)


def _too_large() -> str:
    return f"it is larger than {MAX_BYTES // 1024} KiB"


def _too_deep() -> str:
    return f"it is nested more than {MAX_DEPTH} levels deep"


def _check_depth(data: object) -> None:
    layer: list[object] = [data]
    for _ in range(MAX_DEPTH):
        layer = [child for node in layer for child in _children(node) if isinstance(child, dict | list)]
    if layer:
        raise _Flaw(_too_deep())


def _children(node: object) -> list[object]:
    if isinstance(node, dict):
        return list(cast("dict[str, object]", node).values())
    return cast("list[object]", node) if isinstance(node, list) else []
