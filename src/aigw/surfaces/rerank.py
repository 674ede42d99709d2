"""`rerank`: documents put in the order of how well they answer a query, in Cohere's words, which others share.

Source: https://docs.cohere.com/reference/rerank.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Unpack

from aigw.surfaces.arguments import refuse
from aigw.surfaces.planned import Face, Planned, plan_of
from aigw.surfaces.relay_request import planned, reader
from aigw.types.operation import Operation
from aigw.types.relay_params import Document, RerankParams
from aigw.types.rerank_response import RerankResponse

if TYPE_CHECKING:
    from aigw.pipeline import Engine

_SURFACE: Final = Operation.RERANK.value
_KNOWN: Final = frozenset(RerankParams.__annotations__) | {"query", "documents", "model"}


@plan_of(RerankParams)
def create(
    *, query: str, documents: Sequence[Document], model: str, **params: Unpack[RerankParams]
) -> Planned[RerankResponse]:
    """Rank *documents* by how well they answer *query*. Raises the errors of `aigw.errors`."""
    if isinstance(documents, str):
        refuse("documents", "must be a list of documents, not str", "invalid_type")
    if not documents:
        refuse("documents", "must be a list with at least one document", "empty_array")
    return planned(
        {"query": query, "documents": documents, "model": model, **params},
        reader(RerankResponse),
        dialect="cohere-rerank",
        operation=Operation.RERANK,
        path="/rerank",
        known=_KNOWN,
    )


class Rerank:
    """`rerank` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        face = Face(engine, _SURFACE)
        self.create = face.plain(create)
        self.with_raw_response = RawRerank(face)


class RawRerank:
    """`rerank.with_raw_response` of a sync gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.raw(create)


class AsyncRerank:
    """`rerank` of an async gateway."""

    def __init__(self, engine: "Engine") -> None:
        face = Face(engine, _SURFACE)
        self.create = face.awaited(create)
        self.with_raw_response = AsyncRawRerank(face)


class AsyncRawRerank:
    """`rerank.with_raw_response` of an async gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.awaited_raw(create)
