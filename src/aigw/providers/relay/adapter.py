"""The adapters of governed pass-through: requests go out as the caller wrote them, answers come back as they are.

One class; what tells the dialects apart are the rows below it. Sources: the API references of OpenAI
(https://platform.openai.com/docs/api-reference), Cohere (https://docs.cohere.com/reference/rerank), Jina
(https://api.jina.ai/redoc) and Voyage (https://docs.voyageai.com/reference/reranker-api).
"""

import re
from collections.abc import Mapping
from typing import ClassVar, Final

from aigw.errors import BadRequestError
from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.failures import mid_answer
from aigw.providers.framing.multipart import form
from aigw.providers.reading import answer_object, unreadable
from aigw.providers.relay.usage import relay_usage
from aigw.providers.unstreamed import Unstreamed
from aigw.providers.writing import address, encoded, headers, refuse
from aigw.types.events import Whole
from aigw.types.json import JsonObject
from aigw.types.operation import Operation
from aigw.types.relay import Relayed, RelayRequest
from aigw.wire import HttpRequest, HttpResponse, with_query

_SPEECH: Final = "/audio/speech"
_CONTENT: Final = "/content"
_TEXTS: Final = frozenset({"text", "srt", "vtt"})
"""Formats of a transcription that are no JSON."""

ID: Final = r"[\w%~-][\w.%~-]*"
"""A pattern of an id as it stands in a path: quoted, and no step up."""


class Relay(Unstreamed):
    """Hands requests and answers through for one dialect, where the caller's surface speaks it or nearly so.

    `paths` are patterns of the paths it serves (each whole), `moved` where a path is another at this provider,
    `renamed` has the provider's names for parameters, and `known` what it takes from callers who speak its cousin.
    """

    operation: Operation
    paths: re.Pattern[str]
    moved: ClassVar[Mapping[str, str]] = {}
    renamed: ClassVar[Mapping[str, str]] = {}
    known: frozenset[str] = frozenset()

    def unsupported(self, request: RelayRequest, target: Target) -> tuple[str, ...]:  # noqa: ARG002 - the seam's
        """Name the parameters of a cousin's request that this dialect has no word for."""
        if request.dialect == self.dialect:
            return ()
        return tuple(name for name, value in request.fields.items() if name not in self.known and value is not None)

    def write(self, request: RelayRequest, target: Target) -> Outgoing:
        """Write *request* as it is, save the model's name and what the manifest or the dialect's own names change."""
        provider = target.provider
        if self.paths.fullmatch(request.path) is None:
            message = f"{provider.name} is not asked at {request.path[:80]!r} by this surface."
            raise BadRequestError(message, param="path", code="invalid_path", provider=provider.name)
        notes: list[str] = []
        left_out = refuse(self.unsupported(request, target), target, notes)
        fields = self._fields(request, target, left_out, notes)
        url = address(target, self.moved.get(request.path, request.path))
        if request.method == "GET":
            outgoing = HttpRequest("GET", with_query(url, fields), _headers(target, None, request))
        elif request.is_form or request.files:
            content_type, body = form(fields, request.files)
            outgoing = HttpRequest(request.method, url, _headers(target, content_type, request), body)
        else:
            content = encoded(fields, provider.name) if fields else b""
            outgoing = HttpRequest(request.method, url, _headers(target, "application/json", request), content)
        return Outgoing(outgoing, tuple(notes))

    def read(self, response: HttpResponse, target: Target, request: RelayRequest) -> Whole:
        """Take the answer as it is. Raises the mapped `APIError` for an error inside a 200, or what is no answer."""
        provider = target.provider.name
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if (request.path == _SPEECH or request.fields.get("response_format") in _TEXTS) and not kind.endswith("json"):
            if response.truncated or not response.content or kind == "text/html":
                what = "an HTML page" if kind == "text/html" else "nothing, or with more than is read of one answer"
                raise unreadable(what, provider, response)
            return Relayed(response)
        body = answer_object(response, provider)
        if body.get("error") and not _is_answer(body):
            raise mid_answer(body, target.provider, response)
        return Relayed(response, relay_usage(body, self.operation))

    def _fields(
        self, request: RelayRequest, target: Target, left_out: frozenset[str], notes: list[str]
    ) -> dict[str, object]:
        fields = {self.renamed.get(name, name): v for name, v in request.fields.items() if name not in left_out}
        if "model" in fields:
            fields["model"] = target.model
            for name, value in target.params.items():
                if name in fields and fields[name] != value:
                    notes.append(f"overridden: {name} (the manifest sets it for {target.id})")
                fields[name] = value
        return fields


def _headers(target: Target, content_type: str | None, request: RelayRequest) -> tuple[tuple[str, str], ...]:
    accept = "*/*" if request.path.startswith("/audio/") or request.path.endswith(_CONTENT) else "application/json"
    if request.stream:
        accept = "text/event-stream"
    pairs = headers(target, stream=False, own=(("accept", accept), ("content-type", content_type or "")))
    return tuple(pair for pair in pairs if pair != ("content-type", ""))


def _is_answer(body: JsonObject) -> bool:
    """Whether a body with an `error` is an answer all the same: it tells of one beside its results."""
    return any(body.get(name) for name in ("text", "results", "data"))


class OpenAIModerations(Relay):
    """`/moderations`."""

    dialect = "openai-moderations"
    operation = Operation.MODERATIONS
    paths = re.compile("/moderations")


class OpenAIImages(Relay):
    """`/images/…`."""

    dialect = "openai-images"
    operation = Operation.IMAGES
    paths = re.compile("/images/(?:generations|edits|variations)")


class OpenAIAudio(Relay):
    """`/audio/…`."""

    dialect = "openai-audio"
    operation = Operation.AUDIO
    paths = re.compile("/audio/(?:speech|transcriptions|translations)")


class OpenAIBatches(Relay):
    """`/batches` and the `/files` they are made of and end in, and one of either by its id: they live together."""

    dialect = "openai-batches"
    operation = Operation.BATCHES
    paths = re.compile(rf"/batches(?:/{ID}(?:/cancel)?)?|/files(?:/{ID}(?:{_CONTENT})?)?", re.ASCII)

    def read(self, response: HttpResponse, target: Target, request: RelayRequest) -> Whole:
        """Take the answer as it is; a file's content may be anything. Raises as any pass-through does."""
        if not request.path.endswith(_CONTENT):
            return super().read(response, target, request)
        if response.truncated:
            what = "a file of more than is read of one answer"
            raise unreadable(what, target.provider.name, response)
        return Relayed(response)


class CohereRerank(Relay):
    """Cohere's `/v2/rerank`, whose words are those of the surface."""

    dialect = "cohere-rerank"
    operation = Operation.RERANK
    paths = re.compile("/rerank")
    moved: ClassVar[Mapping[str, str]] = {"/rerank": "/v2/rerank"}


_OF_ALL: Final = frozenset({"model", "query", "documents", "top_n", "return_documents"})


class JinaRerank(Relay):
    """`/rerank` as Jina has it, and vLLM and Together after it."""

    dialect = "jina-rerank"
    operation = Operation.RERANK
    paths = re.compile("/rerank")
    known = _OF_ALL | {"truncation", "max_chunks_per_doc", "rank_fields", "return_embeddings"}


class VoyageRerank(Relay):
    """Voyage's `/rerank`, which counts with `top_k`."""

    dialect = "voyage-rerank"
    operation = Operation.RERANK
    paths = re.compile("/rerank")
    renamed: ClassVar[Mapping[str, str]] = {"top_n": "top_k"}
    known = _OF_ALL | {"top_k", "truncation"}
