"""Public models of `rerank`, in the shape of https://docs.cohere.com/reference/rerank, which others share."""

from pydantic import model_validator

from aigw.types.answered import Answered
from aigw.types.chat import Model
from aigw.types.json import JsonObject, as_object


class RerankResult(Model):
    """One document, by its place in the request, with how well it answers the query (higher is better)."""

    index: int
    relevance_score: float
    document: str | JsonObject | None = None


class RerankResponse(Answered):
    """The documents, best first."""

    id: str | None = None
    model: str | None = None
    results: list[RerankResult]
    meta: JsonObject | None = None
    usage: JsonObject | None = None

    @model_validator(mode="before")
    @classmethod
    def _name(cls, said: object) -> object:
        """Take Voyage's `data` for the results."""
        body = as_object(said)
        if "results" in body or "data" not in body:
            return said
        return {("results" if name == "data" else name): value for name, value in body.items()}
