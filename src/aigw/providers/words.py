"""What providers' error codes and messages mean, as tables. Codes are compared in lower case, and before any message.

Sources: the providers' error references as of November 2026. Phrases are looked for in the message field only, never in
the whole body, which may quote the prompt.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aigw.errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ContentPolicyError,
    ContextLengthExceededError,
    InternalServerError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    UnprocessableEntityError,
)

_CODES: Final[Mapping[type[APIStatusError], str]] = {
    QuotaExceededError: (
        "insufficient_quota credit_balance_exhausted organization_usage_limit_exceeded"
        " organization_spend_limit_exceeded project_spend_limit_exceeded billing_error enforced_spend_limit_reached"
        " contract_spend_limit_reached payment_required weight_exceeds_budget billing_hard_limit_reached"
        " billing_not_active insufficient_balance insufficient_user_quota exceeded_current_quota_error"
    ),
    RateLimitError: (
        "rate_limit_exceeded rate_limit_error rate_limited slow_down ramp_limit_exceeded queue_exceeded"
        " token_quota_exceeded request_quota_exceeded in_flight_budget_exhausted too_many_requests"
    ),
    OverloadedError: (
        "overloaded_error overloaded server_is_overloaded capacity_exceeded service_unavailable_error unavailable_error"
        " service_unavailable engine_overloaded_error insufficient_system_resource"
    ),
    ContextLengthExceededError: (
        "context_length_exceeded context_window_exceeded model_context_window_exceeded exceed_context_size_error"
        " max_context_length_exceeded"
    ),
    ContentPolicyError: (
        "content_filter content_policy_violation invalid_prompt bio_policy cyber_policy moderation_blocked"
        " responsibleaipolicyviolation content_moderation image_content_policy_violation"
    ),
    AuthenticationError: "invalid_api_key authentication_error unauthenticated api_key_invalid invalid_authentication",
    PermissionDeniedError: "permission_error permission_denied unsupported_country_region_territory",
    NotFoundError: "model_not_found not_found_error deploymentnotfound",
    BadRequestError: "not_supported_error",
}

BY_CODE: Final[Mapping[str, type[APIStatusError]]] = MappingProxyType(
    {code: error for error, codes in _CODES.items() for code in codes.split()}
)

_STATUSES: Final[Mapping[int, str]] = {
    400: (
        "invalid_request_error tool_use_failed invalid_image invalid_image_format invalid_base64_image"
        " invalid_image_url image_too_large image_too_small image_parse_error invalid_image_mode image_file_too_large"
        " unsupported_image_media_type empty_image_file failed_to_download_image image_file_not_found"
    ),
    402: "billing_error payment_required weight_exceeds_budget insufficient_balance",
    413: "request_too_large",
    498: "capacity_exceeded",
    500: "api_error server_error",
    503: (
        "server_is_overloaded service_unavailable_error unavailable_error service_unavailable engine_overloaded_error"
        " insufficient_system_resource overloaded"
    ),
    504: "timeout_error",
}

STATUS_OF: Final[Mapping[str, int]] = MappingProxyType(
    {
        **{code: error.default_status for code, error in BY_CODE.items()},
        **{code: status for status, codes in _STATUSES.items() for code in codes.split()},
    }
)
"""The status that a code comes with over HTTP: what an error inside a stream is taken to have."""

BY_STATUS: Final[Mapping[int, type[APIStatusError]]] = MappingProxyType(
    {
        400: BadRequestError,
        401: AuthenticationError,
        402: QuotaExceededError,
        403: PermissionDeniedError,
        404: NotFoundError,
        408: InternalServerError,
        409: ConflictError,
        422: UnprocessableEntityError,
        424: InternalServerError,
        425: InternalServerError,
        429: RateLimitError,
        498: OverloadedError,
        499: InternalServerError,
        503: OverloadedError,
        529: OverloadedError,
    }
)
"""Where neither code nor message decides. Other 4xx are bad requests, everything else is the provider's failure."""

CONTEXT_PHRASES: Final = (
    "maximum context length",
    "prompt is too long",
    "exceed context limit",
    "context window of this model",
    "exceeds the context window",
    "exceeds the available context size",
    "model's context length",
    "input token count",
    "input is too long",
    "exceeds the context length",
    "too many tokens",
    "max_new_tokens` must be",
    "current length is",
    "request too large for model",
)
_TOO_LARGE_FOR_MODEL: Final = re.compile(r"too large for model with \d+ maximum context length")

QUOTA_PHRASES: Final = (
    "insufficient balance",
    "exceeded your current quota",
    "credit balance is too low",
    "specified api usage limits",
    "spend limit",
    "insufficient credits",
    "out of credits",
    "payment required",
    "trial key, which is limited to",
)

POLICY_PHRASES: Final = (
    "content management policy",
    "our safety system",
    "violates our usage polic",
    "violate our usage polic",
    "content policy",
    "requires moderation",
)

AUTH_PHRASES: Final = ("incorrect api key", "invalid api key", "api key not valid", "no auth credentials found")


def speaks_of_context(message: str) -> bool:
    """Whether *message*, in lower case, says that the prompt is too long for the model."""
    return any(phrase in message for phrase in CONTEXT_PHRASES) or bool(_TOO_LARGE_FOR_MODEL.search(message))
