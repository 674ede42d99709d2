"""Which headers a caller may add to a request: none that carries a credential or belongs to the transport."""

from collections.abc import Mapping

from aigw.errors import BadRequestError
from aigw.types.headers import CREDENTIALS, FRAMING, is_name, is_value


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
