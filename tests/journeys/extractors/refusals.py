"""What a provider refuses with: its status first, then its own code, then its words.

Sources: the pages on errors of OpenAI, Anthropic, Google (https://ai.google.dev/gemini-api/docs/troubleshooting),
AWS (.../APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors) and Cohere.
"""

import json
from typing import Any

from tests.journeys.extractors.meaning import Refused

BY_STATUS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    413: "BadRequestError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    502: "InternalServerError",
    503: "OverloadedError",
    504: "InternalServerError",
    529: "OverloadedError",
}
BY_CODE = {
    "model_not_found": "NotFoundError",
    "context_length_exceeded": "ContextLengthExceededError",
    "content_filter": "ContentPolicyError",
    "content_policy_violation": "ContentPolicyError",
    "invalid_prompt": "ContentPolicyError",
    "insufficient_quota": "QuotaExceededError",
    "credit_balance_exhausted": "QuotaExceededError",
}
BY_WORDS = {
    "prompt is too long": "ContextLengthExceededError",
    "maximum context length": "ContextLengthExceededError",
    "exceeds the maximum number of tokens allowed": "ContextLengthExceededError",
    "input is too long for requested model": "ContextLengthExceededError",
    "api key not valid": "AuthenticationError",
}


def refusal_of(status: int, text: str) -> Refused:
    """Read a refusal of any dialect: most put their words into `error`, AWS, Cohere and Mistral at the top."""
    body = json.loads(text)
    body = body[0] if isinstance(body, list) else body
    said = body.get("error", body)
    error = said if isinstance(said, dict) else {"message": said}
    message = _text(error.get("message")) or _text(error.get("Message")) or ""
    reasons = [detail["reason"] for detail in error.get("details") or () if "reason" in detail]
    kind = _text(error.get("type")) or _text(error.get("status"))
    code = _text(error.get("code")) or next(iter(reasons), None) or _text(error.get("status"))
    named = BY_CODE.get(code or "") or next((name for words, name in BY_WORDS.items() if words in message.lower()), "")
    return Refused(named or BY_STATUS[status], status, message, kind, code)


def _text(said: Any) -> str | None:
    return said if isinstance(said, str) and said else None
