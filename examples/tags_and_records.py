"""Say what a call is for, and read afterwards what was done in whose name: one record a call, without any prompt."""

import json
import tempfile
from pathlib import Path

import aigw

MANIFEST = """
schema: aigw/v1
serial: 1
providers:
  offline: {kind: echo}
routes:
  - {name: ticket-summary, targets: [offline/echo-1]}
"""


def summarise(gateway: aigw.Gateway, ticket: str) -> None:
    """Ask for a summary. What it is for is known further out."""
    gateway.chat.completions.create(model="ticket-summary", messages=[{"role": "user", "content": ticket}])


def main() -> None:
    """Make calls for several purposes, and print their records."""
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / "records.jsonl"
        sinks = [aigw.JsonLinesSink(records)]
        with aigw.Gateway(manifest=MANIFEST, tags={"app": "tickets"}, sinks=sinks) as gateway:
            summarise(gateway, "The printer is on fire.")
            summarise(gateway.with_tags(feature="nightly-report"), "The coffee is cold.")
            with aigw.tags(customer="acme"):
                summarise(gateway, "The door does not close.")

        for line in records.read_text("utf-8").splitlines():
            record = json.loads(line)
            print(record["tags"], record["target"], record["usage"]["total_tokens"], "tokens,", record["outcome"])


if __name__ == "__main__":
    main()
