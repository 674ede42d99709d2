"""A call is answered if any of its targets can answer it in time, and its attempts tell how, in both faces."""

import pytest
from tests.journeys.journey_kit import NOBODY, Journey, manifest, provider, steps, was_left

import aigw
from aigw import Timeouts
from aigw.call import Outcome
from aigw.policies.breaker import RESET_S, THRESHOLD
from aigw.policies.retry_budget import FLOOR, SHARE
from aigw.testing import (
    AnthropicServer,
    CutAt,
    Hang,
    Html,
    OpenAIServer,
    ProviderServer,
    Raw,
    Received,
    Reply,
    Reset,
    StallAt,
    Status,
    Text,
)

BRIEF_S = 0.05
"""A limit that a hanging socket really has to run into."""

HELLO = Text("Hello.")

PASSING = [
    pytest.param(Status(429), 429, aigw.RateLimitError, id="429"),
    pytest.param(Status(500), 500, aigw.InternalServerError, id="500"),
    pytest.param(Status(502), 502, aigw.InternalServerError, id="502"),
    pytest.param(Status(503), 503, aigw.OverloadedError, id="503"),
    pytest.param(Status(504), 504, aigw.InternalServerError, id="504"),
    pytest.param(Status(529), 529, aigw.OverloadedError, id="529"),
    pytest.param(Html(502), 502, aigw.InternalServerError, id="html-502"),
    pytest.param(Reset(), None, aigw.APIConnectionError, id="reset"),
    pytest.param(CutAt(HELLO, token=0), None, aigw.APIConnectionError, id="cut-body"),
]


@pytest.mark.parametrize(("fault", "status", "error"), PASSING)
def test_a_passing_failure_is_retried_at_the_same_target(
    journey: Journey, first: ProviderServer, fault: Reply, status: int | None, error: type[Exception]
) -> None:
    first.queue(fault, HELLO)
    journey.start(manifest(first, max_retries=1))
    answer = journey.ask()
    assert "Hello." == answer.choices[0].message.content
    assert [("first/m", 1), ("first/m", 2)] == [(each.target, each.number) for each in answer.aigw.attempts]
    assert error.__name__ == answer.aigw.attempts[0].error
    assert status == answer.aigw.attempts[0].status
    assert (200, None) == (answer.aigw.attempts[1].status, answer.aigw.attempts[1].error)
    assert 2 == len(first.requests)


@pytest.mark.parametrize(("fault", "status", "error"), PASSING)
def test_what_retries_cannot_mend_moves_to_the_next_target(
    journey: Journey,
    first: ProviderServer,
    second: ProviderServer,
    fault: Reply,
    status: int | None,
    error: type[Exception],
) -> None:
    first.always(fault)
    second.always(HELLO)
    journey.start(manifest(first, second, max_retries=1))
    answer = journey.ask()
    assert "Hello." == answer.choices[0].message.content
    assert "second/m" == answer.aigw.target
    went = [(name, number, why) for name, number, _, why in steps(answer.aigw.attempts)]
    assert [("first/m", 1, error.__name__), ("first/m", 2, error.__name__), ("second/m", 1, None)] == went
    assert (2, 1) == (len(first.requests), len(second.requests))


@pytest.mark.parametrize(("fault", "status", "error"), PASSING)
def test_when_all_fail_the_last_error_tells_every_attempt(
    journey: Journey,
    first: ProviderServer,
    second: ProviderServer,
    fault: Reply,
    status: int | None,
    error: type[Exception],
) -> None:
    first.always(fault)
    second.always(Status(500))
    journey.start(manifest(first, second, max_retries=0))
    raised = journey.fail()
    assert aigw.InternalServerError is type(raised)
    assert ["first/m", "second/m"] == [each.target for each in raised.attempts]
    assert [error.__name__, "InternalServerError"] == [each.error for each in raised.attempts]
    assert raised.attempts == journey.record.attempts
    assert Outcome.ERROR is journey.record.outcome
    assert 500 == journey.record.status_code


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_a_refused_connection_moves_to_the_next_target(
    journey: Journey, second: ProviderServer, streamed: bool
) -> None:
    second.always(HELLO)
    journey.start(manifest(NOBODY, second, max_retries=0))
    answer = journey.ask(stream=streamed)
    if streamed:
        assert ("Hello.", None) == journey.read(answer)
    assert [("first/m", 1, None, "APIConnectionError"), ("second/m", 1, 200, None)] == steps(answer.aigw.attempts)


