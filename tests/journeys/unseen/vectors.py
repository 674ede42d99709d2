"""What may come where vectors are asked for, by the references of those who make them."""

from tests.journeys.recorded import Recording
from tests.journeys.unseen.kit import whole

ROWS = [[0.5, -0.25], [1.0, 2.0]]
_VERTEX = "/v1/projects/p/locations/global/publishers/google/models/text-embedding-005:predict"
_COUNT = {"x-amzn-bedrock-input-token-count": "3"}


def _openai(kind: str, path: str, **usage: int) -> Recording:
    rows = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(ROWS)]
    return whole(kind, path, {"object": "list", "model": "m", "data": rows[::-1], "usage": usage})


def _bedrock(model: str, body: object) -> Recording:
    return whole("bedrock", f"/model/{model}/invoke", body, **_COUNT)


TWO: dict[str, Recording] = {
    "openai out of order": _openai("openai", "/v1/embeddings", prompt_tokens=3, total_tokens=3),
    "azure": _openai("azure", "/openai/v1/embeddings", prompt_tokens=3, total_tokens=3),
    "mistral": _openai("mistral", "/v1/embeddings", prompt_tokens=3, total_tokens=3, completion_tokens=0),
    "gemini batch": whole(
        "gemini",
        "/v1beta/models/gemini-embedding-001:batchEmbedContents",
        {"embeddings": [{"values": row} for row in ROWS]},
    ),
    "vertex": whole(
        "vertex",
        _VERTEX,
        {
            "predictions": [
                {"embeddings": {"values": row, "statistics": {"token_count": count, "truncated": False}}}
                for count, row in enumerate(ROWS, 1)
            ]
        },
    ),
    "cohere by type": whole(
        "cohere",
        "/v2/embed",
        {
            "id": "e",
            "embeddings": {"float": ROWS},
            "texts": ["a", "b"],
            "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 3}},
            "response_type": "embeddings_by_type",
        },
    ),
    "bedrock cohere plain": _bedrock(
        "cohere.embed-multilingual-v3", {"id": "e", "embeddings": ROWS, "response_type": "embeddings_floats"}
    ),
}
"""Each for two texts."""

ONE: dict[str, Recording] = {
    "bedrock titan": _bedrock(
        "amazon.titan-embed-text-v2%3A0", {"embedding": ROWS[0], "inputTextTokenCount": 3, "embeddingsByType": {}}
    ),
    "bedrock titan of old": _bedrock("amazon.titan-embed-text-v1", {"embedding": ROWS[0], "inputTextTokenCount": 3}),
    "bedrock nova": _bedrock(
        "amazon.nova-2-multimodal-embeddings-v1%3A0",
        {"embeddings": [{"embeddingType": "TEXT", "embedding": ROWS[0]}]},
    ),
}
"""Each for one text, which is all that these take at a time."""
