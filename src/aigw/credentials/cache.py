"""Credentials of providers: keys read where they are used, and tokens fetched, kept, and renewed before they expire."""

import os
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from functools import partial
from importlib import import_module
from typing import Final, TypeAlias, cast

from aigw.call import Deadline
from aigw.errors import AigwError, SecretError
from aigw.manifest.snapshot import Provider
from aigw.protocols import CredentialSource, Runtime
from aigw.secrets import Secrets
from aigw.types.credential import Credential, Key

RENEW_S: Final = 300.0
"""How long before its end a credential is renewed."""
LAST_S: Final = 30.0
"""How long before its end one that cannot be renewed is still used."""
PAUSE_S: Final = 10.0
"""How long after a fetch one that can still be used is not fetched again: some sources have a cache, too."""
WAIT_S: Final = 60.0
"""How long a call without a deadline waits for what another one fetches, before it fetches for itself."""

SOURCES: Final[Mapping[str, str]] = {
    "aws": "aigw.credentials.aws:AwsSource",
    "azure": "aigw.credentials.entra:EntraSource",
    "google": "aigw.credentials.google:GoogleSource",
}
"""What gives credentials of a scheme; loaded when the first one is asked for."""


_Place: TypeAlias = tuple[str, str]
_Turn: TypeAlias = "Future[str | None]"
"""Done when a fetch is over. Its result is what the fetch failed with, where that holds for everybody else, too."""


class Credentials:
    """Gives each provider's credential. Safe for threads and tasks: one of them fetches, and the others do not.

    They use the one that is kept as long as it can be used, else wait for the fetch, and for its error if it has one.
    A call whose time is up before the one that fetches is done does not wait longer, and tries for itself.
    """

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._sources: dict[str, CredentialSource] = {}
        self._kept: dict[_Place, Credential] = {}
        self._asked: dict[_Place, float] = {}
        self._turns: dict[tuple[_Place, int], _Turn] = {}

    def problem(self, reference: str | None) -> str | None:
        """Say why there is no credential for *reference* without asking anybody, or None if there may be one."""
        if reference is None or self._source(reference) is not None:
            return None
        return self._secrets.problem(reference)

    async def of(self, provider: Provider, runtime: Runtime, deadline: Deadline) -> Credential | None:
        """Give the credential of *provider*, or None where it needs none. Raises `SecretError`."""
        reference = provider.secret
        if reference is None:
            return None
        source = self._source(reference)
        if source is None:
            return Key(self._secrets.fetch(reference))
        obtain = partial(source.obtain, reference.partition(":")[2], provider, runtime, deadline)
        return await self._current((reference, provider.key), obtain, runtime, deadline)

    def forget(self, provider: Provider) -> None:
        """Fetch the credential of *provider* anew next time: it was refused."""
        if provider.secret is not None:
            self._kept.pop((provider.secret, provider.key), None)

    async def _current(
        self, place: _Place, obtain: Callable[[], Awaitable[Credential]], runtime: Runtime, deadline: Deadline
    ) -> Credential:
        # A forked child does not know the turns of its parent, whose threads it lacks.
        key = (place, os.getpid())
        while True:
            kept, now = self._kept.get(place), runtime.time()
            if kept is not None and not self._due(place, kept, runtime):
                return kept
            mine: _Turn = Future()
            turn = self._turns.setdefault(key, mine)
            if turn is not mine:
                if kept is not None and _usable(kept, now):
                    return kept
                if not await _over(turn, runtime, deadline):
                    return await self._fetched(place, obtain, runtime)
                continue
            failure = None
            try:
                if self._kept.get(place) is kept:
                    return await self._fetched(place, obtain, runtime)
            except SecretError as error:
                # What failed for want of time may go well for those who have more.
                failure = None if deadline.left(runtime.monotonic()) == 0 else str(error)
                raise
            finally:
                del self._turns[key]
                mine.set_result(failure)

    async def _fetched(
        self, place: _Place, obtain: Callable[[], Awaitable[Credential]], runtime: Runtime
    ) -> Credential:
        """Fetch anew, and keep it. Where that fails, one that is kept and can still be used will do."""
        self._asked[place] = runtime.monotonic()
        try:
            found = await obtain()
        except AigwError:
            kept = self._kept.get(place)
            if kept is not None and _usable(kept, runtime.time()):
                return kept
            raise
        self._kept[place] = found
        return found

    def _due(self, place: _Place, kept: Credential, runtime: Runtime) -> bool:
        """Whether *kept* is to be renewed now."""
        now = runtime.time()
        if kept.expires_at is None or now < kept.expires_at - RENEW_S:
            return False
        return not _usable(kept, now) or runtime.monotonic() >= self._asked.get(place, 0.0) + PAUSE_S

    def _source(self, reference: str) -> CredentialSource | None:
        """Give what fetches *reference*, or None where it names a secret that is only read."""
        scheme = reference.partition(":")[0]
        found = self._sources.get(scheme)
        if found is None and scheme in SOURCES:
            module, _, name = SOURCES[scheme].partition(":")
            found = self._sources[scheme] = cast("type[CredentialSource]", getattr(import_module(module), name))()
        return found


def _usable(kept: Credential, now: float) -> bool:
    return kept.expires_at is None or now < kept.expires_at - LAST_S


async def _over(turn: _Turn, runtime: Runtime, deadline: Deadline) -> bool:
    """Wait for another caller's *turn*; False if it takes too long. Raises `SecretError` if it failed."""
    # Giving up cancels what a runtime waits for, so each caller waits for a future of its own.
    own: _Turn = Future()

    def release(done: _Turn) -> None:
        if own.set_running_or_notify_cancel():
            own.set_result(done.result())

    turn.add_done_callback(release)
    left = deadline.left(runtime.monotonic())
    try:
        failure = await runtime.wait(own, WAIT_S if left is None else min(left, WAIT_S))
    except TimeoutError:
        return False
    if failure is not None:
        raise SecretError(failure)
    return True
