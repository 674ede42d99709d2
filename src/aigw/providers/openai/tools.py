"""How many tools a host of OpenAI's dialect takes and what they may be called, as its row says, before it is asked."""

import re
from functools import lru_cache
from typing import Final

from aigw.errors import UnsupportedParameterError
from aigw.manifest.snapshot import Target
from aigw.types.json import as_array, as_object, as_text
from aigw.types.kind import ToolLimits
from aigw.types.request import Params

_USELESS_ALONE: Final = ("tools", "tool_choice", "parallel_tool_calls")


def beyond_limits(params: Params, limits: ToolLimits) -> list[str]:
    """Name the tools past the most that a host takes (`tools[128:]`), and those of a name it refuses (`tools[3]`)."""
    tools = params.get("tools", ())
    most, pattern = limits.most, limits.name
    names = [f"tools[{most}:]"] if most is not None and len(tools) > most else []
    if pattern is not None:
        fits = _compiled(pattern).fullmatch
        names += (
            f"tools[{index}]"
            for index, tool in enumerate(tools)
            if tool.get("type") == "function" and not fits(as_text(as_object(tool.get("function")).get("name")) or "")
        )
    return names


def take_out(body: dict[str, object], left_out: frozenset[str], target: Target) -> None:
    """Take the tools that are *left_out* from *body*.

    Raises `UnsupportedParameterError` where there are too many: nobody but the caller can say which the call can do
    without, so `drop` does not help there.
    """
    tools = as_array(body.get("tools"))
    most = target.provider.kind.quirks.tool_limits.most
    if f"tools[{most}:]" in left_out:
        message = (
            f"{target.id} takes at most {most} tools, and the call has {len(tools)}. Offer fewer, choose another "
            f"target, or set `unsupported: pass` for provider {target.provider.name!r} in the manifest."
        )
        raise UnsupportedParameterError(
            message,
            param="tools",
            code="unsupported_parameter",
            type="invalid_request_error",
            provider=target.provider.name,
        )
    kept = [tool for index, tool in enumerate(tools) if f"tools[{index}]" not in left_out]
    if len(kept) < len(tools):
        keep(body, kept)


def keep(body: dict[str, object], kept: list[object]) -> None:
    """Leave *body* with the tools that are *kept*, and with no word about tools where none are."""
    body["tools"] = kept
    if not kept:
        for name in _USELESS_ALONE:
            body.pop(name, None)


@lru_cache(maxsize=16)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
