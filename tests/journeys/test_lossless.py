"""The lossless law: what a caller says in a provider's own dialect reaches the wire as the `openai` client sends it.

Both clients make the very same call to the very same server, and the bodies are compared as JSON text, so that `1` and
`1.0`, or a missing field and a null, are different things.
"""

import contextlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from copy import deepcopy
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal, Optional

import openai
import pytest
from openai import pydantic_function_tool
from openai.types.chat import ChatCompletion as TheirCompletion
from pydantic import BaseModel, Field
from tests.journeys.bodies import BODIES, WEATHER, call, result, user
from tests.journeys.recorded import manifest

import aigw
from aigw.testing import OpenAIServer, Raw

ALLOWED: dict[str, str] = {
    "stream_options.include_usage": "asked for in every stream: the record needs it, and callers who did not ask for "
    "it are not given the chunk",
    "stream_options": "left out where nothing is streamed: OpenAI refuses them there",
    "stream": "`parse` leaves a false one out, which is the default",
    "default in a strict schema": "left out: a strict schema requires every field, so OpenAI refuses defaults there",
    "reasoning, reasoning_content, reasoning_details": "left out of messages for OpenAI itself, which refuses them; a "
    "server that is only compatible gets them",
    "null fields of an earlier answer": "left out of messages that are handed back as objects: strict servers refuse "
    "fields they do not know, null or not",
}
"""All that may differ, and why. The tests below allow exactly this."""

REASONING = ("reasoning", "reasoning_content", "reasoning_details")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-upstream")


@pytest.fixture
def upstream() -> Iterator[OpenAIServer]:
    with OpenAIServer(api_key="key-of-upstream") as server:
        yield server


@pytest.fixture
def client(upstream: OpenAIServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=upstream.url, api_key="key-of-upstream", max_retries=0) as made:
        yield made


@pytest.fixture
def gateway(face, upstream: OpenAIServer) -> Any:
    return face.gateway(manifest=manifest("openai", upstream.url))


def bodies(upstream: OpenAIServer, theirs: Callable[[], object], ours: Callable[[], object]) -> tuple[str, str]:
    """Make both calls and give what reached the wire, as JSON text with its keys sorted."""
    outcomes: list[int | None] = []
    for send in (theirs, ours):
        try:
            send()
        except (openai.APIStatusError, aigw.APIStatusError) as error:
            outcomes.append(error.status_code)
        else:
            outcomes.append(None)
    assert outcomes[0] == outcomes[1]
    first, second = upstream.requests
    assert (first.method, first.path, first.query) == (second.method, second.path, second.query)
    assert first.headers["authorization"] == second.headers["authorization"]
    return text(first.json), text(second.json)


def text(body: object) -> str:
    return json.dumps(body, sort_keys=True, ensure_ascii=False)


def allowed(body: str, asked: dict[str, Any]) -> str:
    """Give the `openai` client's *body* with the differences that the table allows."""
    changed = json.loads(body)
    if asked.get("stream"):
        changed["stream_options"] = {**(changed.get("stream_options") or {}), "include_usage": True}
    else:
        changed.pop("stream_options", None)
    for message in changed["messages"]:
        for name in REASONING:
            message.pop(name, None)
    return text(changed)


@pytest.mark.parametrize("asked", [pytest.param(body, id=name) for name, body in BODIES.items()])
def test_a_call_reaches_the_wire_as_the_openai_client_sends_it(face, upstream, client, gateway, asked):
    def theirs() -> None:
        answer = client.chat.completions.create(model="gpt-4o", **deepcopy(asked))
        if asked.get("stream"):
            list(answer)

    def ours() -> None:
        answer = face.do(gateway.chat.completions.create(model="upstream/gpt-4o", **asked))
        if asked.get("stream"):
            face.items(answer)

    before = deepcopy(asked)
    if "stream_options" in asked and not asked.get("stream"):
        with contextlib.suppress(openai.BadRequestError):
            theirs()
        ours()
        first, second = (text(request.json) for request in upstream.requests)
    else:
        first, second = bodies(upstream, theirs, ours)
    assert allowed(first, asked) == second
    assert before == asked


def test_a_compatible_server_gets_reasoning_back_as_the_openai_client_sends_it(face, upstream, client):
    gateway = face.gateway(manifest=manifest("openai-compatible", upstream.url))
    asked = BODIES["reasoning of another provider"]
    first, second = bodies(
        upstream,
        lambda: client.chat.completions.create(model="gpt-4o", **asked),
        lambda: face.do(gateway.chat.completions.create(model="upstream/gpt-4o", **asked)),
    )
    assert first == second
    assert all(name in second for name in REASONING)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Step(BaseModel):
    """One step."""

    explanation: str = Field(description="Why.")
    colour: Colour = Colour.RED
    weight: Optional[float] = None  # noqa: UP045 - both spellings make the same schema, so both are asked


class Tree(BaseModel):
    label: Literal["leaf", "node"]
    children: list["Tree"] = []


