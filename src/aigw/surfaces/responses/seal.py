"""Opaque thinking of any provider as the `encrypted_content` of a reasoning item, and back.

OpenAI's own is handed on as it is. Another provider's signature belongs to a text and to the target that issued it, and
a Responses item has no fields for those: they travel together in one token, so that a caller who keeps nothing but
`encrypted_content` gives back all that the next call needs. Nothing in it is secret: it is what the caller was told.
"""

import base64
import json
from typing import Final

from aigw.types.json import as_object, as_text
from aigw.types.parts import Reasoning
from aigw.wire import decoded

_PREFIX: Final = "aigw1."


def sealed(reasoning: Reasoning, issuer: str | None) -> str | None:
    """Write what is opaque of *reasoning*, which *issuer* is the target of, as a token; None if nothing is."""
    if reasoning.signature is None and reasoning.encrypted is None:
        return None
    said = {
        "text": reasoning.text or None,
        "signature": reasoning.signature,
        "encrypted": reasoning.encrypted,
        "issuer": reasoning.issuer or issuer,
    }
    text = json.dumps({name: value for name, value in said.items() if value is not None}, separators=(",", ":"))
    return _PREFIX + base64.urlsafe_b64encode(text.encode()).decode("ascii")


def unsealed(token: str | None) -> Reasoning | None:
    """Read a token back; None for what is not one."""
    if token is None or not token.startswith(_PREFIX):
        return None
    try:
        said = as_object(decoded(base64.urlsafe_b64decode(token.removeprefix(_PREFIX)).decode()))
    except ValueError:
        return None
    return Reasoning(
        text=as_text(said.get("text")) or "",
        signature=as_text(said.get("signature")),
        encrypted=as_text(said.get("encrypted")),
        issuer=as_text(said.get("issuer")),
    )
