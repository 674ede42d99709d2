"""Write a request in Bedrock's Converse dialect.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from functools import lru_cache
from typing import Final, cast
from urllib.parse import quote

from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.bedrock import messages as bedrock_messages
from aigw.providers.bedrock import params as bedrock_params
from aigw.providers.bedrock.media import DIALECT
from aigw.providers.bedrock.messages import Turns, turns_of
from aigw.providers.bedrock.names import answer_tool
from aigw.providers.canonical import PLAIN, kinds_of, laid_over, parameters, speakers
from aigw.providers.wordings import Wordings
from aigw.providers.writing import ReadyObject, encoded, endpoint, headers, joined, once, refuse
from aigw.types.json import JsonObject, as_object
from aigw.types.parts import Part, Text, ToolResult
from aigw.types.request import Message, Params, Request
from aigw.wire import HttpRequest

_STREAM: Final = (("accept", "application/vnd.amazon.eventstream"),)


def _beyond(said: Params, beside: JsonObject, target: Target) -> list[str]:
    return bedrock_params.beyond(*laid_over(said, beside, target, []), target.model)


def _written(
    said: Params, beside: JsonObject, target: Target, left_out: frozenset[str], notes: list[str]
) -> JsonObject:
    params, other = laid_over(said, beside, target, [])
    body = bedrock_params.written(params, other, target.model, left_out, notes)
    answer = None if "response_format" in left_out else answer_tool(said, target)
    body["toolConfig"] = ReadyObject(bedrock_params.tool_config(params, left_out, answer, notes))
    return body


_PARAMS: Final = Wordings(_beyond, _written)


@once
def unsupported(request: Request, target: Target) -> tuple[str, ...]:
    """Name what of *request* Bedrock, or the target's model, cannot express."""
    if request.dialect == DIALECT:
        return ()
    names = [*_PARAMS.beyond(request, target)]
    names += speakers(request.messages)
    if not kinds_of(request.messages) <= PLAIN:
        for index, message in enumerate(request.messages):
            names += bedrock_messages.beyond(message, f"messages[{index}]")
    return tuple(dict.fromkeys(names)) if names else ()


def write(request: Request, target: Target) -> Outgoing:
    """Write *request*. Raises `UnsupportedParameterError`, or drops with a note, as the manifest says."""
    notes: list[str] = []
    body = body_of(request, target, notes)
    outgoing = HttpRequest(
        "POST",
        url(target, "converse-stream" if request.stream else "converse"),
        headers(target, stream=request.stream, own=_STREAM if request.stream else ()),
        _encoded(body, target.provider.name),
    )
    return Outgoing(outgoing, tuple(notes))


def _encoded(body: dict[str, object], provider: str) -> bytes:
    """Write *body* as JSON, and the tools in it, which may be written already, by themselves."""
    config = body.get("toolConfig")
    if type(config) is not ReadyObject or config.json is None:
        return encoded(body, provider)
    rest = {name: value for name, value in body.items() if name != "toolConfig"}
    return joined(encoded(rest, provider), "toolConfig", config.json)


def url(target: Target, action: str) -> str:
    """Give the address of *action* for the target's model; ids and ARNs are one step of its path."""
    return _address(target.provider.base_url, target.model, action)


@lru_cache(maxsize=256)
def _address(base_url: str, model: str, action: str) -> str:
    return endpoint(base_url, f"/model/{quote(model, safe='')}/{action}")


def body_of(request: Request, target: Target, notes: list[str]) -> dict[str, object]:
    """Give the body for *target*, with a note for each thing that is not as the caller said. Raises as `write`."""
    left_out = refuse(unsupported(request, target), target, notes)
    if request.dialect == DIALECT and not request.edited:
        return {**request.verbatim, **target.params}
    params, other = parameters(request, target, notes)
    conversation = turns_of(_allowed(request.messages, left_out), target.model)
    notes.extend(conversation.notes)
    body: dict[str, object] = {"messages": conversation.messages}
    if conversation.system:
        body["system"] = conversation.system
    body.update(_PARAMS.written(request, target, left_out, notes))
    if target.unsupported == "pass":
        _pass_on(body, params, other, target.model)
    config = _of_history(as_object(body.pop("toolConfig")), params, conversation, notes)
    if config:
        body["toolConfig"] = config
    return body


def _pass_on(body: dict[str, object], params: Params, other: JsonObject, model: str) -> None:
    """Hand on what Bedrock has no word for to the model, which may have one."""
    unknown = frozenset(bedrock_params.beyond(params, other, model)) - {"tools", "tool_choice", "response_format"}
    more = {name: value for name, value in {**other, **params}.items() if name in unknown}
    if more:
        body["additionalModelRequestFields"] = {
            **more,
            **cast("JsonObject", body.get("additionalModelRequestFields", {})),
        }


def _of_history(tools: JsonObject, params: Params, conversation: Turns, notes: list[str]) -> JsonObject:
    """Give the tools to send. Bedrock has no word for none of them, and wants those of the history declared."""
    none = params.get("tool_choice") == "none" and "toolChoice" not in tools
    if tools and not none:
        return tools
    blocks = (block for turn in conversation.messages for block in turn["content"])
    calls = (as_object(block.get("toolUse")) for block in blocks)
    names = dict.fromkeys(call["name"] for call in calls if call.get("name") and "type" not in call)
    if tools and none:
        if names:
            notes.append("weakened: tool_choice (bedrock has no `none`, and the history needs the tools declared)")
            return tools
        notes.append("left out: tools (tool_choice is none)")
        return {}
    if tools or not names:
        return tools
    notes.append("added: tools of the history (bedrock wants them declared)")
    declared = [{"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}} for name in names]
    return {"tools": declared}


def _allowed(messages: tuple[Message, ...], left_out: frozenset[str]) -> tuple[Message, ...]:
    """Give *messages* without the parts that are to be dropped."""
    if not any(name.startswith("messages[") for name in left_out):
        return messages
    return tuple(message.edit(tuple(_kept(message))) for message in messages)


def _kept(message: Message) -> list[Part]:
    kept: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolResult):
            pieces = tuple(piece for piece in part.content if _is_expressible(piece, message))
            kept.append(ToolResult(part.call_id, pieces or (Text("(left out)"),), part.is_error, part.extra))
        elif _is_expressible(part, message):
            kept.append(part)
    return kept


def _is_expressible(part: Part, message: Message) -> bool:
    return not any(bedrock_messages.beyond(Message(message.role, (part,)), ""))
