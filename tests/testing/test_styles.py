import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.testing import AnthropicServer, CutAt, OpenAIServer, SseStyle, Styled, Text
from aigw.testing.replies import ToolCall, words

TEXT = Text(chunks=("one, ", "zwei\u2028 ü,", '"three"'))


@pytest.fixture(params=[OpenAIServer, AnthropicServer], ids=["openai", "anthropic"])
def server(request):
    with request.param() as made:
        yield made


def events(stream: bytes) -> list[tuple[str, str]]:
    """Read a stream as the standard for server-sent events says."""
    found = []
    name, data = "", []
    for line in re.split("\r\n|\r|\n", stream.decode("utf-8-sig")):
        if not line:
            if data:
                found.append((name, "\n".join(data)))
            name, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
    return found


def meaning(stream: bytes) -> list[object]:
    return [data if data == "[DONE]" else json.loads(data) for name, data in events(stream) if name != "ping"]


@pytest.mark.parametrize(
    "style",
    [
        SseStyle(newline="\r\n"),
        SseStyle(newline="\r"),
        SseStyle(bom=True),
        SseStyle(comment="keep-alive"),
        SseStyle(comment="keep-alive", bom=True, newline="\r\n"),
        SseStyle(pings=True),
        SseStyle(multiline=True),
        SseStyle(space=False),
        SseStyle(write_size=1),
        SseStyle(newline="\r\n", bom=True, comment="x", pings=True, multiline=True, space=False, write_size=1),
    ],
    ids=repr,
)
def test_every_style_means_the_same(server, ask, style):
    server.queue(TEXT, Styled(TEXT, style))

    plain, styled = ask(server, stream=True).read(), ask(server, stream=True).read()

    assert meaning(styled.replace(b"00000002", b"00000001")) == meaning(plain)
    assert plain.replace(b"00000001", b"00000002") != styled or style.write_size or style.pings


def test_the_style_of_a_server_is_that_of_all_its_streams(ask):
    with OpenAIServer(style=SseStyle(newline="\r\n", comment="hi", bom=True)) as server:
        stream = ask(server, stream=True).read()

    assert stream.startswith(b"\xef\xbb\xbf: hi\r\n\r\ndata: {")


def test_pings_come_before_every_event(ask):
    with AnthropicServer(style=SseStyle(pings=True)) as server:
        names = [name for name, _ in events(ask(server, stream=True).read())]

    assert names[0::2] == ["ping"] * (len(names) // 2)


def test_the_last_blank_line_can_be_missing(server, ask):
    server.queue(TEXT, Styled(TEXT, SseStyle(last_blank_line=False)))

    whole, short = ask(server, stream=True).read(), ask(server, stream=True).read()

    assert short.replace(b"00000002", b"00000001") + b"\n" == whole


def test_one_byte_at_a_time_is_one_chunk_a_byte(ask, connect):
    with OpenAIServer(style=SseStyle(write_size=1)) as server:
        connection = connect(server)
        body = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}'
        connection.request("POST", "/v1/chat/completions", body)
        got = b""
        while not got.endswith(b"\r\n0\r\n\r\n"):
            got += connection.sock.recv(65536)

    assert re.fullmatch(rb"(1\r\n.\r\n)+0\r\n\r\n", got.partition(b"\r\n\r\n")[2], re.DOTALL)


@pytest.mark.parametrize(("place", "count"), [("own_chunk", 1), ("last_chunk", 1), ("every_chunk", 5)])
def test_usage_comes_where_the_style_says(ask, place, count):
    with OpenAIServer(style=SseStyle(usage_in=place)) as server:
        stream = ask(server, stream=True, stream_options={"include_usage": True}).read()
    chunks = [chunk for chunk in meaning(stream) if chunk != "[DONE]"]

    assert sum(bool(chunk["usage"]) for chunk in chunks) == count
    assert (chunks[-1]["choices"] == []) == (place == "own_chunk")


def test_a_style_reaches_the_faults_inside_it(server, ask):
    server.queue(Styled(CutAt(TEXT, token=1), SseStyle(newline="\r\n")))

    stream = ask(server, stream=True).read()

    assert stream.count(b"\r\n") == stream.count(b"\n")


@given(st.text())
def test_words_join_to_the_text_they_were_split_from(text):
    assert "".join(words(text)) == text


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=4))
def test_argument_pieces_join_to_the_arguments(arguments):
    call = ToolCall("f", arguments)

    assert json.loads("".join(call.pieces)) == arguments
