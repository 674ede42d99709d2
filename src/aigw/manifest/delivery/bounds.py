"""What a process takes from a manifest, said in its own code or environment: no manifest can widen it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from os import PathLike, fspath
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, NoReturn, TypeAlias, TypedDict, cast

from aigw.errors import ConfigurationError, ManifestInvalidError
from aigw.manifest.language.endpoints import is_host
from aigw.types.json import JsonObject, as_object

Require: TypeAlias = Literal["any", "signed", "fresh"]
Pin: TypeAlias = str | PathLike[str] | Mapping[str, object]

_DIGEST: Final = "sha256:"
_HEX_DIGITS: Final = 64
_REFERENCE: Final = re.compile(r"[a-z][a-z0-9+.-]*:\S")
_NOTHING: Final = MappingProxyType(dict[str, tuple[str, ...]]())


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The bounds of what this process takes from a manifest. By default, what TLS and the URL's server vouch for.

    `pin` is a trust document (a path, a mapping, or `sha256:` and the digest of one): manifests must then be signed by
    whom it names, or by whom those name in turn. `audience` and `channel` must be those of the manifest; a serial
    below `min_serial` is refused. `hosts` are the only ones providers may have. `secret_hosts` says to which hosts a
    secret (`env:NAME`) may be sent. A host is `host`, `host:port`, or `.domain` for all below it. `deny_private_ips`
    refuses addresses of this machine and of private networks where a manifest writes them out. `require` demands a
    signature (`signed`), or a statement that the document is still the newest besides (`fresh`). `max_shrink` is the
    share of its routes a manifest of ten or more may lose at once, unless its `source.ack` says that this is meant.

    Raises `ConfigurationError`.
    """

    pin: Pin | None = None
    audience: str | None = None
    channel: str | None = None
    min_serial: int = 0
    hosts: tuple[str, ...] | None = None
    secret_hosts: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NOTHING)
    deny_private_ips: bool = False
    require: Require = "any"
    max_shrink: float = 0.5

    def __post_init__(self) -> None:
        if self.require not in ("any", "signed", "fresh"):
            _refuse(f"require is any, signed or fresh, not {self.require!r}")
        if self.require != "any" and self.pin is None:
            _refuse(f"require={self.require!r} needs a pin: a trust document, or sha256: and its digest")
        if not 0 <= self.max_shrink <= 1:
            _refuse(f"max_shrink is a share from 0 to 1, not {self.max_shrink!r}")
        if isinstance(self.pin, str) and self.pin.startswith(_DIGEST):
            _check_digest(self.pin)
        object.__setattr__(self, "hosts", None if self.hosts is None else _hosts(self.hosts, "hosts"))
        for secret in self.secret_hosts:
            if not _REFERENCE.match(secret):
                _refuse(f"secret_hosts names {secret!r}; write the reference that manifests have, such as env:NAME")
        bound = {secret: _hosts(hosts, f"secret_hosts[{secret!r}]") for secret, hosts in self.secret_hosts.items()}
        object.__setattr__(self, "secret_hosts", MappingProxyType(bound))

    def pinned(self) -> bytes | str | None:
        """Give the bytes of the trust document that is pinned, or the digest of one in hex, or None."""
        if self.pin is None:
            return None
        if isinstance(self.pin, Mapping):
            return json.dumps(self.pin).encode()
        name = fspath(self.pin)
        return name.removeprefix(_DIGEST) if name.startswith(_DIGEST) else _read(Path(name).expanduser(), "trust pin")


TrustArgument: TypeAlias = Trust | str | PathLike[str]


def trust_of(value: TrustArgument | None) -> Trust:
    """Tell what *value* is: bounds, `tls`, `sha256:` and the digest of a trust document, or a file.

    The file, YAML or JSON, has the fields of `Trust`, its `pin` by a path from its own folder; or it is a trust
    document to be pinned. Raises `ConfigurationError`.
    """
    if isinstance(value, Trust):
        return value
    if value is None or value == "tls":
        return Trust()
    name = fspath(value)
    if name.startswith(_DIGEST):
        return Trust(pin=name)
    return _written(Path(name).expanduser())


def _written(path: Path) -> Trust:
    content = _read(path, "trust file")
    said = _mapping(content, path)
    if "roles" in said or "payloadType" in said:
        return Trust(pin=path)
    trust = Trust(**_read_fields(said, path))
    if isinstance(trust.pin, str) and not trust.pin.startswith(_DIGEST):
        return replace(trust, pin=path.parent / Path(trust.pin).expanduser())
    return trust


class _Fields(TypedDict, total=False):
    pin: Pin
    audience: str
    channel: str
    min_serial: int
    hosts: tuple[str, ...]
    secret_hosts: Mapping[str, tuple[str, ...]]
    deny_private_ips: bool
    require: Require
    max_shrink: float


_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "pin": (str, dict),
    "audience": (str,),
    "channel": (str,),
    "min_serial": (int,),
    "hosts": (list,),
    "secret_hosts": (dict,),
    "deny_private_ips": (bool,),
    "require": (str,),
    "max_shrink": (int, float),
}


def _read_fields(said: JsonObject, path: Path) -> _Fields:
    for name, value in said.items():
        wanted = _TYPES.get(name)
        if wanted is None:
            _refuse(f"{path}: unknown field {name!r}; a trust file has {', '.join(_TYPES)}")
        if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
            _refuse(f"{path}: {name} may not be a {type(value).__name__}")
    return cast("_Fields", dict(said))  # each field was looked at; what lists hold, `Trust` looks at itself


def _mapping(content: bytes, path: Path) -> JsonObject:
    from aigw.manifest.language.document import load_document  # noqa: PLC0415 - reads YAML, which few need for this

    try:
        return as_object(load_document(content, source=str(path)).data)
    except ManifestInvalidError as error:
        message = f"{path} is neither a trust file nor a trust document: {error}"
        raise ConfigurationError(message) from None


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"The {what} {path} cannot be read: {error.strerror or type(error).__name__}."
        raise ConfigurationError(message) from None


def _hosts(hosts: object, where: str) -> tuple[str, ...]:
    if isinstance(hosts, str) or not isinstance(hosts, list | tuple):
        _refuse(f"{where} is a list of hosts, not {hosts!r}")
    listed = cast("list[object]", hosts)  # of anything; each is looked at
    found = tuple(host.lower() if isinstance(host, str) else "" for host in listed)
    for host, written in zip(found, listed, strict=True):
        if not is_host(host):
            _refuse(f"{where} holds {written!r}; write host, host:port or .domain, without scheme and path")
    return found


def _check_digest(pin: str) -> None:
    digits = pin.removeprefix(_DIGEST)
    if len(digits) != _HEX_DIGITS or not set(digits) <= set("0123456789abcdef"):
        _refuse(f"a pin is sha256: and 64 lower-case hex digits, or the path of a trust document, not {pin!r}")


def _refuse(what: str) -> NoReturn:
    message = f"The trust bounds are wrong: {what}."
    raise ConfigurationError(message)
