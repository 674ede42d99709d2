"""Turn a reply into a transmission: what is said is told in a dialect, and faults do their work on the steps."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, assert_never

from aigw.testing.dialect import Asked, Dialect, SseEvent, Trouble, say
from aigw.testing.openai import dumps
from aigw.testing.replies import (
    CutAt,
    Drip,
    ErrorEvent,
    Fault,
    Hang,
    Html,
    HugeError,
    InvalidUtf8,
    MalformedFrame,
    Raw,
    RawStream,
    Reasoning,
    Refusal,
    Reply,
    Reset,
    ResetAt,
    Saying,
    SseStyle,
    StallAt,
    Status,
    Styled,
    Text,
    ToolCalls,
    Truncated,
    WrongUsage,
)
from aigw.testing.transmission import Drop, Frame, Hold, Pause, Step, Transmission

_JSON: Final = ("content-type", "application/json")
_SSE: Final = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))
_STAND_IN: Final = "\ue000"
_PAGE: Final = (
    "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1><hr><p>edge proxy</p></body></html>\n"
)


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders replies for one request in one dialect."""

    dialect: Dialect
    asked: Asked

    def render(self, reply: Reply) -> Transmission:
        """Give what goes over the wire for *reply*."""
        match reply:
            case Text() | ToolCalls() | Refusal() | Reasoning():
                told = self._say(reply)
            case Raw():
                told = Transmission(status=reply.status, headers=_pairs(reply.headers), steps=(Frame(reply.body),))
            case RawStream():
                told = self._replay(reply)
            case Status():
                told = self._refuse(reply)
            case Html():
                page = Frame(_PAGE.format(f"Status {reply.status}").encode())
                told = Transmission(status=reply.status, headers=(("content-type", "text/html"),), steps=(page,))
            case HugeError():
                told = self.trouble(Trouble(status=reply.status, message="x" * reply.size))
            case InvalidUtf8():
                told = _with_bad_byte(self._say(Text(f"This is not {_STAND_IN} text.")))
            case Reset():
                told = Transmission(before=(Drop(reset=True),))
            case _:
                told = self._spoil(reply)
        return told

    def trouble(self, trouble: Trouble, headers: tuple[tuple[str, str], ...] = ()) -> Transmission:
        """Give an error in the dialect."""
        body = dumps(self.dialect.error(trouble, self.asked.number)).encode()
        told = (_JSON, *self.dialect.headers(self.asked.number, answered=False), *headers)
        return Transmission(status=trouble.status, headers=told, steps=(Frame(body),))

    def _say(self, what: Saying) -> Transmission:
        said = say(what, self.asked)
        told = self.dialect.headers(self.asked.number, answered=True)
        if not self.asked.stream:
            body = Frame(dumps(self.dialect.plain(said, self.asked)).encode())
            return Transmission(headers=(_JSON, *told), steps=(body,))
        events = self.dialect.events(said, self.asked)
        frames = _frames(events, self.asked.style, self.dialect.ping())
        size = self.asked.style.write_size
        return Transmission(headers=(*_SSE, *told), steps=tuple(frames), streamed=True, write_size=size)

    def _replay(self, reply: RawStream) -> Transmission:
        frames = tuple(Frame(chunk, content=True) for chunk in reply.chunks)
        pairs, size = _pairs(reply.headers), self.asked.style.write_size
        return Transmission(status=reply.status, headers=pairs, steps=frames, streamed=True, write_size=size)

    def _refuse(self, reply: Status) -> Transmission:
        hints = {
            "retry-after": reply.retry_after,
            "retry-after-ms": reply.retry_after_ms,
            "x-should-retry": None if reply.should_retry is None else str(reply.should_retry).lower(),
        }
        headers = [(name, _plainly(hint)) for name, hint in hints.items() if hint is not None]
        trouble = Trouble(status=reply.status, type=reply.type, code=reply.code, message=reply.message)
        return self.trouble(trouble, (*headers, *_pairs(reply.headers)))

    def _spoil(self, fault: Fault) -> Transmission:
        match fault:
            case Styled():
                return self._asking(replace(self.asked, style=fault.style)).render(fault.reply)
            case WrongUsage():
                return self._asking(replace(self.asked, usage_fault=fault.fault)).render(fault.reply)
            case Hang():
                whole = self.render(fault.reply)
                return replace(whole, before=(Hold(fault.until), *whole.before))
            case Drip():
                whole = self.render(fault.reply)
                return replace(whole, steps=tuple(_dripping(whole, fault.delay_s)))
            case ErrorEvent():
                return self._broken_off(fault)
            case CutAt() | ResetAt() | StallAt() | MalformedFrame() | Truncated():
                return self._broken(fault)
            case _:
                assert_never(fault)

    def _asking(self, asked: Asked) -> "Renderer":
        return Renderer(self.dialect, asked)

    def _broken(self, fault: CutAt | ResetAt | StallAt | MalformedFrame | Truncated) -> Transmission:
        whole = self.render(fault.reply)
        token = _tokens(whole.steps) if isinstance(fault, Truncated) else fault.token
        head, tail = _divide(whole, token)
        whole = replace(whole, length=_length(whole))
        match fault:
            case CutAt() if whole.streamed and fault.clean:
                return replace(whole, steps=head, close=True)
            case CutAt():
                return replace(whole, steps=(*head, Drop()))
            case ResetAt():
                return replace(whole, steps=(*head, Drop(reset=True)))
            case StallAt():
                return replace(whole, steps=(*head, Hold(fault.until), *tail))
            case MalformedFrame():
                spoilt = _unclosed(whole, self.asked.style) if whole.streamed else Frame(b'"broken')
                return replace(whole, steps=(*head, spoilt, *tail), length=None)
            case Truncated():
                return _truncated(whole, head, honest=fault.honest_length)
            case _:
                assert_never(fault)

    def _broken_off(self, fault: ErrorEvent) -> Transmission:
        whole = self.render(fault.reply)
        trouble = Trouble(status=self.dialect.overloaded, type=fault.type, code=fault.code, message=fault.message)
        if not whole.streamed:
            return replace(self.trouble(trouble), status=200)
        head, _ = _divide(whole, fault.token)
        event = _encode(self.dialect.error_event(trouble, self.asked.number), self.asked.style)
        return replace(whole, steps=(*head, Frame(event)), close=True)


