"""Embeddings, moderations, images, audio, rerank and batches: through the whole path, in both faces."""

import base64
import io
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.journeys.answering import Answering, Asked, Said, answering
from tests.providers.form_reader import parts_of

import aigw
from aigw.testing import FrozenClock, RecordCapture

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"

MODERATION = {
    "id": "modr-1",
    "model": "omni",
    "results": [
        {
            "flagged": True,
            "categories": {"harassment": False, "hate/threatening": True, "self-harm/intent": False},
            "category_scores": {"harassment": 0.1, "hate/threatening": 0.9, "self-harm/intent": 0.0},
            "category_applied_input_types": {"harassment": ["text"], "hate/threatening": ["text"]},
        }
    ],
}
IMAGES = {
    "created": 7,
    "data": [{"b64_json": "QQ=="}],
    "size": "1024x1024",
    "usage": {
        "input_tokens": 5,
        "output_tokens": 9,
        "total_tokens": 14,
        "input_tokens_details": {"image_tokens": 2, "text_tokens": 3},
    },
}
VERBOSE = {
    "task": "transcribe",
    "language": "english",
    "duration": 1.5,
    "text": "Hello.",
    "words": [{"word": "Hello", "start": 0.0, "end": 0.5}],
    "segments": [{"id": 0, "start": 0.0, "end": 0.5, "text": "Hello.", "tokens": [1], "seek": 0}],
    "usage": {"type": "duration", "seconds": 2},
}
BATCH = {
    "id": "batch_1",
    "object": "batch",
    "endpoint": "/v1/embeddings",
    "input_file_id": "file-1",
    "completion_window": "24h",
    "created_at": 7,
    "status": "validating",
    "request_counts": {"total": 2, "completed": 0, "failed": 0},
}
RERANKED = {
    "id": "r-1",
    "results": [{"index": 1, "relevance_score": 0.9}],
    "meta": {"billed_units": {"search_units": 1}},
}


def script(asked: Asked) -> Said:
    """Answer every path the surfaces know, as OpenAI and Cohere document it."""
    path = asked.path.partition("?")[0].removeprefix("/v1")
    told = {"x-request-id": f"req{path.replace('/', '-')}"}
    if path == "/audio/speech":
        return Said(b"ID3\x00abc", content_type="audio/mpeg", headers=told)
    if path == "/embeddings":
        return Said(_embedded(asked.json), headers=told)
    if path.startswith("/audio/") and b"\r\n\r\nsrt\r\n" in asked.body:
        return Said(b"1\n00:00:00,000 --> 00:00:01,000\nHello.\n", content_type="text/plain", headers=told)
    if path == "/batches" and asked.method == "GET":
        later = "after=batch_1" in asked.path
        row = {**BATCH, "id": "batch_2"} if later else BATCH
        return Said({"object": "list", "data": [row], "has_more": not later, "last_id": row["id"]}, headers=told)
    tail = path.rpartition("/")[2]
    known = {
        "moderations": MODERATION,
        "generations": IMAGES,
        "edits": IMAGES,
        "variations": IMAGES,
        "rerank": RERANKED,
    }
    known |= {"transcriptions": VERBOSE, "translations": VERBOSE}
    return Said(known.get(tail, BATCH), headers=told)


def _embedded(body: dict[str, Any]) -> dict[str, object]:
    inputs = body["input"] if isinstance(body["input"], list) and not isinstance(body["input"][0], int) else [0]
    vectors: list[Any] = [[0.5, float(at)] for at in range(len(inputs))]
    if body.get("encoding_format") == "base64":
        vectors = [base64.b64encode(struct.pack("<2f", *vector)).decode() for vector in vectors]
    rows = [{"object": "embedding", "index": at, "embedding": vector} for at, vector in enumerate(vectors)]
    return {"object": "list", "data": rows, "model": "m-1", "usage": {"prompt_tokens": 4, "total_tokens": 4}}


@pytest.fixture(scope="module")
def _server() -> Iterator[Answering]:
    with answering(script) as server:
        yield server


