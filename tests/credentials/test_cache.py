"""Keeping credentials: who fetches, and what the others get meanwhile, in threads and in tasks."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from aigw.call import UNLIMITED, Deadline
from aigw.credentials.cache import PAUSE_S, RENEW_S, Credentials
from aigw.errors import SecretError
from aigw.manifest.snapshot import Provider
from aigw.protocols import Runtime
from aigw.providers.registry import kinds
from aigw.runtime.asynchronous import AsyncioRuntime
from aigw.runtime.blocking import BlockingRuntime
from aigw.runtime.drive import run
from aigw.secrets import Secrets
from aigw.testing.clock import FrozenClock
from aigw.types.credential import Bearer, Credential

MANY = 20
AZURE = Provider("azure", kinds()["azure"], "https://acme.openai.azure.com/openai/v1", secret="azure:default")


class Source:
    """Gives tokens numbered as they are fetched; `failing` says what is raised instead."""

    scheme = "azure"

    def __init__(self, clock: FrozenClock, lives_s: float = 3600.0) -> None:
        self.fetched = 0
        self.failing: BaseException | None = None
        self.begun = Event()
        self.let_go = Event()
        self.turn: asyncio.Event | None = None
        self._clock, self._lives_s = clock, lives_s

    async def obtain(self, reference: str, provider: Provider, runtime: Runtime, deadline: Deadline) -> Credential:
        self.fetched += 1
        number = self.fetched
        self.begun.set()
        if self.turn is None:
            assert self.let_go.wait(30)
        else:
            await self.turn.wait()
        if self.failing is not None:
            raise self.failing
        return Bearer(f"t-{number}", self._clock.time() + self._lives_s)


class Setup:
    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.source = Source(self.clock)
        self.kept = Credentials(Secrets())
        self.kept._sources["azure"] = self.source  # the only way to put in one that can be held up

    def get(self, runtime: Runtime) -> str:
        return value(run(self.kept.of(AZURE, runtime, UNLIMITED)))


@pytest.fixture
def setup() -> Setup:
    return Setup()


def value(found: Credential | None) -> str:
    assert isinstance(found, Bearer)
    return found.value


def in_threads(setup: Setup) -> list[str]:
    """Ask in many threads at once, and let the fetch end once it has begun."""
    runtime, together = BlockingRuntime(setup.clock), Barrier(MANY + 1)

    def one() -> str:
        together.wait(30)
        try:
            return setup.get(runtime)
        except SecretError as error:
            return str(error)

    with ThreadPoolExecutor(MANY) as pool:
        asked = [pool.submit(one) for _ in range(MANY)]
        together.wait(30)
        assert setup.source.begun.wait(30)
        setup.source.let_go.set()
        return [each.result(30) for each in asked]


def test_a_cold_start_fetches_once_for_all_threads(setup: Setup) -> None:
    assert ["t-1"] * MANY == in_threads(setup)
    assert 1 == setup.source.fetched


def test_threads_use_the_kept_credential_while_one_of_them_renews_it(setup: Setup) -> None:
    runtime = BlockingRuntime(setup.clock)
    setup.source.let_go.set()
    assert "t-1" == setup.get(runtime)
    setup.clock.advance(3600 - RENEW_S)
    setup.source.let_go.clear()
    setup.source.begun.clear()
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(setup.get, runtime)
        assert setup.source.begun.wait(30)
        others = [setup.get(runtime) for _ in range(MANY)]
        setup.source.let_go.set()

        assert ["t-1"] * MANY == others
        assert "t-2" == renewing.result(30)
    assert "t-2" == setup.get(runtime)
    assert 2 == setup.source.fetched


def test_a_failed_renewal_is_not_tried_again_by_every_call(setup: Setup) -> None:
    runtime = BlockingRuntime(setup.clock)
    setup.source.let_go.set()
    setup.get(runtime)
    setup.clock.advance(3600 - RENEW_S)
    setup.source.failing = SecretError("azure:default: no")

    assert ["t-1"] * MANY == [setup.get(runtime) for _ in range(MANY)]
    assert 2 == setup.source.fetched
    setup.clock.advance(PAUSE_S)
    setup.source.failing = None
    assert "t-3" == setup.get(runtime)


def test_a_refused_credential_is_fetched_anew_at_once(setup: Setup) -> None:
    runtime = BlockingRuntime(setup.clock)
    setup.source.let_go.set()
    setup.get(runtime)
    setup.kept.forget(AZURE)

    assert "t-2" == setup.get(runtime)


async def in_tasks(setup: Setup) -> "tuple[AsyncioRuntime, list[asyncio.Task[Credential | None]]]":
    """Ask in many tasks, all of them under way and the first one fetching."""
    setup.source.turn = asyncio.Event()
    runtime = AsyncioRuntime(setup.clock)
    tasks = [asyncio.create_task(setup.kept.of(AZURE, runtime, UNLIMITED)) for _ in range(MANY)]
    await asyncio.sleep(0)
    assert 1 == setup.source.fetched
    return runtime, tasks


def test_a_cold_start_fetches_once_for_all_tasks(setup: Setup) -> None:
    async def ask() -> list[str]:
        _, tasks = await in_tasks(setup)
        tasks[-1].cancel()
        assert setup.source.turn is not None
        setup.source.turn.set()
        return [value(each) for each in await asyncio.gather(*tasks[:-1])]

    assert ["t-1"] * (MANY - 1) == asyncio.run(ask())
    assert 1 == setup.source.fetched


def test_those_who_wait_get_the_error_of_the_fetch(setup: Setup) -> None:
    setup.source.failing = SecretError("azure:default: no")

    async def ask() -> list[object]:
        _, tasks = await in_tasks(setup)
        assert setup.source.turn is not None
        setup.source.turn.set()
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    assert [(SecretError, "azure:default: no")] * MANY == [(type(each), str(each)) for each in asyncio.run(ask())]
    assert 1 == setup.source.fetched


def test_another_task_fetches_when_the_one_that_did_is_cancelled(setup: Setup) -> None:
    async def ask() -> list[str]:
        _, tasks = await in_tasks(setup)
        tasks[0].cancel()
        await asyncio.wait(tasks[:1])
        assert setup.source.turn is not None
        setup.source.turn.set()
        return [value(each) for each in await asyncio.gather(*tasks[1:])]

    assert ["t-2"] * (MANY - 1) == asyncio.run(ask())
    assert 2 == setup.source.fetched


def test_a_call_does_not_wait_for_anothers_fetch_beyond_its_own_deadline(setup: Setup) -> None:
    async def ask() -> str:
        runtime, tasks = await in_tasks(setup)
        hurried = asyncio.create_task(setup.kept.of(AZURE, runtime, Deadline(runtime.monotonic())))
        while setup.source.fetched == 1:  # noqa: ASYNC110 - the source is for threads, too
            await asyncio.sleep(0)
        assert setup.source.turn is not None
        setup.source.turn.set()
        await asyncio.gather(*tasks)
        return value(await hurried)

    assert "t-2" == asyncio.run(ask())
