"""What callers may say to `chat.completions`: the parameters of OpenAI's `create`, declared once for both faces.

Names and shapes are those of https://platform.openai.com/docs/api-reference/chat/create; values nobody can list for
ever (efforts, tiers) are plain strings, so that a provider's new word needs no new aigw. `None` is sent as `null`;
what is to be left out is `omit`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, Protocol, TypeAlias, TypedDict, runtime_checkable

from pydantic import BaseModel


class Omit:
    """The type of `omit`: an argument that is left out, as if it had not been written."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "omit"


omit: Final = Omit()
NOT_GIVEN: Final = omit


def is_omitted(value: object) -> bool:
    """Tell whether *value* stands for an argument left out; the openai client's own sentinels count, by name."""
    return isinstance(value, Omit) or type(value).__name__ in {"Omit", "NotGiven"}


@runtime_checkable
class TimeoutLike(Protocol):
    """Timeouts by phase, in seconds, as `httpx.Timeout` has them; `None` is no limit."""

    @property
    def connect(self) -> float | None:
        """To connect."""
        ...

    @property
    def read(self) -> float | None:
        """From one piece of the answer to the next."""
        ...


MessageParam: TypeAlias = Mapping[str, object] | BaseModel
"""A message as a dict, or one of an earlier answer (`answer.choices[0].message`)."""

ToolParam: TypeAlias = Mapping[str, object] | type[BaseModel]
"""A tool as a dict, or a pydantic model whose fields are the tool's arguments."""


class CallParams(TypedDict, total=False):
    """What is said about a call and not to the model: never part of the body."""

    extra_headers: Mapping[str, str | Omit] | None
    extra_query: Mapping[str, object] | None
    extra_body: Mapping[str, object] | None
    timeout: float | TimeoutLike | Omit | None
    max_retries: int | Omit | None
    tags: Mapping[str, str] | None
    unsupported: Literal["error", "drop", "pass"] | Omit | None


class ChatParams(CallParams, total=False):
    """The parameters that `create`, `parse` and `stream` have in common."""

    audio: Mapping[str, object] | Omit | None
    frequency_penalty: float | Omit | None
    function_call: str | Mapping[str, object] | Omit | None
    functions: Iterable[Mapping[str, object]] | Omit | None
    logit_bias: Mapping[str, int] | Omit | None
    logprobs: bool | Omit | None
    max_completion_tokens: int | Omit | None
    max_tokens: int | Omit | None
    metadata: Mapping[str, str] | Omit | None
    modalities: Sequence[str] | Omit | None
    moderation: Mapping[str, object] | Omit | None
    n: int | Omit | None
    parallel_tool_calls: bool | Omit | None
    prediction: Mapping[str, object] | Omit | None
    presence_penalty: float | Omit | None
    prompt_cache_key: str | Omit | None
    prompt_cache_options: Mapping[str, object] | Omit | None
    prompt_cache_retention: str | Omit | None
    reasoning_effort: str | Omit | None
    safety_identifier: str | Omit | None
    seed: int | Omit | None
    service_tier: str | Omit | None
    stop: str | Sequence[str] | Omit | None
    store: bool | Omit | None
    stream_options: Mapping[str, object] | Omit | None
    temperature: float | Omit | None
    tool_choice: str | Mapping[str, object] | Omit | None
    tools: Iterable[ToolParam] | Omit | None
    top_logprobs: int | Omit | None
    top_p: float | Omit | None
    user: str | Omit | None
    verbosity: str | Omit | None
    web_search_options: Mapping[str, object] | Omit | None


class CreateParams(ChatParams, total=False):
    """The parameters of `create` besides `messages`, `model` and `stream`."""

    response_format: Mapping[str, object] | Omit | None
