"""Who may sign what: trust documents, the chain from one to the next, and thresholds over distinct keys.

A trust document is signed like all else; document N+1 is believed if a threshold of the root keys of N *and* of its own
signed it, as TUF has it (https://theupdateframework.github.io/specification/latest/#update-root). A chain starts at
what the process was given to believe, its pin, and is judged by the clock at its end only, so that an old pin still
leads to today's keys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NoReturn, TypeAlias

from aigw.errors import ManifestUntrustedError
from aigw.manifest.signing.ed25519 import is_key
from aigw.manifest.signing.envelope import (
    MAX_SIGNATURES,
    TRUST_TYPE,
    Envelope,
    Signature,
    digest_of,
    is_envelope,
    read_envelope,
)
from aigw.manifest.signing.keys import Verifier, keyid_of, short
from aigw.manifest.signing.reading import Part, read_object, shown
from aigw.types.nack import Nack
from aigw.types.times import written_time

__all__ = ["SCHEMA", "Role", "RoleName", "TrustDocument", "pinned", "read_trust", "signed_by", "walk"]

SCHEMA: Final = "aigw/trust/v1"

RoleName: TypeAlias = Literal["root", "manifest", "freshness"]

_ROLES: Final[tuple[RoleName, ...]] = ("root", "manifest", "freshness")
_MAX_KEYS: Final = 64
_MAX_TRIES: Final = 64
_PREFIX: Final = "sha256:"
_ASK: Final = "ask who holds the keys for this manifest, and do not loosen the pin"


@dataclass(frozen=True, slots=True)
class Role:
    """The ids of the keys that may sign for a role, and how many of them must."""

    keys: tuple[str, ...]
    threshold: int


@dataclass(frozen=True, slots=True)
class TrustDocument:
    """Which keys stand for which role. `keys` has the 32 bytes of each by its id; `expires_at` is in epoch seconds.

    `digest` is that of the payload it was read from; two documents that say the same are equal without it.
    """

    version: int
    expires_at: float
    keys: Mapping[str, bytes]
    roles: Mapping[RoleName, Role]
    digest: str = field(default="", compare=False)


def read_trust(payload: bytes) -> TrustDocument:
    """Read the payload of a trust document, believing nothing. Raises `ManifestUntrustedError` (`TRUST_CHAIN`)."""
    part = read_object(payload, "the trust document", Nack.TRUST_CHAIN)
    if part.text("schema") != SCHEMA:
        part.refuse(f"its schema is {shown(part.text('schema'))}, not {SCHEMA}", "upgrade this process to read it")
    part.only("schema", "version", "expires_at", "keys", "roles")
    version = part.whole("version", 1)
    named = Part(part.fields, f"the trust document, version {version}", part.nack)
    keys = _keys(named.part("keys"))
    roles = named.part("roles")
    roles.only(*_ROLES)
    return TrustDocument(
        version,
        named.time("expires_at"),
        keys,
        {name: _role(roles.part(name), keys) for name in _ROLES},
        digest_of(payload),
    )


def pinned(content: bytes) -> TrustDocument:
    """Read a trust document that is believed because of where it lies: a bare payload, or one in its envelope."""
    return read_trust(_trust_payload(read_envelope(content)) if is_envelope(content) else content)


def walk(pin: TrustDocument | str, chain: Sequence[Envelope], verify: Verifier, now: float | None) -> TrustDocument:
    """Follow *chain* from *pin*, a document or the digest of one in the chain, and give the newest document.

    Documents older than the pin are passed over. Raises `ManifestUntrustedError` (`TRUST_CHAIN`) for a step that is not
    signed by both sides, skips a version or contradicts the pin, and where the last has expired by *now*; a *now* of
    None asks no clock, which is for copies a process kept.
    """
    current, rest = _start(pin, chain)
    for envelope in rest:
        document = read_trust(_trust_payload(envelope))
        if document.version > current.version:
            _check_step(current, document, envelope, verify)
            current = document
        elif document.version == current.version and document != current:
            _refuse(f"there are two trust documents of version {current.version}, which differ; {_ASK}")
    if now is not None and current.expires_at <= now:
        _refuse(
            f"the newest trust document, version {current.version}, expired at {written_time(current.expires_at)}; "
            "publish the next version, signed by its root keys"
        )
    return current


def signed_by(
    role: RoleName, document: TrustDocument, message: bytes, signatures: Sequence[Signature], verify: Verifier
) -> tuple[str, ...]:
    """Give the ids of the keys of *role* that signed *message*; at least its threshold, or this raises.

    Raises `ManifestUntrustedError`: `SIG_MISSING` where no key of the role signed, `SIG_BAD` where a signature said to
    be by one is not, `SIG_THRESHOLD` where too few signed. Distinct keys count, whatever ids the signatures name.
    """
    demanded = document.roles[role]
    good, bad = _signers(demanded, document, message, signatures, verify)
    if len(good) >= demanded.threshold:
        return good
    whose = f"role {role} of the trust document, version {document.version}"
    if bad:
        names = ", ".join(shown(short(one)) for one in bad)
        problem = f"the signature by key {names} is wrong; the content was altered after it was signed, sign it anew"
        nack = Nack.SIG_BAD
    elif good:
        problem = f"{len(good)} of its keys signed, and {demanded.threshold} must; have the others sign as well"
        nack = Nack.SIG_THRESHOLD
    else:
        problem = f"none of its {len(demanded.keys)} keys signed, and {demanded.threshold} must; sign with them"
        nack = Nack.SIG_MISSING
    message_text = f"{whose}: {problem}."
    raise ManifestUntrustedError(message_text, nack=nack)


def _signers(
    role: Role, document: TrustDocument, message: bytes, signatures: Sequence[Signature], verify: Verifier
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the keys of *role* that signed, and the hints at keys of it under which there is no good signature."""
    good: dict[str, bytes] = {}
    hinted = [(one, one.keyid) for one in signatures if one.keyid in role.keys]
    # A hint may be wrong, or in another tool's form: then every key is tried, but not without end.
    others = [(one, keyid) for one in signatures for keyid in role.keys if keyid != one.keyid]
    for signature, keyid in (*hinted, *others[:_MAX_TRIES]):
        if len(good) >= role.threshold:
            break
        if keyid in good or signature.sig in good.values():
            continue
        if verify(document.keys[keyid], message, signature.sig):
            good[keyid] = signature.sig
    bad = {keyid for signature, keyid in hinted if keyid not in good and signature.sig not in good.values()}
    return tuple(good), tuple(sorted(bad))


