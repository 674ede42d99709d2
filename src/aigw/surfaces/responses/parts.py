"""Read the contents of OpenAI Responses items into typed parts.

Source: https://platform.openai.com/docs/api-reference/responses/create (input). A part of a type nobody knows is kept
as `Opaque`: a target of the same dialect may know it.
"""

from collections.abc import Callable, Mapping
from typing import Final

from aigw.surfaces.arguments import array_at, object_at, refuse, text_at
from aigw.surfaces.chat.parts import is_data_url, split_data_url
from aigw.types.json import EMPTY, JsonObject, as_text, without
from aigw.types.parts import Audio, File, Image, Opaque, Part, Refusal, Text

DIALECT: Final = "openai-responses"

_OF_TEXTS: Final = frozenset({"type", "text", "annotations", "logprobs", "parsed"})
_OF_IMAGES: Final = frozenset({"type", "image_url", "file_id", "detail"})
_OF_FILES: Final = frozenset({"type", "file_id", "file_data", "file_url", "filename"})


def read_content(content: object, path: str) -> tuple[Part, ...]:
    """Read *content*: text, or a list of parts. Raises `BadRequestError` naming the place under *path*."""
    if isinstance(content, str):
        return (Text(content),)
    parts = array_at(content, path, "text or a list of parts")
    return tuple(_read_part(part, f"{path}[{index}]") for index, part in enumerate(parts))


def _read_part(part: object, path: str) -> Part:
    body = object_at(part, path, 'an object like {"type": "input_text", "text": …}')
    read = _READERS.get(text_at(body, "type", path))
    return Opaque(DIALECT, body) if read is None else read(body, path)


def _text(body: JsonObject, path: str) -> Text:
    return Text(text_at(body, "text", path), without(body, _OF_TEXTS))


def _refusal(body: JsonObject, path: str) -> Refusal:
    return Refusal(text_at(body, "refusal", path))


def _image(body: JsonObject, path: str) -> Part:
    url, detail, extra = body.get("image_url"), as_text(body.get("detail")), without(body, _OF_IMAGES)
    if url is None and body.get("file_id") is not None:
        return Opaque(DIALECT, body)
    url = text_at(body, "image_url", path)
    if not url:
        refuse(f"{path}.image_url", "is empty; give an http(s) or a data: URL", "empty_string")
    if not is_data_url(url):
        return Image(url=url, detail=detail, extra=extra)
    media_type, data = split_data_url(url, f"{path}.image_url")
    return Image(data=data, media_type=media_type, detail=detail, extra=extra)


def _audio(body: JsonObject, path: str) -> Audio:
    inner = object_at(body.get("input_audio"), f"{path}.input_audio", "an object")
    data = text_at(inner, "data", f"{path}.input_audio")
    return Audio(data=data, format=as_text(inner.get("format")))


def _file(body: JsonObject, path: str) -> File:
    extra, filename = without(body, _OF_FILES), as_text(body.get("filename"))
    file_id, url = as_text(body.get("file_id")), as_text(body.get("file_url"))
    if file_id is not None:
        return File(file_id=file_id, filename=filename, extra=extra)
    if url is not None:
        return File(url=url, filename=filename, extra=extra)
    data = text_at(body, "file_data", path)
    if not is_data_url(data):
        return File(data=data, filename=filename, extra=extra)
    media_type, content = split_data_url(data, f"{path}.file_data")
    return File(data=content, media_type=media_type, filename=filename, extra=extra or EMPTY)


_READERS: Final[Mapping[str, Callable[[JsonObject, str], Part]]] = {
    "input_text": _text,
    "output_text": _text,
    "text": _text,
    "summary_text": _text,
    "reasoning_text": _text,
    "refusal": _refusal,
    "input_image": _image,
    "input_audio": _audio,
    "input_file": _file,
}
