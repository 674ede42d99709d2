"""Google's dialect, written from canonical form: contents, parameters, tools and addresses."""

import base64
import json
from typing import Any

import pytest
from tests.providers.provider_kit import asked, said, speaker, target, wrote

from aigw import errors as e
from aigw.manifest.snapshot import Target
from aigw.providers.gemini.messages import UNSIGNED
from aigw.types.parts import Audio, File, Image, Opaque, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message, Params, Request

OLD = target("gemini", "gemini-2.5-flash")
NEW = target("gemini", "gemini-3.5-flash")
VERTEX = target("vertex", "gemini-3.5-flash")
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 30).decode()
PDF = base64.b64encode(b"%PDF-1.4" + b"0" * 30).decode()
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "weather", "description": "d", "parameters": CITY}}


def contents(*messages: Message, at: Target = NEW) -> Any:
    return wrote(asked(*messages), at)["contents"]


def with_params(at: Target = NEW, **params: Any) -> dict[str, Any]:
    return wrote(asked(params=params), at)  # type: ignore[arg-type]


def refused(at: Target = NEW, **params: Any) -> tuple[str, ...]:
    return speaker(at).unsupported(asked(params=params), at)  # type: ignore[arg-type]


def notes(*messages: Message, at: Target = NEW, params: Params | None = None) -> tuple[str, ...]:
    return speaker(at).write(asked(*messages, params=params), at).notes


def address(at: Target, *, stream: bool = False) -> str:
    return speaker(at).write(asked(stream=stream), at).request.url


def asking(*ids: str) -> Message:
    return said("assistant", *(ToolCall(id_, f"f_{id_}", '{"x":1}') for id_ in ids))


def answering(id_: str, text: str = "ok") -> Message:
    return Message("tool", (ToolResult(id_, (Text(text),)),))


def signed(signature: str, issuer: str | None = None) -> dict[str, object]:
    google = {"thought_signature": signature} | ({"issuer": issuer} if issuer else {})
    return {"extra_content": {"google": google}}


def test_system_messages_stand_apart_and_later_ones_are_marked_with_a_note() -> None:
    messages = (said("system", "a"), said("developer", "b"), said("user", "hi"), said("system", "c"))
    body = wrote(asked(*messages), NEW)
    assert {"parts": [{"text": "a"}, {"text": "b"}]} == body["systemInstruction"]
    assert [{"role": "user", "parts": [{"text": "hi"}, {"text": "<system>\nc\n</system>"}]}] == body["contents"]
    assert any(note.startswith("moved: messages[3]") for note in notes(*messages))


def test_neighbours_of_one_role_become_one_turn_and_nothing_is_lost() -> None:
    written = contents(said("user", "a"), said("user", "b"), said("assistant", "c"), said("assistant", "d"))
    assert ["user", "model"] == [turn["role"] for turn in written]
    assert ["a", "b", "c", "d"] == [part["text"] for turn in written for part in turn["parts"]]


def test_empty_texts_are_left_out_and_a_conversation_of_nothing_is_refused() -> None:
    assert [{"role": "user", "parts": [{"text": "x"}]}] == contents(said("user", "", " ", "x"), said("assistant", ""))
    with pytest.raises(e.BadRequestError, match="messages"):
        contents(said("system", "only this"))


def test_parallel_calls_are_one_turn_and_their_results_follow_in_the_calls_order() -> None:
    messages = (said("user", "go"), asking("a", "b", "c"), answering("c"), said("user", "and?"), answering("a"))
    written = contents(*messages, answering("b"))
    assert ["user", "model", "user"] == [turn["role"] for turn in written]
    assert ["a", "b", "c"] == [part["functionCall"]["id"] for part in written[1]["parts"]]
    results = [part["functionResponse"] for part in written[2]["parts"] if "functionResponse" in part]
    assert [("a", "f_a"), ("b", "f_b"), ("c", "f_c")] == [(result["id"], result["name"]) for result in results]
    assert {"text": "and?"} == written[2]["parts"][-1]


def test_results_of_two_calls_of_one_tool_keep_their_calls() -> None:
    calls = said("assistant", ToolCall("1", "f", "{}"), ToolCall("2", "f", "{}"))
    written = contents(said("user", "go"), calls, answering("2", "two"), answering("1", "one"))
    assert ["one", "two"] == [part["functionResponse"]["response"]["output"] for part in written[-1]["parts"]]


