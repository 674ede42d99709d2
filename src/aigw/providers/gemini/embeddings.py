"""The adapters for Google's embeddings: the Gemini API, and Vertex AI with its two generations of models.

Sources: https://ai.google.dev/api/embeddings (`batchEmbedContents`) and
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api (`predict` of the models
before Gemini's, `embedContent` of those).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.canonical import embedding_parameters, texts_only, tokens_beyond
from aigw.providers.gemini.failures import error_of, google_mid_answer, google_refusal
from aigw.providers.gemini.models import VERTEX_EMBEDDINGS, resource, url
from aigw.providers.gemini.request import outgoing
from aigw.providers.gemini.tools import camel
from aigw.providers.gemini.usage import count, usage_of
from aigw.providers.reading import answer_object, misshapen
from aigw.providers.unstreamed import Unstreamed
from aigw.providers.vectors import vectors_of
from aigw.providers.writing import refuse
from aigw.types.embeddings import Embedded, EmbeddingsRequest
from aigw.types.json import JsonObject, as_array, as_object, as_text, without
from aigw.types.operation import Operation
from aigw.types.usage import Usage
from aigw.wire import HttpResponse

_TASKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "query": "RETRIEVAL_QUERY",
        "search_query": "RETRIEVAL_QUERY",
        "document": "RETRIEVAL_DOCUMENT",
        "search_document": "RETRIEVAL_DOCUMENT",
        "passage": "RETRIEVAL_DOCUMENT",
    }
)
"""What a text is for, in Google's words; its other words are the customary ones in capitals."""
_NAMES: Final[Mapping[str, str]] = MappingProxyType({"dimensions": "outputDimensionality", "input_type": "taskType"})
_BY_TEXT: Final = frozenset({"taskType", "title"})
_FORMATS: Final = ("float", "base64")
_KNOWN: Final = frozenset({"embedding", "embeddings", "predictions", "usageMetadata"})


class _GoogleEmbeddings(Unstreamed):
    """What both have in common; they differ in bodies and methods."""

    operation = Operation.EMBEDDINGS
    native: frozenset[str] = _BY_TEXT | {"outputDimensionality"}

    def unsupported(self, request: EmbeddingsRequest, target: Target) -> tuple[str, ...]:
        """Name what of *request* Google cannot express. Vectors come as numbers, which a surface writes as base64."""
        said = embedding_parameters(request, target, [])
        names = [
            name for name in said if name != "encoding_format" and _NAMES.get(name, camel(name)) not in self.native
        ]
        if said.get("encoding_format", "float") not in _FORMATS:
            names.append("encoding_format")
        return (*names, *tokens_beyond(request))

    def read(self, response: HttpResponse, target: Target, request: EmbeddingsRequest) -> Embedded:
        """Read the vectors. Raises the mapped `APIError` for an error inside a 200, or if their number is wrong."""
        provider = target.provider.name
        body = answer_object(response, provider)
        if error_of(body):
            raise google_mid_answer(body, target.provider, response)
        rows, usage = _rows(body)
        if rows is None:
            what = "JSON without embeddings"
            raise misshapen(what, provider, response)
        values = (row.get("values") for row in rows)
        vectors = vectors_of(values, provider, expected=len(request.inputs) or None, response=response)
        return Embedded(vectors, usage, extra=without(body, _KNOWN))

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return google_refusal(response, target.provider)

    def _written(
        self, request: EmbeddingsRequest, target: Target, notes: list[str]
    ) -> tuple[list[object], dict[str, object]]:
        """Give the texts, and the parameters in Google's words."""
        left_out = refuse(self.unsupported(request, target), target, notes)
        said = embedding_parameters(request, target, notes)
        config = {_NAMES.get(name, camel(name)): value for name, value in said.items() if name not in left_out}
        config.pop("encodingFormat", None)
        task = as_text(config.get("taskType"))
        if task is not None:
            config["taskType"] = _TASKS.get(task.lower(), task.upper())
        return texts_only(request, target, left_out), config


class GeminiEmbeddings(_GoogleEmbeddings):
    """Writes and reads `:batchEmbedContents`, for one text and for many."""

    dialect = "gemini-embeddings"

    def write(self, request: EmbeddingsRequest, target: Target) -> Outgoing:
        """Write *request*: each text is a request of its own, with all parameters."""
        notes: list[str] = []
        texts, config = self._written(request, target, notes)
        name = resource(target.model)
        requests = [{"model": name, "content": _content(text), **config} for text in texts]
        return outgoing({"requests": requests}, target, url(target, "batchEmbedContents"), notes)


class VertexEmbeddings(_GoogleEmbeddings):
    """Writes and reads `:predict`, and for Gemini's own models `:embedContent` and `:batchEmbedContents`."""

    dialect = VERTEX_EMBEDDINGS
    native = _GoogleEmbeddings.native | {"autoTruncate"}

    def write(self, request: EmbeddingsRequest, target: Target) -> Outgoing:
        """Write *request* in the form that its model takes."""
        notes: list[str] = []
        texts, config = self._written(request, target, notes)
        if not any(family in target.model.lower() for family in ("gemini", "maas")):
            return outgoing(_instances(texts, config), target, url(target, "predict"), notes)
        beside: JsonObject = {"embedContentConfig": config} if config else {}
        each: list[JsonObject] = [{"content": _content(text), **beside} for text in texts]
        if len(each) == 1:
            return outgoing(each[0], target, url(target, "embedContent"), notes)
        return outgoing({"requests": each}, target, url(target, "batchEmbedContents"), notes)


def _content(text: object) -> JsonObject:
    return {"parts": [{"text": text}]}


def _instances(texts: list[object], config: JsonObject) -> JsonObject:
    each = {name: config[key] for key, name in (("taskType", "task_type"), ("title", "title")) if key in config}
    instances = [{"content": text, **each} for text in texts]
    parameters = without(config, _BY_TEXT)
    return {"instances": instances, "parameters": parameters} if parameters else {"instances": instances}


def _rows(body: JsonObject) -> tuple[list[JsonObject] | None, Usage | None]:
    """Find the embeddings in any of the three forms, with the tokens that were counted."""
    usage = usage_of(as_object(body.get("usageMetadata")))
    if "embedding" in body:
        return [as_object(body["embedding"])], usage
    if isinstance(body.get("predictions"), list):
        rows = [as_object(as_object(row).get("embeddings")) for row in as_array(body["predictions"])]
        counts = [as_object(row.get("statistics")).get("token_count") for row in rows]
        return rows, usage or (Usage(input=sum(map(count, counts))) if any(counts) else None)
    if not isinstance(body.get("embeddings"), list):
        return None, usage
    rows = [as_object(row) for row in as_array(body["embeddings"])]
    return [as_object(row["embedding"]) if "embedding" in row else row for row in rows], usage
