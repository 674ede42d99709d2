"""`aigw chat`: ask a model and print its answer as it arrives."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from aigw.cli.gateway import gateway_for, only_model, warn_of_trouble
from aigw.cli.parsing import Arguments
from aigw.cli.sources import STANDARD_INPUT
from aigw.cli.terminal import Terminal
from aigw.errors import ConfigurationError
from aigw.record import Record
from aigw.types.chat import ChatCompletion
from aigw.types.chat_chunk import ChatCompletionChunk

if TYPE_CHECKING:
    from aigw.client import Gateway


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Print the answer, then a line about the call. Raises what the call raises, once what had come is printed."""
    messages = _messages(arguments)
    with gateway_for(arguments.manifest) as gateway:
        model = arguments.model or only_model([model.id for model in gateway.models.list()])
        if arguments.stream and not arguments.json:
            record = _streamed(gateway, model, messages, terminal)
        else:
            completion = gateway.chat.completions.create(model=model, messages=messages)
            record = completion.aigw
            _print(completion, arguments, terminal)
        warn_of_trouble(gateway.manifest.status(), terminal)
    if not arguments.json:
        terminal.err.line(summary(record), "dim")
    return 0


def summary(record: Record) -> str:
    """Say in one line how a call went: target, attempts, tokens, time."""
    parts = [record.target or "nobody", f"{len(record.attempts)} attempt{'s' if len(record.attempts) != 1 else ''}"]
    if record.usage is not None:
        about = "about " if record.usage.estimated else ""
        parts.append(f"{about}{record.usage.prompt_tokens} + {record.usage.completion_tokens} tokens")
    parts.append(f"{record.latency_s * 1000:.0f} ms")
    if record.finish_reason not in (None, "stop"):
        parts.append(f"finished by {record.finish_reason}")
    return ", ".join(parts)


def _messages(arguments: Arguments) -> list[dict[str, str]]:
    said = _standard_input() if arguments.text == STANDARD_INPUT else arguments.text
    system = [] if arguments.system is None else [{"role": "system", "content": arguments.system}]
    return [*system, {"role": "user", "content": said}]


def _standard_input() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        message = f"Standard input is not {error.encoding}; convert it first."
        raise ConfigurationError(message) from None


def _streamed(gateway: "Gateway", model: str, messages: list[dict[str, str]], terminal: Terminal) -> Record:
    options = {"include_usage": True}
    stream = gateway.chat.completions.create(model=model, messages=messages, stream=True, stream_options=options)
    with stream:
        _print_as_it_comes(stream, terminal)
    return stream.aigw


def _print_as_it_comes(chunks: Iterable[ChatCompletionChunk], terminal: Terminal) -> None:
    """Print the text of *chunks*. However they end, what follows begins on a line of its own."""
    last = ""
    try:
        for chunk in chunks:
            for choice in chunk.choices:
                said = choice.delta.content or choice.delta.refusal
                if said:
                    terminal.out.write(said)
                    last = said
    finally:
        if not last.endswith("\n"):
            terminal.out.line()


def _print(completion: ChatCompletion, arguments: Arguments, terminal: Terminal) -> None:
    message = completion.choices[0].message
    if arguments.json:
        terminal.out.json({"completion": completion.to_dict(mode="json"), "record": completion.aigw.as_dict()})
        return
    said = message.content or message.refusal or ""
    terminal.out.write(said if said.endswith("\n") else f"{said}\n")
