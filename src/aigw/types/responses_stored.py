"""Public models of what `responses` tells beside answers: counts, shorter conversations, and the input of stored ones.

Source of the shapes: https://platform.openai.com/docs/api-reference/responses.
"""

from aigw.types.answered import Answered
from aigw.types.pages import Page
from aigw.types.responses import LooseUsage, ResponseOutputItem


class InputTokenCountResponse(Answered):
    """How many tokens a request would be, as its provider counts."""

    input_tokens: int
    object: str = "response.input_tokens"


class CompactedResponse(Answered):
    """A shorter conversation, to be sent as the next call's `input`. Only its provider can read all of it."""

    id: str
    created_at: float | None = None
    object: str = "response.compaction"
    output: list[ResponseOutputItem]
    usage: LooseUsage = None


class ResponseItemPage(Page[ResponseOutputItem]):
    """Some of the items that a stored response was made from."""
