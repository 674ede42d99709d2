"""An expert's translation of OpenAI-shaped cases into the arguments of boto3's `bedrock-runtime` client.

See https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and the user guide on
tool use, structured outputs and Claude's inference parameters. boto3 itself checks the arguments against its model.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from tests.differential.openai_shape import (
    Case,
    Impossible,
    Names,
    beyond,
    calls,
    choice,
    decoded,
    functions,
    limit,
    name_beyond,
    pieces,
    schema_of,
    stops,
    texts,
)

READ = frozenset(
    {
        "messages",
        "stream",
        "stream_options",
        "tools",
        "functions",
        "tool_choice",
        "function_call",
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "max_completion_tokens",
        "stop",
        "reasoning_effort",
        "response_format",
        "metadata",
        "service_tier",
    }
)

DOCUMENTS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}
BUDGETS = {"minimal": 1024, "low": 1024, "medium": 2048, "high": 4096, "xhigh": 8192, "max": 16384}
"""Tokens of thinking by effort; no vendor says, so these are what gateways use, with Claude's floor of 1,024."""


def asked(case: Case, model: str) -> tuple[dict[str, Any], Names]:
    """Give the arguments of `converse` for *case*, and the names that Converse has no words for."""
    unspoken = beyond(case, READ)
    found: dict[str, Any] = {"modelId": model, "messages": _turns(case["messages"], unspoken)}
    found |= _system(case) | _inference(case, model, unspoken) | _tools(case, unspoken)
    found |= _extra(case, model, unspoken)
    _add_format(found, case, model, unspoken)
    if case.get("metadata"):
        found["requestMetadata"] = case["metadata"]
    if case.get("service_tier") in {"default", "flex", "priority"}:
        found["serviceTier"] = {"type": case["service_tier"]}
    return found, unspoken


def _system(case: Case) -> dict[str, Any]:
    said = [m for m in case["messages"] if m["role"] in {"system", "developer"}]
    blocks = [{"text": text} for message in said for text in texts(message["content"]) if text.strip()]
    return {"system": blocks} if blocks else {}


def _turns(messages: list[dict[str, Any]], unspoken: Names) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    for message in messages:
        name_beyond(message, unspoken)
        if message["role"] in {"system", "developer"}:
            continue
        role = "assistant" if message["role"] == "assistant" else "user"
        blocks = _blocks(message, unspoken)
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    return turns


def _blocks(message: Mapping[str, Any], unspoken: Names) -> list[dict[str, Any]]:
    blocks = [_block(piece, unspoken) for piece in pieces(message.get("content"))]
    if message["role"] in {"tool", "function"}:
        identifier = message.get("tool_call_id") or message["name"]
        return [{"toolResult": {"toolUseId": identifier, "content": [block for block in blocks if block]}}]
    if message.get("audio"):
        unspoken.add("messages.audio")
    blocks += [{"text": message["refusal"]}] if message.get("refusal") else []
    used = [
        {"toolUse": {"toolUseId": identifier, "name": name, "input": given}}
        for identifier, name, given, _ in calls(message)
    ]
    return [block for block in blocks if block] + used


def _block(piece: Mapping[str, Any], unspoken: Names) -> dict[str, Any]:
    match piece["type"]:
        case "text" | "refusal":
            text = piece["text"] if "text" in piece else piece["refusal"]
            return {"text": text} if text.strip() else {}
        case "image_url":
            return _image(piece["image_url"]["url"], unspoken)
        case "input_audio":
            sound = piece["input_audio"]
            return {"audio": {"format": sound["format"], "source": {"bytes": base64.b64decode(sound["data"])}}}
        case "file" if data := piece["file"].get("file_data"):
            return _document(data, piece["file"].get("filename"), unspoken)
    unspoken.add("messages.file_id" if piece["type"] == "file" else f"messages.{piece['type']}")
    return {}


def _image(url: str, unspoken: Names) -> dict[str, Any]:
    found = decoded(url)
    if found is None:
        unspoken.add("messages.image.url")
        return {}
    kind = found[0].removeprefix("image/")
    return {"image": {"format": {"jpg": "jpeg"}.get(kind, kind), "source": {"bytes": found[1]}}}


def _document(url: str, filename: str | None, unspoken: Names) -> dict[str, Any]:
    found = decoded(url)
    if found is None or found[0] not in DOCUMENTS:
        unspoken.add("messages.file")
        return {}
    stem = (filename or "document").rpartition(".")[0] or "document"
    name = re.sub(r"\s+", " ", re.sub(r"[^A-Za-z0-9\s\-()\[\]]", "-", stem))
    return {"document": {"format": DOCUMENTS[found[0]], "name": name, "source": {"bytes": found[1]}}}


