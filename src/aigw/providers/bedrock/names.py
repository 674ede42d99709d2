"""Tool names and call ids in the letters Bedrock allows, and back: callers see the names they gave.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolSpecification.html
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.providers.bedrock.models import format_way
from aigw.types.json import as_object, as_text
from aigw.types.parts import ToolCall
from aigw.types.request import Params, Request

_MADE: Final = re.compile(r"_[0-9a-f]{12}\Z")
"""How names end that were changed."""

_LONGEST: Final = 64
_NAME: Final = re.compile(rf"[a-zA-Z0-9_-]{{1,{_LONGEST}}}")
_ID: Final = re.compile(rf"[a-zA-Z0-9_.:-]{{1,{_LONGEST}}}")


@lru_cache(maxsize=256)
def legal_name(name: str) -> str:
    """Give a tool's *name* in the letters Bedrock allows: the same name always becomes the same one."""
    return name if _NAME.fullmatch(name) else _legal(name, r"[^a-zA-Z0-9_-]")


def legal_id(call_id: str) -> str:
    """Give *call_id* in the letters Bedrock allows: the same id always becomes the same one."""
    # Most ids are identifiers, and to ask that takes a quarter of what the expression does.
    if len(call_id) <= _LONGEST and call_id.isascii() and call_id.isidentifier():
        return call_id
    return call_id if _ID.fullmatch(call_id) else _legal(call_id, r"[^a-zA-Z0-9_.:-]")


def _legal(text: str, illegal: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
    return f"{re.sub(illegal, '_', text)[:48]}_{digest}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What reading an answer has to know of its request: names that were changed, and the tool that is the answer."""

    request: Request
    answer_tool: str | None = None

    def name(self, said: str) -> str:
        """Give the caller's own name of the tool that Bedrock calls *said*."""
        if _MADE.search(said) is None:
            return said
        return next((name for name in _names(self.request) if legal_name(name) == said), said)


def asked(request: Request, target: Target) -> Asked:
    """Find what *request* means for reading its answer."""
    return Asked(request, answer_tool(request.params, target))


def _names(request: Request) -> Iterator[str]:
    """Give the names of the tools that are offered, and of those that were called."""
    yield from (as_text(as_object(tool.get("function")).get("name")) or "" for tool in request.params.get("tools", ()))
    yield from (part.name for message in request.messages for part in message.parts if isinstance(part, ToolCall))


def answer_tool(params: Params, target: Target) -> str | None:
    """Give the name of the tool by which *target* is held to the schema asked for, or None where it is not by one."""
    form = as_object(params.get("response_format"))
    if form.get("type") != "json_schema" or format_way(target.model) != "tool":
        return None
    return legal_name(as_text(as_object(form.get("json_schema")).get("name")) or "answer")
