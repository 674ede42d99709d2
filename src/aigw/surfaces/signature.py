"""Signatures for people: `inspect.signature` and editors show every parameter that a typed dict declares."""

import inspect
from collections.abc import Callable
from typing import Final, TypeVar

from aigw.types.chat_params import omit

F = TypeVar("F", bound=Callable[..., object])

_OPTIONAL: Final = frozenset({"extra_headers", "extra_query", "extra_body", "tags"})


def explicit(params: type) -> Callable[[F], F]:
    """Make a decorator that spells out the keywords of *params* (a `TypedDict`) in a function's signature."""

    def spell_out(function: F) -> F:
        written = inspect.signature(function)
        own = [p for p in written.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
        keyword = inspect.Parameter.KEYWORD_ONLY
        spelt = [
            inspect.Parameter(name, keyword, default=None if name in _OPTIONAL else omit, annotation=annotation)
            for name, annotation in params.__annotations__.items()
        ]
        vars(function)["__signature__"] = written.replace(parameters=[*own, *spelt])
        return function

    return spell_out