@pytest.fixture
def server(_server: Answering) -> Answering:
    _server.asked.clear()
    return _server


class World:
    """A gateway over one server, and the real openai client over the same one."""

    def __init__(self, face: Any, *urls: str, kind: str = "openai-compatible", **settings: object) -> None:
        self.face = face
        self.records = RecordCapture()
        names = ("first", "second")
        document = {
            "schema": "aigw/v1",
            "serial": 1,
            "providers": {
                name: {"kind": kind, "base_url": url, "api_key": "none"} for name, url in zip(names, urls, strict=False)
            },
            "routes": [
                {
                    "name": "route",
                    "strategy": "fallback",
                    "targets": [{"provider": name, "model": "m-1"} for name, _ in zip(names, urls, strict=False)],
                }
            ],
        }
        self.gw = face.gateway(manifest=document, clock=FrozenClock(), sinks=[self.records], **settings)
        self.judge = openai.OpenAI(base_url=urls[0], api_key="k", max_retries=0)

    def do(self, result: Any) -> Any:
        return self.face.do(result)


@pytest.fixture
def world(face: Any, server: Answering) -> Iterator[World]:
    made = World(face, server.url)
    yield made
    made.judge.close()


CALLS = {
    "embeddings": lambda on: on.embeddings.create(model="route", input=["a", "b"]),
    "embeddings, one text": lambda on: on.embeddings.create(model="route", input="a", dimensions=2, user="u"),
    "embeddings, tokens": lambda on: on.embeddings.create(model="route", input=[1, 2]),
    "embeddings, lists of tokens": lambda on: on.embeddings.create(model="route", input=[[1, 2], [3]]),
    "embeddings, floats": lambda on: on.embeddings.create(model="route", input=["a"], encoding_format="float"),
    "embeddings, base64": lambda on: on.embeddings.create(model="route", input=["a"], encoding_format="base64"),
    "moderations": lambda on: on.moderations.create(model="route", input=["a"]),
    "images.generate": lambda on: on.images.generate(model="route", prompt="p", n=1, size="1024x1024"),
    "images.edit": lambda on: on.images.edit(model="route", prompt="p", image=("a.png", b"x"), mask=b"y"),
    "images.edit, several": lambda on: on.images.edit(model="route", prompt="p", image=[("a.png", b"x"), b"y"]),
    "images.create_variation": lambda on: on.images.create_variation(model="route", image=("a.png", b"x"), n=2),
    "transcriptions": lambda on: on.audio.transcriptions.create(
        model="route",
        file=("é.mp3", b"x"),
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
        chunking_strategy={"type": "server_vad", "threshold": 0.5},
        temperature=0.25,
    ),
    "translations": lambda on: on.audio.translations.create(model="route", file=("a.mp3", b"x", "audio/x-odd")),
}


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # what OpenAI gave up, others still serve
@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_sent_and_answered_as_by_the_openai_client(world: World, server: Answering, name: str) -> None:
    ours = world.do(CALLS[name](world.gw))
    theirs = CALLS[name](world.judge)

    assert _dumped(theirs) == {key: value for key, value in _dumped(ours).items() if value is not None}
    sent, expected = server.asked[-2:]
    assert expected.path == sent.path
    assert _body(expected) == _body(sent)


def _dumped(answer: Any) -> dict[str, Any]:
    return json.loads(json.dumps(answer.to_dict(mode="json", warnings=False)))


def _body(asked: Asked) -> Any:
    """Give what was asked, apart from the target's name for the model, and what only their client adds."""
    kind = {name.lower(): value for name, value in asked.headers.items()}["content-type"]
    if kind == "application/json":
        body = {**asked.json, "model": "m"}
        if asked.path.endswith("/embeddings"):
            body.pop("encoding_format", None)
        return body
    return sorted(part for part in parts_of(kind, asked.body) if part[0] != "model")


SURFACES = {
    **{name: name.partition(",")[0].partition(".")[0] for name in CALLS},
    "transcriptions": "audio",
    "translations": "audio",
}


