"""Recorded requests of Anthropic's dialect, said again as chat requests, and both in one spelling to compare them.

Source: https://docs.claude.com/en/api/messages and https://docs.claude.com/en/api/openai-sdk. This goes the other way
than the adapter does, so that a request that went there and back must be the one that was recorded.
"""

import json
from collections.abc import Iterator
from typing import Any

_SPOKEN = {"model", "messages", "system", "stream", "max_tokens", "tools", "tool_choice", "metadata"}
_SERVER_BLOCKS = {"server_tool_use", "tool_search_tool_result", "web_search_tool_result"}


class UntranslatableError(Exception):
    """The chat dialect has no word for a block."""


def as_chat(request: dict[str, Any]) -> dict[str, Any]:
    """Say *request* in the chat dialect; Anthropic's own parameters go along by their names.

    Raises `UntranslatableError`.
    """
    messages = [{"role": "system", "content": _pieces(_blocks(request["system"]))}] if "system" in request else []
    for turn in request["messages"]:
        messages += _turn(turn["role"], _blocks(turn["content"]))
    chat: dict[str, Any] = {"model": request["model"], "messages": messages, "stream": request.get("stream", False)}
    if "max_tokens" in request:
        chat["max_tokens"] = request["max_tokens"]
    if "metadata" in request:
        chat["user"] = request["metadata"]["user_id"]
    if "tools" in request:
        chat["tools"] = [_tool(tool) for tool in request["tools"]]
    if "tool_choice" in request:
        chat["tool_choice"], parallel = _choice(request["tool_choice"])
        chat |= {} if parallel else {"parallel_tool_calls": False}
    return chat | {name: value for name, value in request.items() if name not in _SPOKEN}


def canonical(request: dict[str, Any], *, in_order: bool) -> dict[str, Any]:
    """Give *request* in the one of its equivalent spellings that says everything in full and nothing twice.

    Text is a list of blocks, neighbours of one role are one turn, a late system turn is a marked part of a user's, and
    what is the default, or says nothing, is left out. Unless they are *in_order* already, blocks are put as the rules
    for tool turns want them.
    """
    turns: list[dict[str, Any]] = []
    for turn in request["messages"]:
        blocks = [_canonical_block(block) for block in _blocks(turn["content"])]
        if turn["role"] == "system":
            blocks = [{**block, "text": f"<system>\n{block['text']}\n</system>"} for block in blocks]
        role = "assistant" if turn["role"] == "assistant" else "user"
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    if not in_order:
        for turn in turns:
            turn["content"].sort(key=_place)
    plain = {name: value for name, value in request.items() if (name, value) != ("stream", False)}
    plain["messages"] = turns
    if "system" in plain:
        plain["system"] = _blocks(plain["system"])
    if "tools" in plain:
        plain["tools"] = [{name: value for name, value in tool.items() if value != ""} for tool in plain["tools"]]
    return plain


def _place(block: dict[str, Any]) -> int:
    """Give the place of a block's kind in its turn: what a provider made by itself comes before the text it led to."""
    order = ("tool_result", "thinking", "redacted_thinking", "server", "text", "image", "document", "tool_use")
    kind = "server" if block["type"] in _SERVER_BLOCKS else block["type"]
    return order.index("text" if kind in {"image", "document"} else kind)


def _canonical_block(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] != "tool_result":
        return block
    told = {name: value for name, value in block.items() if (name, value) != ("is_error", False)}
    return {**told, "content": [_canonical_block(inner) for inner in _blocks(block["content"])]}


def _blocks(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _turn(role: str, blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    if role == "assistant":
        yield _assistant(blocks)
        return
    for block in blocks:
        if block["type"] == "tool_result":
            content = _pieces(_blocks(block["content"]))
            yield {"role": "tool", "tool_call_id": block["tool_use_id"], "content": content}
    rest = [block for block in blocks if block["type"] != "tool_result"]
    if rest:
        yield {"role": role, "content": _pieces(rest)}


def _assistant(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": _pieces([b for b in blocks if b["type"] == "text"])}
    calls = [
        {
            "id": block["id"],
            "type": "function",
            "function": {"name": block["name"], "arguments": json.dumps(block["input"])},
        }
        for block in blocks
        if block["type"] == "tool_use"
    ]
    details = [
        {"type": "reasoning.text", "text": block["thinking"], "signature": block["signature"]}
        for block in blocks
        if block["type"] == "thinking"
    ]
    own = [{"dialect": "anthropic-messages", "body": block} for block in blocks if block["type"] in _SERVER_BLOCKS]
    said = {"tool_calls": calls, "reasoning_details": details, "provider_blocks": own}
    message |= {name: value for name, value in said.items() if value}
    return message if message["content"] else message | {"content": None}


def _pieces(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_piece(block) for block in blocks]


def _piece(block: dict[str, Any]) -> dict[str, Any]:
    match block:
        case {"type": "text"}:
            return block
        case {"type": "image", "source": {"type": "url", "url": url}}:
            return {"type": "image_url", "image_url": {"url": url}}
        case {"type": "document", "source": {"type": "base64", "media_type": kind, "data": data}}:
            return {"type": "file", "file": {"file_data": f"data:{kind};base64,{data}"}}
        case {"type": "document", "source": {"type": "text", "data": text}}:
            return {"type": "file", "file": {"file_data": f"data:text/plain,{_quoted(text)}"}}
        case _:
            raise UntranslatableError(block["type"])


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    """Say a tool again; one of the provider's own has a type and is told as it is."""
    if "input_schema" not in tool:
        return tool
    function = {name: tool[name] for name in ("name", "description", "strict") if name in tool}
    beside = {name: value for name, value in tool.items() if name not in {*function, "input_schema", "type"}}
    return {"type": "function", "function": {**function, "parameters": tool["input_schema"]}, **beside}


def _choice(choice: dict[str, Any]) -> tuple[Any, bool]:
    words: dict[str, Any] = {"auto": "auto", "any": "required", "none": "none"}
    named = {"type": "function", "function": {"name": choice.get("name")}}
    return words.get(choice["type"], named), not choice.get("disable_parallel_tool_use")
