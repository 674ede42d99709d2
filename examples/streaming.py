"""A streamed answer: chunk by chunk, then with events and the whole answer at the end."""

import aigw

MANIFEST = """
schema: aigw/v1
serial: 1
providers:
  offline: {kind: echo}
routes:
  - {name: ticket-summary, targets: [offline/echo-1]}
"""
MESSAGES = [{"role": "user", "content": "The printer on floor 3 is on fire."}]

with aigw.Gateway(manifest=MANIFEST) as gateway:
    with gateway.chat.completions.create(model="ticket-summary", messages=MESSAGES, stream=True) as chunks:
        for chunk in chunks:
            for choice in chunk.choices:
                print(choice.delta.content or "", end="|", flush=True)
    print()
    print("ended:", chunks.aigw.outcome, "by", chunks.aigw.target)

    with gateway.chat.completions.stream(model="ticket-summary", messages=MESSAGES) as events:
        pieces = [event.delta for event in events if event.type == "content.delta"]
        whole = events.get_final_completion()
    print(len(pieces), "pieces make:", whole.choices[0].message.content)
