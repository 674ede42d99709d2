"""What is asked beside answers in OpenAI's Responses dialect: stored responses, compactions, counts."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.providers.provider_kit import asked, response, said, target
from tests.providers.responses_kit import AT, MESSAGE, USAGE

from aigw.errors import APIError, APIResponseValidationError, BadRequestError, UnsupportedParameterError
from aigw.providers.responses.compaction import OpenAICompact
from aigw.providers.responses.counting import OpenAIInputTokens
from aigw.providers.responses.stored import StoredResponses
from aigw.surfaces.responses.request import ask
from aigw.types.events import Answer, Counted
from aigw.types.operation import Operation
from aigw.types.relay import Relayed, RelayRequest
from aigw.types.request import Params, Request

TOOL = {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}
DONE = {"id": "resp_1", "object": "response", "status": "completed", "output": [MESSAGE], "usage": USAGE}


def looking(path: str, method: str = "GET", *, stream: bool = False, **fields: Any) -> RelayRequest:
    adapter = StoredResponses
    return RelayRequest(
        adapter.dialect, adapter.operation, "responses", "", path, method, fields, kept="resp_1", stream=stream
    )


def own(adapter: type[OpenAICompact | OpenAIInputTokens], **params: Any) -> Request:
    """Make a request whose caller spoke the dialect of *adapter*."""
    request = ask({"model": "m", "input": "hi", **params}).request
    return replace(request, dialect=adapter.dialect, operation=adapter.operation)


def wrote(adapter: Any, request: Request, at: Any = AT) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(adapter().write(request, at).request.body)
    return written


def test_a_look_is_a_query_and_asks_for_what_it_can_read():
    plain = StoredResponses().write(looking("/responses/resp_1", **{"include[]": ["a", "b"]}), AT).request
    streamed = StoredResponses().write(looking("/responses/resp_1", stream=True), AT).request

    assert "https://api.openai.com/v1/responses/resp_1?include%5B%5D=a&include%5B%5D=b" == plain.url
    assert ("GET", b"") == (plain.method, plain.body)
    assert ["application/json", "text/event-stream"] == [dict(one.headers)["accept"] for one in (plain, streamed)]


@pytest.mark.parametrize(
    "path",
    ["/responses", "/responses/..", "/responses/a/b", "/responses/a/cancel/b", "/responses/a?x=1", "/files/a", ""],
)
def test_only_the_paths_of_stored_responses_are_reached(path: str):
    with pytest.raises(BadRequestError):
        StoredResponses().write(looking(path), AT)


def test_azure_has_stored_responses_beside_its_deployments():
    at = target("azure")
    row = replace(at.provider, settings={"api_version": "v"}, base_url="https://a.openai.azure.com/openai/v1")
    url = StoredResponses().write(looking("/responses/resp_1"), replace(at, provider=row)).request.url

    assert "https://a.openai.azure.com/openai/responses/resp_1?api-version=v" == url


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "incomplete", "queued"])
def test_a_look_is_an_answer_whatever_became_of_the_response(status: str):
    body = {**DONE, "status": status, "error": {"code": "x"} if status == "failed" else None}
    answer = StoredResponses().read(response(body), AT, looking("/responses/resp_1"))

    assert isinstance(answer, Answer)
    assert (body, "resp_1", 123) == (answer.native, answer.id, answer.usage and answer.usage.total_tokens)


@pytest.mark.parametrize(
    ("body", "error"), [({"error": {"message": "no"}}, APIError), ({"id": "x"}, APIResponseValidationError)]
)
def test_what_is_no_response_is_a_named_error(body: Any, error: type[Exception]):
    with pytest.raises(error):
        StoredResponses().read(response(body), AT, looking("/responses/resp_1"))


def test_what_is_listed_or_deleted_is_taken_as_it_is():
    listed = StoredResponses().read(response({"data": []}), AT, looking("/responses/resp_1/input_items"))
    gone = StoredResponses().read(response(b"", 204), AT, looking("/responses/resp_1", "DELETE"))

    assert isinstance(listed, Relayed)
    assert isinstance(gone, Relayed)


@pytest.mark.parametrize("adapter", [OpenAICompact, OpenAIInputTokens])
def test_the_callers_body_goes_out_as_it_is_without_the_manifests_parameters_of_answers(adapter: Any):
    at = target("openai-responses", temperature=0.5, store=True)
    request = own(adapter, instructions="Be brief.", extra_body={"odd": 1})

    assert {"model": "m-1", "input": "hi", "instructions": "Be brief.", "odd": 1} == wrote(adapter, request, at)


def test_a_compaction_is_read_with_what_goes_back_and_what_it_cost():
    sealed = {"type": "compaction", "id": "cmp_1", "encrypted_content": "sealed"}
    body = {"id": "resp_c", "object": "response.compaction", "output": [sealed], "usage": USAGE}
    answer = OpenAICompact().read(response(body), AT, own(OpenAICompact))

    assert (body, 123) == (answer.native, answer.usage and answer.usage.total_tokens)


def test_a_request_of_another_dialect_is_counted_by_what_it_says_not_by_what_is_said_of_its_answer():
    params: Params = {
        "tools": [TOOL],
        "max_tokens": 9,
        "temperature": 0.5,
        "top_k": 3,
        "stop": ["x"],
        "reasoning_budget": 2048,
    }
    request = asked(said("system", "Be brief."), said("user", "hi"), params=params)

    assert () == OpenAIInputTokens().unsupported(request, AT)
    assert {"model", "input", "tools"} == wrote(OpenAIInputTokens, request).keys()


def test_what_is_to_be_counted_and_has_no_word_is_named():
    with pytest.raises(UnsupportedParameterError) as caught:
        OpenAIInputTokens().write(asked(betas=["x"]), AT)

    assert "betas" == caught.value.param


@pytest.mark.parametrize("count", [None, -1, "many", 1.5])
def test_what_is_no_count_is_a_named_error(count: object):
    with pytest.raises(APIResponseValidationError):
        OpenAIInputTokens().read(response({"input_tokens": count}), AT, own(OpenAIInputTokens))


def test_a_count_is_read():
    body = {"object": "response.input_tokens", "input_tokens": 18}
    assert Counted(18) == OpenAIInputTokens().read(response(body), AT, own(OpenAIInputTokens))
    assert Operation.COUNT_TOKENS is OpenAIInputTokens.operation
