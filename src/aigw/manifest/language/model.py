"""The manifest as its authors write it, `aigw/v1`: what may stand where, and in which form.

References between parts (a target's provider, a model's name) are checked when the manifest is compiled.
"""

import math
import re
from typing import Annotated, Final, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    model_validator,
)

from aigw.errors import Failure
from aigw.types.headers import CREDENTIALS, FRAMING, is_name, is_value
from aigw.types.keys import looks_like_a_key

SCHEMA: Final = "aigw/v1"

FALLBACK_FAILURES: Final = frozenset(Failure) - {
    Failure.BAD_REQUEST,
    Failure.CONTEXT_LENGTH,
    Failure.CONTENT_POLICY,
    Failure.UNSUPPORTED,
    Failure.LOCAL,
}
"""What `fallback_on` may name: after any other failure the next target would fail alike, or has its own fallbacks."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def _duration(value: object) -> float:
    """Read a duration as seconds: '500ms', '30s', '2m', '1h', or a number of seconds."""
    seconds = math.nan
    if isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
        seconds = float(match[1]) * _SECONDS[match[2]]
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:  # noqa: PLR2004 - a float holds it
        seconds = float(value)
    if not (math.isfinite(seconds) and seconds > 0):
        message = "must be a duration above zero, such as 500ms, 30s, 2m or 1h, or a number of seconds"
        raise ValueError(message)
    return seconds


def _written_short(value: object) -> object:
    """Read 'provider/model', or the name of a model, as the target it stands for."""
    return {"use": value} if isinstance(value, str) else value


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


Duration = Annotated[float, BeforeValidator(_duration)]
Retries = Annotated[StrictInt, Field(ge=0, le=20)]
Text = Annotated[StrictStr, Field(min_length=1, max_length=2048)]
Setting = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
OnUnsupported = Literal["error", "drop", "pass"]
Headers = Annotated[dict[StrictStr, StrictStr], AfterValidator(_header_values)]


class Part(BaseModel):
    """What all parts of a manifest share: unknown keys are refused, and no error quotes a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ProviderPart(Part):
    """One endpoint. `api_key` is a reference or `none`; its form is checked when the manifest is compiled.

    `region`, `project`, `account` and `api_version` are for kinds whose addresses or dialects ask for them.
    """

    kind: Text
    base_url: Text | None = None
    api_key: Text | None = None
    headers: Headers = {}
    hosts: tuple[Text, ...] = ()
    unsupported: OnUnsupported = "error"
    region: Setting | None = None
    project: Setting | None = None
    account: Setting | None = None
    api_version: Setting | None = None


class TargetPart(Part):
    """Where a call may go: `provider` and `model`, or `use: provider/model`, or `use:` the name of a model."""

    use: Text | None = None
    provider: Text | None = None
    model: Text | None = None
    timeout: Duration | None = None
    connect_timeout: Duration | None = None
    first_token_timeout: Duration | None = None
    idle_timeout: Duration | None = None
    max_retries: Retries | None = None
    params: Annotated[dict[StrictStr, object], AfterValidator(_json_only)] = {}

    @model_validator(mode="after")
    def _names_one_target(self) -> "TargetPart":
        named = (self.provider is not None, self.model is not None)
        if self.use is None and named != (True, True):
            missing = "model" if named[0] else "provider"
            message = f"'{missing}' is missing; a target needs provider and model, or use: provider/model"
            raise ValueError(message)
        if self.use is not None and any(named):
            message = "'use' stands in place of provider and model; leave out one or the other"
            raise ValueError(message)
        return self


Target = Annotated[TargetPart, BeforeValidator(_written_short)]


class FallbacksPart(Part):
    """Targets tried instead of the route's own after failures that another model may not have."""

    context_length: tuple[Target, ...] = ()
    content_policy: tuple[Target, ...] = ()


class RoutePart(Part):
    """A logical name and where it leads. `timeout` is for the whole call, retries and fallbacks included."""

    name: Text
    strategy: Literal["single", "fallback"] = "fallback"
    targets: Annotated[tuple[Target, ...], Field(min_length=1)]
    timeout: Duration | None = None
    max_retries: Retries | None = None
    fallback_on: tuple[StrictStr, ...] | None = None
    fallbacks: FallbacksPart = FallbacksPart()
    unsupported: OnUnsupported | None = None


class DefaultsPart(Part):
    """Limits for whatever says nothing itself. `timeout` is for a whole call, the others for an attempt."""

    timeout: Duration = 600.0
    attempt_timeout: Duration = 600.0
    connect_timeout: Duration = 5.0
    first_token_timeout: Duration | None = None
    idle_timeout: Duration = 60.0
    max_retries: Retries = 2


class ManifestPart(Part):
    """A whole manifest."""

    schema_: Literal["aigw/v1"] = Field(alias="schema")
    serial: Annotated[StrictInt, Field(ge=0, lt=2**63)]
    providers: dict[StrictStr, ProviderPart] = {}
    models: dict[StrictStr, Target] = {}
    routes: tuple[RoutePart, ...] = ()
    defaults: DefaultsPart = DefaultsPart()
    allow_direct: Annotated[bool, Field(strict=True)] = False
    tags: dict[StrictStr, StrictStr] = {}
