"""Files for batches, over real HTTP in both faces; the openai client judges what is sent and what it means."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.journeys.answering import Answering, Asked, Said, answering
from tests.providers.form_reader import parts_of

import aigw
from aigw.surfaces import relay_request
from aigw.testing import FrozenClock, RecordCapture

FILE = {
    "id": "file-1",
    "object": "file",
    "bytes": 4,
    "created_at": 7,
    "filename": "in.jsonl",
    "purpose": "batch",
    "status": "processed",
}
LINES = b'{"custom_id": "1"}\n{"custom_id": "2"}\n'
SECRET = "what the caller says in confidence"


def script(asked: Asked) -> Said:
    """Answer as OpenAI does for the one file it has."""
    path, _, query = asked.path.removeprefix("/v1").partition("?")
    told = {"x-request-id": "req-1"}
    if path.endswith("/content"):
        return Said(LINES, content_type="application/json", headers=told)
    if asked.method == "DELETE":
        return Said({"id": "file-1", "object": "file", "deleted": True}, headers=told)
    if asked.method == "GET" and path == "/files":
        later = "after=file-1" in query
        row = {**FILE, "id": "file-2"} if later else FILE
        return Said({"object": "list", "data": [row], "has_more": not later, "last_id": row["id"]}, headers=told)
    return Said(FILE, headers=told)


@pytest.fixture
def server() -> Iterator[Answering]:
    with answering(script) as made:
        yield made


class World:
    """A gateway whose `route` falls back along servers of a *kind*."""

    def __init__(self, face: Any, *servers: Answering, kind: str = "openai-compatible") -> None:
        self.do = face.do
        self.face = face
        self.records = RecordCapture()
        providers = {
            f"p{place}": {"kind": kind, "base_url": one.url, "api_key": "none"} for place, one in enumerate(servers)
        }
        targets = [{"provider": name, "model": "m"} for name in providers]
        route = {"name": "route", "strategy": "fallback", "targets": targets}
        document = {"schema": "aigw/v1", "serial": 1, "providers": providers, "routes": [route]}
        self.gw = face.gateway(manifest=document, clock=FrozenClock(), sinks=[self.records])


@pytest.fixture
def world(face: Any, server: Answering) -> World:
    return World(face, server)


@pytest.fixture
def judge(server: Answering) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.url, api_key="k", max_retries=0) as client:
        yield client


OURS = {"model": "route"}
CALLS: dict[str, Any] = {
    "create": lambda on, more: on.files.create(
        file=("in.jsonl", LINES), purpose="batch", expires_after={"anchor": "created_at", "seconds": 3600}, **more
    ),
    "create, bytes": lambda on, more: on.files.create(file=LINES, purpose="user_data", **more),
    "retrieve": lambda on, more: on.files.retrieve("file-1", **more),
    "delete": lambda on, more: on.files.delete("file-1", **more),
}


@pytest.mark.parametrize("name", ["create", "retrieve", "content", "delete", "list"])
def test_a_method_takes_all_that_the_openai_client_s_takes(world: World, judge: openai.OpenAI, name: str) -> None:
    theirs = inspect.signature(getattr(judge.files, name)).parameters
    ours = inspect.signature(getattr(world.gw.files, name)).parameters
    raw = inspect.signature(getattr(world.gw.files.with_raw_response, name)).parameters

    assert [] == [one for one in theirs if one not in ours]
    assert [*ours] == [*raw]


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_sent_and_answered_as_by_the_openai_client(
    world: World, server: Answering, judge: openai.OpenAI, name: str
) -> None:
    ours = world.do(CALLS[name](world.gw, OURS))
    theirs = CALLS[name](judge, {})

    assert theirs.to_dict() == ours.to_dict()
    sent, expected = server.asked
    assert (expected.method, expected.path) == (sent.method, sent.path)
    assert form(expected) == form(sent)
    record = world.records.last
    assert ("files", "ok", "p0/m") == (record.surface, record.outcome, record.target)
    assert record == ours.aigw
    assert "req-1" == ours._request_id


def form(asked: Asked) -> Any:
    """Give the parts of a form, or None where nothing was sent."""
    kind = {name.lower(): value for name, value in asked.headers.items()}.get("content-type", "")
    return sorted(parts_of(kind, asked.body)) if asked.body else None


def test_a_file_s_content_is_its_bytes_whatever_they_are(world: World, judge: openai.OpenAI, tmp_path: Path) -> None:
    fetched = world.do(world.gw.files.content("file-1", model="route"))
    fetched.write_to_file(tmp_path / "out.jsonl")

    theirs = judge.files.content("file-1")
    assert theirs.content == fetched.content == (tmp_path / "out.jsonl").read_bytes()
    assert theirs.text == fetched.text
    assert "files" == fetched.aigw.surface


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b'{"error": {"message": "a line of a batch"}}'])
def test_a_file_may_hold_what_would_be_no_answer(face: Any, body: bytes) -> None:
    with answering(lambda asked: Said(body, content_type="text/html")) as odd:
        world = World(face, odd)
        assert body == world.do(world.gw.files.content("file-1", model="route")).content


def test_files_are_listed_page_by_page(world: World, server: Answering, judge: openai.OpenAI) -> None:
    page = world.do(world.gw.files.list(model="route", limit=1, purpose="batch"))
    theirs = judge.files.list(limit=1, purpose="batch")

    assert theirs.to_dict() == page.to_dict()
    assert server.asked[-1].path == server.asked[-2].path
    assert ["file-1", "file-2"] == [one.id for one in world.face.items(page)]
    assert "/v1/files?limit=1&purpose=batch&after=file-1" == server.last.path
    assert ["file-1", "file-2"] == [one.id for one in world.face.items(world.gw.files.list(model="route"))]


def test_a_path_is_read_and_its_name_is_sent(world: World, server: Answering, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(LINES)
    world.do(world.gw.files.create(file=path, purpose="batch", model="route"))

    assert ("in.jsonl", LINES) == next((part[1], part[3]) for part in form(server.last) if part[0] == "file")


@pytest.mark.parametrize("wrap", ["bytes", "open", "path"])
def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    world: World, server: Answering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrap: str
) -> None:
    monkeypatch.setattr(relay_request, "UPLOAD_LIMIT", len(LINES) - 1)
    path = tmp_path / "in.jsonl"
    path.write_bytes(LINES)
    with path.open("rb") as opened:
        file = {"bytes": LINES, "open": opened, "path": path}[wrap]
        with pytest.raises(aigw.BadRequestError, match="larger than"):
            world.do(world.gw.files.create(file=file, purpose="batch", model="route"))

    assert [] == server.asked
    assert ("files", "refused") == (world.records.last.surface, world.records.last.outcome)


def test_a_file_and_the_batch_of_it_go_to_the_same_provider(face: Any, server: Answering) -> None:
    with answering(script) as other:
        world = World(face, other, server)
        uploaded = world.do(world.gw.files.create(file=LINES, purpose="batch", model="route"))
        world.do(
            world.gw.batches.create(
                model="route", input_file_id=uploaded.id, endpoint="/v1/embeddings", completion_window="24h"
            )
        )

    assert ["/v1/files", "/v1/batches"] == [asked.path for asked in other.asked]
    assert [] == server.asked


@pytest.mark.parametrize(("name", "status", "sends"), [("create", 500, 1), ("create", 429, 3), ("delete", 500, 3)])
def test_a_file_is_not_made_twice_nor_elsewhere(
    face: Any, server: Answering, name: str, status: int, sends: int
) -> None:
    with answering(lambda asked: Said({"error": {"message": "no"}}, status)) as broken:
        world = World(face, broken, server)
        with pytest.raises(aigw.APIStatusError):
            world.do(CALLS[name](world.gw, OURS))

    assert sends == len(broken.asked)
    assert [] == server.asked


@pytest.mark.parametrize("id", ["", "..", None])
@pytest.mark.parametrize("name", ["retrieve", "content", "delete"])
def test_an_id_cannot_lead_elsewhere(world: World, server: Answering, name: str, id: Any) -> None:  # noqa: A002
    with pytest.raises(aigw.BadRequestError, match="file_id"):
        world.do(getattr(world.gw.files, name)(id, model="route"))

    assert [] == server.asked


def test_raw_answers_have_the_provider_s_body(world: World) -> None:
    raw = world.do(world.gw.files.with_raw_response.retrieve("file-1", model="route"))

    assert (200, "req-1", FILE) == (raw.status_code, raw.request_id, raw.json())
    assert LINES == world.do(world.gw.files.with_raw_response.content("file-1", model="route")).content


def test_a_target_without_files_is_named(face: Any, server: Answering) -> None:
    world = World(face, server, kind="deepseek")
    with pytest.raises(aigw.UnsupportedParameterError, match="batches"):
        world.do(CALLS["retrieve"](world.gw, OURS))

    assert [] == server.asked


def test_no_record_shows_what_is_in_a_file(world: World, server: Answering) -> None:
    world.do(world.gw.files.create(file=(f"{SECRET}.txt", SECRET.encode()), purpose="batch", model="route"))

    assert SECRET.encode() in server.last.body
    assert SECRET not in json.dumps([record.as_dict() for record in world.records.records], default=str)
