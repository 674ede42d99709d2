"""What is written about a call: one record for each, refused and crashed ones included, without any prompt text."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache

from aigw.call import Attempt, Candidate, Outcome, Principal
from aigw.types.operation import Operation
from aigw.types.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One call, from the first look to the last event.

    `at` is in seconds since the epoch; `latency_s` and `first_token_s` are seconds from the call's start. `model` is
    the name the caller used, `operation` what was asked of it, `target` the one that answered (`provider/model`) or
    None. `rollout` is the side taken of a manifest that is being rolled out (`id:candidate`, `id:base`) or None.
    `error` is a class name and `error_code` the provider's code: never a message, which might quote a prompt.
    """

    call_id: str
    at: float
    surface: str
    operation: Operation = Operation.CHAT
    model: str
    stream: bool
    principal: Principal
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    route: str | None = None
    serial: int
    digest: str
    rollout: str | None = None
    target: str | None = None
    candidates: tuple[Candidate, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    usage: Usage | None = None
    finish_reason: str | None = None
    outcome: Outcome
    error: str | None = None
    error_code: str | None = None
    status_code: int | None = None
    latency_s: float = 0.0
    first_token_s: float | None = None
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Give the record as plain JSON types, usage with its totals, and the version of aigw that wrote it."""
        plain = asdict(self)
        plain["aigw_version"] = _version()
        plain["tags"] = dict(self.tags)
        if self.usage is not None:
            plain["usage"] = {
                "prompt_tokens": self.usage.prompt_tokens,
                "completion_tokens": self.usage.completion_tokens,
                "cached_tokens": self.usage.cache_read,
                "cache_write_tokens": self.usage.cache_write + self.usage.cache_write_1h,
                "reasoning_tokens": self.usage.reasoning,
                "total_tokens": self.usage.total_tokens,
                "server_tools": dict(self.usage.server_tools),
                "estimated": self.usage.estimated,
            }
        return plain


@cache
def _version() -> str | None:
    """Give the version of this aigw, looked up once; None where it runs from a source tree that nobody installed."""
    from importlib import metadata  # noqa: PLC0415 - slow, and of no use to who writes no record

    try:
        return metadata.version("aigw")
    except metadata.PackageNotFoundError:
        return None
