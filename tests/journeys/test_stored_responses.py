"""Responses that a provider keeps, counts and compactions, over real HTTP in both faces; the openai client judges."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import openai
import pytest
from tests.journeys.answering import Answering, Asked, Said, answering

import aigw
from aigw.testing import FrozenClock, RecordCapture

USAGE = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
MESSAGE = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}],
}
DONE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1795132800,
    "status": "completed",
    "model": "m-1",
    "output": [MESSAGE],
    "usage": USAGE,
}
QUEUED: dict[str, Any] = {**DONE, "status": "queued", "output": [], "usage": None}
COMPACTED = {
    "id": "resp_c",
    "object": "response.compaction",
    "created_at": 1795132801,
    "output": [{"type": "compaction", "id": "cmp_1", "encrypted_content": "sealed"}],
    "usage": USAGE,
}
EVENTS: list[dict[str, Any]] = [
    {"type": "response.created", "sequence_number": 0, "response": QUEUED},
    {"type": "response.output_item.added", "sequence_number": 1, "output_index": 0, "item": {**MESSAGE, "content": []}},
    {
        "type": "response.output_text.delta",
        "sequence_number": 2,
        "output_index": 0,
        "content_index": 0,
        "item_id": "msg_1",
        "delta": "Hel",
        "logprobs": [],
    },
    {
        "type": "response.output_text.delta",
        "sequence_number": 3,
        "output_index": 0,
        "content_index": 0,
        "item_id": "msg_1",
        "delta": "lo",
        "logprobs": [],
    },
    {"type": "response.output_item.done", "sequence_number": 4, "output_index": 0, "item": MESSAGE},
    {"type": "response.completed", "sequence_number": 5, "response": DONE},
]
SECRET = "what the caller says in confidence"


def framed(events: list[dict[str, Any]]) -> bytes:
    return b"".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events)


def keeper(asked: Asked) -> Said:
    """Answer as OpenAI does for a response that is done."""
    path, _, query = asked.path.removeprefix("/v1").partition("?")
    told = {"x-request-id": "req-1"}
    if path.endswith("/input_items"):
        return Said(listed(later="after=msg_9" in query), headers=told)
    if asked.method == "DELETE":
        return Said({"id": "resp_1", "object": "response.deleted", "deleted": True}, headers=told)
    if "stream=true" in query:
        first = int(query.partition("starting_after=")[2].partition("&")[0] or -1) + 1
        return Said(framed(EVENTS[first:]), content_type="text/event-stream", headers=told)
    plain: dict[str, Any] = {
        "/responses/compact": COMPACTED,
        "/responses/input_tokens": {"object": "response.input_tokens", "input_tokens": 11},
        "/responses/resp_1/cancel": {**QUEUED, "status": "cancelled"},
    }
    made = QUEUED if path == "/responses" and asked.json.get("background") else DONE
    return Said(plain.get(path, made), headers=told)


def listed(*, later: bool) -> dict[str, Any]:
    """Give a page of what a response was made from."""
    name = "msg_8" if later else "msg_9"
    content = [{"type": "input_text", "text": "Hi"}]
    row = {"type": "message", "id": name, "role": "user", "status": "completed", "content": content}
    return {"object": "list", "data": [row], "has_more": not later, "last_id": name}


@pytest.fixture
def two() -> Iterator[tuple[Answering, Answering]]:
    with answering(keeper) as first, answering(keeper) as second:
        yield first, second


class World:
    """A gateway over servers of the dialect: `chat` falls back along them, `second` leads to the last."""

    def __init__(self, face: Any, *servers: Answering, kind: str = "openai-responses", **more: Any) -> None:
        self.do = face.do
        self.face = face
        self.records = RecordCapture()
        providers = {
            f"p{place}": {"kind": kind, "base_url": one.url, "api_key": "none"} for place, one in enumerate(servers)
        }
        targets = [{"provider": name, "model": "m"} for name in providers]
        routes = [
            {"name": "chat", "strategy": "fallback", "targets": targets},
            {"name": "second", "strategy": "single", "targets": targets[-1:]},
        ]
        document = {"schema": "aigw/v1", "serial": 1, "providers": providers, "routes": routes, **more}
        self.document = document
        self.gw = face.gateway(manifest=document, clock=FrozenClock(), sinks=[self.records])

    def given(self, **params: Any) -> Any:
        return self.do(self.gw.responses.create(**{"model": "second", "input": "Hi", **params}))


@pytest.fixture
def world(face: Any, two: tuple[Answering, Answering]) -> World:
    return World(face, *two)


@pytest.fixture
def judge(two: tuple[Answering, Answering]) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=two[1].url, api_key="k", max_retries=0) as client:
        yield client


METHODS = {
    "retrieve": lambda on: on.retrieve,
    "cancel": lambda on: on.cancel,
    "delete": lambda on: on.delete,
    "compact": lambda on: on.compact,
    "input_items.list": lambda on: on.input_items.list,
    "input_tokens.count": lambda on: on.input_tokens.count,
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_takes_all_that_the_openai_client_s_takes(world: World, judge: openai.OpenAI, name: str) -> None:
    theirs = inspect.signature(METHODS[name](judge.responses)).parameters
    ours = inspect.signature(METHODS[name](world.gw.responses)).parameters
    raw = inspect.signature(METHODS[name](world.gw.responses.with_raw_response)).parameters

    assert [] == [one for one in theirs if one not in ours]
    assert [*ours] == [*raw]
    assert {one: each.kind for one, each in theirs.items()} == {one: ours[one].kind for one in theirs}


INPUT = [{"role": "user", "content": "Hi"}]
CALLS: dict[str, Any] = {
    "retrieve": lambda on: on.retrieve("resp_1"),
    "retrieve, more": lambda on: on.retrieve("resp_1", stream=False, include=["a", "b"], include_obfuscation=False),
    "cancel": lambda on: on.cancel("resp_1"),
    "delete": lambda on: on.delete("resp_1"),
    "compact": lambda on: on.compact(model="second", input=INPUT, instructions="Be brief.", prompt_cache_key="k"),
    "count": lambda on: on.input_tokens.count(model="second", input="Hi", instructions="Be brief.", truncation="auto"),
    "count, tools": lambda on: on.input_tokens.count(
        model="second",
        input=INPUT,
        tools=[{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}],
        reasoning={"effort": "low"},
        text={"verbosity": "low"},
        extra_body={"odd": 1},
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_sent_and_answered_as_by_the_openai_client(
    world: World, two: tuple[Answering, Answering], judge: openai.OpenAI, name: str
) -> None:
    world.given()
    ours = world.do(CALLS[name](world.gw.responses))
    theirs = CALLS[name](judge.responses)

    assert dumped(theirs) == dumped(ours)
    sent, expected = two[1].asked[-2:]
    assert (expected.method, place(expected)) == (sent.method, place(sent))
    assert said(expected) == said(sent)
    record = world.records.last
    assert ("responses", "ok", "p1/m") == (record.surface, record.outcome, record.target)


def dumped(answer: Any) -> Any:
    return None if answer is None else answer.to_dict(mode="json", warnings=False)


def place(asked: Asked) -> tuple[str, list[tuple[str, str]]]:
    """Give the path and the query of a request, the query in any order."""
    parts = urlsplit(asked.path)
    return parts.path, sorted(parse_qsl(parts.query))


def said(asked: Asked) -> Any:
    return {**asked.json, "model": "m"} if asked.body else None


def test_a_look_needs_no_model_where_this_process_saw_the_response_given(
    world: World, two: tuple[Answering, Answering]
) -> None:
    world.given()
    again = world.do(world.gw.responses.retrieve("resp_1"))

    assert ("Hello", "p1/m", "") == (again.output_text, again.aigw.target, again.aigw.model)
    assert [] == two[0].asked
    assert again._request_id == "req-1"


def test_a_streamed_response_is_found_again_too(world: World, two: tuple[Answering, Answering]) -> None:
    world.do(world.gw.responses.retrieve("resp_1", model="second"))
    assert "p1/m" == world.do(world.gw.responses.cancel("resp_1")).aigw.target
    assert [] == two[0].asked


@pytest.mark.parametrize("name", ["retrieve", "retrieve, more", "cancel", "delete"])
def test_nobody_guesses_who_keeps_a_response(world: World, two: tuple[Answering, Answering], name: str) -> None:
    with pytest.raises(aigw.BadRequestError, match=r"Say model=…") as caught:
        world.do(CALLS[name](world.gw.responses))

    assert ("model", "unknown_keeper") == (caught.value.param, caught.value.code)
    assert [] == two[0].asked + two[1].asked
    assert ("responses", "refused") == (world.records.last.surface, world.records.last.outcome)


def test_a_route_that_does_not_lead_to_the_keeper_is_refused(world: World, two: tuple[Answering, Answering]) -> None:
    world.do(world.gw.responses.create(model="chat", input="Hi"))
    with pytest.raises(aigw.UnsupportedParameterError) as caught:
        world.do(world.gw.responses.retrieve("resp_1", model="second"))

    assert ("response_id", "kept_elsewhere") == (caught.value.param, caught.value.code)
    assert [] == two[1].asked


def test_a_route_of_several_leads_to_the_keeper_or_to_the_first_and_to_no_other(
    face: Any, two: tuple[Answering, Answering]
) -> None:
    world = World(face, *two)
    world.given()
    assert "p1/m" == world.do(world.gw.responses.retrieve("resp_1", model="chat")).aigw.target

    with answering(lambda asked: Said({"error": {"message": "no"}}, 500)) as broken:
        world = World(face, broken, two[1])
        with pytest.raises(aigw.InternalServerError):
            world.do(world.gw.responses.retrieve("resp_7", model="chat"))
    assert 3 == len(broken.asked)
    assert "p1/m" not in {attempt.target for attempt in world.records.last.attempts}


def test_usage_is_on_record_once_however_often_a_response_is_looked_at(world: World) -> None:
    begun = world.given(background=True)
    looks = [world.do(world.gw.responses.retrieve("resp_1")) for _ in range(3)]

    assert None is begun.aigw.usage
    assert [5, None, None] == [look.aigw.usage and look.aigw.usage.total_tokens for look in looks]
    assert [5, 5, 5] == [look.usage.total_tokens for look in looks]
    assert [(), *[("usage: on record with an earlier call",)] * 2] == [look.aigw.notes for look in looks]


@pytest.mark.parametrize("stream", [False, True])
def test_usage_of_an_answer_is_not_counted_again_at_a_look(world: World, stream: bool) -> None:
    begun = world.do(world.gw.responses.retrieve("resp_1", model="second", stream=stream))
    if stream:
        world.face.items(begun)
    assert 5 == world.records.last.usage.total_tokens
    stream_again = world.do(world.gw.responses.retrieve("resp_1", stream=True))
    world.face.items(stream_again)

    assert None is world.records.last.usage
    assert world.records.last == stream_again.aigw


@pytest.mark.parametrize("status", ["failed", "cancelled", "incomplete", "in_progress"])
def test_a_look_succeeds_whatever_became_of_the_response(face: Any, status: str) -> None:
    error = {"code": "server_error", "message": "It broke."} if status == "failed" else None
    body = {**QUEUED, "status": status, "error": error}
    with answering(lambda asked: Said(body)) as server:
        world = World(face, server)
        look = world.do(world.gw.responses.retrieve("resp_1", model="chat"))

    assert body == look.to_dict()
    assert "ok" == look.aigw.outcome


@pytest.mark.parametrize("after", [None, 2, 4])
def test_a_look_may_be_a_stream_from_any_event_on(
    world: World, two: tuple[Answering, Answering], judge: openai.OpenAI, after: int | None
) -> None:
    asked: dict[str, Any] = {} if after is None else {"starting_after": after}
    world.given()
    ours = world.face.items(world.do(world.gw.responses.retrieve("resp_1", stream=True, **asked)))
    theirs = list(judge.responses.retrieve("resp_1", stream=True, **asked))

    assert [one.to_dict() for one in theirs] == [one.to_dict() for one in ours]
    sent, expected = two[1].asked[-2:]
    assert place(expected) == place(sent)
    accepts = [{name.lower(): value for name, value in one.headers.items()}["accept"] for one in (sent, expected)]
    assert "text/event-stream" == accepts[0]
    assert (True, "ok") == (world.records.last.stream, world.records.last.outcome)


def test_a_stream_of_a_look_that_breaks_off_never_ends_cleanly(face: Any) -> None:
    with answering(lambda asked: Said(framed(EVENTS[:4]), content_type="text/event-stream")) as server:
        world = World(face, server)
        stream = world.do(world.gw.responses.retrieve("resp_1", model="chat", stream=True))
        with pytest.raises(aigw.StreamInterrupted) as caught:
            world.face.items(stream)

    assert "Hello" == caught.value.partial_text


@pytest.mark.parametrize("reply", [Said(b"", 204), Said({"id": "resp_1", "deleted": True})])
def test_a_response_is_deleted_whatever_its_provider_says_to_it(face: Any, reply: Said) -> None:
    with answering(lambda asked: reply) as server:
        world = World(face, server)
        assert None is world.do(world.gw.responses.delete("resp_1", model="chat"))

    assert ["DELETE"] == [asked.method for asked in server.asked]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"message": "Slow down", "code": "rate_limit_exceeded"}}, aigw.RateLimitError),
        (b"<html>Sign in</html>", aigw.UnreadableAnswerError),
    ],
)
def test_a_response_is_not_deleted_where_a_200_says_something_else(face: Any, body: object, expected: Any) -> None:
    with answering(lambda asked: Said(body)) as server:
        world = World(face, server)
        with pytest.raises(expected):
            world.do(world.gw.responses.delete("resp_1", model="chat"))


def test_a_list_ends_where_nothing_says_what_its_next_page_comes_after(face: Any) -> None:
    page = {"object": "list", "data": [{"type": "message", "role": "user", "content": "Hi"}], "has_more": True}
    with answering(lambda asked: Said(page)) as server:
        world = World(face, server)
        listed = world.do(world.gw.responses.input_items.list("resp_1", model="chat"))
        items = world.face.items(world.gw.responses.input_items.list("resp_1", model="chat"))

    assert not listed.has_next_page()
    assert (1, 2) == (len(items), len(server.asked))


def test_a_response_that_its_provider_does_not_know_is_an_error(face: Any) -> None:
    with answering(lambda asked: Said({"error": {"message": "No such response", "code": "not_found"}}, 404)) as server:
        world = World(face, server)
        with pytest.raises(aigw.NotFoundError):
            world.do(world.gw.responses.retrieve("resp_1", model="chat"))
        with pytest.raises(aigw.NotFoundError):
            world.do(world.gw.responses.delete("resp_1", model="chat"))


def test_the_input_of_a_response_is_listed_page_by_page(
    world: World, two: tuple[Answering, Answering], judge: openai.OpenAI
) -> None:
    world.given()
    asked: dict[str, Any] = {"limit": 1, "order": "asc", "include": ["a"]}
    page = world.do(world.gw.responses.input_items.list("resp_1", **asked))
    theirs = judge.responses.input_items.list("resp_1", **asked)

    assert dumped(theirs) == dumped(page)
    assert place(two[1].asked[-1]) == place(two[1].asked[-2])
    assert ["msg_9", "msg_8"] == [item.id for item in world.face.items(page)]
    assert "after=msg_9" in two[1].asked[-1].path
    assert "Hi" == page.data[0].content[0].text
    listed = world.gw.responses.input_items.list("resp_1", limit=1)
    assert ["msg_9", "msg_8"] == [item.id for item in world.face.items(listed)]


@pytest.mark.parametrize("id", ["", "..", ".", None, 5])
@pytest.mark.parametrize("name", ["retrieve", "cancel", "delete", "input_items.list"])
def test_an_id_cannot_lead_elsewhere(world: World, two: tuple[Answering, Answering], name: str, id: Any) -> None:  # noqa: A002
    with pytest.raises(aigw.BadRequestError, match="response_id"):
        world.do(METHODS[name](world.gw.responses)(id, model="second"))

    assert [] == two[1].asked


def test_an_odd_id_stays_one_step_of_the_path(world: World, two: tuple[Answering, Answering]) -> None:
    world.do(world.gw.responses.retrieve("a/../b?c", model="second"))

    assert "/v1/responses/a%2F..%2Fb%3Fc" == two[1].asked[-1].path


@pytest.mark.parametrize("params", [{"modle": "x"}, {"model": 5}])
def test_an_argument_that_is_none_is_refused_and_on_record(world: World, params: dict[str, Any]) -> None:
    with pytest.raises((aigw.BadRequestError, aigw.UnexpectedArgumentError)):
        world.do(world.gw.responses.retrieve("resp_1", **params))

    assert ("responses", "refused") == (world.records.last.surface, world.records.last.outcome)


@pytest.mark.parametrize("name", ["retrieve", "cancel", "delete", "compact", "count"])
def test_raw_answers_have_the_provider_s_own(world: World, name: str) -> None:
    world.given()
    raw = world.do(CALLS[name](world.gw.responses.with_raw_response)) if name != "count" else None
    if raw is None:
        raw = world.do(world.gw.responses.input_tokens.with_raw_response.count(model="second", input="Hi"))

    assert (200, "req-1") == (raw.status_code, raw.request_id)
    assert name == "delete" or dumped(raw.parse()) == raw.json()


def test_a_raw_look_may_be_a_stream(world: World) -> None:
    world.given()
    raw = world.do(world.gw.responses.with_raw_response.retrieve("resp_1", stream=True))

    assert [event["type"] for event in EVENTS] == [event.type for event in world.face.items(raw.parse())]


def test_what_is_compacted_goes_back_to_who_did_it(world: World, two: tuple[Answering, Answering]) -> None:
    shorter = world.do(world.gw.responses.compact(model="second", input=INPUT))
    goes_on = world.do(world.gw.responses.create(model="chat", input=[*shorter.output, *INPUT]))

    assert ("p1/m", 5) == (shorter.aigw.target, shorter.aigw.usage.total_tokens)
    assert "p1/m" == goes_on.aigw.target
    assert [*COMPACTED["output"], *INPUT] == two[1].asked[-1].json["input"]


def test_a_compaction_falls_back_and_carries_no_parameters_of_answers(
    face: Any, two: tuple[Answering, Answering]
) -> None:
    with answering(lambda asked: Said({"error": {"message": "no"}}, 500)) as broken:
        world = World(face, broken, two[1])
        shorter = world.do(world.gw.responses.compact(model="chat", input=INPUT))
    assert "p1/m" == shorter.aigw.target

    tuned = {"provider": "p0", "model": "m", "params": {"temperature": 0.5, "max_tokens": 9}}
    world = World(face, two[0], routes=[{"name": "chat", "strategy": "single", "targets": [tuned]}])
    world.do(world.gw.responses.compact(model="chat", input=INPUT))
    world.do(world.gw.responses.input_tokens.count(model="chat", input="Hi"))
    assert [{"model": "m", "input": INPUT}, {"model": "m", "input": "Hi"}] == [one.json for one in two[0].asked]


def test_a_conversation_kept_elsewhere_is_neither_compacted_nor_counted(world: World) -> None:
    world.do(world.gw.responses.create(model="chat", input="Hi"))
    for method in (world.gw.responses.compact, world.gw.responses.input_tokens.count):
        with pytest.raises(aigw.UnsupportedParameterError) as caught:
            world.do(method(model="second", previous_response_id="resp_1"))
        assert "kept_elsewhere" == caught.value.code


COUNTERS = {
    "anthropic": ({"input_tokens": 7}, "/v1/messages/count_tokens"),
    "gemini": ({"totalTokens": 7}, "/v1/models/m:countTokens"),
    "openai": ({"object": "response.input_tokens", "input_tokens": 7}, "/v1/responses/input_tokens"),
}


@pytest.mark.parametrize("kind", COUNTERS)
def test_counting_is_asked_in_either_shape_of_whoever_counts(face: Any, kind: str) -> None:
    body, path = COUNTERS[kind]
    with answering(lambda asked: Said(body)) as server:
        world = World(face, server, kind=kind)
        tool = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
        asked = {"model": "chat", "instructions": "Be brief.", "input": "Hi", "tools": [tool]}
        counted = world.do(world.gw.responses.input_tokens.count(**asked))
        same = world.do(world.gw.messages.count_tokens(model="chat", system="Be brief.", messages=INPUT))

    assert {"object": "response.input_tokens", "input_tokens": 7} == counted.to_dict()
    assert {"input_tokens": 7} == same.to_dict()
    assert [path, path] == [one.path for one in server.asked]
    assert all("Be brief." in one.body.decode() for one in server.asked)
    assert ("responses", "messages") == (counted.aigw.surface, same.aigw.surface)


def test_thinking_and_limits_of_an_answer_do_not_keep_openai_from_counting(face: Any) -> None:
    with answering(keeper) as server:
        world = World(face, server, kind="openai")
        thinking = {"type": "enabled", "budget_tokens": 2048}
        world.do(world.gw.messages.count_tokens(model="chat", messages=INPUT, thinking=thinking))

    assert {"model", "input"} == server.last.json.keys()


def test_a_target_that_does_not_count_is_named(face: Any, two: tuple[Answering, Answering]) -> None:
    world = World(face, two[0], kind="groq")
    with pytest.raises(aigw.UnsupportedParameterError) as caught:
        world.do(world.gw.responses.input_tokens.count(model="chat", input="Hi"))

    assert "unsupported_operation" == caught.value.code


@pytest.mark.parametrize("answer", [Said(b"<html>", content_type="text/html"), Said([]), Said({}), Said({"data": 5})])
@pytest.mark.parametrize("name", ["retrieve", "cancel", "compact", "input_tokens.count", "input_items.list"])
def test_what_is_no_answer_is_a_named_error(face: Any, name: str, answer: Said) -> None:
    with answering(lambda asked: answer) as odd:
        world = World(face, odd)
        method = METHODS[name](world.gw.responses)
        told = {"input": "Hi"} if name in {"compact", "input_tokens.count"} else {"response_id": "resp_1"}
        with pytest.raises(aigw.APIResponseValidationError):
            world.do(method(model="chat", **told))

    assert "error" == world.records.last.outcome


def test_no_record_and_no_request_shows_what_was_said(world: World, two: tuple[Answering, Answering]) -> None:
    world.do(world.gw.responses.compact(model="second", input=SECRET))
    world.do(world.gw.responses.input_tokens.count(model="second", input=SECRET))
    with pytest.raises(aigw.BadRequestError) as caught:
        world.do(world.gw.responses.compact(model="second", input=[{"role": SECRET, "content": SECRET}]))

    assert all(SECRET in asked.body.decode() for asked in two[1].asked)
    assert SECRET not in json.dumps([record.as_dict() for record in world.records.records], default=str)
    assert SECRET not in str(caught.value)


def test_a_response_is_found_by_its_provider_after_its_route_has_changed(
    face: Any, two: tuple[Answering, Answering]
) -> None:
    world = World(face, two[0], allow_direct=True)
    world.do(world.gw.responses.create(model="p0/other", input="Hi"))

    assert "p0/m" == world.do(world.gw.responses.retrieve("resp_1")).aigw.target


def test_a_keeper_that_no_route_leads_to_any_more_is_named(
    face: Any, two: tuple[Answering, Answering], tmp_path: Path
) -> None:
    world = World(face, *two)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(world.document))
    gw = face.gateway(manifest=path)
    face.do(gw.responses.create(model="second", input="Hi"))
    routes = [{"name": "chat", "strategy": "single", "targets": [{"provider": "p0", "model": "m"}]}]
    path.write_text(json.dumps({**world.document, "serial": 2, "routes": routes}))
    face.do(gw.refresh())
    with pytest.raises(aigw.BadRequestError, match="p1 keeps") as caught:
        face.do(gw.responses.retrieve("resp_1"))

    assert "unknown_keeper" == caught.value.code
    assert [] == two[0].asked
