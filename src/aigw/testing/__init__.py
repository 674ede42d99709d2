"""The kit to test with: scripted providers over real HTTP, faults, a manifest server, a frozen clock, record capture.

Everything is loaded on first use, so that the pytest plugin beside it costs nothing in runs that do not use it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from aigw.testing.clock import FrozenClock
    from aigw.testing.http import Connections
    from aigw.testing.manifests import ManifestServer
    from aigw.testing.records import RecordCapture
    from aigw.testing.replies import (
        CutAt,
        Drip,
        ErrorEvent,
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
        SseStyle,
        StallAt,
        Status,
        Styled,
        Text,
        ToolCall,
        ToolCalls,
        Truncated,
        WrongUsage,
    )
    from aigw.testing.server import AnthropicServer, OpenAIServer, ProviderServer, Script
    from aigw.testing.transmission import Received

__all__ = [
    "AnthropicServer",
    "Connections",
    "CutAt",
    "Drip",
    "ErrorEvent",
    "FrozenClock",
    "Hang",
    "Html",
    "HugeError",
    "InvalidUtf8",
    "MalformedFrame",
    "ManifestServer",
    "OpenAIServer",
    "ProviderServer",
    "Raw",
    "RawStream",
    "Reasoning",
    "Received",
    "RecordCapture",
    "Refusal",
    "Reply",
    "Reset",
    "ResetAt",
    "Script",
    "SseStyle",
    "StallAt",
    "Status",
    "Styled",
    "Text",
    "ToolCall",
    "ToolCalls",
    "Truncated",
    "WrongUsage",
]

_HOMES: Final = {
    "AnthropicServer": "server",
    "Connections": "http",
    "FrozenClock": "clock",
    "ManifestServer": "manifests",
    "OpenAIServer": "server",
    "ProviderServer": "server",
    "Received": "transmission",
    "RecordCapture": "records",
    "Script": "server",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value: object = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'replies')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
