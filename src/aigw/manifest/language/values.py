"""The values that stand in a manifest: durations, moments, versions, headers, parameters; what each may be."""

import math
import re
from datetime import datetime
from typing import Annotated, Final, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, StrictStr, WithJsonSchema

from aigw.types.headers import CREDENTIALS, FRAMING, is_name, is_value
from aigw.types.keys import looks_like_a_key
from aigw.types.times import SECONDS

_DURATION = re.compile(rf"(\d+(?:\.\d+)?)\s*({'|'.join(SECONDS)})")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
_VERSION: Final = r"^\d{1,6}(\.\d{1,6}){0,3}$"
_BUILD: Final = r"^\d{1,6}(\.\d{1,6}){0,3}[A-Za-z0-9.+-]{0,40}$"
_SETTING: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"

FORMS: Final = {
    _VERSION: 'must be a version, such as "1.4"',
    _BUILD: 'must be a version, such as "1.4.0"',
    _SETTING: "must be up to 128 letters, digits, dots, dashes and underscores",
}
"""What a pattern asks for, in words."""


def is_version(text: str) -> bool:
    """Whether *text* is a version, such as 1.4."""
    return re.fullmatch(_VERSION, text, re.ASCII) is not None


def is_build(text: str) -> bool:
    """Whether *text* is a version with whatever follows it, such as 1.4.0rc1."""
    return re.fullmatch(_BUILD, text, re.ASCII) is not None


def is_moment(text: str) -> bool:
    """Whether *text* has the form of an RFC 3339 timestamp with its zone."""
    return _MOMENT.fullmatch(text) is not None


def _seconds(value: object) -> float:
    """Read a duration as seconds: '500ms', '30s', '2m', '1h', or a number of seconds. NaN if it is none."""
    if isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
        return float(match[1]) * SECONDS[match[2]]
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:  # noqa: PLR2004 - a float holds it
        return float(value)
    return math.nan


def _duration(value: object) -> float:
    seconds = _seconds(value)
    if not (math.isfinite(seconds) and seconds > 0):
        message = "must be a duration above zero, such as 500ms, 30s, 2m or 1h, or a number of seconds"
        raise ValueError(message)
    return seconds


def _offset(value: object) -> float:
    seconds = _seconds(value)
    if not (math.isfinite(seconds) and seconds >= 0):
        message = "must be a duration from the start, such as 0m, 20m or 1h"
        raise ValueError(message)
    return seconds


def _moment(value: object) -> float:
    """Read a moment as seconds since the epoch."""
    if isinstance(value, str) and is_moment(value):
        try:
            return datetime.fromisoformat(value.upper()).timestamp()
        except (ValueError, OverflowError):
            pass
    message = 'must be a moment with its zone, in quotes, such as "2026-11-20T10:00:00Z"'
    raise ValueError(message)


def _header_values(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not is_name(name):
            message = "holds a header name that HTTP does not allow"
        elif name.lower() in CREDENTIALS or looks_like_a_key(value):
            message = f"{name} holds a credential; put a reference (env:NAME, file:/path) into api_key instead"
        elif name.lower() in FRAMING:
            message = f"{name} is set by the HTTP client; leave it out"
        elif not is_value(value):
            message = f"the value of {name} may hold printable ASCII only"
        else:
            continue
        raise ValueError(message)
    return headers


def _json_only(params: dict[str, object]) -> dict[str, object]:
    if not _is_json(params):
        message = "may hold only what JSON can say; put dates into quotes, and write finite numbers"
        raise ValueError(message)
    return params


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(_is_json(item) for item in cast("dict[str, object]", value).values())  # keys were checked on reading
    if isinstance(value, list):
        return all(_is_json(item) for item in cast("list[object]", value))  # a list of whatever was written
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


_WRITTEN_DURATION: Final = {"type": "string", "pattern": rf"^\s*{_DURATION.pattern}\s*$"}

Duration = Annotated[
    float,
    BeforeValidator(_duration),
    WithJsonSchema({"anyOf": [_WRITTEN_DURATION, {"type": "number", "exclusiveMinimum": 0}]}),
]
"""Above zero, in seconds."""

Offset = Annotated[
    float, BeforeValidator(_offset), WithJsonSchema({"anyOf": [_WRITTEN_DURATION, {"type": "number", "minimum": 0}]})
]
"""From a start, in seconds; zero is the start itself."""

Moment = Annotated[
    float,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": f"^{_MOMENT.pattern}$"}),
]
"""In seconds since the epoch. Written as RFC 3339, with a zone."""

Retries = Annotated[StrictInt, Field(ge=0, le=20)]
Text = Annotated[StrictStr, Field(min_length=1, max_length=2048)]
Setting = Annotated[StrictStr, Field(pattern=_SETTING)]
Version = Annotated[StrictStr, Field(pattern=_VERSION)]
Build = Annotated[StrictStr, Field(pattern=_BUILD)]
"""A version with whatever follows it: `1.4.0rc1`."""

Headers = Annotated[dict[StrictStr, StrictStr], AfterValidator(_header_values)]
Params = Annotated[dict[StrictStr, object], AfterValidator(_json_only)]
OnUnsupported = Literal["error", "drop", "pass"]
