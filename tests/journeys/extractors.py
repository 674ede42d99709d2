"""What a recorded exchange means, read from its raw text by the providers' public documentation and nothing of aigw.

Sources: https://platform.openai.com/docs/api-reference/chat, https://docs.mistral.ai/api, https://console.groq.com/docs,
https://openrouter.ai/docs, https://docs.z.ai and https://docs.claude.com/en/api/messages. This is a second reading on
purpose, kept naive: where it and the adapters agree, neither is likely to be wrong in the same way.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

OPENAI_ENDINGS = {"stop", "length", "tool_calls", "content_filter"}
ANTHROPIC_ENDINGS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
ERRORS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    503: "OverloadedError",
    529: "OverloadedError",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call; `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Told:
    """One choice of an answer. What was not said is empty text."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: tuple[Call, ...] = ()
    ending: str = "stop"


@dataclass(frozen=True, slots=True)
class Counted:
    """Tokens, by the totals OpenAI documents: details are inside them."""

    prompt: int
    completion: int
    cached: int = 0
    written: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Meaning:
    """A whole answer. `opaque` are the blocks that only its provider understands, `hidden` its encrypted thinking."""

    id: str
    model: str
    choices: tuple[Told, ...]
    counted: Counted | None
    signatures: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal: the class of error its status stands for, and the provider's words."""

    error: str
    status: int
    message: str
    type: str | None
    code: str | None


@dataclass(slots=True)
class _Gathering:
    """A choice while its stream is read."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    ending: str = ""
    calls: dict[int, dict[str, str]] = field(default_factory=dict)
    details: list[dict[str, Any]] = field(default_factory=list)

    def told(self) -> Told:
        calls = (self.calls[index] for index in sorted(self.calls))
        told = tuple(Call(call["id"], call["name"], _arguments(call["arguments"])) for call in calls)
        return Told(self.text, self.reasoning, self.refusal, told, _ending(self.ending))


def is_stream(text: str) -> bool:
    """Whether *text* is a stream of server-sent events rather than one JSON document."""
    return not text.lstrip().startswith("{")


def openai_meaning(text: str) -> Meaning:
    """Read an answer in OpenAI's dialect, streamed or not."""
    return _openai_stream(text) if is_stream(text) else _openai_answer(json.loads(text))


def anthropic_meaning(text: str) -> Meaning:
    """Read an answer of Anthropic's, streamed or not."""
    return _anthropic_message(_rebuilt(text) if is_stream(text) else json.loads(text))


def refusal_of(status: int, text: str) -> Refused:
    """Read a refusal of either dialect: both put `type` and `message` into `error`; only one has a `code`."""
    error = json.loads(text)["error"]
    return Refused(ERRORS[status], status, error["message"], error.get("type"), error.get("code"))


def data_of(text: str) -> Iterator[str]:
    """Give the data of each event of a stream, line by line: none of the recordings spreads one over two lines."""
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.startswith("data:"):
            yield line.removeprefix("data:").strip(" ")


def chunks_of(text: str) -> list[dict[str, Any]]:
    """Give the chunks of a stream in OpenAI's dialect."""
    return [json.loads(data) for data in data_of(text) if data != "[DONE]"]


def _openai_answer(body: dict[str, Any]) -> Meaning:
    details = [detail for choice in body["choices"] for detail in choice["message"].get("reasoning_details") or ()]
    return Meaning(
        id=body["id"],
        model=body["model"],
        choices=tuple(_openai_choice(choice) for choice in body["choices"]),
        counted=_openai_usage(body.get("usage")),
        signatures=_of_details(details, "signature"),
        hidden=_of_details(details, "data"),
    )


def _of_details(details: list[dict[str, Any]], name: str) -> tuple[str, ...]:
    """Collect what OpenRouter puts into `reasoning_details`, to be sent back as it is."""
    return tuple(detail[name] for detail in details if detail.get(name))


def _openai_choice(choice: dict[str, Any]) -> Told:
    message = choice["message"]
    text, thinking = _content(message.get("content"))
    calls = tuple(
        Call(call["id"], call["function"]["name"], _arguments(call["function"]["arguments"]))
        for call in message.get("tool_calls") or ()
    )
    return Told(
        text=text,
        reasoning=message.get("reasoning_content") or message.get("reasoning") or thinking,
        refusal=message.get("refusal") or "",
        calls=calls,
        ending=_ending(choice["finish_reason"]),
    )


def _openai_stream(text: str) -> Meaning:
    identity: dict[str, str] = {}
    choices: dict[int, _Gathering] = {}
    usage: dict[str, Any] | None = None
    for chunk in chunks_of(text):
        for name in ("id", "model"):
            identity.setdefault(name, chunk[name])
        usage = chunk.get("usage") or usage
        for choice in chunk["choices"]:
            _gather(choices.setdefault(choice["index"], _Gathering()), choice)
    told = tuple(choices[index].told() for index in sorted(choices))
    details = [detail for index in sorted(choices) for detail in choices[index].details]
    return Meaning(
        id=identity["id"],
        model=identity["model"],
        choices=told,
        counted=_openai_usage(usage),
        signatures=_of_details(details, "signature"),
        hidden=_of_details(details, "data"),
    )