def _pairs(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(headers.items())


def _plainly(hint: float | str) -> str:
    return str(int(hint)) if isinstance(hint, float) and hint.is_integer() else str(hint)


def _frames(events: Iterable[SseEvent], style: SseStyle, ping: SseEvent | None) -> Iterator[Frame]:
    encoded = [(_encode(event, style), event.content) for event in events]
    before = b"" if style.comment is None else f": {style.comment}{style.newline * 2}".encode()
    if style.pings and ping is not None:
        before += _encode(ping, style)
    for place, (data, content) in enumerate(encoded):
        if before:
            yield Frame(b"\xef\xbb\xbf" + before if style.bom and not place else before)
        last = place == len(encoded) - 1 and not style.last_blank_line
        told = data.removesuffix(style.newline.encode()) if last else data
        yield Frame(b"\xef\xbb\xbf" + told if style.bom and not place and not before else told, content)


def _encode(event: SseEvent, style: SseStyle) -> bytes:
    colon = ": " if style.space else ":"
    spread = style.multiline and event.data.startswith("{")
    lines = [] if event.event is None else [f"event{colon}{event.event}"]
    data = json.dumps(json.loads(event.data), ensure_ascii=False, indent=1) if spread else event.data
    lines += [f"data{colon}{part}" for part in data.split("\n")]
    return style.newline.join([*lines, "", ""]).encode()


def _tokens(steps: tuple[Step, ...]) -> int:
    return sum(isinstance(step, Frame) and step.content for step in steps)


def _length(whole: Transmission) -> int | None:
    """Give the length of the undisturbed body, which a broken one still announces."""
    if whole.streamed or whole.length is not None:
        return whole.length
    return sum(len(step.data) for step in whole.steps if isinstance(step, Frame))


def _divide(whole: Transmission, token: int) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Divide the steps after *token* tokens (0: before the first), or a body that is not streamed in its middle."""
    if not whole.streamed:
        return _halves(whole.steps)
    places = [place for place, step in enumerate(whole.steps) if isinstance(step, Frame) and step.content]
    if not places:
        return whole.steps[:1], whole.steps[1:]
    cut = places[0] if token <= 0 else places[min(token, len(places)) - 1] + 1
    return whole.steps[:cut], whole.steps[cut:]


def _halves(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    for place, step in enumerate(steps):
        if isinstance(step, Frame):
            middle = len(step.data) // 2
            left, right = Frame(step.data[:middle], step.content), Frame(step.data[middle:], step.content)
            return (*steps[:place], left), (right, *steps[place + 1 :])
    return steps, ()


def _dripping(whole: Transmission, delay_s: float) -> Iterator[Step]:
    first, second = ((), whole.steps) if whole.streamed else _halves(whole.steps)
    for step in (*first, *second):
        if isinstance(step, Frame):
            yield Pause(delay_s)
        yield step


def _unclosed(whole: Transmission, style: SseStyle) -> Frame:
    """Copy the first token's frame without the brace that closes its JSON."""
    frames = [step for step in whole.steps if isinstance(step, Frame)]
    model = next((frame for frame in frames if frame.content), frames[0])
    return Frame(model.data.rstrip(b"\r\n")[:-1] + style.newline.encode() * 2)


def _truncated(whole: Transmission, head: tuple[Step, ...], *, honest: bool) -> Transmission:
    """End inside the last token of a stream, or in the middle of a body."""
    kept = _halves(head[-1:])[0] if whole.streamed else ()
    steps = (*head[:-1], *kept) if whole.streamed else head
    if not honest:
        return replace(whole, steps=(*steps, Drop()))
    return replace(whole, steps=steps, length=None, close=whole.streamed)


def _with_bad_byte(whole: Transmission) -> Transmission:
    bad = _STAND_IN.encode()
    steps = tuple(
        Frame(step.data.replace(bad, b"\xff"), step.content) if isinstance(step, Frame) else step
        for step in whole.steps
    )
    return replace(whole, steps=steps)
