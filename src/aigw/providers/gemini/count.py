"""The adapter for Google's `countTokens`.

Sources: https://ai.google.dev/api/tokens and
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens.
"""

from aigw.errors import APIError
from aigw.manifest.snapshot import Target
from aigw.protocols import Outgoing
from aigw.providers.gemini import messages as gemini_messages
from aigw.providers.gemini import tools as gemini_tools
from aigw.providers.gemini.failures import error_of, google_mid_answer, google_refusal
from aigw.providers.gemini.models import is_vertex, resource, url
from aigw.providers.gemini.request import conversation, outgoing
from aigw.providers.reading import answer_object, misshapen
from aigw.providers.unstreamed import Unstreamed
from aigw.providers.writing import refuse
from aigw.types.events import Counted
from aigw.types.json import as_int, without
from aigw.types.operation import Operation
from aigw.types.request import Params, Request
from aigw.wire import HttpResponse


class GeminiCountTokens(Unstreamed):
    """Writes and reads `:countTokens`. What is counted is what was said and the tools; parameters take no tokens."""

    dialect = "gemini-count-tokens"
    operation = Operation.COUNT_TOKENS

    def unsupported(self, request: Request, target: Target) -> tuple[str, ...]:  # noqa: ARG002 - the same for all
        """Name the parts and tools of *request* that Google cannot express."""
        return (*gemini_tools.beyond(_counted(request.params)), *gemini_messages.beyond(request.messages))

    def write(self, request: Request, target: Target) -> Outgoing:
        """Write *request*; the Gemini API wants it as a whole request in its place, Vertex AI its fields."""
        notes: list[str] = []
        left_out = refuse(self.unsupported(request, target), target, notes)
        body = conversation(request, target, left_out, notes)
        body.update(gemini_tools.written(_counted(request.params), target.model, left_out, notes))
        if not is_vertex(target):
            body = {"generateContentRequest": {"model": resource(target.model), **body}}
        return outgoing(body, target, url(target, "countTokens"), notes)

    def read(self, response: HttpResponse, target: Target, request: Request) -> Counted:  # noqa: ARG002 - reads alike for all
        """Read the count. Raises the mapped `APIError`, and `APIResponseValidationError` where there is none."""
        provider = target.provider.name
        body = answer_object(response, provider)
        if error_of(body):
            raise google_mid_answer(body, target.provider, response)
        total = as_int(body.get("totalTokens"))
        if total is None:
            what = "JSON without a number in `totalTokens`"
            raise misshapen(what, provider, response)
        return Counted(total, without(body, frozenset({"totalTokens"})))

    def error(self, response: HttpResponse, target: Target) -> APIError:
        """Map a refusal to the most specific error. Never raises."""
        return google_refusal(response, target.provider)


def _counted(params: Params) -> Params:
    return {"tools": params["tools"]} if "tools" in params else {}
