"""Read the content parts of OpenAI chat messages into typed parts.

Source: https://platform.openai.com/docs/api-reference/chat/create (messages). A part of a type nobody knows is kept as
`Opaque`: a target of the same dialect may know it.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from aigw.surfaces.arguments import array_at, object_at, refuse, text_at
from aigw.types.json import JsonObject, as_text, without
from aigw.types.parts import Audio, File, Image, Opaque, Part, Refusal, Text

DIALECT: Final = "openai-chat"

_OF_TEXTS: Final = frozenset({"type", "text"})
_MAGIC: Final = (
    ("iVBORw0KGgo", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
    ("JVBERi0", "application/pdf"),
)
"""How base64 of well-known formats begins: what a file is, where nobody said."""


def read_content(content: object, path: str) -> tuple[Part, ...]:
    """Read *content*: text, a list of parts, or nothing. Raises `BadRequestError` naming the place under *path*."""
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(content),)
    parts = array_at(content, path, "text or a list of parts")
    return tuple([_read_part(part, f"{path}[{index}]") for index, part in enumerate(parts)])


def _read_part(part: object, path: str) -> Part:
    body = object_at(part, path, 'an object like {"type": "text", "text": …}')
    read = _READERS.get(text_at(body, "type", path))
    return Opaque(DIALECT, body) if read is None else read(body, path)


def _extra(body: JsonObject, own: str, inner: JsonObject, known: frozenset[str]) -> JsonObject:
    """Collect what the part says beyond our words: beside its object as it is, inside it under *own*."""
    beside, inside = without(body, frozenset({"type", own})), without(inner, known)
    return {**beside, own: inside} if inside else beside


def _text(body: JsonObject, path: str) -> Text:
    return Text(text_at(body, "text", path), without(body, _OF_TEXTS))


def _refusal(body: JsonObject, path: str) -> Refusal:
    return Refusal(text_at(body, "refusal", path))


def _image(body: JsonObject, path: str) -> Image:
    said = body.get("image_url")
    inner: JsonObject = (
        {"url": said} if isinstance(said, str) else object_at(body.get("image_url"), f"{path}.image_url", "an object")
    )
    url = text_at(inner, "url", f"{path}.image_url")
    extra = _extra(body, "image_url", inner, frozenset({"url", "detail"}))
    detail = as_text(inner.get("detail"))
    if not url:
        refuse(f"{path}.image_url.url", "is empty; give an http(s) or a data: URL", "empty_string")
    if not is_data_url(url):
        return Image(url=url, detail=detail, extra=extra)
    media_type, data = split_data_url(url, f"{path}.image_url.url")
    return Image(data=data, media_type=media_type, detail=detail, extra=extra)


def _audio(body: JsonObject, path: str) -> Audio:
    inner = object_at(body.get("input_audio"), f"{path}.input_audio", "an object")
    data = text_at(inner, "data", f"{path}.input_audio")
    extra = _extra(body, "input_audio", inner, frozenset({"data", "format"}))
    return Audio(data=data, format=as_text(inner.get("format")), extra=extra)


def _file(body: JsonObject, path: str) -> File:
    inner = object_at(body.get("file"), f"{path}.file", "an object")
    extra = _extra(body, "file", inner, frozenset({"file_id", "file_data", "filename"}))
    filename, file_id = as_text(inner.get("filename")), as_text(inner.get("file_id"))
    if file_id is not None:
        return File(file_id=file_id, filename=filename, extra=extra)
    data = text_at(inner, "file_data", f"{path}.file")
    if is_data_url(data):
        media_type, content = split_data_url(data, f"{path}.file.file_data")
        return File(data=content, media_type=media_type, filename=filename, extra=extra)
    if data[:8].lower().startswith(("http://", "https://")):
        return File(url=data, filename=filename, extra=extra)
    return File(data=data, media_type=_sniffed(data), filename=filename, extra=extra)


def is_data_url(url: str) -> bool:
    """Tell whether *url* carries its content in itself; schemes have no case (RFC 3986 3.1)."""
    return url[:5].lower() == "data:"


def split_data_url(url: str, path: str) -> tuple[str | None, str]:
    """Give media type (without parameters, lower case) and base64 content of a data URL (RFC 2397).

    A type that is not said is known by the content's first bytes, or is None. Raises `BadRequestError`.
    """
    head, comma, content = url[5:].partition(",")
    if not comma:
        refuse(path, "a data: URL needs a comma before its content", "invalid_value")
    said, *parameters = (word.strip().lower() for word in head.split(";"))
    if "base64" not in parameters:
        content = base64.b64encode(unquote_to_bytes(content)).decode("ascii")
    return said or _sniffed(content), content


def _sniffed(content: str) -> str | None:
    return next((media_type for start, media_type in _MAGIC if content.startswith(start)), None)


_READERS: Final[Mapping[str, Callable[[JsonObject, str], Part]]] = {
    "text": _text,
    "refusal": _refusal,
    "image_url": _image,
    "input_audio": _audio,
    "file": _file,
}
