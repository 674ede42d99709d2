"""Public models of `embeddings`, in the shape of https://platform.openai.com/docs/api-reference/embeddings/object."""

from typing import TYPE_CHECKING, Literal, TypeAlias

from aigw.types.answered import Answered
from aigw.types.chat import Model

if TYPE_CHECKING:
    # Where base64 was asked for it is text, but the openai client's type of it names numbers only.
    Numbers: TypeAlias = list[float]
else:
    Numbers = list[float] | str


class Embedding(Model):
    """One vector: numbers, or base64 of little-endian 32-bit floats where that was asked for."""

    embedding: Numbers
    index: int
    object: Literal["embedding"] = "embedding"


class Usage(Model):
    """Tokens read. Both are 0 where the provider does not count."""

    prompt_tokens: int
    total_tokens: int


class CreateEmbeddingResponse(Answered):
    """The vectors, in the order of the inputs."""

    data: list[Embedding]
    model: str
    object: Literal["list"] = "list"
    usage: Usage
