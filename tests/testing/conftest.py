import http.client
import json
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import anthropic
import openai
import pytest

from aigw.testing import AnthropicServer, OpenAIServer, ProviderServer


@pytest.fixture
def openai_server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def anthropic_server() -> Iterator[AnthropicServer]:
    with AnthropicServer() as server:
        yield server


@pytest.fixture
def openai_client(openai_server: OpenAIServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=openai_server.url, api_key="sk-test", max_retries=0, timeout=10) as client:
        yield client


@pytest.fixture
def anthropic_client(anthropic_server: AnthropicServer) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=anthropic_server.url, api_key="sk-ant-test", max_retries=0, timeout=10) as client:
        yield client


@pytest.fixture
def connect() -> Iterator[Callable[[ProviderServer], http.client.HTTPConnection]]:
    opened: list[http.client.HTTPConnection] = []

    def begin(server: ProviderServer) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(urlsplit(server.origin).netloc, timeout=10)
        opened.append(connection)
        return connection

    yield begin
    for connection in opened:
        connection.close()


@pytest.fixture
def leave() -> Callable[[http.client.HTTPResponse], None]:
    """Close the connection of a response, read or not."""

    def close(response: http.client.HTTPResponse) -> None:
        response.close()
        response.connection.close()

    return close


@pytest.fixture
def ask(
    connect: Callable[[ProviderServer], http.client.HTTPConnection],
) -> Callable[..., http.client.HTTPResponse]:
    """Post one question to a server in its dialect, and give the response with its body unread."""

    def post(
        server: ProviderServer, *, stream: bool = False, headers: dict[str, str] | None = None, **fields: object
    ) -> http.client.HTTPResponse:
        body: dict[str, object] = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": stream}
        path = "/v1/chat/completions"
        if isinstance(server, AnthropicServer):
            body["max_tokens"] = 100
            path = "/v1/messages"
        told = {"content-type": "application/json", "anthropic-version": "2023-06-01", **(headers or {})}
        connection = connect(server)
        connection.request("POST", path, json.dumps(body | fields), told)
        response = connection.getresponse()
        response.connection = connection
        return response

    return post