@pytest.mark.parametrize("name", CALLS)
def test_every_call_is_on_record_under_its_surface(world: World, name: str) -> None:
    answer = world.do(CALLS[name](world.gw))

    record = world.records.last
    assert SURFACES[name] == record.surface
    assert ("ok", "first/m-1", 1) == (record.outcome, record.target, len(record.attempts))
    assert record == answer.aigw
    assert answer._request_id == record.attempts[0].request_id
    assert answer._request_id.startswith("req-")


def test_usage_is_on_record_in_its_buckets(world: World) -> None:
    world.do(CALLS["images.generate"](world.gw))
    usage = world.records.last.usage

    assert usage is not None
    assert (3, 2, 9) == (usage.input, usage.image_input, usage.image_output)


def test_speech_is_bytes_that_can_be_written_to_a_file(world: World, tmp_path: Path) -> None:
    spoken = world.do(world.gw.audio.speech.create(model="route", input="Hello.", voice="alloy"))
    spoken.write_to_file(tmp_path / "a.mp3")

    theirs = world.judge.audio.speech.create(model="route", input="Hello.", voice="alloy")
    assert theirs.content == spoken.content == spoken.read() == (tmp_path / "a.mp3").read_bytes()
    assert b"ID3\x00abc" == b"".join(spoken.iter_bytes(chunk_size=2))
    assert "audio" == spoken.aigw.surface


def test_speech_streams_to_a_file_as_the_openai_client_s_does(world: World, tmp_path: Path) -> None:
    speech = world.gw.audio.speech.with_streaming_response
    manager = speech.create(model="route", input="Hello.", voice="alloy")
    response = world.face.enter(manager) if world.face.name == "sync" else world.do(manager.__aenter__())
    world.do(response.stream_to_file(tmp_path / "a.mp3"))

    assert b"ID3\x00abc" == (tmp_path / "a.mp3").read_bytes()


def test_a_transcription_asked_for_as_text_is_text(world: World) -> None:
    made = world.gw.audio.transcriptions.create(model="route", file=b"x", response_format="srt")

    theirs = world.judge.audio.transcriptions.create(model="route", file=b"x", response_format="srt")
    assert theirs == world.do(made)


@pytest.mark.parametrize("wrap", ["bytes", "open", "path", "tuple", "buffer"])
def test_a_file_may_be_handed_in_as_the_openai_client_takes_it(
    world: World, server: Answering, tmp_path: Path, wrap: str
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF")
    with path.open("rb") as opened:
        file: Any = {
            "bytes": lambda: b"RIFF",
            "open": lambda: opened,
            "path": lambda: path,
            "tuple": lambda: ("a.wav", opened, "audio/wav"),
            "buffer": lambda: io.BytesIO(b"RIFF"),
        }[wrap]
        world.do(world.gw.audio.transcriptions.create(model="route", file=file()))
        opened.seek(0)
        world.judge.audio.transcriptions.create(model="route", file=file())

    sent, expected = server.asked[-2:]
    assert _body(expected) == _body(sent)


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("a.mp3", "must be bytes, an open file"),
        (io.StringIO("x"), "opened as text"),
        (Path("/nowhere/at/all"), "cannot be read"),
        (("a", b"x", "audio/mpeg\r\nx-evil: 1"), "content type"),
        ((), "must be"),
        (None, "must be bytes, an open file"),
    ],
)
def test_what_is_no_file_is_refused_and_on_record(world: World, server: Answering, file: Any, problem: str) -> None:
    with pytest.raises(aigw.BadRequestError, match=problem):
        world.do(world.gw.audio.transcriptions.create(model="route", file=file))

    assert [] == server.asked
    assert ("audio", "refused") == (world.records.last.surface, world.records.last.outcome)


