"""Secrets: found where they are referred to, noticed when rotated, and never shown."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from aigw.errors import SecretError
from aigw.secrets import EnvironmentSource, FileSource, Schemes, Secrets


def test_a_variable_is_read_at_each_use() -> None:
    environ = {"KEY": "one"}
    secrets = Secrets(EnvironmentSource(environ))

    assert secrets.fetch("env:KEY") == "one"
    environ["KEY"] = "two"
    assert secrets.fetch("env:KEY") == "two"


def test_a_rotated_file_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("one\n")
    secrets = Secrets(FileSource())

    assert secrets.fetch(f"file:{file}") == "one"
    file.write_text("twotwo\n")
    assert secrets.fetch(f"file:{file}") == "twotwo"


def test_what_is_missing_is_named_with_its_reference(tmp_path: Path) -> None:
    secrets = Secrets(EnvironmentSource({}), FileSource())

    with pytest.raises(SecretError, match="env:ABSENT"):
        secrets.fetch("env:ABSENT")
    with pytest.raises(SecretError, match="No such file"):
        secrets.fetch(f"file:{tmp_path / 'absent'}")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SecretError, match="is empty"):
        secrets.fetch(f"file:{tmp_path / 'empty'}")
    with pytest.raises(SecretError, match="No secret source for vault:"):
        secrets.fetch("vault:kv/key")


def test_a_secret_that_would_break_a_header_is_refused_unseen() -> None:
    secrets = Secrets(EnvironmentSource({"KEY": "sk-canary\nX-Evil: 1"}))

    with pytest.raises(SecretError) as caught:
        secrets.fetch("env:KEY")

    assert "canary" not in str(caught.value)


def test_no_representation_shows_a_value(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-canary")
    secrets = Secrets(EnvironmentSource({"KEY": "sk-canary"}), FileSource())
    secrets.fetch(f"file:{tmp_path / 'key'}")

    assert "canary" not in repr(secrets) + repr(vars(secrets))


def test_an_installed_scheme_may_stand_in_a_manifest_and_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    class Vault:
        scheme = "vault"

        def fetch(self, reference: str) -> str:
            return f"secret of {reference}"

    point = EntryPoint("vault", "acme:Vault", "aigw.secrets")
    monkeypatch.setattr(EntryPoint, "load", lambda _: Vault)
    monkeypatch.setattr("aigw.secrets.entry_points", lambda *, group, name="vault": [point] if name == "vault" else [])

    assert "vault" in Schemes()
    assert "env" in Schemes()
    assert "volt" not in Schemes()
    assert {"aws", "azure", "env", "file", "google", "vault"} == set(Schemes())
    assert "secret of kv/key" == Secrets(EnvironmentSource({})).fetch("vault:kv/key")


def test_a_problem_is_told_without_raising() -> None:
    secrets = Secrets(EnvironmentSource({"KEY": "x"}))

    assert secrets.problem(None) is None
    assert secrets.problem("env:KEY") is None
    assert "ABSENT" in (secrets.problem("env:ABSENT") or "")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/tty", "/"])
def test_what_is_no_file_is_not_read(path: str) -> None:
    with pytest.raises(SecretError, match=r"cannot be read: (it is no regular file of|No such)"):
        Secrets(FileSource()).fetch(f"file:{path}")


def test_a_file_too_large_for_a_secret_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("x" * 70_000)

    with pytest.raises(SecretError, match="no regular file of at most 64 KiB"):
        Secrets(FileSource()).fetch(f"file:{tmp_path / 'log'}")
