"""What the fuzzers share: how long they run, and how bytes and documents are spoilt.

In the suite each claim is tried a few dozen times. `nox -s fuzz -- --seconds 600` sets AIGW_FUZZ_SECONDS, and each
claim is then tried over and over, with new examples, until its share of that time is used up.
"""

import copy
import os
import time
from collections.abc import Callable
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

CLAIMS: Final = 7
"""How many claims share the time."""

SECONDS: Final = float(os.environ.get("AIGW_FUZZ_SECONDS", "0"))
EXAMPLES: Final = 60 if SECONDS == 0 else 200

TOKENS: Final = [
    *(mark.encode() for mark in "{}[]\"':,\\\n\té\u2028"),
    *(b"  ", b"- ", b"? ", b"# ", b"---\n", b"...\n", b"|\n", b">\n", b"&a ", b"*a", b"<<: *a", b"%YAML 1.1\n"),
    *(b"!!python/object:os.system ", b"!!binary ", b"{{", b"<!doctype html>", b"[" * 64, b'{"a":' * 64),
    *(b"NaN", b"-Infinity", b"1e999", b"-0", b"0x1f", b"9" * 400, b"null", b"true", b"~"),
    *(b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"\\u0000"),
]


def whole_numbers() -> SearchStrategy[int]:
    return st.integers() | st.sampled_from([0, -1, 2**31, 2**53 - 1, 2**53, 2**63, 10**20, 10**400])


def json_values() -> SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | whole_numbers() | st.floats(allow_nan=False) | st.text(max_size=20)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
        max_leaves=10,
    )


@st.composite
def spoilt_bytes(draw: st.DrawFn, good: bytes) -> bytes:
    """Give *good* with up to eight stretches of it cut, doubled or overwritten."""
    content = good
    for _ in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 24)))
        middle = draw(st.sampled_from([b"", content[start:end] * 2, *TOKENS]) | st.binary(max_size=6))
        content = content[:start] + middle + content[end:]
    return content


@st.composite
def spoilt_json(draw: st.DrawFn, good: Any) -> Any:
    """Give *good*, decoded JSON, with up to four of its values changed, renamed, moved or taken away."""
    data = {"": copy.deepcopy(good)}
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(data))
        holder, step = draw(st.sampled_from(places))
        other, there = draw(st.sampled_from(places))
        choice = draw(st.sampled_from(["change", "copy", "drop", "rename"]))
        if choice == "change":
            holder[step] = draw(json_values())
        elif choice == "copy":
            holder[step] = copy.deepcopy(other[there])
        elif step == "":
            continue
        elif choice == "rename" and isinstance(holder, dict):
            holder[draw(st.text(max_size=12))] = holder.pop(step)
        else:
            del holder[step]
    return data.get("")


def _places(node: Any) -> Any:
    for step in list(node) if isinstance(node, dict) else range(len(node)):
        yield node, step
        if isinstance(node[step], dict | list):
            yield from _places(node[step])


def fuzz(check: Callable[[Any], None], examples: SearchStrategy[Any]) -> None:
    """Try *check* on *examples* until its share of the time is used up, and once in any case."""
    rules = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    if SECONDS:
        rules = settings(rules, derandomize=False)  # in CI, hypothesis would try the same examples each time
    attempt = rules(given(examples)(check))
    end = time.monotonic() + SECONDS / CLAIMS
    attempt()
    while time.monotonic() < end:
        attempt()
