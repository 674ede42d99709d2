"""What callers may say to `responses`: the parameters of OpenAI's methods, declared once for both faces.

Names and shapes are those of https://platform.openai.com/docs/api-reference/responses. `None` is sent as
`null`; what is to be left out is `omit`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from pydantic import BaseModel

from aigw.types.chat_params import CallParams, Omit, ToolParam

InputItem: TypeAlias = Mapping[str, object] | BaseModel
"""An item as a dict, or one of an earlier answer's `output`."""

Input: TypeAlias = str | Iterable[InputItem] | Omit | None


class ResponsesParams(CallParams, total=False):
    """The parameters of `create`, `parse` and `stream` besides `input`, `model` and `stream`."""

    access_programs: Mapping[str, object] | Omit | None
    background: bool | Omit | None
    context_management: Iterable[Mapping[str, object]] | Omit | None
    conversation: str | Mapping[str, object] | Omit | None
    image: Mapping[str, object] | Omit | None
    include: Sequence[str] | Omit | None
    instructions: str | Omit | None
    max_output_tokens: int | Omit | None
    max_tool_calls: int | Omit | None
    metadata: Mapping[str, str] | Omit | None
    moderation: Mapping[str, object] | Omit | None
    parallel_tool_calls: bool | Omit | None
    previous_response_id: str | Omit | None
    prompt: Mapping[str, object] | Omit | None
    prompt_cache_key: str | Omit | None
    prompt_cache_options: Mapping[str, object] | Omit | None
    prompt_cache_retention: str | Omit | None
    reasoning: Mapping[str, object] | Omit | None
    safety_identifier: str | Omit | None
    service_tier: str | Omit | None
    store: bool | Omit | None
    stream_options: Mapping[str, object] | Omit | None
    temperature: float | Omit | None
    text: Mapping[str, object] | Omit | None
    tool_choice: str | Mapping[str, object] | Omit | None
    tools: Iterable[ToolParam] | Omit | None
    top_logprobs: int | Omit | None
    top_p: float | Omit | None
    truncation: str | Omit | None
    user: str | Omit | None


class CompactParams(CallParams, total=False):
    """The parameters of `compact` besides `input` and `model`."""

    image: Mapping[str, object] | Omit | None
    instructions: str | Omit | None
    previous_response_id: str | Omit | None
    prompt_cache_key: str | Omit | None
    prompt_cache_options: Mapping[str, object] | Omit | None
    prompt_cache_retention: str | Omit | None
    service_tier: str | Omit | None


class InputTokensParams(CallParams, total=False):
    """The parameters of `input_tokens.count` besides `input` and `model`."""

    conversation: str | Mapping[str, object] | Omit | None
    instructions: str | Omit | None
    parallel_tool_calls: bool | Omit | None
    personality: str | Omit | None
    previous_response_id: str | Omit | None
    reasoning: Mapping[str, object] | Omit | None
    text: Mapping[str, object] | Omit | None
    tool_choice: str | Mapping[str, object] | Omit | None
    tools: Iterable[ToolParam] | Omit | None
    truncation: str | Omit | None


class StoredParams(CallParams, total=False):
    """The parameters of what is asked about a stored response.

    `model` is no word of OpenAI's: the route or model it was asked of, where this process has not seen it given.
    """

    model: str | Omit | None


class RetrieveParams(StoredParams, total=False):
    """The parameters of `retrieve` besides `stream`."""

    include: Sequence[str] | Omit | None
    include_obfuscation: bool | Omit | None
    starting_after: int | Omit | None


class InputItemsParams(StoredParams, total=False):
    """The parameters of `input_items.list`."""

    after: str | Omit | None
    include: Sequence[str] | Omit | None
    limit: int | Omit | None
    order: str | Omit | None
