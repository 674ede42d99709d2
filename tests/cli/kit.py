"""What tests of the command line have in common."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

AIGW = (sys.executable, "-m", "aigw")
"""The command line in a process of its own."""

ECHO = """\
schema: aigw/v1
serial: 7
providers:
  offline: {kind: echo}
routes:
  - {name: ticket-summary, strategy: fallback, targets: [offline/echo-1, offline/echo-2]}
"""


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]
