"""A host's own table of errors wins over what providers share, within what the status allows, and is nobody else's."""

import json
from typing import Any

import pytest
from tests.providers.provider_kit import ANY, delta, response, speaker, sse, target

from aigw import errors as e
from aigw.errors import Failure
from aigw.policies.failover import failure_of
from aigw.providers.failures import REFUSALS
from aigw.providers.kinds.table import KINDS
from aigw.types.events import Broken


def zai(code: str, message: str = "no") -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def cloudflare(code: int, message: str = "no") -> dict[str, Any]:
    return {"success": False, "errors": [{"code": code, "message": message}], "result": None, "messages": []}


def openrouter(code: int, kind: str, **more: object) -> dict[str, Any]:
    return {"error": {"code": code, "message": "no", "metadata": {"error_type": kind, **more}}}


OWN: list[tuple[str, int, dict[str, Any], type[e.APIStatusError]]] = [
    ("zai", 429, zai("1302"), e.RateLimitError),
    ("zai", 429, zai("1113", "Please recharge"), e.QuotaExceededError),
    ("zai", 429, zai("1312", "Too much traffic at this model"), e.OverloadedError),
    ("zai", 429, zai("1121", "The account is locked"), e.PermissionDeniedError),
    ("zai", 400, zai("1261", "Prompt"), e.ContextLengthExceededError),
    ("zai", 400, zai("1301", "Sensitive"), e.ContentPolicyError),
    ("zai", 400, zai("1211", "Unknown Model"), e.NotFoundError),
    ("zai", 401, zai("1000"), e.AuthenticationError),
    ("cloudflare", 429, cloudflare(3036, "You have used up your daily free allocation"), e.QuotaExceededError),
    ("cloudflare", 429, cloudflare(3040, "No more data centers"), e.OverloadedError),
    ("cloudflare", 429, cloudflare(9999, "Slow down"), e.RateLimitError),
    ("cloudflare", 400, cloudflare(5007, "No such model"), e.NotFoundError),
    ("mistral", 429, {"object": "error", "message": "busy", "code": "3505"}, e.OverloadedError),
    ("mistral", 429, {"object": "error", "message": "rate", "code": "1300"}, e.RateLimitError),
    ("fireworks", 412, {"error": {"message": "Account is suspended"}}, e.PermissionDeniedError),
    ("openrouter", 400, openrouter(400, "invalid_prompt"), e.BadRequestError),
    ("openrouter", 400, openrouter(400, "token_limit_exceeded"), e.QuotaExceededError),
    ("openrouter", 403, openrouter(403, "refusal"), e.ContentPolicyError),
    ("openrouter", 503, openrouter(503, "provider_overloaded"), e.OverloadedError),
]

STRANGERS: list[tuple[str, int, dict[str, Any], type[e.APIStatusError]]] = [
    ("openai-compatible", 429, zai("1113", "no"), e.RateLimitError),
    ("openai-compatible", 400, zai("1261", "no"), e.BadRequestError),
    ("openai-compatible", 400, {"object": "error", "message": "no", "code": "1300"}, e.BadRequestError),
    ("openai-compatible", 429, cloudflare(3036, "no"), e.RateLimitError),
    ("openai-compatible", 412, {"error": {"message": "no"}}, e.BadRequestError),
    ("openai-compatible", 400, openrouter(400, "invalid_prompt"), e.ContentPolicyError),
    ("zai", 400, zai("1300", "Blocked"), e.BadRequestError),
    ("zai", 429, zai("insufficient_quota"), e.QuotaExceededError),
]

Row = tuple[str, int, dict[str, Any], type[e.APIStatusError]]


def refused(kind: str, status: int, body: dict[str, Any]) -> e.APIStatusError:
    at = target(kind)
    error = speaker(at).error(response(body, status), at)
    assert isinstance(error, e.APIStatusError)
    return error


@pytest.mark.parametrize(("kind", "status", "body", "expected"), OWN)
def test_a_host_is_taken_at_its_own_word(
    kind: str, status: int, body: dict[str, Any], expected: type[e.APIStatusError]
) -> None:
    error = refused(kind, status, body)

    assert (expected, status, kind) == (type(error), error.status_code, error.provider)


@pytest.mark.parametrize(("kind", "status", "body", "expected"), STRANGERS)
def test_the_same_word_says_no_such_thing_from_anybody_else(
    kind: str, status: int, body: dict[str, Any], expected: type[e.APIStatusError]
) -> None:
    assert expected is type(refused(kind, status, body))


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, e.AuthenticationError), (404, e.NotFoundError), (500, e.InternalServerError), (503, e.OverloadedError)],
)
def test_the_status_comes_before_the_hosts_own_code(status: int, expected: type[e.APIStatusError]) -> None:
    assert expected is type(refused("zai", status, zai("1113")))


def test_the_hosts_own_code_comes_before_the_text() -> None:
    assert e.QuotaExceededError is type(refused("zai", 400, zai("1113", "maximum context length")))
    assert e.ContextLengthExceededError is type(refused("zai", 400, zai("9999", "maximum context length")))


def test_what_an_upstream_says_is_not_in_the_routers_words() -> None:
    raw = json.dumps({"error": {"code": "invalid_prompt", "message": "Against the policy"}})

    assert e.ContentPolicyError is type(refused("openrouter", 400, openrouter(400, "unmapped", raw=raw)))


def test_cloudflares_code_is_on_the_error() -> None:
    error = refused("cloudflare", 429, cloudflare(3036, "Used up"))

    assert ("3036", "cloudflare answered 429: Used up") == (error.code, str(error))


@pytest.mark.parametrize(("kind", "status", "body", "expected"), [row for row in OWN if row[0] == "zai"])
def test_inside_a_stream_the_table_holds_too(
    kind: str, status: int, body: dict[str, Any], expected: type[e.APIStatusError]
) -> None:
    at = target(kind)
    events = speaker(at).decoder(at, ANY).feed(sse(delta({"content": "a"}), body))
    broken = next(event for event in events if isinstance(event, Broken))

    assert expected is type(broken.error)


def test_in_a_body_with_a_success_status_the_table_holds_too() -> None:
    at = target("zai")

    with pytest.raises(e.QuotaExceededError):
        speaker(at).read(response(zai("1113")), at, ANY)


def test_each_failure_has_the_class_that_stands_for_it() -> None:
    assert {failure: failure for failure in REFUSALS} == {
        failure: failure_of(made("no")) for failure, made in REFUSALS.items()
    }
    assert {Failure.TIMEOUT, Failure.CONNECTION, Failure.LOCAL}.isdisjoint(REFUSALS)


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.errors], ids=lambda kind: kind.name)
def test_every_table_is_in_lower_case_and_names_failures_that_can_be_refused_for(kind: Any) -> None:
    assert [] == [code for code in kind.errors if code != code.lower()]
    assert set(kind.errors.values()) <= set(REFUSALS)