def _check_step(current: TrustDocument, following: TrustDocument, envelope: Envelope, verify: Verifier) -> None:
    if following.version != current.version + 1:
        _refuse(
            f"after version {current.version} of the trust document comes {following.version}; publish those between "
            "as well"
        )
    for document in (current, following):
        try:
            signed_by("root", document, envelope.covered, envelope.signatures, verify)
        except ManifestUntrustedError as error:
            _refuse(f"version {following.version} of the trust document is not to be believed: {error}".rstrip("."))


def _start(pin: TrustDocument | str, chain: Sequence[Envelope]) -> tuple[TrustDocument, Sequence[Envelope]]:
    if isinstance(pin, TrustDocument):
        return pin, chain
    wanted = pin.removeprefix(_PREFIX).lower()
    index = next((at for at, envelope in enumerate(chain) if envelope.digest == wanted), None)
    if index is None:
        _refuse(
            f"the trust document that is pinned, {_PREFIX}{shown(short(wanted))[1:-1]}…, is not among the {len(chain)} "
            "of the envelope; publish the chain from that document on, or deploy a newer pin"
        )
    return read_trust(_trust_payload(chain[index])), chain[index + 1 :]


def _trust_payload(envelope: Envelope) -> bytes:
    if envelope.payload_type != TRUST_TYPE:
        _refuse(f"an item of `trust` has the type {shown(envelope.payload_type)}, not {TRUST_TYPE}; publish it anew")
    return envelope.payload


def _refuse(problem: str) -> NoReturn:
    message = f"{problem}."
    raise ManifestUntrustedError(message, nack=Nack.TRUST_CHAIN)


def _keys(part: Part) -> Mapping[str, bytes]:
    if len(part.fields) > _MAX_KEYS:
        part.refuse(f"there are {len(part.fields)} keys, and {_MAX_KEYS} is the most")
    return {keyid: _key(keyid, part.part(keyid)) for keyid in part.fields}


def _key(keyid: str, part: Part) -> bytes:
    part.only("type", "public")
    if part.text("type") != "ed25519":
        part.refuse(f"its type is {shown(part.text('type'))}, not ed25519", "upgrade this process to use it")
    public = part.data("public")
    if not is_key(public):
        part.refuse("`public` is no Ed25519 key")
    # The id is made of the key, so distinct ids are distinct keys, and a threshold counts keys.
    if keyid_of(public) != keyid:
        part.refuse("its id is not the SHA-256 of the key")
    return public


def _role(part: Part, keys: Mapping[str, bytes]) -> Role:
    part.only("keys", "threshold")
    named, threshold = part.texts("keys", MAX_SIGNATURES), part.whole("threshold", 1)
    if len(set(named)) < len(named):
        part.refuse("it names a key twice")
    for keyid in named:
        if keyid not in keys:
            part.refuse(f"it names the key {shown(short(keyid))}, which is not among `keys`")
    if threshold > len(named):
        part.refuse(f"its threshold is {threshold}, and it has {len(named)} keys")
    return Role(named, threshold)
