"""Forms: what a server reads is what was meant, whatever is in names, texts and files."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.form_reader import parts_of

from aigw.providers.framing.multipart import flattened, form

NAMES = st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable() and "%" not in text)


def test_a_form_has_its_fields_and_its_files():
    kind, body = form({"model": "m", "n": 2}, (("file", "a.mp3", "audio/mpeg", b"\x00\r\n--x"),))

    assert [
        ("model", None, None, b"m"),
        ("n", None, None, b"2"),
        ("file", "a.mp3", "audio/mpeg", b"\x00\r\n--x"),
    ] == parts_of(kind, body)


@pytest.mark.parametrize("name", ['a"; filename="evil', "a\r\nX-Evil: 1", "a\nb", "a\x00b", 'a\\"b'])
def test_a_file_name_cannot_break_out_of_its_header(name):
    _, body = form({}, (("file", name, "audio/mpeg", b"x"),))
    head = body.split(b"\r\n\r\n")[0]

    assert 2 == head.count(b"\r\n")
    assert 4 == head.count(b'"')
    assert b"\x00" not in head


def test_a_content_type_that_is_none_becomes_the_unknown_one():
    kind, body = form({}, (("file", "a", "audio/mpeg\r\nX-Evil: 1", b"x"),))

    assert "application/octet-stream" == parts_of(kind, body)[0][2]


@given(st.dictionaries(NAMES, st.text().filter(lambda text: not any("\ud800" <= one <= "\udfff" for one in text))))
def test_any_texts_arrive_as_they_are(fields):
    kind, body = form(fields, (("file", "f", "a/b", b""),))

    sent = {name: content.decode() for name, _, _, content in parts_of(kind, body)[:-1]}
    assert {name.replace('"', "%22").replace("\\", "%5C"): text for name, text in fields.items()} == sent


@given(st.binary())
def test_any_content_arrives_as_it_is(content):
    kind, body = form({}, (("file", "f", "a/b", content),))

    assert content == parts_of(kind, body)[0][3]


def test_nested_fields_are_spelled_with_brackets_and_nulls_left_out():
    fields = {"include": ["a", "b"], "chunking_strategy": {"type": "server_vad", "n": 1}, "on": True, "prompt": None}

    assert [
        ("include[]", "a"),
        ("include[]", "b"),
        ("chunking_strategy[type]", "server_vad"),
        ("chunking_strategy[n]", "1"),
        ("on", "true"),
    ] == list(flattened(fields))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_can_be_spelled(value):
    assert all(isinstance(text, str) for _, text in flattened({"field": json.loads(json.dumps(value))}))
