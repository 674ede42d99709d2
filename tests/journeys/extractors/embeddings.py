"""Vectors, in every shape that providers document for them: see the address beside each."""

import base64
import json
import struct
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors in the order of the inputs, and the tokens read, 0 where the provider does not count."""

    numbers: tuple[tuple[float, ...], ...]
    tokens: int


def vectors_of(kind: str, path: str, text: str, headers: dict[str, str]) -> Vectors:
    """Read the answer of *kind* at *path*."""
    body = json.loads(text)
    if kind == "bedrock":
        return _bedrock(body, headers)
    if path.endswith(":predict"):
        return _vertex(body)
    if path.endswith((":embedContent", ":batchEmbedContents")):
        return _gemini(body)
    return _cohere(body) if path.endswith("/embed") else _openai(body)


def _openai(body: dict[str, Any]) -> Vectors:
    """https://platform.openai.com/docs/api-reference/embeddings; https://docs.voyageai.com/reference/embeddings-api."""
    rows = sorted(body["data"], key=lambda row: row["index"])
    usage = body["usage"]
    return Vectors(
        tuple(_numbers(row["embedding"]) for row in rows), usage.get("prompt_tokens") or usage["total_tokens"]
    )


def _numbers(vector: Any) -> tuple[float, ...]:
    if not isinstance(vector, str):
        return tuple(vector)
    data = base64.b64decode(vector)
    return struct.unpack(f"<{len(data) // 4}f", data)


def _cohere(body: dict[str, Any]) -> Vectors:
    """https://docs.cohere.com/reference/embed: by type if types were asked for, else a plain list."""
    said = body["embeddings"]
    rows = said["float"] if isinstance(said, dict) else said
    billed = (body.get("meta") or {}).get("billed_units") or {}
    tokens = sum(int(billed.get(name) or 0) for name in ("input_tokens", "image_tokens"))
    return Vectors(tuple(tuple(row) for row in rows), tokens)


def _bedrock(body: dict[str, Any], headers: dict[str, str]) -> Vectors:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html and .../titan-embed-models."""
    counted = int(headers.get("x-amzn-bedrock-input-token-count") or body.get("inputTextTokenCount") or 0)
    if "embedding" in body:
        return Vectors((tuple(body["embedding"]),), counted)
    if isinstance(body["embeddings"], list) and isinstance(body["embeddings"][0], dict):
        return Vectors(tuple(tuple(row["embedding"]) for row in body["embeddings"]), counted)
    return Vectors(_cohere(body).numbers, counted)


def _gemini(body: dict[str, Any]) -> Vectors:
    """https://ai.google.dev/api/embeddings."""
    rows = body["embeddings"] if "embeddings" in body else [body["embedding"]]
    return Vectors(tuple(tuple(row["values"]) for row in rows), 0)


def _vertex(body: dict[str, Any]) -> Vectors:
    """https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api."""
    rows = [prediction["embeddings"] for prediction in body["predictions"]]
    tokens = sum(int(row["statistics"]["token_count"]) for row in rows)
    return Vectors(tuple(tuple(row["values"]) for row in rows), tokens)
