"""The two faces: `Gateway` steps the pipeline in the caller's thread, `AsyncGateway` awaits the very same pipeline.

Both are thin. What they share is `Core`: one manifest holder, one pipeline, one set of connections and sinks, used by a
gateway and by every copy that `with_options` and `with_tags` make of it.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Never, Self

from aigw.call import Options, Timeouts
from aigw.config import SETTINGS, ManifestArgument, OnNoManifest, checked_tags, configured, refuse_unknown
from aigw.core import Bound, Core
from aigw.manifest.delivery.bounds import TrustArgument
from aigw.manifest.delivery.holder import ManifestStatus
from aigw.pipeline import tags_in_context
from aigw.policies.breaker import BreakerHealth
from aigw.protocols import Clock, Runtime, Sink
from aigw.record import Record
from aigw.runtime.drive import run
from aigw.surfaces.chat.completions import AsyncChat, Chat
from aigw.surfaces.chat.request import checked_options, explained
from aigw.surfaces.models import AsyncModels, Models
from aigw.surfaces.responses.surface import AsyncResponses, Responses
from aigw.types.chat_params import Omit, omit

if TYPE_CHECKING:
    from aigw.surfaces.audio import AsyncAudio, Audio
    from aigw.surfaces.batches import AsyncBatches, Batches
    from aigw.surfaces.embeddings import AsyncEmbeddings, Embeddings
    from aigw.surfaces.files import AsyncFiles, Files
    from aigw.surfaces.images import AsyncImages, Images
    from aigw.surfaces.messages.surface import AsyncMessages, Messages
    from aigw.surfaces.moderations import AsyncModerations, Moderations
    from aigw.surfaces.rerank import AsyncRerank, Rerank


@contextmanager
def tags(**values: str) -> Generator[None]:
    """Put tags on every call made inside the `with` block, by any gateway, across `await`s and copied contexts.

    They are laid over the gateway's own tags. Raises `ConfigurationError` for a value that is not a string.
    """
    token = tags_in_context.set({**tags_in_context.get(), **checked_tags(values)})
    try:
        yield
    finally:
        tags_in_context.reset(token)


class ManifestView:
    """`gw.manifest`: what the gateway knows of its manifest."""

    __slots__ = ("_core",)

    def __init__(self, core: Core) -> None:
        self._core = core

    def status(self) -> ManifestStatus:
        """Tell which manifest is in force, how old that knowledge is, and what was refused last. Never waits."""
        return self._core.status()

    def poke(self) -> None:
        """Have the manifest's source looked at now, in the background: for a hook that is told of a new one.

        Never waits, and may be called in any thread.
        """
        self._core.poke()


class _Face(ABC):
    """What both gateways are: a core, and the options their calls begin with."""

    def __init__(  # noqa: PLR0913 - settings, all by name
        self,
        *,
        manifest: ManifestArgument | None = None,
        key: str | None = None,
        tags: Mapping[str, str] | None = None,
        timeout: float | Timeouts | Omit | None = omit,
        max_retries: int | None = None,
        sinks: Sequence[Sink] | None = None,
        cache_dir: str | PathLike[str] | None = None,
        refresh_interval: float = 10.0,
        trust: TrustArgument | None = None,
        embedded: str | PathLike[str] | None = None,
        on_no_manifest: OnNoManifest = "raise",
        clock: Clock | None = None,
        **unknown: Never,
    ) -> None:
        refuse_unknown(unknown, SETTINGS, type(self).__name__)
        config = configured(
            manifest=manifest,
            key=key,
            tags=tags,
            cache_dir=cache_dir,
            refresh_interval=refresh_interval,
            sinks=sinks,
            trust=trust,
            embedded=embedded,
            on_no_manifest=on_no_manifest,
        )
        own = checked_options(timeout=timeout, max_retries=max_retries, extra_headers=None)
        self._core = Core(config, self._runtime(clock), clock)
        self._options = replace(own, tags=config.tags)

    @staticmethod
    @abstractmethod
    def _runtime(clock: Clock | None) -> Runtime:
        """Make the runtime of this face."""

    @property
    def manifest(self) -> ManifestView:
        """The manifest as this gateway sees it."""
        return ManifestView(self._core)

    def with_options(
        self,
        *,
        timeout: float | Timeouts | Omit | None = omit,
        max_retries: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        **unknown: Never,
    ) -> Self:
        """Give a gateway with other defaults for its calls, over the same connections and manifest.

        `timeout` is for a whole call, in seconds, retries and fallbacks included; or limits for each attempt; None is
        no limit.
        """
        refuse_unknown(unknown, ("timeout", "max_retries", "extra_headers"), "with_options")
        mine = self._options
        own = checked_options(timeout=timeout, max_retries=max_retries, extra_headers=extra_headers)
        return self._with(
            replace(
                mine,
                timeout=mine.timeout if own.timeout is None else own.timeout,
                max_retries=mine.max_retries if own.max_retries is None else own.max_retries,
                extra_headers={**mine.extra_headers, **own.extra_headers},
            )
        )

    def with_tags(self, **values: str) -> Self:
        """Give a gateway whose calls carry these tags too, over the same connections and manifest."""
        return self._with(replace(self._options, tags={**self._options.tags, **checked_tags(values)}))

    def health(self) -> Mapping[str, BreakerHealth]:
        """Tell the state of the breaker of each target that has failed lately, by target. Never waits."""
        return self._core.pipeline.breakers.snapshot()

    def _with(self, options: Options) -> Self:
        twin = object.__new__(type(self))
        twin._core = self._core
        twin._options = options
        return twin

    @property
    def _engine(self) -> Bound:
        return Bound(self._core, self._options)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} manifest={self._core.source!r}>"


class Gateway(_Face):
    """The AI gateway for code that blocks. Make one for the process and share it between threads.

    `manifest` is a URL, a path, a dict or the document itself (else `AIGW_MANIFEST`; else providers come from their
    usual environment variables, and models are named `provider/model`). `key` says who calls (else `AIGW_KEY`), `tags`
    what for (else `AIGW_TAGS`). `timeout` (seconds, for a whole call; None is no limit) and `max_retries` (for each
    target) are defaults over the manifest's. `sinks` receive the record of every call; by default they are logged under
    `aigw.calls`. `refresh_interval` (seconds) is how often the manifest is looked at; the last good one is kept in
    `cache_dir`. `trust` bounds what is taken from it (else `AIGW_TRUST`): a `Trust`, `tls`, `sha256:` and the digest of
    a trust document, or a file. `embedded` is a copy that came with the code (else `AIGW_EMBEDDED`), to start from
    before any network is asked. With `on_no_manifest="defaults"`, the usual variables serve while there is none.

    Nothing is connected to and no thread runs before the first call. Raises `ConfigurationError`, and `ManifestError`
    for a manifest that was given in place.
    """

    @staticmethod
    def _runtime(clock: Clock | None) -> Runtime:
        from aigw.runtime.blocking import BlockingRuntime  # noqa: PLC0415 - the other face does not need it

        return BlockingRuntime(clock)

    @cached_property
    def chat(self) -> Chat:
        """`chat.completions`: the surface shaped as OpenAI's."""
        return Chat(self._engine)

    @cached_property
    def audio(self) -> "Audio":
        """`audio.speech`, `audio.transcriptions`, `audio.translations`: passed through."""
        from aigw.surfaces.audio import Audio  # noqa: PLC0415 - loaded by those who use it

        return Audio(self._engine)

    @cached_property
    def batches(self) -> "Batches":
        """Batches of calls: passed through."""
        from aigw.surfaces.batches import Batches  # noqa: PLC0415 - loaded by those who use it

        return Batches(self._engine)

    @cached_property
    def embeddings(self) -> "Embeddings":
        """`embeddings.create`: texts to vectors."""
        from aigw.surfaces.embeddings import Embeddings  # noqa: PLC0415 - loaded by those who use it

        return Embeddings(self._engine)

    @cached_property
    def files(self) -> "Files":
        """Files for batches: passed through."""
        from aigw.surfaces.files import Files  # noqa: PLC0415 - loaded by those who use it

        return Files(self._engine)

    @cached_property
    def images(self) -> "Images":
        """Pictures: passed through."""
        from aigw.surfaces.images import Images  # noqa: PLC0415 - loaded by those who use it

        return Images(self._engine)

    @cached_property
    def messages(self) -> "Messages":
        """`messages`: the surface shaped as Anthropic's."""
        from aigw.surfaces.messages.surface import Messages  # noqa: PLC0415 - loaded by those who use it

        return Messages(self._engine)

    @cached_property
    def moderations(self) -> "Moderations":
        """`moderations.create`: passed through."""
        from aigw.surfaces.moderations import Moderations  # noqa: PLC0415 - loaded by those who use it

        return Moderations(self._engine)

    @cached_property
    def rerank(self) -> "Rerank":
        """`rerank.create`: documents in order, in Cohere's words."""
        from aigw.surfaces.rerank import Rerank  # noqa: PLC0415 - loaded by those who use it

        return Rerank(self._engine)

    @cached_property
    def responses(self) -> Responses:
        """`responses`: the surface shaped as OpenAI's newer API."""
        return Responses(self._engine)

    @property
    def models(self) -> Models:
        """The names a caller may use."""
        return Models(self._core.snapshot)

    def explain(self, *, model: str, messages: Sequence[object], **parameters: object) -> Record:
        """Say where a call would go and why, without calling anyone: the arguments are those of `create`.

        Raises what the call would raise before its targets are judged; that none may take it is told, not raised.
        """
        request, options = explained(model, messages, parameters)
        return run(self._engine.explain(request, options))

    def refresh(self) -> bool:
        """Look at the manifest's source now; True if a new one is in force. Raises `ManifestError`."""
        return run(self._core.refresh())

    def close(self) -> None:
        """Close connections and files, stop following the manifest. May be called again."""
        run(self._core.aclose())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncGateway(_Face):
    """The AI gateway for code that awaits: arguments and behaviour as `Gateway`. One serves any number of loops."""

    @staticmethod
    def _runtime(clock: Clock | None) -> Runtime:
        from aigw.runtime.asynchronous import AsyncioRuntime  # noqa: PLC0415 - the other face does not need it

        return AsyncioRuntime(clock)

    @cached_property
    def chat(self) -> AsyncChat:
        """`chat.completions`: the surface shaped as OpenAI's."""
        return AsyncChat(self._engine)

    @cached_property
    def audio(self) -> "AsyncAudio":
        """`audio.speech`, `audio.transcriptions`, `audio.translations`: passed through."""
        from aigw.surfaces.audio import AsyncAudio  # noqa: PLC0415 - loaded by those who use it

        return AsyncAudio(self._engine)

    @cached_property
    def batches(self) -> "AsyncBatches":
        """Batches of calls: passed through."""
        from aigw.surfaces.batches import AsyncBatches  # noqa: PLC0415 - loaded by those who use it

        return AsyncBatches(self._engine)

    @cached_property
    def embeddings(self) -> "AsyncEmbeddings":
        """`embeddings.create`: texts to vectors."""
        from aigw.surfaces.embeddings import AsyncEmbeddings  # noqa: PLC0415 - loaded by those who use it

        return AsyncEmbeddings(self._engine)

    @cached_property
    def files(self) -> "AsyncFiles":
        """Files for batches: passed through."""
        from aigw.surfaces.files import AsyncFiles  # noqa: PLC0415 - loaded by those who use it

        return AsyncFiles(self._engine)

    @cached_property
    def images(self) -> "AsyncImages":
        """Pictures: passed through."""
        from aigw.surfaces.images import AsyncImages  # noqa: PLC0415 - loaded by those who use it

        return AsyncImages(self._engine)

    @cached_property
    def messages(self) -> "AsyncMessages":
        """`messages`: the surface shaped as Anthropic's."""
        from aigw.surfaces.messages.surface import AsyncMessages  # noqa: PLC0415 - loaded by those who use it

        return AsyncMessages(self._engine)

    @cached_property
    def moderations(self) -> "AsyncModerations":
        """`moderations.create`: passed through."""
        from aigw.surfaces.moderations import AsyncModerations  # noqa: PLC0415 - loaded by those who use it

        return AsyncModerations(self._engine)

    @cached_property
    def rerank(self) -> "AsyncRerank":
        """`rerank.create`: documents in order, in Cohere's words."""
        from aigw.surfaces.rerank import AsyncRerank  # noqa: PLC0415 - loaded by those who use it

        return AsyncRerank(self._engine)

    @cached_property
    def responses(self) -> AsyncResponses:
        """`responses`: the surface shaped as OpenAI's newer API."""
        return AsyncResponses(self._engine)

    @property
    def models(self) -> AsyncModels:
        """The names a caller may use."""
        return AsyncModels(self._core.snapshot)

    async def explain(self, *, model: str, messages: Sequence[object], **parameters: object) -> Record:
        """Say where a call would go and why, without calling anyone: the arguments are those of `create`.

        Raises what the call would raise before its targets are judged; that none may take it is told, not raised.
        """
        request, options = explained(model, messages, parameters)
        return await self._engine.explain(request, options)

    async def refresh(self) -> bool:
        """Look at the manifest's source now; True if a new one is in force. Raises `ManifestError`."""
        return await self._core.refresh()

    async def close(self) -> None:
        """Close connections and files, stop following the manifest. May be called again."""
        await self._core.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