class TestRateLimits:
    def test_without_a_hint_it_backs_off_with_jitter(self, journey: Journey, first: ProviderServer) -> None:
        first.queue(Status(429), Status(429), HELLO)
        journey.start(manifest(first, max_retries=2))
        answer = journey.ask()
        one, two = journey.clock.skipped
        assert 0.25 <= one <= 0.5
        assert 0.5 <= two <= 1.0
        assert [0.0, one, two] == [each.waited_s for each in answer.aigw.attempts]

    @pytest.mark.parametrize(
        ("hint", "least"),
        [
            (Status(429, retry_after=3), 3.0),
            (Status(429, retry_after_ms=1500), 1.5),
            (Status(429, retry_after=60, retry_after_ms=700), 0.7),
            (
                Status(
                    429,
                    retry_after="Tue, 14 Nov 2023 22:13:24 GMT",
                    headers={"date": "Tue, 14 Nov 2023 22:13:20 GMT"},
                ),
                4.0,
            ),
        ],
        ids=["seconds", "milliseconds", "milliseconds-first", "date"],
    )
    def test_a_short_wait_that_is_asked_for_is_kept_to(
        self, journey: Journey, first: ProviderServer, second: ProviderServer, hint: Status, least: float
    ) -> None:
        first.queue(hint, HELLO)
        journey.start(manifest(first, second, max_retries=1))
        answer = journey.ask()
        assert "first/m" == answer.aigw.target
        assert not second.requests
        (waited,) = journey.clock.skipped
        assert least <= waited <= least * 1.1

    def test_reset_headers_say_how_long_to_wait(self, journey: Journey, openai: OpenAIServer) -> None:
        spent = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "2.5s"}
        openai.queue(Status(429, headers=spent), HELLO)
        journey.start(manifest(openai, max_retries=1))
        journey.ask()
        (waited,) = journey.clock.skipped
        assert 2.5 <= waited <= 2.75

    @pytest.mark.parametrize(
        ("kind", "headers", "least"),
        [
            ("groq", {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "7.66s"}, 7.66),
            ("together", {"x-tokenlimit-remaining": "0", "x-ratelimit-reset": "2"}, 2.0),
            (
                "openrouter",
                {
                    "x-ratelimit-remaining": "0",
                    "x-ratelimit-reset": "1700000004000",
                    "date": "Tue, 14 Nov 2023 22:13:20 GMT",
                },
                4.0,
            ),
            ("cloudflare", {"ratelimit": '"default";r=0;t=3'}, 3.0),
        ],
        ids=["durations", "a-shared-reset", "epoch-milliseconds", "items"],
    )
    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    def test_a_hosts_own_reset_headers_are_waited_for(
        self, journey: Journey, openai: OpenAIServer, kind: str, headers: dict[str, str], least: float, streamed: bool
    ) -> None:
        openai.queue(Status(429, headers=headers), HELLO)
        journey.start(manifest(openai, kind=kind, max_retries=1))
        answer = journey.ask(stream=streamed)
        if streamed:
            assert ("Hello.", None) == journey.read(answer)
        (waited,) = journey.clock.skipped
        assert least <= waited <= least * 1.1
        assert [0.0, waited] == [each.waited_s for each in journey.record.attempts]

    def test_headers_of_another_host_are_no_hint(self, journey: Journey, openai: OpenAIServer) -> None:
        openai.queue(Status(429, headers={"ratelimit": '"default";r=0;t=3'}), HELLO)
        journey.start(manifest(openai, max_retries=1))
        journey.ask()
        (waited,) = journey.clock.skipped
        assert waited <= 0.5

    def test_a_hosts_own_word_for_a_spent_quota_goes_to_the_next_target(
        self, journey: Journey, openai: OpenAIServer, second: ProviderServer
    ) -> None:
        openai.always(Status(429, code="1113"))
        second.always(HELLO)
        journey.start(manifest(openai, second, kind="zai", max_retries=3))
        answer = journey.ask()
        assert [("first/m", 1, 429, "QuotaExceededError"), ("second/m", 1, 200, None)] == steps(answer.aigw.attempts)

    def test_a_long_wait_goes_to_the_next_target_at_once(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        first.always(Status(429, retry_after=60))
        journey.start(manifest(first, second, max_retries=2))
        answer = journey.ask()
        assert [("first/m", 1, 429, "RateLimitError"), ("second/m", 1, 200, None)] == steps(answer.aigw.attempts)
        assert [] == journey.clock.skipped

    def test_a_target_that_asked_for_a_long_rest_is_left_alone_until_it_is_over(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        first.queue(Status(429, retry_after=60))
        journey.start(manifest(first, second, max_retries=0))
        journey.ask()
        rested = journey.ask()
        assert [("first/m", False, "breaker_open"), ("second/m", True, "ok")] == [
            (each.target, each.eligible, each.reason) for each in rested.aigw.candidates
        ]
        assert 1 == len(first.requests)
        journey.clock.advance(61)
        assert "first/m" == journey.ask().aigw.target

    def test_the_hint_is_on_the_error(self, journey: Journey, first: ProviderServer) -> None:
        first.always(Status(429, retry_after=7))
        journey.start(manifest(first, max_retries=0))
        error = journey.fail()
        assert aigw.RateLimitError is type(error)
        assert (429, 7.0) == (error.status_code, error.retry_after)
        assert error.request_id
        assert "7" == error.response.headers["retry-after"]

    def test_a_spent_quota_is_not_retried_but_goes_to_the_next_target(
        self, journey: Journey, openai: OpenAIServer
    ) -> None:
        openai.always(Status(429, code="insufficient_quota"))
        with AnthropicServer() as other:
            journey.start(manifest(openai, other, max_retries=3))
            answer = journey.ask()
        assert [("first/m", 1, 429, "QuotaExceededError"), ("second/m", 1, 200, None)] == steps(answer.aigw.attempts)

    def test_a_refusal_that_forbids_a_retry_is_obeyed(self, journey: Journey, first: ProviderServer) -> None:
        first.always(Status(429, should_retry=False))
        journey.start(manifest(first, max_retries=3))
        journey.fail()
        assert 1 == len(first.requests)


class TestFailFast:
    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (400, aigw.BadRequestError),
            (401, aigw.AuthenticationError),
            (403, aigw.PermissionDeniedError),
            (404, aigw.NotFoundError),
            (422, aigw.UnprocessableEntityError),
        ],
    )
    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    def test_a_fault_of_ours_is_told_after_one_attempt(
        self,
        journey: Journey,
        first: ProviderServer,
        second: ProviderServer,
        status: int,
        error: type[Exception],
        streamed: bool,
    ) -> None:
        first.always(Status(status))
        journey.start(manifest(first, second, max_retries=3))
        raised = journey.fail(stream=streamed)
        assert error is type(raised)
        assert status == raised.status_code
        assert [("first/m", 1, status, error.__name__)] == steps(raised.attempts)
        assert (1, 0) == (len(first.requests), len(second.requests))
        assert [] == journey.clock.skipped

    @pytest.mark.parametrize(("status", "failure"), [(401, "auth"), (403, "permission"), (404, "not_found")])
    def test_it_goes_to_the_next_target_where_the_route_says_so(
        self, journey: Journey, first: ProviderServer, second: ProviderServer, status: int, failure: str
    ) -> None:
        first.always(Status(status))
        journey.start(manifest(first, second, route={"fallback_on": [failure]}, max_retries=3))
        assert ["first/m", "second/m"] == [each.target for each in journey.ask().aigw.attempts]

    def test_a_route_falls_back_only_on_what_it_lists(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        first.always(Status(500))
        journey.start(manifest(first, second, route={"fallback_on": ["rate_limited"]}, max_retries=0))
        journey.fail()
        assert not second.requests

    def test_none_of_it_counts_against_the_target(self, journey: Journey, first: ProviderServer) -> None:
        first.always(Status(400))
        journey.start(manifest(first, max_retries=0))
        for _ in range(THRESHOLD + 2):
            journey.fail()
        assert {} == dict(journey.gw.health())


class TestFallbacksOfTheirOwn:
    TOO_LONG = Status(400, message="This model's maximum context length is 8192 tokens.")

    def with_alternate(self, failure: str, *servers: ProviderServer) -> dict[str, object]:
        first, second, third = servers
        document = manifest(first, second, max_retries=1)
        document["providers"] = {"first": provider(first), "second": provider(second), "third": provider(third)}
        (route,) = document["routes"]  # type: ignore[misc]
        route["fallbacks"] = {failure: [{"provider": "third", "model": "large"}]}
        return document

    @pytest.mark.parametrize(
        ("fault", "failure", "error"),
        [
            (Status(400, code="context_length_exceeded"), "context_length", "ContextLengthExceededError"),
            (TOO_LONG, "context_length", "ContextLengthExceededError"),
            (Status(400, code="content_filter"), "content_policy", "ContentPolicyError"),
        ],
        ids=["context-code", "context-words", "policy"],
    )
    def test_a_prompt_that_one_model_cannot_take_goes_to_the_model_named_for_that(
        self,
        journey: Journey,
        openai: OpenAIServer,
        second: ProviderServer,
        fault: Status,
        failure: str,
        error: str,
    ) -> None:
        openai.always(fault)
        with AnthropicServer() as third:
            journey.start(self.with_alternate(failure, openai, second, third))
            answer = journey.ask()
        assert [("first/m", 1, 400, error), ("third/large", 1, 200, None)] == steps(answer.aigw.attempts)
        assert not second.requests

    def test_a_model_that_could_not_take_the_call_is_not_turned_to(
        self, journey: Journey, openai: OpenAIServer, second: ProviderServer
    ) -> None:
        openai.always(Status(400, code="context_length_exceeded"))
        with AnthropicServer() as third:
            journey.start(self.with_alternate("context_length", openai, second, third))
            raised = journey.fail(n=2)
            assert not third.requests
        assert aigw.ContextLengthExceededError is type(raised)

    @pytest.mark.parametrize(
        ("code", "error"),
        [
            ("context_length_exceeded", aigw.ContextLengthExceededError),
            ("content_filter", aigw.ContentPolicyError),
        ],
    )
    def test_without_such_a_model_the_error_is_told_at_once(
        self, journey: Journey, openai: OpenAIServer, second: ProviderServer, code: str, error: type[Exception]
    ) -> None:
        openai.always(Status(400, code=code))
        journey.start(manifest(openai, second, max_retries=3))
        raised = journey.fail()
        assert error is type(raised)
        assert isinstance(raised, aigw.BadRequestError)
        assert 1 == len(raised.attempts)
        assert not second.requests


class TestTimeouts:
    def test_a_target_that_hangs_is_left_for_the_next_when_its_attempt_is_over(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        first.always(Hang())
        document = manifest(first, second, max_retries=0, defaults={"attempt_timeout": BRIEF_S})
        document["routes"][0]["targets"][1]["timeout"] = "30s"  # type: ignore[index]
        journey.start(document, clock=None)
        answer = journey.ask()
        assert [("first/m", 1, None, "APITimeoutError"), ("second/m", 1, 200, None)] == steps(answer.aigw.attempts)
        assert was_left(first)

    @pytest.mark.parametrize(
        ("fault", "limits", "phase", "streamed"),
        [
            (Hang(), Timeouts(total=BRIEF_S), "attempt", False),
            (Hang(), Timeouts(total=BRIEF_S), "attempt", True),
            (Hang(), Timeouts(first_token=BRIEF_S), "first_token", True),
            (StallAt(HELLO, token=0), Timeouts(first_token=BRIEF_S), "first_token", True),
            (StallAt(HELLO, token=0), Timeouts(total=BRIEF_S), "attempt", False),
        ],
        ids=["plain-total", "streamed-total", "first-token", "first-token-after-headers", "half-a-body"],
    )
    def test_the_limit_that_ran_out_is_named(
        self,
        journey: Journey,
        first: ProviderServer,
        fault: Reply,
        limits: Timeouts,
        phase: str,
        streamed: bool,
    ) -> None:
        first.always(fault)
        journey.start(manifest(first, max_retries=0))
        error = journey.fail(stream=streamed, timeout=limits)
        assert aigw.APITimeoutError is type(error)
        assert phase == error.phase
        assert was_left(first)

    def test_an_address_that_never_answers_runs_into_the_connect_limit(self, journey: Journey, unheard: str) -> None:
        journey.start(manifest(unheard, max_retries=0))
        error = journey.fail(timeout=Timeouts(connect=BRIEF_S))
        assert aigw.APITimeoutError is type(error)
        assert "connect" == error.phase

    def test_a_stream_that_falls_silent_after_its_beginning_is_interrupted(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        first.always(StallAt(Text("One two three."), token=1))
        journey.start(manifest(first, second, max_retries=0))
        stream = journey.stream(timeout=Timeouts(idle=BRIEF_S))
        text, error = journey.read(stream)
        assert "One " == text
        assert isinstance(error, aigw.StreamInterrupted)
        assert isinstance(error.__cause__, aigw.APITimeoutError)
        assert "idle" == error.__cause__.phase
        assert not second.requests

    @pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
    def test_one_deadline_is_over_all_attempts(
        self, journey: Journey, first: ProviderServer, second: ProviderServer, streamed: bool
    ) -> None:
        first.always(Hang())
        journey.start(manifest(first, second, max_retries=2))
        error = journey.fail(timeout=BRIEF_S, stream=streamed)
        assert aigw.APITimeoutError is type(error)
        assert "deadline" == error.phase
        assert ["first/m"] == [each.target for each in error.attempts]
        assert not second.requests

    def test_a_retry_that_cannot_finish_in_time_is_not_started(self, journey: Journey, first: ProviderServer) -> None:
        first.always(Status(500))
        journey.start(manifest(first, max_retries=5))
        error = journey.fail(timeout=1.2)
        assert aigw.InternalServerError is type(error)
        assert len(first.requests) < 6
        assert sum(journey.clock.skipped) < 1.2
        assert ["not retried, no time left: first/m"] == list(journey.record.notes)

    def test_the_deadline_of_the_route_holds_where_the_caller_names_none(
        self, journey: Journey, first: ProviderServer
    ) -> None:
        first.always(Hang())
        journey.start(manifest(first, route={"timeout": BRIEF_S}, max_retries=2))
        assert "deadline" == journey.fail().phase


class TestOneOwnerOfRetries:
    """Retries multiply where an SDK and a gateway both retry."""

    @pytest.mark.parametrize(("setting", "sends"), [(0, 1), (1, 2), (3, 4)])
    def test_max_retries_is_what_is_sent_and_no_more(
        self, journey: Journey, first: ProviderServer, setting: int, sends: int
    ) -> None:
        first.always(Status(500))
        journey.start(manifest(first, max_retries=2))
        error = journey.fail(max_retries=setting)
        assert sends == len(first.requests) == len(error.attempts)

    def test_retries_are_a_small_share_of_what_is_sent(self, journey: Journey, first: ProviderServer) -> None:
        granted = next(count for count in range(100) if count + 1 > FLOOR + SHARE * (count + 1))
        busy = Status(429, retry_after_ms=1)
        first.queue(*[busy, HELLO] * granted, busy)
        journey.start(manifest(first, max_retries=1))
        for _ in range(granted):
            assert 2 == len(journey.ask().aigw.attempts)
        assert 1 == len(journey.fail().attempts)
        assert ("not retried, retry budget spent: first/m",) == journey.record.notes


class TestBreakers:
    def broken(self, journey: Journey, *servers: ProviderServer) -> None:
        """Start with a first target whose breaker has just opened."""
        servers[0].queue(*[Status(500)] * THRESHOLD)
        journey.start(manifest(*servers, max_retries=0))
        for _ in range(THRESHOLD):
            journey.ask()

    def test_a_target_that_keeps_failing_is_asked_no_more_for_a_while(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        self.broken(journey, first, second)
        answer = journey.ask()
        assert [("second/m", 1, 200, None)] == steps(answer.aigw.attempts)
        assert THRESHOLD == len(first.requests)
        health = journey.gw.health()["first/m"]
        assert ("open", THRESHOLD, "InternalServerError") == (health.state, health.failures, health.reason)
        assert 0 < health.left_s <= RESET_S

    def test_once_its_time_is_over_one_good_answer_closes_it(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        self.broken(journey, first, second)
        journey.clock.advance(RESET_S + 1)
        assert "first/m" == journey.ask().aigw.target
        assert "closed" == journey.gw.health()["first/m"].state

    def test_a_probe_that_fails_opens_it_again_and_the_caller_does_not_notice(
        self, journey: Journey, first: ProviderServer, second: ProviderServer
    ) -> None:
        self.broken(journey, first, second)
        first.queue(Status(500))
        journey.clock.advance(RESET_S + 1)
        assert "second/m" == journey.ask().aigw.target
        assert "open" == journey.gw.health()["first/m"].state
        assert [("second/m", 1, 200, None)] == steps(journey.ask().aigw.attempts)

    def test_when_every_target_is_open_the_call_is_the_probe(self, journey: Journey, first: ProviderServer) -> None:
        first.queue(*[Status(500)] * THRESHOLD)
        journey.start(manifest(first, max_retries=0))
        for _ in range(THRESHOLD):
            journey.fail()
        assert "open" == journey.gw.health()["first/m"].state
        answer = journey.ask()
        assert "first/m" == answer.aigw.target
        assert [("first/m", True, "last_resort")] == [
            (each.target, each.eligible, each.reason) for each in answer.aigw.candidates
        ]

    def test_a_stream_that_breaks_off_counts_when_it_ends_not_when_it_opens(
        self, journey: Journey, first: ProviderServer
    ) -> None:
        first.always(CutAt(Text("One two."), token=1))
        journey.start(manifest(first, max_retries=0))
        for count in range(1, THRESHOLD + 1):
            stream = journey.stream()
            journey.read(stream)
            assert count == journey.gw.health()["first/m"].failures
        assert "open" == journey.gw.health()["first/m"].state

    def test_streams_that_callers_close_count_neither_way(self, journey: Journey, first: ProviderServer) -> None:
        first.queue(Status(500))
        journey.start(manifest(first, max_retries=0))
        journey.fail()
        for _ in range(THRESHOLD + 1):
            stream = journey.stream()
            journey.face.take(stream, 1)
            journey.close(stream)
        health = journey.gw.health()["first/m"]
        assert ("closed", 1) == (health.state, health.failures)


class TestProviderErrors:
    def test_an_error_has_the_attributes_of_the_openai_client(self, journey: Journey, openai: OpenAIServer) -> None:
        openai.always(Status(400, code="bad_thing", type="invalid_request_error", message="Bad thing."))
        journey.start(manifest(openai))
        error = journey.fail()
        assert (400, "bad_thing", "invalid_request_error", None) == (
            error.status_code,
            error.code,
            error.type,
            error.param,
        )
        assert "Bad thing." == error.body["message"]
        assert "req_00000001" == error.request_id == error.response.headers["x-request-id"]
        assert "first answered 400: Bad thing." == str(error)
        assert "first" == error.provider

    def test_a_redirect_is_an_error_that_says_what_to_do(self, journey: Journey, first: ProviderServer) -> None:
        with OpenAIServer() as elsewhere:
            first.always(Raw(307, {"location": f"{elsewhere.url}/chat/completions"}))
            journey.start(manifest(first, max_retries=0))
            error = journey.fail()
            assert not elsewhere.requests
        assert "correct the provider's base_url" in str(error)


def test_the_caller_sees_a_plain_answer_whichever_dialect_gave_it(journey: Journey, first: ProviderServer) -> None:
    seen: list[Received] = []

    def answer(request: Received) -> Text:
        seen.append(request)
        return HELLO

    first.always(answer)
    journey.start(manifest(first))
    completion = journey.ask()
    assert ("Hello.", "stop") == (completion.choices[0].message.content, completion.choices[0].finish_reason)
    assert 1 == len(seen)
