"""What a gateway is told when it is made: arguments over environment over defaults, frozen once."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, TypeAlias, cast

from aigw.errors import ConfigurationError, UnexpectedArgumentError
from aigw.manifest.delivery.bounds import Trust, TrustArgument, trust_of
from aigw.protocols import Sink

ManifestArgument: TypeAlias = str | os.PathLike[str] | Mapping[str, object]
OnNoManifest: TypeAlias = Literal["raise", "defaults"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of one gateway. `refresh_interval` is in seconds; `cache_dir` None keeps no copy on disk.

    `embedded` is the copy of the manifest that came with the code.
    """

    manifest: ManifestArgument | None
    key: str | None
    tags: Mapping[str, str]
    cache_dir: Path | None
    refresh_interval: float
    sinks: tuple[Sink, ...] | None
    records: str | None
    trust: Trust
    embedded: Path | None
    on_no_manifest: OnNoManifest

    def __repr__(self) -> str:
        return f"Config(cache_dir={self.cache_dir!r})"


def configured(  # noqa: PLR0913 - one argument a setting, all by name
    *,
    manifest: ManifestArgument | None = None,
    key: str | None = None,
    tags: Mapping[str, str] | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    refresh_interval: float = 10.0,
    sinks: Sequence[Sink] | None = None,
    trust: TrustArgument | None = None,
    embedded: str | os.PathLike[str] | None = None,
    on_no_manifest: OnNoManifest = "raise",
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """Fill what the arguments leave open from `AIGW_…` variables. Raises `ConfigurationError`."""
    if refresh_interval <= 0:
        message = f"refresh_interval is a number of seconds above 0, not {refresh_interval!r}."
        raise ConfigurationError(message)
    if on_no_manifest not in ("raise", "defaults"):
        message = f"on_no_manifest is 'raise' or 'defaults', not {on_no_manifest!r}."
        raise ConfigurationError(message)
    snapshot = embedded if embedded is not None else environ.get("AIGW_EMBEDDED") or None
    return Config(
        manifest=manifest if manifest is not None else environ.get("AIGW_MANIFEST") or None,
        key=key if key is not None else environ.get("AIGW_KEY") or None,
        tags=checked_tags(tags) if tags is not None else _tags(environ.get("AIGW_TAGS", "")),
        cache_dir=Path(cache_dir) if cache_dir is not None else _cache_dir(environ),
        refresh_interval=refresh_interval,
        sinks=None if sinks is None else tuple(sinks),
        records=environ.get("AIGW_RECORDS") or None,
        trust=trust_of(trust if trust is not None else environ.get("AIGW_TRUST") or None),
        embedded=None if snapshot is None else Path(snapshot).expanduser(),
        on_no_manifest=on_no_manifest,
    )


SETTINGS = (
    "manifest",
    "key",
    "tags",
    "timeout",
    "max_retries",
    "sinks",
    "cache_dir",
    "refresh_interval",
    "trust",
    "embedded",
    "on_no_manifest",
    "clock",
)
_ELSEWHERE = {
    **dict.fromkeys(("api_key", "organization", "project"), "keys belong to the manifest's providers"),
    **dict.fromkeys(("base_url", "websocket_base_url"), "addresses belong to the manifest's providers"),
    "default_headers": "headers belong to the manifest's providers, or to with_options(extra_headers=…)",
    "default_query": "say extra_query=… on the call",
    "http_client": "the gateway has its own connections",
}
"""Settings of the openai client, and where they are here."""


def refuse_unknown(unknown: Mapping[str, object], known: Sequence[str], where: str) -> None:
    """Raise `UnexpectedArgumentError` for the first of the keywords *unknown* that *where* was called with."""
    for name in unknown:
        near = get_close_matches(name, known, 1)
        hint = _ELSEWHERE.get(name) or (f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(known)}")
        message = f"{where}() got an unexpected argument {name!r}: {hint}"
        raise UnexpectedArgumentError(message)


def checked_tags(tags: Mapping[str, object]) -> dict[str, str]:
    """Give *tags* if every name and value is a string. Raises `ConfigurationError`."""
    for name, value in tags.items():
        if not isinstance(value, str):
            message = f"The tag {name!r} is a {type(value).__name__}; tags are strings. Write {name}={str(value)!r}."
            raise ConfigurationError(message)
    return cast("dict[str, str]", dict(tags))


def _tags(text: str) -> dict[str, str]:
    """Read `app=tickets,feature=summary`, or a JSON object of strings."""
    if text.lstrip().startswith("{"):
        try:
            return checked_tags(cast("Mapping[str, object]", json.loads(text)))
        except ValueError as error:
            message = f"AIGW_TAGS looks like JSON but is not: {error}. Write app=tickets,feature=summary."
            raise ConfigurationError(message) from None
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    for name, sign, _ in pairs:
        if not sign or not name.strip():
            message = f"AIGW_TAGS has {name.strip()!r} without a value. Write app=tickets,feature=summary."
            raise ConfigurationError(message)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _cache_dir(environ: Mapping[str, str]) -> Path:
    """Give the user's own cache folder (XDG), or one below the temporary folder where there is no home."""
    if chosen := environ.get("AIGW_CACHE_DIR") or "":
        return Path(chosen)
    if base := environ.get("XDG_CACHE_HOME") or "":
        return Path(base) / "aigw"
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return Path(home) / ".cache" / "aigw" if home else Path(tempfile.gettempdir()) / f"aigw-{os.getuid()}"
