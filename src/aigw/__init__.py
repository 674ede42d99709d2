"""aigw, the in-process AI gateway: an OpenAI-shaped client whose every call passes one centrally published pipeline.

    import aigw

    gateway = aigw.Gateway(manifest="https://config.acme.internal/aigw/current.yaml")
    answer = gateway.chat.completions.create(model="summaries", messages=[{"role": "user", "content": "…"}])

Importing this module does nothing but define names: what they stand for is loaded when first used (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING

from aigw import errors
from aigw.errors import *  # noqa: F403 - its `__all__` is the list of public errors

if TYPE_CHECKING:
    from aigw.call import Attempt as Attempt
    from aigw.call import Candidate as Candidate
    from aigw.call import Outcome as Outcome
    from aigw.call import Principal as Principal
    from aigw.call import Timeouts as Timeouts
    from aigw.client import AsyncGateway as AsyncGateway
    from aigw.client import Gateway as Gateway
    from aigw.client import tags as tags
    from aigw.manifest.delivery.bounds import Trust as Trust
    from aigw.manifest.delivery.holder import ManifestStatus as ManifestStatus
    from aigw.record import Record as Record
    from aigw.sinks.jsonl import JsonLinesSink as JsonLinesSink
    from aigw.sinks.log import LogSink as LogSink
    from aigw.streams import AsyncStream as AsyncStream
    from aigw.streams import Stream as Stream
    from aigw.surfaces.chat.structured import pydantic_function_tool as pydantic_function_tool
    from aigw.types.chat import ChatCompletion as ChatCompletion
    from aigw.types.chat_chunk import ChatCompletionChunk as ChatCompletionChunk
    from aigw.types.chat_params import NOT_GIVEN as NOT_GIVEN
    from aigw.types.chat_params import Omit as Omit
    from aigw.types.chat_params import omit as omit
    from aigw.types.chat_parsed import ParsedChatCompletion as ParsedChatCompletion
    from aigw.types.usage import Usage as Usage

_HOMES = {
    "aigw.call": ("Attempt", "Candidate", "Outcome", "Principal", "Timeouts"),
    "aigw.client": ("AsyncGateway", "Gateway", "tags"),
    "aigw.manifest.delivery.bounds": ("Trust",),
    "aigw.manifest.delivery.holder": ("ManifestStatus",),
    "aigw.record": ("Record",),
    "aigw.sinks.jsonl": ("JsonLinesSink",),
    "aigw.sinks.log": ("LogSink",),
    "aigw.streams": ("AsyncStream", "Stream"),
    "aigw.types.chat": ("ChatCompletion",),
    "aigw.surfaces.chat.structured": ("pydantic_function_tool",),
    "aigw.types.chat_chunk": ("ChatCompletionChunk",),
    "aigw.types.chat_params": ("NOT_GIVEN", "Omit", "omit"),
    "aigw.types.chat_parsed": ("ParsedChatCompletion",),
    "aigw.types.usage": ("Usage",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted([*_HOME_OF, *errors.__all__])  # pyright: ignore[reportUnsupportedDunderAll]  # noqa: PLE0605 - one list


def __getattr__(name: str) -> object:
    """Load what *name* stands for, and remember it."""
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - slow, and seldom asked for

        return version("aigw")
    home = _HOME_OF.get(name)
    if home is None:
        message = f"module 'aigw' has no attribute {name!r}"
        raise AttributeError(message)
    found: object = getattr(import_module(home), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
