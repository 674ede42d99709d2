"""`audio`: OpenAI's client as callers know it, passed through under the same rules as every call.

Speech costs like an answer does, and is made anew by every attempt: retries and fallbacks are those of chat.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Unpack, overload

from aigw.surfaces.audio_plans import SURFACE, Format, JsonFormat, TextFormat, speak, transcribe, translate
from aigw.surfaces.planned import Face
from aigw.surfaces.signature import explicit
from aigw.types.audio_response import Transcription, Translation
from aigw.types.chat_params import Omit, omit
from aigw.types.relay_params import FileParam, TranscriptionParams, TranslationParams

if TYPE_CHECKING:
    from aigw.pipeline import Engine


class Speech:
    """`audio.speech` of a sync gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.plain(speak)
        self.with_raw_response = RawSpeech(face)
        self.with_streaming_response = StreamedSpeech(face)


class RawSpeech:
    """`audio.speech.with_raw_response` of a sync gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.raw(speak)


class StreamedSpeech:
    """`audio.speech.with_streaming_response` of a sync gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.streamed(speak)


class Transcriptions:
    """`audio.transcriptions` of a sync gateway."""

    def __init__(self, face: Face) -> None:
        self._create = face.plain(transcribe)
        self.with_raw_response = RawTranscriptions(face)

    @overload
    def create(
        self, *, file: FileParam, model: str, response_format: TextFormat, **params: Unpack[TranscriptionParams]
    ) -> str: ...

    @overload
    def create(
        self,
        *,
        file: FileParam,
        model: str,
        response_format: JsonFormat | Omit | None = omit,
        **params: Unpack[TranscriptionParams],
    ) -> Transcription: ...

    @explicit(TranscriptionParams)
    def create(
        self, *, file: FileParam, model: str, response_format: Format = omit, **params: Unpack[TranscriptionParams]
    ) -> Transcription | str:
        """Write down what is said in a recording; text where a format of text is asked for.

        Raises the errors of `aigw.errors`.
        """
        return self._create(file=file, model=model, response_format=response_format, **params)


class RawTranscriptions:
    """`audio.transcriptions.with_raw_response` of a sync gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.raw(transcribe)


class Translations:
    """`audio.translations` of a sync gateway."""

    def __init__(self, face: Face) -> None:
        self._create = face.plain(translate)
        self.with_raw_response = RawTranslations(face)

    @overload
    def create(
        self, *, file: FileParam, model: str, response_format: TextFormat, **params: Unpack[TranslationParams]
    ) -> str: ...

    @overload
    def create(
        self,
        *,
        file: FileParam,
        model: str,
        response_format: JsonFormat | Omit | None = omit,
        **params: Unpack[TranslationParams],
    ) -> Translation: ...

    @explicit(TranslationParams)
    def create(
        self, *, file: FileParam, model: str, response_format: Format = omit, **params: Unpack[TranslationParams]
    ) -> Translation | str:
        """Write down in English what is said in a recording; text where a format of text is asked for.

        Raises the errors of `aigw.errors`.
        """
        return self._create(file=file, model=model, response_format=response_format, **params)


class RawTranslations:
    """`audio.translations.with_raw_response` of a sync gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.raw(translate)


class Audio:
    """`audio` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._face = Face(engine, SURFACE)

    @cached_property
    def speech(self) -> Speech:
        """Text to speech."""
        return Speech(self._face)

    @cached_property
    def transcriptions(self) -> Transcriptions:
        """Speech to text."""
        return Transcriptions(self._face)

    @cached_property
    def translations(self) -> Translations:
        """Speech to English text."""
        return Translations(self._face)


class AsyncSpeech:
    """`audio.speech` of an async gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.awaited(speak)
        self.with_raw_response = AsyncRawSpeech(face)
        self.with_streaming_response = AsyncStreamedSpeech(face)


class AsyncRawSpeech:
    """`audio.speech.with_raw_response` of an async gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.awaited_raw(speak)


class AsyncStreamedSpeech:
    """`audio.speech.with_streaming_response` of an async gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.awaited_streamed(speak)


class AsyncTranscriptions:
    """`audio.transcriptions` of an async gateway."""

    def __init__(self, face: Face) -> None:
        self._create = face.awaited(transcribe)
        self.with_raw_response = AsyncRawTranscriptions(face)

    @overload
    async def create(
        self, *, file: FileParam, model: str, response_format: TextFormat, **params: Unpack[TranscriptionParams]
    ) -> str: ...

    @overload
    async def create(
        self,
        *,
        file: FileParam,
        model: str,
        response_format: JsonFormat | Omit | None = omit,
        **params: Unpack[TranscriptionParams],
    ) -> Transcription: ...

    @explicit(TranscriptionParams)
    async def create(
        self, *, file: FileParam, model: str, response_format: Format = omit, **params: Unpack[TranscriptionParams]
    ) -> Transcription | str:
        """Write down what is said in a recording; text where a format of text is asked for.

        Raises the errors of `aigw.errors`.
        """
        return await self._create(file=file, model=model, response_format=response_format, **params)


class AsyncRawTranscriptions:
    """`audio.transcriptions.with_raw_response` of an async gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.awaited_raw(transcribe)


class AsyncTranslations:
    """`audio.translations` of an async gateway."""

    def __init__(self, face: Face) -> None:
        self._create = face.awaited(translate)
        self.with_raw_response = AsyncRawTranslations(face)

    @overload
    async def create(
        self, *, file: FileParam, model: str, response_format: TextFormat, **params: Unpack[TranslationParams]
    ) -> str: ...

    @overload
    async def create(
        self,
        *,
        file: FileParam,
        model: str,
        response_format: JsonFormat | Omit | None = omit,
        **params: Unpack[TranslationParams],
    ) -> Translation: ...

    @explicit(TranslationParams)
    async def create(
        self, *, file: FileParam, model: str, response_format: Format = omit, **params: Unpack[TranslationParams]
    ) -> Translation | str:
        """Write down in English what is said in a recording; text where a format of text is asked for.

        Raises the errors of `aigw.errors`.
        """
        return await self._create(file=file, model=model, response_format=response_format, **params)


class AsyncRawTranslations:
    """`audio.translations.with_raw_response` of an async gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.awaited_raw(translate)


class AsyncAudio:
    """`audio` of an async gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._face = Face(engine, SURFACE)

    @cached_property
    def speech(self) -> AsyncSpeech:
        """Text to speech."""
        return AsyncSpeech(self._face)

    @cached_property
    def transcriptions(self) -> AsyncTranscriptions:
        """Speech to text."""
        return AsyncTranscriptions(self._face)

    @cached_property
    def translations(self) -> AsyncTranslations:
        """Speech to English text."""
        return AsyncTranslations(self._face)
