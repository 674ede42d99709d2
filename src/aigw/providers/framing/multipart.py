"""Write a form with files (`multipart/form-data`, RFC 7578), with names and types that cannot break out of their place.

Names are escaped the way browsers do it (https://html.spec.whatwg.org/#multipart-form-data), and nested fields are
spelled with brackets, as OpenAI's client does (`timestamp_granularities[]`, `chunking_strategy[type]`).
"""

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

from aigw.types.headers import is_media_type
from aigw.types.json import JsonObject, as_array, as_object

_UNSAFE: Final = re.compile(r'["\\\x00-\x1f\x7f]')
UNKNOWN_TYPE: Final = "application/octet-stream"


def form(fields: JsonObject, files: tuple[tuple[str, str, str, bytes], ...]) -> tuple[str, bytes]:
    """Give the content type and the body of a form. *files* are name, file name, content type and content."""
    parts = [_part(name, value.encode("utf-8", "replace")) for name, value in flattened(fields)]
    parts += [_part(name, content, filename, media_type) for name, filename, media_type, content in files]
    boundary = _boundary(parts)
    opening = b"--" + boundary + b"\r\n"
    body = b"".join(piece for head, content in parts for piece in (opening, head, content, b"\r\n"))
    return f"multipart/form-data; boundary={boundary.decode()}", body + b"--" + boundary + b"--\r\n"


def flattened(fields: JsonObject) -> Iterator[tuple[str, str]]:
    """Spell *fields* as names and texts; what is null is left out."""
    for name, value in fields.items():
        yield from _spelled(name, value)


def _spelled(name: str, value: object) -> Iterator[tuple[str, str]]:
    inner_fields = as_object(value)
    if inner_fields:
        for inner, item in inner_fields.items():
            yield from _spelled(f"{name}[{inner}]", item)
    elif items := as_array(value):
        for item in items:
            yield from _spelled(f"{name}[]", item)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif isinstance(value, str | int | float):
        yield name, str(value)


def _part(name: str, content: bytes, filename: str | None = None, media_type: str | None = None) -> tuple[bytes, bytes]:
    """Give the head of a part, and its content."""
    head = f'Content-Disposition: form-data; name="{_escaped(name)}"'
    if filename is not None:
        known = media_type if media_type is not None and is_media_type(media_type) else UNKNOWN_TYPE
        head += f'; filename="{_escaped(filename)}"\r\nContent-Type: {known}'
    return f"{head}\r\n\r\n".encode("utf-8", "replace"), content


def _escaped(text: str) -> str:
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", text)


def _boundary(parts: list[tuple[bytes, bytes]]) -> bytes:
    """Derive the boundary from all that it separates: nobody can write a content that holds its own digest."""
    digest = blake2b(digest_size=16)
    for head, content in parts:
        digest.update(head)
        digest.update(content)
    return digest.hexdigest().encode()
