"""Reads forms for tests, by RFC 7578 alone."""

import re


def parts_of(content_type: str, body: bytes) -> list[tuple[str, str | None, str | None, bytes]]:
    """Give each part's name, file name, content type and content."""
    boundary = content_type.partition("boundary=")[2].encode()
    assert body.endswith(b"--" + boundary + b"--\r\n")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)[1:-1]
    parts = []
    for piece in pieces:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        text = head.decode()
        name = re.search(r' name="([^"]*)"', text)
        filename = re.search(r' filename="([^"]*)"', text)
        kind = re.search(r"Content-Type: (.*)", text)
        assert name is not None
        parts.append((name[1], filename and filename[1], kind and kind[1], content))
    return parts
