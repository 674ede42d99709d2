"""The kinds of provider aigw knows, as data: OpenAI, and dialects of their own; `compatible` has those that are alike.

Sources: the providers' API references and typed SDKs, as of November 2026.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aigw.providers.kinds import meters
from aigw.providers.kinds.claude import BEDROCK, BEDROCK_REGIONS, CLAUDE, VERTEX, VERTEX_HOSTS, VERTEX_REGIONS
from aigw.providers.kinds.compatible import (
    ANY,
    EMBEDDINGS,
    FUNCTIONS,
    HOSTED,
    JINA_RERANK,
    OPERATIONS,
    REPLAY,
    RESPONSES,
    SERVERS,
    STORED,
    TOP_K,
    compatible,
)
from aigw.providers.kinds.embedders import EMBEDDERS
from aigw.types.kind import Kind, Quirks

_OPENAI_REGIONS: Final = {place: f"https://{place}.api.openai.com/v1" for place in ("us", "eu", "ae", "au", "in", "jp")}

_BESIDE_RESPONSES: Final = ("openai-compact", "openai-input-tokens")

_ROWS: Final = (
    compatible(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        also=(*STORED, *_BESIDE_RESPONSES, EMBEDDINGS, *OPERATIONS),
        hosts=(".api.openai.com",),
        regional=_OPENAI_REGIONS,
        headers=("openai-*", "x-stainless-*"),
        rate_limits=meters.OPENAI,
        quirks=Quirks(
            limit_name="max_completion_tokens",
            refused=REPLAY,
            schemas="openai",
            always_done=True,
            tool_limits=FUNCTIONS,
        ),
    ),
    compatible(
        "openai-compatible",
        "any server that speaks OpenAI's dialect",
        None,
        also=(EMBEDDINGS, *OPERATIONS, JINA_RERANK),
        embeddings=ANY,
        keyless=True,
        quirks=Quirks(takes=TOP_K),
    ),
    Kind(
        name="openai-responses",
        dialect=RESPONSES,
        title="OpenAI, by way of its Responses API",
        also=("openai-stored-responses", *_BESIDE_RESPONSES, EMBEDDINGS, *OPERATIONS),
        base_url="https://api.openai.com/v1",
        key_env=("OPENAI_API_KEY",),
        base_env=("OPENAI_BASE_URL",),
        regional=_OPENAI_REGIONS,
        hosts=frozenset({".api.openai.com"}),
        headers=frozenset({"openai-*", "x-stainless-*"}),
        rate_limits=meters.OPENAI,
        quirks=Quirks(limit_name="max_completion_tokens", refused=REPLAY, schemas="openai"),
    ),
    compatible(
        "azure",
        "Azure OpenAI",
        "https://{account}.openai.azure.com/openai/v1",
        "AZURE_OPENAI_API_KEY",
        also=(*STORED, *_BESIDE_RESPONSES, EMBEDDINGS, "openai-images", "openai-audio", "openai-batches"),
        embeddings=ANY,
        auth="api-key",
        hosts=(".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com"),
        settings={"account": (), "api_version": ("OPENAI_API_VERSION",)},
        base_env=("AZURE_OPENAI_ENDPOINT",),
        headers=("x-ms-*", "x-stainless-*"),
        rate_limits=meters.AZURE,
        quirks=Quirks(
            limit_name="max_completion_tokens", refused=REPLAY, deployments=True, schemas="openai", always_done=True
        ),
    ),
    *CLAUDE,
    Kind(
        name="bedrock",
        dialect="bedrock-converse",
        also=("bedrock-embeddings", "bedrock-count-tokens"),
        title="AWS Bedrock",
        base_url=BEDROCK,
        key_env=("AWS_BEARER_TOKEN_BEDROCK",),
        settings={"region": ("AWS_REGION", "AWS_DEFAULT_REGION")},
        regional=BEDROCK_REGIONS,
        ambient="aws:default",
        headers=frozenset({"x-amzn-*"}),
        flags=frozenset({"anthropic_beta"}),
    ),
    Kind(
        name="bedrock-openai",
        dialect="openai-chat",
        also=STORED,
        title="Amazon Bedrock, in OpenAI's dialect",
        base_url="https://bedrock-mantle.{region}.api.aws/v1",
        key_env=("AWS_BEARER_TOKEN_BEDROCK",),
        settings={"region": ("AWS_REGION", "AWS_DEFAULT_REGION")},
        ambient="aws:default",
        service="bedrock-mantle",
        headers=frozenset({"openai-project", "x-amzn-*"}),
        quirks=Quirks(limit_name="max_completion_tokens", refused=REPLAY),
    ),
    Kind(
        name="gemini",
        dialect="gemini",
        also=("gemini-embeddings", "gemini-count-tokens"),
        title="Google Gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta",
        key_env=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        auth="x-goog-api-key",
        headers=frozenset({"x-goog-*"}),
    ),
    Kind(
        name="vertex",
        dialect="gemini",
        also=("vertex-embeddings", "gemini-count-tokens"),
        title="Google Vertex AI",
        base_url=VERTEX,
        auth="x-goog-api-key",
        hosts=VERTEX_HOSTS,
        settings={
            "region": ("GOOGLE_CLOUD_LOCATION", "GOOGLE_CLOUD_REGION"),
            "project": ("GOOGLE_CLOUD_PROJECT",),
        },
        regional=VERTEX_REGIONS,
        ambient="google:default",
        headers=frozenset({"x-goog-*"}),
    ),
    Kind(
        name="vertex-express",
        dialect="gemini",
        also=("vertex-embeddings", "gemini-count-tokens"),
        title="Google Vertex AI (express mode)",
        base_url="https://aiplatform.googleapis.com/v1",
        key_env=("VERTEX_API_KEY",),
        auth="x-goog-api-key",
        headers=frozenset({"x-goog-*"}),
    ),
    Kind(name="echo", dialect="echo", title="Echo (offline)", base_url="echo:", auth="none", keyless=True),
    Kind(
        name="ollama",
        dialect="ollama-chat",
        also=("ollama-embeddings",),
        title="Ollama",
        base_url="http://localhost:11434",
        key_env=("OLLAMA_API_KEY",),
        hosts=frozenset({"ollama.com"}),
        keyless=True,
    ),
    Kind(
        name="cohere",
        dialect="cohere-chat",
        also=("cohere-embeddings", "cohere-rerank"),
        title="Cohere",
        base_url="https://api.cohere.com",
        key_env=("CO_API_KEY", "COHERE_API_KEY"),
        hosts=frozenset({"api.cohere.ai"}),
    ),
    *EMBEDDERS,
    *HOSTED,
    *SERVERS,
)

KINDS: Final[Mapping[str, Kind]] = MappingProxyType({row.name: row for row in _ROWS})
"""The built-in kinds by name."""
