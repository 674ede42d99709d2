"""Read a complete answer in Google's dialect.

Source: https://ai.google.dev/api/generate-content#generatecontentresponse. A prompt that was blocked has no candidates
and a reason for it; a candidate that was cut short may have no content. Parts nobody knows are carried through as
`Opaque`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from aigw.errors import APIStatusError, BadRequestError, InternalServerError
from aigw.manifest.snapshot import Target
from aigw.providers.failures import mid_answer
from aigw.providers.gemini.citations import annotations, searches
from aigw.providers.gemini.failures import error_of, google_mid_answer
from aigw.providers.gemini.models import DIALECT
from aigw.providers.gemini.usage import usage_of
from aigw.providers.reading import answer_object, call_id, compact, misshapen
from aigw.types.events import Answer, AnswerChoice, FinishReason
from aigw.types.json import EMPTY, JsonObject, as_array, as_int, as_object, as_text, without
from aigw.types.parts import Opaque, Part, Reasoning, Text, ToolCall
from aigw.wire import HttpResponse

KNOWN_OF_ANSWER: Final = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId", "createTime"})
_CITING: Final = frozenset({"groundingMetadata", "citationMetadata"})
_THINKING: Final[frozenset[type[Part]]] = frozenset({Reasoning})
KNOWN_OF_CANDIDATE: Final = frozenset({"content", "finishReason", "index", "logprobsResult"})

_REASONS: Final[Mapping[str, FinishReason]] = MappingProxyType(
    {
        "STOP": FinishReason.STOP,
        "MAX_TOKENS": FinishReason.LENGTH,
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
                "JAILBREAK",
            ),
            FinishReason.CONTENT_FILTER,
        ),
    }
)
_PLAIN: Final = frozenset({"STOP", "MAX_TOKENS"})
_FAILURES: Final[Mapping[str, type[APIStatusError]]] = MappingProxyType(
    {
        "MALFORMED_FUNCTION_CALL": InternalServerError,
        "MALFORMED_RESPONSE": InternalServerError,
        "UNEXPECTED_TOOL_CALL": InternalServerError,
        "TOO_MANY_TOOL_CALLS": InternalServerError,
        "NO_IMAGE": InternalServerError,
        "IMAGE_OTHER": InternalServerError,
        "OTHER": InternalServerError,
        "LANGUAGE": BadRequestError,
        "MISSING_THOUGHT_SIGNATURE": BadRequestError,
    }
)
"""Words for a model that failed: an error where it has said nothing, a stop with that word where it has."""


def read(response: HttpResponse, target: Target) -> Answer:
    """Read a complete answer. Raises the mapped error for one inside a 200, and `APIResponseValidationError`."""
    provider = target.provider.name
    body = answer_object(response, provider)
    if error_of(body):
        raise google_mid_answer(body, target.provider, response)
    candidates = [as_object(candidate) for candidate in as_array(body.get("candidates"))]
    blocked = None if candidates else block_reason(body)
    if not candidates and blocked is None:
        what = "JSON without `candidates`"
        raise misshapen(what, provider, response)
    choices = tuple(_choice(candidate, place, body, target) for place, candidate in enumerate(candidates))
    if not choices:
        choices = (AnswerChoice((), FinishReason.CONTENT_FILTER, provider_reason=blocked),)
    return Answer(
        choices=choices,
        usage=usage_of(as_object(body.get("usageMetadata")), sum(map(searches, candidates))),
        id=as_text(body.get("responseId")),
        model=as_text(body.get("modelVersion")),
        created=created(body),
        extra=without(body, KNOWN_OF_ANSWER),
        dialect=DIALECT,
    )


def block_reason(body: JsonObject) -> str | None:
    """Give Google's word for why it blocked the prompt, if it did."""
    return as_text(as_object(body.get("promptFeedback")).get("blockReason"))


def finish(
    candidate: JsonObject, *, calls: bool, said: bool, provider: str, response: HttpResponse | None = None
) -> tuple[FinishReason, str | None]:
    """Map a finish reason, and give Google's own word where the mapping loses something.

    Raises where the word means that the model failed and nothing was *said*.
    """
    word = as_text(candidate.get("finishReason")) or "STOP"
    if word in _FAILURES and not said:
        told = as_text(candidate.get("finishMessage"))
        message = f"finishReason is {word}: {told}" if told else f"finishReason is {word}"
        raise mid_answer({"error": {"message": message, "code": word}}, provider, response, default=_FAILURES[word])
    reason = _REASONS.get(word, FinishReason.STOP)
    if calls and reason is FinishReason.STOP:
        reason = FinishReason.TOOL_CALLS
    return reason, None if word in _PLAIN else word


