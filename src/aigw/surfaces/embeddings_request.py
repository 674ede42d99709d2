"""The plan of `embeddings.create`: from the caller's arguments to a canonical request, and from vectors to an answer.

Source: https://platform.openai.com/docs/api-reference/embeddings/create. Nothing is asked for that the caller did not
ask for: the compact base64 form is decoded where a provider sends it unasked, and made where it is asked for in vain.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias, Unpack, cast

from aigw.errors import APIResponseValidationError
from aigw.surfaces.arguments import plain_body, refuse
from aigw.surfaces.chat.request import extra_body_of, model_of, options_of, reject_unknown
from aigw.surfaces.planned import Planned, plan_of
from aigw.types import embeddings as canonical
from aigw.types.chat_params import CallParams
from aigw.types.embedding_response import CreateEmbeddingResponse, Embedding, Usage
from aigw.types.embeddings import Embedded, EmbeddingsRequest, Input, Vector
from aigw.types.json import JsonArray, JsonObject, as_array, as_int
from aigw.types.relay_params import EmbeddingsParams
from aigw.types.vectors import packed, unpacked

if TYPE_CHECKING:
    from aigw.types.events import Event

DIALECT: Final = "openai-embeddings"
SURFACE: Final = "embeddings"

Inputs: TypeAlias = str | Sequence[str] | Iterable[int] | Iterable[Iterable[int]]

_ABOUT_THE_CALL: Final = frozenset(CallParams.__annotations__)
_KNOWN: Final = frozenset(EmbeddingsParams.__annotations__) | {"input", "model"}
_CANONICAL: Final = frozenset(canonical.EmbeddingsParams.__annotations__)
_FIELDS: Final = frozenset(CreateEmbeddingResponse.model_fields)


@plan_of(EmbeddingsParams)
def create(*, input: Inputs, model: str, **params: Unpack[EmbeddingsParams]) -> Planned[CreateEmbeddingResponse]:  # noqa: A002 - OpenAI's name
    """Turn texts (or their tokens) into vectors, in their order. Raises the errors of `aigw.errors`."""
    said: dict[str, object] = {"input": input, "model": model, **params}
    reject_unknown(said, "create", _KNOWN)
    body = plain_body({**{name: said[name] for name in said if name not in _ABOUT_THE_CALL}, **extra_body_of(said)})
    request = EmbeddingsRequest(
        dialect=DIALECT,
        model=model_of(body),
        inputs=_inputs(body.get("input")),
        params=_canonical(body),
        verbatim=body,
        other={
            name: value
            for name, value in body.items()
            if name not in _CANONICAL and name not in {"input", "model"} and value is not None
        },
    )

    def read(event: "Event") -> CreateEmbeddingResponse:
        return response_of(event, request)

    return Planned(request, options_of(said), read)


def response_of(event: "Event", request: EmbeddingsRequest) -> CreateEmbeddingResponse:
    """Write *event*, the answer to *request*, in OpenAI's shape. Raises `APIResponseValidationError`."""
    if not isinstance(event, Embedded):
        message = f"The reply holds {type(event).__name__} where vectors belong: check the target's kind."
        raise APIResponseValidationError(message)
    wanted = request.params.get("encoding_format", "float")
    rows = [_row(index, vector, wanted) for index, vector in enumerate(event.vectors)]
    usage = event.usage
    read = 0 if usage is None else usage.prompt_tokens
    extra = {} if usage is None else {**usage.extra}
    total = read if usage is None else usage.total_tokens
    books = Usage.model_validate({**extra, "prompt_tokens": read, "total_tokens": total})
    beyond = {name: value for name, value in event.extra.items() if name not in _FIELDS}
    said: dict[str, object] = {
        **beyond,
        "data": (),
        "model": event.model or request.model,
        "object": "list",
        "usage": books,
    }
    response = CreateEmbeddingResponse.model_validate(said)
    # The rows were read from the wire number by number: to validate them again would cost more than the call.
    response.data = rows
    return response


def _row(index: int, vector: Vector, wanted: str) -> Embedding:
    numbers: list[float] | str
    if wanted.startswith("base64"):
        numbers = vector if isinstance(vector, str) else packed(vector)
    else:
        numbers = list(vector) if not isinstance(vector, str) else _numbers(vector, index)
    return Embedding.model_construct(None, embedding=cast("list[float]", numbers), index=index, object="embedding")


def _numbers(text: str, index: int) -> list[float]:
    found = unpacked(text)
    if found is None:
        message = f"Embedding {index} is base64, but not of 32-bit floats. Ask for it with encoding_format='base64'."
        raise APIResponseValidationError(message)
    return found


def _canonical(body: JsonObject) -> canonical.EmbeddingsParams:
    found: dict[str, object] = {}
    for name in _CANONICAL & body.keys():
        value = body[name]
        if value is None:
            continue
        if name == "dimensions" and (type(value) is not int or value < 1):
            refuse(
                name, "must be a whole number, 1 or more", "invalid_type" if type(value) is not int else "invalid_value"
            )
        if name != "dimensions" and not isinstance(value, str):
            refuse(name, f"must be text, not {type(value).__name__}", "invalid_type")
        found[name] = value
    # every value was checked just now
    return cast("canonical.EmbeddingsParams", found)


def _inputs(value: object) -> tuple[Input, ...]:
    """Read texts, tokens, or lists of either; nothing in it may be empty."""
    if value is None:
        refuse("input", "is missing: give a text, or a list of texts", "missing_required_parameter")
    if isinstance(value, str):
        return (_text(value, "input"),)
    items = as_array(value)
    if not isinstance(value, list):
        refuse("input", f"must be a text or a list of texts, not {type(value).__name__}", "invalid_type")
    if not items:
        refuse("input", "is an empty list: there is nothing to turn into vectors", "empty_array")
    if all(type(item) is int for item in items):
        return (_tokens(items, "input"),)
    return tuple(_input(item, f"input[{index}]") for index, item in enumerate(items))


def _input(value: object, place: str) -> Input:
    if isinstance(value, str):
        return _text(value, place)
    items = as_array(value)
    if not isinstance(value, list):
        refuse(place, f"must be a text or a list of tokens, not {type(value).__name__}", "invalid_type")
    return _tokens(items, place)


def _text(value: str, place: str) -> str:
    if not value:
        refuse(place, "is empty: providers refuse it; leave it out", "empty_string")
    return value


def _tokens(items: JsonArray, place: str) -> tuple[int, ...]:
    if not items:
        refuse(place, "is an empty list of tokens: leave it out", "empty_array")
    for index, item in enumerate(items):
        number = as_int(item)
        if type(item) is not int or number is None or number < 0:
            refuse(f"{place}[{index}]", f"must be a token's number, not {type(item).__name__}", "invalid_type")
    return cast("tuple[int, ...]", tuple(items))
