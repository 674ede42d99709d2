"""AWS keys from a program that a profile names, with real programs, beside what botocore makes of the same files."""

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.credentials.aws_kit import OFF, PROVIDER, Respond, shared

from aigw.call import Deadline
from aigw.credentials.aws import AwsSource
from aigw.credentials.cache import Credentials
from aigw.errors import SecretError
from aigw.manifest.snapshot import Provider
from aigw.runtime.blocking import BlockingRuntime
from aigw.runtime.drive import run
from aigw.secrets import Secrets
from aigw.testing.http import Server
from aigw.types.credential import AwsKeys

Obtain = Callable[..., AwsKeys]

KEYS = {
    "Version": 1,
    "AccessKeyId": "ASIAPROC",
    "SecretAccessKey": "of/program",
    "SessionToken": "token",
    "Expiration": "2099-01-01T00:00:00Z",
}
ENDS = 4070908800.0


def program(tmp_path: Path, body: str) -> str:
    """Write a program in Python, in a folder with a blank in its name, and give the command that starts it."""
    folder = tmp_path / "my tools"
    folder.mkdir(exist_ok=True)
    (folder / "keys.py").write_text(body)
    return f'{shlex.quote(sys.executable)} "{folder / "keys.py"}" --key hush-of-command'


def printing(tmp_path: Path, said: object) -> str:
    text = said if isinstance(said, str) else json.dumps(said)
    return program(tmp_path, f"print({text!r})")


def profile(tmp_path: Path, command: str, name: str = "work") -> dict[str, str]:
    return shared(tmp_path, f"[profile {name}]\ncredential_process = {command}\nregion = eu-west-1\n")


def test_a_programs_keys_are_taken_with_their_end_and_botocore_takes_the_same(
    obtain: Obtain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = profile(tmp_path, printing(tmp_path, KEYS))
    found = obtain(environ, "work")

    assert AwsKeys("ASIAPROC", "of/program", "token", "eu-west-1", ENDS) == found
    session = pytest.importorskip("botocore.session", reason="botocore is not installed")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    theirs = session.Session(profile="work").get_credentials().get_frozen_credentials()
    assert (theirs.access_key, theirs.secret_key, theirs.token) == (
        found.access_key_id,
        found.secret_access_key,
        found.session_token,
    )


def test_a_programs_keys_may_be_without_end_and_are_found_without_being_named(obtain: Obtain, tmp_path: Path) -> None:
    lasting = {"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s"}
    environ = profile(tmp_path, printing(tmp_path, lasting))

    assert AwsKeys("A", "s", None, "eu-west-1") == obtain({**environ, "AWS_PROFILE": "work"})


def test_a_program_sees_the_environment_and_has_nothing_to_read(obtain: Obtain, tmp_path: Path) -> None:
    command = program(
        tmp_path,
        "import json, os, sys\n"
        "said = {'AccessKeyId': os.environ['MINE'], 'SecretAccessKey': sys.stdin.read() + 's'}\n"
        "print(json.dumps({'Version': 1, **said}))",
    )

    assert AwsKeys("of-env", "s", None, "eu-west-1") == obtain({**profile(tmp_path, command), "MINE": "of-env"}, "work")


def test_a_role_is_assumed_with_a_programs_keys(
    obtain: Obtain, serving: Callable[[Respond], Server], tmp_path: Path
) -> None:
    body = "<AccessKeyId>R</AccessKeyId><SecretAccessKey>r</SecretAccessKey><SessionToken>t</SessionToken>"
    server = serving(lambda _: (200, body))
    command = printing(tmp_path, KEYS)
    config = f"[profile app]\nrole_arn = arn\nsource_profile = base\n[profile base]\ncredential_process = {command}\n"
    environ = {**shared(tmp_path, config), "AWS_ENDPOINT_URL_STS": server.origin, "AWS_REGION": "eu-west-1"}

    assert AwsKeys("R", "r", "t", "eu-west-1") == obtain(environ, "app")
    assert "Credential=ASIAPROC/" in server.requests[0].headers["authorization"]
    assert "token" == server.requests[0].headers["x-amz-security-token"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({**KEYS, "Version": 2}, "`Version` 1"),
        ("hush-of-output", "`Version` 1"),
        ("[1]", "`Version` 1"),
        ({"Version": 1, "AccessKeyId": "hush-of-output"}, "no `AccessKeyId` with a `SecretAccessKey`"),
    ],
)
def test_what_a_program_says_wrongly_is_told_and_never_shown(
    obtain: Obtain, tmp_path: Path, said: object, words: str
) -> None:
    with pytest.raises(
        SecretError, match=f"aws:work cannot be had: profile 'work': its credential_process.*{words}"
    ) as e:
        obtain(profile(tmp_path, printing(tmp_path, said)), "work")

    assert "hush" not in str(e.value)
    assert e.value.__cause__ is None


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/nowhere/hush --key x", "cannot be started: No such file"),
        ('keys "hush', "a quotation is not closed"),
        ('""', "cannot be started"),
        ("keys hush\0", "it holds a NUL character"),
    ],
)
def test_a_program_that_cannot_be_started_is_told_without_its_command(
    obtain: Obtain, tmp_path: Path, command: str, words: str
) -> None:
    with pytest.raises(SecretError, match=words) as caught:
        obtain(profile(tmp_path, command), "work")

    assert "hush" not in str(caught.value)


def test_a_program_that_fails_is_told_with_its_status_and_without_its_words(obtain: Obtain, tmp_path: Path) -> None:
    command = program(tmp_path, "import sys; print('hush-of-output'); sys.exit('hush-of-errors')")

    with pytest.raises(SecretError, match="ended with status 1; run it yourself") as caught:
        obtain(profile(tmp_path, command), "work")

    assert "hush" not in str(caught.value)


def test_a_program_that_does_not_end_is_stopped_when_the_calls_time_is_up(tmp_path: Path) -> None:
    environ = profile(tmp_path, program(tmp_path, "import threading; threading.Event().wait(600)"))
    runtime = BlockingRuntime()

    with pytest.raises(SecretError, match="did not end within 0 s"):
        run(AwsSource(environ).obtain("work", PROVIDER, runtime, Deadline(runtime.monotonic() + 0.2)))


def test_a_program_is_started_once_for_as_long_as_its_keys_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    command = program(tmp_path, f"open({str(log)!r}, 'a').write('x'); print({json.dumps(KEYS)!r})")
    for name, value in {**OFF, **profile(tmp_path, command)}.items():
        monkeypatch.setenv(name, value)
    provider = Provider("b", PROVIDER.kind, PROVIDER.base_url, secret="aws:work")
    credentials, runtime = Credentials(Secrets()), BlockingRuntime()

    first, second = (run(credentials.of(provider, runtime, Deadline(None))) for _ in range(2))
    assert first is second
    assert "x" == log.read_text()
    credentials.forget(provider)
    run(credentials.of(provider, runtime, Deadline(None)))
    assert "xx" == log.read_text()
