"""Collect everything that is wrong with a manifest, each finding with its place and what to do about it."""

import difflib
from collections.abc import Callable, Container, Iterable
from typing import Final, TypeAlias, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from aigw.errors import ManifestInvalidError
from aigw.manifest.language.document import Path
from aigw.manifest.language.model import SCHEMA, Part
from aigw.manifest.language.parts import part_at
from aigw.manifest.language.values import FORMS
from aigw.types.keys import looks_like_a_key
from aigw.types.nack import Nack

PartAt: TypeAlias = Callable[[Path], type[Part] | None]

_MANY: Final = 8
_MOST: Final = 100
"""How many findings end the search: a document with more of them is not looked through to its end."""

_MOST_COMPARED: Final = 1000
"""Among how many names a similar one is looked for."""

_LONGEST_SHOWN: Final = 60

_HINTS: Final = {
    ("schema",): f"write `schema: {SCHEMA}`",
    ("serial",): "write `serial: 1`, and raise it with every change",
}

_WORDS: Final = {
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "tuple_type": "must be a list",
    "string_type": "must be a string; put it in quotes",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
}


class Problems:
    """The findings about one document. `find` gives the line of a path, `part_at` the part of the model there."""

    def __init__(self, source: str, find: Callable[[Path], int | None], part_at: PartAt = part_at) -> None:
        self._source = source
        self._find = find
        self._part_at = part_at
        self._found: dict[tuple[int, str, str], None] = {}
        self._base: Path = ()

    def under(self, path: Path) -> "Problems":
        """Give the same findings for a part of the document: paths begin at *path* there."""
        part = Problems(self._source, self._find, self._part_at)
        part._found, part._base = self._found, (*self._base, *path)
        return part

    def where(self, path: Path) -> str:
        """Write *path* as people read it, from the top of the document."""
        return written((*self._base, *path))

    def add(self, path: Path, what: str) -> None:
        """Note that *what* is wrong at *path*. Raises `ManifestInvalidError` where that is enough for one document."""
        line = self._find((*self._base, *path))
        place = f"{self._source}:{line}" if line else self._source
        where = self.where(path)
        text = f"{place}: {where}: {what}" if where else f"{place}: {what}"
        self._found[line or 0, where, text] = None
        if len(self._found) >= _MOST:
            self.raise_if_any()

    def add_all(self, error: ValidationError, *, beside: Container[Path] = ()) -> None:
        """Note each finding of *error*, in our words and without the values that pydantic was given.

        What lies in one of the entries *beside* (`("routes", 3)`) is passed over.
        """
        found = error.errors(include_url=False)
        for details in found:
            # A list that is short only because what stands in it is wrong is reported once, for what is wrong.
            inside = len(details["loc"])
            if details["loc"][:2] in beside or (
                details["type"] == "too_short"
                and any(other["loc"][:inside] == details["loc"] for other in found if len(other["loc"]) > inside)
            ):
                continue
            path = details["loc"]
            part = self._part_at((*self._base, *path[:-1]))
            self.add(path, _in_our_words(details, part))

    def raise_if_any(self, nack: Nack = Nack.INVALID) -> None:
        """Raise one `ManifestInvalidError` with all findings, in the order of the document."""
        if not self._found:
            return
        found = sorted(self._found, key=lambda item: item[0])
        line, where, text = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        error = ManifestInvalidError(
            text + more,
            source=self._source,
            line=line or None,
            path=where,
            problems=tuple(text for _, _, text in found),
        )
        error.nack = nack
        raise error


def written(path: Path) -> str:
    """Write *path* as people read it: `routes[0].targets[1].model`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def shown(value: object) -> str:
    """Show a word of a document, unless it might be a secret or is no word."""
    if not isinstance(value, str) or len(value) > _LONGEST_SHOWN or looks_like_a_key(value):
        return "this value"
    return repr(value)


def near(name: object, known: Iterable[str]) -> str:
    """Suggest which of the *known* names was meant by *name*."""
    options = sorted(str(one) for one in known)
    compared = options if isinstance(name, str) and len(options) <= _MOST_COMPARED else []
    close = difflib.get_close_matches(str(name), compared, 1, 0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    if not options:
        return "there are none"
    listed = ", ".join(options[:_MANY])
    return f"known are {listed}" + (f" and {len(options) - _MANY} more" if len(options) > _MANY else "")


def _in_our_words(details: ErrorDetails, part: type[Part] | None) -> str:
    kind, path = details["type"], details["loc"]
    context = details.get("ctx", {})
    if kind == "extra_forbidden":
        fields = (field.alias or name for name, field in part.model_fields.items()) if part else ()
        return f"unknown key; {near(path[-1], fields)}"
    if kind == "missing":
        hint = _HINTS.get(cast("tuple[str]", path))
        return f"is missing; {hint}" if hint else "is missing"
    if kind == "literal_error":
        options = str(context["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
        return f"{shown(details['input'])} is not known here; {near(details['input'], options)}"
    if kind == "string_pattern_mismatch":
        return FORMS[str(context["pattern"])]
    if kind == "value_error":
        return str(context["error"])
    return _WORDS.get(kind) or details["msg"].replace("Input should", "must").replace("String should", "must")
