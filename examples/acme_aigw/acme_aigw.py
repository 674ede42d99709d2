"""Acme's models for aigw: a kind, and an adapter for the dialect it speaks.

The dialect: `POST /generate {"model", "turns": [{"who", "says"}], "limit"?, "live"?}` is answered by
`{"says", "why": "done" | "limit", "read", "wrote"}`, or with `live` by lines of JSON: `{"says"}` for each piece, and
the rest at the end. A refusal is `{"fault": {"kind", "about"}}`.
"""

import json
from collections.abc import Mapping, Sequence

from aigw.errors import APIConnectionError, APIError, APIResponseValidationError, APIStatusError
from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.failures import refusal
from aigw.providers.writing import encoded, headers, refuse
from aigw.types.events import (
    Answer,
    AnswerChoice,
    Broken,
    ChoiceEnded,
    Ended,
    Event,
    FinishReason,
    Started,
    TextDelta,
    UsageReported,
)
from aigw.types.json import JsonObject, as_int, as_object, as_text
from aigw.types.kind import Kind
from aigw.types.operation import Operation
from aigw.types.parts import Reasoning, Text, ToolCall, ToolResult
from aigw.types.request import Message, Request
from aigw.types.usage import Usage
from aigw.wire import HttpRequest, HttpResponse

DIALECT = "acme-turns"
ENDS = {"done": FinishReason.STOP, "limit": FinishReason.LENGTH}
SPOKEN = (Text, Reasoning, ToolCall, ToolResult)


class AcmeTurns:
    """Writes and reads Acme's dialect. Everything here is pure: bytes in, canonical types out."""

    dialect = DIALECT
    operation = Operation.CHAT

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:  # noqa: ARG002 - all models are alike
        """Name what Acme has no word for: everything but text and a limit."""
        names = [name for name in (*request.params, *request.other) if name != "max_tokens"]
        names += (
            f"messages[{index}].{type(part).__name__.lower()}"
            for index, message in enumerate(request.messages)
            for part in message.parts
            if not isinstance(part, SPOKEN)
        )
        return tuple(names)

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write the turns. What `unsupported` names is refused, or dropped with a note."""
        notes: list[str] = []
        refuse(self.unsupported(request, target), target, notes)
        body: dict[str, object] = {"model": target.model, "turns": [turn(message) for message in request.messages]}
        if "max_tokens" in request.params:
            body["limit"] = request.params["max_tokens"]
        if request.stream:
            body["live"] = True
        url = f"{target.provider.base_url}/generate"
        said = encoded(body, target.provider.name)
        return Outgoing(HttpRequest("POST", url, headers(target, stream=request.stream), said), tuple(notes))

    def read(self, response: HttpResponse, target: Target, request: Request) -> Answer:  # noqa: ARG002 - reads alike
        """Read a whole answer. Raises `APIResponseValidationError` for what is none."""
        try:
            body = as_object(response.json())
        except ValueError:
            body = {}
        text = as_text(body.get("says"))
        if text is None:
            message = f"{target.provider.name} answered without `says`."
            raise APIResponseValidationError(message, response=response, provider=target.provider.name)
        return Answer((AnswerChoice((Text(text),), finish(body)),), usage(body), model=target.model)

    def decoder(self, target: Target, request: Request) -> "Lines":  # noqa: ARG002 - reads alike for all
        """Make a decoder for one stream."""
        return Lines(target)

    def error(self, response: HttpResponse, target: Target) -> APIStatusError:
        """Map a refusal by its status and, where it says more, by its kind of fault."""
        try:
            fault = as_object(as_object(response.json()).get("fault"))
        except ValueError:
            fault = {}
        said = {"error": {"message": fault.get("about"), "code": fault.get("kind")}}
        known = HttpResponse(response.status_code, response.headers, json.dumps(said).encode()) if fault else response
        return refusal(known, target.provider)


class Lines:
    """Decodes a stream: any split of its bytes gives the same events, and only the last line ends it well."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._rest = b""
        self._begun = False
        self._over = False

    def feed(self, data: bytes) -> Sequence[Event]:
        """Give the events of the lines that *data* completes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        events: list[Event] = []
        for line in lines:
            try:
                body = as_object(json.loads(line)) if line.strip() else {}
            except (ValueError, RecursionError):
                return [*events, self._broken("a line that is not JSON")]
            events += self._line(body)
        return events

    def end(self) -> Sequence[Event]:
        """Say that a stream without its last line is cut."""
        return () if self._over else (self._broken("no last line"),)

    def _line(self, body: JsonObject) -> list[Event]:
        if self._over or not body:
            return []
        events: list[Event] = [] if self._begun else [Started(model=self._target.model)]
        self._begun = True
        text = as_text(body.get("says"))
        if text:
            events.append(TextDelta(text))
        if "why" in body:
            self._over = True
            events += [ChoiceEnded(finish(body)), UsageReported(usage(body)), Ended()]
        return events

    def _broken(self, what: str) -> Broken:
        name = self._target.provider.name
        error: APIError = APIConnectionError(f"{name} broke off its answer: {what}.")
        error.provider = name
        return Broken(error)


def turn(message: Message) -> Mapping[str, object]:
    """Write one message as a turn; what tools were asked and said is told in words."""
    said: list[str] = []
    for part in message.parts:
        if isinstance(part, Text):
            said.append(part.text)
        elif isinstance(part, ToolCall):
            said.append(f"[asked {part.name}: {part.arguments}]")
        elif isinstance(part, ToolResult):
            said += (f"[was told: {piece.text}]" for piece in part.content if isinstance(piece, Text))
    return {"who": message.role, "says": "\n".join(said)}


def finish(body: JsonObject) -> FinishReason:
    """Map Acme's word for why an answer ended."""
    return ENDS.get(as_text(body.get("why")) or "", FinishReason.STOP)


def usage(body: JsonObject) -> Usage:
    """Read what was counted."""
    return Usage(input=max(0, as_int(body.get("read")) or 0), output=max(0, as_int(body.get("wrote")) or 0))


class Plugin:
    """What the entry point names."""

    kinds: Mapping[str, Kind] = {
        "acme": Kind(
            name="acme",
            dialect=DIALECT,
            title="Acme",
            base_url="https://llm.acme.example",
            key_env=("ACME_API_KEY",),
            auth="x-api-key",
        )
    }

    def adapter(self, dialect: str) -> AcmeTurns | None:
        """Give the adapter for *dialect*, if it is Acme's."""
        return AcmeTurns() if dialect == DIALECT else None


plugin = Plugin()
