"""An expert's translation of OpenAI-shaped cases into the arguments of `cohere.ClientV2`.

See https://docs.cohere.com/v2/reference/chat, https://docs.cohere.com/v2/docs/tool-use-parameter-types and
https://docs.cohere.com/v2/docs/reasoning.
"""

import json
from typing import Any

import cohere
from tests.differential.openai_shape import (
    Case,
    Names,
    beyond,
    choice,
    functions,
    limit,
    name_beyond,
    pieces,
    schema_of,
    stops,
    texts,
)

SAME = {
    "temperature": "temperature",
    "top_p": "p",
    "top_k": "k",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}
"""OpenAI's names and what Cohere calls the same thing."""

READ = frozenset(
    {
        *SAME,
        "messages",
        "stream",
        "stream_options",
        "tools",
        "functions",
        "tool_choice",
        "function_call",
        "max_tokens",
        "max_completion_tokens",
        "stop",
        "reasoning_effort",
        "response_format",
        "logprobs",
    }
)


def asked(case: Case, model: str) -> tuple[dict[str, Any], Names]:
    """Give the arguments of `chat` for *case*, and the names that Cohere has no words for."""
    unspoken = beyond(case, READ)
    found: dict[str, Any] = {"model": model, "messages": [_message(each, unspoken) for each in case["messages"]]}
    for penalty in ("presence_penalty", "frequency_penalty"):
        if not 0 <= case.get(penalty, 0) <= 1:
            unspoken.add(penalty)
    found |= {theirs: case[ours] for ours, theirs in SAME.items() if ours in case and ours not in unspoken}
    found |= {"max_tokens": limit(case)} if limit(case) is not None else {}
    found |= {"stop_sequences": stops(case)} if stops(case) is not None else {}
    found |= {"logprobs": case["logprobs"]} if "logprobs" in case else {}
    return found | _tools(case, unspoken) | _format(case, unspoken) | _thinking(case), unspoken


def _message(message: dict[str, Any], unspoken: Names) -> dict[str, Any]:
    name_beyond(message, unspoken)
    match message["role"]:
        case "assistant":
            return _assistant(message, unspoken)
        case "tool" | "function":
            identifier = message.get("tool_call_id") or message["name"]
            return {"role": "tool", "tool_call_id": identifier, "content": _result(message["content"], unspoken)}
        case "developer":
            return {"role": "system", "content": _content(message["content"], unspoken)}
        case role:
            return {"role": role, "content": _content(message["content"], unspoken)}


def _assistant(message: dict[str, Any], unspoken: Names) -> dict[str, Any]:
    if message.get("audio"):
        unspoken.add("messages.audio")
    said = "".join(texts(message.get("content"))) or message.get("refusal")
    made = [_call(call) for call in message.get("tool_calls") or ()]
    if legacy := message.get("function_call"):
        made.append({"id": legacy["name"], "type": "function", "function": dict(legacy)})
    if made:
        return {"role": "assistant", "tool_calls": made, **({"tool_plan": said} if said else {})}
    if isinstance(message.get("content"), list):
        return {"role": "assistant", "content": _content(message["content"], unspoken)}
    return {"role": "assistant", "content": said or ""}


def _call(call: dict[str, Any]) -> dict[str, Any]:
    name, arguments = call[call["type"]]["name"], call[call["type"]].get("arguments")
    if call["type"] == "custom":
        arguments = json.dumps({"input": call["custom"]["input"]})
    return {"id": call["id"], "type": "function", "function": {"name": name, "arguments": arguments or "{}"}}


def _result(content: object, unspoken: Names) -> object:
    """Give a tool's result, which has texts and documents and no images."""
    if isinstance(content, str):
        return content
    if any(piece["type"] == "image_url" for piece in pieces(content)):
        unspoken.add("messages.tool_result.image")
    return [{"type": "text", "text": text} for text in texts(content)]


def _content(content: object, unspoken: Names) -> object:
    if isinstance(content, str):
        return content
    found: list[dict[str, Any]] = []
    for piece in pieces(content):
        match piece["type"]:
            case "text":
                found.append({"type": "text", "text": piece["text"]})
            case "refusal":
                found.append({"type": "text", "text": piece["refusal"]})
            case "image_url":
                found.append({"type": "image_url", "image_url": piece["image_url"]})
            case kind:
                unspoken.add(f"messages.{kind.removeprefix('input_')}")
    return found


def _tools(case: Case, unspoken: Names) -> dict[str, Any]:
    declared = functions(case, unspoken)
    mode, allowed = choice(case)
    if allowed:
        declared = [function for function in declared if function["name"] in allowed]
    if not declared:
        return {}
    empty = {"type": "object", "properties": {}}
    tools = [
        {
            "type": "function",
            "function": {
                "name": function["name"],
                **({"description": function["description"]} if function.get("description") else {}),
                "parameters": function.get("parameters") or empty,
            },
        }
        for function in declared
    ]
    strict = {"strict_tools": True} if any(function.get("strict") for function in declared) else {}
    chosen = {"tool_choice": {"required": "REQUIRED", "none": "NONE"}[mode]} if mode in {"required", "none"} else {}
    return {"tools": tools, **strict, **chosen}


def _format(case: Case, unspoken: Names) -> dict[str, Any]:
    """Ask for JSON, which Cohere does not give where there are tools."""
    kind = (case.get("response_format") or {"type": "text"})["type"]
    if kind == "text":
        return {}
    if kind not in {"json_object", "json_schema"} or case.get("tools"):
        unspoken.add("response_format")
        return {}
    schema = schema_of(case)
    return {"response_format": {"type": "json_object", **({"json_schema": schema["schema"]} if schema else {})}}


def _thinking(case: Case) -> dict[str, Any]:
    effort = case.get("reasoning_effort")
    if effort is None:
        return {}
    return {"thinking": {"type": "disabled" if effort == "none" else "enabled"}}


def client(url: str, key: str) -> cohere.ClientV2:
    """Make the SDK's client for Cohere at *url*."""
    return cohere.ClientV2(api_key=key, base_url=url, max_retries=0)


def send(made: cohere.ClientV2, arguments: dict[str, Any], *, stream: bool) -> None:
    """Ask with *arguments*, and read the answer to its end."""
    if stream:
        list(made.chat_stream(**arguments))
    else:
        made.chat(**arguments)


def embed(made: cohere.ClientV2, model: str, said: Case) -> None:
    """Ask for embeddings. See https://docs.cohere.com/v2/reference/embed; the kind of input is demanded there."""
    dimensions = {"output_dimension": said["dimensions"]} if "dimensions" in said else {}
    made.embed(
        model=model,
        texts=[said["input"]] if isinstance(said["input"], str) else said["input"],
        input_type=said.get("input_type", "search_document"),
        embedding_types=[said.get("encoding_format", "float")],
        **dimensions,
    )


def meaning(body: Any) -> Any:
    """Give *body* with a lone text as plain content, which Cohere takes in both forms."""
    if not body:
        return body
    return {**body, "messages": [_plain(message) for message in body["messages"]]}


def _plain(message: dict[str, Any]) -> dict[str, Any]:
    match message.get("content"):
        case []:
            return {**message, "content": ""}
        case [{"type": "text", "text": text}]:
            return {**message, "content": text}
    return message
