"""The canonical request: what a surface parses the caller's arguments into, and what adapters write from.

Two forms travel together. `messages` and `params` are canonical, so every surface is governed the same way. `verbatim`
is the body as the caller wrote it, in the surface's own dialect, so a target of the same dialect receives exactly that.
A policy that changes something goes through `Request.edit` or `Message.edit`; what was edited is then written from the
canonical form, and the rest stays verbatim.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, TypedDict

from aigw.types.embeddings import EmbeddingsRequest
from aigw.types.json import EMPTY, JsonObject
from aigw.types.operation import Operation
from aigw.types.parts import Part
from aigw.types.quick import quick
from aigw.types.relay import RelayRequest

Role: TypeAlias = Literal["system", "developer", "user", "assistant", "tool"]


@quick
@dataclass(frozen=True, slots=True)
class Message:
    """One turn. `verbatim` is the caller's own object in the request's dialect, or None once a policy has edited it."""

    role: Role
    parts: tuple[Part, ...] = field(repr=False)
    name: str | None = None
    extra: JsonObject = field(default=EMPTY, repr=False)
    verbatim: JsonObject | None = field(default=None, repr=False)

    def edit(self, parts: tuple[Part, ...]) -> "Message":
        """Give this message with other *parts*; its verbatim form no longer speaks for it."""
        return replace(self, parts=parts, verbatim=None)


class Params(TypedDict, total=False):
    """Parameters by their canonical names, which are those of OpenAI's Chat Completions, in its shapes and units.

    Source: https://platform.openai.com/docs/api-reference/chat/create. Only what the caller set is present; `None` is
    never stored. `max_tokens` and `stop` are normalised: one name for the limit, always a list of strings.
    OpenAI has no word for `top_k` and `reasoning_budget` (tokens a model may think): other surfaces do.
    """

    max_tokens: int
    temperature: float
    top_p: float
    top_k: int
    stop: Sequence[str]
    n: int
    seed: int
    frequency_penalty: float
    presence_penalty: float
    logprobs: bool
    top_logprobs: int
    logit_bias: Mapping[str, int]
    tools: Sequence[JsonObject]
    tool_choice: str | JsonObject
    parallel_tool_calls: bool
    response_format: JsonObject
    reasoning_effort: str
    reasoning_budget: int
    verbosity: str
    modalities: Sequence[str]
    audio: JsonObject
    prediction: JsonObject
    service_tier: str
    store: bool
    metadata: Mapping[str, str]
    user: str


Judgement: TypeAlias = tuple[object, object]
"""For which target somebody judged, and what was found."""


@dataclass(frozen=True, slots=True)
class Request:
    """A chat request in canonical form, with the caller's own body beside it.

    `dialect` names the surface's dialect (`openai-chat`). `other` holds parameters without a canonical name
    (`extra_body`, vendors' own): an adapter of another dialect must refuse or drop each one, by name.
    `operation` is chat, or counting the tokens of one.
    `edited` holds the names (keys of `Params`, or `messages`) for which `verbatim` no longer speaks. Prompts are left
    out of the representation, which ends up in logs and in reports of crashes. `judgements` is what adapters have found
    unsupported in it, for those that ask again; a changed request begins without any.
    """

    dialect: str
    model: str
    messages: tuple[Message, ...] = field(repr=False)
    params: Params = field(repr=False)
    stream: bool
    verbatim: JsonObject = field(repr=False)
    other: JsonObject = field(default=EMPTY, repr=False)
    edited: frozenset[str] = frozenset()
    operation: Operation = Operation.CHAT
    surface: str = "chat"
    judgements: dict[tuple[object, int], Judgement] = field(
        default_factory=dict[tuple[object, int], "Judgement"], init=False, repr=False, compare=False
    )

    def edit(self, *, messages: tuple[Message, ...] | None = None, params: Params | None = None) -> "Request":
        """Give this request with other *messages*, or with *params* laid over its own, and remember which changed."""
        changed = self
        if messages is not None:
            changed = replace(changed, messages=messages, edited=changed.edited | {"messages"})
        if params:
            laid_over: Params = {**changed.params, **params}
            changed = replace(changed, params=laid_over, edited=changed.edited | params.keys())
        return changed


AnyRequest: TypeAlias = Request | EmbeddingsRequest | RelayRequest
"""What travels the pipeline. All have `dialect`, `model`, `operation`, `surface` and `stream`."""
