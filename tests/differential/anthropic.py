"""An expert's translation of OpenAI-shaped cases into the arguments of Anthropic's `messages.create`.

After https://docs.claude.com/en/api/messages and its pages on tool use, vision, PDF support, extended thinking,
structured outputs and service tiers.
"""

import base64
from collections.abc import Mapping
from inspect import signature
from typing import Any

import anthropic
from anthropic import transform_schema
from tests.differential.openai_shape import (
    Case,
    Names,
    beyond,
    calls,
    choice,
    decoded,
    functions,
    limit,
    name_beyond,
    pieces,
    stops,
    texts,
)

BUDGETS = {"minimal": 1024, "low": 1024, "medium": 2048, "high": 4096, "xhigh": 8192}
"""Tokens of thinking by effort: Anthropic names only the least, 1024; the rest is a matter of taste."""

CHOICES = {"auto": {"type": "auto"}, "none": {"type": "none"}, "required": {"type": "any"}}
TIERS = {"auto": "auto", "default": "standard_only"}
LIMIT = 4096
"""`max_tokens` is required; the documentation's examples have values like this one."""

READ = frozenset(
    {
        *("messages", "stream", "stream_options", "tools", "functions", "tool_choice", "function_call", "max_tokens"),
        *("max_completion_tokens", "stop", "reasoning_effort", "response_format", "service_tier", "user"),
        *("safety_identifier", "temperature", "top_p", "parallel_tool_calls"),
    }
)


def asked(case: Case, model: str) -> tuple[dict[str, Any], Names]:
    """Give the arguments of `messages.create` for *case*, and the names that Anthropic has no words for."""
    unspoken = beyond(case, READ)
    said: dict[str, Any] = {"model": model, "max_tokens": LIMIT if limit(case) is None else limit(case)}
    said |= _conversation(case["messages"], unspoken) | _sampling(case, unspoken) | _tools(case, unspoken)
    said |= _thinking(case, said["max_tokens"], unspoken) | _format(case, unspoken)
    words = stops(case)
    if words is not None and all(word.strip() for word in words):
        said["stop_sequences"] = words
    elif words is not None:
        unspoken.add("stop")
    who = case.get("safety_identifier") or case.get("user")
    said |= {"metadata": {"user_id": who}} if who else {}
    if case.get("service_tier") in TIERS:
        said["service_tier"] = TIERS[case["service_tier"]]
    elif case.get("service_tier"):
        unspoken.add("service_tier")
    return said | ({"stream": True} if case.get("stream") else {}), unspoken


def _conversation(messages: list[dict[str, Any]], unspoken: Names) -> dict[str, Any]:
    """System prompts go to the top; neighbours of one role are one turn; results stand first in theirs."""
    said = [words for one in messages if one["role"] in {"system", "developer"} for words in texts(one["content"])]
    system = [_text(words) for words in said if words.strip()]
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message["role"] in {"system", "developer"}:
            continue
        role = "assistant" if message["role"] == "assistant" else "user"
        blocks = _blocks(message, unspoken)
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    for turn in turns:
        turn["content"].sort(key=lambda block: block["type"] != "tool_result")
    return {"messages": turns} | ({"system": system} if system else {})


def _blocks(message: Mapping[str, Any], unspoken: Names) -> list[dict[str, Any]]:
    name_beyond(message, unspoken)
    if message["role"] == "tool":
        return [_result(message, unspoken)]
    found = [block for piece in pieces(message.get("content")) for block in _block(piece, unspoken)]
    found += [_text(message["refusal"])] if message.get("refusal") else []
    used = [
        {"type": "tool_use", "id": identifier, "name": name, "input": arguments}
        for identifier, name, arguments, _ in calls(message)
    ]
    return found + used


def _result(message: Mapping[str, Any], unspoken: Names) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "tool_result", "tool_use_id": message["tool_call_id"]}
    content = message["content"]
    if isinstance(content, str):
        return block | ({"content": content} if content else {})
    inside = [found for piece in pieces(content) for found in _block(piece, unspoken)]
    return block | ({"content": inside} if inside else {})


def _text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def _block(piece: dict[str, Any], unspoken: Names) -> list[dict[str, Any]]:
    kept = {name: piece[name] for name in ("cache_control",) if name in piece}
    match piece["type"]:
        case "text":
            return [_text(piece["text"]) | kept] if piece["text"].strip() else []
        case "refusal":
            return [_text(piece["refusal"])]
        case "image_url":
            return [{"type": "image", "source": _image(piece["image_url"]["url"])}]
        case "file" if "file_data" in piece["file"]:
            return [_document(piece["file"])]
        case "file":
            unspoken.add("messages.file_id")
        case "input_audio":
            unspoken.add("messages.audio")
    return []


