import dataclasses
from typing import TYPE_CHECKING

import pytest

from aigw.record import Record
from aigw.testing import RecordCapture

if TYPE_CHECKING:
    from aigw.protocols import Sink


def made(call_id: str) -> Record:
    """Make a record whatever fields it needs by now: the capture looks at none of them."""
    needed = [
        one.name for one in dataclasses.fields(Record) if one.default is one.default_factory is dataclasses.MISSING
    ]
    return Record(**dict.fromkeys(needed) | {"call_id": call_id})


def test_records_are_kept_in_order():
    capture = RecordCapture()
    sink: Sink = capture
    first, second = made("a"), made("b")
    sink.write(first)
    sink.write(second)

    assert capture.records == [first, second]
    assert capture.last is second


def test_the_last_of_no_records_is_an_error_that_says_so():
    with pytest.raises(LookupError, match="no call has ended yet"):
        _ = RecordCapture().last


def test_closing_keeps_the_records():
    capture = RecordCapture()
    capture.write(made("a"))
    capture.close()
    capture.close()

    assert capture.closed
    assert len(capture.records) == 1


def test_clearing_forgets():
    capture = RecordCapture()
    capture.write(made("a"))
    capture.clear()

    assert capture.records == []
