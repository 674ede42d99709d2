"""The kinds of provider aigw knows, as data. A new host that speaks a known dialect is a new row and no code.

Sources: the providers' API references and typed SDKs, as of November 2026. `refused` lists what a provider's own
reference says it rejects or ignores, so that nothing is lost silently; what depends on the model is left to the
provider's answer.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aigw.types.kind import Kind, Quirks

OPENAI_CHAT: Final = "openai-chat"
ANTHROPIC_MESSAGES: Final = "anthropic-messages"
ECHO: Final = "echo"

_REPLAY: Final = frozenset(
    {"message.reasoning", "message.reasoning_content", "message.reasoning_details", "message.citations"}
)
"""Fields of earlier answers that a strict server does not take back."""


def _compatible(  # noqa: PLR0913 - the columns of the table below
    name: str,
    title: str,
    base_url: str | None,
    *key_env: str,
    hosts: tuple[str, ...] = (),
    keyless: bool = False,
    quirks: Quirks | None = None,
) -> Kind:
    return Kind(
        name=name,
        dialect=OPENAI_CHAT,
        title=title,
        base_url=base_url,
        key_env=key_env,
        hosts=frozenset(hosts),
        keyless=keyless,
        quirks=quirks or Quirks(),
    )


_ROWS: Final = (
    _compatible(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        hosts=(".api.openai.com",),
        quirks=Quirks(limit_name="max_completion_tokens", refused=_REPLAY),
    ),
    _compatible("openai-compatible", "any server that speaks OpenAI's dialect", None, keyless=True),
    Kind(
        name="anthropic",
        dialect=ANTHROPIC_MESSAGES,
        title="Anthropic",
        base_url="https://api.anthropic.com",
        key_env=("ANTHROPIC_API_KEY",),
        auth="x-api-key",
    ),
    Kind(name="echo", dialect=ECHO, title="Echo (offline)", base_url="echo:", auth="none", keyless=True),
    _compatible(
        "mistral",
        "Mistral",
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        hosts=("api.eu.mistral.ai", "api.us.mistral.ai"),
        quirks=Quirks(
            max_tokens="max_tokens",
            usage_in_streams="always",
            renamed={"seed": "random_seed"},
            refused=frozenset({"logit_bias", "user", "store", "stream_options", "message.name"}) | _REPLAY,
            developer_role=False,
            finish_reasons={"model_length": "length"},
        ),
    ),
    _compatible(
        "groq",
        "Groq",
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        quirks=Quirks(
            refused=frozenset({"logprobs", "top_logprobs", "logit_bias", "frequency_penalty", "presence_penalty"})
        ),
    ),
    _compatible(
        "deepseek",
        "DeepSeek",
        "https://api.deepseek.com",
        "DEEPSEEK_API_KEY",
        quirks=Quirks(
            max_tokens="max_tokens",
            renamed={"user": "user_id"},
            refused=frozenset({"n", "logit_bias", "response_format.json_schema"}),
            developer_role=False,
        ),
    ),
    _compatible(
        "xai",
        "xAI",
        "https://api.x.ai/v1",
        "XAI_API_KEY",
        hosts=(".api.x.ai",),
        quirks=Quirks(refused=frozenset({"message.name"}), developer_role=False, reasoning_outside=True),
    ),
    _compatible(
        "together",
        "Together",
        "https://api.together.ai/v1",
        "TOGETHER_API_KEY",
        hosts=("api.together.xyz",),
        quirks=Quirks(
            max_tokens="max_tokens",
            usage_in_streams="always",
            refused=frozenset({"top_logprobs", "parallel_tool_calls", "user", "stream_options"}),
            developer_role=False,
        ),
    ),
    _compatible(
        "fireworks",
        "Fireworks",
        "https://api.fireworks.ai/inference/v1",
        "FIREWORKS_API_KEY",
        quirks=Quirks(
            usage_in_streams="always",
            refused=frozenset({"message.name", "stream_options"}),
            values={"tool_choice": {"required": "any"}},
            developer_role=False,
        ),
    ),
    _compatible(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        hosts=("eu.openrouter.ai", "us.openrouter.ai"),
    ),
    _compatible(
        "perplexity",
        "Perplexity",
        "https://api.perplexity.ai",
        "PERPLEXITY_API_KEY",
        "PPLX_API_KEY",
        quirks=Quirks(
            max_tokens="max_tokens",
            usage_in_streams="always",
            refused=frozenset({"seed", "logit_bias", "user", "stream_options", "message.name"}),
            developer_role=False,
        ),
    ),
    _compatible("cerebras", "Cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
    _compatible("huggingface", "Hugging Face", "https://router.huggingface.co/v1", "HF_TOKEN"),
    _compatible(
        "zai",
        "Z.ai",
        "https://api.z.ai/api/paas/v4",
        "ZAI_API_KEY",
        quirks=Quirks(
            max_tokens="max_tokens",
            developer_role=False,
            finish_reasons={"sensitive": "content_filter", "model_context_window_exceeded": "length"},
        ),
    ),
    _compatible(
        "ollama",
        "Ollama",
        "http://localhost:11434/v1",
        "OLLAMA_API_KEY",
        keyless=True,
        quirks=Quirks(
            max_tokens="max_tokens",
            refused=frozenset(
                {"n", "logprobs", "top_logprobs", "logit_bias", "parallel_tool_calls", "tool_choice.required"}
            ),
            developer_role=False,
            finish_reasons={"load": "stop"},
        ),
    ),
    _compatible(
        "vllm",
        "vLLM",
        "http://localhost:8000/v1",
        "VLLM_API_KEY",
        keyless=True,
        quirks=Quirks(refused=frozenset({"tools.custom"})),
    ),
    _compatible(
        "llamacpp",
        "llama.cpp",
        "http://localhost:8080/v1",
        "LLAMA_API_KEY",
        keyless=True,
        quirks=Quirks(refused=frozenset({"tools.custom"})),
    ),
    _compatible("lmstudio", "LM Studio", "http://localhost:1234/v1", keyless=True),
    _compatible(
        "tgi",
        "Text Generation Inference",
        "http://localhost:8080/v1",
        keyless=True,
        quirks=Quirks(
            max_tokens="max_tokens",
            refused=frozenset({"tools.custom", "parallel_tool_calls"}),
            developer_role=False,
            finish_reasons={"eos_token": "stop", "stop_sequence": "stop"},
        ),
    ),
)

KINDS: Final[Mapping[str, Kind]] = MappingProxyType({row.name: row for row in _ROWS})
"""The built-in kinds by name."""
