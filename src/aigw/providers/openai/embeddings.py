"""The adapter for OpenAI's embeddings dialect: what the caller wrote, except what a policy or a quirk changes.

Sources: https://platform.openai.com/docs/api-reference/embeddings, and the references of the hosts in `kinds`. How a
host deviates is in `Kind.embeddings`.
"""

from array import array
from collections.abc import Mapping
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.failures import mid_answer
from aigw.providers.openai.usage import usage_of
from aigw.providers.reading import answer_object, misshapen
from aigw.providers.unstreamed import Unstreamed
from aigw.providers.vectors import in_order, vectors_of
from aigw.providers.writing import address, encoded, headers, refuse
from aigw.types.embeddings import Embedded, EmbeddingsRequest, Vector
from aigw.types.json import JsonObject, as_array, as_object, as_text, without
from aigw.types.operation import Operation
from aigw.types.usage import Usage
from aigw.types.vectors import content_of
from aigw.wire import HttpRequest, HttpResponse

DIALECT: Final = "openai-embeddings"

_NEUTRAL: Final[Mapping[str, object]] = {"encoding_format": "float"}
"""Values that change nothing where a host does not know the parameter: numbers are what it gives anyway."""
_KNOWN: Final = frozenset({"object", "data", "model", "usage", "id"})


class OpenAIEmbeddings(Unstreamed):
    """Writes and reads `/embeddings`."""

    dialect = DIALECT
    operation = Operation.EMBEDDINGS

    def unsupported(self, request: EmbeddingsRequest, target: Target) -> tuple[str, ...]:
        """Name what of *request* the target's provider does not take, as its kind says."""
        body = _body(request, target, [])
        refused = sorted(target.provider.kind.embeddings.refused)
        foreign = () if request.dialect == DIALECT else tuple(request.other)
        return (*(name for name in refused if _says(body, *name.partition(".")[::2])), *foreign)

    def write(self, request: EmbeddingsRequest, target: Target) -> Outgoing:
        """Write *request*. Raises `UnsupportedParameterError`, or drops with a note, as the manifest says."""
        notes: list[str] = []
        left_out = {name.partition(".")[0] for name in refuse(self.unsupported(request, target), target, notes)}
        body = {name: value for name, value in _body(request, target, notes).items() if name not in left_out}
        _apply_quirks(body, target)
        return Outgoing(
            HttpRequest(
                "POST",
                address(target, "/embeddings"),
                headers(target, stream=False),
                encoded(body, target.provider.name),
            ),
            tuple(notes),
        )

    def read(self, response: HttpResponse, target: Target, request: EmbeddingsRequest) -> Embedded:
        """Read the vectors, in the order of the inputs. Raises the mapped `APIError` for an error inside a 200."""
        provider = target.provider.name
        body = answer_object(response, provider)
        if body.get("error") and not body.get("data"):
            raise mid_answer(body, target.provider, response)
        rows = in_order(as_array(body.get("data")))
        vectors = vectors_of(
            (row.get("embedding") for row in rows), provider, expected=len(request.inputs), response=response
        )
        if target.provider.kind.embeddings.int8_vectors and "encoding_format" not in request.params:
            vectors = tuple(_signed(found, provider, response) for found in vectors)
        return Embedded(
            vectors,
            usage=_usage(body.get("usage"), target),
            id=as_text(body.get("id")),
            model=as_text(body.get("model")),
            extra=without(body, _KNOWN),
        )


def _body(request: EmbeddingsRequest, target: Target, notes: list[str]) -> dict[str, object]:
    """Give the body before quirks: verbatim where the caller spoke this dialect, with the manifest's words over it."""
    own = request.dialect == DIALECT
    body: dict[str, object] = dict(request.verbatim) if own else {**request.params, **request.other}
    body["model"] = target.model
    if not own or "inputs" in request.edited:
        body["input"] = list(request.inputs)
    params: JsonObject = {**request.params}
    body.update({name: params[name] for name in request.edited & params.keys()})
    for name, value in target.params.items():
        if name in body and body[name] != value:
            notes.append(f"overridden: {name} (the manifest sets it for {target.id})")
        body[name] = value
    return body


def _says(body: JsonObject, name: str, variant: str) -> bool:
    """Whether *body* sets the parameter *name* (to *variant*, if one is given) in a way that means something."""
    value = body.get(name)
    return value is not None and value != _NEUTRAL.get(name) and (not variant or value == variant)


def _apply_quirks(body: dict[str, object], target: Target) -> None:
    quirks = target.provider.kind.embeddings
    for refused in quirks.refused:
        name, _, variant = refused.partition(".")
        value = body.get(name)
        if name in body and (value is None or value == _NEUTRAL.get(name)) and variant in ("", value):
            del body[name]
    for name, words in quirks.values.items():
        value = body.get(name)
        if isinstance(value, str) and value in words:
            body[name] = words[value]
    for name, theirs in quirks.renamed.items():
        if name in body:
            body.setdefault(theirs, body.pop(name))


def _usage(said: object, target: Target) -> Usage | None:
    """Read the books. Hosts that only embed may give one total, which is then all input."""
    books = as_object(said)
    if books and "prompt_tokens" not in books:
        books = {**books, "prompt_tokens": books.get("input_tokens", books.get("total_tokens"))}
    return usage_of(books, target.provider.kind.quirks)


def _signed(found: Vector, provider: str, response: HttpResponse) -> Vector:
    """Give a vector of signed bytes as numbers."""
    if not isinstance(found, str):
        return found
    content = content_of(found)
    if not content:
        what = "an embedding without numbers"
        raise misshapen(what, provider, response)
    return tuple(array("b", content))
