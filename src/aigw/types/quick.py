"""Frozen dataclasses that cost half as much to make: of some there is one a token, of most a dozen a call."""

from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def quick(made: type[T]) -> type[T]:
    """Give a frozen dataclass with slots an `__init__` that writes straight into them; all else stays as it is.

    The one of `dataclass` calls `object.__setattr__` for each field, which has to find the slot by its name each time.
    Defaults have to be values: a factory's would not be called.
    """
    usual: Callable[..., None] = made.__init__
    names = [each.name for each in fields(made)]  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    scope: dict[str, Callable[..., None]] = {f"set_{name}": made.__dict__[name].__set__ for name in names}
    lines = [f"def __init__(self, {', '.join(names)}):", *(f" set_{name}(self, {name})" for name in names)]
    exec("\n".join(lines), scope)  # noqa: S102 - as `dataclass` writes its own, of nothing but the fields' names
    written = scope["__init__"]
    for detail in ("__defaults__", "__annotations__", "__qualname__", "__module__"):
        setattr(written, detail, getattr(usual, detail))
    setattr(made, "__init__", written)  # noqa: B010 - no type checker lets a method be assigned to
    return made
