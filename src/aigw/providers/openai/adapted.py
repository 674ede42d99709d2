"""Write a message of OpenAI's Chat Completions as a host takes it: without fields it refuses, in its words for media.

Source for media: https://docs.mistral.ai/api (AudioChunk, FileChunk, DocumentURLChunk).
"""

from aigw.manifest.snapshot import Target
from aigw.types.json import JsonObject, as_array, as_object, as_text
from aigw.types.kind import Quirks


def adapted(message: object, unwanted: frozenset[str], index: int, target: Target, notes: list[str]) -> object:
    """Give *message* without its *unwanted* fields, the very same object where nothing is to change.

    The text of a refusal becomes what the assistant said. The name in a tool's result is that of the tool, which hosts
    take where they do not take the name of who speaks.
    """
    body = as_object(message)
    quirks = target.provider.kind.quirks
    changed = _renamed(body, quirks)
    refuses = "refusal" in unwanted
    if isinstance(body.get("content"), list) and (refuses or quirks.bare_media):
        changed = _with_pieces(changed, quirks, refuses=refuses)
    if refuses and body.get("refusal") and not body.get("content"):
        changed = {**changed, "content": body["refusal"], "refusal": None}
    strip = unwanted & body.keys() - ({"name"} if body.get("role") == "tool" else set())
    if not quirks.nulls:
        strip |= {name for name, value in body.items() if value is None and name != "content"}
    notes.extend(
        f"stripped: {name} of messages[{index}] ({target.provider.kind.name} does not take it back)"
        for name in sorted(strip - {"name"})
        if changed[name]
    )
    if strip:
        return {name: value for name, value in changed.items() if name not in strip}
    return message if changed is body else changed


def _renamed(body: JsonObject, quirks: Quirks) -> JsonObject:
    if body.get("role") != "developer" or quirks.developer_role:
        return body
    return {**body, "role": "system"}


def _with_pieces(body: JsonObject, quirks: Quirks, *, refuses: bool) -> JsonObject:
    """Give *body* with the parts of its content rewritten, the very same object where none is."""
    pieces = [as_object(piece) for piece in as_array(body.get("content"))]
    written = [_bare(piece) if quirks.bare_media else piece for piece in pieces]
    if refuses:
        written = [
            {"type": "text", "text": piece.get("refusal")} if piece.get("type") == "refusal" else piece
            for piece in written
        ]
    return {**body, "content": written} if written != pieces else body


def _bare(piece: JsonObject) -> JsonObject:
    """Write sound as a text of base64, and a file as a document by its data URL, or by the host's own id."""
    inner = as_object(piece.get(as_text(piece.get("type")) or ""))
    match piece.get("type"):
        case "input_audio" if "data" in inner:
            return {**piece, "input_audio": inner["data"]}
        case "file" if "file_id" in inner:
            return {"type": "file", "file_id": inner["file_id"]}
        case "file" if "file_data" in inner:
            name = {"document_name": inner["filename"]} if inner.get("filename") else {}
            return {"type": "document_url", "document_url": inner["file_data"], **name}
        case _:
            return piece
