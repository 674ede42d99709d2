"""What every expert reads from an OpenAI-shaped case: pieces of content, data URLs, tools with their choice.

The experts (`google`, `cohere`, `bedrock` …) write down what somebody who knows the vendor's documentation would hand
to the vendor's own SDK for a case. They know nothing of `aigw.providers`: they are the second pair of eyes.
"""

import base64
import json
from collections.abc import Container, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

Case = Mapping[str, Any]


class Names(list[str]):
    """The parameters of a case that a vendor has no words for, each once, in the order met."""

    def add(self, name: str) -> None:
        """Take *name* down."""
        if name not in self:
            self.append(name)


class Impossible(ValueError):  # noqa: N818 - a verdict on a case, no failure of anybody's
    """What no vendor could be asked for: arguments that are no JSON object, which all of them want as one."""


NEUTRAL: Mapping[str, tuple[object, ...]] = {
    "n": (1,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "store": (False,),
    "logit_bias": ({},),
    "metadata": ({},),
    "modalities": (["text"],),
    "parallel_tool_calls": (True,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "service_tier": ("auto", "default"),
}
"""Values that say what holds anyhow."""


def plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """Give a call of `create` as one mapping: nulls say nothing, and `extra_body` lies over the rest."""
    over = said.get("extra_body") or {}
    kept = {**said, **over}
    return {name: value for name, value in kept.items() if value is not None and not name.startswith("extra_")}


def beyond(case: Case, known: Container[str]) -> Names:
    """Give the names that are not *known* and say something."""
    return Names(name for name, value in case.items() if name not in known and value not in NEUTRAL.get(name, ()))


def pieces(content: object) -> list[dict[str, Any]]:
    """Give the content of a message as parts; an empty text is no part."""
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    assert isinstance(content, list)
    return [piece for piece in content if piece.get("text") != ""]


def texts(content: object) -> list[str]:
    """Give the texts of a message, refusals among them."""
    found = (piece.get("text") or piece.get("refusal") for piece in pieces(content))
    return [text for text in found if text]


def decoded(url: str) -> tuple[str, bytes] | None:
    """Give media type and bytes of a data URL (RFC 2397; schemes and types have no case), or None for any other."""
    if not url.lower().startswith("data:"):
        return None
    head, _, data = url[len("data:") :].partition(",")
    mime, *parameters = head.lower().split(";")
    raw = base64.b64decode(data) if "base64" in parameters else unquote_to_bytes(data)
    return mime or "text/plain", raw


def functions(case: Case, unspoken: Names) -> list[dict[str, Any]]:
    """Give the functions that a case declares, the legacy `functions` too; any other tool is *unspoken*."""
    found = list(case.get("functions") or ())
    for tool in case.get("tools") or ():
        if tool["type"] == "function":
            found.append(tool["function"])
        else:
            unspoken.add(f"tools.{tool['type']}")
    return found


def choice(case: Case) -> tuple[str, tuple[str, ...]]:
    """Give the mode of a tool choice (auto, none, required, or "" where nobody chose) and the names it allows."""
    said = case.get("tool_choice", case.get("function_call"))
    if said is None or isinstance(said, str):
        return said or "", ()
    if "allowed_tools" in said:
        allowed = said["allowed_tools"]
        return allowed["mode"], tuple(tool["function"]["name"] for tool in allowed["tools"])
    return "required", (said.get("function", said)["name"],)


def schema_of(case: Case) -> dict[str, Any] | None:
    """Give the named schema that the answer shall follow, if there is one."""
    said = case.get("response_format") or {}
    return said["json_schema"] if said.get("type") == "json_schema" else None


def calls(message: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Give id, name, arguments and the call itself for every tool call of an assistant's message."""
    for call in message.get("tool_calls") or ():
        if custom := call.get("custom"):
            yield call["id"], custom["name"], {"input": custom["input"]}, call
        else:
            yield call["id"], call["function"]["name"], arguments(call["function"]["arguments"]), call
    if legacy := message.get("function_call"):
        yield legacy["name"], legacy["name"], arguments(legacy["arguments"]), dict(legacy)


def arguments(text: str) -> dict[str, Any]:
    """Read the arguments of a call: an object, or nothing where there is no text. Raises `Impossible`."""
    try:
        read = json.loads(text) if text.strip() else {}
    except ValueError:
        raise Impossible(text) from None
    if not isinstance(read, dict):
        raise Impossible(text)
    return read


def stops(case: Case) -> list[str] | None:
    """Give the stop sequences of a case as a list, or None where nobody spoke of them."""
    said = case.get("stop")
    return [said] if isinstance(said, str) else said


def name_beyond(message: Mapping[str, Any], unspoken: Names) -> None:
    """Note the name of who speaks, which no vendor but OpenAI has; a tool's name is said by its call as well."""
    if message.get("name") and message["role"] not in {"tool", "function"}:
        unspoken.add("messages.name")


def limit(case: Case) -> int | None:
    """Give the most tokens that a case asks for, by its new name or its old one."""
    found = case.get("max_completion_tokens")
    return case.get("max_tokens") if found is None else found
