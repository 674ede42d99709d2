"""Hosts that embed and rank and do not chat, as rows. They embed in OpenAI's dialect, with names of their own.

Sources: https://docs.voyageai.com/reference, https://api.jina.ai/redoc.
"""

from typing import Final

from aigw.types.kind import Kind, Quirks

EMBEDDERS: Final = (
    Kind(
        name="voyage",
        dialect="",
        also=("openai-embeddings", "voyage-rerank"),
        title="Voyage AI",
        base_url="https://api.voyageai.com/v1",
        key_env=("VOYAGE_API_KEY",),
        embeddings=Quirks(
            renamed={"dimensions": "output_dimension"},
            refused=frozenset({"user", "encoding_format.float"}),
            values={"input_type": {"search_query": "query", "search_document": "document", "passage": "document"}},
        ),
    ),
    Kind(
        name="jina",
        dialect="",
        also=("openai-embeddings", "jina-rerank"),
        title="Jina AI",
        base_url="https://api.jina.ai/v1",
        key_env=("JINA_API_KEY",),
        embeddings=Quirks(
            renamed={"encoding_format": "embedding_type", "input_type": "task"},
            refused=frozenset({"user"}),
            values={
                "input_type": {
                    "query": "retrieval.query",
                    "search_query": "retrieval.query",
                    "document": "retrieval.passage",
                    "search_document": "retrieval.passage",
                    "passage": "retrieval.passage",
                }
            },
        ),
    ),
)