def _gather(so_far: _Gathering, choice: dict[str, Any]) -> None:
    delta = choice["delta"]
    text, thinking = _content(delta.get("content"))
    so_far.text += text
    so_far.reasoning += delta.get("reasoning_content") or delta.get("reasoning") or thinking
    so_far.refusal += delta.get("refusal") or ""
    so_far.details += delta.get("reasoning_details") or ()
    so_far.ending = so_far.ending or choice.get("finish_reason") or ""
    for call in delta.get("tool_calls") or ():
        known = so_far.calls.setdefault(call["index"], {"id": "", "name": "", "arguments": ""})
        known["id"] = known["id"] or call.get("id") or ""
        known["name"] += call["function"].get("name") or ""
        known["arguments"] += call["function"].get("arguments") or ""


def _content(content: Any) -> tuple[str, str]:
    """Split content into text and thinking: it is a list of chunks where Mistral thinks."""
    if content is None or isinstance(content, str):
        return content or "", ""
    text = "".join(piece["text"] for piece in content if piece["type"] == "text")
    thoughts = (inner for piece in content if piece["type"] == "thinking" for inner in piece["thinking"])
    return text, "".join(thought["text"] for thought in thoughts)


def _arguments(arguments: Any) -> str:
    """Give arguments as JSON text: Mistral documents text or object, and nothing at all means no arguments."""
    return (arguments if isinstance(arguments, str) else json.dumps(arguments)) or "{}"


def _ending(word: str) -> str:
    if word not in OPENAI_ENDINGS:
        message = f"finish_reason {word!r} is not in OpenAI's documentation; look up what the host means by it"
        raise ValueError(message)
    return word


def _openai_usage(usage: dict[str, Any] | None) -> Counted | None:
    if not usage:
        return None
    prompt, completion = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    return Counted(
        prompt=usage["prompt_tokens"],
        completion=usage["completion_tokens"],
        cached=prompt.get("cached_tokens") or usage.get("num_cached_tokens") or 0,
        written=prompt.get("cache_write_tokens") or 0,
        reasoning=completion.get("reasoning_tokens") or 0,
    )


def _rebuilt(text: str) -> dict[str, Any]:
    """Put the message of a stream together, as the documentation of streaming says."""
    message: dict[str, Any] = {}
    pieces: dict[int, str] = {}
    for data in data_of(text):
        event = json.loads(data)
        match event["type"]:
            case "message_start":
                message = event["message"]
            case "content_block_start":
                message["content"].append(event["content_block"])
            case "content_block_delta":
                _extend(message["content"][event["index"]], event, pieces)
            case "message_delta":
                message.update(event["delta"])
                message["usage"].update(event["usage"])
    for index, said in pieces.items():
        message["content"][index]["input"] = json.loads(said or "{}")
    return message


def _extend(block: dict[str, Any], event: dict[str, Any], pieces: dict[int, str]) -> None:
    delta = event["delta"]
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "input_json_delta":
            pieces[event["index"]] = pieces.get(event["index"], "") + delta["partial_json"]


def _anthropic_message(message: dict[str, Any]) -> Meaning:
    blocks = message["content"]

    def of(kind: str) -> list[dict[str, Any]]:
        return [block for block in blocks if block["type"] == kind]

    calls = tuple(
        Call(block["id"], block["name"], json.dumps(block["input"], ensure_ascii=False)) for block in of("tool_use")
    )
    told = Told(
        text="".join(block["text"] for block in of("text")),
        reasoning="".join(block["thinking"] for block in of("thinking")),
        calls=calls,
        ending=ANTHROPIC_ENDINGS[message["stop_reason"]],
    )
    known = {"text", "thinking", "redacted_thinking", "tool_use"}
    return Meaning(
        id=message["id"],
        model=message["model"],
        choices=(told,),
        counted=_anthropic_usage(message["usage"]),
        signatures=tuple(block["signature"] for block in of("thinking")),
        hidden=tuple(block["data"] for block in of("redacted_thinking")),
        opaque=tuple(block["type"] for block in blocks if block["type"] not in known),
    )


def _anthropic_usage(usage: dict[str, Any]) -> Counted:
    written, cached = usage.get("cache_creation_input_tokens") or 0, usage.get("cache_read_input_tokens") or 0
    return Counted(
        prompt=usage["input_tokens"] + written + cached,
        completion=usage["output_tokens"],
        cached=cached,
        written=written,
        reasoning=(usage.get("output_tokens_details") or {}).get("thinking_tokens") or 0,
    )
