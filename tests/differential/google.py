"""An expert's translation of OpenAI-shaped cases into the arguments of `google-genai`.

See https://ai.google.dev/api/generate-content, https://ai.google.dev/gemini-api/docs/function-calling,
https://ai.google.dev/gemini-api/docs/thinking and the table of https://ai.google.dev/gemini-api/docs/openai#thinking.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

from google import genai
from google.genai import types
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

BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
"""Tokens of thinking by effort, those of Google's own OpenAI endpoint."""

SAME = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "n": "candidate_count",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "logprobs": "response_logprobs",
    "top_logprobs": "logprobs",
}
"""OpenAI's names and what `GenerateContentConfig` calls the same thing."""

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
        "modalities",
        "service_tier",
    }
)


PLACEHOLDER = b"skip_thought_signature_validator"
"""What Google documents for calls in the history that it did not make itself."""


def asked(case: Case, model: str) -> tuple[dict[str, Any], Names]:
    """Give the arguments of `generate_content` for *case*, and the names that Gemini has no words for."""
    unspoken = beyond(case, READ)
    penalties = {"presence_penalty", "frequency_penalty"} if _third(model) else set[str]()
    for name in sorted(penalties & case.keys()):
        unspoken.add(name)
    config = {theirs: case[ours] for ours, theirs in SAME.items() if ours in case and ours not in unspoken}
    if not case.get("logprobs"):
        config.pop("response_logprobs", None)
    config |= {"max_output_tokens": limit(case), "stop_sequences": stops(case)}
    config |= _system(case) | _tools(case, unspoken) | _format(case, model, unspoken)
    config |= _thinking(case, model, unspoken) | _modalities(case, unspoken) | _tier(case)
    contents = _contents(case["messages"], model, unspoken)
    return {"model": model, "contents": contents, "config": types.GenerateContentConfig(**config)}, unspoken


def _system(case: Case) -> dict[str, Any]:
    said = [m for m in case["messages"] if m["role"] in {"system", "developer"}]
    parts = [types.Part(text=text) for message in said for text in texts(message["content"])]
    return {"system_instruction": types.Content(parts=parts)} if parts else {}


def _contents(messages: list[dict[str, Any]], model: str, unspoken: Names) -> list[types.Content]:
    turns: list[types.Content] = []
    named: dict[str, str] = {}
    for message in messages:
        name_beyond(message, unspoken)
        if message["role"] in {"system", "developer"}:
            continue
        role = "model" if message["role"] == "assistant" else "user"
        named |= {identifier: name for identifier, name, _, _ in calls(message)}
        parts = _parts(message, named, model, unspoken)
        if turns and turns[-1].role == role:
            assert turns[-1].parts is not None
            turns[-1].parts += parts
        elif parts:
            turns.append(types.Content(role=role, parts=parts))
    return turns


def _parts(message: Mapping[str, Any], named: Mapping[str, str], model: str, unspoken: Names) -> list[types.Part]:
    if message["role"] in {"tool", "function"}:
        return _response(message, named, model)
    parts = [_part(piece, unspoken) for piece in pieces(message.get("content"))]
    parts += [types.Part(text=message["refusal"])] if message.get("refusal") else []
    if message.get("audio"):
        unspoken.add("messages.audio")
    made = [_call(*call, model=model) for call in calls(message)]
    if made and _third(model) and not any(part.thought_signature for part in made):
        made[0].thought_signature = PLACEHOLDER
    return [part for part in parts if part] + made


def _call(identifier: str, name: str, args: dict[str, Any], call: Mapping[str, Any], *, model: str) -> types.Part:
    signature = call.get("extra_content", {}).get("google", {}).get("thought_signature")
    known = {"id": identifier} if _third(model) else {}
    return types.Part(
        function_call=types.FunctionCall(name=name, args=args, **known),
        thought_signature=base64.b64decode(signature) if signature else None,
    )


def _response(message: Mapping[str, Any], named: Mapping[str, str], model: str) -> list[types.Part]:
    """Answer a call; images stand within the response since the third generation, and beside it before."""
    identifier = message.get("tool_call_id") or message["name"]
    if identifier not in named:
        raise Impossible(identifier)
    images = [decoded(piece["image_url"]["url"]) for piece in pieces(message["content"]) if "image_url" in piece]
    response: dict[str, Any] = {"response": {"output": "".join(texts(message["content"]))}}
    if _third(model):
        blobs = [types.FunctionResponseBlob(mime_type=found[0], data=found[1]) for found in images if found]
        parts = [types.FunctionResponsePart(inline_data=blob) for blob in blobs]
        response |= {"id": identifier} | ({"parts": parts} if parts else {})
        images = []
    beside = [types.Part.from_bytes(data=found[1], mime_type=found[0]) for found in images if found]
    return [types.Part(function_response=types.FunctionResponse(name=named[identifier], **response)), *beside]