def test_a_result_without_its_call_is_dropped_with_a_note() -> None:
    messages = (said("user", "go"), asking("a"), answering("a"), answering("zzz"))
    assert 1 == len(contents(*messages)[-1]["parts"])
    assert any("without its call" in note for note in notes(*messages))


def test_a_failed_result_is_an_error_and_a_result_without_text_is_empty() -> None:
    failed = Message("tool", (ToolResult("a", (Text("boom"),), is_error=True),))
    assert {"error": "boom"} == contents(asking("a"), failed)[-1]["parts"][0]["functionResponse"]["response"]
    empty = Message("tool", (ToolResult("a", ()),))
    assert {"output": ""} == contents(asking("a"), empty)[-1]["parts"][0]["functionResponse"]["response"]


def test_an_image_in_a_result_stands_within_it_where_the_model_takes_that() -> None:
    result = Message("tool", (ToolResult("a", (Text("see"), Image(data=PNG, media_type="image/jpeg"))),))
    image = {"inlineData": {"mimeType": "image/png", "data": PNG}}
    (part,) = contents(asking("a"), result)[-1]["parts"]
    assert [image] == part["functionResponse"]["parts"]
    response, beside = contents(asking("a"), result, at=OLD)[-1]["parts"]
    assert "parts" not in response["functionResponse"]
    assert image == beside


def test_broken_arguments_are_refused_with_their_place() -> None:
    with pytest.raises(e.BadRequestError, match=r"messages\[0\]"):
        contents(said("assistant", ToolCall("a", "f", '{"x":')))


def test_media_travel_as_content_or_as_addresses() -> None:
    parts = contents(
        said(
            "user",
            Image(url="https://x.example/a.PNG?s=1"),
            Image(data=PNG),
            Audio(data="UklGRg==", format="wav"),
            File(data=PDF),
            File(file_id="files/abc"),
            File(url="gs://bucket/film.mp4"),
            Opaque("openai-chat", {"type": "video_url", "video_url": {"url": "data:video/webm;base64,AAAA"}}),
        )
    )[0]["parts"]
    assert [
        {"fileData": {"fileUri": "https://x.example/a.PNG?s=1", "mimeType": "image/png"}},
        {"inlineData": {"mimeType": "image/png", "data": PNG}},
        {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}},
        {"inlineData": {"mimeType": "application/pdf", "data": PDF}},
        {"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/abc"}},
        {"fileData": {"fileUri": "gs://bucket/film.mp4", "mimeType": "video/mp4"}},
        {"inlineData": {"mimeType": "video/webm", "data": "AAAA"}},
    ] == parts


def test_parts_without_a_form_are_named_by_place_and_dropped_where_allowed() -> None:
    message = said("user", "x", File(file_id="file-abc"), Opaque("anthropic-messages", {"type": "search_result"}))
    request = asked(message)
    assert ("messages[0].file_id", "messages[0].search_result") == speaker(NEW).unsupported(request, NEW)
    with pytest.raises(e.UnsupportedParameterError, match="file_id"):
        speaker(NEW).write(request, NEW)
    dropping = target("gemini", "gemini-3.5-flash", "drop")
    assert [{"role": "user", "parts": [{"text": "x"}]}] == wrote(request, dropping)["contents"]


def test_the_name_of_who_speaks_is_named_and_never_lost_in_silence() -> None:
    request = asked(Message("user", (Text("Hi"),), name="alice"))
    assert ("messages[0].name",) == speaker(NEW).unsupported(request, NEW)


def test_the_parts_of_a_result_are_one_text_with_nothing_between_them() -> None:
    result = Message("tool", (ToolResult("a", (Text("21"), Text(""), Text(" C"))),))
    (_, turn) = contents(asking("a"), result)
    assert {"output": "21 C"} == turn["parts"][0]["functionResponse"]["response"]


def test_signatures_return_to_their_own_part() -> None:
    call = ToolCall("a", "f", "{}", extra=signed("c2ln", NEW.id))
    text = Text("hm", signed("dGV4dA=="))
    (said_before,) = contents(said("assistant", text, call))
    assert ["dGV4dA==", "c2ln"] == [part["thoughtSignature"] for part in said_before["parts"]]


def test_the_signature_of_a_message_returns_to_its_last_text() -> None:
    message = Message("assistant", (Text("a"), Text("b")), extra=signed("c2ln", NEW.id))
    assert [None, "c2ln"] == [part.get("thoughtSignature") for part in contents(message)[0]["parts"]]


