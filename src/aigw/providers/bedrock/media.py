"""Write images, documents, videos and audio as blocks of Bedrock's Converse dialect, which wants their formats by name.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html. What the first bytes show
wins over what somebody said. URLs are taken only of S3.
"""

import base64
import re
from collections.abc import Mapping
from typing import Final

from aigw.types.json import JsonObject, as_object, as_text
from aigw.types.parts import Audio, File, Image, Opaque

DIALECT: Final = "bedrock-converse"

_MAGIC: Final = (
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"%PDF", "pdf"),
)
_IMAGES: Final = frozenset({"png", "jpeg", "gif", "webp"})
_DOCUMENTS: Final = frozenset({"pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"})
_VIDEOS: Final = frozenset({"mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"})
_SOUNDS: Final = frozenset(
    {"mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm", "webm"}
)
_FORMATS: Final[Mapping[str, str]] = {
    "text/plain": "txt",
    "text/markdown": "md",
    "text/x-markdown": "md",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/xhtml+xml": "html",
    "video/quicktime": "mov",
    "video/x-matroska": "mkv",
    "video/x-flv": "flv",
    "video/x-ms-wmv": "wmv",
    "video/3gpp": "three_gp",
}
_SPELLINGS: Final[Mapping[str, str]] = {
    "jpg": "jpeg",
    "htm": "html",
    "markdown": "md",
    "text": "txt",
    "3gp": "three_gp",
    "pcm16": "pcm",
}
_UNNAMEABLE: Final = re.compile(r"[^a-zA-Z0-9\s()\[\]-]+")
_NAME_LIMIT: Final = 200
_DATA_VIDEO: Final = re.compile(r"data:(video/[\w.+-]+)[^,]*;base64,", re.IGNORECASE)

CARRIED: Final = frozenset({"cachePoint", "guardContent", "video", "document", "searchResult", "image", "audio"})
"""Blocks of Converse's own that a caller of another dialect may write as `{"type": …, …: {…}}`."""


def image(part: Image) -> JsonObject | None:
    """Write *part*, or give None if Bedrock cannot take it."""
    kind = _format(part.data, part.media_type, part.url)
    source = _source(part.data, part.url)
    return None if kind not in _IMAGES or source is None else {"image": {"format": kind, "source": source}}


def audio(part: Audio) -> JsonObject | None:
    """Write *part*, or give None if Bedrock cannot take it."""
    kind = _SPELLINGS.get(part.format or "", part.format or "wav")
    return None if part.data is None or kind not in _SOUNDS else {"audio": _media(kind, {"bytes": part.data})}


def document(part: File, names: set[str]) -> JsonObject | None:
    """Write *part* under a name that is not among *names*, or give None if Bedrock cannot take it."""
    kind = _format(part.data, part.media_type, part.filename or part.url)
    source = _source(part.data, part.url)
    if source is None or part.file_id is not None:
        return None
    if kind in _VIDEOS and kind not in _DOCUMENTS:
        return {"video": _media(kind, source)}
    if kind in _IMAGES:
        return {"image": _media(kind, source)}
    if kind not in _DOCUMENTS:
        return None
    body: dict[str, object] = {"format": kind, "name": _name(part.filename or part.url, names), "source": source}
    told = {name: part.extra[name] for name in ("context", "citations") if part.extra.get(name)}
    return {"document": {**body, **told}}


def carried(part: Opaque) -> JsonObject | None:
    """Write a block that aigw has no word for, or give None if it is none of Bedrock's."""
    body = part.body
    if part.dialect == DIALECT:
        return body
    kind = as_text(body.get("type")) or ""
    if kind in CARRIED and as_object(body.get(kind)):
        return {kind: body[kind]}
    if kind == "video_url":
        return _video(as_text(as_object(body.get("video_url")).get("url")) or "")
    return None


def _video(url: str) -> JsonObject | None:
    found = _DATA_VIDEO.match(url)
    kind = _format(None, found[1] if found else None, url)
    source = {"bytes": url[found.end() :]} if found else _source(None, url)
    return None if kind not in _VIDEOS or source is None else {"video": _media(kind, source)}


def _media(kind: str, source: JsonObject) -> JsonObject:
    return {"format": kind, "source": source}


def _source(data: str | None, url: str | None) -> JsonObject | None:
    if data is not None:
        return {"bytes": data}
    return {"s3Location": {"uri": url}} if url is not None and url.startswith("s3://") else None


def _format(data: str | None, media_type: str | None, name: str | None) -> str:
    """Give Bedrock's word for a format: as the content shows, as *media_type* says, or as *name* ends."""
    shown = _shown(data)
    if shown is not None:
        return shown
    said = (media_type or "").lower()
    if said in _FORMATS:
        return _FORMATS[said]
    ending = said.partition("/")[2] if said and said != "application/octet-stream" else (name or "").rpartition(".")[2]
    return _SPELLINGS.get(ending.lower(), ending.lower())


def _shown(data: str | None) -> str | None:
    try:
        head = base64.b64decode((data or "")[:32], validate=False)
    except ValueError:
        return None
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def _name(filename: str | None, names: set[str]) -> str:
    """Give a document's name in the letters Bedrock allows; it refuses two of the same name."""
    stem = (filename or "").rpartition("/")[2].rpartition(".")
    plain = " ".join(_UNNAMEABLE.sub(" ", stem[0] or stem[2]).split())[:_NAME_LIMIT].strip() or "document"
    name, number = plain, 1
    while name in names:
        number += 1
        name = f"{plain[: _NAME_LIMIT - 8].strip()} {number}"
    names.add(name)
    return name
