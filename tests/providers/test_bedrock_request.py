"""Requests in Bedrock's Converse dialect, against hand-written bodies and against botocore's model of the API."""

import base64
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.providers.provider_kit import asked, said, speaker, target, wrote

from aigw.errors import BadRequestError, UnsupportedParameterError
from aigw.manifest.snapshot import Target
from aigw.types.json import JsonObject
from aigw.types.parts import Audio, File, Image, Opaque, Reasoning, Refusal, Text, ToolCall, ToolResult
from aigw.types.request import Message, Params

CLAUDE = target("bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0")
OLD_CLAUDE = target("bedrock", "anthropic.claude-3-haiku-20240307-v1:0")
NEW_CLAUDE = target("bedrock", "global.anthropic.claude-opus-4-6-v1")
NOVA = target("bedrock", "us.amazon.nova-2-lite-v1:0")
LLAMA = target("bedrock", "us.meta.llama4-maverick-17b-instruct-v1:0")
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n....").decode()
PDF = base64.b64encode(b"%PDF-1.7 ....").decode()
TOOL: JsonObject = {
    "type": "function",
    "function": {"name": "look", "description": "Look.", "parameters": {"type": "object", "properties": {}}},
}
SPEC = {
    "toolSpec": {
        "name": "look",
        "description": "Look.",
        "inputSchema": {"json": {"type": "object", "properties": {}}},
    }
}
FORMAT: JsonObject = {
    "type": "json_schema",
    "json_schema": {"name": "city", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}},
}


def valid(body: dict[str, Any]) -> dict[str, Any]:
    """Give *body* if botocore would send it, base64 aside; fail with its findings if not."""
    session: Any = pytest.importorskip("botocore.session", reason="botocore, the judge, is not installed")
    validate: Any = pytest.importorskip("botocore.validate")
    loader = session.Session().get_component("data_loader")
    from botocore.model import ServiceModel

    model: Any = ServiceModel(loader.load_service_model("bedrock-runtime", "service-2"))
    shape = model.operation_model("Converse").input_shape
    report = validate.ParamValidator().validate({"modelId": "m", **with_bytes(body)}, shape)
    assert not report.has_errors(), report.generate_report()
    return body


def with_bytes(value: Any) -> Any:
    """Do what boto3's callers do: give bytes where the wire has base64."""
    if isinstance(value, dict):
        blobs = {"bytes", "redactedContent"}
        return {
            name: base64.b64decode(item) if name in blobs and isinstance(item, str) else with_bytes(item)
            for name, item in value.items()
        }
    return [with_bytes(item) for item in value] if isinstance(value, list) else value


def body_of(*messages: Message, at: Target = CLAUDE, params: Params | None = None, **other: object) -> dict[str, Any]:
    return valid(wrote(asked(*messages, params=params, **other), at))


def notes_of(*messages: Message, at: Target = CLAUDE, params: Params | None = None) -> tuple[str, ...]:
    return speaker(at).write(asked(*messages, params=params), at).notes


def refused(*messages: Message, at: Target = CLAUDE, params: Params | None = None, **other: object) -> tuple[str, ...]:
    return speaker(at).unsupported(asked(*messages, params=params, **other), at)


class TestAddress:
    @pytest.mark.parametrize(
        ("model", "path"),
        [
            ("anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1%3A0"),
            (
                "arn:aws:bedrock:eu-central-1:1:inference-profile/eu.x",
                "arn%3Aaws%3Abedrock%3Aeu-central-1%3A1%3Ainference-profile%2Feu.x",
            ),
        ],
    )
    @pytest.mark.parametrize("stream", [False, True])
    def test_a_model_is_one_step_of_the_path(self, model: str, path: str, *, stream: bool) -> None:
        at = target("bedrock", model)

        request = speaker(at).write(asked(stream=stream), at).request

        assert request.url.endswith(f".amazonaws.com/model/{path}/converse{'-stream' if stream else ''}")
        assert "stream" not in json.loads(request.body)
        assert ("application/vnd.amazon.eventstream" if stream else "application/json") == dict(request.headers)[
            "accept"
        ]


