"""The world the demo plays in: two providers and a published manifest, all real servers on loopback."""

import os
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from aigw.testing import AnthropicServer, Drip, ManifestServer, OpenAIServer, Received, Text

ROUTE: Final = "ticket-summary"
OPENAI: Final = "openai/gpt-4o"
ANTHROPIC: Final = "anthropic/claude-sonnet-4-5"

_BETWEEN_TOKENS_S: Final = 0.02


class World:
    """Everything that is not the service. A context manager that leaves nothing behind: no file, no thread, no port."""

    def __init__(self) -> None:
        self._held = ExitStack()
        self.openai = self._held.enter_context(_openai())
        self.anthropic = self._held.enter_context(AnthropicServer(models=[ANTHROPIC.partition("/")[2]]))
        self.anthropic.always(_summary)
        self.serial = 1
        self.manifests = self._held.enter_context(ManifestServer(self._manifest(OPENAI, ANTHROPIC)))
        self.cache_dir = self._held.enter_context(tempfile.TemporaryDirectory(prefix="aigw-demo-"))
        self._held.enter_context(_loopback_needs_no_proxy())

    def kill_openai(self) -> None:
        """Let the first provider die: its connections break, and nobody listens on its port any more."""
        self.openai.close()

    def revive_openai(self) -> None:
        """Let the first provider answer again, where it was."""
        self.openai = self._held.enter_context(_openai(urlsplit(self.openai.url).port or 0))

    def flip(self) -> None:
        """Publish the manifest anew, with the next serial and the other provider first."""
        self.serial += 1
        self.manifests.publish(self._manifest(ANTHROPIC, OPENAI))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def _manifest(self, *targets: str) -> str:
        return f"""\
schema: aigw/v1
serial: {self.serial}
providers:
  openai: {{kind: openai, base_url: "{self.openai.url}", api_key: none}}
  anthropic: {{kind: anthropic, base_url: "{self.anthropic.url}", api_key: none}}
defaults: {{max_retries: 1, attempt_timeout: 10s, timeout: 20s}}
routes:
  - {{name: {ROUTE}, strategy: fallback, targets: [{", ".join(targets)}]}}
"""


def answer_of(target: str) -> str:
    """Give what the model behind *target* says in this world."""
    return f"{target.partition('/')[2]} says: the printer on floor 3 is on fire."


def _openai(port: int = 0) -> OpenAIServer:
    server = OpenAIServer(models=[OPENAI.partition("/")[2]], port=port)
    server.always(_summary)
    return server


def _summary(request: Received) -> Text | Drip:
    """Answer in the name of the model that was asked; streams come token by token."""
    said = Text(answer_of(f"/{request.json.get('model')}"))
    return Drip(said, delay_s=_BETWEEN_TOKENS_S) if request.json.get("stream") is True else said


@contextmanager
def _loopback_needs_no_proxy() -> Generator[None, None, None]:
    """Keep an `HTTP_PROXY` of the environment out of calls to this machine. Transports differ in the case they read."""
    before = {name: os.environ.get(name) for name in ("no_proxy", "NO_PROXY")}
    excepted = before["no_proxy"] or before["NO_PROXY"] or ""
    for name in before:
        os.environ[name] = f"{excepted},127.0.0.1".lstrip(",")
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
