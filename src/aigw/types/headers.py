"""Which headers of a request are not for a manifest or a caller to set, and what HTTP can carry as a header."""

import re
from typing import Final

CREDENTIALS: Final = frozenset(
    {"authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "x-auth-token", "cookie"}
)
"""Keys are named in the manifest, as references, and go only to the hosts it declares. Names are in lower case."""

FRAMING: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "expect", "accept-encoding"}
)
"""The HTTP client's own: how a message is framed, and the encodings it can undo. Names are in lower case."""

OWNED: Final = frozenset(
    {
        *("anthropic-*", "openai-*", "x-goog-*", "x-amz-*", "x-amzn-*", "x-ms-*", "x-stainless-*"),
        *("http-referer", "x-title", "x-openrouter-*", "groq-*", "x-grok-*", "x-session-affinity", "x-fireworks-*"),
        *("nvcf-*", "x-hf-*", "x-github-*", "x-snowflake-*", "cf-aig-*"),
    }
)
"""Headers that some vendor has given a meaning: they go to the kinds that list them, and to nobody else.

Names are in lower case; one that ends in a star stands for all that begin so. Others belong to nobody and may pass.
"""

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 5.1
_VALUE: Final = re.compile(r"[\x20-\x7e\t]*")
_MEDIA_TYPE: Final = re.compile(r"[\w.+*-]+/[\w.+*-]+(?:; ?[\w.+*-]+=[\w.+*-]+)*", re.ASCII)


def is_among(name: str, listed: frozenset[str]) -> bool:
    """Whether the header *name*, in lower case, is *listed*, by itself or by how it begins."""
    return name in listed or any(entry.endswith("*") and name.startswith(entry[:-1]) for entry in listed)


def is_name(text: str) -> bool:
    """Whether HTTP allows *text* as the name of a header."""
    return _NAME.fullmatch(text) is not None


def is_value(text: str) -> bool:
    """Whether *text* is printable ASCII on one line, as every server reads a header's value."""
    return _VALUE.fullmatch(text) is not None


def is_media_type(text: str) -> bool:
    """Whether *text* is a content type, with its parameters or without (RFC 9110 8.3.1; no quoted values)."""
    return _MEDIA_TYPE.fullmatch(text) is not None
