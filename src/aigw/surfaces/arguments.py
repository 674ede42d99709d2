"""Turn what callers hand in into plain JSON values of our own, or refuse it by name and place.

Everything is copied, so nothing the caller changes later reaches a call under way. Errors name a place
(`messages[2].content[0].text`) and a type, and never quote a value, which might be prompt text.
"""

import math
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, Literal, NoReturn, TypeAlias, TypeGuard, cast

from pydantic import BaseModel
from pydantic.main import IncEx

from aigw.errors import BadRequestError
from aigw.types.chat_params import is_omitted
from aigw.types.json import JsonArray, JsonObject, as_array, as_object

Code: TypeAlias = Literal[
    "missing_required_parameter", "invalid_type", "invalid_value", "empty_array", "empty_string", "unsupported_value"
]

_IN_A_CALL: Final[Mapping[str, IncEx | bool]] = {"function": {"parsed_arguments"}}
_MACHINE_MADE: Final[Mapping[str, IncEx | bool]] = {
    "parsed": True,
    "parsed_arguments": True,
    **_IN_A_CALL,
    "tool_calls": {"__all__": _IN_A_CALL},
}
"""What `parse()` adds to an answer: left out when a message of it is sent back."""


def refuse(param: str, problem: str, code: Code = "invalid_value") -> NoReturn:
    """Raise `BadRequestError` for the argument or place *param*; *problem* says what is wrong and what to do."""
    message = f"{param}: {problem}"
    body = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    raise BadRequestError(message, body=body, code=code, param=param, type="invalid_request_error")


def array_at(value: object, path: str, wanted: str) -> JsonArray:
    """Give *value*, found at *path*, if it is a list; *wanted* says of what. Raises `BadRequestError`."""
    items = as_array(value)
    if not isinstance(value, list):
        refuse(path, f"must be {wanted}, not {type(value).__name__}", "invalid_type")
    return items


def object_at(value: object, path: str, wanted: str) -> JsonObject:
    """Give *value*, found at *path*, if it is an object; *wanted* says what kind of. Raises `BadRequestError`."""
    body = as_object(value)
    if body:
        return body
    if value is None:
        refuse(path, "is missing", "missing_required_parameter")
    if not isinstance(value, Mapping):
        refuse(path, f"must be {wanted}, not {type(value).__name__}", "invalid_type")
    return body


def text_at(body: JsonObject, name: str, path: str) -> str:
    """Give the text field *name* of the object at *path*. Raises `BadRequestError` if it is anything else."""
    value = body.get(name)
    if isinstance(value, str):
        return value
    if value is None:
        refuse(f"{path}.{name}", "is missing", "missing_required_parameter")
    refuse(f"{path}.{name}", f"must be text, not {type(value).__name__}", "invalid_type")


def plain_body(body: Mapping[str, object]) -> dict[str, object]:
    """Copy *body* as plain JSON values, leaving out what was omitted. Raises `BadRequestError`."""
    copied: dict[str, object] = {}
    for name, value in body.items():
        if not is_omitted(value):
            copied[name] = copied_argument(value, name)
    return copied


def copied_argument(value: object, name: str) -> object:
    """Copy the argument *name* as plain JSON values. Raises `BadRequestError`."""
    try:
        return _usual(value)
    except (_UnusualError, RecursionError):
        pass
    try:
        return _plain(value, name)
    except RecursionError:
        pass
    refuse(name, "is nested too deeply, or contains itself")


class _UnusualError(Exception):
    """Something is no plain JSON value: what to make of it, or where it stands, takes a closer look."""


def _usual(value: object) -> object:
    """Copy what is plain JSON values throughout, as most arguments are, keeping no track of places.

    Raises `_UnusualError` before it has touched anything else.
    """
    kind = type(value)
    if kind is dict:
        copied: dict[str, object] = {}
        for key, item in cast("dict[object, object]", value).items():
            if type(key) is not str or not key.isascii():
                raise _UnusualError
            copied[key] = item if type(item) is str and item.isascii() else _usual(item)
        return copied
    if kind is list:
        return [item if type(item) is str and item.isascii() else _usual(item) for item in cast("list[object]", value)]
    if type(value) is str:
        if value.isascii() or not _has_surrogates(value):
            return value
    elif value is None or kind is int or kind is bool or (type(value) is float and math.isfinite(value)):
        return value
    raise _UnusualError


def _plain(value: object, path: str) -> object:
    """Copy *value*, found at *path*, as exact `str`, `int`, `float`, `bool`, `None`, `list` and `dict`."""
    if isinstance(value, str):
        return _text(value, path)
    if value is None or isinstance(value, bool | int | float):
        return _number(value, path)
    if isinstance(value, dict) or isinstance(value, Mapping):  # noqa: SIM101 - asked of the usual type first, fast
        return _object(cast("Mapping[object, object]", value), path)
    if isinstance(value, BaseModel):
        return _answered(value, path)
    if _is_ordered(value):
        return [_plain(item, f"{path}[{index}]") for index, item in enumerate(value)]
    refuse(path, _advice(value), "invalid_type")


def _is_ordered(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | memoryview | AbstractSet)


def _text(value: str, path: str) -> str:
    if not value.isascii() and _has_surrogates(value):
        refuse(path, "the text holds a lone surrogate, which UTF-8 cannot express; decode it anew or replace it")
    return value if type(value) is str else str.__str__(value)


def _has_surrogates(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def _number(value: float | None, path: str) -> float | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if not math.isfinite(value):
        refuse(path, "NaN and infinity cannot be sent as JSON")
    return float(value)


def _object(value: Mapping[object, object], path: str) -> dict[str, object]:
    copied: dict[str, object] = {}
    for key, item in value.items():
        if is_omitted(item):
            continue
        if isinstance(key, str):
            name = _text(key, path)
        elif isinstance(key, int) and not isinstance(key, bool):
            name = str(int(key))
        else:
            refuse(path, f"keys of an object must be strings, not {type(key).__name__}", "invalid_type")
        copied[name] = _plain(item, f"{path}.{name}")
    return copied


def _answered(value: BaseModel, path: str) -> object:
    """Dump a part of an earlier answer as its provider takes it back: without nulls, but with a message's `content`."""
    dumped = value.model_dump(mode="json", exclude_unset=True, exclude=_MACHINE_MADE, warnings=False)
    said = {key: item for key, item in dumped.items() if item is not None or key == "content"}
    if said.get("annotations") == []:
        del said["annotations"]
    return _plain(said, path)


def _advice(value: object) -> str:
    kind = type(value).__name__
    if isinstance(value, type) and issubclass(value, BaseModel):
        return f"the class {value.__name__} is no JSON value; use parse(), which takes models"
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{kind} cannot be sent as JSON; encode it as base64 text"
    return f"{kind} cannot be sent as JSON; use a dict, list, string, number, bool or None"