def tool_call(part: JsonObject, issuer: str, seed: tuple[object, ...]) -> ToolCall:
    """Read a call. Where Google gives no id, the call's place in the answer makes one."""
    call = as_object(part.get("functionCall"))
    name, arguments = as_text(call.get("name")) or "", compact(as_object(call.get("args")) or {})
    found = as_text(call.get("id")) or call_id(*seed, name, arguments)
    return ToolCall(found, name, arguments, extra=signed(part, issuer))


def signed(part: JsonObject, issuer: str) -> JsonObject:
    """Give the signature of *part* in the form that Google's OpenAI endpoint gives it in, with who issued it."""
    signature = as_text(part.get("thoughtSignature"))
    return {"extra_content": {"google": {"thought_signature": signature, "issuer": issuer}}} if signature else EMPTY


def seed_of(body: JsonObject, index: int, calls: int) -> tuple[object, ...]:
    """Give what makes up the id of a call that has none: the same in a stream as in a whole answer."""
    return body.get("responseId"), body.get("createTime"), index, calls


def created(body: JsonObject) -> int | None:
    """Give when the answer was made, in seconds since the epoch, where Google says it (Vertex AI does)."""
    said = as_text(body.get("createTime"))
    try:
        return None if said is None else int(datetime.fromisoformat(said).timestamp())
    except (ValueError, OverflowError, OSError):
        return None


def log_probabilities(candidate: JsonObject) -> JsonObject | None:
    """Write the tokens' log probabilities the way OpenAI does, if there are any."""
    result = as_object(candidate.get("logprobsResult"))
    chosen = as_array(result.get("chosenCandidates"))
    if not chosen:
        return None
    others = [as_array(as_object(row).get("candidates")) for row in as_array(result.get("topCandidates"))]
    rows: list[JsonObject] = []
    for place, token in enumerate(chosen):
        best = others[place] if place < len(others) else ()
        rows.append({**_token(as_object(token)), "top_logprobs": [_token(as_object(other)) for other in best]})
    return {"content": rows, "refusal": None}


def _token(said: JsonObject) -> JsonObject:
    token, value = as_text(said.get("token")) or "", said.get("logProbability")
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
    return {"token": token, "logprob": number, "bytes": list(token.encode("utf-8", "replace"))}


def _choice(candidate: JsonObject, place: int, body: JsonObject, target: Target) -> AnswerChoice:
    number = as_int(candidate.get("index"))
    index = place if number is None else number
    said = [as_object(part) for part in as_array(as_object(candidate.get("content")).get("parts"))]
    parts = tuple(_parts(said, target.id, body, index))
    kinds = set(map(type, parts))
    reason, word = finish(
        candidate,
        calls=ToolCall in kinds,
        said=not kinds <= _THINKING,
        provider=target.provider.name,
    )
    return AnswerChoice(
        parts=parts,
        reason=reason,
        index=index,
        provider_reason=word,
        logprobs=log_probabilities(candidate) if "logprobsResult" in candidate else None,
        extra=without(candidate, KNOWN_OF_CANDIDATE),
        message_extra=_beside(candidate, said, parts),
    )


def _parts(said: list[JsonObject], issuer: str, body: JsonObject, index: int) -> Iterator[Part]:
    calls = 0
    for part in said:
        text = part.get("text")
        if "functionCall" in part:
            yield tool_call(part, issuer, seed_of(body, index, calls))
            calls += 1
        elif isinstance(text, str):
            signature = as_text(part.get("thoughtSignature")) or None
            if part.get("thought") is True:
                yield Reasoning(text, signature, issuer=issuer)
            elif text or signature:
                yield Text(text, signed(part, issuer) if signature else EMPTY)
        elif part:
            yield Opaque(DIALECT, part)


def _beside(candidate: JsonObject, said: list[JsonObject], parts: tuple[Part, ...]) -> JsonObject:
    """Give what stands beside the message's content: its citations, and the signature of its last signed text."""
    beside: dict[str, object] = {}
    if not _CITING.isdisjoint(candidate):
        texts = ["" if part.get("thought") is True else as_text(part.get("text")) or "" for part in said]
        found = annotations(candidate, texts)
        if found:
            beside["annotations"] = found
    signatures = [part.extra for part in parts if isinstance(part, Text) and part.extra]
    return {**beside, **signatures[-1]} if signatures else beside or EMPTY
