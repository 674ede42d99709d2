"""Hosts that speak OpenAI's dialect, as rows: a new one is a new row and no code.

Sources: the hosts' API references and typed SDKs, as of November 2026. `refused` lists what a reference says is
rejected or ignored, so that nothing is lost silently; what depends on the model is left to the host's answer.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from aigw.errors import Refused
from aigw.providers.kinds import meters, refusals
from aigw.types.kind import THINKING, Auth, Kind, Meter, Quirks, ToolLimits

CHAT: Final = "openai-chat"
RESPONSES: Final = "openai-responses"
STORED: Final = (RESPONSES, "openai-stored-responses")
"""Hosts that keep the responses they gave."""

EMBEDDINGS: Final = "openai-embeddings"

REPLAY: Final = frozenset(
    {"message.reasoning", "message.reasoning_content", "message.reasoning_details", "message.citations"}
)
"""Fields of earlier answers that a strict server does not take back."""

OPERATIONS: Final = ("openai-moderations", "openai-images", "openai-audio", "openai-batches")
JINA_RERANK: Final = "jina-rerank"
ANY: Final = Quirks()
_TEXTS_ONLY: Final = Quirks(refused=frozenset({"input_type"}))
"""Embeddings as OpenAI has them, where nobody says what a text is for."""

FUNCTIONS: Final = ToolLimits(most=128, name="[a-zA-Z0-9_-]{1,64}")
"""The limits of tools that OpenAI documents, and hosts that took over its reference word for word."""

TOP_K: Final = frozenset({"top_k"})
FILES: Final = frozenset({"file"})
NO_MEDIA: Final = frozenset({"audio", "file"})
_NONE: Final[Mapping[str, tuple[str, ...]]] = {}
_NOWHERE: Final[Mapping[str, str]] = {}
_NO_TABLE: Final[Mapping[str, Refused]] = {}


def compatible(  # noqa: PLR0913 - the columns of the tables
    name: str,
    title: str,
    base_url: str | None,
    *key_env: str,
    also: tuple[str, ...] = (),
    hosts: tuple[str, ...] = (),
    auth: Auth = "bearer",
    keyless: bool = False,
    quirks: Quirks | None = None,
    embeddings: Quirks | None = None,
    settings: Mapping[str, tuple[str, ...]] = _NONE,
    regional: Mapping[str, str] = _NOWHERE,
    base_env: tuple[str, ...] = (),
    root_path: str | None = None,
    headers: tuple[str, ...] = (),
    errors: Mapping[str, Refused] = _NO_TABLE,
    rate_limits: tuple[Meter, ...] = (),
) -> Kind:
    """Make a row for a host that speaks OpenAI's dialect."""
    return Kind(
        name=name,
        dialect=CHAT,
        also=also,
        title=title,
        base_url=base_url,
        key_env=key_env,
        auth=auth,
        hosts=frozenset(hosts),
        keyless=keyless,
        quirks=quirks or Quirks(),
        embeddings=embeddings or _TEXTS_ONLY,
        settings=settings,
        regional=regional,
        base_env=base_env,
        root_path=root_path,
        headers=frozenset(headers),
        errors=errors,
        rate_limits=rate_limits,
    )


