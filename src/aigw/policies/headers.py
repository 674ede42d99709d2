"""Which headers a caller may add to a request, and which beta flags: to whom they mean something, and nobody else.

None carries a credential or belongs to the transport. Headers of a vendor go to the kinds that list them.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from aigw.errors import BadRequestError
from aigw.types.headers import CREDENTIALS, FRAMING, OWNED, is_among, is_name, is_value
from aigw.types.json import without
from aigw.types.kind import Kind
from aigw.types.request import AnyRequest, Request

FLAGS: Final = frozenset({"betas", "anthropic_beta"})
"""Parameters that hold beta flags: they turn on what one vendor is trying out."""

LISTS: Final = frozenset({"anthropic-beta", "openai-beta"})
"""Headers that hold such flags: the manifest's and the caller's add up."""


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise `BadRequestError` for the first of *headers* that may not be sent; its value is not quoted."""
    for name, value in headers.items():
        if name.lower() in CREDENTIALS:
            message = (
                f"extra_headers may not set {name!r}: keys come from the manifest and go only to the hosts it "
                "declares. Name the key in the provider's `api_key`."
            )
            raise BadRequestError(message, param="extra_headers", code="reserved_header")
        if name.lower() in FRAMING:
            message = f"extra_headers may not set {name!r}: the HTTP client does. Leave it out."
            raise BadRequestError(message, param="extra_headers", code="reserved_header")
        if not (is_name(name) and is_value(value)):
            message = (
                f"extra_headers.{name} cannot be sent: a header's name is letters, digits and dashes, and its value "
                "printable ASCII on one line. Encode other characters, for example as base64."
            )
            raise BadRequestError(message, param=f"extra_headers.{name}", code="invalid_header")


def passing(headers: Mapping[str, str], kind: Kind) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Give those of a caller's *headers* that may go to a provider of *kind*, and a note for each that may not."""
    stay = [name for name in headers if is_among(name.lower(), OWNED) and not is_among(name.lower(), kind.headers)]
    if not stay:
        return headers, ()
    notes = tuple(f"dropped: header {name.lower()} ({kind.name} does not list it)" for name in stay)
    return {name: value for name, value in headers.items() if name not in stay}, notes


def unflagged(request: AnyRequest, kind: Kind) -> tuple[AnyRequest, tuple[str, ...]]:
    """Give *request* without the beta flags that are not for a provider of *kind*, and a note for each."""
    if not isinstance(request, Request) or not request.other:
        return request, ()
    stay = (FLAGS & request.other.keys()) - kind.flags
    if not stay:
        return request, ()
    notes = tuple(f"dropped: {name} ({kind.name} lists no such flags)" for name in sorted(stay))
    return replace(request, other=without(request.other, stay), verbatim=without(request.verbatim, stay)), notes


def joined(written: tuple[tuple[str, str], ...], added: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Lay the headers *added* by a caller over those that were *written*; lists of flags are joined, each flag once."""
    replaced = {name.lower(): value.strip() for name, value in added.items()}
    before = dict(written)
    for name in LISTS & replaced.keys() & before.keys():
        flags = (flag.strip() for flag in f"{before[name]},{replaced[name]}".split(","))
        replaced[name] = ",".join(dict.fromkeys(filter(None, flags)))
    kept = (pair for pair in written if pair[0].lower() not in replaced)
    return (*kept, *((name, replaced[name.lower()]) for name in added))
