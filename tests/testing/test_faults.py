"""Each fault does what its name says, in both dialects, as a raw client sees it."""

import contextlib
import http.client
import json
import threading

import openai
import pytest

from aigw.testing import (
    AnthropicServer,
    CutAt,
    Drip,
    ErrorEvent,
    Hang,
    Html,
    HugeError,
    InvalidUtf8,
    MalformedFrame,
    OpenAIServer,
    Raw,
    RawStream,
    Reset,
    ResetAt,
    StallAt,
    Status,
    Text,
    ToolCall,
    ToolCalls,
    Truncated,
)

TEXT = Text(chunks=("one ", "two ", "three"))
TERMINAL = (b"[DONE]", b"message_stop")
HI = (
    b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}',
    {"anthropic-version": "2023-06-01"},
)


@pytest.fixture(params=[OpenAIServer, AnthropicServer], ids=["openai", "anthropic"])
def server(request):
    with request.param() as made:
        yield made


def payloads(stream: bytes) -> list[str]:
    lines = stream.decode().replace("\r\n", "\n").split("\n")
    return [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]


def told(stream: bytes) -> str:
    """Give the text of a stream of either dialect, as far as it can be read."""
    text = ""
    for payload in payloads(stream):
        with contextlib.suppress(ValueError):
            body = json.loads(payload)
            text += body.get("delta", {}).get("text", "")
            text += "".join(choice["delta"].get("content") or "" for choice in body.get("choices", ()))
    return text


def read_broken(response: http.client.HTTPResponse) -> bytes:
    """Read a body that breaks off, and give what came of it."""
    with pytest.raises((http.client.IncompleteRead, ConnectionError)) as caught:
        response.read()
    return caught.value.partial if isinstance(caught.value, http.client.IncompleteRead) else b""


@pytest.mark.parametrize(
    ("token", "text"), [(0, ""), (1, "one "), (2, "one two "), (3, "one two three"), (9, "one two three")]
)
def test_cut_at_ends_cleanly_after_so_many_tokens_without_the_terminal_marker(server, ask, token, text):
    server.queue(CutAt(TEXT, token=token))

    response = ask(server, stream=True)
    stream = response.read()

    assert told(stream) == text
    assert not any(marker in stream for marker in TERMINAL)
    assert server.wait_for(lambda: not server.connections.open)


def test_cut_at_zero_still_sends_what_comes_before_the_first_token(server, ask):
    server.queue(CutAt(TEXT, token=0))

    assert payloads(ask(server, stream=True).read())


def test_cut_at_counts_a_tool_call_that_begins_as_a_token(server, ask):
    calls = ToolCalls([ToolCall("weather", fragments=("{", "}"))])
    server.queue(CutAt(calls, token=0), CutAt(calls, token=1))

    assert b"weather" not in ask(server, stream=True).read()
    one = ask(server, stream=True).read()
    assert b"weather" in one
    assert b'"}"' not in one


def test_an_unclean_cut_breaks_off_the_body_too(server, ask):
    server.queue(CutAt(TEXT, token=1, clean=False))

    assert told(read_broken(ask(server, stream=True))) == "one "


def test_a_cut_answer_that_was_not_streamed_breaks_off_in_its_middle(server, ask):
    server.queue(CutAt(TEXT))

    response = ask(server)

    assert 0 < len(read_broken(response)) < int(response.headers["content-length"])


def test_reset_at_resets_after_so_many_tokens(server, ask):
    gate = threading.Event()
    server.queue(ResetAt(StallAt(TEXT, token=1, until=gate), token=2))

    response = ask(server, stream=True)
    got = b""
    while told(got) != "one ":
        got += response.read1()
    gate.set()

    received = [got]
    with pytest.raises(ConnectionResetError):
        received.extend(iter(response.read1, b""))
    assert told(b"".join(received)) == "one two "


def test_reset_resets_instead_of_an_answer(server, ask):
    server.queue(Reset())

    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        ask(server)


