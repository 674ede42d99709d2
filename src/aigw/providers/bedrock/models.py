"""What differs between the families of models on Bedrock, read from the model's name, with a default for any other.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html as of November 2026. The ARN of an
application's inference profile or of provisioned throughput does not say whose model it is; that is then unknown.
"""

import re
from typing import Final, Literal

from aigw.providers.anthropic.models import BUDGETS, EFFORTS, always_thinks, takes_effort, thinks, version
from aigw.types.json import EMPTY, JsonObject
from aigw.types.request import Params

_PLAIN_EFFORTS: Final = frozenset({"low", "medium", "high"})
_TOP_K: Final = (("claude", "top_k"), ("mistral.", "top_k"), ("qwen.", "top_k"), ("cohere.command-r", "k"))
_NO_FORMAT: Final = re.compile(
    r"meta\.llama|ai21\.|cohere\.|deepseek\.r1|amazon\.titan|writer\.|pixtral|mixtral|mistral-7b|"
    r"mistral-(?:large|small)-240"
)
_RESULTS_APART: Final = ("amazon.nova", "meta.llama")
"""Families that answer "Conversation blocks and tool result blocks cannot be provided in the same turn"."""

_SCHEMAS_SINCE: Final = (4, 5)
_LEAST_BUDGET: Final = BUDGETS["low"]


def is_claude(model: str) -> bool:
    """Whether *model* is one of Anthropic's."""
    return "claude" in model.lower()


def is_nova(model: str) -> bool:
    """Whether *model* is one of Amazon's Nova models."""
    return "amazon.nova" in model.lower()


def parts_results(model: str) -> bool:
    """Whether *model* refuses a turn in which tool results stand beside anything else."""
    return any(family in model.lower() for family in _RESULTS_APART)


def format_way(model: str) -> Literal["schema", "tool", "none"]:
    """Say how *model* is held to a JSON schema: by `outputConfig`, by a tool it is made to call, or not at all."""
    name = model.lower()
    if is_claude(name):
        return "schema" if version(name) >= _SCHEMAS_SINCE else "tool"
    if is_nova(name):
        return "tool"
    return "none" if _NO_FORMAT.search(name) else "schema"


def with_top_k(top_k: int, model: str) -> JsonObject | None:
    """Write *top_k* as the additional field of *model*'s family, or give None where it has none."""
    name = model.lower()
    if is_nova(name):
        return {"inferenceConfig": {"topK": top_k}}
    word = next((word for family, word in _TOP_K if family in name), None)
    return None if word is None else {word: top_k}


def with_reasoning(params: Params, model: str) -> JsonObject | None:
    """Write what *params* say of thinking as additional fields of *model*'s family, or give None if it has none."""
    name, effort, budget = model.lower(), params.get("reasoning_effort"), params.get("reasoning_budget")
    if effort is None and budget is None:
        return EMPTY
    if is_claude(name):
        return _claude(effort, budget, params.get("max_tokens"), name)
    if effort is None:
        return None
    if "amazon.nova-2" in name:
        return _nova(effort)
    return {"reasoning_effort": effort} if "gpt-oss" in name and effort in _PLAIN_EFFORTS else None


def _nova(effort: str) -> JsonObject | None:
    if effort == "none":
        return {"reasoningConfig": {"type": "disabled"}}
    if effort not in _PLAIN_EFFORTS:
        return None
    return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}


def _claude(effort: str | None, budget: int | None, limit: int | None, model: str) -> JsonObject | None:
    if budget is not None:
        thinking = {"type": "enabled", "budget_tokens": budget} if budget > 0 else {"type": "disabled"}
        return {"thinking": thinking}
    if effort == "none":
        switchable = thinks(model) and not always_thinks(model)
        return {"thinking": {"type": "disabled"}} if switchable else EMPTY
    if effort not in EFFORTS or not thinks(model):
        return None
    if takes_effort(model):
        return {"thinking": {"type": "adaptive"}, "output_config": {"effort": EFFORTS[effort]}}
    if limit is not None and limit <= _LEAST_BUDGET:
        return None
    tokens = BUDGETS[effort] if limit is None else min(BUDGETS[effort], limit - 1)
    return {"thinking": {"type": "enabled", "budget_tokens": tokens}}