def test_rerank_gives_the_documents_by_their_place(world: World, server: Answering) -> None:
    ranked = world.do(world.gw.rerank.create(model="route", query="q", documents=["a", {"text": "b"}], top_n=1))

    assert {"model": "m-1", "query": "q", "documents": ["a", {"text": "b"}], "top_n": 1} == server.last.json
    assert [(1, 0.9)] == [(result.index, result.relevance_score) for result in ranked.results]
    assert {"search_units": 1} == world.records.last.usage.server_tools


def test_batches_are_made_looked_at_stopped_and_listed(world: World, server: Answering) -> None:
    batches = world.gw.batches
    made = world.do(
        batches.create(model="route", input_file_id="file-1", endpoint="/v1/embeddings", completion_window="24h")
    )
    theirs = world.judge.batches.create(input_file_id="file-1", endpoint="/v1/embeddings", completion_window="24h")
    assert _dumped(theirs) == _dumped(made)
    assert server.asked[-1].json == server.asked[-2].json

    world.do(batches.retrieve("batch_1", model="route"))
    world.do(batches.cancel("batch_1", model="route"))
    assert [("GET", "/v1/batches/batch_1"), ("POST", "/v1/batches/batch_1/cancel")] == [
        (asked.method, asked.path) for asked in server.asked[-2:]
    ]
    assert ["batch_1", "batch_2"] == [batch.id for batch in world.face.items(batches.list(model="route", limit=1))]
    assert "/v1/batches?limit=1&after=batch_1" == server.last.path


def test_a_page_of_batches_is_that_of_the_openai_client_in_either_face(world: World, server: Answering) -> None:
    page, theirs = world.do(world.gw.batches.list(model="route", limit=1)), world.judge.batches.list(limit=1)
    assert _dumped(theirs) == _dumped(page)
    assert (["batch_1"], True, "batch_1") == ([batch.id for batch in page.data], page.has_more, page.last_id)
    assert theirs._request_id == page._request_id
    assert ["batch_1", "batch_2"] == [batch.id for batch in world.face.items(page)]
    assert world.records.records[0] == page.aigw

    following = world.do(page.get_next_page())
    assert "/v1/batches?limit=1&after=batch_1" == server.last.path
    assert (["batch_2"], False) == ([batch.id for batch in following.data], following.has_more)
    assert world.records.last == following.aigw
    assert ["batch_2"] == [batch.id for batch in world.face.items(following)]
    with pytest.raises(RuntimeError, match="has_next_page"):
        world.do(following.get_next_page())


@pytest.mark.parametrize("id", ["", "..", ".", None])
def test_a_batch_s_id_cannot_lead_elsewhere(world: World, server: Answering, id: Any) -> None:  # noqa: A002
    with pytest.raises(aigw.BadRequestError):
        world.do(world.gw.batches.retrieve(id, model="route"))

    assert [] == server.asked


def test_raw_answers_have_the_provider_s_body(world: World) -> None:
    raw = world.do(world.gw.embeddings.with_raw_response.create(model="route", input="a"))

    assert (200, "req-embeddings") == (raw.status_code, raw.request_id)
    assert [0.5, 0.0] == raw.json()["data"][0]["embedding"] == raw.parse().data[0].embedding


@pytest.mark.parametrize(
    ("said", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": ["a", ""]}, r"input\[1\]"),
        ({"input": [[1], []]}, r"input\[1\]"),
        ({"input": [1, "a"]}, r"input\[0\]"),
        ({"input": [1, -2]}, r"input\[1\]"),
        ({"input": {"text": "a"}}, "input"),
        ({"input": None}, "input"),
        ({"input": "a", "dimensions": True}, "dimensions"),
        ({"input": "a", "user": 3}, "user"),
    ],
)
def test_inputs_that_nobody_could_embed_are_refused_by_place(
    world: World, server: Answering, said: dict[str, Any], param: str
) -> None:
    with pytest.raises(aigw.BadRequestError, match=f"^{param}:"):
        world.do(world.gw.embeddings.create(model="route", **said))

    assert [] == server.asked
    assert ("embeddings", "refused") == (world.records.last.surface, world.records.last.outcome)


