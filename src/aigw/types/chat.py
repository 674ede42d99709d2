"""Public response models of `chat.completions`, with the names and attributes of the `openai` client.

Source of the shapes: https://platform.openai.com/docs/api-reference/chat/object. Every model keeps fields it has no
word for (`extra="allow"`), so what a provider says beyond the dialect is an attribute, too. Values only a provider can
list (`service_tier`) are plain strings.
"""

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, PrivateAttr, Tag

from aigw.types.json import JsonObject, as_object

if TYPE_CHECKING:
    from aigw.record import Record

FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]


class Model(BaseModel):
    """Base of the public response models: lenient about more, built on first use."""

    model_config = ConfigDict(extra="allow", defer_build=True, protected_namespaces=())

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        """Set private attributes at once where their defaults need no copy.

        pydantic's own way, one by one and through four calls each, takes a fifth of the time that an answer takes.
        """
        begun = {name: each.get_default() for name, each in cls.__private_attributes__.items()}
        if begun and all(value in {None, (None, None)} for value in begun.values()):

            def begin(made: Model, _: object) -> None:
                if getattr(made, "__pydantic_private__", None) is None:
                    object.__setattr__(made, "__pydantic_private__", {**begun})

            setattr(cls, "model_post_init", begin)  # noqa: B010 - no type checker lets a method be assigned to

    def to_dict(  # noqa: PLR0913 - the switches of the openai client's method, all by name
        self,
        *,
        mode: Literal["json", "python"] = "python",
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        warnings: bool = True,
    ) -> dict[str, object]:
        """Give what the provider said as a dict: fields it did not set are left out."""
        return self.model_dump(
            mode=mode,
            by_alias=use_api_names,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
            warnings=warnings,
        )

    def to_json(  # noqa: PLR0913 - the switches of the openai client's method, all by name
        self,
        *,
        indent: int | None = 2,
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        warnings: bool = True,
    ) -> str:
        """Give what the provider said as JSON text, indented by *indent* (None: compact)."""
        return self.model_dump_json(
            indent=indent,
            by_alias=use_api_names,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
            warnings=warnings,
        )


class PromptTokensDetails(Model):
    """What `prompt_tokens` is made of, as far as the provider says."""

    audio_tokens: int | None = None
    cache_write_tokens: int | None = None
    cached_tokens: int | None = None
    image_tokens: int | None = None
    text_tokens: int | None = None


class CompletionTokensDetails(Model):
    """What `completion_tokens` is made of, as far as the provider says."""

    accepted_prediction_tokens: int | None = None
    audio_tokens: int | None = None
    reasoning_tokens: int | None = None
    rejected_prediction_tokens: int | None = None
    text_tokens: int | None = None


class CompletionUsage(Model):
    """Tokens of an answer: `prompt_tokens` includes cached ones, `completion_tokens` reasoning."""

    completion_tokens: int
    prompt_tokens: int
    total_tokens: int
    completion_tokens_details: CompletionTokensDetails | None = None
    prompt_tokens_details: PromptTokensDetails | None = None


class TopLogprob(Model):
    """A token that might have been, with its log probability."""

    token: str
    bytes: list[int] | None = None
    logprob: float


class ChatCompletionTokenLogprob(Model):
    """A token of the answer with its log probability and its nearest rivals."""

    token: str
    bytes: list[int] | None = None
    logprob: float
    top_logprobs: list[TopLogprob] = []


class ChoiceLogprobs(Model):
    """Log probabilities of a choice, where asked for."""

    content: list[ChatCompletionTokenLogprob] | None = None
    refusal: list[ChatCompletionTokenLogprob] | None = None


class AnnotationURLCitation(Model):
    """A web page the answer cites; the indices are characters of the content."""

    end_index: int | None = None
    start_index: int | None = None
    title: str | None = None
    url: str


class Annotation(Model):
    """Something said about the content. Providers add kinds, so only the type is sure."""

    type: str = "url_citation"
    url_citation: AnnotationURLCitation | None = None


class ChatCompletionAudio(Model):
    """A spoken answer: base64 `data`, valid under its `id` until `expires_at` (seconds since the epoch)."""

    id: str
    data: str | None = None
    expires_at: int | None = None
    transcript: str | None = None


class FunctionCall(Model):
    """A call of the old kind, before there were tools."""

    arguments: str
    name: str


class Function(Model):
    """The function to call. `arguments` is JSON text, as the model wrote it."""

    arguments: str
    name: str


class ChatCompletionMessageFunctionToolCall(Model):
    """The model asks for a function."""

    id: str
    function: Function
    type: Literal["function"] = "function"


class Custom(Model):
    """The custom tool to call. `input` is free text."""

    input: str
    name: str


class ChatCompletionMessageCustomToolCall(Model):
    """The model asks for a custom tool."""

    id: str
    custom: Custom
    type: Literal["custom"] = "custom"


def kind_of_tool_call(value: object) -> str:
    """Tell which tool call *value* (a dict or a model) is; what says nothing is a function."""
    kind = as_object(value).get("type") or getattr(value, "type", None)
    return "custom" if kind == "custom" else "function"


ChatCompletionMessageToolCall: TypeAlias = Annotated[
    Annotated[ChatCompletionMessageFunctionToolCall, Tag("function")]
    | Annotated[ChatCompletionMessageCustomToolCall, Tag("custom")],
    Discriminator(kind_of_tool_call),
]


class ChatCompletionMessage(Model):
    """The answer itself. Thinking, where a provider shows it, is in the extra field `reasoning_content`."""

    content: str | None = None
    refusal: str | None = None
    role: Literal["assistant"] = "assistant"
    annotations: list[Annotation] | None = None
    audio: ChatCompletionAudio | None = None
    function_call: FunctionCall | None = None
    tool_calls: list[ChatCompletionMessageToolCall] | None = None


class Choice(Model):
    """One alternative of an answer."""

    finish_reason: FinishReason
    index: int
    logprobs: ChoiceLogprobs | None = None
    message: ChatCompletionMessage


class ChatCompletion(Model):
    """A complete answer. `aigw` says how it came about; it and `_request_id` are no part of `model_dump()`."""

    id: str
    choices: list[Choice]
    created: int
    model: str
    object: Literal["chat.completion"] = "chat.completion"
    metadata: JsonObject | None = None
    moderation: JsonObject | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None
    usage: CompletionUsage | None = None

    _attached: "tuple[Record | None, str | None]" = PrivateAttr(default=(None, None))

    @property
    def aigw(self) -> "Record":
        """The record of the call. Raises `AttributeError` on an object that no gateway made."""
        record = self._attached[0]
        if record is None:
            message = "this completion was not made by a gateway, so it has no record"
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
