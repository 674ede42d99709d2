import contextlib
import json
import socket
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from aigw.testing import Hang, OpenAIServer, StallAt, Status, Text

HI = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
PATH = "/v1/chat/completions"


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("aigw-testing")}


def dial(server: OpenAIServer) -> socket.socket:
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname, address.port), 5)


def sockets() -> int:
    """Count the open sockets of this process; the listing's own descriptor is gone by the time it is looked at."""
    found = 0
    for entry in list(Path("/proc/self/fd").iterdir()):
        with contextlib.suppress(FileNotFoundError):
            found += str(entry.readlink()).startswith("socket:")
    return found


def test_closing_leaves_no_thread_even_with_calls_in_flight(connect):
    server = OpenAIServer()
    server.queue(Hang(), StallAt(Text("a b"), token=1), Text())
    connections = [connect(server) for _ in range(3)]
    for connection in connections:
        connection.request("POST", PATH, HI)
    assert server.wait_for(lambda: len(server.requests) == 3)

    server.close()

    assert threads() == set()
    assert server.connections.open == 0
    assert not any(request.disconnected.is_set() for request in server.requests)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts sockets by /proc")
def test_closing_leaves_no_socket(connect):
    before = sockets()
    with OpenAIServer() as server:
        connection = connect(server)
        connection.request("POST", PATH, HI)
        connection.getresponse().read()
        assert sockets() == before + 3
        connection.close()

    assert sockets() == before


def test_closing_twice_is_closing_once():
    server = OpenAIServer()
    server.close()
    server.close()

    assert threads() == set()


def test_a_closed_server_refuses_connections():
    with OpenAIServer() as server:
        pass

    with pytest.raises(ConnectionRefusedError):
        dial(server)


def test_a_server_can_come_back_on_its_port(ask):
    with OpenAIServer() as server:
        port = urlsplit(server.url).port
        ask(server).read()
    with OpenAIServer(port=port) as server:
        assert ask(server).status == 200


def test_a_connection_serves_one_request_after_another(connect):
    with OpenAIServer() as server:
        connection = connect(server)
        for _ in range(3):
            connection.request("POST", PATH, HI)
            assert connection.getresponse().read()

        assert (server.connections.accepted, server.connections.open) == (1, 1)
        assert len(server.requests) == 3


def test_a_stream_leaves_the_connection_usable(connect):
    with OpenAIServer() as server:
        connection = connect(server)
        for _ in range(2):
            connection.request("POST", PATH, HI[:-1] + b',"stream":true}')
            assert connection.getresponse().read().endswith(b"data: [DONE]\n\n")

        assert server.connections.accepted == 1


def test_a_request_is_kept_as_it_came(connect):
    with OpenAIServer() as server:
        connection = connect(server)
        connection.request("POST", PATH + "?beta=true", HI, {"X-Team": "red"})
        connection.getresponse().read()
        request = server.requests[0]

    assert (request.method, request.path, request.query) == ("POST", PATH, "beta=true")
    assert request.headers["x-tEAM"] == "red"
    assert request.body == HI
    assert request.json["model"] == "m"


def test_a_request_shows_neither_credential_nor_prompt(connect):
    with OpenAIServer() as server:
        connection = connect(server)
        connection.request("POST", PATH, HI, {"Authorization": "Bearer sk-secret"})
        connection.getresponse().read()

        assert "sk-secret" not in repr(server.requests)
        assert "hi" not in repr(server.requests)


@pytest.mark.parametrize("body", [b"", b"\xff", b"[1]", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_a_400_and_reads_as_empty(connect, body):
    with OpenAIServer() as server:
        connection = connect(server)
        connection.request("POST", PATH, body)

        assert connection.getresponse().status == 400
        assert dict(server.requests[0].json) == {}


def test_a_chunked_request_is_read_whole(connect):
    with OpenAIServer() as server:
        connection = connect(server)
        connection.request("POST", PATH, iter([HI[:5], HI[5:]]))

        assert connection.getresponse().status == 200
        assert server.requests[0].body == HI


def test_a_client_that_asks_to_continue_is_let_to(connect):
    with OpenAIServer() as server, dial(server) as client:
        head = f"POST {PATH} HTTP/1.1\r\ncontent-length: {len(HI)}\r\nexpect: 100-continue\r\n\r\n"
        client.sendall(head.encode())
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(HI)
        assert client.recv(15) == b"HTTP/1.1 200 OK"


def test_an_old_client_gets_a_stream_that_ends_with_the_connection(connect):
    body = HI[:-1] + b',"stream":true}'
    with OpenAIServer() as server, dial(server) as client:
        client.sendall(f"POST {PATH} HTTP/1.0\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        got = b""
        while more := client.recv(65536):
            got += more

    assert b"transfer-encoding" not in got
    assert got.endswith(b"data: [DONE]\n\n")


def test_what_is_not_http_ends_the_connection_without_a_word(capfd):
    with OpenAIServer() as server:
        with dial(server) as client:
            client.sendall(b"\x16\x03\x01 hello\r\n\r\n")
            assert client.recv(100) == b""
        assert server.requests == []

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/v1/nothing", 404), ("GET", PATH, 405), ("POST", "/v1/models", 405), ("GET", "/v1/models", 200)],
)
def test_only_its_own_paths_and_methods_are_answered(connect, method, path, status):
    with OpenAIServer() as server:
        connection = connect(server)
        connection.request(method, path, HI if method == "POST" else None)
        response = connection.getresponse()

        assert response.status == status
        assert json.loads(response.read())


def test_a_script_is_used_up_in_order_and_then_comes_what_always_comes(ask):
    with OpenAIServer() as server:
        server.queue(Status(503), Text("two"))
        server.always(Text("ever"))
        server.queue(Text("three"))
        bodies = [ask(server).read() for _ in range(5)]

        assert server.queued == 0
    for expected, body in zip([b"overloaded", b"two", b"three", b"ever", b"ever"], bodies, strict=True):
        assert expected in body


def test_a_reply_can_be_found_when_the_request_is_there(ask):
    with OpenAIServer() as server:
        server.always(lambda request: Text(f"you asked for {request.json['model']}"))

        assert b"you asked for llama" in ask(server, model="llama").read()


def test_a_script_that_fails_says_so_in_a_500(ask):
    with OpenAIServer() as server:
        server.queue(lambda request: Text(str(request.json["absent"])))
        response = ask(server)

        assert response.status == 500
        assert b"KeyError: 'absent'" in response.read()


def test_waiting_for_what_does_not_happen_ends():
    with OpenAIServer() as server:
        assert not server.wait_for(lambda: bool(server.requests), timeout_s=0)


def test_many_clients_at_once_are_all_answered(connect):
    with OpenAIServer() as server:
        connections = [connect(server) for _ in range(64)]
        for connection in connections:
            connection.request("POST", PATH, HI)
        statuses = [connection.getresponse().status for connection in connections]

        assert statuses == [200] * 64
        assert server.connections.accepted == 64
