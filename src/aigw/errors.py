"""Every error aigw raises, siblings by who is to act. Names and attributes are those of the `openai` client.

    AigwError
    ├── ConfigurationError                who runs the service: arguments, environment, secrets
    │   ├── SecretError                   a secret reference cannot be resolved
    │   ├── GatewayClosedError            the gateway was closed before the call
    │   ├── UnexpectedArgumentError       an unknown keyword (also a TypeError)
    │   └── MissingExtraError             an optional package is not installed
    ├── ManifestError                     who publishes the manifest
    │   ├── ManifestInvalidError          it does not parse, or says something impossible (file, line, path)
    │   ├── ManifestConflictError         the same serial with other content, or an older serial
    │   ├── ManifestUntrustedError        its signatures, audience, age or reach are not what this process demands
    │   ├── ManifestLapsedError           it may be out of date, and the part asked for serves no longer then
    │   │                                 (also an APIStatusError, 503)
    │   └── ManifestUnavailableError      it cannot be had, and no last good one is at hand
    ├── APIError                          a call failed
    │   ├── APIConnectionError            who runs the network or the provider: no answer
    │   │   ├── APITimeoutError           no answer in time
    │   │   └── StreamInterrupted    an answer began and broke off; carries what had arrived
    │   ├── APIResponseValidationError    the provider answered, but not in its own dialect
    │   │   ├── UnreadableAnswerError     not even JSON, or an HTML page
    │   │   └── NonconformingAnswerError  a whole answer, but not of the schema that was asked for
    │   └── APIStatusError                the provider (or aigw, in its place) refused
    │       ├── BadRequestError           400: who wrote the call
    │       │   ├── UnsupportedParameterError   no target of the route can express it
    │       │   ├── ContextLengthExceededError  the prompt is too long for the model
    │       │   └── ContentPolicyError          the provider's policy forbids it
    │       ├── AuthenticationError       401: who owns the provider's key
    │       ├── PermissionDeniedError     403
    │       ├── NotFoundError             404
    │       │   └── ModelNotFoundError    no such route, model or provider in the manifest
    │       ├── ConflictError             409
    │       ├── UnprocessableEntityError  422
    │       ├── RateLimitError            429: wait
    │       │   └── QuotaExceededError    money or a hard cap: waiting does not help
    │       └── InternalServerError       500 and above: the provider
    │           └── OverloadedError       529, 503: the provider, for now
    ├── LengthFinishReasonError           `parse()`: the answer was cut by its length limit
    └── ContentFilterFinishReasonError    `parse()`: the answer was withheld

Every error survives `pickle` and `copy`. No text of one holds a credential or a prompt of ours; `body` is the
provider's own words, bounded, and is left out of `str(error)` beyond the provider's message.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias, TypeVar

from aigw.types.nack import Nack

if TYPE_CHECKING:
    from aigw.types.usage import Usage
    from aigw.wire import HttpResponse

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AigwError",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "ContentFilterFinishReasonError",
    "ContentPolicyError",
    "ContextLengthExceededError",
    "Failure",
    "GatewayClosedError",
    "InternalServerError",
    "LengthFinishReasonError",
    "ManifestConflictError",
    "ManifestError",
    "ManifestInvalidError",
    "ManifestLapsedError",
    "ManifestUnavailableError",
    "ManifestUntrustedError",
    "MissingExtraError",
    "ModelNotFoundError",
    "NonconformingAnswerError",
    "NotFoundError",
    "OverloadedError",
    "PermissionDeniedError",
    "QuotaExceededError",
    "RateLimitError",
    "Refused",
    "SecretError",
    "StreamInterrupted",
    "UnexpectedArgumentError",
    "UnprocessableEntityError",
    "UnreadableAnswerError",
    "UnsupportedParameterError",
]

E = TypeVar("E", bound="AigwError")


class Failure(StrEnum):
    """What went wrong, as policies see it: each class of error has one, and retry and fallback are decided by it."""

    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    OVERLOADED = "overloaded"
    SERVER = "server_error"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    INTERRUPTED = "interrupted"
    UNREADABLE = "unreadable"
    AUTH = "auth"
    PERMISSION = "permission"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    CONTEXT_LENGTH = "context_length"
    CONTENT_POLICY = "content_policy"
    UNSUPPORTED = "unsupported"
    LOCAL = "local"


Refused: TypeAlias = Literal[
    Failure.RATE_LIMITED,
    Failure.QUOTA,
    Failure.OVERLOADED,
    Failure.SERVER,
    Failure.AUTH,
    Failure.PERMISSION,
    Failure.NOT_FOUND,
    Failure.BAD_REQUEST,
    Failure.CONTEXT_LENGTH,
    Failure.CONTENT_POLICY,
]
"""What a provider can refuse a call for."""


class AigwError(Exception):
    """Base of all errors of aigw. `call_id` names the record of the call it ended, if there was one."""

    call_id: str | None = None

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(kind: type[E], args: tuple[object, ...], state: Mapping[str, object]) -> E:
    """Rebuild a pickled error without calling its constructor, whose keywords pickle cannot know."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _own_response(status: int) -> "HttpResponse":
    """Make the response that a refusal of our own stands for: its status, no headers, no body."""
    from aigw.wire import Headers, HttpResponse  # noqa: PLC0415 - it decodes JSON, which importing errors must not need

    return HttpResponse(status, Headers())


