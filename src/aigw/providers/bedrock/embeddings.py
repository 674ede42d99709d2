"""The adapter for embeddings on Bedrock, where each family of models has its own words behind one `invoke`.

Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html, its neighbours for
Titan Multimodal and Cohere, and https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeAlias

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.bedrock.failures import refusal
from aigw.providers.bedrock.request import url
from aigw.providers.canonical import embedding_parameters, texts_only, tokens_beyond
from aigw.providers.reading import answer_object
from aigw.providers.unstreamed import Unstreamed
from aigw.providers.vectors import vectors_of
from aigw.providers.writing import encoded, headers, refuse
from aigw.types.embeddings import Embedded, EmbeddingsRequest
from aigw.types.json import JsonObject, as_array, as_int, as_object, as_text, without
from aigw.types.operation import Operation
from aigw.types.usage import Usage
from aigw.wire import HttpRequest, HttpResponse

DIALECT: Final = "bedrock-embeddings"

_Writer: TypeAlias = Callable[[list[object], JsonObject], dict[str, object]]

_COHERE_TYPES: Final[Mapping[str, str]] = MappingProxyType({"query": "search_query", "document": "search_document"})
_NOVA_TYPES: Final[Mapping[str, str]] = MappingProxyType({"query": "GENERIC_RETRIEVAL", "document": "GENERIC_INDEX"})
_EVERYWHERE: Final = frozenset({"encoding_format"})
_TAKEN: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "cohere": frozenset({"input_type", "truncate", "embedding_types", "images", "dimensions", "max_tokens"}),
        "nova": frozenset({"input_type", "dimensions", "truncationMode", "embeddingPurpose"}),
        "titan-image": frozenset({"dimensions", "inputImage"}),
        "titan-v1": frozenset[str](),
        "titan": frozenset({"dimensions", "normalize", "embeddingTypes"}),
    }
)
"""What each family takes beside the text itself."""

_ANSWER: Final = frozenset({"embedding", "embeddings", "embeddingsByType", "inputTextTokenCount", "texts", "id"})
_COUNT_HEADER: Final = "x-amzn-bedrock-input-token-count"


class BedrockEmbeddings(Unstreamed):
    """Writes and reads `/model/{id}/invoke` for Titan's, Cohere's and Nova's models. Only Cohere's take many texts."""

    dialect = DIALECT
    operation = Operation.EMBEDDINGS

    def unsupported(self, request: EmbeddingsRequest, target: Target) -> tuple[str, ...]:
        """Name what of *request* the target's model cannot express; of more than one text, where it takes one."""
        if request.dialect == DIALECT:
            return ()
        family = _family(target.model)
        said = embedding_parameters(request, target, [])
        names = [name for name in said if name not in _TAKEN[family] | _EVERYWHERE]
        if family == "cohere" and "dimensions" in said and "embed-v4" not in target.model:
            names.append("dimensions")
        if family != "cohere":
            names += (f"input[{index}]" for index in range(1, len(request.inputs)))
        return (*names, *tokens_beyond(request))

    def write(self, request: EmbeddingsRequest, target: Target) -> Outgoing:
        """Write *request*. Raises `UnsupportedParameterError`, or drops with a note, as the manifest says.

        Texts are never dropped: more than one is refused where the model takes one, whatever the manifest says.
        """
        notes: list[str] = []
        names = self.unsupported(request, target)
        texts = tuple(name for name in names if name.startswith("input["))
        if texts:
            refuse(texts, replace(target, on_unsupported="error"), notes)
        left_out = refuse(names, target, notes)
        outgoing = HttpRequest(
            "POST",
            url(target, "invoke"),
            headers(target, stream=False),
            encoded(_body(request, target, left_out, notes), target.provider.name),
        )
        return Outgoing(outgoing, tuple(notes))

    def read(self, response: HttpResponse, target: Target, request: EmbeddingsRequest) -> Embedded:
        """Read the vectors, in the order of the inputs."""
        provider = target.provider.name
        body = answer_object(response, provider)
        vectors = vectors_of(_rows(body), provider, expected=len(request.inputs) or None, response=response)
        counted = as_int(body.get("inputTextTokenCount"))
        if counted is None:
            counted = _number(response.headers.get(_COUNT_HEADER))
        return Embedded(
            vectors,
            usage=None if counted is None else Usage(input=max(0, counted)),
            id=as_text(body.get("id")) or None,
            extra=without(body, _ANSWER),
        )

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return refusal(response, target.provider.name)


def _family(model: str) -> str:
    name = model.lower()
    if "cohere" in name:
        return "cohere"
    if "nova" in name:
        return "nova"
    if "titan-embed-image" in name:
        return "titan-image"
    return "titan-v1" if "titan-embed-text-v1" in name or "titan-embed-g1" in name else "titan"


def _body(request: EmbeddingsRequest, target: Target, left_out: frozenset[str], notes: list[str]) -> dict[str, object]:
    if request.dialect == DIALECT and not request.edited:
        return {**request.verbatim, **target.params}
    said = embedding_parameters(request, target, notes)
    kept = {name: value for name, value in said.items() if name not in left_out | _EVERYWHERE}
    return _WRITERS[_family(target.model)](texts_only(request, target, left_out), kept)


def _cohere(texts: list[object], said: JsonObject) -> dict[str, object]:
    kind = as_text(said.get("input_type")) or "document"
    body: dict[str, object] = {"texts": texts, "input_type": _COHERE_TYPES.get(kind, kind)}
    if "dimensions" in said:
        body["output_dimension"] = said["dimensions"]
    return {**body, **without(said, frozenset({"input_type", "dimensions"}))}


def _nova(texts: list[object], said: JsonObject) -> dict[str, object]:
    kind = as_text(said.get("input_type")) or "document"
    purpose = as_text(said.get("embeddingPurpose")) or _NOVA_TYPES.get(kind, kind)
    params: dict[str, object] = {"embeddingPurpose": purpose}
    if "dimensions" in said:
        params["embeddingDimension"] = said["dimensions"]
    params["text"] = {"truncationMode": said.get("truncationMode", "NONE"), "value": _one(texts)}
    return {
        "schemaVersion": "nova-multimodal-embed-v1",
        "taskType": "SINGLE_EMBEDDING",
        "singleEmbeddingParams": params,
    }


def _titan(texts: list[object], said: JsonObject) -> dict[str, object]:
    return {"inputText": _one(texts), **said}


def _titan_image(texts: list[object], said: JsonObject) -> dict[str, object]:
    body: dict[str, object] = {"inputText": _one(texts), **without(said, frozenset({"dimensions"}))}
    if "dimensions" in said:
        body["embeddingConfig"] = {"outputEmbeddingLength": said["dimensions"]}
    return body


_WRITERS: Final[Mapping[str, _Writer]] = MappingProxyType(
    {"cohere": _cohere, "nova": _nova, "titan-image": _titan_image, "titan-v1": _titan, "titan": _titan}
)


def _one(texts: list[object]) -> object:
    return texts[0] if texts else ""


def _rows(body: JsonObject) -> list[object]:
    """Find the vectors: one, a list of them, lists by type, or (Nova) objects that hold one each."""
    if as_array(body.get("embedding")):
        return [body["embedding"]]
    found = body.get("embeddings") or body.get("embeddingsByType")
    by_type = as_object(found)
    if by_type:
        first = by_type.get("float") or next(iter(by_type.values()))
        rows = as_array(first)
        return list(rows) if rows and as_array(rows[0]) else [first]
    return [as_object(row).get("embedding", row) for row in as_array(found)]


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
