"""What may come as a response, by https://platform.openai.com/docs/api-reference/responses."""

from tests.journeys.recorded import Recording
from tests.journeys.unseen.kit import RESPONSES, response, said, stream, whole

ANSWERS: dict[str, Recording] = {
    "responses refusal": whole(
        "openai",
        RESPONSES,
        response(
            {
                "type": "message",
                "id": "m",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "refusal", "refusal": "No."}],
            }
        ),
    ),
    "responses cut": whole(
        "openai", RESPONSES, response(said(), status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    ),
    "responses filtered": whole(
        "openai", RESPONSES, response(status="incomplete", incomplete_details={"reason": "content_filter"})
    ),
    "responses searched": whole(
        "openai",
        RESPONSES,
        response(
            {"type": "web_search_call", "id": "ws", "status": "completed", "action": {"type": "search", "query": "q"}},
            said(annotations=[{"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1}]),
        ),
    ),
    "responses drew": whole(
        "openai",
        RESPONSES,
        response({"type": "image_generation_call", "id": "ig", "status": "completed", "result": "QQ=="}, said("")),
    ),
    "responses mcp": whole(
        "openai",
        RESPONSES,
        response(
            {"type": "mcp_list_tools", "id": "l", "server_label": "s", "tools": []},
            {"type": "mcp_call", "id": "m", "server_label": "s", "name": "n", "arguments": "{}", "output": "o"},
            said(),
        ),
    ),
    "responses files": whole(
        "openai",
        RESPONSES,
        response(
            {"type": "file_search_call", "id": "f", "status": "completed", "queries": ["q"], "results": None}, said()
        ),
    ),
    "responses custom tool": whole(
        "openai",
        RESPONSES,
        response({"type": "custom_tool_call", "id": "c", "call_id": "call_c", "name": "sql", "input": "select 1"}),
    ),
    "responses thinks aloud": whole(
        "openai",
        RESPONSES,
        response(
            {
                "type": "reasoning",
                "id": "rs",
                "summary": [{"type": "summary_text", "text": "A"}, {"type": "summary_text", "text": "B"}],
                "encrypted_content": "e",
            },
            said("x"),
            said("y"),
        ),
    ),
    "responses logprobs": whole(
        "openai",
        RESPONSES,
        response(said("x", logprobs=[{"token": "x", "logprob": -0.5, "bytes": [120], "top_logprobs": []}])),
    ),
    "responses call without arguments": whole(
        "openai",
        RESPONSES,
        response(
            {"type": "function_call", "id": "fc", "call_id": "c", "name": "f", "arguments": "", "status": "completed"}
        ),
    ),
    "responses stream with bare ends": stream(
        "openai",
        RESPONSES,
        {"type": "response.created", "sequence_number": 0, "response": response(status="in_progress", usage=None)},
        {
            "type": "response.output_item.added",
            "sequence_number": 1,
            "output_index": 0,
            "item": {**said(), "content": [], "status": "in_progress"},
        },
        {
            "type": "response.content_part.added",
            "sequence_number": 2,
            "item_id": "msg_1",
            "output_index": 0,
            "content_index": 0,
            "part": {"type": "output_text", "text": "", "annotations": []},
        },
        {
            "type": "response.output_text.delta",
            "sequence_number": 3,
            "item_id": "msg_1",
            "output_index": 0,
            "content_index": 0,
            "delta": "Hi",
            "logprobs": [],
        },
        {
            "type": "response.output_text.done",
            "sequence_number": 4,
            "item_id": "msg_1",
            "output_index": 0,
            "content_index": 0,
            "text": "Hi",
            "logprobs": [],
        },
        {
            "type": "response.content_part.done",
            "sequence_number": 5,
            "item_id": "msg_1",
            "output_index": 0,
            "content_index": 0,
            "part": said()["content"][0],
        },
        {"type": "response.output_item.done", "sequence_number": 6, "output_index": 0, "item": said()},
        {"type": "response.completed", "sequence_number": 7, "response": response(said())},
    ),
    "responses stream cut by its limit": stream(
        "openai",
        RESPONSES,
        {"type": "response.created", "sequence_number": 0, "response": response(status="in_progress", usage=None)},
        {
            "type": "response.output_item.added",
            "sequence_number": 1,
            "output_index": 0,
            "item": {"type": "reasoning", "id": "rs", "summary": []},
        },
        {
            "type": "response.reasoning_summary_part.added",
            "sequence_number": 2,
            "item_id": "rs",
            "output_index": 0,
            "summary_index": 0,
            "part": {"type": "summary_text", "text": ""},
        },
        {
            "type": "response.reasoning_summary_text.delta",
            "sequence_number": 3,
            "item_id": "rs",
            "output_index": 0,
            "summary_index": 0,
            "delta": "A",
        },
        {
            "type": "response.reasoning_summary_text.done",
            "sequence_number": 4,
            "item_id": "rs",
            "output_index": 0,
            "summary_index": 0,
            "text": "A",
        },
        {
            "type": "response.reasoning_summary_part.done",
            "sequence_number": 5,
            "item_id": "rs",
            "output_index": 0,
            "summary_index": 0,
            "part": {"type": "summary_text", "text": "A"},
        },
        {
            "type": "response.output_item.done",
            "sequence_number": 6,
            "output_index": 0,
            "item": {
                "type": "reasoning",
                "id": "rs",
                "summary": [{"type": "summary_text", "text": "A"}],
                "encrypted_content": "e",
            },
        },
        {
            "type": "response.incomplete",
            "sequence_number": 7,
            "response": response(
                {
                    "type": "reasoning",
                    "id": "rs",
                    "summary": [{"type": "summary_text", "text": "A"}],
                    "encrypted_content": "e",
                },
                status="incomplete",
                incomplete_details={"reason": "max_output_tokens"},
            ),
        },
    ),
}
