"""Private keys lie in files that only their owner reads, and show nothing of themselves."""

import copy
import pickle
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.manifest.signing.signing_kit import key

from aigw.errors import MissingExtraError, SecretError
from aigw.manifest.signing import ed25519
from aigw.manifest.signing.keys import PrivateKey, keyid_of, verifier

PASSPHRASE = "correct horse"


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_a_saved_key_is_loaded_again_and_signs_alike(tmp_path: Path, passphrase: str | None) -> None:
    made = PrivateKey.generate()
    made.save(tmp_path / "key.pem", passphrase)

    loaded = PrivateKey.load(tmp_path / "key.pem", passphrase)

    assert made.public == loaded.public
    assert verifier()(made.public, b"m", loaded.sign(b"m"))


def test_a_key_is_readable_by_its_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    key(5).save(tmp_path / "key.pem")

    assert 0o600 == stat.S_IMODE((tmp_path / "key.pem").stat().st_mode)


def test_a_key_that_others_may_read_is_not_loaded(tmp_path: Path) -> None:
    key(5).save(tmp_path / "key.pem")
    (tmp_path / "key.pem").chmod(0o640)

    with pytest.raises(SecretError, match=r"may be read by others \(mode 0640\)\. Run `chmod 600 "):
        PrivateKey.load(tmp_path / "key.pem")


def test_a_public_key_is_told_from_a_private_one_that_others_may_read(tmp_path: Path) -> None:
    public = tmp_path / "manifest.key.pub"
    public.write_text("not a secret")
    public.chmod(0o644)

    with pytest.raises(SecretError, match="is no private key in PEM"):
        PrivateKey.load(public)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    key(5).save(tmp_path / "key.pem")

    with pytest.raises(SecretError, match="exists, and a key is never overwritten"):
        key(6).save(tmp_path / "key.pem")
    assert key(5).keyid == PrivateKey.load(tmp_path / "key.pem").keyid


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the program openssl")
def test_openssl_reads_our_keys_and_we_read_its(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.pem", tmp_path / "theirs.pem"
    key(5).save(ours)
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", theirs], check=True)
    theirs.chmod(0o600)

    shown = subprocess.run(
        ["openssl", "pkey", "-in", ours, "-pubout", "-outform", "DER"], check=True, capture_output=True
    )

    assert key(5).public == shown.stdout[-32:]
    assert 32 == len(PrivateKey.load(theirs).public)


@pytest.mark.parametrize(
    ("passphrase", "given", "said"),
    [
        (PASSPHRASE, None, "is encrypted; give its passphrase"),
        (None, PASSPHRASE, "is not encrypted; give none"),
        (PASSPHRASE, "wrong", "or its passphrase is another"),
    ],
)
def test_a_passphrase_that_does_not_fit_is_told_without_being_shown(
    tmp_path: Path, passphrase: str | None, given: str | None, said: str
) -> None:
    key(5).save(tmp_path / "key.pem", passphrase)

    with pytest.raises(SecretError, match=said) as caught:
        PrivateKey.load(tmp_path / "key.pem", given)
    assert PASSPHRASE not in str(caught.value)


def test_a_file_that_is_no_key_is_told_without_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("MC4CAQAwBQYDK2VwBCIEIPrivate")
    (tmp_path / "key.pem").chmod(0o600)

    with pytest.raises(SecretError, match="is no private key in PEM") as caught:
        PrivateKey.load(tmp_path / "key.pem")
    assert "MC4C" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_key_of_another_kind_is_refused() -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    with pytest.raises(SecretError, match="AIGW_KEY is no Ed25519 key"):
        PrivateKey.read(pem, source="AIGW_KEY")


def test_an_empty_passphrase_is_no_way_to_leave_a_key_open(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="The passphrase is empty"):
        key(5).save(tmp_path / "key.pem", "")
    assert not (tmp_path / "key.pem").exists()


def test_a_missing_file_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match=r"gone\.pem cannot be read: No such file"):
        PrivateKey.load(tmp_path / "gone.pem")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="cannot be written: No such file"):
        key(5).save(tmp_path / "no" / "key.pem")


def test_a_key_shows_its_id_and_nothing_else() -> None:
    one = key(5)

    assert f"PrivateKey({keyid_of(one.public)[:16]}…)" == repr(one)
    assert repr(one) == str(one)


@pytest.mark.parametrize("spread", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_key_is_not_copied_to_where_nobody_looks(spread: Any) -> None:
    with pytest.raises(TypeError, match="Load it from its file"):
        spread(key(5))


def test_without_the_package_signing_names_the_extra_and_verifying_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("cryptography")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'aigw\[signing\]'"):
        PrivateKey.generate()
    with pytest.raises(MissingExtraError, match=r"pip install 'aigw\[signing\]'"):
        PrivateKey.read(b"")
    assert ed25519.verify is verifier()


def test_an_openssl_without_ed25519_leaves_verifying_to_python(monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ed25519 as theirs

    class Fips:
        @staticmethod
        def from_public_bytes(public: bytes) -> None:
            raise UnsupportedAlgorithm(str(len(public)))

    monkeypatch.setattr(theirs, "Ed25519PublicKey", Fips)

    assert ed25519.verify is verifier()
