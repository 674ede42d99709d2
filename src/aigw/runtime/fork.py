"""What a forked child must forget: connections, locks and threads that belong to its parent."""

import os
import weakref
from functools import lru_cache
from typing import Protocol, runtime_checkable


@runtime_checkable
class Forkable(Protocol):
    """Something that has state a child may not share."""

    def after_fork(self) -> None:
        """Forget it, without closing what is the parent's."""
        ...


_known: "weakref.WeakSet[Forkable]" = weakref.WeakSet()


def remember(one: Forkable) -> None:
    """Call `after_fork` of *one* in every child forked while it lives."""
    _register()
    _known.add(one)


@lru_cache(maxsize=1)
def _register() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_in_child)


def _after_in_child() -> None:
    for one in list(_known):
        one.after_fork()
