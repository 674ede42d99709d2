"""An expert's translation of OpenAI-shaped cases into the arguments of Mistral's own `chat.complete`.

After https://docs.mistral.ai/api/#tag/chat, whose dialect is OpenAI's with a few words of its own.
"""

from typing import Any

from mistralai.client import Mistral
from tests.differential.openai_shape import Case, Names, beyond, limit, name_beyond

SAME = (
    *("temperature", "top_p", "stop", "frequency_penalty", "presence_penalty", "n", "logprobs", "top_logprobs"),
    *("parallel_tool_calls", "reasoning_effort", "metadata", "prediction", "response_format", "tool_choice"),
    "prompt_cache_key",
)
TIERS = {"auto": "auto", "default": "standard_only"}
READ = frozenset(
    {
        *SAME,
        *("messages", "tools", "stream", "stream_options", "seed", "max_tokens", "max_completion_tokens"),
        "service_tier",
    }
)


def asked(case: Case, model: str) -> tuple[dict[str, Any], Names]:
    """Give the arguments of `chat.complete` for *case*, and the names that Mistral has no words for."""
    unspoken = beyond(case, READ)
    said = {name: case[name] for name in SAME if name in case}
    said |= {"model": model, "messages": [_message(message, unspoken) for message in case["messages"]]}
    said |= {"random_seed": case["seed"]} if "seed" in case else {}
    said |= {"max_tokens": limit(case)} if limit(case) is not None else {}
    choice = case.get("tool_choice", "")
    if "allowed_tools" in choice:
        del said["tool_choice"]
        unspoken.add("tool_choice.allowed_tools")
    tier = case.get("service_tier", "")
    if tier in TIERS:
        said["service_tier"] = TIERS[tier]
    elif tier:
        unspoken.add(f"service_tier.{tier}")
    if "tools" in case:
        said["tools"] = [_tool(tool) for tool in case["tools"] if tool["type"] == "function"]
        unspoken += [f"tools.{tool['type']}" for tool in case["tools"] if tool["type"] != "function"]
        if case["tools"] and not said["tools"]:
            del said["tools"]
    return said, unspoken


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    return {**tool, "function": {"parameters": {"type": "object", "properties": {}}, **tool["function"]}}


def _message(message: dict[str, Any], unspoken: Names) -> dict[str, Any]:
    kept = {name: value for name, value in message.items() if name != "refusal"}
    if message.get("refusal"):
        kept["content"] = message["refusal"]
    if message["role"] == "developer":
        kept["role"] = "system"
    name_beyond(message, unspoken)
    if message["role"] != "tool":
        kept.pop("name", None)
    if isinstance(message.get("content"), list):
        kept["content"] = [_piece(piece) for piece in message["content"]]
    return kept


def _piece(piece: dict[str, Any]) -> dict[str, Any]:
    match piece["type"]:
        case "input_audio":
            return {"type": "input_audio", "input_audio": piece["input_audio"]["data"]}
        case "file" if "file_id" in piece["file"]:
            return {"type": "file", "file_id": piece["file"]["file_id"]}
        case "file":
            told = piece["file"]
            name = {"document_name": told["filename"]} if "filename" in told else {}
            return {"type": "document_url", "document_url": told["file_data"], **name}
        case "refusal":
            return {"type": "text", "text": piece["refusal"]}
        case _:
            return piece


def client(url: str, key: str) -> Any:
    """Make Mistral's client at *url*."""
    return Mistral(api_key=key, server_url=url)


def send(made: Any, arguments: dict[str, Any], *, stream: bool) -> None:
    """Ask with *arguments*, and read the answer to its end."""
    if stream:
        list(made.chat.stream(**arguments))
    else:
        made.chat.complete(**arguments)


def meaning(body: Any) -> Any:
    """Give *body*: every letter of it means something."""
    return body
