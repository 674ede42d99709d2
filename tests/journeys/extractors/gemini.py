"""Google's generateContent, by https://ai.google.dev/api/generate-content and Vertex AI's reference of the same."""

import json
from typing import Any

from tests.journeys.extractors.meaning import Call, Counted, Meaning, Told, ending_of, events_of, is_stream

ENDINGS = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(
        (
            "SAFETY",
            "RECITATION",
            "BLOCKLIST",
            "PROHIBITED_CONTENT",
            "SPII",
            "MODEL_ARMOR",
            "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT",
            "IMAGE_RECITATION",
        ),
        "content_filter",
    ),
    # The model tried and failed to call: there is no word for it, and what it wrote is still handed out.
    "UNEXPECTED_TOOL_CALL": "stop",
    "MALFORMED_FUNCTION_CALL": "stop",
}
FLAGS = {"thought", "thoughtSignature", "videoMetadata", "partMetadata", "mediaResolution"}


def gemini_meaning(text: str) -> Meaning:
    """Read an answer, streamed or not: a stream is the same object again and again, each time with the next parts."""
    if is_stream(text):
        return _meaning(events_of(text))
    body = json.loads(text)
    return _meaning(body if isinstance(body, list) else [body])


def _meaning(bodies: list[dict[str, Any]]) -> Meaning:
    parts: dict[int, list[dict[str, Any]]] = {}
    endings: dict[int, str] = {}
    usage: dict[str, Any] | None = None
    logprobs: list[tuple[str, float]] = []
    for body in bodies:
        usage = body.get("usageMetadata") or usage
        if (body.get("promptFeedback") or {}).get("blockReason"):
            parts.setdefault(0, [])
            endings[0] = "SAFETY"
        for candidate in body.get("candidates") or ():
            index = candidate.get("index") or 0
            parts.setdefault(index, []).extend((candidate.get("content") or {}).get("parts") or ())
            endings[index] = candidate.get("finishReason") or endings.get(index, "")
            chosen = (candidate.get("logprobsResult") or {}).get("chosenCandidates") or ()
            logprobs += [(token["token"], token["logProbability"]) for token in chosen]
    every = [part for index in sorted(parts) for part in parts[index]]
    return Meaning(
        id=next((body["responseId"] for body in bodies if body.get("responseId")), None),
        model=next((body["modelVersion"] for body in bodies if body.get("modelVersion")), None),
        choices=tuple(_told(parts[index], endings[index], tuple(logprobs)) for index in sorted(parts)),
        counted=gemini_usage(usage),
        signatures=tuple(
            part["thoughtSignature"] for part in every if "thoughtSignature" in part and not _beyond(part)
        ),
        opaque=tuple(kind for part in every for kind in _beyond(part)),
    )


def _beyond(part: dict[str, Any]) -> set[str]:
    """Name what only Google knows, which carries its own signature."""
    return part.keys() - FLAGS - {"text", "functionCall"}


def _told(parts: list[dict[str, Any]], ending: str, logprobs: tuple[tuple[str, float], ...]) -> Told:
    calls = tuple(
        Call(call.get("id") or "", call["name"], json.dumps(call.get("args") or {}, ensure_ascii=False))
        for call in (part["functionCall"] for part in parts if "functionCall" in part)
    )
    return Told(
        text="".join(part.get("text", "") for part in parts if not part.get("thought")),
        reasoning="".join(part.get("text", "") for part in parts if part.get("thought")),
        calls=calls,
        ending=ending_of(ending, ENDINGS, calls=bool(calls)),
        logprobs=logprobs,
    )


def gemini_usage(usage: dict[str, Any] | None) -> Counted | None:
    """Count by OpenAI's totals: what tools read and thoughts stand beside the counts of prompt and candidates."""
    if not usage:
        return None

    def said(name: str) -> int:
        return int(usage.get(name) or 0)

    prompt = said("promptTokenCount") + said("toolUsePromptTokenCount")
    inside = prompt + said("candidatesTokenCount") == said("totalTokenCount")
    thoughts = 0 if inside else said("thoughtsTokenCount")
    return Counted(
        prompt=prompt,
        completion=said("candidatesTokenCount") + thoughts,
        cached=said("cachedContentTokenCount"),
        reasoning=said("thoughtsTokenCount"),
    )
