"""A provider that is overloaded, and one that takes over: the caller sees an answer, the record sees everything."""

import aigw
from aigw.testing import AnthropicServer, OpenAIServer, Status, Text


def main() -> None:
    """Make one call while the first provider refuses everything."""
    with OpenAIServer() as openai, AnthropicServer() as anthropic:
        openai.always(Status(503))
        anthropic.always(Text("The printer is on fire; send someone."))
        manifest = {
            "schema": "aigw/v1",
            "serial": 1,
            "providers": {
                "openai": {"kind": "openai", "base_url": openai.url, "api_key": "none"},
                "anthropic": {"kind": "anthropic", "base_url": anthropic.url, "api_key": "none"},
            },
            "routes": [
                {
                    "name": "ticket-summary",
                    "strategy": "fallback",
                    "targets": [
                        {"use": "openai/gpt-4o", "timeout": "10s", "max_retries": 1},
                        {"use": "anthropic/claude-sonnet-4-5", "timeout": "10s", "max_retries": 1},
                    ],
                }
            ],
        }
        with aigw.Gateway(manifest=manifest) as gateway:
            answer = gateway.chat.completions.create(
                model="ticket-summary", messages=[{"role": "user", "content": "The printer on floor 3 is on fire."}]
            )
            print("answer:", answer.choices[0].message.content)
            for attempt in answer.aigw.attempts:
                print(f"  {attempt.target}: {attempt.error or 'answered'} (status {attempt.status})")


if __name__ == "__main__":
    main()
