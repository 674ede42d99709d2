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

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 5.1
_VALUE: Final = re.compile(r"[\x20-\x7e\t]*")
_MEDIA_TYPE: Final = re.compile(r"[\w.+*-]+/[\w.+*-]+(?:; ?[\w.+*-]+=[\w.+*-]+)*", re.ASCII)


def is_name(text: str) -> bool:
    """Whether HTTP allows *text* as the name of a header."""
    return _NAME.fullmatch(text) is not None


def is_value(text: str) -> bool:
    """Whether *text* is printable ASCII on one line, as every server reads a header's value."""
    return _VALUE.fullmatch(text) is not None


def is_media_type(text: str) -> bool:
    """Whether *text* is a content type, with its parameters or without (RFC 9110 8.3.1; no quoted values)."""
    return _MEDIA_TYPE.fullmatch(text) is not None
