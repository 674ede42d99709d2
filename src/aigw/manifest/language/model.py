"""The manifest as its authors write it, `aigw/v1`: what may stand where, and in which form.

References between parts (a target's provider, a model's name) are checked when the manifest is compiled. The order of
the fields is the one `aigw manifest fmt` writes.
"""

import re
from typing import Annotated, ClassVar, Final, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, StrictStr, model_validator
from pydantic.json_schema import JsonSchemaValue

from aigw.errors import Failure
from aigw.manifest.language.values import (
    Build,
    Duration,
    Headers,
    Moment,
    Offset,
    OnUnsupported,
    Params,
    Retries,
    Setting,
    Text,
    Version,
)

SCHEMA: Final = "aigw/v1"

FALLBACK_FAILURES: Final = frozenset(Failure) - {
    Failure.BAD_REQUEST,
    Failure.CONTEXT_LENGTH,
    Failure.CONTENT_POLICY,
    Failure.UNSUPPORTED,
    Failure.LOCAL,
}
"""What `fallback_on` may name: after any other failure the next target would fail alike, or has its own fallbacks."""


class _Describe(Protocol):
    """What gives the JSON Schema of the type that an annotation stands beside."""

    def __call__(self, core_schema: object, /) -> JsonSchemaValue:
        """Describe it."""
        ...


class _OrName:
    """Says in the JSON Schema that a plain string may stand in place of the part."""

    @staticmethod
    def __get_pydantic_json_schema__(core_schema: object, describe: _Describe) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 2048}, describe(core_schema)]}


def _written_short(value: object) -> object:
    """Read 'provider/model', or the name of a model, as the target it stands for."""
    return {"use": value} if isinstance(value, str) else value


_ANYTHING: Final = re.compile(".*", re.DOTALL)
_TUNING: Final = re.compile(r"metadata|\w+_timeout")


class Part(BaseModel):
    """What all parts of a manifest share: unknown keys are refused, and no error quotes a value.

    `ignorable` says which unknown keys a reader may leave out of a document that a newer aigw made: none where the part
    is closed, because who passes over a selector, a restriction or a policy does what was never said.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    ignorable: ClassVar[re.Pattern[str] | None] = None


class ProviderPart(Part):
    """One endpoint. `api_key` is a reference or `none`; its form is checked when the manifest is compiled.

    `region`, `project`, `account` and `api_version` are for kinds whose addresses or dialects ask for them.
    """

    kind: Text
    base_url: Text | None = None
    api_key: Text | None = None
    region: Setting | None = None
    project: Setting | None = None
    account: Setting | None = None
    api_version: Setting | None = None
    hosts: tuple[Text, ...] = ()
    headers: Headers = {}
    unsupported: OnUnsupported = "error"


class TargetPart(Part):
    """Where a call may go: `provider` and `model`, or `use: provider/model`, or `use:` the name of a model."""

    ignorable = _TUNING

    use: Text | None = None
    provider: Text | None = None
    model: Text | None = None
    timeout: Duration | None = None
    connect_timeout: Duration | None = None
    first_token_timeout: Duration | None = None
    idle_timeout: Duration | None = None
    max_retries: Retries | None = None
    params: Params = {}

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


Target = Annotated[TargetPart, BeforeValidator(_written_short), _OrName]
Targets = Annotated[tuple[Target, ...], Field(min_length=1)]


class FallbacksPart(Part):
    """Targets tried instead of the route's own after failures that another model may not have."""

    context_length: tuple[Target, ...] = ()
    content_policy: tuple[Target, ...] = ()


class InsteadPart(Part):
    """A detour: what stands in for a route's targets until a moment, when it ends by itself."""

    until: Moment
    why: Text | None = None
    targets: Targets


