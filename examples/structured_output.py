"""An answer as an object of your own: the schema goes to the model, and what comes back is checked.

A scripted provider stands in for a real one, so that the answer is known.
"""

import json

from pydantic import BaseModel

import aigw
from aigw.testing import OpenAIServer, Text


class Ticket(BaseModel):
    """What the model is to find in a message."""

    place: str
    problem: str
    urgent: bool


def main() -> None:
    """Read a ticket out of a sentence."""
    with OpenAIServer() as provider:
        provider.always(Text('{"place": "floor 3", "problem": "the printer is on fire", "urgent": true}'))
        manifest = {
            "schema": "aigw/v1",
            "serial": 1,
            "providers": {"openai": {"kind": "openai", "base_url": provider.url, "api_key": "none"}},
            "models": {"reader": "openai/gpt-4o"},
        }
        with aigw.Gateway(manifest=manifest) as gateway:
            answer = gateway.chat.completions.parse(
                model="reader",
                messages=[{"role": "user", "content": "The printer on floor 3 is on fire!"}],
                response_format=Ticket,
            )
        ticket = answer.choices[0].message.parsed
        print(repr(ticket))

        print("the provider was asked for:", json.dumps(provider.requests[0].json["response_format"]))


if __name__ == "__main__":
    main()