def test_a_stalled_stream_goes_on_when_it_is_told_to(server, ask):
    gate = threading.Event()
    server.queue(StallAt(TEXT, token=1, until=gate))

    response = ask(server, stream=True)
    got = response.read1()
    while told(got) != "one ":
        got += response.read1()
    gate.set()
    got += response.read()

    assert told(got) == "one two three"
    assert any(marker in got for marker in TERMINAL)


@pytest.mark.parametrize("reply", [StallAt(TEXT, token=1), Drip(TEXT, delay_s=3600)])
def test_a_client_that_leaves_a_stream_early_is_noticed_at_once(server, ask, leave, reply):
    server.queue(reply)
    response = ask(server, stream=True)
    request = server.requests[0]
    assert not request.disconnected.is_set()

    leave(response)

    assert request.disconnected.wait(5)
    assert server.wait_for(lambda: not server.connections.open)


def test_a_client_that_leaves_before_any_answer_is_noticed_at_once(server, connect):
    server.queue(Hang())
    connection = connect(server)
    connection.request("POST", "/v1/messages" if isinstance(server, AnthropicServer) else "/v1/chat/completions", *HI)
    assert server.wait_for(lambda: len(server.requests) == 1)

    connection.close()

    assert server.requests[0].disconnected.wait(5)


def test_a_client_that_reads_to_the_end_did_not_leave_early(server, ask, leave):
    response = ask(server, stream=True)
    response.read()
    leave(response)

    assert server.wait_for(lambda: not server.connections.open)
    assert not server.requests[0].disconnected.is_set()


def test_a_hanging_answer_comes_once_it_is_let_go(server, ask):
    gate = threading.Event()
    server.queue(Hang(Text("at last"), until=gate))
    threading.Thread(target=lambda: server.wait_for(lambda: bool(server.requests)) and gate.set(), daemon=True).start()

    assert b"at last" in ask(server).read()


@pytest.mark.parametrize("stream", [False, True])
def test_a_drip_loses_nothing(server, ask, stream):
    server.queue(Drip(TEXT, delay_s=0.001), TEXT)

    slow, fast = ask(server, stream=stream).read(), ask(server, stream=stream).read()

    assert fast.replace(b"00000002", b"00000001") == slow


def test_a_malformed_frame_is_one_more_frame_that_is_not_json(server, ask):
    server.queue(MalformedFrame(TEXT, token=1), TEXT)

    broken, whole = payloads(ask(server, stream=True).read()), payloads(ask(server, stream=True).read())

    def unreadable(data: list[str]) -> list[str]:
        return [one for one in data if one != "[DONE]" and not is_json(one)]

    assert len(unreadable(broken)) == 1
    assert len(unreadable(whole)) == 0
    assert len(broken) == len(whole) + 1


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def test_a_malformed_body_is_not_json_but_whole_http(server, ask):
    server.queue(MalformedFrame(TEXT))

    body = ask(server).read()

    assert b"broken" in body
    assert not is_json(body.decode())


def test_an_error_event_breaks_off_a_stream_that_began_with_200(server, ask):
    server.queue(ErrorEvent(TEXT, token=2, message="too much"))

    response = ask(server, stream=True)
    stream = response.read()

    assert response.status == 200
    assert told(stream) == "one two "
    assert json.loads(payloads(stream)[-1])["error"]["message"] == "too much"
    assert not any(marker in stream for marker in TERMINAL)


def test_an_error_event_has_the_shape_of_its_dialect(ask):
    with OpenAIServer() as one, AnthropicServer() as other:
        one.queue(ErrorEvent())
        other.queue(ErrorEvent())

        assert b'\n\ndata: {"error":{' in ask(one, stream=True).read()
        expected = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"'
        assert expected in ask(other, stream=True).read()


def test_an_error_event_without_a_stream_is_a_200_whose_body_is_the_error(server, ask):
    server.queue(ErrorEvent(message="too much"))

    response = ask(server)

    assert response.status == 200
    assert json.loads(response.read())["error"]["message"] == "too much"


def test_the_real_client_raises_on_an_error_event(openai_server, openai_client):
    openai_server.queue(ErrorEvent(TEXT, token=1, message="too much"))
    stream = openai_client.chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}], stream=True)

    with pytest.raises(openai.APIError, match="too much"):
        list(stream)


