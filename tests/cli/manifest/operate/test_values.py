"""How shares and faults are written."""

import argparse
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.cli.manifest.operate.values import Fault, fault, share


@pytest.mark.parametrize(("text", "part"), [("99%", 0.99), ("0.5", 0.5), ("100%", 1.0), ("1", 1.0), ("0", 0.0)])
def test_a_share_is_a_percentage_or_a_part_of_one(text: str, part: float) -> None:
    assert part == share(text)


@pytest.mark.parametrize(
    ("text", "expected", "told"),
    [
        ("500:0.2", Fault("status", 500.0, 0.2), "status 500"),
        ("slow:3s", Fault("slow", 3.0), "slow 3"),
        ("slow:500ms:50%", Fault("slow", 0.5, 0.5), "slow 0.5"),
        ("old:7:0.1", Fault("old", 7.0, 0.1), "old 7"),
        ("stale-etag", Fault("stale-etag"), "stale-etag"),
    ],
)
def test_a_fault_is_a_kind_a_value_and_a_probability(text: str, expected: Fault, told: str) -> None:
    assert expected == fault(text)
    assert told == str(fault(text))


@given(st.text(max_size=20) | st.from_regex(r"[a-z0-9:.%-]{0,12}", fullmatch=True))
def test_whatever_is_written_is_read_or_is_wrong_usage(text: str) -> None:
    for read in (share, fault):
        with suppress(argparse.ArgumentTypeError):
            read(text)
