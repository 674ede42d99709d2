"""What a key looks like: one table of the vendors' forms, for refusing keys and for taking them out of texts."""

import re
from typing import Final

_VENDORS: Final = (
    "sk",  # OpenAI, Anthropic, DeepSeek, OpenRouter and most others
    "pk",
    "rk",
    "vk",
    "gsk",  # Groq
    "xai",
    "csk",  # Cerebras
    "pplx",  # Perplexity
    "hf",  # Hugging Face
    "fw",  # Fireworks
    "tgp",  # Together
    "nvapi",  # NVIDIA
    "r8",  # Replicate
    "ghp",
    "github_pat",
    "glpat",
)
"""What keys begin with, before a dash or an underscore."""

# Some vendors quote a key with stars or dots in its middle, whose ends still help whoever collects them.
_KEY: Final = rf"\b(?:{'|'.join(_VENDORS)})[-_][\w\-*.•]{{6,}}|\bAIza[\w-]{{8,}}|\b(?:AKIA|ASIA)[A-Z0-9]{{8,}}"
_CREDENTIAL: Final = re.compile(rf"{_KEY}|(?:bearer|basic)\s+\S", re.IGNORECASE)
_QUOTED: Final = re.compile(
    rf"{_KEY}|(?<=bearer )\S+|(?<=key provided: )\S+|(?<=key )(?=[A-Za-z_\-]*\d)[\w-]{{16,}}", re.IGNORECASE
)


def looks_like_a_key(text: str) -> bool:
    """Whether *text* holds something in the shape of a key, or a credential as HTTP's `Authorization` has it."""
    return _CREDENTIAL.search(text) is not None


def without_keys(text: str) -> str:
    """Give *text* with everything that looks like a key, or is introduced as one, replaced by `***`."""
    return _QUOTED.sub("***", text)
