"""AWS keys from every place they are looked for, over real files and real servers on loopback, in both runtimes."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from tests.credentials.aws_kit import OFF, Respond, shared

from aigw.credentials.aws_profiles import profiles
from aigw.errors import APIConnectionError, SecretError
from aigw.manifest.snapshot import Provider
from aigw.providers.registry import kind
from aigw.testing.http import Server
from aigw.testing.transmission import Received
from aigw.types.credential import AwsKeys, Bearer

UNTIL = "2026-11-20T12:00:00Z"
UNTIL_S = 1795176000.0


def assumed(action: str) -> str:
    return f"""<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>
      <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role/secret+=</SecretAccessKey>
      <SessionToken>role&amp;token</SessionToken><Expiration>{UNTIL}</Expiration>
    </Credentials></{action}Result></{action}Response>"""


def form(received: Received) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(received.body.decode()).items()}


ROLE_KEYS = AwsKeys("ASIAROLE", "role/secret+=", "role&token", "eu-west-1", UNTIL_S)


class TestEnvironment:
    def test_keys_of_the_environment_come_first(self, obtain: Callable[..., AwsKeys], tmp_path: Path) -> None:
        files = shared(tmp_path, credentials="[default]\naws_access_key_id = F\naws_secret_access_key = f\n")
        environ = {**files, "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-west-1"}

        assert AwsKeys("A", "s", None, "eu-west-1") == obtain(environ)
        assert AwsKeys("A", "s", "t", "eu-west-1") == obtain({**environ, "AWS_SESSION_TOKEN": "t"})

    def test_half_a_key_pair_is_told_and_not_passed_over(self, obtain: Callable[..., AwsKeys]) -> None:
        with pytest.raises(SecretError, match="only one of AWS_ACCESS_KEY_ID"):
            obtain({**OFF, "AWS_ACCESS_KEY_ID": "A"})

    def test_nothing_anywhere_says_where_was_looked(self, obtain: Callable[..., AwsKeys]) -> None:
        with pytest.raises(SecretError, match="no AWS credentials for aws:default: none in the environment"):
            obtain(OFF)


class TestWebIdentity:
    def test_a_role_is_assumed_with_the_token_of_the_file(
        self, obtain: Callable[..., AwsKeys], serving: Callable[[Respond], Server], tmp_path: Path
    ) -> None:
        server = serving(lambda _: (200, assumed("AssumeRoleWithWebIdentity")))
        (tmp_path / "token").write_text("jwt.of.pod\n")
        environ = {
            **OFF,
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
            "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
            "AWS_ROLE_SESSION_NAME": "me",
            "AWS_ENDPOINT_URL_STS": server.origin,
            "AWS_REGION": "eu-west-1",
        }

        assert obtain(environ) == ROLE_KEYS
        asked = server.requests[0]
        assert form(asked) == {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": "arn:aws:iam::1:role/r",
            "RoleSessionName": "me",
            "WebIdentityToken": "jwt.of.pod",
        }
        assert "authorization" not in asked.headers

    @pytest.mark.parametrize(
        ("status", "error", "words"),
        [(403, SecretError, "403 AccessDenied"), (503, APIConnectionError, "503 AccessDenied")],
    )
    def test_a_refusal_names_its_code_and_neither_token_nor_role(
        self,
        obtain: Callable[..., AwsKeys],
        serving: Callable[[Respond], Server],
        tmp_path: Path,
        status: int,
        error: type[Exception],
        words: str,
    ) -> None:
        body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no jwt.of.pod</Message></Error></ErrorResponse>"
        server = serving(lambda _: (status, body))
        (tmp_path / "token").write_text("jwt.of.pod")
        environ = {**OFF, "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"), "AWS_ROLE_ARN": "arn:secret"}

        with pytest.raises(error, match=words) as caught:
            obtain({**environ, "AWS_ENDPOINT_URL_STS": server.origin})

        assert "jwt.of.pod" not in str(caught.value)

    def test_a_token_file_that_is_not_there_is_named(self, obtain: Callable[..., AwsKeys]) -> None:
        environ = {**OFF, "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/token", "AWS_ROLE_ARN": "arn"}

        with pytest.raises(SecretError, match="/nowhere/token cannot be read"):
            obtain(environ)


class TestProfiles:
    def test_the_default_profile_is_read_where_the_environment_has_no_keys(
        self, obtain: Callable[..., AwsKeys], tmp_path: Path
    ) -> None:
        environ = shared(
            tmp_path,
            "[default]\nregion = eu-north-1\n",
            "[default]\naws_access_key_id = A\naws_secret_access_key = a%b\naws_session_token = t\n",
        )

        assert AwsKeys("A", "a%b", "t", "eu-north-1") == obtain(environ)

    @pytest.mark.parametrize("reference", ["default", "work"])
    def test_another_profile_is_named_by_reference_or_environment(
        self, obtain: Callable[..., AwsKeys], tmp_path: Path, reference: str
    ) -> None:
        environ = shared(
            tmp_path,
            "[profile work]\nregion=us-west-2\naws_access_key_id=W\naws_secret_access_key=w\ns3 =\n  style = path\n",
        )

        assert AwsKeys("W", "w", None, "us-west-2") == obtain({**environ, "AWS_PROFILE": "work"}, reference)

    def test_a_named_profile_does_not_fall_back_to_the_environment(
        self, obtain: Callable[..., AwsKeys], tmp_path: Path
    ) -> None:
        environ = {**shared(tmp_path), "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"}

        with pytest.raises(SecretError, match="aws:work cannot be had: there is no profile 'work'"):
            obtain(environ, "work")

    def test_the_providers_region_wins(self, obtain: Callable[..., AwsKeys], tmp_path: Path) -> None:
        provider = Provider("b", kind("bedrock"), "https://x", settings={"region": "ap-south-1"})
        environ = {
            **shared(tmp_path),
            "AWS_ACCESS_KEY_ID": "A",
            "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_REGION": "eu-west-1",
        }

        assert obtain(environ, "default", provider).region == "ap-south-1"

    def test_a_role_is_assumed_from_its_source_profile_with_a_signature(
        self, obtain: Callable[..., AwsKeys], serving: Callable[[Respond], Server], tmp_path: Path
    ) -> None:
        server = serving(lambda _: (200, assumed("AssumeRole")))
        environ = shared(
            tmp_path,
            "[profile app]\nrole_arn = arn:aws:iam::1:role/app\nsource_profile = base\nexternal_id = x 1\n"
            "role_session_name = me\nduration_seconds = 900\nregion = eu-west-1\n",
            "[base]\naws_access_key_id = BASE\naws_secret_access_key = b\n",
        )

        assert obtain({**environ, "AWS_ENDPOINT_URL_STS": server.origin}, "app") == ROLE_KEYS
        asked = server.requests[0]
        told = form(asked)
        assert ("AssumeRole", "x 1", "900") == (told["Action"], told["ExternalId"], told["DurationSeconds"])
        assert "Credential=BASE/" in asked.headers["authorization"]
        assert "/eu-west-1/sts/aws4_request" in asked.headers["authorization"]

    def test_a_profile_may_be_its_own_source(
        self, obtain: Callable[..., AwsKeys], serving: Callable[[Respond], Server], tmp_path: Path
    ) -> None:
        server = serving(lambda _: (200, assumed("AssumeRole")))
        text = "[default]\nrole_arn=arn\nsource_profile=default\naws_access_key_id=D\naws_secret_access_key=d\n"
        environ = {**shared(tmp_path, text), "AWS_ENDPOINT_URL_STS": server.origin, "AWS_REGION": "eu-west-1"}

        assert obtain(environ) == ROLE_KEYS
        assert "Credential=D/" in server.requests[0].headers["authorization"]

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ("role_arn = a\nsource_profile = work", "goes in a circle"),
            ("role_arn = a", "neither source_profile nor credential_source"),
            ("role_arn = a\ncredential_source = Environment", "where there are none"),
            ("role_arn = a\nmfa_serial = m\nsource_profile = x", "mfa_serial"),
            ("region = x", "has no aws_access_key_id"),
        ],
    )
    def test_a_profile_that_cannot_be_used_says_what_to_do(
        self, obtain: Callable[..., AwsKeys], tmp_path: Path, body: str, words: str
    ) -> None:
        with pytest.raises(SecretError, match=words):
            obtain(shared(tmp_path, f"[profile work]\n{body}\n"), "work")

    def test_a_file_that_is_no_such_file_is_told_without_quoting_it(self) -> None:
        with pytest.raises(SecretError, match="shared credentials file cannot be read") as caught:
            profiles("", "aws_secret_access_key = hush\n")

        assert "hush" not in str(caught.value)

    def test_a_profile_without_any_keys_leaves_the_search_to_the_machine(
        self, obtain: Callable[..., AwsKeys], serving: Callable[[Respond], Server], tmp_path: Path
    ) -> None:
        server = serving(lambda _: (200, json.dumps({"AccessKeyId": "C", "SecretAccessKey": "c"})))
        environ = shared(tmp_path, "[default]\nregion = eu-west-1\n")

        found = obtain({**environ, "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.origin}/keys"})

        assert AwsKeys("C", "c", None, "eu-west-1") == found


class TestMachine:
    KEYS: Mapping[str, str] = {
        "AccessKeyId": "C",
        "SecretAccessKey": "c",
        "Token": "t",
        "Expiration": UNTIL,
        "Code": "Success",
    }

    @pytest.mark.parametrize("from_file", [False, True])
    def test_a_container_shows_its_token(
        self, obtain: Callable[..., AwsKeys], serving: Callable[[Respond], Server], tmp_path: Path, *, from_file: bool
    ) -> None:
        server = serving(lambda _: (200, json.dumps(self.KEYS)))
        (tmp_path / "auth").write_text("pod-token\n")
        token = (
            {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(tmp_path / "auth")}
            if from_file
            else {"AWS_CONTAINER_AUTHORIZATION_TOKEN": "pod-token"}
        )

        found = obtain({**OFF, **token, "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.origin}/v1/credentials"})

        assert AwsKeys("C", "c", "t", None, UNTIL_S) == found
        assert server.requests[0].headers["authorization"] == "pod-token"

    @pytest.mark.parametrize("url", ["http://10.0.0.1/c", "http://evil.example/c", "ftp://x/c", "http://"])
    def test_a_containers_token_goes_to_no_other_host_in_plain(self, obtain: Callable[..., AwsKeys], url: str) -> None:
        environ = {**OFF, "AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t"}

        with pytest.raises(SecretError, match="not sent there"):
            obtain(environ)

    @pytest.mark.parametrize(("status", "body"), [(404, "no"), (200, "no"), (200, "[]"), (200, "{}")])
    def test_a_container_that_gives_no_keys_is_told(
        self, obtain: Callable[..., AwsKeys], serving: Callable[[Respond], Server], status: int, body: str
    ) -> None:
        server = serving(lambda _: (status, body))

        with pytest.raises(SecretError, match=f"answered {status} without keys"):
            obtain({**OFF, "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin})

    def test_an_instance_is_asked_with_a_session_token(
        self, obtain: Callable[..., AwsKeys], serving: Callable[[Respond], Server]
    ) -> None:
        def metadata(received: Received) -> tuple[int, str]:
            if received.method == "PUT":
                return 200, "session"
            if received.headers.get("x-aws-ec2-metadata-token") != "session":
                return 401, ""
            return 200, "my role" if received.path.endswith("/") else json.dumps(self.KEYS)

        server = serving(metadata)

        found = obtain({"HOME": "/nowhere", "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{server.origin}/"})

        assert AwsKeys("C", "c", "t", None, UNTIL_S) == found
        assert [received.path for received in server.requests] == [
            "/latest/api/token",
            "/latest/meta-data/iam/security-credentials/",
            "/latest/meta-data/iam/security-credentials/my%20role",
        ]
        assert server.requests[0].headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"

    @pytest.mark.parametrize("refused", ["PUT", "GET"])
    def test_an_instance_without_a_role_has_no_keys(
        self, obtain: Callable[..., AwsKeys], serving: Callable[[Respond], Server], refused: str
    ) -> None:
        server = serving(lambda received: (404, "") if received.method == refused else (200, "session"))

        with pytest.raises(SecretError, match="no AWS credentials"):
            obtain({"HOME": "/nowhere", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.origin})


def test_bedrocks_own_key_comes_before_keys_that_sign(obtain: Callable[..., object]) -> None:
    environ = {"AWS_BEARER_TOKEN_BEDROCK": "key-1", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}
    found = obtain(environ)

    assert isinstance(found, Bearer)
    assert "key-1" == found.value