HOSTED: Final = (
    compatible(
        "mistral",
        "Mistral",
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        also=(EMBEDDINGS, "openai-moderations", "openai-audio"),
        embeddings=Quirks(renamed={"dimensions": "output_dimension"}, refused=frozenset({"user", "input_type"})),
        regional={"eu": "https://api.eu.mistral.ai/v1", "us": "https://api.us.mistral.ai/v1"},
        errors=refusals.MISTRAL,
        quirks=Quirks(
            bare_media=True,
            parameters_required=True,
            nulls=False,
            max_tokens="max_tokens",
            usage_in_streams="always",
            renamed={"seed": "random_seed"},
            values={"service_tier": {"default": "standard_only"}},
            refused=REPLAY
            | {
                *("logit_bias", "user", "safety_identifier", "store", "stream_options", "verbosity"),
                *("modalities", "audio", "web_search_options", "service_tier.flex", "service_tier.priority"),
                *("tools.custom", "tool_choice.allowed_tools", "message.name", "message.refusal"),
            },
            takes=TOP_K,
            developer_role=False,
            reasoning=(THINKING,),
            finish_reasons={"model_length": "length"},
        ),
    ),
    compatible(
        "groq",
        "Groq",
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        also=(RESPONSES, "openai-audio", "openai-batches"),
        headers=("groq-*", "x-stainless-*"),
        rate_limits=meters.GROQ,
        quirks=Quirks(
            lacks=NO_MEDIA,
            refused=frozenset({"n", "logprobs", "top_logprobs", "logit_bias", "frequency_penalty", "presence_penalty"}),
            nulls=False,
            schemas="groq",
            reasoning=("reasoning",),
            tool_limits=FUNCTIONS,
        ),
    ),
    compatible(
        "deepseek",
        "DeepSeek",
        "https://api.deepseek.com",
        "DEEPSEEK_API_KEY",
        also=(RESPONSES,),
        quirks=Quirks(
            lacks=NO_MEDIA | {"image"},
            max_tokens="max_tokens",
            renamed={"user": "user_id"},
            refused=frozenset({"n", "logit_bias", "response_format.json_schema", "tools.custom"}),
            instead={"reasoning_effort": {"none": {"thinking": {"type": "disabled"}}}},
            developer_role=False,
            reasoning=("reasoning_content",),
            tool_limits=FUNCTIONS,
        ),
    ),
    compatible(
        "xai",
        "xAI",
        "https://api.x.ai/v1",
        "XAI_API_KEY",
        also=STORED,
        regional={"us": "https://us.api.x.ai/v1"},
        hosts=(".api.x.ai",),
        headers=("x-grok-*",),
        quirks=Quirks(
            lacks=frozenset({"audio"}),
            refused=frozenset({"message.name"}),
            developer_role=False,
            reasoning_outside=True,
            reasoning=("reasoning_content",),
        ),
    ),
    compatible(
        "together",
        "Together",
        "https://api.together.ai/v1",
        "TOGETHER_API_KEY",
        also=(EMBEDDINGS, JINA_RERANK, "openai-images", "openai-audio", "openai-batches"),
        embeddings=Quirks(refused=frozenset({"dimensions", "encoding_format", "user", "input_type"})),
        hosts=("api.together.xyz",),
        headers=("x-stainless-*",),
        rate_limits=meters.TOGETHER,
        quirks=Quirks(
            lacks=FILES,
            max_tokens="max_tokens",
            usage_in_streams="always",
            refused=frozenset({"top_logprobs", "parallel_tool_calls", "user", "stream_options"}),
            takes=TOP_K,
            stop_list=True,
            developer_role=False,
            finish_reasons={"eos": "stop"},
            reasoning=("reasoning", "reasoning_content"),
        ),
    ),
    compatible(
        "fireworks",
        "Fireworks",
        "https://api.fireworks.ai/inference/v1",
        "FIREWORKS_API_KEY",
        also=(EMBEDDINGS, JINA_RERANK),
        headers=("x-session-affinity", "x-fireworks-*"),
        errors=refusals.FIREWORKS,
        quirks=Quirks(
            lacks=NO_MEDIA,
            usage_in_streams="always",
            refused=frozenset({"message.name", "stream_options"}),
            takes=TOP_K,
            values={"tool_choice": {"required": "any"}},
            developer_role=False,
            schemas="fireworks",
            reasoning=("reasoning_content",),
        ),
    ),
    compatible(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        also=(RESPONSES, EMBEDDINGS),
        embeddings=ANY,
        regional={"eu": "https://eu.openrouter.ai/api/v1", "us": "https://us.openrouter.ai/api/v1"},
        headers=("http-referer", "x-title", "x-openrouter-*"),
        errors=refusals.OPENROUTER,
        rate_limits=meters.OPENROUTER,
        quirks=Quirks(refused=frozenset({"n"}), takes=TOP_K, reasoning=("reasoning", "reasoning_content")),
    ),
    compatible(
        "perplexity",
        "Perplexity",
        "https://api.perplexity.ai",
        "PERPLEXITY_API_KEY",
        "PPLX_API_KEY",
        also=(EMBEDDINGS,),
        embeddings=Quirks(
            refused=frozenset({"user", "input_type", "encoding_format.float", "encoding_format.base64"}),
            int8_vectors=True,
        ),
        quirks=Quirks(
            lacks=frozenset({"audio"}),
            max_tokens="max_tokens",
            usage_in_streams="always",
            refused=frozenset({"seed", "logit_bias", "user", "stream_options", "message.name"}),
            takes=TOP_K,
            developer_role=False,
        ),
    ),
    compatible(
        "cerebras",
        "Cerebras",
        "https://api.cerebras.ai/v1",
        "CEREBRAS_API_KEY",
        rate_limits=meters.CEREBRAS,
        quirks=Quirks(lacks=NO_MEDIA, schemas="cerebras", reasoning=("reasoning",)),
    ),
    compatible("huggingface", "Hugging Face", "https://router.huggingface.co/v1", "HF_TOKEN", headers=("x-hf-*",)),
    compatible(
        "zai",
        "Z.ai",
        "https://api.z.ai/api/paas/v4",
        "ZAI_API_KEY",
        also=(EMBEDDINGS,),
        errors=refusals.ZAI,
        quirks=Quirks(
            lacks=NO_MEDIA,
            max_tokens="max_tokens",
            refused=frozenset({"n", "seed", "logprobs", "top_logprobs", "logit_bias", "tools.custom"}),
            developer_role=False,
            reasoning=("reasoning_content",),
            finish_reasons={"sensitive": "content_filter", "model_context_window_exceeded": "length"},
        ),
    ),
    compatible(
        "nvidia",
        "NVIDIA NIM",
        "https://integrate.api.nvidia.com/v1",
        "NVIDIA_API_KEY",
        also=(EMBEDDINGS,),
        embeddings=Quirks(
            values={"input_type": {"document": "passage", "search_document": "passage", "search_query": "query"}}
        ),
        headers=("nvcf-*",),
        quirks=Quirks(lacks=FILES, max_tokens="max_tokens", refused=frozenset({"tools.custom"}), developer_role=False),
    ),
    compatible(
        "databricks",
        "Databricks",
        None,
        "DATABRICKS_TOKEN",
        also=(EMBEDDINGS,),
        hosts=(".cloud.databricks.com", ".azuredatabricks.net", ".gcp.databricks.com"),
        base_env=("DATABRICKS_HOST",),
        root_path="/serving-endpoints",
        quirks=Quirks(
            lacks=NO_MEDIA,
            max_tokens="max_tokens",
            refused=frozenset({"seed", "logit_bias", "user", "store", "tools.custom"}),
            takes=TOP_K,
            developer_role=False,
        ),
    ),
    compatible(
        "snowflake",
        "Snowflake Cortex",
        "https://{account}.snowflakecomputing.com/api/v2/cortex/v1",
        "SNOWFLAKE_PAT",
        settings={"account": ("SNOWFLAKE_ACCOUNT",)},
        headers=("x-snowflake-*",),
        quirks=Quirks(
            lacks=NO_MEDIA,
            max_tokens="max_completion_tokens",
            refused=frozenset({"n", "seed", "logit_bias", "logprobs", "top_logprobs", "tools.custom"}),
        ),
    ),
    compatible(
        "github",
        "GitHub Models",
        "https://models.github.ai/inference",
        "GITHUB_MODELS_TOKEN",
        "GITHUB_TOKEN",
        also=(EMBEDDINGS,),
        embeddings=ANY,
        headers=("x-github-*",),
    ),
    compatible(
        "cloudflare",
        "Cloudflare Workers AI",
        "https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1",
        "CLOUDFLARE_API_TOKEN",
        also=(EMBEDDINGS,),
        settings={"account": ("CLOUDFLARE_ACCOUNT_ID",)},
        headers=("cf-aig-*",),
        errors=refusals.CLOUDFLARE,
        rate_limits=meters.CLOUDFLARE,
        quirks=Quirks(
            lacks=NO_MEDIA,
            max_tokens="max_tokens",
            refused=frozenset({"n", "logprobs", "top_logprobs", "logit_bias", "user", "tools.custom"}),
            takes=TOP_K,
            developer_role=False,
        ),
    ),
)
"""Services, reached with a key."""