class ConfigurationError(AigwError):
    """The service is set up wrongly: an argument, the environment or a file."""


class SecretError(ConfigurationError):
    """A secret reference cannot be resolved. The message names the reference, never a value."""


class GatewayClosedError(ConfigurationError):
    """The gateway was used after `close()`."""


class UnexpectedArgumentError(ConfigurationError, TypeError):
    """A keyword argument nobody knows; the message suggests the near name."""


class MissingExtraError(ConfigurationError, ImportError):
    """A feature needs an optional package; the message says which extra to install."""


class ManifestError(AigwError):
    """The manifest cannot be used. The last good one keeps serving, if there is one. `nack` says why, in one word."""

    nack: Nack = Nack.INVALID


class ManifestInvalidError(ManifestError):
    """The manifest is wrong. `source`, `line` (from 1) and `path` (`routes[0].targets[1].model`) say where.

    `problems` has one line per finding, each with its own place and suggestion.
    """

    def __init__(
        self,
        message: str,
        *,
        source: str = "",
        line: int | None = None,
        path: str = "",
        problems: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.source = source
        self.line = line
        self.path = path
        self.problems = problems or (message,)


class ManifestConflictError(ManifestError):
    """A manifest with the serial of the active one but other content, or with a lower serial, was refused."""

    def __init__(self, message: str, *, nack: Nack = Nack.ROLLBACK) -> None:
        super().__init__(message)
        self.nack = nack


class ManifestUntrustedError(ManifestError):
    """The manifest is not one this process may take: its signatures, audience, channel, age or reach forbid it."""

    def __init__(self, message: str, *, nack: Nack = Nack.SIG_BAD) -> None:
        super().__init__(message)
        self.nack = nack


class ManifestUnavailableError(ManifestError):
    """No manifest could be had from its source, and there is no last good one to start from."""

    nack = Nack.FETCH


class APIError(AigwError):
    """A call failed.

    `message` is for people; `code`, `param` and `type` are the provider's words where it gave any; `body` is the
    decoded error body (bounded) or None. `attempts` tells the whole story: one entry for each send, in order.
    """

    failure: ClassVar[Failure] = Failure.SERVER
    status_code: int | None = None

    def __init__(  # noqa: PLR0913 - the attributes of `openai.APIError`, all but one by name
        self,
        message: str,
        *,
        body: object = None,
        code: str | None = None,
        param: str | None = None,
        type: str | None = None,  # noqa: A002 - the attribute's name in the openai client
        provider: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.body = body
        self.code = code
        self.param = param
        self.type = type
        self.provider = provider
        self.attempts: tuple[object, ...] = ()


class APIConnectionError(APIError):
    """No answer came: name resolution, connection, TLS or a connection that broke before the answer."""

    failure = Failure.CONNECTION


class APITimeoutError(APIConnectionError):
    """No answer in time.

    `phase` says which limit ran out: connect, read, first_token, idle, attempt or deadline.
    """

    failure = Failure.TIMEOUT

    def __init__(
        self, message: str = "Request timed out.", *, phase: str = "attempt", provider: str | None = None
    ) -> None:
        super().__init__(message, provider=provider)
        self.phase = phase


class StreamInterrupted(APIConnectionError):  # noqa: N818 - it names what happened to the stream
    """A streamed answer broke off after it had begun. It is never reported as a clean end.

    `partial_text` is the text handed over so far (first choice), `usage` what was reported or estimated, or None.
    The failure that broke it is `__cause__`, where there was one.
    """

    failure = Failure.INTERRUPTED

    def __init__(
        self, message: str, *, partial_text: str = "", usage: "Usage | None" = None, provider: str | None = None
    ) -> None:
        super().__init__(message, provider=provider)
        self.partial_text = partial_text
        self.usage = usage


class APIResponseValidationError(APIError):
    """The provider answered with a success status, but not in its own dialect."""

    failure = Failure.UNREADABLE

    def __init__(
        self, message: str, *, response: "HttpResponse | None" = None, body: object = None, provider: str | None = None
    ) -> None:
        super().__init__(message, body=body, provider=provider)
        self.response = response
        self.status_code = None if response is None else response.status_code


class UnreadableAnswerError(APIResponseValidationError):
    """The answer is not JSON at all: truncated, an HTML page, or bytes that are not UTF-8."""


class NonconformingAnswerError(APIResponseValidationError):
    """The model answered, but not as the JSON schema of the call's `response_format` says.

    `keyword` is the schema's that is not met (`json` where the answer is no JSON), `path` the place in the answer
    (`$.person.age`), in the schema's own names: no value and no name of the answer's is told. `usage` is what the
    answer took, or None where that was not said. A stream raises it at its end, after all of the text.
    """

    def __init__(  # noqa: PLR0913 - all but one by name
        self,
        message: str,
        *,
        keyword: str = "",
        path: str = "$",
        usage: "Usage | None" = None,
        response: "HttpResponse | None" = None,
        provider: str | None = None,
    ) -> None:
        super().__init__(message, response=response, provider=provider)
        self.keyword = keyword
        self.path = path
        self.usage = usage


class APIStatusError(APIError):
    """The call was refused with an HTTP status: by the provider, or by aigw in its place.

    `response` is the provider's; where aigw refused, it is empty. `body` is the error's object. `request_id` is the
    provider's; `retry_after` is how long it asked us to wait, in seconds, or None.
    """

    default_status: ClassVar[int] = 500

    def __init__(  # noqa: PLR0913 - the attributes of `openai.APIStatusError`, all but one by name
        self,
        message: str,
        *,
        response: "HttpResponse | None" = None,
        body: object = None,
        code: str | None = None,
        param: str | None = None,
        type: str | None = None,  # noqa: A002 - the attribute's name in the openai client
        request_id: str | None = None,
        retry_after: float | None = None,
        status_code: int | None = None,
        provider: str | None = None,
    ) -> None:
        super().__init__(message, body=body, code=code, param=param, type=type, provider=provider)
        self.status_code = status_code or (self.default_status if response is None else response.status_code)
        self.response = _own_response(self.status_code) if response is None else response
        if response is None and body is None:
            self.body = {"message": message, "type": type, "param": param, "code": code}
        self.request_id = request_id
        self.retry_after = retry_after


class BadRequestError(APIStatusError):
    """The call itself is wrong (400)."""

    failure = Failure.BAD_REQUEST
    default_status = 400


class UnsupportedParameterError(BadRequestError):
    """No target of the route can express a parameter or a message part of the call; `param` names it."""

    failure = Failure.UNSUPPORTED


class ContextLengthExceededError(BadRequestError):
    """The prompt (with the room asked for the answer) is longer than the model takes."""

    failure = Failure.CONTEXT_LENGTH


class ContentPolicyError(BadRequestError):
    """The provider's content policy refuses the prompt."""

    failure = Failure.CONTENT_POLICY


class AuthenticationError(APIStatusError):
    """The provider does not accept the credential (401)."""

    failure = Failure.AUTH
    default_status = 401


class PermissionDeniedError(APIStatusError):
    """The credential may not do this (403)."""

    failure = Failure.PERMISSION
    default_status = 403


class NotFoundError(APIStatusError):
    """The provider has no such model or endpoint (404)."""

    failure = Failure.NOT_FOUND
    default_status = 404


class ModelNotFoundError(NotFoundError):
    """The manifest has no such route or model; the message names near ones."""


class ConflictError(APIStatusError):
    """The provider reports a conflict (409); it asks to try again."""

    failure = Failure.SERVER
    default_status = 409


class UnprocessableEntityError(APIStatusError):
    """The call is well-formed but the provider cannot process it (422)."""

    failure = Failure.BAD_REQUEST
    default_status = 422


class RateLimitError(APIStatusError):
    """Too many requests or tokens for now (429); `retry_after` says for how long, if the provider did."""

    failure = Failure.RATE_LIMITED
    default_status = 429


class QuotaExceededError(RateLimitError):
    """Money or a hard cap has run out: not a rate limit, so waiting does not help."""

    failure = Failure.QUOTA


class InternalServerError(APIStatusError):
    """The provider failed (500 and above)."""

    failure = Failure.SERVER


class OverloadedError(InternalServerError):
    """The provider has no capacity for now (529, 503)."""

    failure = Failure.OVERLOADED
    default_status = 529


class ManifestLapsedError(ManifestError, APIStatusError):
    """The manifest in force may be out of date, and what was asked for is declared not to serve then (503)."""

    nack = Nack.EXPIRED
    failure = Failure.LOCAL
    default_status = 503


class LengthFinishReasonError(AigwError):
    """`parse()`: the answer was cut by its length limit, so it cannot be parsed. `completion` is what came."""

    def __init__(self, *, completion: object) -> None:
        super().__init__("Could not parse the answer: its length limit was reached. Raise max_tokens.")
        self.completion = completion


class ContentFilterFinishReasonError(AigwError):
    """`parse()`: the answer was withheld by a content filter."""

    def __init__(self) -> None:
        super().__init__("Could not parse the answer: it was withheld by a content filter.")
