"""HTTP as plain data: what is decoded, and how queries are spelled."""

from typing import Any

import pytest

from aigw.wire import decoded, with_query


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("text", ['{"a": "\ud800"}', '{"a": "\\ud800 and more"}', '{"a": "\ud800 and more"}'])
def test_lone_surrogates_are_decoded_by_whichever_decoder_takes_them(text: str, partial: bool) -> None:
    said = decoded(text, partial=partial)

    assert isinstance(said, dict)
    assert said["a"].startswith("\ud800")


@pytest.mark.parametrize("text", ["", "{", '{"a": "\ud800', b"\xff", "[" * 100_000])
def test_what_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each decoder has its own words
        decoded(text)


def test_what_was_cut_off_is_decoded_as_far_as_it_goes() -> None:
    assert {"a": 1} == decoded('{"a": 1, "b": tr', partial=True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ""),
        ({"a": None, "b": [], "c": {}, "d": [None]}, ""),
        ({"a": True, "b": False, "c": None, "d": 0, "e": "x y"}, "?a=true&b=false&d=0&e=x+y"),
        ({"a": [1, True, None, "b"]}, "?a=1&a=true&a=b"),
        ({"a": {"b": {"c": 1}, "d": None}}, "?a%5Bb%5D%5Bc%5D=1"),
        ({"a": b"x"}, "?a=x"),
    ],
)
def test_a_query_is_spelled_as_on_the_web_and_not_as_in_python(query: dict[str, Any], expected: str) -> None:
    assert f"http://h/p{expected}" == with_query("http://h/p", query)


def test_a_query_is_added_to_the_one_there_is() -> None:
    assert "http://h/p?v=1&a=2" == with_query("http://h/p?v=1", {"a": 2})
