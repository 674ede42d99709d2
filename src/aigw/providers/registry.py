"""Find kinds of provider and adapters by name. Nothing is imported until it is asked for.

The built-ins are a table of `module:attribute`, and third parties come through the entry-point group
`aigw.providers`, whose values have the same form and are loaded the same way. An entry point gives a `Plugin`. A third
party may add kinds and dialects; it cannot replace ours.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from operator import attrgetter
from types import MappingProxyType
from typing import Final, Protocol, cast

from aigw.errors import ConfigurationError
from aigw.protocols import AnyAdapter
from aigw.types.kind import Kind
from aigw.types.operation import Operation
from aigw.types.request import AnyRequest

GROUP: Final = "aigw.providers"

_ADAPTERS: Final[Mapping[str, tuple[Operation, str]]] = MappingProxyType(
    {
        "openai-chat": (Operation.CHAT, "aigw.providers.openai.adapter:OpenAIChat"),
        "openai-responses": (Operation.CHAT, "aigw.providers.responses.adapter:OpenAIResponses"),
        "openai-stored-responses": (Operation.RESPONSES, "aigw.providers.responses.stored:StoredResponses"),
        "openai-compact": (Operation.COMPACT, "aigw.providers.responses.compaction:OpenAICompact"),
        "openai-input-tokens": (Operation.COUNT_TOKENS, "aigw.providers.responses.counting:OpenAIInputTokens"),
        "anthropic-messages": (Operation.CHAT, "aigw.providers.anthropic.adapter:AnthropicMessages"),
        "anthropic-count-tokens": (Operation.COUNT_TOKENS, "aigw.providers.anthropic.adapter:AnthropicCountTokens"),
        "cohere-chat": (Operation.CHAT, "aigw.providers.cohere.adapter:CohereChat"),
        "ollama-chat": (Operation.CHAT, "aigw.providers.ollama.adapter:OllamaChat"),
        "cohere-embeddings": (Operation.EMBEDDINGS, "aigw.providers.cohere.embeddings:CohereEmbeddings"),
        "ollama-embeddings": (Operation.EMBEDDINGS, "aigw.providers.ollama.embeddings:OllamaEmbeddings"),
        "bedrock-converse": (Operation.CHAT, "aigw.providers.bedrock.adapter:BedrockConverse"),
        "bedrock-count-tokens": (Operation.COUNT_TOKENS, "aigw.providers.bedrock.count:BedrockCountTokens"),
        "bedrock-anthropic": (Operation.CHAT, "aigw.providers.bedrock.invoke:BedrockAnthropic"),
        "bedrock-anthropic-count-tokens": (
            Operation.COUNT_TOKENS,
            "aigw.providers.bedrock.invoke:BedrockAnthropicCountTokens",
        ),
        "vertex-anthropic": (Operation.CHAT, "aigw.providers.anthropic.vertex:VertexAnthropic"),
        "vertex-anthropic-count-tokens": (
            Operation.COUNT_TOKENS,
            "aigw.providers.anthropic.vertex:VertexAnthropicCountTokens",
        ),
        "bedrock-embeddings": (Operation.EMBEDDINGS, "aigw.providers.bedrock.embeddings:BedrockEmbeddings"),
        "gemini": (Operation.CHAT, "aigw.providers.gemini.adapter:Gemini"),
        "gemini-count-tokens": (Operation.COUNT_TOKENS, "aigw.providers.gemini.count:GeminiCountTokens"),
        "gemini-embeddings": (Operation.EMBEDDINGS, "aigw.providers.gemini.embeddings:GeminiEmbeddings"),
        "vertex-embeddings": (Operation.EMBEDDINGS, "aigw.providers.gemini.embeddings:VertexEmbeddings"),
        "openai-embeddings": (Operation.EMBEDDINGS, "aigw.providers.openai.embeddings:OpenAIEmbeddings"),
        "openai-moderations": (Operation.MODERATIONS, "aigw.providers.relay.adapter:OpenAIModerations"),
        "openai-images": (Operation.IMAGES, "aigw.providers.relay.adapter:OpenAIImages"),
        "openai-audio": (Operation.AUDIO, "aigw.providers.relay.adapter:OpenAIAudio"),
        "openai-batches": (Operation.BATCHES, "aigw.providers.relay.adapter:OpenAIBatches"),
        "cohere-rerank": (Operation.RERANK, "aigw.providers.relay.adapter:CohereRerank"),
        "jina-rerank": (Operation.RERANK, "aigw.providers.relay.adapter:JinaRerank"),
        "voyage-rerank": (Operation.RERANK, "aigw.providers.relay.adapter:VoyageRerank"),
        "echo": (Operation.CHAT, "aigw.providers.echo:Echo"),
    }
)
_KINDS: Final = "aigw.providers.kinds.table:KINDS"


class Plugin(Protocol):
    """What an entry point of the group `aigw.providers` gives: kinds by name, and adapters by dialect."""

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """The kinds this plugin adds."""
        ...

    def adapter(self, dialect: str) -> AnyAdapter | None:
        """Give the adapter for *dialect*, or None if this plugin has none."""
        ...


class _Kinds(Mapping[str, Kind]):
    """All kinds. Plugins are looked up only for a name that is not ours, or when all names are listed."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Kind:
        ours = _built_in()
        if name in ours:
            return ours[name]
        return _foreign()[name]

    def __iter__(self) -> Iterator[str]:
        yield from _built_in()
        yield from _foreign()

    def __len__(self) -> int:
        return len(_built_in()) + len(_foreign())