def _image(url: str) -> dict[str, Any]:
    inline = decoded(url)
    if inline is None:
        return {"type": "url", "url": url}
    return {"type": "base64", "media_type": inline[0], "data": base64.b64encode(inline[1]).decode()}


def _document(file: dict[str, Any]) -> dict[str, Any]:
    inline = decoded(file["file_data"])
    assert inline is not None
    media_type, raw = inline
    if media_type == "application/pdf":
        source = {"type": "base64", "media_type": media_type, "data": base64.b64encode(raw).decode()}
    else:
        source = {"type": "text", "media_type": "text/plain", "data": raw.decode()}
    return {"type": "document", "source": source} | ({"title": file["filename"]} if file.get("filename") else {})


def _sampling(case: Case, unspoken: Names) -> dict[str, Any]:
    """Temperatures end at 1, and models of the fourth generation take a temperature or a `top_p`, not both."""
    found: dict[str, Any] = {}
    temperature, top_p = case.get("temperature"), case.get("top_p")
    if temperature is not None and temperature <= 1:
        found["temperature"] = temperature
    elif temperature is not None:
        unspoken.add("temperature")
    if top_p is not None and not found:
        found["top_p"] = top_p
    elif top_p is not None:
        unspoken.add("top_p")
    return found


def _tools(case: Case, unspoken: Names) -> dict[str, Any]:
    declared = [_tool(function) for function in functions(case, unspoken)]
    mode, names = choice(case)
    if not declared:
        used = dict.fromkeys(name for message in case["messages"] for _, name, _, _ in calls(message))
        again = [{"name": name, "input_schema": {"type": "object"}} for name in used]
        return {"tools": again, "tool_choice": {"type": "none"}} if again else {}
    said: dict[str, Any] = CHOICES.get(mode, {})
    if len(names) == 1 and "allowed_tools" in case["tool_choice"]:
        declared = [tool for tool in declared if tool["name"] in names]
    if len(names) == 1 and mode == "required":
        said = {"type": "tool", "name": names[0]}
    if case.get("parallel_tool_calls") is False and mode != "none":
        said = (said or {"type": "auto"}) | {"disable_parallel_tool_use": True}
    return {"tools": declared} | ({"tool_choice": said} if said else {})


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    schema = function.get("parameters") or {"type": "object"}
    told = {name: function[name] for name in ("description", "strict") if function.get(name) is not None}
    return {"name": function["name"], "input_schema": schema} | told


def _thinking(case: Case, most: int, unspoken: Names) -> dict[str, Any]:
    effort = case.get("reasoning_effort")
    if effort is None:
        return {}
    if effort == "none":
        return {"thinking": {"type": "disabled"}}
    return {"thinking": {"type": "enabled", "budget_tokens": BUDGETS[effort]}}


def _format(case: Case, unspoken: Names) -> dict[str, Any]:
    form = case.get("response_format") or {"type": "text"}
    if form["type"] == "json_schema":
        return {"output_config": {"format": {"type": "json_schema", "schema": _schema(form["json_schema"]["schema"])}}}
    if form["type"] != "text":
        unspoken.add("response_format")
    return {}


def _schema(said: dict[str, Any]) -> dict[str, Any]:
    """Let Anthropic's own helper write the schema, unless it has a list of types, which the helper does not know."""
    try:
        return dict(transform_schema(said))
    except AssertionError:
        return said


def client(url: str, key: str) -> Any:
    """Make Anthropic's client at *url*, pinned to the version of the API that takes sampling parameters."""
    pinned = {"anthropic-version": "2023-06-01"}
    return anthropic.Anthropic(base_url=url, api_key=key, max_retries=0, default_headers=pinned)


def send(made: Any, arguments: dict[str, Any], *, stream: bool) -> None:
    """Ask with *arguments*, whatever of them the client still has a name for; a stream is among them."""
    names = signature(made.messages.create).parameters
    named = {name: value for name, value in arguments.items() if name in names}
    beside = {name: value for name, value in arguments.items() if name not in names}
    made.messages.create(**named, extra_body=beside or None)


def meaning(body: Any) -> Any:
    """Give *body*: every letter of it means something."""
    return body
