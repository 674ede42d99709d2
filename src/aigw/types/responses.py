"""Public response models of `responses`, with the names and attributes of the `openai` client.

Source of the shapes: https://platform.openai.com/docs/api-reference/responses/object. What a provider says beyond them
is an attribute, too, at any depth (`Thing`): an answer is never refused for a part that has another shape.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, TypeVar, cast

from pydantic import ConfigDict, PlainValidator, PrivateAttr, ValidationError

from aigw.types.chat import Model
from aigw.types.json import JsonObject, as_object, as_text

if TYPE_CHECKING:
    from aigw.record import Record

M = TypeVar("M", bound=Model)


class Thing(Model):
    """A JSON object whose fields are attributes, whatever they are."""

    model_config = ConfigDict(extra="allow", defer_build=False, protected_namespaces=())

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> object: ...


_PLAIN: Final = frozenset({"body", "env", "headers", "input_schema", "logit_bias", "metadata", "parameters", "schema"})
"""Fields whose objects are dicts, as in the `openai` client: their keys are anybody's."""


def thing(value: object) -> object:
    """Give *value* with the JSON objects in it as a `Thing` each, but for those that are `_PLAIN`."""
    if isinstance(value, Mapping):
        return _made(Thing, cast("JsonObject", value))
    if isinstance(value, list):
        return [thing(item) for item in cast("list[object]", value)]
    return value


def _made(kind: type[M], body: JsonObject) -> M:
    # pydantic takes the fields as keywords of any type
    fields = {name: cast("Any", value if name in _PLAIN else thing(value)) for name, value in body.items()}
    return cast("M", kind.model_construct(None, **fields))  # pyright: ignore[reportUnnecessaryCast] - mypy needs it


def one_of(kinds: Mapping[str, type[Model]], other: type[Model]) -> Callable[[object], object]:
    """Make a validator that reads an object as the model for its `type`, or as *other* where that does not fit."""

    def read(value: object) -> object:
        body = as_object(value)
        if not body:
            return thing(value)
        kind = kinds.get(as_text(body.get("type")) or "")
        if kind is not None:
            try:
                return kind.model_validate(body)
            except ValidationError:
                pass
        return _made(other, body)

    return read


def _leniently(kind: type[Model]) -> Callable[[object], object]:
    """Make a validator that reads an object as *kind*, or as a `Thing` where that does not fit."""

    def read(value: object) -> object:
        body = as_object(value)
        if body:
            try:
                return kind.model_validate(body)
            except ValidationError:
                pass
        return thing(value)

    return read


if TYPE_CHECKING:
    Loose: TypeAlias = Thing
else:
    Loose = Annotated[object, PlainValidator(thing)]


class ResponseOutputText(Model):
    """Text of the answer."""

    annotations: list[Loose] | None = None
    text: str
    type: Literal["output_text"] = "output_text"
    logprobs: list[Loose] | None = None


class ResponseOutputRefusal(Model):
    """The model's own words for why it will not answer."""

    refusal: str
    type: Literal["refusal"] = "refusal"


class ResponseOutputOther(Thing):
    """Content of another type."""

    if TYPE_CHECKING:
        type: Literal["output_audio", "reasoning_text", "summary_text"]
    else:
        type: object = None


if TYPE_CHECKING:
    ResponseContent: TypeAlias = ResponseOutputText | ResponseOutputRefusal | ResponseOutputOther
else:
    _CONTENTS = {"output_text": ResponseOutputText, "refusal": ResponseOutputRefusal}
    ResponseContent = Annotated[object, PlainValidator(one_of(_CONTENTS, ResponseOutputOther))]


class ResponseOutputMessage(Model):
    """A message of the model."""

    id: str | None = None
    content: list[ResponseContent]
    role: str = "assistant"
    status: str | None = None
    type: Literal["message"] = "message"
    phase: str | None = None


class ResponseFunctionToolCall(Model):
    """The model asks for a function; `arguments` is JSON text. Results refer to `call_id`."""

    arguments: str
    call_id: str
    name: str
    type: Literal["function_call"] = "function_call"
    id: str | None = None
    status: str | None = None


class ResponseCustomToolCall(Model):
    """The model asks for a custom tool; `input` is free text."""

    call_id: str
    input: str
    name: str
    type: Literal["custom_tool_call"] = "custom_tool_call"
    id: str | None = None


class ReasoningText(Model):
    """A piece of thinking, or of a summary of it."""

    text: str
    type: str | None = None


class ResponseReasoningItem(Model):
    """What the model tells of its thinking; `encrypted_content` is for sending it back."""

    id: str | None = None
    summary: list[ReasoningText] | None = None
    type: Literal["reasoning"] = "reasoning"
    content: list[ReasoningText] | None = None
    encrypted_content: str | None = None
    status: str | None = None


