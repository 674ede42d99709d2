"""Ask in the shape of Anthropic's Messages: any model that chats can answer.

A scripted provider that speaks OpenAI's dialect stands in for a real one. A parameter that only Anthropic has is
refused with its name, or left out with a note if the call allows it.
"""

import aigw
from aigw.testing import OpenAIServer, Text

TURNS = [{"role": "user", "content": "The printer on floor 3 is on fire."}]


def main() -> None:
    """Ask, watch an answer come, and ask for what the target does not have."""
    with OpenAIServer() as provider:
        provider.always(Text("Send water to floor 3."))
        manifest = {
            "schema": "aigw/v1",
            "serial": 1,
            "providers": {"openai": {"kind": "openai", "base_url": provider.url, "api_key": "none"}},
            "models": {"assistant": "openai/gpt-4o"},
        }
        with aigw.Gateway(manifest=manifest) as gateway:
            message = gateway.messages.create(model="assistant", max_tokens=100, system="Be brief.", messages=TURNS)
            print("answer:", message.to_dict()["content"], "by", message.aigw.target)
            print("tokens:", message.usage.input_tokens, "read,", message.usage.output_tokens, "written")

            with gateway.messages.stream(model="assistant", max_tokens=100, messages=TURNS) as stream:
                print("pieces:", "|".join(stream.text_stream))

            try:
                gateway.messages.create(model="assistant", max_tokens=100, messages=TURNS, container="c-1")
            except aigw.UnsupportedParameterError as error:
                print("refused:", error.param)
            message = gateway.messages.create(
                model="assistant", max_tokens=100, messages=TURNS, container="c-1", unsupported="drop"
            )
            print("notes:", message.aigw.notes)


if __name__ == "__main__":
    main()
