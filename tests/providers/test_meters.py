"""How long to leave a host alone is read from the headers it documents; from everybody else, from those in use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.provider_kit import response, speaker, target

from aigw import errors as e
from aigw.providers.kinds.table import KINDS
from aigw.types.kind import Meter
from aigw.waits import retry_after
from aigw.wire import Headers

DATE = "Fri, 20 Nov 2026 12:00:00 GMT"
SOON_MS = "1795176030000"
"""Half a minute after `DATE`."""


def rest(kind: str, headers: dict[str, str], status: int = 429) -> float | None:
    """How long *kind* asks to be left alone for."""
    at = target(kind)
    error = speaker(at).error(response({"error": {"message": "no"}}, status, {"date": DATE, **headers}), at)
    assert isinstance(error, e.APIStatusError)
    return error.retry_after


@pytest.mark.parametrize(
    ("kind", "headers", "expected"),
    [
        ("openai", {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ("groq", {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "7.66s"}, 7.66),
        ("azure", {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "37"}, 37.0),
        (
            "cerebras",
            {"x-ratelimit-remaining-tokens-minute": "0", "x-ratelimit-reset-tokens-minute": "11.382867"},
            11.382867,
        ),
        ("together", {"x-tokenlimit-remaining": "0", "x-ratelimit-reset": "2"}, 2.0),
        ("openrouter", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": SOON_MS}, 30.0),
        (
            "anthropic",
            {
                "anthropic-ratelimit-input-tokens-remaining": "0",
                "anthropic-ratelimit-input-tokens-reset": "2026-11-20T12:01:00Z",
            },
            60.0,
        ),
        ("cloudflare", {"ratelimit": '"default";r=0;t=30'}, 30.0),
        ("cloudflare", {"ratelimit": '"burst";r=5;t=3, "day";r=0;t=45'}, 45.0),
    ],
)
def test_a_hosts_own_headers_say_when_to_come_back(kind: str, headers: dict[str, str], expected: float) -> None:
    assert expected == pytest.approx(rest(kind, headers))


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        ("openai", {"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "6m0s"}),
        ("together", {"x-tokenlimit-remaining": "9", "x-ratelimit-reset": "2"}),
        ("cloudflare", {"ratelimit": '"default";r=50;t=30'}),
        ("cloudflare", {"ratelimit": "soon"}),
        ("cerebras", {"x-ratelimit-remaining-tokens-minute": "0", "x-ratelimit-reset-tokens-minute": "soon"}),
        ("openrouter", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}),
        ("openai-compatible", {"ratelimit": '"default";r=0;t=30'}),
        ("openai-compatible", {"x-tokenlimit-remaining": "0", "x-ratelimit-reset": "2"}),
    ],
)
def test_what_is_left_or_is_no_header_of_the_hosts_is_no_wait(kind: str, headers: dict[str, str]) -> None:
    assert rest(kind, headers) is None


def test_retry_after_comes_first_and_other_headers_of_the_usual_names_last() -> None:
    usual = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "9s"}

    assert 1.5 == rest("openrouter", {"retry-after-ms": "1500", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"})
    assert 9.0 == rest("openrouter", usual) == rest("openai-compatible", usual)
    assert 30.0 == pytest.approx(
        rest("openrouter", {**usual, "x-ratelimit-remaining": "0", "x-ratelimit-reset": SOON_MS})
    )


def test_resets_say_nothing_where_no_limit_was_hit() -> None:
    assert rest("groq", {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "7s"}, 500) is None


def test_the_longest_of_what_has_nothing_left_counts() -> None:
    spent = {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "2m59.56s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "7.66s",
    }

    assert 179.56 == pytest.approx(rest("groq", spent))


@given(st.text(max_size=30), st.sampled_from(["duration", "seconds", "epoch_ms", "timestamp", "item"]))
def test_reading_a_reset_never_fails(reset: str, form: str) -> None:
    meter = Meter(counts="x", limit="l", remaining="left", reset="reset", form=form)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    wait = retry_after(Headers({"left": "0", "reset": reset, "date": DATE}), limited=True, meters=(meter,))

    assert wait is None or wait >= 0.0


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"ratelimit": f'"default";r=0;t={"9" * 400}'}, ""),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": f"{'9' * 400}s"}, ""),
        ({}, f"Please try again in {'9' * 400}s."),
    ],
    ids=["item", "duration", "words"],
)
def test_a_wait_without_end_is_no_wait(headers: dict[str, str], message: str) -> None:
    for kind in ("cloudflare", "openai"):
        meters = KINDS[kind].rate_limits
        assert None is retry_after(Headers(headers), limited=True, message=message, meters=meters)


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.rate_limits], ids=lambda kind: kind.name)
def test_headers_are_named_in_lower_case(kind: object) -> None:
    meters: tuple[Meter, ...] = getattr(kind, "rate_limits", ())
    names = [name for meter in meters for name in (meter.limit, meter.remaining, meter.reset)]

    assert [name.lower() for name in names] == names