def test_unsigned_calls_get_the_placeholder_once_a_turn_where_signatures_are_wanted() -> None:
    signatures = [part.get("thoughtSignature") for part in contents(asking("a", "b"))[0]["parts"]]
    assert [UNSIGNED, None] == signatures
    assert b"skip_thought_signature_validator" == base64.b64decode(UNSIGNED)
    assert [None] == [part.get("thoughtSignature") for part in contents(asking("a"), at=OLD)[0]["parts"]]


def test_thinking_returns_with_its_signature_or_without() -> None:
    own = said("assistant", Reasoning("so", "c2ln", issuer=NEW.id), "yes")
    assert {"text": "so", "thought": True, "thoughtSignature": "c2ln"} == contents(own)[0]["parts"][0]
    unsigned = said("assistant", Reasoning("so"), "yes")
    assert [{"text": "so", "thought": True}, {"text": "yes"}] == contents(unsigned)[0]["parts"]


def test_a_refusal_is_text_and_blocks_of_google_return_as_they_were() -> None:
    block = {"executableCode": {"language": "PYTHON", "code": "1+1"}}
    parts = contents(said("assistant", Refusal("no"), Opaque("gemini", block)))[0]["parts"]
    assert [{"text": "no"}, block] == parts


def test_parameters_go_by_googles_names() -> None:
    config = with_params(
        OLD,
        max_tokens=9,
        temperature=0.5,
        top_p=0.9,
        top_k=3,
        stop=["a"],
        n=2,
        seed=7,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        logprobs=True,
        top_logprobs=4,
    )["generationConfig"]
    assert {
        "maxOutputTokens": 9,
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 3,
        "stopSequences": ["a"],
        "candidateCount": 2,
        "seed": 7,
        "frequencyPenalty": 0.1,
        "presencePenalty": 0.2,
        "responseLogprobs": True,
        "logprobs": 4,
    } == config


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"stop": list("abcdef")}, ("stop",)),
        ({"logit_bias": {"1": 2}}, ("logit_bias",)),
        ({"user": "u"}, ("user",)),
        ({"store": True}, ("store",)),
        ({"store": False, "logit_bias": {}}, ()),
        ({"metadata": {"a": "b"}}, ("metadata",)),
        ({"frequency_penalty": 0.5}, ("frequency_penalty",)),
        ({"reasoning_effort": "none"}, ("reasoning_effort",)),
        ({"tools": [TOOL], "parallel_tool_calls": False}, ("parallel_tool_calls",)),
        ({"tools": [{"type": "web_search"}]}, ("tools.web_search",)),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, ("tools.custom",)),
        ({"tools": [{"type": "function", "function": {"name": "a/b"}}]}, ("tools[0]",)),
        ({"tool_choice": {"type": "custom"}}, ("tool_choice",)),
        ({"modalities": ["smell"]}, ("modalities",)),
        ({"response_format": {"type": "grammar"}}, ("response_format",)),
        ({"verbosity": "low"}, ("verbosity",)),
    ],
)
def test_what_has_no_word_is_named(params: dict[str, Any], names: tuple[str, ...]) -> None:
    assert names == refused(NEW, **params)


def test_other_parameters_are_named_unless_they_are_googles_own() -> None:
    request = asked(safety_settings=[], thinkingConfig={}, google={"cached_content": "c", "odd": 1}, mystery=1)
    assert ("mystery", "google.odd") == speaker(NEW).unsupported(request, NEW)


def test_structured_output_beside_tools_waits_for_the_third_generation() -> None:
    params: dict[str, Any] = {"tools": [TOOL], "response_format": {"type": "json_object"}}
    assert ("response_format",) == refused(OLD, **params)
    assert () == refused(NEW, **params)


@pytest.mark.parametrize(
    ("model", "params", "thinking"),
    [
        ("gemini-3.5-flash", {"reasoning_effort": "low"}, {"thinkingLevel": "LOW", "includeThoughts": True}),
        ("gemini-3.5-flash", {"reasoning_budget": 99}, {"thinkingBudget": 99, "includeThoughts": True}),
        (
            "gemini-3.5-flash",
            {"reasoning_effort": "high", "reasoning_budget": 99},
            {"thinkingLevel": "HIGH", "includeThoughts": True},
        ),
        ("gemini-2.5-flash", {"reasoning_effort": "medium"}, {"thinkingBudget": 8192, "includeThoughts": True}),
        ("gemini-2.5-flash", {"reasoning_effort": "none"}, {"thinkingBudget": 0}),
        ("gemini-2.0-flash", {"reasoning_effort": "none"}, None),
    ],
)
def test_an_effort_is_a_level_or_a_budget_and_never_both(
    model: str, params: dict[str, Any], thinking: dict[str, Any] | None
) -> None:
    body = with_params(target("gemini", model), **params)
    assert thinking == body.get("generationConfig", {}).get("thinkingConfig")


