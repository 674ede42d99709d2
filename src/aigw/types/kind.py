"""Kinds of provider as data: where a provider lives, how it gets its key, and how its dialect deviates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Auth: TypeAlias = Literal["bearer", "x-api-key", "api-key", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """How a provider deviates from its dialect. Every default is 'as the dialect says'.

    `max_tokens` is the only name the provider takes for the length limit (None: as the caller wrote it), `limit_name`
    the name to use where the caller's own spelling is not at hand. `usage_in_streams` says whether usage must be asked
    for (`ask`), always comes (`always`: asking is refused or pointless), or never does. `renamed` maps canonical
    parameter names to the provider's, `values` a parameter's values to the provider's words for them. `refused` lists
    what the provider rejects or ignores: parameters (`seed`), one value of a parameter (`tool_choice.required`), one
    type of tool or format (`tools.custom`, `response_format.json_schema`) and message fields (`message.name`).
    `developer_role` False turns `developer` into `system`. `finish_reasons` maps the provider's own words to ours,
    beyond the dialect's table. `reasoning_outside` is True where `completion_tokens` does not include reasoning tokens.
    """

    max_tokens: str | None = None
    limit_name: str = "max_tokens"
    usage_in_streams: Literal["ask", "always", "never"] = "ask"
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    refused: frozenset[str] = frozenset()
    developer_role: bool = True
    finish_reasons: Mapping[str, str] = field(default_factory=dict[str, str])
    reasoning_outside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of provider. `base_url` None means that a provider of this kind must give its own.

    `key_env` lists the conventional environment variables of its key, best first; `hosts` where that key may be sent
    besides the host of `base_url` (an entry starting with a dot covers its subdomains). `keyless` kinds work without.
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
