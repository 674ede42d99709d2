"""What differs between Claude models, by family and version read from the model's name, with a default for any other.

Source: Anthropic's model and thinking pages as of November 2026. Names age; a name nobody knows counts as a new model.
"""

import re
from functools import lru_cache
from typing import Final

from aigw.types.json import JsonObject

SAMPLING: Final = ("temperature", "top_p", "top_k")
_VERSION: Final = re.compile(r"claude-(?:[a-z]+-)?(\d)(?:[-.](\d{1,2}))?(?!\d)")
_NEWEST: Final = (99, 0)

BUDGETS: Final = {"minimal": 1024, "low": 1024, "medium": 2048, "high": 4096, "xhigh": 8192, "max": 16384}
"""Thinking budgets, in tokens, for models that take a budget and no effort; 1024 is the least Anthropic accepts."""

EFFORT_OF_BUDGET: Final = ((1024, "low"), (2048, "medium"), (4096, "high"), (8192, "xhigh"))
"""Efforts for models that take no budget any more, by the most tokens each stands for; beyond the last it is `max`."""

LEAST_BUDGET: Final = 1024

EFFORTS: Final = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max"}


@lru_cache(maxsize=256)
def version(model: str) -> tuple[int, int]:
    """Give major and minor version of *model*, wherever in its name they stand; a very new one if there is none."""
    found = _VERSION.search(model.lower())
    return (int(found[1]), int(found[2] or 0)) if found else _NEWEST


def default_max_tokens(model: str) -> int:
    """Give the length limit to send where nobody set one: Anthropic requires it, OpenAI's callers need not know.

    It is as large as old models allow, and elsewhere large enough that an answer is hardly ever cut while a request
    without streaming still ends well within ten minutes.
    """
    number = version(model)
    if number < (3, 5):
        return 4096
    return 8192 if number < (3, 7) else 16384


def takes_effort(model: str) -> bool:
    """Whether *model* thinks adaptively and takes an effort; older ones take a budget."""
    return version(model) >= (4, 6)


def thinks(model: str) -> bool:
    """Whether *model* can think before it answers."""
    return version(model) >= (3, 7)


def always_thinks(model: str) -> bool:
    """Whether thinking cannot be switched off."""
    return "fable" in model.lower() or "mythos" in model.lower()


def samples(model: str) -> bool:
    """Whether *model* takes `temperature` and `top_p`. Where the version is not known, the provider shall say."""
    number = version(model)
    return number < (4, 7) or number == _NEWEST


def sampling_beyond(params: JsonObject, model: str) -> list[str]:
    """Name the sampling parameters that *model* cannot take: all of them, beyond 1, or both from Claude 4.1 on."""
    said = {name: params[name] for name in SAMPLING if params.get(name) is not None}
    if not samples(model):
        return list(said)
    names = [name for name, value in said.items() if name != "top_k" and isinstance(value, int | float) and value > 1]
    if not names and {"temperature", "top_p"} <= said.keys() and (4, 1) <= version(model) < _NEWEST:
        names.append("top_p")
    return names


def takes_budget(model: str) -> bool:
    """Whether *model* takes a budget to think within; newer ones only take an effort."""
    return thinks(model) and version(model) < (4, 7)


def takes_late_system(model: str) -> bool:
    """Whether *model* takes a system message behind a user's turn. Where the version is not known, better not."""
    return (4, 8) <= version(model) < _NEWEST


def effort_of(budget: int) -> str:
    """Give the effort that stands for a *budget* in tokens."""
    return next((effort for most, effort in EFFORT_OF_BUDGET if budget <= most), "max")
