"""Tools beyond what a host's row says it takes are told of before anything is sent, and never vanish unsaid."""

import json
from typing import Any

import pytest
from tests.providers.provider_kit import asked, chat, speaker, target, wrote

from aigw.errors import UnsupportedParameterError

USER = {"role": "user", "content": "Hi"}
LIMITED = ("openai", "groq", "deepseek")


def tools(*names: str) -> list[dict[str, Any]]:
    return [{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in names]


def many(count: int) -> list[dict[str, Any]]:
    return tools(*(f"f_{number}" for number in range(count)))


def call(offered: list[dict[str, Any]], **params: Any) -> Any:
    return chat({"model": "x", "messages": [USER], "tools": offered, **params})


@pytest.mark.parametrize("kind", LIMITED)
def test_as_many_tools_as_a_host_takes_are_sent_and_one_more_is_told_of(kind: str) -> None:
    at = target(kind)

    assert () == speaker(at).unsupported(call(many(128)), at)
    assert ("tools[128:]",) == speaker(at).unsupported(call(many(130)), at)
    assert 128 == len(wrote(call(many(128)), at)["tools"])


@pytest.mark.parametrize("kind", LIMITED)
@pytest.mark.parametrize("name", ["x" * 65, "a.b", "server/tool", "", "größe"])
def test_a_name_that_a_host_refuses_is_told_of_by_its_place(kind: str, name: str) -> None:
    at = target(kind)

    assert ("tools[1]",) == speaker(at).unsupported(call(tools("x" * 64, name, "a-b_C9")), at)


def test_from_another_dialect_tools_are_judged_alike() -> None:
    at = target("groq")

    assert ("tools[1]",) == speaker(at).unsupported(asked(params={"tools": tools("ok", "not.ok")}), at)


@pytest.mark.parametrize("kind", ["openai-compatible", "vllm", "huggingface"])
def test_where_no_limit_is_known_the_host_decides(kind: str) -> None:
    at = target(kind)
    offered = [*many(129), *tools("a.b")]

    assert () == speaker(at).unsupported(call(offered), at)
    assert offered == wrote(call(offered), at)["tools"]


@pytest.mark.parametrize("policy", ["error", "drop"])
def test_too_many_tools_are_refused_even_where_the_rest_is_dropped(policy: Any) -> None:
    at = target("groq", unsupported=policy)

    with pytest.raises(UnsupportedParameterError) as caught:
        speaker(at).write(call(many(130)), at)
    assert "128" in str(caught.value)
    assert (caught.value.param or "").startswith("tools")


def test_too_many_tools_are_sent_where_everything_is_passed_on() -> None:
    at = target("groq", unsupported="pass")

    assert 130 == len(wrote(call([*many(129), *tools("a.b")]), at)["tools"])


def test_tools_of_refused_names_are_dropped_with_notes_and_the_others_stay() -> None:
    at = target("groq", unsupported="drop")
    outgoing = speaker(at).write(call(tools("a.b", "ok", "c/d"), tool_choice="auto"), at)
    body = json.loads(outgoing.request.body)

    assert (tools("ok"), "auto") == (body["tools"], body["tool_choice"])
    assert (
        "dropped: tools[0] (groq does not take it)",
        "dropped: tools[2] (groq does not take it)",
    ) == outgoing.notes


def test_where_no_tool_is_left_nothing_speaks_of_tools() -> None:
    body = wrote(call(tools("a.b"), tool_choice="auto", parallel_tool_calls=True), target("groq", unsupported="drop"))

    assert {"tools", "tool_choice", "parallel_tool_calls"}.isdisjoint(body)
