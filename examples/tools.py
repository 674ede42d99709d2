"""A model that uses a tool: it asks for a function, the program calls it, the model answers.

A scripted provider that speaks Anthropic's dialect stands in for a real one. The program speaks OpenAI's, as always.
"""

import json

import aigw
from aigw.testing import AnthropicServer, Text, ToolCall, ToolCalls

TICKETS = {4711: "The printer on floor 3 is on fire."}
TOOL = {
    "type": "function",
    "function": {
        "name": "read_ticket",
        "description": "Give the text of a ticket.",
        "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]},
    },
}


def converse(gateway: aigw.Gateway, question: str) -> str:
    """Let the model call `read_ticket` as often as it wants, and give its answer."""
    messages: list[dict[str, object]] = [{"role": "user", "content": question}]
    while True:
        answer = gateway.chat.completions.create(model="assistant", messages=messages, tools=[TOOL])
        message = answer.choices[0].message
        if not message.tool_calls:
            return message.content or ""
        messages.append(message.to_dict())
        for call in message.tool_calls:
            if call.type != "function":
                continue
            arguments = json.loads(call.function.arguments)
            print(f"{answer.aigw.target} calls {call.function.name}({arguments})")
            messages.append({"role": "tool", "tool_call_id": call.id, "content": TICKETS[arguments["number"]]})


def main() -> None:
    """Ask about a ticket."""
    with AnthropicServer() as provider:
        provider.queue(ToolCalls([ToolCall("read_ticket", {"number": 4711})]), Text("Somebody should bring water."))
        manifest = {
            "schema": "aigw/v1",
            "serial": 1,
            "providers": {"anthropic": {"kind": "anthropic", "base_url": provider.url, "api_key": "none"}},
            "models": {"assistant": "anthropic/claude-sonnet-4-5"},
        }
        with aigw.Gateway(manifest=manifest) as gateway:
            print("answer:", converse(gateway, "What should be done about ticket 4711?"))


if __name__ == "__main__":
    main()
