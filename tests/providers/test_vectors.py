"""Vectors as providers write them: numbers or base64, in any order, and nothing else."""

import base64
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.errors import APIResponseValidationError
from aigw.providers.vectors import in_order, vector, vectors_of
from aigw.types.vectors import packed, unpacked

FLOATS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(FLOATS)
def test_packing_32_bit_floats_and_unpacking_them_changes_nothing(numbers):
    assert numbers == unpacked(packed(numbers))


@given(FLOATS)
def test_base64_is_little_endian_float32(numbers):
    assert base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode() == packed(numbers)


@pytest.mark.parametrize("text", ["AAAA", "no base64!", "AAAAAAA=", "é", "AA AA"])
def test_what_is_no_base64_of_floats_is_not_unpacked(text):
    assert unpacked(text) is None


def test_numbers_stay_as_they_came():
    found = vector([1, -2, 0.5])

    assert (1, -2, 0.5) == found
    assert [int, int, float] == [type(number) for number in found]


@pytest.mark.parametrize("value", [None, [], "", "no base64!", {}, 3, [1.0, None], [1.0, "2"], [[1.0]], [10**400]])
def test_what_is_no_vector_is_none(value):
    assert vector(value) is None


@given(JSON)
def test_any_json_is_a_vector_or_none(value):
    found = vector(value)

    assert found is None or isinstance(found, tuple | str)


def test_an_embedding_too_few_is_named_and_not_passed_on():
    with pytest.raises(APIResponseValidationError, match="1 embeddings for 2 inputs"):
        vectors_of([[1.0]], "acme", expected=2)


def test_rows_are_put_in_the_order_of_their_index():
    rows = [{"index": 2}, {"index": 0}, {"index": 1}]

    assert [0, 1, 2] == [row["index"] for row in in_order(rows)]


@pytest.mark.parametrize("indices", [[0, 0], [None, None], [1, 2], [0, "1"], [5, 0]])
def test_rows_whose_indices_make_no_order_stay_as_they_came(indices):
    rows = [{"index": index, "at": at} for at, index in enumerate(indices)]

    assert [0, 1] == [row["at"] for row in in_order(rows)]


@given(st.lists(JSON))
def test_any_rows_can_be_put_in_order(rows):
    assert len(rows) == len(in_order(rows))


def test_doubles_are_rounded_to_the_nearest_float():
    (number,) = unpacked(packed([0.1])) or [math.nan]

    assert math.isclose(0.1, number, rel_tol=1e-6)
