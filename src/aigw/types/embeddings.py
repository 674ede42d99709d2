"""The canonical request for embeddings, and its answer.

Source of the names: https://platform.openai.com/docs/api-reference/embeddings/create.
"""

from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias, TypedDict

from aigw.types.json import EMPTY, JsonObject
from aigw.types.operation import Operation
from aigw.types.usage import Usage

Input: TypeAlias = str | tuple[int, ...]
"""A text, or its tokens in the model's own vocabulary."""

Vector: TypeAlias = tuple[float, ...] | str
"""Numbers, or base64 of them as little-endian 32-bit floats."""


class EmbeddingsParams(TypedDict, total=False):
    """Parameters by their canonical names. `input_type` says what a text is for (`query`, `document`), where asked."""

    dimensions: int
    encoding_format: str
    user: str
    input_type: str


@dataclass(frozen=True, slots=True)
class EmbeddingsRequest:
    """Texts to be turned into vectors, with the caller's own body beside it. `other` is as in `request.Request`."""

    dialect: str
    model: str
    inputs: tuple[Input, ...] = field(repr=False)
    params: EmbeddingsParams = field(repr=False)
    verbatim: JsonObject = field(repr=False)
    other: JsonObject = field(default=EMPTY, repr=False)
    edited: frozenset[str] = frozenset()

    operation: ClassVar[Operation] = Operation.EMBEDDINGS
    stream: ClassVar[bool] = False
    surface: ClassVar[str] = "embeddings"


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vectors, one for each input in its order."""

    vectors: tuple[Vector, ...] = field(repr=False)
    usage: Usage | None = None
    id: str | None = None
    model: str | None = None
    extra: JsonObject = EMPTY