_LOCAL: Final = Quirks(lacks=FILES, refused=frozenset({"tools.custom"}), takes=TOP_K)

SERVERS: Final = (
    compatible(
        "vllm",
        "vLLM",
        "http://localhost:8000/v1",
        "VLLM_API_KEY",
        also=(*STORED, EMBEDDINGS, JINA_RERANK, "openai-audio"),
        keyless=True,
        quirks=Quirks(
            lacks=FILES,
            refused=frozenset({"tools.custom"}),
            takes=TOP_K | {"reasoning_budget"},
            reasoning=("reasoning", "reasoning_content"),
            renamed={"reasoning_budget": "thinking_token_budget"},
        ),
    ),
    compatible(
        "sglang", "SGLang", "http://localhost:30000/v1", also=(EMBEDDINGS, JINA_RERANK), keyless=True, quirks=_LOCAL
    ),
    compatible(
        "llamacpp",
        "llama.cpp",
        "http://localhost:8080/v1",
        "LLAMA_API_KEY",
        also=(EMBEDDINGS, JINA_RERANK),
        keyless=True,
        quirks=replace(_LOCAL, reasoning=("reasoning_content",)),
    ),
    compatible("lmstudio", "LM Studio", "http://localhost:1234/v1", also=(EMBEDDINGS,), keyless=True, quirks=_LOCAL),
    compatible(
        "tgi",
        "Text Generation Inference",
        "http://localhost:8080/v1",
        keyless=True,
        quirks=Quirks(
            lacks=NO_MEDIA,
            max_tokens="max_tokens",
            refused=frozenset({"tools.custom", "parallel_tool_calls", "n"}),
            developer_role=False,
            finish_reasons={"eos_token": "stop", "stop_sequence": "stop"},
        ),
    ),
)
"""Servers that people run themselves, at the address they listen on by default."""
