"""What callers may say to the surfaces beside chat: OpenAI's parameters (and Cohere's for rerank), declared once.

Names and shapes are those of https://platform.openai.com/docs/api-reference and https://docs.cohere.com/reference.
Values nobody can list for ever (sizes, formats, voices) are plain strings. `None` is sent as `null`, and left out of
forms, which have no word for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Protocol, TypeAlias

from aigw.types.chat_params import CallParams, Omit


class PathParam(Protocol):
    """A path, as `pathlib` and `os` have them."""

    def __fspath__(self) -> str:
        """Give it as text."""
        ...


FileContent: TypeAlias = bytes | IO[bytes] | PathParam
FileParam: TypeAlias = FileContent | tuple[str | None, FileContent] | tuple[str | None, FileContent, str | None]
"""A file: its bytes, an open one, or its path; or a tuple of name, content and (if it is to be said) content type."""


class EmbeddingsParams(CallParams, total=False):
    """The parameters of `embeddings.create` besides `input` and `model`.

    `input_type` is no word of OpenAI's: it says what the texts are for (`query`, `document`) where a model asks.
    """

    dimensions: int | Omit | None
    encoding_format: str | Omit | None
    input_type: str | Omit | None
    user: str | Omit | None


class _ImageParams(CallParams, total=False):
    """The parameters that making and editing images have in common."""

    background: str | Omit | None
    n: int | Omit | None
    output_compression: int | Omit | None
    output_format: str | Omit | None
    quality: str | Omit | None
    response_format: str | Omit | None
    size: str | Omit | None
    user: str | Omit | None


class ImageGenerateParams(_ImageParams, total=False):
    """The parameters of `images.generate` besides `prompt` and `model`."""

    moderation: str | Omit | None
    style: str | Omit | None


class ImageEditParams(_ImageParams, total=False):
    """The parameters of `images.edit` besides `image`, `mask`, `prompt` and `model`."""

    input_fidelity: str | Omit | None


class ImageVariationParams(CallParams, total=False):
    """The parameters of `images.create_variation` besides `image` and `model`."""

    n: int | Omit | None
    response_format: str | Omit | None
    size: str | Omit | None
    user: str | Omit | None


class SpeechParams(CallParams, total=False):
    """The parameters of `audio.speech.create` besides `input`, `voice` and `model`."""

    instructions: str | Omit | None
    response_format: str | Omit | None
    speed: float | Omit | None
    stream_format: str | Omit | None


class TranslationParams(CallParams, total=False):
    """The parameters of `audio.translations.create` besides `file`, `response_format` and `model`."""

    prompt: str | Omit | None
    temperature: float | Omit | None


class TranscriptionParams(TranslationParams, total=False):
    """The parameters of `audio.transcriptions.create` besides `file`, `response_format` and `model`."""

    chunking_strategy: str | Mapping[str, object] | Omit | None
    include: Sequence[str] | Omit | None
    keywords: Sequence[str] | Omit | None
    known_speaker_names: Sequence[str] | Omit | None
    known_speaker_references: Sequence[str] | Omit | None
    language: str | Omit | None
    languages: Sequence[str] | Omit | None
    timestamp_granularities: Sequence[str] | Omit | None


class RerankParams(CallParams, total=False):
    """The parameters of `rerank.create` besides `query`, `documents` and `model`."""

    max_tokens_per_doc: int | Omit | None
    rank_fields: Sequence[str] | Omit | None
    return_documents: bool | Omit | None
    top_n: int | Omit | None


class BatchCreateParams(CallParams, total=False):
    """The parameters of `batches.create` besides those that must be there."""

    metadata: Mapping[str, str] | Omit | None
    output_expires_after: Mapping[str, object] | Omit | None


class BatchListParams(CallParams, total=False):
    """The parameters of `batches.list` besides `model`."""

    after: str | Omit | None
    limit: int | Omit | None


class FileCreateParams(CallParams, total=False):
    """The parameters of `files.create` besides those that must be there."""

    expires_after: Mapping[str, object] | Omit | None


class FileListParams(CallParams, total=False):
    """The parameters of `files.list` besides `model`."""

    after: str | Omit | None
    limit: int | Omit | None
    order: str | Omit | None
    purpose: str | Omit | None


ModerationInput: TypeAlias = str | Sequence[str] | Iterable[Mapping[str, object]]
Document: TypeAlias = str | Mapping[str, object]