def test_thinking_cannot_be_switched_off_where_it_cannot() -> None:
    assert ("reasoning_effort",) == refused(target("gemini", "gemini-2.5-pro"), reasoning_effort="none")


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        ("none", {"mode": "NONE"}),
        ("auto", {"mode": "AUTO"}),
        ("required", {"mode": "ANY"}),
        (
            {"type": "function", "function": {"name": "weather"}},
            {"mode": "ANY", "allowedFunctionNames": ["weather"]},
        ),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "weather"}}]},
            },
            {"mode": "VALIDATED", "allowedFunctionNames": ["weather"]},
        ),
    ],
)
def test_the_choice_of_a_tool_keeps_its_force(choice: object, config: dict[str, Any]) -> None:
    body = with_params(tools=[TOOL], tool_choice=choice)
    assert {"functionCallingConfig": config} == body["toolConfig"]


def test_functions_are_declared_together_and_googles_own_tools_beside_them() -> None:
    search = {"type": "google_search"}
    stores = {"type": "file_search", "file_search_store_names": ["s"]}
    tools = with_params(tools=[TOOL, search, stores, {"codeExecution": {}}])["tools"]
    declared = {"name": "weather", "description": "d", "parametersJsonSchema": CITY}
    assert [
        {"functionDeclarations": [declared]},
        {"googleSearch": {}},
        {"fileSearch": {"file_search_store_names": ["s"]}},
        {"codeExecution": {}},
    ] == tools


def test_a_strict_tool_is_sent_with_a_note_that_nobody_promises_it() -> None:
    strict = {"type": "function", "function": {**TOOL["function"], "strict": True}}
    assert any("strict" in note for note in notes(said("user", "x"), params={"tools": [strict]}))


def test_structured_output_is_asked_for_by_schema() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": CITY}}
    config = with_params(response_format=form)["generationConfig"]
    assert {"responseMimeType": "application/json", "responseJsonSchema": CITY} == config
    assert {"responseMimeType": "application/json"} == with_params(response_format={"type": "json_object"})[
        "generationConfig"
    ]
    assert "generationConfig" not in with_params(response_format={"type": "text"})


