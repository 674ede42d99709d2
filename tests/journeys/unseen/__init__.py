"""Exchanges nobody recorded, written after the providers' documentation: what others of the same kinds may hold."""

from tests.journeys.unseen import anthropic, bedrock, cohere, gemini, openai_chat, responses
from tests.journeys.unseen.failures import FAILED
from tests.journeys.unseen.refusals import REFUSED

__all__ = ["ANSWERED", "FAILED", "REFUSED"]

ANSWERED = {
    **openai_chat.ANSWERS,
    **anthropic.ANSWERS,
    **gemini.ANSWERS,
    **bedrock.ANSWERS,
    **responses.ANSWERS,
    **cohere.ANSWERS,
}