class TestTurns:
    def test_system_texts_stand_apart_and_neighbours_of_one_role_become_one_turn(self) -> None:
        body = body_of(
            said("system", "A"), said("developer", "B"), said("user", "1"), said("user", "2"), said("assistant", "3"),
            said("assistant", "4"), said("user", "5"),
        )  # fmt: skip

        assert [{"text": "A"}, {"text": "B"}] == body["system"]
        assert body["messages"] == [
            {"role": "user", "content": [{"text": "1"}, {"text": "2"}]},
            {"role": "assistant", "content": [{"text": "3"}, {"text": "4"}]},
            {"role": "user", "content": [{"text": "5"}]},
        ]

    def test_nothing_is_sent_that_the_caller_did_not_say(self) -> None:
        assert body_of(said("user", "hi")) == {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}

    def test_blank_texts_are_left_out(self) -> None:
        body = body_of(said("user", "hi", " "), said("assistant", ""), said("user", "\n", "on"))

        assert [{"role": "user", "content": [{"text": "hi"}, {"text": "on"}]}] == body["messages"]

    @pytest.mark.parametrize("messages", [(said("assistant", "hello"),), (said("system", "Greet."),)])
    def test_a_conversation_without_a_user_at_its_beginning_gets_one_with_a_note(
        self, messages: tuple[Message, ...]
    ) -> None:
        assert body_of(*messages)["messages"][0] == {"role": "user", "content": [{"text": "."}]}
        assert any(note.startswith("added: a user turn") for note in notes_of(*messages))

    def test_nothing_at_all_is_refused_by_name(self) -> None:
        with pytest.raises(BadRequestError, match="at least one message with content"):
            wrote(asked(said("user", " ")), CLAUDE)

    def test_a_later_system_message_keeps_its_place_with_a_note(self) -> None:
        messages = said("user", "1"), said("system", "Be brief."), said("user", "2")

        turn = body_of(*messages)["messages"][0]["content"]

        assert [{"text": "1"}, {"text": "<system>\nBe brief.\n</system>"}, {"text": "2"}] == turn
        assert notes_of(*messages)[0].startswith("moved: messages[1]")

    def test_a_prefill_loses_the_white_space_at_its_end(self) -> None:
        assert body_of(said("user", "1"), said("assistant", "So: "))["messages"][1]["content"] == [{"text": "So:"}]

    def test_a_refusal_of_before_is_text(self) -> None:
        assert body_of(said("user", "1"), said("assistant", Refusal("No.")))["messages"][1]["content"] == [
            {"text": "No."}
        ]