class RoutePart(Part):
    """A logical name and where it leads. `timeout` is for the whole call, retries and fallbacks included.

    `else` is for readers that do not know all that the route says; who knows it never goes there.
    """

    ignorable = _TUNING

    name: Text
    strategy: Literal["single", "fallback"] = "fallback"
    timeout: Duration | None = None
    max_retries: Retries | None = None
    fallback_on: tuple[StrictStr, ...] | None = None
    unsupported: OnUnsupported | None = None
    fail_closed_after: Duration | None = None
    instead: InsteadPart | None = None
    targets: Targets
    fallbacks: FallbacksPart = FallbacksPart()
    else_: Target | None = Field(default=None, alias="else")


class KnownPart(Part):
    """What can be said of a route that cannot be judged as a whole: its stand-in, and the limits that hold for it."""

    name: Text
    timeout: Duration | None = None
    max_retries: Retries | None = None
    unsupported: OnUnsupported | None = None
    fail_closed_after: Duration | None = None
    else_: Target | None = Field(default=None, alias="else")


class DefaultsPart(Part):
    """Limits for whatever says nothing itself. `timeout` is for a whole call, the others for an attempt."""

    ignorable = _ANYTHING

    timeout: Duration = 600.0
    attempt_timeout: Duration = 600.0
    connect_timeout: Duration = 5.0
    first_token_timeout: Duration | None = None
    idle_timeout: Duration = 60.0
    max_retries: Retries = 2


class BodyPart(Part):
    """What decides about calls: all of a manifest without its envelope, and the base of a rollout."""

    providers: dict[StrictStr, ProviderPart] = {}
    models: dict[StrictStr, Target] = {}
    routes: tuple[RoutePart, ...] = ()
    defaults: DefaultsPart = DefaultsPart()
    allow_direct: Annotated[bool, Field(strict=True)] = False
    tags: dict[StrictStr, StrictStr] = {}


class SourcePart(Part):
    """Where the manifest was written and agreed on: for people and records, nothing acts on it."""

    ignorable = _ANYTHING

    repo: Text | None = None
    commit: Text | None = None
    change: Text | None = None
    ack: Text | None = None


class StagePart(Part):
    """From `at` after the start on, `bp` basis points (hundredths of a percent) of the units take the candidate."""

    at: Offset
    bp: Annotated[StrictInt, Field(ge=0, le=10_000)]


class GuardPart(Part):
    """When a process holds itself back at the base; see `RolloutGuard`."""

    min_calls: Annotated[StrictInt, Field(ge=1, lt=2**31)] = 50
    max_error_delta: Annotated[float, Field(ge=0, le=1, strict=True)] = 0.05
    max_latency_ratio: Annotated[float, Field(ge=1, le=1000, strict=True)] | None = None


class RolloutPart(Part):
    """A ramp from `base` to the rest of the document, by `stages` or a `preset`."""

    id: Setting
    unit: Literal["instance", "tenant", "key", "session", "request"]
    start: Moment | None = None
    preset: Literal["all-at-once", "linear-20-6m", "canary-10x2-20m"] | None = None
    stages: Annotated[tuple[StagePart, ...], Field(min_length=1, max_length=100)] | None = None
    guard: GuardPart | None = None
    base: BodyPart

    @model_validator(mode="after")
    def _says_one_ramp(self) -> "RolloutPart":
        if (self.preset is None) == (self.stages is None):
            message = "needs either `preset` or `stages`, one of the two"
            raise ValueError(message)
        return self


class EnvelopePart(Part):
    """What says which document this is, for whom, and who can read it."""

    schema_: Literal["aigw/v1"] = Field(alias="schema")
    audience: Text | None = None
    channel: Text | None = None
    epoch: Annotated[StrictInt, Field(ge=0, lt=2**63)] = 0
    serial: Annotated[StrictInt, Field(ge=0, lt=2**63)]
    issued_at: Moment | None = None
    expires_at: Moment | None = None
    requires: tuple[Text, ...] = ()
    min_reader: Version | None = None
    built_with: Build | None = None
    source: SourcePart = SourcePart()
    fail_closed_after: Duration | None = None
    rollout: RolloutPart | None = None


class ManifestPart(BodyPart, EnvelopePart):
    """A whole manifest."""
