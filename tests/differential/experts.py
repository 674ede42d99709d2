"""An expert's call beside ours, for the SDKs that speak a dialect of their own: bodies by what they mean, and what was
left out by name.

An expert is a module with `asked` (arguments for a case and the names the vendor has no words for), `send` and
`meaning` (a body without what is only spelling).
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any, Final, Protocol

from tests.differential.corpus import CASES, Case
from tests.differential.openai_shape import Impossible, Names, plain
from tests.differential.wire import Difference, Sent, Wire, differences

import aigw

STREAMED: Final = tuple(
    replace(case, name=f"streamed: {case.name}", params={**case.params, "stream": True})
    for case in CASES[::6]
    if "stream" not in case.params
)
"""A sample of the corpus, asked for as streams."""

EMBEDDED: Final[Mapping[str, dict[str, Any]]] = {
    "one text": {"input": "Hi"},
    "a list of one": {"input": ["naïve 日本語\u2028"]},
    "several texts": {"input": ["a", "b", "a"]},
    "dimensions": {"input": ["a", "b"], "dimensions": 256},
    "dimensions of one": {"input": "a", "dimensions": 256},
    "numbers": {"input": "Hi", "encoding_format": "float"},
    "base64": {"input": "Hi", "encoding_format": "base64"},
    "a question": {"input": "Hi", "input_type": "search_query"},
}
"""Calls of `embeddings.create`, whose caller does not name the model; `input_type` is everybody's but OpenAI's."""

_DROPPED: Final = re.compile(r"dropped: (?!a )(\S+)")
_PLACE: Final = re.compile(r"\[\d+\]")


class Expert(Protocol):
    """A module that knows a vendor's documentation."""

    def asked(self, case: dict[str, Any], model: str) -> tuple[dict[str, Any], Names]:
        """Give the SDK's arguments, and the names that the vendor has no words for."""

    def send(self, made: Any, arguments: dict[str, Any], *, stream: bool) -> None:
        """Ask by the SDK's client."""

    def meaning(self, body: Any) -> Any:
        """Give a body without what is only spelling."""


def found(
    wire: Wire, kind: str, model: str, expert: Expert, client: Any, **provider: object
) -> Iterator[tuple[str, Difference]]:
    """Give every difference between our calls (with *provider* in the manifest) and the *expert*'s by *client*."""
    for case in (*CASES, *STREAMED):
        before = json.dumps(case.arguments)
        ours = wire.ours(kind, case, model, **provider)
        assert before == json.dumps(case.arguments)
        theirs, names = _theirs(wire, case, model, expert, client)
        yield from ((case.name, one) for one in differences(_meant(ours, expert), _meant(theirs, expert)))
        left_out = sorted({_PLACE.sub("", name) for note in ours.notes for name in _DROPPED.findall(note)})
        if not theirs.refused and left_out != sorted(names):
            yield case.name, Difference("left out", json.dumps(left_out), json.dumps(sorted(names)))


def embedded(
    wire: Wire, kind: str, model: str, expert: Callable[[dict[str, Any]], object], **provider: object
) -> Iterator[tuple[str, Difference]]:
    """Give every difference between our embeddings and those that *expert* asks for."""
    for name, said in EMBEDDED.items():
        extra = {"extra_body": {"input_type": said["input_type"]}} if "input_type" in said else {}
        asked = {key: value for key, value in said.items() if key != "input_type"} | extra
        ours = wire.through(kind, _embed(model, asked), **provider)
        theirs = wire.theirs(partial(expert, said), ValueError)
        yield from ((f"{model}: {name}", one) for one in differences(ours, theirs))


def _embed(model: str, asked: dict[str, Any]) -> Callable[[aigw.Gateway], object]:
    return lambda gateway: gateway.embeddings.create(model=f"upstream/{model}", **asked)


def _theirs(wire: Wire, case: Case, model: str, expert: Expert, client: Any) -> tuple[Sent, Names]:
    said = plain(deepcopy(case.arguments))
    try:
        arguments, names = expert.asked(said, model)
    except Impossible as error:
        return Sent(refused=f"impossible: {error}"), Names()
    return wire.theirs(_call(expert, client, arguments, stream=bool(said.get("stream"))), ValueError), names


def _call(expert: Expert, client: Any, arguments: dict[str, Any], *, stream: bool) -> Callable[[], None]:
    return lambda: expert.send(client, arguments, stream=stream)


def _meant(sent: Sent, expert: Expert) -> Sent:
    return replace(sent, body=expert.meaning(sent.body))