class TestTools:
    CALLS = said("assistant", "Wait.", ToolCall("c1", "look", '{"a":1}'), ToolCall("c2", "look", "{}"))

    def test_results_come_first_in_one_turn_in_whatever_order_they_were_given(self) -> None:
        body = body_of(
            said("user", "go"),
            self.CALLS,
            said("user", "and?"),
            said("tool", ToolResult("c2", (Text("two"),), is_error=True)),
            said("tool", ToolResult("c1", (Text("one"), Image(data=PNG)))),
            params={"tools": [TOOL]},
        )

        assert body["messages"][1]["content"] == [
            {"text": "Wait."},
            {"toolUse": {"toolUseId": "c1", "name": "look", "input": {"a": 1}}},
            {"toolUse": {"toolUseId": "c2", "name": "look", "input": {}}},
        ]
        assert body["messages"][2]["content"] == [
            {"toolResult": {"toolUseId": "c2", "content": [{"text": "two"}], "status": "error"}},
            {
                "toolResult": {
                    "toolUseId": "c1",
                    "content": [{"text": "one"}, {"image": {"format": "png", "source": {"bytes": PNG}}}],
                }
            },
            {"text": "and?"},
        ]
        assert {"tools": [SPEC]} == body["toolConfig"]

    def test_a_result_without_its_call_is_dropped_with_a_note(self) -> None:
        messages = said("user", "go"), said("tool", ToolResult("c9", (Text("x"),))), said("user", "on")

        assert body_of(*messages)["messages"] == [{"role": "user", "content": [{"text": "go"}, {"text": "on"}]}]
        assert "dropped: a tool result without its call in the turn before" in notes_of(*messages)

    def test_tools_of_the_history_are_declared_with_a_note(self) -> None:
        messages = said("user", "go"), self.CALLS, said("tool", ToolResult("c1", (Text("one"),)))

        tools = body_of(*messages)["toolConfig"]

        assert {"tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object"}}}}]} == tools
        assert any(note.startswith("added: tools of the history") for note in notes_of(*messages))

    @pytest.mark.parametrize(
        ("choice", "written"),
        [
            ("auto", {"auto": {}}),
            ("required", {"any": {}}),
            ({"type": "function", "function": {"name": "look"}}, {"tool": {"name": "look"}}),
        ],
    )
    def test_a_choice_of_tool_is_written(self, choice: Any, written: object) -> None:
        assert body_of(params={"tools": [TOOL], "tool_choice": choice})["toolConfig"]["toolChoice"] == written

    def test_none_of_the_tools_means_no_tools_unless_the_history_has_calls(self) -> None:
        params: Params = {"tools": [TOOL], "tool_choice": "none"}
        history = said("user", "go"), self.CALLS, said("tool", ToolResult("c1", (Text("one"),)))

        assert "toolConfig" not in body_of(params=params)
        assert notes_of(params=params) == ("left out: tools (tool_choice is none)",)
        assert body_of(*history, params=params)["toolConfig"] == {"tools": [SPEC]}
        assert any(note.startswith("weakened: tool_choice") for note in notes_of(*history, params=params))

    def test_a_choice_nobody_knows_and_other_providers_tools_are_named(self) -> None:
        params: Params = {
            "tools": [{"type": "web_search"}, {"type": "custom", "custom": {"name": "x"}}, {"type": "function"}],
            "tool_choice": {"type": "allowed_tools"},
        }

        assert refused(params=params) == ("tools.web_search", "tools.custom", "tools[2]", "tool_choice")

    def test_bedrocks_own_tools_are_handed_on_and_cache_marks_become_points(self) -> None:
        tools: list[JsonObject] = [
            {**TOOL, "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            {"type": "systemTool", "systemTool": {"name": "nova_code_interpreter"}},
        ]

        assert body_of(at=NOVA, params={"tools": tools})["toolConfig"]["tools"] == [
            SPEC,
            {"cachePoint": {"type": "default", "ttl": "1h"}},
            {"systemTool": {"name": "nova_code_interpreter"}},
        ]

    def test_an_empty_description_is_left_out_and_strictness_kept(self) -> None:
        tool: JsonObject = {"type": "function", "function": {"name": "f", "description": "", "strict": True}}

        spec = {"name": "f", "inputSchema": {"json": {"type": "object"}}, "strict": True}
        assert body_of(params={"tools": [tool]})["toolConfig"]["tools"] == [{"toolSpec": spec}]

    def test_names_and_ids_bedrock_refuses_are_changed_alike_everywhere(self) -> None:
        long = "server.tool/" + "x" * 80
        tool: JsonObject = {"type": "function", "function": {"name": long}}
        body = body_of(
            said("user", "go"),
            said("assistant", ToolCall("id|1", long, "{}")),
            said("tool", ToolResult("id|1", (Text("x"),))),
            params={"tools": [tool], "tool_choice": {"type": "function", "function": {"name": long}}},
        )

        name = body["toolConfig"]["tools"][0]["toolSpec"]["name"]
        use = body["messages"][1]["content"][0]["toolUse"]
        assert name == use["name"] == body["toolConfig"]["toolChoice"]["tool"]["name"]
        assert len(name) <= 64
        assert use["toolUseId"] == body["messages"][2]["content"][0]["toolResult"]["toolUseId"]

    @pytest.mark.parametrize("arguments", ["", "[1]", "{", "1"])
    def test_arguments_that_are_no_object_are_refused_by_place(self, arguments: str) -> None:
        with pytest.raises(BadRequestError, match=r"messages\[1\].tool_calls"):
            wrote(asked(said("user", "a"), said("assistant", ToolCall("c", "f", arguments))), CLAUDE)


class TestMedia:
    def test_the_content_says_the_format_whatever_the_caller_says(self) -> None:
        jpeg = base64.b64encode(b"\xff\xd8\xff\xe0....").decode()

        block = body_of(said("user", Image(data=jpeg, media_type="image/png")))["messages"][0]["content"][0]

        assert {"image": {"format": "jpeg", "source": {"bytes": jpeg}}} == block

    def test_documents_get_legal_names_of_their_own(self) -> None:
        text = base64.b64encode(b"hello").decode()
        blocks = body_of(
            said(
                "user",
                File(data=PDF, filename="Q3_report (final).pdf"),
                File(data=PDF, filename="Q3/report (final).pdf", extra={"citations": {"enabled": True}}),
                File(data=text, media_type="text/plain"),
                File(data=text, filename="a.md"),
                File(url="s3://bucket/key.pdf"),
                "Compare.",
            )
        )["messages"][0]["content"]

        assert [(block["document"]["format"], block["document"]["name"]) for block in blocks[:-1]] == [
            ("pdf", "Q3 report (final)"),
            ("pdf", "report (final)"),
            ("txt", "document"),
            ("md", "a"),
            ("pdf", "key"),
        ]
        assert blocks[1]["document"]["citations"] == {"enabled": True}
        assert blocks[4]["document"]["source"] == {"s3Location": {"uri": "s3://bucket/key.pdf"}}

    def test_two_documents_of_one_name_are_told_apart(self) -> None:
        files = (File(data=PDF, filename="a.pdf"), File(data=PDF, filename="a.pdf"), "x")

        names = [block["document"]["name"] for block in body_of(said("user", *files))["messages"][0]["content"][:2]]

        assert names == ["a", "a 2"]

    def test_sound_and_pictures_that_move_are_written(self) -> None:
        video = base64.b64encode(b"....").decode()
        body = body_of(
            said(
                "user",
                Audio(data=video, format="mp3"),
                File(data=video, media_type="video/mp4"),
                Opaque("openai-chat", {"type": "video_url", "video_url": {"url": f"data:video/webm;base64,{video}"}}),
                Opaque("openai-chat", {"type": "video_url", "video_url": {"url": "s3://b/k.mov"}}),
                Opaque("openai-chat", {"type": "guardContent", "guardContent": {"text": {"text": "watch"}}}),
                Opaque("bedrock-converse", {"cachePoint": {"type": "default"}}),
            ),
            at=NOVA,
        )

        assert body["messages"][0]["content"] == [
            {"audio": {"format": "mp3", "source": {"bytes": video}}},
            {"video": {"format": "mp4", "source": {"bytes": video}}},
            {"video": {"format": "webm", "source": {"bytes": video}}},
            {"video": {"format": "mov", "source": {"s3Location": {"uri": "s3://b/k.mov"}}}},
            {"guardContent": {"text": {"text": "watch"}}},
            {"cachePoint": {"type": "default"}},
        ]

    @pytest.mark.parametrize(
        ("part", "name"),
        [
            (Image(url="https://example.com/a.png"), "image.url"),
            (Image(data="AAAA", media_type="image/tiff"), "image"),
            (File(file_id="f-1"), "file_id"),
            (File(url="https://example.com/a.pdf"), "file.url"),
            (File(data="AAAA", media_type="application/zip"), "file"),
            (Audio(id="a-1"), "audio"),
            (Opaque("anthropic-messages", {"type": "server_tool_use"}), "server_tool_use"),
        ],
    )
    def test_what_bedrock_cannot_take_is_named_and_dropped_where_the_manifest_says(self, part: Any, name: str) -> None:
        dropping = target("bedrock", CLAUDE.model, unsupported="drop")
        message = said("user", "look", part)

        assert refused(message) == (f"messages[0].{name}",)
        with pytest.raises(UnsupportedParameterError, match=name.replace(".", r"\.")):
            wrote(asked(message), CLAUDE)
        assert body_of(message, at=dropping)["messages"][0]["content"] == [{"text": "look"}]
        assert any(name in note for note in notes_of(message, at=dropping))

    def test_a_cache_mark_becomes_a_point_behind_what_is_marked(self) -> None:
        mark: JsonObject = {"cache_control": {"type": "ephemeral"}}
        body = body_of(Message("system", (Text("long", mark),)), said("user", Text("ask", mark)))

        assert [{"text": "long"}, {"cachePoint": {"type": "default"}}] == body["system"]
        assert body["messages"][0]["content"] == [{"text": "ask"}, {"cachePoint": {"type": "default"}}]


class TestReasoning:
    def test_signed_thinking_goes_back_first_in_its_turn(self) -> None:
        thoughts = (
            "So.",
            Reasoning("hm", "sig", issuer=CLAUDE.id),
            Reasoning("", encrypted="AAAA", issuer=CLAUDE.id),
            Reasoning("unsigned"),
        )
        messages = said("user", "1"), said("assistant", *thoughts), said("user", "2")

        assert body_of(*messages)["messages"][1]["content"] == [
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}},
            {"reasoningContent": {"redactedContent": "AAAA"}},
            {"text": "So."},
        ]
        assert [note for note in notes_of(*messages) if note.startswith("stripped")] == [
            "stripped: reasoning of messages[1] (it has no signature, so it cannot be sent back)",
        ]

    @pytest.mark.parametrize(
        ("at", "params", "fields"),
        [
            (CLAUDE, {"reasoning_budget": 2000}, {"thinking": {"type": "enabled", "budget_tokens": 2000}}),
            (CLAUDE, {"reasoning_effort": "low"}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
            (
                CLAUDE,
                {"reasoning_effort": "high", "max_tokens": 3000},
                {"thinking": {"type": "enabled", "budget_tokens": 2999}},
            ),
            (CLAUDE, {"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
            (
                NEW_CLAUDE,
                {"reasoning_effort": "medium"},
                {"thinking": {"type": "adaptive"}, "output_config": {"effort": "medium"}},
            ),
            (
                NOVA,
                {"reasoning_effort": "low"},
                {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}},
            ),
            (target("bedrock", "openai.gpt-oss-120b-1:0"), {"reasoning_effort": "high"}, {"reasoning_effort": "high"}),
            (CLAUDE, {"top_k": 5}, {"top_k": 5}),
            (NOVA, {"top_k": 5}, {"inferenceConfig": {"topK": 5}}),
        ],
    )
    def test_thinking_and_top_k_are_written_as_the_family_has_them(
        self, at: Target, params: Any, fields: object
    ) -> None:
        assert body_of(at=at, params=params)["additionalModelRequestFields"] == fields

    @pytest.mark.parametrize(
        ("at", "params"),
        [
            (LLAMA, {"reasoning_effort": "low"}),
            (OLD_CLAUDE, {"reasoning_effort": "low"}),
            (CLAUDE, {"reasoning_effort": "low", "max_tokens": 1000}),
            (NOVA, {"reasoning_effort": "xhigh"}),
            (LLAMA, {"reasoning_budget": 10}),
            (LLAMA, {"top_k": 10}),
        ],
    )
    def test_what_a_family_lacks_is_named(self, at: Target, params: Any) -> None:
        assert refused(at=at, params=params) == (next(iter(params)),)


class TestParameters:
    def test_inference_parameters_are_written(self) -> None:
        params: Params = {
            "max_tokens": 9,
            "temperature": 0,
            "top_p": 0.5,
            "stop": ["END"],
            "metadata": {"team": "a b"},
            "service_tier": "priority",
        }

        body = body_of(params=params)

        assert {"maxTokens": 9, "temperature": 0, "topP": 0.5, "stopSequences": ["END"]} == body["inferenceConfig"]
        assert {"team": "a b"} == body["requestMetadata"]
        assert {"type": "priority"} == body["serviceTier"]

    @pytest.mark.parametrize(
        ("params", "names"),
        [
            ({"n": 2, "seed": 1, "logprobs": True, "user": "u"}, ("n", "seed", "logprobs", "user")),
            ({"parallel_tool_calls": False}, ("parallel_tool_calls",)),
            ({"temperature": 1.5}, ("temperature",)),
            ({"stop": ["\n"]}, ("stop",)),
            ({"metadata": {"a": "é"}}, ("metadata",)),
            ({"service_tier": "scale"}, ("service_tier",)),
            ({"response_format": {"type": "json_object"}}, ("response_format",)),
            ({"n": 1, "logprobs": False, "parallel_tool_calls": True, "response_format": {"type": "text"}}, ()),
        ],
    )
    def test_what_bedrock_cannot_express_is_named(self, params: Any, names: tuple[str, ...]) -> None:
        assert refused(params=params) == names

    def test_bedrocks_own_parameters_are_handed_on_over_ours(self) -> None:
        body = body_of(
            params={"max_tokens": 9, "top_k": 3},
            guardrailConfig={"guardrailIdentifier": "g", "guardrailVersion": "1"},
            performanceConfig={"latency": "optimized"},
            inferenceConfig={"temperature": 0.1},
            additionalModelRequestFields={"top_k": 4},
            thinking={"type": "disabled"},
        )

        assert body["guardrailConfig"] == {"guardrailIdentifier": "g", "guardrailVersion": "1"}
        assert body["performanceConfig"] == {"latency": "optimized"}
        assert body["inferenceConfig"] == {"maxTokens": 9, "temperature": 0.1}
        assert body["additionalModelRequestFields"] == {"top_k": 4, "thinking": {"type": "disabled"}}

    def test_a_name_nobody_knows_is_refused_or_goes_to_the_model_where_the_manifest_says(self) -> None:
        passing = target("bedrock", LLAMA.model, unsupported="pass")

        assert refused(at=LLAMA, thinking={}, strange=1) == ("thinking", "strange")
        assert body_of(at=passing, strange=1)["additionalModelRequestFields"] == {"strange": 1}

    def test_the_manifests_parameters_win(self) -> None:
        at = target("bedrock", CLAUDE.model, max_tokens=5, guardrailConfig={"guardrailIdentifier": "g"})

        body = wrote(asked(params={"max_tokens": 9}), at)

        assert body["inferenceConfig"] == {"maxTokens": 5}
        assert body["guardrailConfig"] == {"guardrailIdentifier": "g"}


class TestFormats:
    def test_a_schema_is_written_as_text_and_closed(self) -> None:
        definition = body_of(params={"response_format": FORMAT})["outputConfig"]["textFormat"]["structure"][
            "jsonSchema"
        ]

        assert definition["name"] == "city"
        assert json.loads(definition["schema"]) == {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "additionalProperties": False,
        }

    @pytest.mark.parametrize("at", [OLD_CLAUDE, NOVA])
    def test_a_model_without_formats_is_made_to_call_a_tool(self, at: Target) -> None:
        config = body_of(at=at, params={"response_format": FORMAT})["toolConfig"]
        beside = body_of(at=at, params={"response_format": FORMAT, "tools": [TOOL]})["toolConfig"]

        assert [tool["toolSpec"]["name"] for tool in config["tools"]] == ["city"]
        assert config["toolChoice"] == {"tool": {"name": "city"}}
        assert [tool["toolSpec"]["name"] for tool in beside["tools"]] == ["look", "city"]
        assert beside["toolChoice"] == {"any": {}}

    def test_a_model_with_neither_is_refused(self) -> None:
        assert refused(at=LLAMA, params={"response_format": FORMAT}) == ("response_format",)


PARTS: Any = st.sampled_from(
    [
        Text("hi"),
        Text(""),
        Text("é\U0001f600 "),
        Image(data=PNG),
        File(data=PDF, filename="a.pdf"),
        Refusal("no"),
        Reasoning("hm", "sig"),
        ToolCall("c1", "look", '{"a": [1, null]}'),
        ToolCall("call/2", "tool.with.dots", "{}"),
        ToolResult("c1", (Text("r"), Image(data=PNG))),
        ToolResult("call/2", ()),
    ]
)
MESSAGES = st.lists(
    st.builds(
        lambda role, parts: Message(role, tuple(parts)),
        st.sampled_from(["system", "user", "assistant", "tool"]),
        st.lists(PARTS, max_size=4),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(messages=MESSAGES, model=st.sampled_from([CLAUDE, NOVA, LLAMA]), tools=st.booleans())
def test_any_conversation_is_one_that_botocore_would_send(
    messages: list[Message], model: Target, *, tools: bool
) -> None:
    params: Params = {"tools": [TOOL]} if tools else {}
    try:
        body = wrote(asked(*messages, params=params), model)
    except BadRequestError:
        return

    valid(body)
    roles = [turn["role"] for turn in body["messages"]]
    assert roles == (["user", "assistant"] * len(roles))[: len(roles)]
    assert all(turn["content"] for turn in body["messages"])


def test_turns_whose_neighbour_lost_all_it_had_become_one() -> None:
    orphan = said("tool", ToolResult("c9", (Text("x"),)))

    turns = body_of(said("user", "1"), said("assistant", "2"), orphan, said("assistant", "3"))["messages"]

    assert [turn["role"] for turn in turns] == ["user", "assistant"]


def test_the_name_of_who_speaks_is_named_and_never_lost_in_silence() -> None:
    request = asked(Message("user", (Text("Hi"),), name="alice"))
    assert ("messages[0].name",) == speaker(CLAUDE).unsupported(request, CLAUDE)


@pytest.mark.parametrize(("at", "turns"), [(NOVA, 5), (LLAMA, 5), (CLAUDE, 3)], ids=["nova", "llama", "claude"])
def test_results_and_words_share_a_turn_only_where_the_model_takes_the_mixture(at: Target, turns: int) -> None:
    called = Message("assistant", (ToolCall("a", "look", "{}"),))
    result = Message("tool", (ToolResult("a", (Text("ok"),)),))
    body = wrote(asked(said("user", "Hi"), called, result, said("user", "Go on")), at)
    roles = [message["role"] for message in valid(body)["messages"]]
    assert turns == len(roles)
    assert all(one != other for one, other in pairwise(roles))
    assert {"text": "Go on"} == body["messages"][-1]["content"][-1]
