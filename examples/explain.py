"""Where a call would go and why, without calling anyone: for tests, for reviews, and before a manifest goes out."""

import aigw

MANIFEST = """
schema: aigw/v1
serial: 1
providers:
  hosted: {kind: openai, api_key: "env:A_KEY_THAT_NOBODY_HAS_SET"}
  offline: {kind: echo}
routes:
  - {name: ticket-summary, strategy: fallback, targets: [hosted/gpt-4o, offline/echo-1]}
"""

with aigw.Gateway(manifest=MANIFEST) as gateway:
    plan = gateway.explain(model="ticket-summary", messages=[{"role": "user", "content": "The printer is on fire."}])
    for candidate in plan.candidates:
        print(f"{candidate.target}: {'may' if candidate.eligible else 'may not'} take the call ({candidate.reason})")
    print("it would go to:", plan.target)

    try:
        gateway.explain(model="ticket-sumary", messages=[{"role": "user", "content": "…"}])
    except aigw.ModelNotFoundError as error:
        print("a typo is answered with:", error)
