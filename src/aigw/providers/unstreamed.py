"""What adapters have in common whose answers come whole."""

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Decoder
from aigw.providers.failures import refusal
from aigw.wire import HttpResponse


class Unstreamed:
    """An adapter without a decoder, whose provider refuses in any of the usual shapes."""

    dialect: str

    def decoder(self, target: Target, request: object) -> Decoder:  # noqa: ARG002 - the seam's
        """Raise: nobody is to ask for a stream here."""
        message = f"answers in the dialect {self.dialect!r} come whole and are not decoded from a stream"
        raise TypeError(message)

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return refusal(response, target.provider)