class ResponseOtherItem(Thing):
    """An item of another type: what a provider's own tool did, say."""

    if TYPE_CHECKING:
        id: str | None = None
        type: Literal[
            "web_search_call", "file_search_call", "code_interpreter_call", "computer_call", "image_generation_call",
            "mcp_call", "mcp_list_tools", "mcp_approval_request", "local_shell_call", "shell_call", "apply_patch_call",
            "tool_search_call", "compaction", "provider_block",
        ]  # fmt: skip
    else:
        id: object = None
        type: object = None


ITEMS: Final[Mapping[str, type[Model]]] = {
    "message": ResponseOutputMessage,
    "function_call": ResponseFunctionToolCall,
    "custom_tool_call": ResponseCustomToolCall,
    "reasoning": ResponseReasoningItem,
}

if TYPE_CHECKING:
    ResponseOutputItem: TypeAlias = (
        ResponseOutputMessage
        | ResponseFunctionToolCall
        | ResponseCustomToolCall
        | ResponseReasoningItem
        | ResponseOtherItem
    )
else:
    ResponseOutputItem = Annotated[object, PlainValidator(one_of(ITEMS, ResponseOtherItem))]


class InputTokensDetails(Model):
    """What `input_tokens` is made of, as far as the provider says."""

    cache_write_tokens: int | None = None
    cached_tokens: int | None = None


class OutputTokensDetails(Model):
    """What `output_tokens` is made of, as far as the provider says."""

    reasoning_tokens: int | None = None


class ResponseUsage(Model):
    """Tokens of an answer: `input_tokens` includes cached ones, `output_tokens` reasoning."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_tokens_details: InputTokensDetails | None = None
    output_tokens_details: OutputTokensDetails | None = None


class ResponseError(Model):
    """Why an answer failed."""

    code: str | None = None
    message: str


class IncompleteDetails(Model):
    """Why an answer is not whole: `max_output_tokens` or `content_filter`."""

    reason: str | None = None


if TYPE_CHECKING:
    LooseUsage: TypeAlias = ResponseUsage | None
    _Error: TypeAlias = ResponseError | None
    _Incomplete: TypeAlias = IncompleteDetails | None
else:
    LooseUsage = Annotated[object, PlainValidator(_leniently(ResponseUsage))]
    _Error = Annotated[object, PlainValidator(_leniently(ResponseError))]
    _Incomplete = Annotated[object, PlainValidator(_leniently(IncompleteDetails))]


class Response(Model):
    """An answer. `aigw` says how it came about; it and `_request_id` are no part of `model_dump()`."""

    id: str
    created_at: float | None = None
    error: _Error = None
    incomplete_details: _Incomplete = None
    instructions: str | list[Loose] | None = None
    metadata: JsonObject | None = None
    model: str | None = None
    object: Literal["response"] = "response"
    output: list[ResponseOutputItem]
    parallel_tool_calls: bool | None = None
    temperature: float | None = None
    tool_choice: str | Loose | None = None
    tools: list[Loose] | None = None
    top_p: float | None = None
    access_programs: Loose | None = None
    background: bool | None = None
    completed_at: float | None = None
    conversation: Loose | None = None
    image: Loose | None = None
    input_transformations: list[Loose] | None = None
    max_output_tokens: int | None = None
    max_tool_calls: int | None = None
    moderation: Loose | None = None
    previous_response_id: str | None = None
    prompt: Loose | None = None
    prompt_cache_diagnostics: Loose | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: Loose | None = None
    prompt_cache_retention: str | None = None
    reasoning: Loose | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    status: str | None = None
    text: Loose | None = None
    tool_usage: Loose | None = None
    top_logprobs: int | None = None
    truncation: str | None = None
    usage: LooseUsage = None
    user: str | None = None

    _attached: "tuple[Record | None, str | None]" = PrivateAttr(default=(None, None))

    @property
    def output_text(self) -> str:
        """All text of the answer."""
        messages = [item for item in self.output if isinstance(item, ResponseOutputMessage)]
        return "".join(
            part.text for message in messages for part in message.content if isinstance(part, ResponseOutputText)
        )

    @property
    def aigw(self) -> "Record":
        """The record of the call. Raises `AttributeError` on an object that no gateway made."""
        record = self._attached[0]
        if record is None:
            message = "this response was not made by a gateway, so it has no record"
            raise AttributeError(message)
        return record

    @property
    def _request_id(self) -> str | None:
        """The provider's id of the request, under the openai client's name for it."""
        return self._attached[1]

    def attach(self, record: "Record | None", request_id: str | None) -> None:
        """Remember the *record* of the call and the provider's *request_id*."""
        self._attached = record, request_id

    def attached(self) -> "tuple[Record | None, str | None]":
        """Give what `attach` remembered."""
        return self._attached