@pytest.mark.parametrize("status", [200, 502])
def test_html_is_a_page_with_the_status_it_is_given(server, ask, status):
    server.queue(Html(status))

    response = ask(server)

    assert (response.status, response.headers["content-type"]) == (status, "text/html")
    assert response.read().startswith(b"<!DOCTYPE html>")


def test_a_truncated_body_with_an_honest_length_is_whole_http_and_broken_json(server, ask):
    server.queue(Truncated(TEXT))

    response = ask(server)
    body = response.read()

    assert len(body) == int(response.headers["content-length"])
    assert not is_json(body.decode())


def test_a_truncated_body_with_a_lying_length_is_broken_http(server, ask):
    server.queue(Truncated(TEXT, honest_length=False))

    assert not is_json(read_broken(ask(server)).decode())


def test_a_truncated_stream_ends_inside_its_last_token(server, ask):
    server.queue(Truncated(TEXT), Truncated(TEXT, honest_length=False))

    honest = ask(server, stream=True).read()
    lying = read_broken(ask(server, stream=True))

    for stream in (honest, lying):
        assert told(stream) == "one two "
        assert not is_json(payloads(stream)[-1])


def test_a_huge_error_is_as_long_as_it_says_and_still_the_dialects(server, ask):
    server.queue(HugeError(503, size=2_000_000))

    response = ask(server)
    body = response.read()

    assert response.status == 503
    assert len(body) >= 2_000_000
    assert len(json.loads(body)["error"]["message"]) == 2_000_000


def test_a_client_may_leave_a_huge_error_unread(server, ask, leave):
    server.queue(HugeError(size=50_000_000))

    leave(ask(server))

    assert server.requests[0].disconnected.wait(5)


@pytest.mark.parametrize("stream", [False, True])
def test_invalid_utf8_cannot_be_decoded(server, ask, stream):
    server.queue(InvalidUtf8())

    with pytest.raises(UnicodeDecodeError):
        ask(server, stream=stream).read().decode()


def test_a_raw_response_is_sent_verbatim(server, ask):
    server.queue(Raw(418, {"x-kettle": "1", "content-type": "text/plain"}, b"short and stout"))

    response = ask(server)

    assert (response.status, response.headers["x-kettle"], response.read()) == (418, "1", b"short and stout")


def test_a_raw_stream_is_sent_verbatim_in_its_own_chunks(server, connect):
    server.queue(RawStream(chunks=[b"data: {\r", b"\n", "ü".encode()[:1]]))
    connection = connect(server)
    connection.request("POST", "/v1/messages" if isinstance(server, AnthropicServer) else "/v1/chat/completions", *HI)

    got = b""
    while not got.endswith(b"0\r\n\r\n"):
        got += connection.sock.recv(65536)

    assert got.endswith(b"\r\n\r\n8\r\ndata: {\r\r\n1\r\n\n\r\n1\r\n\xc3\r\n0\r\n\r\n")


def test_a_raw_stream_with_a_length_of_its_own_is_not_chunked(server, ask):
    server.queue(RawStream(200, {"content-length": "3"}, [b"a", b"bc"]))

    response = ask(server)

    assert response.headers["transfer-encoding"] is None
    assert response.read() == b"abc"


def test_faults_count_the_chunks_of_a_raw_stream(server, ask):
    server.queue(CutAt(RawStream(chunks=[b"a", b"b", b"c"]), token=2))

    assert ask(server, stream=True).read() == b"ab"


def test_faults_can_be_combined(server, ask):
    server.queue(Drip(CutAt(MalformedFrame(TEXT, token=1), token=2), delay_s=0.001))

    stream = ask(server, stream=True).read()

    assert told(stream) == "one two "
    assert not any(marker in stream for marker in TERMINAL)


def test_after_a_fault_the_next_answer_is_whole(server, ask):
    server.queue(ResetAt(TEXT), CutAt(TEXT, clean=False), Status(500))
    read_broken(ask(server, stream=True))
    read_broken(ask(server, stream=True))

    assert ask(server).status == 500
    assert b"Hello from m." in ask(server).read()
