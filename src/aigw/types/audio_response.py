"""Public models of `audio`, in the shapes of https://platform.openai.com/docs/api-reference/audio.

One class serves all JSON formats: what a format does not have is None.
"""

from aigw.types.answered import Answered
from aigw.types.chat import Model
from aigw.types.json import JsonObject


class TranscriptionWord(Model):
    """A word with its place, in seconds from the start."""

    word: str
    start: float | None = None
    end: float | None = None


class TranscriptionSegment(Model):
    """A stretch of speech with its place, in seconds from the start; `speaker` where speakers are told apart."""

    id: int | str | None = None
    start: float | None = None
    end: float | None = None
    text: str | None = None
    speaker: str | None = None
    avg_logprob: float | None = None
    compression_ratio: float | None = None
    no_speech_prob: float | None = None
    seek: int | None = None
    temperature: float | None = None
    tokens: list[int] | None = None


class Transcription(Answered):
    """What was said. `duration` is in seconds, as OpenAI gives it: a number, or text of one."""

    text: str
    duration: float | str | None = None
    language: str | None = None
    logprobs: list[JsonObject] | None = None
    segments: list[TranscriptionSegment] | None = None
    task: str | None = None
    usage: JsonObject | None = None
    words: list[TranscriptionWord] | None = None


class Translation(Transcription):
    """What was said, in English."""
