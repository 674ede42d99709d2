"""`aigw manifest keys`: who may sign. Private keys in files for their owners only, trust documents in files for all."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from aigw.cli.manifest.durations import seconds_of
from aigw.cli.manifest.release.private_keys import load_keys
from aigw.cli.manifest.release.public_keys import ROLES, find_key, read_public, role_of, thresholds_of, write_public
from aigw.cli.manifest.release.secret import secret_of
from aigw.cli.manifest.release.signing import DEFAULT_FOLDER, in_force
from aigw.cli.manifest.release.telling import tell
from aigw.cli.manifest.release.trust_files import read_chain, write_version
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Terminal
from aigw.errors import ConfigurationError, ManifestUntrustedError
from aigw.manifest.signing.envelope import Envelope
from aigw.manifest.signing.keys import PrivateKey, short, verifier
from aigw.manifest.signing.sealing import sign_trust, trust_document
from aigw.manifest.signing.trust import RoleName, TrustDocument, read_trust, walk
from aigw.types.times import written_time

Roles: TypeAlias = dict[RoleName, tuple[list[bytes], int]]
Change: TypeAlias = Callable[[Roles, TrustDocument], None]

EXPIRES: Final = "365d"
_SOON_S: Final = 30 * 86_400.0


def new(arguments: Arguments, terminal: Terminal) -> int:
    """Make a key for one person or machine."""
    path = Path(arguments.source or "").expanduser()
    key = _make(path, arguments)
    public = path.with_name(f"{path.name}.pub")
    facts = {"keyid": key.keyid, "private": str(path), "public": str(public)}
    lines = [f"key {short(key.keyid)} in {path}: keep it to yourself", f"its public half in {public}: hand it over"]
    tell(arguments, terminal, facts, lines, f"aigw manifest keys add --role manifest --public {public} --key ROOT-KEY")
    return 0


def init(arguments: Arguments, terminal: Terminal) -> int:
    """Make the first trust document, and a key for each role that nobody handed one over for."""
    folder = Path(arguments.folder).expanduser()
    trust = folder / DEFAULT_FOLDER
    if (trust / "1.json").exists():
        message = (
            f"{trust}/1.json is there already, and processes may be pinned to it. See `aigw manifest keys status`."
        )
        raise ConfigurationError(message)
    roles, made = _first_roles(arguments, folder)
    document = trust_document(1, _expiry(arguments), roles)
    envelope = sign_trust(document, [key for key in made.values() if key.public in roles["root"][0]])
    path = write_version(trust, document, envelope)
    facts = {"trust": str(path), "pin": f"sha256:{envelope.digest}", "private": list(made), "version": 1}
    lines = [
        f"{path}: who may sign; it is public, keep it with the manifest",
        *(f"{name}: private, keep it out of the repository" for name in made),
        f"what processes are told to believe: AIGW_TRUST=sha256:{envelope.digest}",
    ]
    signers = [f" --key {name}" for name, key in made.items() if key.public not in roles["root"][0]]
    following = f"aigw manifest publish manifest.yaml --to STORE{''.join(signers)}"
    tell(arguments, terminal, facts, lines, following)
    return 0


def add(arguments: Arguments, terminal: Terminal) -> int:
    """Let more keys sign for a role."""
    role = role_of(arguments.role or "")
    publics = [read_public(named) for named in arguments.publics or ()]
    if _is_known(publics, role, arguments):
        return _tell_unchanged(role, arguments, terminal)

    def changed(roles: Roles, _: TrustDocument) -> None:
        keys, least = roles[role]
        roles[role] = ([*keys, *(one for one in publics if one not in keys)], least)

    return _follow(arguments, terminal, changed)


def _is_known(publics: Sequence[bytes], role: RoleName, arguments: Arguments) -> bool:
    """Whether *publics* sign for *role* already, and nothing else is to change."""
    if arguments.thresholds or arguments.expires is not None:
        return False
    folder = Path(arguments.trust_folder or DEFAULT_FOLDER)
    newest = in_force(read_chain(folder), folder)
    known = {newest.keys[keyid] for keyid in newest.roles[role].keys}
    return known.issuperset(publics)


def _tell_unchanged(role: RoleName, arguments: Arguments, terminal: Terminal) -> int:
    newest = read_chain(Path(arguments.trust_folder or DEFAULT_FOLDER))[-1]
    version = read_trust(newest.payload).version
    facts = {"version": version, "pin": f"sha256:{newest.digest}", "missing": None, "changed": False}
    line = f"nothing to do: version {version} of the trust document has it in the role {role} already"
    tell(arguments, terminal, facts, [line])
    return 0


def rotate(arguments: Arguments, terminal: Terminal) -> int:
    """Put a key in place of another, wherever that stands."""
    replacement = read_public(arguments.replacement)

    def changed(roles: Roles, document: TrustDocument) -> None:
        replaced = document.keys[find_key(document, arguments.replaced)]
        for role, (keys, least) in roles.items():
            roles[role] = ([replacement if one == replaced else one for one in keys], least)

    return _follow(arguments, terminal, changed)


def revoke(arguments: Arguments, terminal: Terminal) -> int:
    """Let a key sign for nothing any more."""

    def changed(roles: Roles, document: TrustDocument) -> None:
        revoked = document.keys[find_key(document, arguments.replaced)]
        for role, (keys, least) in roles.items():
            roles[role] = ([one for one in keys if one != revoked], least)

    return _follow(arguments, terminal, changed)


def renew(arguments: Arguments, terminal: Terminal) -> int:
    """Let the same keys sign for longer."""
    return _follow(arguments, terminal, lambda _roles, _document: None)


def status(arguments: Arguments, terminal: Terminal) -> int:
    """Tell who may sign, until when, and whether each trust document leads on to the next; 1 if one does not."""
    folder = Path(arguments.trust_folder or DEFAULT_FOLDER)
    chain = read_chain(folder)
    newest = read_trust(chain[-1].payload)
    problem = _problem(chain, time.time())
    pins = {read_trust(envelope.payload).version: f"sha256:{envelope.digest}" for envelope in chain}
    if arguments.json:
        terminal.out.json({"ok": problem is None, "problem": problem, "pins": pins, **_facts(newest)})
        return 0 if problem is None else 1
    out = terminal.out
    out.line(f"version {newest.version} of the trust document, in {folder}", "bold")
    out.line(f"expires {written_time(newest.expires_at)}")
    for role in ROLES:
        demanded = newest.roles[role]
        out.line(f"{role}: {demanded.threshold} of {', '.join(map(short, demanded.keys))}")
    for version, pin in pins.items():
        out.line(f"pin of version {version}: {pin}")
    if problem is not None:
        out.line(problem, "bad")
    elif newest.expires_at - time.time() < _SOON_S:
        out.line("it expires soon: aigw manifest keys renew --key ROOT-KEY", "bad")
    return 0 if problem is None else 1


def _first_roles(arguments: Arguments, folder: Path) -> tuple[Roles, dict[str, PrivateKey]]:
    """Give the roles as *arguments* say, and the keys made for those without any, by their files; all or none."""
    handed_over = {"root": arguments.roots, "manifest": arguments.signers, "freshness": arguments.beaters}
    given = {role: [read_public(named) for named in handed_over[role] or ()] for role in ROLES}
    wanted = thresholds_of(arguments.thresholds or ())
    files = {role: folder / "keys" / f"{role}.key" for role in ROLES if not given[role]}
    for role in ROLES:
        if wanted.get(role, 1) > max(1, len(set(given[role]))):
            message = (
                f"--threshold {role}={wanted[role]} needs as many keys: name each with --{role} PUBLIC "
                "(`aigw manifest keys new` makes one)."
            )
            raise ConfigurationError(message)
    for path in files.values():
        if path.exists():
            message = f"{path} is there already, and a key is never overwritten. Hand its .pub over, or move it away."
            raise ConfigurationError(message)
    keys = {role: _make(path, arguments) for role, path in files.items()}
    publics = {**given, **{role: [key.public] for role, key in keys.items()}}
    roles: Roles = {role: (publics[role], wanted.get(role, 1)) for role in ROLES}
    return roles, {str(files[role]): key for role, key in keys.items()}


def _make(path: Path, arguments: Arguments) -> PrivateKey:
    """Make a key in a new file, encrypted where a passphrase is named, and its public half beside it.

    A folder that is made for them is one that git passes over.
    """
    passphrase = None if arguments.passphrase is None else secret_of(arguments.passphrase, "--passphrase")
    key = PrivateKey.generate()
    try:
        is_ours = not path.parent.exists()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_ours:
            (path.parent / ".gitignore").write_text("*\n", "utf-8")
    except OSError as error:
        message = f"{path.parent} cannot be made: {error.strerror or type(error).__name__}."
        raise ConfigurationError(message) from None
    key.save(path, passphrase)
    write_public(key, path.with_name(f"{path.name}.pub"))
    return key


def _follow(arguments: Arguments, terminal: Terminal, change: Change) -> int:
    """Write the trust document that follows the newest, after *change*, signed by the keys at hand."""
    folder = Path(arguments.trust_folder or DEFAULT_FOLDER)
    chain = read_chain(folder)
    newest = in_force(chain, folder)
    wanted = thresholds_of(arguments.thresholds or ())
    roles: Roles = {
        name: ([newest.keys[keyid] for keyid in role.keys], wanted.get(name, role.threshold))
        for name, role in newest.roles.items()
    }
    change(roles, newest)
    _check_thresholds(roles)
    document = trust_document(newest.version + 1, _expiry(arguments), roles)
    keys = load_keys(arguments.keys or (), arguments.passphrase)
    _check_roots(keys, (newest, document))
    envelope = sign_trust(document, keys)
    path = write_version(folder, document, envelope)
    missing = _problem((*chain, envelope), None)
    facts = {
        "trust": str(path),
        "version": document.version,
        "pin": f"sha256:{envelope.digest}",
        "missing": missing,
        "changed": True,
    }
    lines = [f"{path}: version {document.version} of the trust document", missing or "enough root keys signed"]
    following = (
        "aigw manifest publish manifest.yaml --to STORE --key KEY"
        if missing is None
        else f"aigw manifest sign {path} --key ROOT-KEY"
    )
    tell(arguments, terminal, facts, lines, following)
    return 0


def _problem(chain: Sequence[Envelope], now: float | None) -> str | None:
    """Say why *chain* does not lead from its first document to its last, or None. *now* of None asks no clock."""
    try:
        walk(read_trust(chain[0].payload), chain, verifier(), now)
    except ManifestUntrustedError as error:
        return str(error)
    return None


def _check_thresholds(roles: Mapping[RoleName, tuple[Sequence[bytes], int]]) -> None:
    for name, (keys, least) in roles.items():
        if least > len(set(keys)):
            message = (
                f"Role {name} would have {len(set(keys))} keys, and {least} must sign. Add another key first, or say "
                f"--threshold {name}={max(1, len(set(keys)))}."
            )
            raise ConfigurationError(message)


def _check_roots(keys: Sequence[PrivateKey], documents: Sequence[TrustDocument]) -> None:
    roots = {keyid for document in documents for keyid in document.roles["root"].keys}
    for key in keys:
        if key.keyid not in roots:
            message = f"The key {short(key.keyid)} is no root key; trust documents are signed by those."
            raise ConfigurationError(message)


def _expiry(arguments: Arguments) -> float:
    return time.time() + seconds_of(arguments.expires or EXPIRES, "--expires")


def _facts(document: TrustDocument) -> dict[str, object]:
    roles = {name: {"threshold": role.threshold, "keys": list(role.keys)} for name, role in document.roles.items()}
    return {"version": document.version, "expires_at": written_time(document.expires_at), "roles": roles}
