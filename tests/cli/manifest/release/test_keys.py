"""`keys`: private halves for their owners only, public trust documents, and steps that enough root keys signed."""

import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.cli.kit import AIGW, Run
from tests.cli.manifest.release.release_kit import Publisher


class Keyring:
    """The commands, in a folder."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run = run
        self.folder = folder

    def __call__(self, *arguments: str) -> Any:
        ran = self.run("manifest", "keys", *arguments, "--json")
        assert 0 == ran.code, ran.err + ran.out
        return ran.json

    def fails(self, *arguments: str) -> str:
        ran = self.run("manifest", "keys", *arguments)
        assert (1, "") == (ran.code, ran.out)
        return ran.err

    def key(self, name: str) -> str:
        return str(self.folder / "keys" / f"{name}.key")

    def made(self, name: str) -> str:
        """Make a key for somebody, and give the file of its public half."""
        public: str = self("new", self.key(name))["public"]
        return public

    def change(self, *arguments: str, by: tuple[str, ...] = ("root",)) -> Any:
        return self(*arguments, *self.signed(by))

    def signed(self, by: tuple[str, ...] = ("root",)) -> tuple[str, ...]:
        keys = [option for name in by for option in ("--key", self.key(name))]
        return (*keys, "--trust-chain", str(self.folder / "trust"))

    def status(self) -> Any:
        return self("status", "--trust-chain", str(self.folder / "trust"))


@pytest.fixture
def keyring(run: Run, tmp_path: Path) -> Keyring:
    made = Keyring(run, tmp_path)
    made("init", str(tmp_path))
    return made


@pytest.fixture
def bare(run: Run, tmp_path: Path) -> Keyring:
    return Keyring(run, tmp_path)


def test_private_keys_are_for_their_owner_only(keyring: Keyring) -> None:
    keys = keyring.folder / "keys"
    private = {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir() if path.suffix == ".key"}

    assert {"root.key": 0o600, "manifest.key": 0o600, "freshness.key": 0o600} == private
    assert 0o700 == stat.S_IMODE(keys.stat().st_mode)
    assert b"PRIVATE" not in (keyring.folder / "trust" / "1.json").read_bytes()


def test_the_pin_is_the_digest_of_the_first_trust_document(bare: Keyring) -> None:
    made = bare("init", str(bare.folder))

    assert {"1": made["pin"]} == bare.status()["pins"]
    assert made["pin"].startswith("sha256:")


def test_keys_that_are_there_are_never_overwritten(keyring: Keyring) -> None:
    assert "is there already" in keyring.fails("init", str(keyring.folder))
    assert "never overwritten" in keyring.fails("new", keyring.key("root"))


def test_a_passphrase_encrypts_and_is_named_never_written(bare: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_PASSPHRASE", "made up, with spaces ü")
    bare("init", str(bare.folder), "--passphrase", "env:MY_PASSPHRASE")

    assert "ENCRYPTED" in Path(bare.key("root")).read_text()
    assert "is encrypted; give its passphrase" in bare.fails("renew", *bare.signed())
    assert 2 == bare("renew", *bare.signed(), "--passphrase", "env:MY_PASSPHRASE")["version"]
    said = bare.fails("new", bare.key("mine"), "--passphrase", "made-up-secret")
    assert "env:NAME or file:PATH" in said
    assert "made-up-secret" not in said


def test_a_passphrase_is_in_no_list_of_processes(bare: Keyring) -> None:
    environ = {**os.environ, "MY_PASSPHRASE": "made-up-passphrase"}
    command = [*AIGW, "manifest", "keys", "new", bare.key("mine"), "--passphrase", "env:MY_PASSPHRASE"]
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)

    assert "made-up-passphrase" not in " ".join(command) + ran.stdout + ran.stderr


def test_people_hand_over_public_halves_only(bare: Keyring) -> None:
    alice, bob, carol = (bare.made(name) for name in ("alice", "bob", "carol"))
    text = Path(carol).read_text().strip()
    bare(
        *("init", str(bare.folder), "--root", alice, "--root", bob, "--threshold", "root=2"),
        *("--manifest", text, "--freshness", carol),
    )
    roles = bare.status()["roles"]

    assert (2, 2) == (roles["root"]["threshold"], len(roles["root"]["keys"]))
    assert roles["manifest"]["keys"] == roles["freshness"]["keys"]
    assert not Path(bare.key("root")).exists()


def test_adding_a_key_is_a_new_trust_document(keyring: Keyring) -> None:
    made = keyring.change("add", "--role", "manifest", "--public", keyring.made("carol"), "--threshold", "manifest=2")
    status = keyring.status()

    assert (2, None) == (made["version"], made["missing"])
    assert (True, 2, 2) == (status["ok"], status["version"], status["roles"]["manifest"]["threshold"])
    assert {"1", "2"} == set(status["pins"])


def test_adding_a_key_that_is_known_changes_nothing(keyring: Keyring) -> None:
    public = str(keyring.folder / "keys" / "manifest.key.pub")
    made = keyring.change("add", "--role", "manifest", "--public", public)
    said = keyring.run("manifest", "keys", "add", "--role", "manifest", "--public", public, *keyring.signed())

    assert (False, 1) == (made["changed"], made["version"])
    assert (0, True) == (said.code, said.out.startswith("nothing to do: version 1 "))
    assert 1 == keyring.status()["version"]
    assert keyring.change("add", "--role", "freshness", "--public", public)["changed"]


def test_rotation_puts_a_key_in_place_of_another(keyring: Keyring) -> None:
    old = keyring.status()["roles"]["manifest"]["keys"][0]
    keyring.change("rotate", old[:8], keyring.made("carol"))
    found = keyring.status()["roles"]["manifest"]

    assert 1 == len(found["keys"])
    assert old not in found["keys"]


def test_a_new_root_key_signs_as_well(keyring: Keyring) -> None:
    public = keyring.made("new-root")
    old = keyring.status()["roles"]["root"]["keys"][0]
    made = keyring.change("rotate", old[:16], public)
    assert "none of its 1 keys signed" in made["missing"]
    ran = keyring.run("manifest", "keys", "status", "--trust-chain", str(keyring.folder / "trust"))
    assert 1 == ran.code
    assert "is not to be believed" in ran.out
    said = keyring.run("manifest", "sign", made["trust"], "--key", keyring.key("new-root"), "--json").json

    assert (None, 2) == (said["missing"], said["signatures"])
    assert keyring.status()["ok"]


def test_on_a_trust_document_that_is_not_in_force_nothing_is_built(keyring: Keyring) -> None:
    old = keyring.status()["roles"]["root"]["keys"][0]
    keyring.change("rotate", old[:16], keyring.made("new-root"))

    assert "is not in force yet" in keyring.fails("renew", *keyring.signed(("new-root",)))


def test_a_publication_that_is_held_up_by_it_says_how_to_finish_it(publisher: Publisher) -> None:
    keyring = Keyring(publisher.run, publisher.folder)
    old = keyring.status()["roles"]["root"]["keys"][0]
    made = keyring.change("rotate", old[:16], keyring.made("new-root"))
    said = publisher.fails("publish", str(publisher.manifest), "--to", publisher.store, *publisher.signs)

    assert f"{made['trust']} is not in force yet" in said
    assert f"`aigw manifest sign {made['trust']} --key KEY`" in said
    publisher("sign", made["trust"], "--key", keyring.key("new-root"))
    assert 1 == publisher.publish()["serial"]


def test_what_a_revoked_key_signed_is_taken_no_more(publisher: Publisher) -> None:
    keyring = Keyring(publisher.run, publisher.folder)
    keyring.change("add", "--role", "manifest", "--public", keyring.made("carol"))
    by_carol = ("--key", keyring.key("carol"), "--trust-chain", str(publisher.folder / "trust"))
    made = publisher("publish", str(publisher.manifest), "--to", publisher.store, *by_carol).json
    carol = keyring.status()["roles"]["manifest"]["keys"][1]
    keyring.change("revoke", carol[:8])
    ran = publisher.run("manifest", "verify", made["place"], "--trust", str(publisher.folder / "trust" / "2.json"))
    assert 0 == ran.code
    ran = publisher.run("manifest", "verify", made["place"], "--trust", str(publisher.folder / "trust" / "3.json"))

    assert 1 == ran.code
    assert "(SIG_MISSING)" in ran.out
    assert "is not to be signed anew" in publisher.fails("heartbeat", "--store", publisher.store, *publisher.signs)
    assert 2 == publisher.publish("--serial", "2")["serial"]


def test_the_old_pin_leads_to_todays_keys(publisher: Publisher) -> None:
    keyring = Keyring(publisher.run, publisher.folder)
    keyring.change("renew", "--expires", "900d")
    place = publisher.publish()["place"]
    verified = publisher("verify", place, "--trust", publisher.pin).json

    assert ("signed", 2, 2) == (verified["verified"], verified["trust_version"], verified["epoch"])


def test_a_role_is_not_left_with_too_few_keys(keyring: Keyring) -> None:
    only = keyring.status()["roles"]["manifest"]["keys"][0]

    assert "Role manifest would have 0 keys" in keyring.fails("revoke", only[:8], *keyring.signed())
    assert 1 == keyring.status()["version"]


def test_only_root_keys_sign_trust_documents(keyring: Keyring) -> None:
    assert "is no root key" in keyring.fails("renew", *keyring.signed(("manifest",)))
    ran = keyring.run("manifest", "sign", str(keyring.folder / "trust" / "1.json"), "--key", keyring.key("manifest"))
    assert 1 == ran.code
    assert "is no root key" in ran.err


@pytest.mark.parametrize("start", ["", "abc", "0" * 64])
def test_a_key_is_named_by_enough_of_its_id(keyring: Keyring, start: str) -> None:
    assert "is not the beginning (8 digits or more)" in keyring.fails("revoke", start, *keyring.signed())


def test_what_is_no_public_key_is_refused(keyring: Keyring) -> None:
    said = keyring.fails("add", "--role", "root", "--public", keyring.key("root"), *keyring.signed())

    assert "neither a public key nor a file with one" in said
    assert "PRIVATE" not in said


@pytest.mark.parametrize("threshold", ["root", "root=0", "boot=1", "root=x"])
def test_a_threshold_names_a_role_and_a_number(keyring: Keyring, threshold: str) -> None:
    said = keyring.fails("renew", "--threshold", threshold, *keyring.signed())

    assert "ROLE=NUMBER" in said or "no role 'boot'" in said


def test_a_hole_in_the_trust_documents_is_noticed(keyring: Keyring) -> None:
    trust = keyring.folder / "trust"
    keyring.change("renew")
    keyring.change("renew")
    (trust / "2.json").unlink()
    assert "lacks a trust document between 1.json and 3.json" in keyring.fails("status", "--trust-chain", str(trust))
    (trust / "3.json").rename(trust / "2.json")

    assert "holds version 3" in keyring.fails("status", "--trust-chain", str(trust))


def test_without_any_it_is_said_how_to_begin(bare: Keyring) -> None:
    assert "aigw manifest keys init" in bare.fails("status", "--trust-chain", str(bare.folder))


def test_status_tells_people_who_may_sign(keyring: Keyring) -> None:
    trust = str(keyring.folder / "trust")
    out = keyring.run("manifest", "keys", "status", "--trust-chain", trust).out
    keyid = keyring.status()["roles"]["root"]["keys"][0]

    assert f"root: 1 of {keyid[:16]}" in out
    assert "pin of version 1: sha256:" in out


def test_status_warns_of_an_end_that_is_near(bare: Keyring) -> None:
    bare("init", str(bare.folder), "--expires", "10d")
    out = bare.run("manifest", "keys", "status", "--trust-chain", str(bare.folder / "trust")).out

    assert "it expires soon: aigw manifest keys renew" in out


def test_what_cannot_be_begun_leaves_no_key_behind(bare: Keyring) -> None:
    assert "--manifest PUBLIC" in bare.fails("init", str(bare.folder), "--threshold", "manifest=2")
    assert [] == list(bare.folder.iterdir())
    bare.made("freshness")

    assert "keys/freshness.key is there already" in bare.fails("init", str(bare.folder))
    left = {path.name for path in (bare.folder / "keys").iterdir()}
    assert {".gitignore", "freshness.key", "freshness.key.pub"} == left


def test_git_passes_over_a_folder_made_for_keys(bare: Keyring) -> None:
    bare("init", str(bare.folder))
    bare.made("carol")

    assert "*\n" == (bare.folder / "keys" / ".gitignore").read_text()
    assert not (bare.folder / ".gitignore").exists()


def test_a_folder_of_ones_own_is_left_to_git(bare: Keyring) -> None:
    (bare.folder / "keys").mkdir()
    (bare.folder / "keys" / "README").write_text("ours")
    bare("init", str(bare.folder))
    bare("new", str(bare.folder / "alice.key"))

    assert [] == list(bare.folder.rglob(".gitignore"))
