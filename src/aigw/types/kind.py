"""Kinds of provider as data: where a provider lives, how it gets its key, and how its dialect deviates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from aigw.types.json import JsonObject

if TYPE_CHECKING:
    from aigw.errors import Refused

Auth: TypeAlias = Literal["bearer", "x-api-key", "api-key", "x-goog-api-key", "none"]

ResetForm: TypeAlias = Literal["duration", "seconds", "epoch_ms", "timestamp", "item"]

REASONING: Final = ("reasoning_content", "reasoning")
"""Fields of a message in which servers of OpenAI's dialect tell of the model's reasoning, the commoner one first."""

THINKING: Final = "thinking"
"""In `Quirks.reasoning`: reasoning is no field of its own, but parts of the content that are of this type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """Something a provider counts and limits, by the response headers that tell of it (in lower case).

    `counts` says what, for people. `form` is how `reset`, the time until it is filled up again, is written (where that
    is told at all): a `duration` (`6m0s`), `seconds`, `epoch_ms` (the moment, in milliseconds since the epoch), a
    `timestamp` (RFC 3339), or an `item`, where one header tells it all: `"default";r=<remaining>;t=<seconds>`.
    """

    counts: str
    limit: str
    remaining: str
    reset: str = ""
    form: ResetForm = "duration"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolLimits:
    """How many tools a chat may have (None: no limit is known), and the pattern that all of a function's name is of."""

    most: int | None = None
    name: str | None = None


NO_TOOL_LIMITS: Final = ToolLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """How a provider deviates from its dialect. Every default is 'as the dialect says'.

    `max_tokens` is the only name the provider takes for the length limit (None: as the caller wrote it), `limit_name`
    the name to use where the caller's own spelling is not at hand. `usage_in_streams` says whether usage must be asked
    for (`ask`), always comes (`always`: asking is refused or pointless), or never does. `renamed` maps canonical
    parameter names to the provider's, `values` a parameter's values to the provider's words for them. `refused` lists
    what the provider rejects or ignores: parameters (`seed`), one value of a parameter (`tool_choice.required`), one
    type of tool or format (`tools.custom`, `response_format.json_schema`) and message fields (`message.name`).
    `takes` lists canonical parameters it takes beyond its dialect (`top_k`), `lacks` parts of messages that it does not
    (`image`, `audio`, `file`).
    `developer_role` False turns `developer` into `system`. `finish_reasons` maps the provider's own words to ours,
    beyond the dialect's table. `reasoning_outside` is True where `completion_tokens` does not include reasoning tokens.
    `deployments` is True where the model is part of the path once the provider has an `api_version` (Azure).
    `schemas` names the subset of JSON Schema it takes (`providers.schema_subsets`; empty: all of it).
    `instead` has, for a parameter's value, the fields that say the same (`reasoning_effort`: `none`: `thinking` off).
    `bare_media` is True where audio is bare base64 and a file is a `document_url` (Mistral), `parameters_required`
    where a function must say its parameters even if it has none, `stop_list` where one stop word must be a list, too.
    `nulls` is False where a message of the history must not hold any, but for its content.
    `always_done` is True where a stream is cut that ends without `[DONE]`, whatever its choices have said.
    `int8_vectors` is True where embeddings come as base64 of signed bytes unless another encoding is asked for.
    `reasoning` lists the fields in which the provider tells of the model's reasoning and takes it back, its own word
    first; `thinking` stands for parts of the content. The other names that are in use (`REASONING`) are read after
    these, so that nothing is lost at a server of another version, but are not written. `tool_limits` are those of chats
    in OpenAI's dialect; the other dialects have their own in their adapters.
    """

    max_tokens: str | None = None
    limit_name: str = "max_tokens"
    usage_in_streams: Literal["ask", "always", "never"] = "ask"
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    refused: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    developer_role: bool = True
    finish_reasons: Mapping[str, str] = field(default_factory=dict[str, str])
    reasoning_outside: bool = False
    deployments: bool = False
    always_done: bool = False
    int8_vectors: bool = False
    bare_media: bool = False
    parameters_required: bool = False
    stop_list: bool = False
    nulls: bool = True
    instead: Mapping[str, Mapping[str, JsonObject]] = field(default_factory=dict[str, Mapping[str, JsonObject]])
    schemas: str = ""
    reasoning: tuple[str, ...] = REASONING
    tool_limits: ToolLimits = NO_TOOL_LIMITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of provider. `base_url` None means that a provider of this kind must give its own.

    `dialect` is the one spoken for chat (empty where there is none), `also` lists those for everything else, and for
    chat where the caller speaks one of them. `base_url` may hold `{region}`, `{project}`, `{account}`: `settings` names
    them, each with the environment variables it usually comes from; `regional` has the base URLs of regions that have
    one of another form. `base_env` lists variables that may hold the base URL; `root_path` is added to one that is a
    bare host (None: the path of the kind's own). `key_env` lists the conventional environment variables of its key,
    best first; `hosts` where that key may be sent besides the host of `base_url` (an entry starting with a dot covers
    its subdomains). `keyless` kinds work without. `ambient` is the reference of the credentials that the machine itself
    has (`aws:default`), `service` what AWS signs for, or the address of what Entra's tokens are for. `quirks` are those
    of chat, `embeddings` those of its embeddings in OpenAI's dialect. `headers` lists, in lower case, the vendors'
    headers that a caller may send there (`openai-*` is all that begin so; see `types.headers.OWNED`), `flags` the
    parameters by which it takes beta flags. `errors` is the provider's own table of errors: what a code or type (in
    lower case) or a status (`412`) means where the words that providers share do not say it, or say something else.
    `rate_limits` are its limits, by their headers.
    """

    name: str
    dialect: str
    title: str
    base_url: str | None = None
    key_env: tuple[str, ...] = ()
    auth: Auth = "bearer"
    hosts: frozenset[str] = frozenset()
    keyless: bool = False
    quirks: Quirks = field(default_factory=Quirks)
    embeddings: Quirks = field(default_factory=Quirks)
    also: tuple[str, ...] = ()
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    regional: Mapping[str, str] = field(default_factory=dict[str, str])
    ambient: str | None = None
    service: str = "bedrock"
    base_env: tuple[str, ...] = ()
    root_path: str | None = None
    headers: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    errors: "Mapping[str, Refused]" = field(default_factory=dict[str, "Refused"])
    rate_limits: tuple[Meter, ...] = ()

    @property
    def dialects(self) -> tuple[str, ...]:
        """All dialects it speaks, the main one first."""
        return (self.dialect, *self.also) if self.dialect else self.also


@lru_cache(maxsize=64)
def read_from(reasoning: tuple[str, ...]) -> tuple[str, ...]:
    """Give the fields that reasoning is read from, in order: those of a row, then the others that are in use."""
    return tuple(dict.fromkeys((*reasoning, *REASONING)))


@lru_cache(maxsize=64)
def not_written(reasoning: tuple[str, ...]) -> frozenset[str]:
    """Give the fields of reasoning that a provider with these `Quirks.reasoning` does not take."""
    return frozenset(REASONING).difference(reasoning) if reasoning else frozenset()