def test_a_target_that_does_not_do_it_is_named(face: Any, server: Answering) -> None:
    world = World(face, server.url, kind="deepseek")
    with pytest.raises(aigw.UnsupportedParameterError, match="embeddings"):
        world.do(world.gw.embeddings.create(model="route", input="a"))

    assert [] == server.asked


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("name", ["embeddings", "images.generate", "moderations", "transcriptions"])
def test_the_next_target_answers_when_the_first_cannot(face: Any, server: Answering, name: str, status: int) -> None:
    with answering(lambda asked: Said({"error": {"message": "no"}}, status)) as broken:
        world = World(face, broken.url, server.url)
        answer = world.do(CALLS[name](world.gw))

    assert "second/m-1" == answer.aigw.target
    assert 3 == len(broken.asked)


@pytest.mark.parametrize(("status", "sends"), [(500, 1), (502, 1), (429, 3), (503, 3)])
def test_a_batch_is_not_made_twice_nor_elsewhere(face: Any, server: Answering, status: int, sends: int) -> None:
    with answering(lambda asked: Said({"error": {"message": "no"}}, status)) as broken:
        world = World(face, broken.url, server.url)
        with pytest.raises(aigw.APIStatusError):
            world.do(
                world.gw.batches.create(
                    model="route", input_file_id="f", endpoint="/v1/embeddings", completion_window="24h"
                )
            )

    assert sends == len(broken.asked)
    assert [] == server.asked


def test_looking_at_a_batch_may_be_tried_again(face: Any) -> None:
    with answering(lambda asked: Said({"error": {"message": "no"}}, 500)) as broken:
        world = World(face, broken.url)
        with pytest.raises(aigw.InternalServerError):
            world.do(world.gw.batches.retrieve("batch_1", model="route"))

    assert 3 == len(broken.asked)


@pytest.mark.parametrize(
    "said",
    [Said(b"<html>", content_type="text/html"), Said([]), Said({"data": []}), Said({"results": [1]}), Said({})],
)
@pytest.mark.parametrize("name", ["embeddings", "moderations", "transcriptions"])
def test_what_is_no_answer_is_a_named_error_with_its_record(face: Any, name: str, said: Said) -> None:
    with answering(lambda asked: said) as odd:
        world = World(face, odd.url)
        with pytest.raises(aigw.APIResponseValidationError):
            world.do(CALLS[name](world.gw))

    assert "error" == world.records.last.outcome


def recorded() -> list[dict[str, Any]]:
    texts = [path.read_text("utf-8") for path in sorted(RECORDINGS.glob("*.jsonl"))]
    rows = [json.loads(line) for text in texts for line in text.split("\n") if line]
    return [row for row in rows if row["url"].endswith("/embeddings")]


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings are not part of this repository")
@pytest.mark.parametrize("row", recorded() if RECORDINGS.is_dir() else [], ids=lambda row: row["cassette"])
def test_a_recorded_exchange_gives_its_vectors(face: Any, row: dict[str, Any]) -> None:
    body = json.loads(row["text"])
    kind = "voyage" if "voyage" in row["url"] else "openai"
    request = {name: value for name, value in row["request"].items() if name not in {"model", "input"}}
    with answering(lambda asked: Said(row["text"].encode())) as server:
        world = World(face, server.url, kind=kind)
        answer = world.do(world.gw.embeddings.create(model="route", input=row["request"]["input"], extra_body=request))
        numbers = world.do(world.gw.embeddings.create(model="route", input=row["request"]["input"]))

    assert {**row["request"], "model": "m-1"} == server.asked[0].json
    assert [item["embedding"] for item in body["data"]] == [item.embedding for item in answer.data]
    packed = [base64.b64decode(item["embedding"]) for item in body["data"]]
    assert [list(struct.unpack(f"<{len(one) // 4}f", one)) for one in packed] == [i.embedding for i in numbers.data]
    assert body["usage"]["total_tokens"] == answer.usage.total_tokens == answer.aigw.usage.total_tokens
    assert body["model"] == answer.model