def test_googles_own_words_win_over_what_ours_would_become() -> None:
    request = asked(
        params={"reasoning_effort": "low", "max_tokens": 5},
        extra_body={"google": {"thinking_config": {"include_thoughts": False}, "cached_content": "cachedContents/1"}},
        safety_settings=[{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        generation_config={"max_output_tokens": 6},
    )
    body = wrote(request, NEW)
    assert {"maxOutputTokens": 6, "thinkingConfig": {"include_thoughts": False}} == body["generationConfig"]
    assert "cachedContents/1" == body["cachedContent"]
    assert "BLOCK_NONE" == body["safetySettings"][0]["threshold"]


def test_labels_are_for_vertex_and_tiers_for_the_other() -> None:
    assert {"a": "b"} == with_params(VERTEX, metadata={"a": "b"})["labels"]
    assert ("service_tier",) == refused(VERTEX, service_tier="flex")
    assert "flex" == with_params(NEW, service_tier="flex")["serviceTier"]
    assert "serviceTier" not in with_params(NEW, service_tier="auto")


def test_the_manifest_lays_its_parameters_over_the_callers() -> None:
    at = target("gemini", "gemini-3.5-flash", max_tokens=3)
    outgoing = speaker(at).write(asked(params={"max_tokens": 9}), at)
    assert 3 == json.loads(outgoing.request.body)["generationConfig"]["maxOutputTokens"]
    assert any(note.startswith("overridden: max_tokens") for note in outgoing.notes)


def test_a_body_of_googles_own_dialect_is_sent_as_it_is() -> None:
    body = {"contents": [{"parts": [{"text": "x"}]}], "unheardOf": {"a": 1}}
    request = Request("gemini", "m", (said("user", "x"),), {}, stream=False, verbatim={**body, "model": "m"})
    assert body == wrote(request, NEW)


def test_unknown_parameters_are_passed_on_where_the_manifest_says_so() -> None:
    at = target("gemini", "gemini-3.5-flash", "pass")
    body = wrote(asked(params={"user": "u", "frequency_penalty": 0.5}, odd=1), at)
    assert ("u", 1) == (body["user"], body["odd"])
    assert 0.5 == body["generationConfig"]["frequencyPenalty"]
    assert "frequency_penalty" not in body


@pytest.mark.parametrize(
    ("kind", "model", "path"),
    [
        ("gemini", "gemini-3.5-flash", "/v1beta/models/gemini-3.5-flash:generateContent"),
        ("gemini", "models/gemini-3.5-flash", "/v1beta/models/gemini-3.5-flash:generateContent"),
        ("gemini", "tunedModels/mine", "/v1beta/tunedModels/mine:generateContent"),
        ("gemini", "odd:name x", "/v1beta/models/odd%3Aname%20x:generateContent"),
        ("vertex", "gemini-3.5-flash", "/v1/publishers/google/models/gemini-3.5-flash:generateContent"),
        ("vertex", "publishers/google/models/m", "/v1/publishers/google/models/m:generateContent"),
        ("vertex", "meta/llama-4", "/v1/publishers/meta/models/llama-4:generateContent"),
        ("vertex", "endpoints/123", "/v1/endpoints/123:generateContent"),
    ],
)
def test_addresses_name_the_model_as_each_service_wants_it(kind: str, model: str, path: str) -> None:
    base = target(kind, model)
    provider = type(base.provider)(kind, base.provider.kind, "http://127.0.0.1:9")
    assert f"http://127.0.0.1:9{path}" == address(Target(provider, model))


def test_streams_ask_for_events_and_keep_the_base_urls_query() -> None:
    assert address(NEW, stream=True).endswith("/models/gemini-3.5-flash:streamGenerateContent?alt=sse")
    provider = type(NEW.provider)("g", NEW.provider.kind, "http://127.0.0.1:9/v1beta?x=1")
    assert address(Target(provider, "m"), stream=True).endswith("/models/m:streamGenerateContent?x=1&alt=sse")


def test_a_model_named_in_full_replaces_the_project_of_the_base_url() -> None:
    base = "http://127.0.0.1:9/v1/projects/p/locations/l"
    at = Target(type(VERTEX.provider)("v", VERTEX.provider.kind, base), "projects/q/locations/r/endpoints/7")
    assert "http://127.0.0.1:9/v1/projects/q/locations/r/endpoints/7:generateContent" == address(at)


def test_no_key_and_no_beta_header_leave_the_adapter() -> None:
    names = {name for name, _ in speaker(NEW).write(asked(), NEW).request.headers}
    assert {"content-type", "accept", "accept-encoding", "user-agent"} == names


@pytest.mark.parametrize(
    ("url", "media_type"),
    [
        ("https://[x.example/a.png", "image/png"),
        ("https://x.example/a.png?b=c.gif", "image/png"),
        ("https://x.example/a.png#/c.gif", "image/png"),
        ("https://x.md", None),
        ("https://x.md?a=/b.png", None),
        ("gs://bucket/a.pdf", "application/pdf"),
    ],
)
def test_the_media_type_is_that_of_the_path_even_of_a_malformed_address(url: str, media_type: str | None) -> None:
    expected = {"fileUri": url} | ({"mimeType": media_type} if media_type else {})

    assert [{"fileData": expected}] == contents(said("user", Image(url=url)))[0]["parts"]


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "weather"}}])
def test_a_choice_among_no_tools_is_left_out_with_a_note(choice: object) -> None:
    request, at = asked(params={"tools": [], "tool_choice": choice}), target("gemini", "gemini-2.5-pro")  # type: ignore[typeddict-item]
    notes = speaker(at).write(request, at).notes

    assert ("dropped: tool_choice (there are no tools)",) == notes


def test_a_format_of_audio_that_is_no_text_is_refused() -> None:
    request, at = asked(params={"audio": {"format": {}}}), target("gemini", "gemini-2.5-pro")

    assert "audio" in " ".join(speaker(at).unsupported(request, at))


@pytest.mark.parametrize("kind", ["gemini", "anthropic", "bedrock", "vertex-anthropic"])
def test_a_type_of_format_that_is_no_text_is_refused(kind: str) -> None:
    at = target(kind, "claude-sonnet-4-5")

    assert ("response_format",) == speaker(at).unsupported(asked(params={"response_format": {"type": {}}}), at)
