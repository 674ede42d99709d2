"""Sinks: one line a record, whatever writes beside."""

import json
import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from aigw.call import Attempt, Outcome, Principal
from aigw.errors import ConfigurationError
from aigw.record import Record
from aigw.sinks import named
from aigw.sinks.jsonl import JsonLinesSink
from aigw.sinks.log import LogSink
from aigw.types.usage import Usage

RECORD = Record(
    call_id="call_1",
    at=1.0,
    surface="chat",
    model="m",
    stream=False,
    principal=Principal("abc"),
    tags={"app": "t"},
    serial=1,
    digest="d",
    target="p/m",
    attempts=(Attempt("p/m", 1, 0.5),),
    usage=Usage(input=3, cache_read=2, output=4, reasoning=1),
    outcome=Outcome.OK,
)


def test_a_line_holds_the_whole_record(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path / "calls.jsonl")

    sink.write(RECORD)
    sink.close()

    line = json.loads((tmp_path / "calls.jsonl").read_text())
    assert line["call_id"] == "call_1"
    assert line["usage"]["prompt_tokens"] == 5
    assert line["usage"]["completion_tokens"] == 5
    assert line["attempts"][0]["target"] == "p/m"
    assert line["outcome"] == "ok"


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path / "calls.jsonl")
    sink.write(RECORD)
    sink.close()

    assert stat.S_IMODE((tmp_path / "calls.jsonl").stat().st_mode) == 0o600


def test_lines_of_many_threads_never_mix(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path / "calls.jsonl")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: sink.write(replace(RECORD, call_id=str(n))), range(200)))
    sink.close()

    lines = (tmp_path / "calls.jsonl").read_text().splitlines()
    assert {str(n) for n in range(200)} == {json.loads(line)["call_id"] for line in lines}


def test_a_rotated_file_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    sink = JsonLinesSink(path)
    sink.write(RECORD)
    path.rename(tmp_path / "old.jsonl")
    sink.write(RECORD)
    sink.close()

    assert len(path.read_text().splitlines()) == 1
    assert len((tmp_path / "old.jsonl").read_text().splitlines()) == 1


def test_closing_twice_is_fine_and_a_later_record_opens_again(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path / "calls.jsonl")
    sink.write(RECORD)
    sink.close()
    sink.close()
    before = len(list(Path("/proc/self/fd").iterdir()))
    sink.write(RECORD)
    sink.close()

    assert before == len(list(Path("/proc/self/fd").iterdir()))
    assert len((tmp_path / "calls.jsonl").read_text().splitlines()) == 2


def test_logging_is_one_line_when_on_and_nothing_when_off(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "aigw.calls")
    LogSink().write(RECORD)
    assert caplog.records == []

    caplog.set_level(logging.INFO, "aigw.calls")
    LogSink().write(RECORD)
    assert "call call_1 ok model=m target=p/m attempts=1" in caplog.text
    assert caplog.records[0].aigw["call_id"] == "call_1"  # type: ignore[attr-defined]


class Kept:
    """An installed sink, made with what stands behind the colon."""

    def __init__(self, rest: str) -> None:
        self.rest = rest
        if rest == "broken":
            raise ValueError(rest)

    def write(self, record: Record) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Hold nothing."""


@pytest.fixture
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("kept", "tests.sinks.test_sinks:Kept", "aigw.sinks")
    monkeypatch.setattr(EntryPoint, "load", lambda _: Kept)
    monkeypatch.setattr(named, "entry_points", lambda *, group, name: [point] if name == "kept" else [])


@pytest.mark.usefixtures("_installed")
def test_an_installed_sink_is_made_by_its_name() -> None:
    made = named.sink_named("kept:up to here")

    assert isinstance(made, Kept)
    assert "up to here" == made.rest


@pytest.mark.usefixtures("_installed")
def test_a_sink_that_cannot_be_had_is_named() -> None:
    with pytest.raises(ConfigurationError, match="No sink 'lost' is installed"):
        named.sink_named("lost:x")
    with pytest.raises(ConfigurationError, match=r"sink 'kept' .* cannot be made: ValueError"):
        named.sink_named("kept:broken")


def test_a_path_is_a_file_of_json_lines(tmp_path: Path) -> None:
    made = named.sink_named(str(tmp_path / "calls.jsonl"))
    made.write(RECORD)
    made.close()

    assert (tmp_path / "calls.jsonl").exists()
