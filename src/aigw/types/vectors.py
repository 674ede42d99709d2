"""Vectors as base64 of little-endian 32-bit floats (IEEE 754 binary32), the compact form of embeddings.

Source: `encoding_format` of https://platform.openai.com/docs/api-reference/embeddings/create.
"""

import binascii
import sys
from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Final

_FLOAT: Final = 4
"""Bytes of a 32-bit float."""


def content_of(text: str) -> bytes | None:
    """Decode base64, or None if *text* is no such thing."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def unpacked(text: str) -> list[float] | None:
    """Decode base64 of 32-bit floats, or None if *text* is no such thing."""
    content = content_of(text)
    if content is None or len(content) % _FLOAT:
        return None
    numbers = array("f")
    numbers.frombytes(content)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def packed(numbers: Iterable[float]) -> str:
    """Write *numbers* as base64 of 32-bit floats, each rounded to the nearest of those."""
    content = array("f", numbers)
    if sys.byteorder == "big":
        content.byteswap()
    return b64encode(content.tobytes()).decode("ascii")
