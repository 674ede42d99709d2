"""Write a message of OpenAI's Chat Completions as a host takes it: without fields it refuses, in its words for media.

Source for media and for thinking: https://docs.mistral.ai/api (AudioChunk, FileChunk, DocumentURLChunk, ThinkChunk).
"""

from aigw.manifest.snapshot import Target
from aigw.types.json import JsonObject, as_array, as_object, as_text, without
from aigw.types.kind import THINKING, Quirks, not_written, read_from


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
    changed = _in_own_words(changed, quirks.reasoning)
    strip = unwanted & changed.keys() - ({"name"} if body.get("role") == "tool" else set())
    if not quirks.nulls:
        strip |= {name for name, value in changed.items() if value is None and name != "content"}
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


def _in_own_words(body: JsonObject, reasoning: tuple[str, ...]) -> JsonObject:
    """Give *body* with what was thought where the host takes it back, if it stands in a field that others have."""
    foreign = not_written(reasoning) & body.keys()
    if not foreign:
        return body
    rest = without(body, foreign)
    said = (as_text(body[name]) for name in read_from(reasoning) if name in foreign)
    text = next(filter(None, said), None)
    if text is None or not body.keys().isdisjoint(reasoning):
        return rest
    if reasoning[0] != THINKING:
        return {**rest, reasoning[0]: text}
    return {**rest, "content": _with_thinking(rest.get("content"), text)}


def _with_thinking(content: object, text: str) -> list[object]:
    """Give *content* as a list that begins with what was thought, if nothing of it is there yet."""
    pieces: list[object] = list(as_array(content))
    if content and isinstance(content, str):
        pieces.append({"type": "text", "text": content})
    if any(as_object(piece).get("type") == THINKING for piece in pieces):
        return pieces
    return [{"type": THINKING, THINKING: [{"type": "text", "text": text}]}, *pieces]


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
