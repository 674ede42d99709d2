"""A call through a gateway, and what is known about it afterwards.

The provider kind `echo` answers offline; at work, `manifest` is a URL and the providers are real.
"""

import aigw

MANIFEST = """
schema: aigw/v1
serial: 1
providers:
  offline: {kind: echo}
routes:
  - {name: ticket-summary, targets: [offline/echo-1]}
"""

with aigw.Gateway(manifest=MANIFEST) as gateway:
    answer = gateway.chat.completions.create(
        model="ticket-summary",
        messages=[{"role": "user", "content": "The printer on floor 3 is on fire."}],
    )

print("answer:", answer.choices[0].message.content)
if answer.usage is not None:
    print("tokens:", answer.usage.total_tokens)
print("target:", answer.aigw.target)
print("manifest serial:", answer.aigw.serial)
