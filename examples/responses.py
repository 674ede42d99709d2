"""Ask in the shape of OpenAI's Responses, and go on with what came back: any model that chats can answer.

A scripted provider that speaks Anthropic's dialect stands in for a real one. Its thinking is signed, and comes back to
it with the next call.
"""

import aigw
from aigw.testing import AnthropicServer, Reasoning, Text


def main() -> None:
    """Ask, ask again, and watch an answer come."""
    with AnthropicServer() as provider:
        provider.queue(Reasoning("A fire is urgent.", "Send water to floor 3.", signature="c2lnbmVk"))
        provider.queue(Text("Please send water to floor 3."), Text("Done."))
        manifest = {
            "schema": "aigw/v1",
            "serial": 1,
            "providers": {"anthropic": {"kind": "anthropic", "base_url": provider.url, "api_key": "none"}},
            "models": {"assistant": "anthropic/claude-sonnet-4-5"},
        }
        with aigw.Gateway(manifest=manifest) as gateway:
            question = {"role": "user", "content": "The printer on floor 3 is on fire."}
            answer = gateway.responses.create(model="assistant", instructions="Be brief.", input=[question])
            print("answer:", answer.output_text, "by", answer.aigw.target)

            answer = gateway.responses.create(
                model="assistant",
                instructions="Be brief.",
                input=[question, *answer.output, {"role": "user", "content": "Say it politely."}],
            )
            print("again:", answer.output_text)

            with gateway.responses.stream(model="assistant", input="And now?") as events:
                for event in events:
                    if event.type == "response.output_text.delta":
                        print("piece:", event.delta)
                print("ended:", events.get_final_response().status)

        print("the provider got its thinking back:", b'"signature":"c2lnbmVk"' in provider.requests[1].body)


if __name__ == "__main__":
    main()
