"""Every dialect's errors, by status, then code or type, then text; inside a stream the same as over HTTP.

The rows are those of the providers' error references. `refused` is what came with an error's status, `broken` what came
inside an answer that had begun with 200.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.providers.eventstreams import event as frame
from tests.providers.provider_kit import ANY, response, speaker, target

from aigw import errors as e
from aigw.policies.failover import meaning_of
from aigw.types.events import Broken, Ended

Row = tuple[str, int, Any, type[e.APIStatusError]]


def openai(
    message: str, code: object = None, kind: str | None = "invalid_request_error", **more: Any
) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code, **more}}


def anthropic(kind: str, message: str = "no", **more: Any) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message, **more}, "request_id": "req_1"}


def google(code: int, status: str, message: str = "no", *details: Mapping[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def quota(name: str) -> dict[str, Any]:
    violation = {"quotaMetric": "requests", "quotaId": name, "quotaValue": "10"}
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}


def bedrock(kind: str, message: str = "no") -> tuple[dict[str, str], dict[str, str]]:
    return {"message": message}, {"content-type": "application/json", "x-amzn-errortype": f"{kind}:http://internal/"}


REASON = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
SPENT = (
    *("insufficient_quota", "credit_balance_exhausted", "organization_usage_limit_exceeded"),
    *("organization_spend_limit_exceeded", "project_spend_limit_exceeded"),
)
POLICY = ("content_policy_violation", "invalid_prompt", "bio_policy", "cyber_policy")

OPENAIS: list[Row] = [
    row
    for kind in ("openai", "openai-responses")
    for row in (
        (kind, 400, openai("Invalid 'n'.", "invalid_value"), e.BadRequestError),
        (kind, 401, openai("Incorrect API key provided", "invalid_api_key"), e.AuthenticationError),
        (kind, 403, openai("no", "unsupported_country_region_territory", None), e.PermissionDeniedError),
        (kind, 404, openai("The model does not exist", "model_not_found"), e.NotFoundError),
        (kind, 429, openai("Slow down", "rate_limit_exceeded", "tokens"), e.RateLimitError),
        (kind, 429, openai("Slow down", "slow_down", None), e.RateLimitError),
        *((kind, 429, openai("You exceeded", code, code), e.QuotaExceededError) for code in SPENT),
        *((kind, 400, openai("no", code), e.ContentPolicyError) for code in POLICY),
        (kind, 500, openai("The server had an error", None, "server_error"), e.InternalServerError),
        (kind, 503, openai("Overloaded", "server_is_overloaded", "service_unavailable_error"), e.OverloadedError),
        (kind, 400, openai("x", "context_length_exceeded"), e.ContextLengthExceededError),
        (kind, 400, openai("This model's maximum context length is 8 tokens."), e.ContextLengthExceededError),
        (kind, 400, openai("Your input exceeds the context window of this model."), e.ContextLengthExceededError),
        (kind, 400, openai("Expected a string with maximum length 64", "string_above_max_length"), e.BadRequestError),
        (kind, 408, b"", e.InternalServerError),
        (kind, 409, openai("conflict"), e.ConflictError),
    )
]

COMPATIBLE: list[Row] = [
    ("azure", 400, openai("filtered", "content_filter", None, status=400), e.ContentPolicyError),
    ("azure", 404, openai("The API deployment does not exist", "DeploymentNotFound", None), e.NotFoundError),
    ("azure", 401, openai("Access denied due to invalid subscription key", "401", None), e.AuthenticationError),
    ("mistral", 422, {"detail": [{"loc": ["body", "n"], "msg": "bad", "type": "v"}]}, e.UnprocessableEntityError),
    ("mistral", 402, {"message": "pay"}, e.QuotaExceededError),
    ("mistral", 429, {"object": "error", "message": "rate", "code": "1300"}, e.RateLimitError),
    (
        "mistral",
        400,
        {"object": "error", "message": "Prompt contains 9 tokens, too large for model with 8 maximum context length"},
        e.ContextLengthExceededError,
    ),
    (
        "groq",
        413,
        openai("Request too large for model `x` on tokens per minute", "rate_limit_exceeded"),
        e.ContextLengthExceededError,
    ),
    ("groq", 413, openai("Request too large", "request_too_large"), e.BadRequestError),
    ("groq", 498, openai("no capacity", "capacity_exceeded"), e.OverloadedError),
    ("groq", 499, openai("cancelled"), e.InternalServerError),
    ("groq", 400, openai("Failed to call a function.", "tool_use_failed"), e.BadRequestError),
    ("groq", 400, openai("Please reduce the length", "context_length_exceeded"), e.ContextLengthExceededError),
    ("deepseek", 402, openai("Insufficient Balance"), e.QuotaExceededError),
    ("deepseek", 400, openai("This model's maximum context length is 8 tokens"), e.ContextLengthExceededError),
    (
        "xai",
        400,
        {"code": "Client specified an invalid argument", "error": "Incorrect API key provided"},
        e.AuthenticationError,
    ),
    ("xai", 403, {"code": "no", "error": "The caller does not have permission"}, e.PermissionDeniedError),
    ("together", 422, openai("`inputs` tokens + `max_new_tokens` must be <= 8", None), e.ContextLengthExceededError),
    ("together", 429, openai("slow", None, "dynamic_request_limited"), e.RateLimitError),
    (
        "fireworks",
        400,
        openai("The prompt is too long: 9, model maximum context length: 8"),
        e.ContextLengthExceededError,
    ),
    ("fireworks", 400, openai("9 is longer than the model's context length"), e.ContextLengthExceededError),
    (
        "openrouter",
        402,
        {"error": {"code": 402, "message": "no", "metadata": {"error_type": "payment_required"}}},
        e.QuotaExceededError,
    ),
    (
        "openrouter",
        402,
        {"error": {"code": 402, "message": "no", "metadata": {"error_type": "weight_exceeds_budget"}}},
        e.QuotaExceededError,
    ),
    (
        "openrouter",
        402,
        {"error": {"code": 402, "message": "no", "metadata": {"error_type": "in_flight_budget_exhausted"}}},
        e.RateLimitError,
    ),
    (
        "openrouter",
        403,
        {"error": {"code": 403, "message": "flagged", "metadata": {"reasons": ["x"]}}},
        e.ContentPolicyError,
    ),
    ("openrouter", 413, {"error": {"code": 413, "message": "too large"}}, e.BadRequestError),
    ("openrouter", 524, {"error": {"code": 524, "message": "late"}}, e.InternalServerError),
    ("openrouter", 529, {"error": {"code": 529, "message": "busy"}}, e.OverloadedError),
    ("openrouter", 503, {"error": {"code": 503, "message": "No provider"}}, e.OverloadedError),
    ("openrouter", 502, {"error": {"code": 502, "message": "Disconnected"}}, e.InternalServerError),
    ("perplexity", 422, {"detail": [{"loc": ["body"], "msg": "bad", "type": "v"}]}, e.UnprocessableEntityError),
    (
        "cerebras",
        400,
        {"message": "Current length is 9 while limit is 8", "code": "context_length_exceeded"},
        e.ContextLengthExceededError,
    ),
    ("cerebras", 429, {"message": "Tokens per minute limit", "code": "token_quota_exceeded"}, e.RateLimitError),
    (
        "vllm",
        400,
        {"error": {"message": "This model's maximum context length is 8", "code": 400}},
        e.ContextLengthExceededError,
    ),
    (
        "vllm",
        400,
        {
            "error": {
                "message": "the model's context length is only 8 tokens, and the input is at most 7 tokens",
                "param": "input_tokens",
                "code": 400,
            }
        },
        e.ContextLengthExceededError,
    ),
    (
        "llamacpp",
        400,
        {"error": {"code": 400, "message": "the request exceeds the available context size", "type": "x"}},
        e.ContextLengthExceededError,
    ),
    (
        "llamacpp",
        400,
        {"error": {"code": 400, "message": "x", "type": "exceed_context_size_error"}},
        e.ContextLengthExceededError,
    ),
    (
        "llamacpp",
        503,
        {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
        e.OverloadedError,
    ),
    ("tgi", 429, {"error": "Model is overloaded", "error_type": "overloaded"}, e.OverloadedError),
    (
        "tgi",
        422,
        {"error": "`inputs` tokens + `max_new_tokens` must be <= 8", "error_type": "validation"},
        e.ContextLengthExceededError,
    ),
]

OTHERS: list[Row] = [
    ("anthropic", 400, anthropic("invalid_request_error", "messages: at least one"), e.BadRequestError),
    ("anthropic", 401, anthropic("authentication_error"), e.AuthenticationError),
    ("anthropic", 402, anthropic("billing_error"), e.QuotaExceededError),
    (
        "anthropic",
        400,
        anthropic("invalid_request_error", "You have reached your specified API usage limits."),
        e.QuotaExceededError,
    ),
    ("anthropic", 403, anthropic("permission_error"), e.PermissionDeniedError),
    ("anthropic", 404, anthropic("not_found_error"), e.NotFoundError),
    ("anthropic", 413, anthropic("request_too_large"), e.BadRequestError),
    ("anthropic", 429, anthropic("rate_limit_error"), e.RateLimitError),
    ("anthropic", 429, anthropic("rate_limit_error", details={"error_code": "ramp_limit_exceeded"}), e.RateLimitError),
    *(
        ("anthropic", 429, anthropic("rate_limit_error", details={"error_code": code}), e.QuotaExceededError)
        for code in ("enforced_spend_limit_reached", "contract_spend_limit_reached")
    ),
    ("anthropic", 500, anthropic("api_error"), e.InternalServerError),
    ("anthropic", 504, anthropic("timeout_error"), e.InternalServerError),
    ("anthropic", 529, anthropic("overloaded_error", "Overloaded"), e.OverloadedError),
    (
        "anthropic",
        400,
        anthropic("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"),
        e.ContextLengthExceededError,
    ),
    (
        "anthropic",
        400,
        anthropic("invalid_request_error", "input length and `max_tokens` exceed context limit: 1 + 8 > 8"),
        e.ContextLengthExceededError,
    ),
    *(
        row
        for kind in ("gemini", "vertex")
        for row in (
            (kind, 400, google(400, "INVALID_ARGUMENT"), e.BadRequestError),
            (kind, 400, google(400, "FAILED_PRECONDITION"), e.BadRequestError),
            (kind, 400, google(400, "INVALID_ARGUMENT", "no", REASON), e.AuthenticationError),
            (kind, 401, google(401, "UNAUTHENTICATED"), e.AuthenticationError),
            (kind, 403, google(403, "PERMISSION_DENIED"), e.PermissionDeniedError),
            (kind, 404, google(404, "NOT_FOUND"), e.NotFoundError),
            (kind, 402, google(402, "RESOURCE_EXHAUSTED", "prepaid"), e.QuotaExceededError),
            (kind, 429, google(429, "RESOURCE_EXHAUSTED", "Your prepay balance is used up."), e.QuotaExceededError),
            (kind, 429, google(429, "RESOURCE_EXHAUSTED", "exceeded, limit: 0, model: x"), e.QuotaExceededError),
            (kind, 429, google(429, "RESOURCE_EXHAUSTED", "no", quota("RequestsPerDayPerModel")), e.QuotaExceededError),
            (kind, 429, google(429, "RESOURCE_EXHAUSTED", "no", quota("RequestsPerMinute")), e.RateLimitError),
            (kind, 429, google(429, "RESOURCE_EXHAUSTED"), e.RateLimitError),
            (kind, 499, google(499, "CANCELLED"), e.InternalServerError),
            (kind, 500, google(500, "INTERNAL"), e.InternalServerError),
            (kind, 503, google(503, "UNAVAILABLE", "The model is overloaded."), e.OverloadedError),
            (kind, 504, google(504, "DEADLINE_EXCEEDED"), e.InternalServerError),
            (
                kind,
                400,
                google(
                    400,
                    "INVALID_ARGUMENT",
                    "The input token count (9) exceeds the maximum number of tokens allowed (8)",
                ),
                e.ContextLengthExceededError,
            ),
        )
    ),
    *(
        ("bedrock", status, bedrock(kind, *message), error)
        for status, kind, error, *message in (
            (400, "ValidationException", e.BadRequestError),
            (400, "ValidationException", e.ContextLengthExceededError, "Input is too long for requested model."),
            (400, "ValidationException", e.ContextLengthExceededError, "too many tokens"),
            (400, "ServiceQuotaExceededException", e.QuotaExceededError),
            (403, "UnrecognizedClientException", e.AuthenticationError),
            (403, "InvalidSignatureException", e.AuthenticationError),
            (403, "ExpiredTokenException", e.AuthenticationError),
            (403, "AccessDeniedException", e.PermissionDeniedError),
            (404, "ResourceNotFoundException", e.NotFoundError),
            (408, "ModelTimeoutException", e.InternalServerError),
            (424, "ModelErrorException", e.InternalServerError),
            (424, "ModelStreamErrorException", e.InternalServerError),
            (429, "ThrottlingException", e.RateLimitError),
            (429, "ModelNotReadyException", e.RateLimitError),
            (500, "InternalServerException", e.InternalServerError),
            (503, "ServiceUnavailableException", e.OverloadedError),
        )
    ),
    ("ollama", 404, {"error": "model 'x' not found"}, e.NotFoundError),
    ("ollama", 400, {"error": "invalid options"}, e.BadRequestError),
    ("ollama", 500, {"error": "llama runner process has terminated"}, e.InternalServerError),
    ("ollama", 503, {"error": "server busy, please try again"}, e.OverloadedError),
    ("cohere", 400, {"id": "1", "message": "too many tokens: 9"}, e.ContextLengthExceededError),
    ("cohere", 401, {"id": "1", "message": "invalid api token"}, e.AuthenticationError),
    ("cohere", 402, {"message": "pay"}, e.QuotaExceededError),
    ("cohere", 404, {"message": "model 'x' not found"}, e.NotFoundError),
    ("cohere", 422, {"message": "invalid request: x"}, e.UnprocessableEntityError),
    ("cohere", 429, {"message": "slow"}, e.RateLimitError),
    ("cohere", 498, {"message": "invalid token"}, e.AuthenticationError),
    ("cohere", 499, {"message": "cancelled"}, e.InternalServerError),
    ("cohere", 500, {"message": "oops"}, e.InternalServerError),
    ("cohere", 503, {"message": "busy"}, e.OverloadedError),
]

ROWS = [*OPENAIS, *COMPATIBLE, *OTHERS]


def named(rows: list[Row]) -> list[Any]:
    return [pytest.param(*row, id=f"{row[0]}-{row[1]}-{row[3].__name__}-{number}") for number, row in enumerate(rows)]


@pytest.mark.parametrize(("kind", "status", "body", "expected"), named(ROWS))
def test_a_refusal_is_of_its_class(kind: str, status: int, body: Any, expected: type[e.APIStatusError]) -> None:
    said, headers = body if isinstance(body, tuple) else (body, {"content-type": "application/json"})
    error = refused(kind, status, said, headers)
    assert (expected, status, kind) == (type(error), error.status_code, error.provider)


@pytest.mark.parametrize(("kind", "status", "body", "expected"), named([row for row in ROWS if row[1] == 429]))
def test_a_429_is_tried_again_unless_it_is_about_money(
    kind: str, status: int, body: Any, expected: type[e.APIStatusError]
) -> None:
    said, headers = body if isinstance(body, tuple) else (body, {"content-type": "application/json"})
    assert meaning_of(refused(kind, status, said, headers)).retry is (expected is not e.QuotaExceededError)


@pytest.mark.parametrize("kind", ["openai", "openai-responses", "anthropic", "gemini", "bedrock", "ollama", "cohere"])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, e.BadRequestError),
        (401, e.AuthenticationError),
        (403, e.PermissionDeniedError),
        (404, e.NotFoundError),
        (413, e.BadRequestError),
        (429, e.RateLimitError),
        (500, e.InternalServerError),
        (502, e.InternalServerError),
        (503, e.OverloadedError),
        (504, e.InternalServerError),
    ],
)
def test_where_nothing_can_be_read_the_status_decides(kind: str, status: int, expected: type[e.APIStatusError]) -> None:
    for body in (b"", b"<html><title>Oops</title></html>", b"{", b"null"):
        assert expected is type(refused(kind, status, body, {"content-type": "text/html"}))


def refused(kind: str, status: int, body: Any, headers: Mapping[str, str]) -> e.APIStatusError:
    at = target(kind)
    error = speaker(at).error(response(body, status, headers), at)
    assert isinstance(error, e.APIStatusError)
    return error


def sse(*bodies: Any, name: str | None = None, done: bool = False) -> bytes:
    lines = b"" if name is None else f"event: {name}\n".encode()
    events = b"".join(lines + b"data: " + json.dumps(body).encode() + b"\n\n" for body in bodies)
    return events + (b"data: [DONE]\n\n" if done else b"")


def chunk(finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": "a"}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], **more}


def ended(word: str, **more: Any) -> dict[str, Any]:
    return {"type": "message-end", "delta": {"finish_reason": word, **more}}


BUSY = openai("Slow down", "rate_limit_exceeded", "requests")
GROQ = openai("bad call", "tool_use_failed", failed_generation="x", status_code=400)
ROUTED = {"error": {"code": 502, "message": "Provider disconnected"}}
FAILED = {"id": "r", "object": "response", "status": "failed", "output": []}
LATE = google(503, "UNAVAILABLE", "The model is overloaded.")
BLOCKED = google(429, "RESOURCE_EXHAUSTED", "no", quota("RequestsPerMinute"))

BROKEN: dict[str, tuple[str, bytes, type[e.APIStatusError], int]] = {
    "openai": ("openai", sse(chunk(), BUSY), e.RateLimitError, 429),
    "openai, done": ("openai", sse(chunk(), BUSY, done=True), e.RateLimitError, 429),
    "openai, named": ("openai", sse(chunk()) + sse(BUSY, name="error"), e.RateLimitError, 429),
    "openai, overloaded": (
        "openai",
        sse(openai("Overloaded", "server_is_overloaded", "service_unavailable_error")),
        e.OverloadedError,
        503,
    ),
    "openai, quota": ("openai", sse(openai("spent", "insufficient_quota")), e.QuotaExceededError, 429),
    "openai, unknown": ("openai", sse(openai("oops", None, "server_error")), e.InternalServerError, 500),
    "groq": ("groq", sse(chunk()) + sse(GROQ, name="error"), e.BadRequestError, 400),
    "groq, beside": ("groq", sse({**chunk(), "x_groq": {"error": "over capacity"}}), e.InternalServerError, 500),
    "openrouter": ("openrouter", sse({**chunk("error"), **ROUTED}), e.InternalServerError, 502),
    "openrouter, limited": (
        "openrouter",
        sse({**chunk("error"), "error": {"code": 429, "message": "slow"}}),
        e.RateLimitError,
        429,
    ),
    "mistral": ("mistral", sse(chunk("error")), e.InternalServerError, 500),
    "deepseek": ("deepseek", sse(chunk("insufficient_system_resource")), e.OverloadedError, 503),
    "perplexity": ("perplexity", sse(openai("oops", 500), name="error"), e.InternalServerError, 500),
    "cerebras": (
        "cerebras",
        sse({"message": "busy", "code": "queue_exceeded", "status_code": 429}, name="error"),
        e.RateLimitError,
        429,
    ),
    "responses": (
        "openai-responses",
        sse(
            {"type": "error", "code": "rate_limit_exceeded", "message": "slow", "param": None, "sequence_number": 1},
            name="error",
        ),
        e.RateLimitError,
        429,
    ),
    "responses, failed": (
        "openai-responses",
        sse(
            {"type": "response.failed", "response": {**FAILED, "error": {"code": "server_error", "message": "oops"}}},
            name="response.failed",
        ),
        e.InternalServerError,
        500,
    ),
    "responses, policy": (
        "openai-responses",
        sse(
            {"type": "response.failed", "response": {**FAILED, "error": {"code": "invalid_prompt", "message": "no"}}},
            name="response.failed",
        ),
        e.ContentPolicyError,
        400,
    ),
    "anthropic": ("anthropic", sse(anthropic("overloaded_error", "Overloaded"), name="error"), e.OverloadedError, 529),
    "anthropic, limited": ("anthropic", sse(anthropic("rate_limit_error"), name="error"), e.RateLimitError, 429),
    "anthropic, too long": (
        "anthropic",
        sse(anthropic("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"), name="error"),
        e.ContextLengthExceededError,
        400,
    ),
    "anthropic, invalid": ("anthropic", sse(anthropic("invalid_request_error"), name="error"), e.BadRequestError, 400),
    "anthropic, money": ("anthropic", sse(anthropic("billing_error"), name="error"), e.QuotaExceededError, 402),
    "anthropic, late": ("anthropic", sse(anthropic("timeout_error"), name="error"), e.InternalServerError, 504),
    "anthropic, key": ("anthropic", sse(anthropic("authentication_error"), name="error"), e.AuthenticationError, 401),
    "anthropic, internal": ("anthropic", sse(anthropic("api_error"), name="error"), e.InternalServerError, 500),
    "gemini": ("gemini", sse(LATE), e.OverloadedError, 503),
    "gemini, limited": ("gemini", sse(BLOCKED), e.RateLimitError, 429),
    "gemini, bare": ("gemini", json.dumps(LATE, indent=2).encode(), e.OverloadedError, 503),
    "gemini, in a list": ("gemini", json.dumps([LATE], indent=2).encode(), e.OverloadedError, 503),
    "vertex": ("vertex", sse(LATE), e.OverloadedError, 503),
    **{
        f"bedrock, {name}": ("bedrock", frame(name, {"message": "no"}, "exception"), error, status)
        for name, error, status in (
            ("throttlingException", e.RateLimitError, 429),
            ("modelStreamErrorException", e.InternalServerError, 424),
            ("serviceUnavailableException", e.OverloadedError, 503),
            ("internalServerException", e.InternalServerError, 500),
            ("validationException", e.BadRequestError, 400),
        )
    },
    "ollama": ("ollama", b'{"error":"an error was encountered while running the model"}\n', e.InternalServerError, 500),
    "cohere": ("cohere", sse(ended("ERROR", error="oops"), name="message-end"), e.InternalServerError, 500),
    "cohere, late": ("cohere", sse(ended("TIMEOUT"), name="message-end"), e.InternalServerError, 500),
}


@pytest.mark.parametrize(("kind", "stream", "expected", "status"), BROKEN.values(), ids=BROKEN)
def test_an_error_inside_a_stream_is_what_its_http_form_would_be(
    kind: str, stream: bytes, expected: type[e.APIStatusError], status: int
) -> None:
    for size in (len(stream), 1):
        at = target(kind)
        decoder = speaker(at).decoder(at, ANY)
        events = [one for start in range(0, len(stream), size) for one in decoder.feed(stream[start : start + size])]
        if not any(isinstance(one, Broken) for one in events):
            events += decoder.end()
        *before, broken = events[: 1 + next(at for at, one in enumerate(events) if isinstance(one, Broken))]
        error = broken.error
        assert isinstance(error, e.APIStatusError)
        assert (expected, status, kind) == (type(error), error.status_code, error.provider)
        assert not any(isinstance(one, Ended) for one in before)


IN_BODIES: dict[str, tuple[str, Any, type[e.APIStatusError]]] = {
    "openrouter": ("openrouter", ROUTED, e.InternalServerError),
    "openrouter, limited": ("openrouter", {"error": {"code": 429, "message": "slow"}}, e.RateLimitError),
    "openai": ("openai", BUSY, e.RateLimitError),
    "responses": (
        "openai-responses",
        {**FAILED, "error": {"code": "rate_limit_exceeded", "message": "slow"}},
        e.RateLimitError,
    ),
    "anthropic": ("anthropic", anthropic("overloaded_error"), e.OverloadedError),
    "gemini": ("gemini", LATE, e.OverloadedError),
    "ollama": ("ollama", {"error": "oops"}, e.InternalServerError),
    "cohere": ("cohere", {"id": "1", "message": "oops"}, e.InternalServerError),
}


@pytest.mark.parametrize(("kind", "body", "expected"), IN_BODIES.values(), ids=IN_BODIES)
def test_an_error_in_a_body_with_a_success_status_is_an_error(
    kind: str, body: Any, expected: type[e.APIStatusError]
) -> None:
    at = target(kind)
    with pytest.raises(e.APIStatusError) as caught:
        speaker(at).read(response(body), at, ANY)
    assert expected is type(caught.value)
