"""How durations are written in options."""

import argparse
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.cli.manifest.durations import duration, seconds_of
from aigw.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("3s", 3.0), ("3", 3.0), ("1.5m", 90.0), ("2h", 7200.0), ("1d", 86400.0), ("0", 0.0)],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert seconds == duration(text)


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800.0), (" 90 d", 7_776_000.0), ("1.5h", 5400.0)])
def test_what_is_published_holds_for_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert seconds == seconds_of(text, "--expires")


@pytest.mark.parametrize("text", ["", "90", "0h", "10ms", "soon", "-1h", "1000000d"])
def test_what_is_published_holds_for_no_number_alone_nor_no_time_nor_longer_than_the_calendar(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"--expires is a duration such as 30m, 2h or 90d"):
        seconds_of(text, "--expires")


@given(st.text(max_size=20) | st.from_regex(r"[a-z0-9:.%-]{0,12}", fullmatch=True))
def test_whatever_is_written_is_read_or_is_wrong_usage(text: str) -> None:
    with suppress(argparse.ArgumentTypeError):
        duration(text)
    with suppress(ConfigurationError):
        seconds_of(text, "--for")
