"""What callers may say to `messages`: the parameters of Anthropic's `create`, declared once for both faces.

Names and shapes are those of https://docs.claude.com/en/api/messages, the betas' included; values nobody can list for
ever (efforts, tiers) are plain strings. `None` is sent as `null`; what is to be left out is `omit`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from pydantic import BaseModel

from aigw.types.chat_params import CallParams, Omit

TurnParam: TypeAlias = Mapping[str, object] | BaseModel
"""A turn as a dict, or one of an earlier answer; its content may hold blocks of an earlier answer, too."""


class CountParams(CallParams, total=False):
    """The parameters of `count_tokens` besides `messages` and `model`."""

    betas: Sequence[str] | Omit | None
    billing_policy: Mapping[str, object] | Omit | None
    cache_control: Mapping[str, object] | Omit | None
    compaction: Mapping[str, object] | Omit | None
    context_management: Mapping[str, object] | Omit | None
    mcp_servers: Iterable[Mapping[str, object]] | Omit | None
    output_config: Mapping[str, object] | Omit | None
    output_format: Mapping[str, object] | Omit | None
    speed: str | Omit | None
    system: str | Iterable[Mapping[str, object]] | Omit | None
    thinking: Mapping[str, object] | Omit | None
    tool_choice: Mapping[str, object] | Omit | None
    tools: Iterable[Mapping[str, object]] | Omit | None
    user_profile_id: str | Omit | None
    workspace_id: str | Omit | None


class MessagesParams(CountParams, total=False):
    """The parameters of `create` and `stream` besides `max_tokens`, `messages`, `model` and `stream`."""

    container: str | Mapping[str, object] | Omit | None
    diagnostics: Mapping[str, object] | Omit | None
    fallback_credit_token: str | Omit | None
    fallbacks: Iterable[Mapping[str, object]] | str | Omit | None
    inference_geo: str | Omit | None
    metadata: Mapping[str, object] | Omit | None
    service_tier: str | Omit | None
    stop_sequences: Sequence[str] | Omit | None
    temperature: float | Omit | None
    thread: Mapping[str, object] | Omit | None
    top_k: int | Omit | None
    top_p: float | Omit | None
