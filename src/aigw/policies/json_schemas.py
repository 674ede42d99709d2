"""Whether a JSON text keeps to a JSON schema.

Source: https://json-schema.org/draft/2020-12/json-schema-validation; a schema that names another draft in `$schema` is
read as one of that. `format` is a remark there, and stays one here. Nothing is ever fetched for a `$ref`.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib import import_module
from typing import Final, NoReturn, Protocol, cast

from aigw.types.json import JsonObject, as_array, as_object, as_text

_LIBRARY: Final = "jsonschema"
"""Imported on first use, which takes a tenth of a second: most processes never ask for a schema."""

_KEPT: Final = 128
"""Schemas kept compiled: compiling one takes a few milliseconds, checking an answer a tenth of one."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where a text leaves its schema: the *keyword* not met, the *path* to it in the text, what is *lacking* there.

    All in names of the schema's: what the text says beyond them is the model's, and stays untold.
    """

    keyword: str
    path: str = "$"
    lacking: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.keyword == "json":
            return "it is no JSON"
        lacks = f", which lacks {', '.join(self.lacking)}" if self.lacking else ""
        return f"`{self.keyword}` is not met at {self.path}{lacks}"


class UncheckableSchemaError(ValueError):
    """A schema that nothing can be checked against; the message says why, in the schema's own names."""


def mismatch(text: str, schema: JsonObject) -> Mismatch | None:
    """Say where *text* leaves *schema*, or None where it keeps to it. Raises `UncheckableSchemaError`."""
    compiled = _compiled(_written(schema))
    if isinstance(compiled, str):
        raise UncheckableSchemaError(compiled)
    try:
        value: object = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return Mismatch("json")
    return compiled.judged(value)


class _Error(Protocol):
    """What of the library's `ValidationError` is used."""

    validator: object
    validator_value: object
    instance: object

    @property
    def absolute_path(self) -> Iterable[str | int]: ...


class _Validator(Protocol):
    """What of the library's validators is used."""

    def iter_errors(self, instance: object) -> Iterator[_Error]: ...

    def is_type(self, instance: object, type: str) -> bool: ...  # noqa: A002 - the library's name


class _Compiled:
    """A schema made ready, with the names it has for properties."""

    __slots__ = ("_names", "_validator")

    def __init__(self, validator: _Validator, names: frozenset[str]) -> None:
        self._validator = validator
        self._names = names

    def judged(self, value: object) -> Mismatch | None:
        """Say what of *value* is wrong, the most telling first."""
        best_match = cast("Callable[[Iterator[_Error]], _Error | None]", import_module(_LIBRARY).exceptions.best_match)
        unresolvable = cast("type[Exception]", import_module("referencing.exceptions").Unresolvable)
        try:
            error = best_match(self._validator.iter_errors(value))
        except unresolvable:
            problem = "a $ref leads out of it"
            raise UncheckableSchemaError(problem) from None
        except (RecursionError, ValueError):
            problem = "it, or the answer, goes deeper than can be followed, or a $ref is no address"
            raise UncheckableSchemaError(problem) from None
        return None if error is None else self._told(error)

    def _told(self, error: _Error) -> Mismatch:
        lacking: tuple[str, ...] = ()
        if error.validator == "required":
            present = as_object(error.instance)
            lacking = tuple(str(name) for name in as_array(error.validator_value) if name not in present)
        steps = "".join(self._step(step) for step in error.absolute_path)
        return Mismatch(str(error.validator or "false"), f"${steps}", lacking)

    def _step(self, step: str | int) -> str:
        if isinstance(step, int):
            return f"[{step}]"
        return f".{step}" if step in self._names else ".*"


@lru_cache(maxsize=_KEPT)
def _compiled(written: str) -> _Compiled | str:
    """Make a schema ready, or say why it cannot be."""
    library = import_module(_LIBRARY)
    invalid = cast("type[Exception]", library.SchemaError)
    schema: dict[str, object] = json.loads(written)
    draft = {"$schema": as_text(schema.get("$schema")) or ""}
    try:
        names = frozenset(_names(schema))
        kind = library.validators.validator_for(draft, default=library.Draft202012Validator)
        kind.check_schema(schema)
    except invalid as error:
        steps = "".join(f".{step}" for step in cast("_Error", error).absolute_path)
        return f"it is no JSON schema at ${steps}"
    except (RecursionError, ValueError):
        return "it goes deeper than can be followed, or its $schema is no address"
    make = library.validators.extend(kind, {"multipleOf": _multiple_of})
    nowhere = import_module("referencing").Registry()
    return _Compiled(cast("_Validator", make(schema, registry=nowhere)), names)


def _multiple_of(validator: _Validator, unit: object, number: object, _: object) -> Iterator[Exception]:
    """Check `multipleOf` as JSON writes numbers: in binary, 0.07 is no multiple of 0.01."""
    if not validator.is_type(number, "number") or not math.isfinite(cast("float", number)):
        return
    if Fraction(str(number)) % Fraction(str(unit)):
        message = "multipleOf"
        yield import_module(_LIBRARY).ValidationError(message)


def _written(schema: JsonObject) -> str:
    try:
        return json.dumps(schema, default=_plain)
    except (TypeError, ValueError, RecursionError):
        problem = "it cannot be written as JSON"
        raise UncheckableSchemaError(problem) from None


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(cast("JsonObject", value))
    raise TypeError


def _names(schema: object) -> Iterator[str]:
    for item in as_array(schema):
        yield from _names(item)
    for keyword, value in as_object(schema).items():
        if keyword == "properties":
            yield from as_object(value)
        elif keyword == "required":
            yield from (name for name in as_array(value) if isinstance(name, str))
        yield from _names(value)


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError
