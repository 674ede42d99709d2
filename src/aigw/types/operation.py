"""What can be asked of a provider. Each wire dialect serves exactly one of these."""

from enum import StrEnum


class Operation(StrEnum):
    """A kind of question, as records and routing name it."""

    CHAT = "chat"
    RESPONSES = "responses"
    COMPACT = "compact"
    EMBEDDINGS = "embeddings"
    COUNT_TOKENS = "count_tokens"
    MODERATIONS = "moderations"
    IMAGES = "images"
    AUDIO = "audio"
    RERANK = "rerank"
    BATCHES = "batches"
