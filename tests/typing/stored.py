"""Typed use of stored responses, counts and files: read by mypy and pyright, never run."""

from pathlib import Path
from typing import assert_type

from aigw.record import Record
from aigw.streams import AsyncStream, Stream
from aigw.surfaces.binary import BinaryResponse
from aigw.surfaces.files import AsyncFiles, Files
from aigw.surfaces.pages import AsyncPage, Pages
from aigw.surfaces.raw import RawResponse
from aigw.surfaces.responses.surface import AsyncResponses, Responses
from aigw.types.files import FileDeleted, FileObject
from aigw.types.responses import Response, ResponseOutputItem
from aigw.types.responses_events import ResponseStreamEvent
from aigw.types.responses_stored import CompactedResponse, InputTokenCountResponse


def look(responses: Responses, stream: bool) -> None:
    assert_type(responses.retrieve("r"), Response)
    assert_type(responses.retrieve("r", stream=False, include=["a"], model="m"), Response)
    assert_type(responses.retrieve("r", stream=True, starting_after=3), Stream[ResponseStreamEvent])
    assert_type(responses.retrieve("r", stream=stream), Response | Stream[ResponseStreamEvent])
    assert_type(responses.with_raw_response.retrieve("r"), RawResponse[Response])
    assert_type(responses.with_raw_response.retrieve("r", stream=True).parse(), Stream[ResponseStreamEvent])
    assert_type(responses.cancel("r", timeout=3.0), Response)
    responses.delete("r")
    assert_type(responses.with_raw_response.delete("r"), RawResponse[None])


def beside(responses: Responses) -> None:
    shorter = responses.compact(model="m", input="hi")
    assert_type(shorter, CompactedResponse)
    assert_type(shorter.output, list[ResponseOutputItem])
    counted = responses.input_tokens.count(model="m", input="hi", tools=[])
    assert_type(counted, InputTokenCountResponse)
    assert_type(counted.input_tokens, int)
    assert_type(counted.aigw, Record)
    for item in responses.input_items.list("r", limit=2):
        assert_type(item, ResponseOutputItem)


def mistakes(responses: Responses, files: Files) -> None:
    responses.retrieve("r", starting_after="3")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    responses.compact(input="hi")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    files.retrieve("f")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def look_async(responses: AsyncResponses) -> None:
    assert_type(await responses.retrieve("r"), Response)
    assert_type(await responses.retrieve("r", stream=True), AsyncStream[ResponseStreamEvent])
    assert_type(await responses.input_tokens.count(model="m", input="hi"), InputTokenCountResponse)
    async for item in responses.input_items.list("r"):
        assert_type(item, ResponseOutputItem)


def keep(files: Files) -> None:
    assert_type(files.create(file=Path("a"), purpose="batch", model="m"), FileObject)
    assert_type(files.content("f", model="m"), BinaryResponse)
    assert_type(files.delete("f", model="m"), FileDeleted)
    page = files.list(model="m")
    assert_type(page, Pages[FileObject])
    assert_type(page.get_next_page(), Pages[FileObject])
    for file in page:
        assert_type(file, FileObject)


async def keep_async(files: AsyncFiles) -> None:
    assert_type(await files.retrieve("f", model="m"), FileObject)
    assert_type(await files.list(model="m"), AsyncPage[FileObject])
    async for file in files.list(model="m"):
        assert_type(file, FileObject)
