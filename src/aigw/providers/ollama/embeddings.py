"""The adapter for Ollama's native embeddings.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embeddings
"""

from typing import Final

from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.canonical import embedding_parameters, texts_only, tokens_beyond
from aigw.providers.failures import mid_answer
from aigw.providers.reading import answer_object
from aigw.providers.unstreamed import Unstreamed
from aigw.providers.vectors import vectors_of
from aigw.providers.writing import encoded, endpoint, headers, refuse
from aigw.types.embeddings import Embedded, EmbeddingsRequest
from aigw.types.json import as_array, as_int, as_text, without
from aigw.types.operation import Operation
from aigw.types.usage import Usage
from aigw.wire import HttpRequest, HttpResponse

DIALECT: Final = "ollama-embeddings"

_EXPRESSED: Final = frozenset({"dimensions", "encoding_format"})
_NATIVE: Final = frozenset({"truncate", "options", "keep_alive"})
_SENT: Final = _NATIVE | {"dimensions"}
_ANSWER: Final = frozenset({"model", "embeddings", "prompt_eval_count", "error"})


class OllamaEmbeddings(Unstreamed):
    """Writes and reads `/api/embed`. It gives numbers, whatever `encoding_format` says: base64 is written by us."""

    dialect = DIALECT
    operation = Operation.EMBEDDINGS

    def unsupported(self, request: EmbeddingsRequest, target: Target) -> tuple[str, ...]:
        """Name what of *request* Ollama cannot express."""
        if request.dialect == DIALECT:
            return ()
        said = embedding_parameters(request, target, [])
        return (*(name for name in said if name not in _EXPRESSED | _NATIVE), *tokens_beyond(request))

    def write(self, request: EmbeddingsRequest, target: Target) -> Outgoing:
        """Write *request*. Raises `UnsupportedParameterError`, or drops with a note, as the manifest says."""
        notes: list[str] = []
        left_out = refuse(self.unsupported(request, target), target, notes)
        if request.dialect == DIALECT and not request.edited:
            body: dict[str, object] = {**request.verbatim, **target.params, "model": target.model}
        else:
            said = embedding_parameters(request, target, notes)
            body = {"model": target.model, "input": texts_only(request, target, left_out)}
            sent = said.keys() - left_out if target.unsupported == "pass" else _SENT & said.keys()
            body.update({name: said[name] for name in sorted(sent - {"encoding_format"})})
        provider = target.provider
        url = endpoint(provider.base_url, "/api/embed")
        outgoing = HttpRequest("POST", url, headers(target, stream=False), encoded(body, provider.name))
        return Outgoing(outgoing, tuple(notes))

    def read(self, response: HttpResponse, target: Target, request: EmbeddingsRequest) -> Embedded:
        """Read the vectors, in the order of the inputs. Raises the mapped `APIError` for an error inside a 200."""
        provider = target.provider.name
        body = answer_object(response, provider)
        if body.get("error"):
            raise mid_answer(body, target.provider, response)
        vectors = vectors_of(
            as_array(body.get("embeddings")), provider, expected=len(request.inputs) or None, response=response
        )
        count = as_int(body.get("prompt_eval_count"))
        return Embedded(
            vectors,
            usage=None if count is None else Usage(input=max(0, count)),
            model=as_text(body.get("model")) or None,
            extra=without(body, _ANSWER),
        )
