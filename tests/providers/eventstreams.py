"""Writes AWS event streams by hand, for what reads them."""

import base64
import json
import struct
import zlib

from aigw.providers.framing.eventstream import Value


def header(name: str, value: Value) -> bytes:
    """A header, its type as that of *value*."""
    raw = name.encode()
    return bytes([len(raw)]) + raw + _written(value)


def _written(value: Value) -> bytes:
    if isinstance(value, bool):
        return b"\x00" if value else b"\x01"
    if isinstance(value, int):
        return b"\x05" + struct.pack(">q", value)
    if isinstance(value, bytes):
        return b"\x06" + struct.pack(">H", len(value)) + value
    return b"\x07" + struct.pack(">H", len(value.encode())) + value.encode()


def framed(headers: bytes, payload: bytes) -> bytes:
    """A frame around *headers* as they are."""
    lengths = struct.pack(">II", len(headers) + len(payload) + 16, len(headers))
    frame = lengths + struct.pack(">I", zlib.crc32(lengths)) + headers + payload
    return frame + struct.pack(">I", zlib.crc32(frame))


def event(name: str, body: object, kind: str = "event") -> bytes:
    """A frame of Bedrock's: an event, or an `exception`."""
    headers = {f":{kind}-type": name, ":content-type": "application/json", ":message-type": kind}
    return framed(b"".join(header(*pair) for pair in headers.items()), json.dumps(body).encode())


def failed(code: str, message: str) -> bytes:
    """A frame for an error that is not one of the model's."""
    headers = {":message-type": "error", ":error-code": code, ":error-message": message}
    return framed(b"".join(header(*pair) for pair in headers.items()), b"")


def chunk(body: object) -> bytes:
    """A frame of a model's own event, as `invoke-with-response-stream` has it; what is not bytes is written as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return event("chunk", {"bytes": base64.b64encode(raw).decode(), "p": "abcd"})


def invoked(named: bytes) -> bytes:
    """A stream of Anthropic's own (server-sent events) as Bedrock sends it."""
    lines = named.replace(b"\r\n", b"\n").split(b"\n")
    return b"".join(chunk(line.removeprefix(b"data: ")) for line in lines if line.startswith(b"data: "))


def stream(*events: tuple[str, object]) -> bytes:
    """Events by name, one frame each."""
    return b"".join(event(name, body) for name, body in events)
