"""Arguments are copied as plain JSON values, and what is none is refused by its place, whichever way they are read."""

import math
from collections import OrderedDict
from collections.abc import Iterator
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.errors import BadRequestError
from aigw.surfaces.arguments import copied_argument
from aigw.types.chat_params import omit

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=16,
)


class Colour(StrEnum):
    """A text of another type."""

    RED = "red"


def parts(value: object) -> Iterator[object]:
    """Give *value* and all that is within it."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        yield from parts(item)


@given(PLAIN)
def test_a_copy_is_equal_and_shares_nothing_that_can_change(value: object) -> None:
    copied = copied_argument(value, "x")

    assert value == copied
    assert [type(part) for part in parts(value)] == [type(part) for part in parts(copied)]
    shared = {id(part) for part in parts(value)} & {id(part) for part in parts(copied)}
    assert not [part for part in parts(copied) if id(part) in shared and isinstance(part, dict | list)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (("a", 1), ["a", 1]),
        (OrderedDict(a=1), {"a": 1}),
        ({"a": omit, "b": [Colour.RED]}, {"b": ["red"]}),
        ({1: "one"}, {"1": "one"}),
        ([{"é": "ü"}, iter(["a", "b"])], [{"é": "ü"}, ["a", "b"]]),
    ],
)
def test_what_is_as_good_as_plain_becomes_plain(value: object, expected: object) -> None:
    copied = copied_argument(value, "x")

    assert expected == copied
    assert {str, int, list, dict} >= {type(part) for part in parts(copied)}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": [1, math.nan]}, "x.a[1]"),
        ({"a": {"b": "\ud800"}}, "x.a.b"),
        ([{"\udc00": 1}], "x[0]"),
        ({"a": b"bytes"}, "x.a"),
        ({"a": {1, 2}}, "x.a"),
        ({None: 1}, "x"),
    ],
)
def test_what_no_json_can_say_is_refused_by_its_place(value: object, place: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        copied_argument(value, "x")
    assert place == caught.value.param


def test_what_holds_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append({"more": endless})

    with pytest.raises(BadRequestError, match="contains itself"):
        copied_argument(endless, "x")