class Plan(BaseModel):
    """A plan
    of several lines.
    """

    steps: list[Step] = Field(min_length=1, max_length=9, description="In order.")
    main: Step = Field(description="The main one, whose schema is a reference with a neighbour.")
    trees: dict[str, int] | None = None
    either: Step | Tree
    pair: tuple[int, str] = (1, "a")


class GetWeather(BaseModel):
    """Tell the weather."""

    city: str
    unit: Literal["c", "f"] = "c"


MESSAGES = [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize("model", [Step, Tree, Plan, GetWeather])
def test_a_type_as_response_format_reaches_the_wire_as_the_openai_client_sends_it(
    face, upstream, client, gateway, model
):
    asked: dict[str, Any] = {"messages": MESSAGES, "response_format": model}
    refusal = {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "refusal": "No."}}]}
    upstream.always(Raw(body=json.dumps({**refusal, "id": "c", "created": 1, "model": "m"}).encode()))
    first, second = bodies(
        upstream,
        lambda: client.chat.completions.parse(model="gpt-4o", **asked),
        lambda: face.do(gateway.chat.completions.parse(model="upstream/gpt-4o", **asked)),
    )
    assert text({**without_defaults(json.loads(first)), "stream": None}) == text({**json.loads(second), "stream": None})


def test_a_model_as_tool_reaches_the_wire_as_the_openai_client_sends_it(face, upstream, client, gateway):
    theirs = {"messages": MESSAGES, "tools": [pydantic_function_tool(GetWeather), {**WEATHER}]}
    first, second = bodies(
        upstream,
        lambda: client.chat.completions.create(model="gpt-4o", **theirs),
        lambda: face.do(
            gateway.chat.completions.create(model="upstream/gpt-4o", messages=MESSAGES, tools=[GetWeather, WEATHER])
        ),
    )
    assert text(without_defaults(json.loads(first))) == second


def without_defaults(schema: Any) -> Any:
    """Leave out of schemas what the table allows: fields' defaults."""
    if isinstance(schema, list):
        return [without_defaults(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: without_defaults(value) for name, value in schema.items() if name != "default"}


def test_a_watched_stream_reaches_the_wire_as_the_openai_client_sends_it(face, upstream, client, gateway):
    asked: dict[str, Any] = {"messages": MESSAGES, "tools": [WEATHER], "temperature": 0.0}

    def theirs() -> None:
        with client.chat.completions.stream(model="gpt-4o", **asked) as stream:
            stream.until_done()

    def ours() -> None:
        manager = gateway.chat.completions.stream(model="upstream/gpt-4o", **asked)
        face.do(face.enter(manager).until_done())
        face.leave(manager)

    first, second = bodies(upstream, theirs, ours)
    assert allowed(first, {"stream": True}) == second


def test_anything_that_is_like_a_list_or_an_object_is_one(face, upstream, client, gateway):
    class Word(str):
        __slots__ = ()

    def asked() -> dict[str, Any]:
        return {
            "messages": (MappingProxyType(message) for message in MESSAGES),
            "tools": iter([WEATHER]),
            "stop": ("a", Word("b")),
            "service_tier": Colour.RED,
            "metadata": OrderedDict(b="1", a="2"),
            "temperature": openai.omit,
            "seed": openai.NOT_GIVEN,
        }

    theirs = {**asked(), "messages": MESSAGES}
    first, second = bodies(
        upstream,
        lambda: client.chat.completions.create(model="gpt-4o", **theirs),
        lambda: face.do(gateway.chat.completions.create(model="upstream/gpt-4o", **asked())),
    )
    assert first == second


ANSWERS = {
    "text": {"role": "assistant", "content": "Hello", "refusal": None, "annotations": []},
    "refusal": {"role": "assistant", "content": None, "refusal": "No."},
    "calls": {"role": "assistant", "content": None, "tool_calls": [call(1)], "audio": None},
    "more": {"role": "assistant", "content": "x", "weight": 3, "verdict": {"good": None}},
}


@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in ANSWERS.items()])
def test_an_earlier_answer_handed_back_as_an_object_reaches_the_wire_without_its_nulls(
    face, upstream, client, gateway, answer
):
    choice = {"index": 0, "finish_reason": "stop", "message": answer, "logprobs": None}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    ours = aigw.ChatCompletion.model_validate(body).choices[0].message
    theirs = TheirCompletion.model_validate(body).choices[0].message
    rest = [result(1)] if "tool_calls" in answer else [user("Go on")]
    for message, send in ((theirs, client), (theirs, gateway), (ours, gateway)):
        model = "gpt-4o" if send is client else "upstream/gpt-4o"
        face.do(send.chat.completions.create(model=model, messages=[user("Hi"), message, *rest]))
    first, second, third = (request.json for request in upstream.requests)
    assert {**first, "messages": without_nulls(first["messages"])} == second
    assert second == third


def without_nulls(messages: Any) -> Any:
    """Leave out of an answer what the table allows: its nulls, but for `content`, and its empty annotations."""
    user_first, answer, *rest = messages
    kept = {name: value for name, value in answer.items() if name == "content" or value not in (None, [])}
    return [user_first, kept, *rest]