def _part(piece: Mapping[str, Any], unspoken: Names) -> types.Part | None:
    match piece["type"]:
        case "text" | "refusal":
            return types.Part(text=piece["text"] if "text" in piece else piece["refusal"])
        case "image_url":
            return _media(piece["image_url"]["url"])
        case "input_audio":
            sound = piece["input_audio"]
            kind = {"wav": "audio/wav", "mp3": "audio/mp3"}[sound["format"]]
            return types.Part.from_bytes(data=base64.b64decode(sound["data"]), mime_type=kind)
        case "file" if data := piece["file"].get("file_data"):
            return _media(data)
        case "file":
            unspoken.add("messages.file_id")
        case kind:
            unspoken.add(f"messages.{kind}")
    return None


def _media(url: str) -> types.Part:
    found = decoded(url)
    if found is None:
        return types.Part(file_data=types.FileData(file_uri=url))
    return types.Part.from_bytes(data=found[1], mime_type=found[0])


def _tools(case: Case, unspoken: Names) -> dict[str, Any]:
    found = functions(case, unspoken)
    if any(function.get("strict") for function in found):
        unspoken.add("strict")
    declared = [
        types.FunctionDeclaration(
            name=function["name"],
            description=function.get("description") or None,
            parameters_json_schema=function.get("parameters") or None,
        )
        for function in found
    ]
    mode, allowed = choice(case)
    modes = {"": None, "auto": "VALIDATED" if allowed else "AUTO", "none": "NONE", "required": "ANY"}
    config: dict[str, Any] = {"tools": [types.Tool(function_declarations=declared)]} if declared else {}
    if declared and mode:
        calling = types.FunctionCallingConfig(
            mode=types.FunctionCallingConfigMode(modes[mode]), allowed_function_names=list(allowed) or None
        )
        config["tool_config"] = types.ToolConfig(function_calling_config=calling)
    return config


def _format(case: Case, model: str, unspoken: Names) -> dict[str, Any]:
    """Ask for JSON, which models before the third generation do not give where they have tools."""
    kind = (case.get("response_format") or {"type": "text"})["type"]
    if kind == "text":
        return {}
    if kind not in {"json_object", "json_schema"} or (case.get("tools") and not _third(model)):
        unspoken.add("response_format")
        return {}
    schema = schema_of(case)
    return {"response_mime_type": "application/json"} | ({"response_json_schema": schema["schema"]} if schema else {})


def _thinking(case: Case, model: str, unspoken: Names) -> dict[str, Any]:
    effort = case.get("reasoning_effort")
    if effort is None:
        return {}
    if not _third(model):
        return {"thinking_config": types.ThinkingConfig(thinking_budget=BUDGETS.get(effort, BUDGETS["high"]))}
    if effort == "none":
        unspoken.add("reasoning_effort")
        return {}
    return {"thinking_config": {"thinking_level": effort.upper()}}


def _modalities(case: Case, unspoken: Names) -> dict[str, Any]:
    said = case.get("modalities") or ["text"]
    if "audio" in said:
        unspoken.add("modalities")
        return {}
    return {} if said == ["text"] else {"response_modalities": [each.upper() for each in said]}


def _tier(case: Case) -> dict[str, Any]:
    said = case.get("service_tier")
    return {"service_tier": said} if said in {"flex", "priority"} else {}


def _third(model: str) -> bool:
    """Whether *model* is of the third generation or later, which has ids of calls and levels of thinking."""
    return not model.startswith(("gemini-1", "gemini-2"))


def client(url: str, key: str) -> genai.Client:
    """Make the SDK's client for the Gemini API at *url*."""
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url, api_version="v1beta"))


def vertex(url: str, key: str) -> genai.Client:
    """Make the SDK's client for Vertex AI in express mode at *url*."""
    options = types.HttpOptions(base_url=url, api_version="v1")
    return genai.Client(vertexai=True, api_key=key, http_options=options)


def send(made: genai.Client, arguments: dict[str, Any], *, stream: bool) -> None:
    """Ask with *arguments*, and read the answer to its end."""
    if stream:
        list(made.models.generate_content_stream(**arguments))
    else:
        made.models.generate_content(**arguments)


def embed(made: genai.Client, model: str, said: Case) -> None:
    """Ask for embeddings. See https://ai.google.dev/gemini-api/docs/embeddings (task types, dimensions)."""
    texts = [said["input"]] if isinstance(said["input"], str) else said["input"]
    task = {"search_query": "RETRIEVAL_QUERY"}.get(said.get("input_type", ""))
    config = types.EmbedContentConfig(task_type=task, output_dimensionality=said.get("dimensions"))
    made.models.embed_content(model=model, contents=texts, config=config)


def meaning(body: Any) -> Any:
    """Give *body* in one spelling: names in camel case (proto3 takes both), bytes in plain base64, no empty config."""
    if isinstance(body, list):
        return [meaning(each) for each in body]
    if not isinstance(body, dict):
        return body
    told = {_camel(name): value for name, value in body.items() if name != "generationConfig" or value}
    return {name: _value(name, value) for name, value in told.items()}


def _value(name: str, value: Any) -> Any:
    if name in {"args", "response", "parametersJsonSchema", "responseJsonSchema"}:
        return value
    if name in {"data", "thoughtSignature"}:
        return value.replace("-", "+").replace("_", "/")
    return meaning(value)


def _camel(name: str) -> str:
    return re.sub("_([a-z])", lambda found: found[1].upper(), name)
