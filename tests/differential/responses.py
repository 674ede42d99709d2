"""An expert's translation of OpenAI-shaped cases into the arguments of OpenAI's own `responses.create`.

After https://platform.openai.com/docs/api-reference/responses/create and OpenAI's guide to migrate from chat.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import openai
from tests.differential.openai_shape import Case, Names, beyond, limit, name_beyond

SAME = (
    *("temperature", "top_p", "parallel_tool_calls", "service_tier", "metadata", "user", "stream"),
    *("top_logprobs", "prompt_cache_key", "safety_identifier"),
)
"""Parameters that both endpoints call the same."""

READ = frozenset(
    {
        *SAME,
        *("messages", "stream_options", "tools", "tool_choice", "max_tokens", "max_completion_tokens", "logprobs"),
        *("response_format", "reasoning_effort", "verbosity", "store"),
    }
)


def asked(case: Case, model: str) -> tuple[dict[str, Any], Names]:
    """Give the arguments of `responses.create` for *case*, and the names that Responses has no words for."""
    unspoken = beyond(case, READ)
    said: dict[str, Any] = {name: case[name] for name in SAME if case.get(name) is not None}
    said |= {"model": model, "input": list(_items(case["messages"], unspoken)), "store": bool(case.get("store"))}
    if limit(case) is not None:
        said["max_output_tokens"] = limit(case)
    if case.get("reasoning_effort") is not None:
        said["reasoning"] = {"effort": case["reasoning_effort"]}
        said["include"] = ["reasoning.encrypted_content"] if case["reasoning_effort"] != "none" else []
    if case.get("logprobs"):
        said["include"] = [*said.get("include", ()), "message.output_text.logprobs"]
    text = {"verbosity": case["verbosity"]} if case.get("verbosity") else {}
    form = case.get("response_format")
    if form is not None:
        text["format"] = {"type": form["type"], **form.get("json_schema", {})}
    tools = [_flat(tool) | ({"strict": False} if "custom" not in tool else {}) for tool in case.get("tools") or ()]
    for written, function in zip(tools, case.get("tools") or (), strict=True):
        if "function" in function:
            written |= {"strict": bool(function["function"].get("strict"))}
            written.setdefault("parameters", {"type": "object", "properties": {}})
    said |= {"text": text} if text else {}
    said |= {"tools": tools} if "tools" in case else {}
    said |= {"tool_choice": _choice(case["tool_choice"])} if "tool_choice" in case else {}
    return {name: value for name, value in said.items() if value != [] or name in {"input", "tools"}}, unspoken


def _flat(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": said["type"], **said[said["type"]]}


def _choice(said: Any) -> Any:
    if isinstance(said, str):
        return said
    if said["type"] == "allowed_tools":
        allowed = said["allowed_tools"]
        return {"type": "allowed_tools", "mode": allowed["mode"], "tools": [_flat(tool) for tool in allowed["tools"]]}
    return _flat(said)


def _items(messages: list[dict[str, Any]], unspoken: Names) -> Iterator[dict[str, Any]]:
    for message in messages:
        name_beyond(message, unspoken)
        if message["role"] == "tool":
            content = message["content"]
            output = content if isinstance(content, str) else [_piece(piece, "tool") for piece in content]
            yield {"type": "function_call_output", "call_id": message["tool_call_id"], "output": output}
            continue
        content = message.get("content")
        if content is not None:
            role = message["role"]
            inside = content if isinstance(content, str) else [_piece(piece, role) for piece in content]
            if inside or not message.get("tool_calls"):
                yield {"role": role, "content": inside}
        if message.get("refusal"):
            yield {"role": "assistant", "content": [{"type": "refusal", "refusal": message["refusal"]}]}
        for call in message.get("tool_calls") or ():
            yield {"type": "function_call", "call_id": call["id"], **call["function"]}


def _piece(piece: dict[str, Any], role: str) -> dict[str, Any]:
    match piece["type"]:
        case "text" if role == "assistant":
            return {"type": "output_text", "text": piece["text"], "annotations": []}
        case "text":
            return {"type": "input_text", "text": piece["text"]}
        case "image_url":
            told = piece["image_url"]
            return {"type": "input_image", "image_url": told["url"], "detail": told.get("detail", "auto")}
        case "file":
            return {"type": "input_file", **piece["file"]}
        case _:
            return dict(piece)


def client(url: str, key: str) -> Any:
    """Make OpenAI's client at *url*."""
    return openai.OpenAI(base_url=url, api_key=key, max_retries=0)


def send(made: Any, arguments: dict[str, Any], *, stream: bool) -> None:
    """Ask with *arguments*; a stream is among them."""
    made.responses.create(**arguments)


def meaning(body: Any) -> Any:
    """Give *body*: every letter of it means something."""
    return body
