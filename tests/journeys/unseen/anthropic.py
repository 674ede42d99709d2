"""What Anthropic may answer, by https://docs.claude.com/en/api/messages."""

from tests.journeys.recorded import Recording
from tests.journeys.unseen.kit import MESSAGES, blocks, message, stream, whole

ANSWERS: dict[str, Recording] = {
    "anthropic searched": whole(
        "anthropic",
        MESSAGES,
        message(
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
            {
                "type": "web_search_tool_result",
                "tool_use_id": "srvtoolu_1",
                "content": [
                    {"type": "web_search_result", "url": "u", "title": "t", "encrypted_content": "e", "page_age": None}
                ],
            },
            {
                "type": "text",
                "text": "A",
                "citations": [
                    {
                        "type": "web_search_result_location",
                        "cited_text": "c",
                        "url": "u",
                        "title": "t",
                        "encrypted_index": "i",
                    }
                ],
            },
            {"type": "text", "text": "B", "citations": None},
        ),
    ),
    "anthropic paused": whole(
        "anthropic",
        MESSAGES,
        message(
            {"type": "server_tool_use", "id": "s", "name": "code_execution", "input": {}},
            {
                "type": "bash_code_execution_tool_result",
                "tool_use_id": "s",
                "content": {
                    "type": "bash_code_execution_result",
                    "stdout": "1",
                    "stderr": "",
                    "return_code": 0,
                    "content": [],
                },
            },
            reason="pause_turn",
            container={"id": "c", "expires_at": "2026-01-01T00:00:00Z"},
        ),
    ),
    "anthropic refused": whole("anthropic", MESSAGES, message(reason="refusal")),
    "anthropic window full": whole(
        "anthropic", MESSAGES, message({"type": "text", "text": "x"}, reason="model_context_window_exceeded")
    ),
    "anthropic mcp": whole(
        "anthropic",
        MESSAGES,
        message(
            {"type": "mcp_tool_use", "id": "m", "name": "n", "server_name": "s", "input": {}},
            {
                "type": "mcp_tool_result",
                "tool_use_id": "m",
                "is_error": False,
                "content": [{"type": "text", "text": "r"}],
            },
            {"type": "text", "text": "x"},
        ),
    ),
    "anthropic empty input streamed": stream(
        "anthropic",
        MESSAGES,
        *blocks(
            {"type": "text", "text": ""},
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
            reason="tool_use",
            deltas={0: [{"type": "text_delta", "text": "a"}], 1: [{"type": "input_json_delta", "partial_json": ""}]},
        ),
    ),
    "anthropic cites in a stream": stream(
        "anthropic",
        MESSAGES,
        *blocks(
            {"type": "text", "text": "", "citations": []},
            deltas={
                0: [
                    {
                        "type": "citations_delta",
                        "citation": {
                            "type": "char_location",
                            "cited_text": "c",
                            "document_index": 0,
                            "document_title": "t",
                            "start_char_index": 0,
                            "end_char_index": 1,
                        },
                    },
                    {"type": "text_delta", "text": "a"},
                ]
            },
        ),
    ),
    "anthropic thinks unseen": stream(
        "anthropic",
        MESSAGES,
        *blocks(
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "redacted_thinking", "data": "d"},
            {"type": "text", "text": ""},
            deltas={0: [{"type": "signature_delta", "signature": "s"}], 2: [{"type": "text_delta", "text": "a"}]},
        ),
    ),
    "anthropic server tool streamed": stream(
        "anthropic",
        MESSAGES,
        *blocks(
            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
            {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
            {"type": "text", "text": ""},
            deltas={
                0: [{"type": "input_json_delta", "partial_json": '{"query": "q"}'}],
                2: [{"type": "text_delta", "text": "a"}],
            },
        ),
    ),
}