def _inference(case: Case, model: str, unspoken: Names) -> dict[str, Any]:
    """Give what all models take; Claude refuses stop sequences that are white space."""
    if case.get("temperature", 0) > 1:
        unspoken.add("temperature")
    if "claude" in model and not all(stop.strip() for stop in stops(case) or ()):
        unspoken.add("stop")
    found = {
        "maxTokens": limit(case),
        "temperature": None if "temperature" in unspoken else case.get("temperature"),
        "topP": case.get("top_p"),
        "stopSequences": None if "stop" in unspoken else stops(case),
    }
    said = {name: value for name, value in found.items() if value is not None}
    return {"inferenceConfig": said} if said else {}


def _tools(case: Case, unspoken: Names) -> dict[str, Any]:
    declared = functions(case, unspoken)
    mode, allowed = choice(case)
    used = {name for message in case["messages"] for _, name, _, _ in calls(message)}
    if mode == "none" and not used:
        return {}
    if mode == "none":
        unspoken.add("tool_choice")
    if len(allowed) > 1 or (allowed and mode == "auto"):
        declared = [function for function in declared if function["name"] in allowed]
    specs = [_spec(function) for function in declared]
    if not specs:
        specs = [_spec({"name": name}) for name in sorted(used)]
    if not specs:
        return {}
    found: dict[str, Any] = {"tools": specs}
    if mode == "auto":
        found["toolChoice"] = {"auto": {}}
    elif mode == "required":
        found["toolChoice"] = {"tool": {"name": allowed[0]}} if len(allowed) == 1 else {"any": {}}
    return {"toolConfig": found}


def _spec(function: Mapping[str, Any]) -> dict[str, Any]:
    spec = {
        "name": function["name"],
        "inputSchema": {"json": {"type": "object", **(function.get("parameters") or {})}},
    }
    spec |= {"description": function["description"]} if function.get("description") else {}
    return {"toolSpec": spec | ({"strict": True} if function.get("strict") else {})}


def _add_format(found: dict[str, Any], case: Case, model: str, unspoken: Names) -> None:
    """Ask for JSON after a schema: by the field made for it where the model has it, else by a tool it has to call."""
    kind = (case.get("response_format") or {"type": "text"})["type"]
    said = schema_of(case)
    if said is None:
        if kind != "text":
            unspoken.add("response_format")
    elif "claude" in model:
        schema = {"schema": json.dumps(_closed(said["schema"])), "name": said["name"]}
        schema |= {"description": said["description"]} if said.get("description") else {}
        form = {"type": "json_schema", "structure": {"jsonSchema": schema}}
        found["outputConfig"] = {"textFormat": form}
    else:
        answer = _spec({"name": said["name"], "description": said.get("description"), "parameters": said["schema"]})
        tools = [*found.get("toolConfig", {}).get("tools", ()), answer]
        forced = {"any": {}} if len(tools) > 1 else {"tool": {"name": said["name"]}}
        found["toolConfig"] = {"tools": tools, "toolChoice": forced}


def _closed(schema: Any) -> Any:
    """Close every object. See https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _closed(value) for name, value in schema.items()}
    return {"additionalProperties": False, **inner} if schema.get("type") == "object" else inner


def _extra(case: Case, model: str, unspoken: Names) -> dict[str, Any]:
    """Give what only some families of models take."""
    found: dict[str, Any] = {"top_k": case["top_k"]} if "top_k" in case else {}
    effort = case.get("reasoning_effort")
    if effort is not None and "claude" not in model:
        unspoken.add("reasoning_effort")
    elif effort == "none":
        found["thinking"] = {"type": "disabled"}
    elif effort is not None:
        found["thinking"] = {"type": "enabled", "budget_tokens": BUDGETS[effort]}
    return {"additionalModelRequestFields": found} if found else {}


def client(url: str, **credentials: str) -> Any:
    """Make boto3's client for Bedrock's runtime at *url*; without *credentials* it looks for a bearer token."""
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=url,
        region_name="eu-central-1",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=10),
        **credentials,
    )


def send(made: Any, arguments: dict[str, Any], *, stream: bool) -> None:
    """Ask with *arguments*, and read the answer to its end."""
    if stream:
        list(made.converse_stream(**arguments)["stream"])
    else:
        made.converse(**arguments)


def embed(made: Any, model: str, said: Case) -> None:
    """Ask for embeddings. See https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html."""
    texts = [said["input"]] if isinstance(said["input"], str) else said["input"]
    if "titan" in model:
        if len(texts) > 1:
            raise Impossible(model)
        body = {"inputText": texts[0]} | ({"dimensions": said["dimensions"]} if "dimensions" in said else {})
    else:
        body = {"texts": texts, "input_type": said.get("input_type", "search_document")}
        body |= {"output_dimension": said["dimensions"]} if "dimensions" in said and "v4" in model else {}
    made.invoke_model(modelId=model, body=json.dumps(body), contentType="application/json", accept="application/json")


def meaning(body: Any) -> Any:
    """Give *body* with the schema that is a text within it read."""
    match body:
        case {"outputConfig": {"textFormat": {"structure": {"jsonSchema": schema}}}}:
            read = {**schema, "schema": json.loads(schema["schema"])}
            return {**body, "outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": read}}}}
    return body
