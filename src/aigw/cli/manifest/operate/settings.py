"""Where each setting of a gateway comes from: an argument goes before the environment, that before the default.

What a file says (of trust) stands under the argument or the variable that names the file.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, Literal, TypeAlias

from aigw.cli.parsing import Arguments
from aigw.config import Config
from aigw.manifest.delivery.bounds import Trust
from aigw.manifest.delivery.sources import StaticSource, source_of

Origin: TypeAlias = Literal["argument", "environment", "file", "default"]

_UNBOUND: Final = Trust()


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: what it is, where that comes from, and the variable that says it, if one can."""

    name: str
    value: str
    origin: Origin
    variable: str | None = None

    def as_dict(self) -> dict[str, object]:
        """Give it for machines."""
        return {"setting": self.name, "value": self.value, "from": self.origin, "variable": self.variable}


def settings_of(arguments: Arguments, config: Config, environ: Mapping[str, str] = os.environ) -> tuple[Setting, ...]:
    """Give all settings in the order of the precedence's table. No value is a credential."""

    def one(name: str, variable: str, value: str | None, told: str | None = None, absent: str = "none") -> Setting:
        origin: Origin = "argument" if told is not None else "environment" if environ.get(variable) else "default"
        return Setting(name, absent if value is None else value, origin, variable)

    embedded = None if config.embedded is None else str(config.embedded)
    return (
        one("manifest", "AIGW_MANIFEST", _source(config), arguments.source, "what the keys in the environment allow"),
        one("trust", "AIGW_TRUST", arguments.trust or environ.get("AIGW_TRUST") or "tls", arguments.trust),
        *_bounds(config),
        one("embedded", "AIGW_EMBEDDED", embedded, arguments.embedded),
        _cache_dir(arguments, config, environ),
        one("key", "AIGW_KEY", _fingerprint(config.key)),
        one("tags", "AIGW_TAGS", ",".join(f"{name}={value}" for name, value in config.tags.items()) or None),
        one("records", "AIGW_RECORDS", config.records),
        Setting("refresh_interval", f"{config.refresh_interval:g}s", "default"),
        Setting("on_no_manifest", config.on_no_manifest, "default"),
    )


def _source(config: Config) -> str | None:
    if config.manifest is None:
        return None
    source = source_of(config.manifest)
    return "a document, given in place" if isinstance(source, StaticSource) else source.label


def _bounds(config: Config) -> list[Setting]:
    """Give what a file of trust says beside its pin."""
    return [
        Setting(f"trust.{field.name}", str(getattr(config.trust, field.name)), "file")
        for field in fields(Trust)
        if field.name != "pin" and getattr(config.trust, field.name) != getattr(_UNBOUND, field.name)
    ]


def _cache_dir(arguments: Arguments, config: Config, environ: Mapping[str, str]) -> Setting:
    variable = next((one for one in ("AIGW_CACHE_DIR", "XDG_CACHE_HOME") if environ.get(one)), None)
    origin: Origin = "default" if variable is None else "environment"
    if arguments.cache_dir is not None:
        origin = "argument"
    return Setting("cache_dir", str(config.cache_dir), origin, variable or "AIGW_CACHE_DIR")


def _fingerprint(key: str | None) -> str | None:
    return None if key is None else f"is set (its records have {hashlib.sha256(key.encode()).hexdigest()[:12]})"
