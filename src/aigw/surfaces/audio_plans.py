"""The plans of `audio`: what a caller says about speech, read into requests that are passed through."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeVar, Unpack

from aigw.surfaces.binary import BinaryResponse
from aigw.surfaces.planned import Planned, plan_of
from aigw.surfaces.relay_request import EventReader, Part, binary, planned, reader, relayed, uploaded
from aigw.types.audio_response import Transcription, Translation
from aigw.types.chat_params import Omit, is_omitted, omit
from aigw.types.operation import Operation
from aigw.types.relay_params import FileParam, SpeechParams, TranscriptionParams, TranslationParams

if TYPE_CHECKING:
    from aigw.types.events import Event

T = TypeVar("T", Transcription, Translation)
R = TypeVar("R")

SURFACE: Final = Operation.AUDIO.value
TextFormat: TypeAlias = Literal["text", "srt", "vtt"]
JsonFormat: TypeAlias = Literal["json", "verbose_json", "diarized_json"]
Format: TypeAlias = TextFormat | JsonFormat | Omit | None

_TEXTS: Final = frozenset({"text", "srt", "vtt"})


@plan_of(SpeechParams)
def speak(*, input: str, model: str, voice: str, **params: Unpack[SpeechParams]) -> Planned[BinaryResponse]:  # noqa: A002 - OpenAI's name
    """Have a text spoken: the answer is the bytes of a recording. Raises the errors of `aigw.errors`."""
    known = frozenset(SpeechParams.__annotations__) | {"input", "model", "voice"}
    said = {"input": input, "model": model, "voice": voice, **params}
    return _planned(said, binary, "/audio/speech", known)


@plan_of(TranscriptionParams)
def transcribe(
    *, file: FileParam, model: str, response_format: Format = omit, **params: Unpack[TranscriptionParams]
) -> Planned[Transcription | str]:
    """Write down what is said in a recording. Raises the errors of `aigw.errors`."""
    known = frozenset(TranscriptionParams.__annotations__) | {"model", "response_format"}
    said = {"model": model, "response_format": response_format, **params}
    read = _reading(response_format, reader(Transcription))
    return _planned(said, read, "/audio/transcriptions", known, (uploaded(file, "file"),))


@plan_of(TranslationParams)
def translate(
    *, file: FileParam, model: str, response_format: Format = omit, **params: Unpack[TranslationParams]
) -> Planned[Translation | str]:
    """Write down in English what is said in a recording. Raises the errors of `aigw.errors`."""
    known = frozenset(TranslationParams.__annotations__) | {"model", "response_format"}
    said = {"model": model, "response_format": response_format, **params}
    read = _reading(response_format, reader(Translation))
    return _planned(said, read, "/audio/translations", known, (uploaded(file, "file"),))


def _planned(
    said: Mapping[str, object],
    read: EventReader[R],
    path: str,
    known: frozenset[str],
    files: tuple[Part, ...] = (),
) -> Planned[R]:
    return planned(said, read, dialect="openai-audio", operation=Operation.AUDIO, path=path, known=known, files=files)


def _reading(response_format: object, read: EventReader[T]) -> EventReader[T | str]:
    """Choose how to read a transcription: as text where text was asked for (and came), else as JSON."""
    if is_omitted(response_format) or response_format not in _TEXTS:
        return read

    def text(event: "Event") -> str:
        response = relayed(event)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return read(event).text if kind.endswith("json") else response.text

    return text
