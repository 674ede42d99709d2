"""Many calls at once in an event loop: the same gateway with `await`, `async for` and `async with`."""

import asyncio

import aigw

MANIFEST = """
schema: aigw/v1
serial: 1
providers:
  offline: {kind: echo}
routes:
  - {name: ticket-summary, targets: [offline/echo-1]}
"""
TICKETS = ["The printer is on fire.", "The coffee is cold.", "The door does not close."]


async def summary(gateway: aigw.AsyncGateway, ticket: str) -> str:
    """Ask for one summary."""
    messages = [{"role": "user", "content": ticket}]
    answer = await gateway.chat.completions.create(model="ticket-summary", messages=messages)
    return answer.choices[0].message.content or ""


async def main() -> None:
    """Summarise all tickets together, then stream one."""
    async with aigw.AsyncGateway(manifest=MANIFEST) as gateway:
        for said in await asyncio.gather(*(summary(gateway, ticket) for ticket in TICKETS)):
            print(said)

        messages = [{"role": "user", "content": TICKETS[0]}]
        stream = await gateway.chat.completions.create(model="ticket-summary", messages=messages, stream=True)
        async for chunk in stream:
            for choice in chunk.choices:
                print(choice.delta.content or "", end="|")
        print()


if __name__ == "__main__":
    asyncio.run(main())
