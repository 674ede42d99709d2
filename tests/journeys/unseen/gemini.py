"""What Google may answer, by https://ai.google.dev/api/generate-content."""

from tests.journeys.recorded import Recording
from tests.journeys.unseen.kit import GEMINI, GEMINI_STREAM, generated, stream, whole

ANSWERS: dict[str, Recording] = {
    "gemini ran code": whole(
        "gemini",
        GEMINI,
        generated(
            {"text": "A"},
            {"executableCode": {"language": "PYTHON", "code": "1"}},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
            {"text": "B"},
        ),
    ),
    "gemini drew": whole(
        "gemini",
        GEMINI,
        generated({"text": "A"}, {"inlineData": {"mimeType": "image/png", "data": "QQ=="}, "thoughtSignature": "c2ln"}),
    ),
    "gemini blocked the prompt": whole(
        "gemini",
        GEMINI,
        {
            "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
            "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5},
            "modelVersion": "m-1",
            "responseId": "g",
        },
    ),
    "gemini withheld": whole(
        "gemini",
        GEMINI,
        {
            "candidates": [
                {
                    "finishReason": "SAFETY",
                    "index": 0,
                    "safetyRatings": [{"category": "c", "probability": "HIGH", "blocked": True}],
                }
            ],
            "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5},
            "modelVersion": "m-1",
            "responseId": "g",
        },
    ),
    "gemini thought too long": whole(
        "gemini",
        GEMINI,
        {
            "candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS", "index": 0}],
            "usageMetadata": {"promptTokenCount": 5, "thoughtsTokenCount": 9, "totalTokenCount": 14},
            "modelVersion": "m-1",
            "responseId": "g",
        },
    ),
    "gemini recited": whole(
        "vertex",
        "/v1/projects/p/locations/global/publishers/google/models/gemini-x:generateContent",
        generated({"text": "A"}, reason="RECITATION"),
    ),
    "gemini parallel calls": whole(
        "gemini",
        GEMINI,
        generated(
            {"functionCall": {"name": "f", "args": {"a": 1.0}}, "thoughtSignature": "c2ln"},
            {"functionCall": {"name": "f"}},
            {"functionCall": {"id": "fc", "name": "g", "args": {}}},
        ),
    ),
    "gemini counts everything": whole(
        "gemini",
        GEMINI,
        generated(
            {"text": "A"},
            usageMetadata={
                "promptTokenCount": 20,
                "cachedContentTokenCount": 8,
                "candidatesTokenCount": 7,
                "thoughtsTokenCount": 3,
                "toolUsePromptTokenCount": 4,
                "totalTokenCount": 34,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 15}, {"modality": "AUDIO", "tokenCount": 5}],
                "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 6}],
            },
        ),
    ),
    "gemini two candidates": whole(
        "gemini",
        GEMINI,
        {
            **generated(),
            "candidates": [
                {"content": {"parts": [{"text": "A"}]}, "finishReason": "STOP"},
                {"content": {"parts": [{"text": "B"}]}, "finishReason": "MAX_TOKENS", "index": 1},
            ],
        },
    ),
    "gemini read pages": whole(
        "gemini",
        GEMINI,
        {
            **generated({"text": "A"}),
            "candidates": [
                {
                    **generated({"text": "A"})["candidates"][0],
                    "urlContextMetadata": {
                        "urlMetadata": [{"retrievedUrl": "u", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"}]
                    },
                }
            ],
        },
    ),
    "gemini signs an empty end": stream(
        "gemini",
        GEMINI_STREAM,
        generated({"text": "a", "thought": True}, reason=None),
        generated({"text": "x"}, reason=None),
        generated({"text": "", "thoughtSignature": "c2ln"}),
    ),
    "gemini calls before it ends": stream(
        "gemini",
        GEMINI_STREAM,
        generated({"functionCall": {"name": "f", "args": {"a": 1}}}, reason=None),
        generated({"text": ""}),
    ),
    "gemini runs code in a stream": stream(
        "gemini",
        GEMINI_STREAM,
        generated({"executableCode": {"language": "PYTHON", "code": "1"}}, reason=None),
        generated({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}}, reason=None),
        generated({"text": "x"}),
    ),
    "gemini blocks in a stream": stream(
        "gemini",
        GEMINI_STREAM,
        {
            "promptFeedback": {"blockReason": "SAFETY"},
            "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5},
            "modelVersion": "m-1",
            "responseId": "g",
        },
    ),
}
