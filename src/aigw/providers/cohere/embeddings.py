"""The adapter for Cohere's embeddings (v2). Source: https://docs.cohere.com/reference/embed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.canonical import embedding_parameters, texts_only, tokens_beyond
from aigw.providers.cohere.answer import check_for_error
from aigw.providers.reading import answer_object
from aigw.providers.unstreamed import Unstreamed
from aigw.providers.vectors import vectors_of
from aigw.providers.writing import encoded, endpoint, headers, refuse
from aigw.types.embeddings import Embedded, EmbeddingsRequest
from aigw.types.json import JsonObject, as_array, as_int, as_object, as_text, without
from aigw.types.operation import Operation
from aigw.types.usage import Usage
from aigw.wire import HttpRequest, HttpResponse

DIALECT: Final = "cohere-embeddings"

INPUT_TYPE: Final = "search_document"
"""What a text is taken for where nobody says: Cohere wants to know, and most texts are embedded to be found."""

_INPUT_TYPES: Final[Mapping[str, str]] = MappingProxyType({"query": "search_query", "document": "search_document"})
_NAMES: Final[Mapping[str, str]] = MappingProxyType({"dimensions": "output_dimension"})
_EXPRESSED: Final = frozenset({"dimensions", "encoding_format", "input_type"})
_NATIVE: Final = frozenset({"truncate", "max_tokens", "priority", "embedding_types", "output_dimension"})
_FORMATS: Final = ("float", "base64")
_ANSWER: Final = frozenset({"id", "embeddings", "texts", "images", "meta", "response_type"})


class CohereEmbeddings(Unstreamed):
    """Writes and reads `/v2/embed`."""

    dialect = DIALECT
    operation = Operation.EMBEDDINGS

    def unsupported(self, request: EmbeddingsRequest, target: Target) -> tuple[str, ...]:
        """Name what of *request* Cohere cannot express."""
        if request.dialect == DIALECT:
            return ()
        said = embedding_parameters(request, target, [])
        names = [name for name in said if name not in _EXPRESSED | _NATIVE]
        if said.get("encoding_format", "float") not in _FORMATS:
            names.append("encoding_format")
        return (*names, *tokens_beyond(request))

    def write(self, request: EmbeddingsRequest, target: Target) -> Outgoing:
        """Write *request*. Raises `UnsupportedParameterError`, or drops with a note, as the manifest says."""
        notes: list[str] = []
        left_out = refuse(self.unsupported(request, target), target, notes)
        provider = target.provider
        outgoing = HttpRequest(
            "POST",
            endpoint(provider.base_url, "/v2/embed"),
            headers(target, stream=False),
            encoded(_body(request, target, left_out, notes), provider.name),
        )
        return Outgoing(outgoing, tuple(notes))

    def read(self, response: HttpResponse, target: Target, request: EmbeddingsRequest) -> Embedded:
        """Read the vectors, in the order of the inputs. Raises the mapped `APIError` for an error inside a 200."""
        provider = target.provider.name
        body = answer_object(response, provider)
        check_for_error(body, target.provider, response)
        vectors = vectors_of(_rows(body, request), provider, expected=len(request.inputs) or None, response=response)
        return Embedded(
            vectors,
            usage=_usage(as_object(body.get("meta"))),
            id=as_text(body.get("id")) or None,
            extra=without(body, _ANSWER),
        )


def _body(request: EmbeddingsRequest, target: Target, left_out: frozenset[str], notes: list[str]) -> dict[str, object]:
    if request.dialect == DIALECT and not request.edited:
        return {**request.verbatim, **target.params, "model": target.model}
    said = {name: value for name, value in embedding_parameters(request, target, notes).items() if name not in left_out}
    kind = as_text(said.pop("input_type", None)) or INPUT_TYPE
    form = said.pop("encoding_format", "float")
    body: dict[str, object] = {
        "model": target.model,
        "texts": texts_only(request, target, left_out),
        "input_type": _INPUT_TYPES.get(kind, kind),
        "embedding_types": [form],
    }
    body.update({_NAMES.get(name, name): value for name, value in said.items()})
    return body


def _rows(body: JsonObject, request: EmbeddingsRequest) -> tuple[object, ...]:
    """Find the vectors: of the type that was asked for, or of the only one that is there."""
    found = body.get("embeddings")
    by_type = as_object(found)
    asked = request.params.get("encoding_format", "float")
    rows = by_type.get(asked) or next((rows for rows in by_type.values() if as_array(rows)), None)
    return tuple(as_array(rows or found))


def _usage(meta: JsonObject) -> Usage | None:
    """Read the books: tokens where Cohere counts them, else what it bills; images are counted apart."""
    billed = as_object(meta.get("billed_units"))
    tokens = as_object(meta.get("tokens")) or billed
    if not tokens:
        return None
    return Usage(
        input=max(0, as_int(tokens.get("input_tokens")) or 0),
        image_input=max(0, as_int(billed.get("image_tokens")) or 0),
        extra={"billed_units": billed} if billed else {},
    )