_ALL: Final = _Kinds()


def kinds() -> Mapping[str, Kind]:
    """Give all kinds by name, the built-in ones first."""
    return _ALL


def kind(name: str) -> Kind:
    """Give the kind called *name*. Raises `ConfigurationError`, naming near ones."""
    try:
        return _ALL[name]
    except KeyError:
        raise _unknown(name, "kind of provider", list(_ALL)) from None


@cache
def adapter(dialect: str) -> AnyAdapter:
    """Give the adapter for *dialect*, always the same one. Raises `ConfigurationError`, naming near dialects."""
    ours = _ADAPTERS.get(dialect)
    if ours is not None:
        return cast("type[AnyAdapter]", _load(ours[1]))()
    for plugin in _plugins():
        found = plugin.adapter(dialect)
        if found is not None:
            return found
    foreign = (spoken for row in _foreign().values() for spoken in row.dialects)
    raise _unknown(dialect, "dialect", [*_ADAPTERS, *foreign])


def adapter_for(kind: Kind, request: AnyRequest) -> AnyAdapter | None:
    """Give the adapter by which a provider of *kind* takes *request*, or None if it has no such operation.

    Where it speaks the dialect the caller spoke, that is the one: nothing is lost in translation then.
    """
    return _spoken(kind.dialects, request.operation, request.dialect)


def operation_of(dialect: str) -> Operation:
    """Say what *dialect* is for. Raises as `adapter`."""
    ours = _ADAPTERS.get(dialect)
    return adapter(dialect).operation if ours is None else ours[0]


@cache
def _spoken(dialects: tuple[str, ...], operation: Operation, preferred: str) -> AnyAdapter | None:
    fit = [dialect for dialect in dialects if operation_of(dialect) is operation]
    if not fit:
        return None
    return adapter(preferred if preferred in fit else fit[0])


def _load(reference: str) -> object:
    """Import what a `module:attribute` reference names, as entry points write it."""
    module, _, attribute = reference.partition(":")
    loaded = import_module(module)
    return attrgetter(attribute)(loaded) if attribute else loaded


@cache
def _built_in() -> Mapping[str, Kind]:
    return cast("Mapping[str, Kind]", _load(_KINDS))


@cache
def _plugins() -> tuple[Plugin, ...]:
    metadata = import_module("importlib.metadata")  # slow to import, and needed only for names that are not ours
    return tuple(_plugin(point.name, point.value) for point in metadata.entry_points(group=GROUP))


def _plugin(name: str, reference: str) -> Plugin:
    try:
        return cast("Plugin", _load(reference))
    except Exception as error:
        message = f"The provider plugin {name!r} ({reference}) cannot be loaded: {error}. Repair or uninstall it."
        raise ConfigurationError(message) from error


@cache
def _foreign() -> Mapping[str, Kind]:
    ours = _built_in()
    return {name: row for plugin in _plugins() for name, row in plugin.kinds.items() if name not in ours}


def _unknown(name: str, what: str, known: list[str]) -> ConfigurationError:
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(sorted(known))}."
    message = f"There is no {what} {name!r}. {hint} Others come with a package that has entry points in {GROUP!r}."
    return ConfigurationError(message)
