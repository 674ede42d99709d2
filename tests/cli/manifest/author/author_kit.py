"""What the tests of these commands share: a manifest with something of everything, and a rollout to go with it."""

MANIFEST = """\
schema: aigw/v1
serial: 3
providers:
  openai: {kind: openai}
  anthropic: {kind: anthropic, unsupported: error}
  spare: {kind: echo}
models:
  vectors: openai/text-embedding-3-small
routes:
  - name: main
    targets: [openai/gpt-4o, anthropic/claude-sonnet-4-5]
    fallbacks: {context_length: [anthropic/claude-long]}
    instead: {until: "2026-11-20T14:00:00Z", why: outage, targets: [spare/echo-1]}
"""

RAMP = """\
rollout:
  id: r-77
  unit: tenant
  start: "2026-11-20T10:00:00Z"
  stages: [{at: 0m, bp: 5000}]
  base:
    providers: {openai: {kind: openai}}
    models: {main: openai/gpt-4o-mini}
"""
