"""Find a text: embed, choose the nearest, and let a second model put the best in order.

A small server on loopback stands in for a provider that embeds and reranks. Its vectors count words, so that the
outcome is known.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Sequence

import aigw
from aigw.testing import Received
from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Transmission

TICKETS = [
    "The printer on floor 3 is on fire.",
    "The coffee on floor 2 is cold.",
    "The door to the roof does not close.",
]
QUESTION = "fire on which floor?"


def words(text: str) -> Counter[str]:
    """Count the words of *text*."""
    return Counter(re.findall(r"\w+", text.lower()))


def provider(request: Received) -> Transmission:
    """Answer `/v1/embeddings` and `/v1/rerank`, in the words of OpenAI and of Jina."""
    body = json.loads(request.body)
    if request.path == "/v1/embeddings":
        known = sorted(words(" ".join([*TICKETS, QUESTION])))
        rows = [
            {"object": "embedding", "index": place, "embedding": [float(words(text)[word]) for word in known]}
            for place, text in enumerate(body["input"])
        ]
        answer: dict[str, object] = {"object": "list", "data": rows, "model": body["model"]}
        answer["usage"] = {"prompt_tokens": 20, "total_tokens": 20}
    else:
        scores = [sum((words(text) & words(body["query"])).values()) / 10 for text in body["documents"]]
        best = sorted(range(len(scores)), key=lambda place: -scores[place])[: body["top_n"]]
        answer = {"results": [{"index": place, "relevance_score": scores[place]} for place in best]}
    return Transmission(
        headers=(("content-type", "application/json"),), steps=(Frame(json.dumps(answer).encode(), content=True),)
    )


def nearness(one: Sequence[float], other: Sequence[float]) -> float:
    """Give the cosine of the angle between two vectors."""
    return sum(a * b for a, b in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))


def main() -> None:
    """Embed the tickets and the question, and rerank the two nearest."""
    with Server(provider) as server:
        manifest = {
            "schema": "aigw/v1",
            "serial": 1,
            "providers": {
                "in-house": {"kind": "openai-compatible", "base_url": f"{server.origin}/v1", "api_key": "none"}
            },
            "models": {"ticket-vectors": "in-house/embedder", "ticket-ranking": "in-house/reranker"},
        }
        with aigw.Gateway(manifest=manifest) as gateway:
            answer = gateway.embeddings.create(model="ticket-vectors", input=[*TICKETS, QUESTION])
            *known, asked = (row.embedding for row in answer.data)
            print(len(known), "tickets by", answer.aigw.target, "for", answer.usage.total_tokens, "tokens")

            order = sorted(range(len(known)), key=lambda place: -nearness(known[place], asked))
            near = [TICKETS[place] for place in order[:2]]
            ranked = gateway.rerank.create(model="ticket-ranking", query=QUESTION, documents=near, top_n=1)
            print("best:", near[ranked.results[0].index], ranked.results[0].relevance_score)


if __name__ == "__main__":
    main()
