"""Write images, sound and documents as Google's parts: `inlineData` for content, `fileData` for addresses.

Source: https://ai.google.dev/api/caching#Part. Nothing is downloaded: an address goes to the model, which may read it.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aigw.manifest.snapshot import Target
from aigw.types.json import JsonObject, as_object, as_text
from aigw.types.parts import Audio, File, Image, Opaque

_MAGIC: Final = (
    ("iVBORw0KGgo", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("JVBERi0", "application/pdf"),
)
"""How base64 of well-known formats begins. What is said of it may be wrong, and Google refuses it then."""

_EXTENSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "png": "image/png",
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "gif": "image/gif",
        "webp": "image/webp",
        "heic": "image/heic",
        "heif": "image/heif",
        "pdf": "application/pdf",
        "txt": "text/plain",
        "md": "text/markdown",
        "html": "text/html",
        "htm": "text/html",
        "csv": "text/csv",
        "xml": "text/xml",
        "json": "application/json",
        "mp3": "audio/mp3",
        "wav": "audio/wav",
        "flac": "audio/flac",
        "ogg": "audio/ogg",
        "aac": "audio/aac",
        "mp4": "video/mp4",
        "mpeg": "video/mpeg",
        "mpg": "video/mpeg",
        "mov": "video/quicktime",
        "webm": "video/webm",
    }
)
_AUDIO: Final[Mapping[str, str]] = MappingProxyType({"mp3": "audio/mp3", "pcm16": "audio/pcm", "m4a": "audio/m4a"})
_WEBP: Final = "UklGR"
_MODEL_READS: Final = ("http://", "https://", "gs://")


def image(part: Image) -> JsonObject:
    """Write an image."""
    if part.data is None:
        return _address(part.url or "", part.media_type)
    return inline(part.data, _media_type(part.data, part.media_type) or "image/jpeg")


def sound(part: Audio) -> JsonObject:
    """Write sound that the caller sent."""
    form = (part.format or "wav").lower()
    return inline(part.data or "", _AUDIO.get(form, form if "/" in form else f"audio/{form}"))


def document(part: File, target: Target) -> JsonObject:
    """Write a document: its content, its address, or the name Google gave it when it was uploaded."""
    said = part.media_type or _by_name(part.filename)
    if part.data is not None:
        return inline(part.data, _media_type(part.data, said) or "text/plain")
    place = part.file_id or part.url or ""
    if place.startswith("files/"):
        place = f"{target.provider.base_url.partition('?')[0].rstrip('/')}/{place}"
    return _address(place, said)


def video(part: Opaque) -> JsonObject | None:
    """Write a `video_url` of OpenAI's imitators, or give None for any other block."""
    body = as_object(part.body.get("video_url"))
    address = as_text(body.get("url"))
    if part.body.get("type") != "video_url" or not address:
        return None
    if address[:5].lower() != "data:":
        return _address(address, None)
    head, _, content = address[5:].partition(",")
    return inline(content, head.partition(";")[0].strip().lower() or "video/mp4")


def lacks(part: Image | Audio | File) -> str | None:
    """Name the kind of *part* if Google has no form for it."""
    match part:
        case Audio(data=None):
            return "audio"
        case File(data=None, file_id=str(place)) if not place.startswith((*_MODEL_READS, "files/")):
            return "file_id"
        case File(data=str(data), media_type=said, filename=name) if not _media_type(data, said or _by_name(name)):
            return "file"
        case _:
            return None


def inline(data: str, media_type: str) -> JsonObject:
    """Write content."""
    return {"inlineData": {"mimeType": media_type, "data": data}}


def _address(place: str, said: str | None) -> JsonObject:
    media_type = said or _by_name(_path(place) if "://" in place else place)
    return {"fileData": {"fileUri": place, "mimeType": media_type} if media_type else {"fileUri": place}}


def _path(address: str) -> str:
    """Give the path of *address*, which the model reads, or refuses: it may be malformed."""
    return re.split(r"[?#]", address, maxsplit=1)[0].partition("://")[2].partition("/")[2]


def _media_type(data: str, said: str | None) -> str | None:
    """Give the media type that the content's first bytes show, or else the one that was *said*."""
    if data.startswith(_WEBP) and not (said or "").startswith("audio/"):
        return "image/webp"
    return next((kind for start, kind in _MAGIC if data.startswith(start)), said)


def _by_name(name: str | None) -> str | None:
    return _EXTENSIONS.get((name or "").rpartition(".")[2].lower())
