"""How providers refuse, by their pages on errors: as HTTP errors, and inside answers that began well."""

from tests.journeys.recorded import Recording
from tests.journeys.unseen.kit import (
    CHAT,
    COHERE,
    CONVERSE,
    GEMINI,
    MESSAGES,
    google,
    whole,
)

INFO = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
DAILY = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}],
}
SOON = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "46s"}
HTML = "<html><head><title>502 Bad Gateway</title></head></html>"

REFUSED: dict[str, tuple[Recording, str]] = {
    "openai quota": (
        whole(
            "openai",
            CHAT,
            {
                "error": {
                    "message": "You exceeded your current quota",
                    "type": "insufficient_quota",
                    "param": None,
                    "code": "insufficient_quota",
                }
            },
            429,
        ),
        "QuotaExceededError",
    ),
    "openai too fast": (
        whole(
            "openai",
            CHAT,
            {
                "error": {
                    "message": "Rate limit reached",
                    "type": "requests",
                    "param": None,
                    "code": "rate_limit_exceeded",
                }
            },
            429,
        ),
        "RateLimitError",
    ),
    "openai wrong key": (
        whole(
            "openai",
            CHAT,
            {
                "error": {
                    "message": "Incorrect API key provided",
                    "type": "invalid_request_error",
                    "param": None,
                    "code": "invalid_api_key",
                }
            },
            401,
        ),
        "AuthenticationError",
    ),
    "openai too long": (
        whole(
            "openai",
            CHAT,
            {
                "error": {
                    "message": "This model's maximum context length is 8192 tokens.",
                    "type": "invalid_request_error",
                    "param": "messages",
                    "code": "context_length_exceeded",
                }
            },
            400,
        ),
        "ContextLengthExceededError",
    ),
    "openai field too long": (
        whole(
            "openai",
            CHAT,
            {
                "error": {
                    "message": "Invalid 'user': string too long. Expected a string with maximum length 64",
                    "type": "invalid_request_error",
                    "param": "user",
                    "code": "string_above_max_length",
                }
            },
            400,
        ),
        "BadRequestError",
    ),
    "openai down": (
        whole(
            "openai",
            CHAT,
            {"error": {"message": "The server had an error", "type": "server_error", "param": None, "code": None}},
            500,
        ),
        "InternalServerError",
    ),
    "openai overloaded": (
        whole(
            "openai",
            CHAT,
            {"error": {"message": "Overloaded", "type": "server_error", "code": "server_is_overloaded"}},
            503,
        ),
        "OverloadedError",
    ),
    "a page of a proxy": (whole("openai", CHAT, HTML, 502, **{"content-type": "text/html"}), "InternalServerError"),
    "nothing at all": (whole("openai", CHAT, "", 504), "InternalServerError"),
    "azure filter": (
        whole(
            "azure",
            "/openai/v1/chat/completions",
            {
                "error": {
                    "message": "The response was filtered",
                    "type": None,
                    "param": "prompt",
                    "code": "content_filter",
                    "status": 400,
                    "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {}},
                }
            },
            400,
        ),
        "ContentPolicyError",
    ),
    "azure no deployment": (
        whole(
            "azure",
            "/openai/v1/chat/completions",
            {
                "error": {
                    "code": "DeploymentNotFound",
                    "message": "The API deployment for this resource does not exist.",
                }
            },
            404,
        ),
        "NotFoundError",
    ),
    "azure wrong key": (
        whole(
            "azure",
            "/openai/v1/chat/completions",
            {"statusCode": 401, "message": "Unauthorized. Access token is missing, invalid"},
            401,
        ),
        "AuthenticationError",
    ),
    "anthropic overloaded": (
        whole(
            "anthropic",
            MESSAGES,
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "r"},
            529,
        ),
        "OverloadedError",
    ),
    "anthropic too long": (
        whole(
            "anthropic",
            MESSAGES,
            {
                "type": "error",
                "error": {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8 maximum"},
            },
            400,
        ),
        "ContextLengthExceededError",
    ),
    "anthropic own limit": (
        whole(
            "anthropic",
            MESSAGES,
            {
                "type": "error",
                "error": {
                    "type": "invalid_request_error",
                    "message": "You have reached your specified API usage limits.",
                },
            },
            400,
        ),
        "QuotaExceededError",
    ),
    "anthropic bill": (
        whole(
            "anthropic", MESSAGES, {"type": "error", "error": {"type": "billing_error", "message": "No credit"}}, 402
        ),
        "QuotaExceededError",
    ),
    "anthropic too large": (
        whole(
            "anthropic",
            MESSAGES,
            {"type": "error", "error": {"type": "request_too_large", "message": "Request exceeds the maximum size"}},
            413,
        ),
        "BadRequestError",
    ),
    "gemini wrong key": (
        whole(
            "gemini",
            GEMINI,
            google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", INFO),
            400,
        ),
        "AuthenticationError",
    ),
    "gemini for today": (
        whole("gemini", GEMINI, google(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", DAILY), 429),
        "QuotaExceededError",
    ),
    "gemini for a minute": (
        whole("gemini", GEMINI, google(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted", SOON), 429),
        "RateLimitError",
    ),
    "gemini in a list": (
        whole("gemini", GEMINI, [google(403, "PERMISSION_DENIED", "Permission denied")], 403),
        "PermissionDeniedError",
    ),
    "gemini too long": (
        whole(
            "gemini",
            GEMINI,
            google(
                400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens allowed (8)."
            ),
            400,
        ),
        "ContextLengthExceededError",
    ),
    "gemini unavailable": (
        whole("gemini", GEMINI, google(503, "UNAVAILABLE", "The model is overloaded."), 503),
        "OverloadedError",
    ),
    "vertex wrong token": (
        whole(
            "vertex",
            "/v1/projects/p/locations/global/publishers/google/models/gemini-x:generateContent",
            google(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
            401,
        ),
        "AuthenticationError",
    ),
    "bedrock throttles": (
        whole(
            "bedrock",
            CONVERSE,
            {"message": "Too many requests, please wait before trying again."},
            429,
            **{"x-amzn-errortype": "ThrottlingException:http://internal"},
        ),
        "RateLimitError",
    ),
    "bedrock denies": (
        whole(
            "bedrock",
            CONVERSE,
            {"Message": "You don't have access to the model"},
            403,
            **{"x-amzn-errortype": "AccessDeniedException"},
        ),
        "PermissionDeniedError",
    ),
    "bedrock token ran out": (
        whole(
            "bedrock",
            CONVERSE,
            {
                "message": "The security token included in the request is expired",
                "__type": "com.amazon.coral.service#ExpiredTokenException",
            },
            403,
        ),
        "AuthenticationError",
    ),
    "bedrock quota": (
        whole(
            "bedrock", CONVERSE, {"message": "Too much"}, 400, **{"x-amzn-errortype": "ServiceQuotaExceededException"}
        ),
        "QuotaExceededError",
    ),
    "bedrock too long": (
        whole(
            "bedrock",
            CONVERSE,
            {"message": "Input is too long for requested model."},
            400,
            **{"x-amzn-errortype": "ValidationException"},
        ),
        "ContextLengthExceededError",
    ),
    "bedrock no model": (
        whole(
            "bedrock",
            CONVERSE,
            {"message": "Could not resolve the foundation model"},
            404,
            **{"x-amzn-errortype": "ResourceNotFoundException"},
        ),
        "NotFoundError",
    ),
    "cohere too long": (
        whole(
            "cohere",
            COHERE,
            {"id": "e", "message": "too many tokens: total number of tokens in the prompt cannot exceed 4081"},
            400,
        ),
        "ContextLengthExceededError",
    ),
    "cohere wrong token": (
        whole("cohere", COHERE, {"id": "e", "message": "invalid api token"}, 401),
        "AuthenticationError",
    ),
    "mistral details": (
        whole(
            "mistral",
            CHAT,
            {
                "object": "error",
                "message": {"detail": [{"type": "missing", "loc": ["body", "model"], "msg": "Field required"}]},
                "type": "invalid_request_error",
                "param": None,
                "code": None,
            },
            422,
        ),
        "UnprocessableEntityError",
    ),
    "mistral wrong key": (whole("mistral", CHAT, {"detail": "Unauthorized"}, 401), "AuthenticationError"),
    "mistral flat": (
        whole(
            "mistral",
            CHAT,
            {
                "object": "error",
                "message": "Invalid model: x",
                "type": "invalid_model",
                "param": None,
                "code": "1500",
                "raw_status_code": 400,
            },
            400,
        ),
        "BadRequestError",
    ),
    "groq too large": (
        whole(
            "groq",
            "/openai/v1/chat/completions",
            {
                "error": {
                    "message": "Request too large for model `x` on tokens per minute (TPM)",
                    "type": "tokens",
                    "code": "rate_limit_exceeded",
                }
            },
            413,
        ),
        "ContextLengthExceededError",
    ),
    "groq full": (
        whole(
            "groq",
            "/openai/v1/chat/completions",
            {"error": {"message": "capacity exceeded", "type": "capacity_exceeded", "code": "capacity_exceeded"}},
            498,
        ),
        "OverloadedError",
    ),
    "deepseek bill": (
        whole(
            "deepseek",
            "/chat/completions",
            {
                "error": {
                    "message": "Insufficient Balance",
                    "type": "unknown_error",
                    "param": None,
                    "code": "invalid_request_error",
                }
            },
            402,
        ),
        "QuotaExceededError",
    ),
    "openrouter bill": (
        whole(
            "openrouter",
            "/api/v1/chat/completions",
            {
                "error": {
                    "code": 402,
                    "message": "Insufficient credits",
                    "metadata": {"error_type": "payment_required"},
                },
                "user_id": "u",
            },
            402,
        ),
        "QuotaExceededError",
    ),
    "openrouter error as an answer": (
        whole(
            "openrouter",
            "/api/v1/chat/completions",
            {"error": {"code": 502, "message": "Provider returned error", "metadata": {"provider_name": "P"}}},
            200,
        ),
        "InternalServerError",
    ),
    "openrouter moderates": (
        whole(
            "openrouter",
            "/api/v1/chat/completions",
            {"error": {"code": 403, "message": "Flagged", "metadata": {"reasons": ["violence"], "flagged_input": "x"}}},
            403,
        ),
        "ContentPolicyError",
    ),
    "huggingface plain words": (whole("huggingface", CHAT, {"error": "Model x does not exist"}, 404), "NotFoundError"),
    "huggingface overloaded": (
        whole("huggingface", CHAT, {"error": "Model is overloaded", "error_type": "overloaded"}, 429),
        "OverloadedError",
    ),
    "cerebras flat": (
        whole(
            "cerebras",
            CHAT,
            {
                "message": "Model x does not exist",
                "type": "not_found_error",
                "param": "model",
                "code": "model_not_found",
            },
            404,
        ),
        "NotFoundError",
    ),
    "zai numbers": (
        whole("zai", "/api/paas/v4/chat/completions", {"error": {"code": "1211", "message": "Unknown Model"}}, 400),
        "NotFoundError",
    ),
}
"""Each with the class of error it stands for."""
