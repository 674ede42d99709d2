"""All stores keep the same promises: nothing is overwritten that its writer has not seen, whoever keeps it."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.manifest.release.release_kit import Generations, Keeper, serving

from aigw.cli.manifest.release.stores.places import store_of
from aigw.manifest.publishing.releases import Store, StoreConflictError, StoreError

POINTER = "v1/prod/current.json"
RELEASE = "v1/prod/7-0123456789ab.json"


@pytest.fixture(params=["folder", "http", "s3", "gcs"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    if request.param == "folder":
        return store_of(str(tmp_path / "public"))
    if request.param == "http":
        keeper: Keeper = request.getfixturevalue("keeper")
        return store_of(f"{keeper.url}/config")
    if request.param == "s3":
        request.getfixturevalue("s3")
        return store_of("s3://releases/aigw de/ä+b")
    google: Generations = request.getfixturevalue("google")
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", google.url)
    return store_of("gs://releases/aigw de/ä+b")


def test_what_is_put_is_there_and_what_is_not_is_nothing(store: Store) -> None:
    assert store.get(POINTER) is None

    store.put(POINTER, b"{}", replacing=None)
    found = store.get(POINTER)

    assert found is not None
    assert b"{}" == found.content


def test_a_first_write_overwrites_nothing(store: Store) -> None:
    store.put(POINTER, b"mine", replacing=None)
    with pytest.raises(StoreConflictError, match="by somebody else"):
        store.put(POINTER, b"theirs", replacing=None)
    found = store.get(POINTER)

    assert found is not None
    assert b"mine" == found.content


def test_only_what_was_seen_is_replaced(store: Store) -> None:
    store.put(POINTER, b"first", replacing=None)
    seen = store.get(POINTER)
    assert seen is not None
    store.put(POINTER, b"second", replacing=seen.tag)
    with pytest.raises(StoreConflictError):
        store.put(POINTER, b"third", replacing=seen.tag)
    found = store.get(POINTER)

    assert found is not None
    assert b"second" == found.content


def test_what_is_gone_is_not_replaced(store: Store) -> None:
    store.put(POINTER, b"first", replacing=None)
    seen = store.get(POINTER)
    assert seen is not None
    with pytest.raises(StoreConflictError):
        store.put(RELEASE, b"other", replacing=seen.tag)

    assert store.get(RELEASE) is None


def test_of_many_publishers_at_once_one_writes(store: Store) -> None:
    store.put(POINTER, b"first", replacing=None)
    seen = store.get(POINTER)
    assert seen is not None
    tag, done = seen.tag, list[bytes]()

    def write(content: bytes) -> None:
        try:
            store.put(POINTER, content, replacing=tag)
        except StoreConflictError:
            return
        done.append(content)

    threads = [threading.Thread(target=write, args=(b"%d" % number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = store.get(POINTER)

    assert found is not None
    assert [found.content] == done


def test_pointers_are_asked_for_each_time_and_releases_never_again(
    s3: str, keeper: Keeper, google: Generations
) -> None:
    import urllib.request

    for url, place in ((keeper.url, keeper.url), (google.url, "gs://releases")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("STORAGE_EMULATOR_HOST", google.url)
            store = store_of(place)
            store.put(POINTER, b"{}", replacing=None)
            store.put(RELEASE, b"{}", replacing=None)
        server = keeper if url == keeper.url else google
        said = {path.rpartition("/")[2]: kept.headers["cache-control"] for path, kept in server.objects.items()}
        assert {"current.json": "no-cache", "7-0123456789ab.json": "public, max-age=31536000, immutable"} == said
        assert {"application/json"} == {kept.headers["content-type"] for kept in server.objects.values()}
    store_of("s3://releases").put(POINTER, b"{}", replacing=None)
    request = urllib.request.Request(f"{s3}/releases/{POINTER}")
    request.add_header("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/us-east-1/s3/aws4_request")
    with urllib.request.urlopen(request, timeout=20) as response:
        assert ("no-cache", "application/json") == (
            response.headers["cache-control"],
            response.headers["content-type"],
        )


def test_a_file_is_whole_and_may_be_read_by_a_web_server(tmp_path: Path) -> None:
    store = store_of(f"file://{tmp_path}/public")
    store.put(POINTER, b"{}", replacing=None)
    folder = tmp_path / "public" / "v1" / "prod"

    assert 0o644 == (folder / "current.json").stat().st_mode & 0o777
    assert {".lock", "current.json"} == {path.name for path in folder.iterdir()}


def test_a_server_without_etags_is_refused(keeper: Keeper) -> None:
    keeper.tags = False
    store = store_of(keeper.url)
    store.put(POINTER, b"{}", replacing=None)
    with pytest.raises(StoreError, match="names no strong ETag"):
        store.get(POINTER)


def test_a_header_is_sent_and_shown_nowhere(keeper: Keeper, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STORE_TOKEN", "Bearer made-up-token")
    (tmp_path / "other").write_text("made-up-other\n")
    store = store_of(keeper.url, headers=["Authorization=env:STORE_TOKEN", f"X-Other=file:{tmp_path}/other"])
    store.put(POINTER, b"{}", replacing=None)
    _, _, headers = keeper.asked[-1]

    assert ("Bearer made-up-token", "made-up-other") == (headers["authorization"], headers["x-other"])
    assert "made-up" not in store.label


def test_a_header_whose_value_is_written_out_is_refused_without_repeating_it(keeper: Keeper) -> None:
    with pytest.raises(Exception, match="env:NAME or file:PATH") as caught:
        store_of(keeper.url, headers=["Authorization=Bearer made-up-token"])

    assert "made-up-token" not in str(caught.value)


@pytest.mark.parametrize(
    ("place", "headers"),
    [("http://config.acme.example/x", ["Authorization=env:STORE_TOKEN"]), ("http://u:p@127.0.0.1/x", [])],
)
def test_a_credential_goes_over_tls_and_in_no_url(
    place: str, headers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_TOKEN", "made-up")
    with pytest.raises(StoreError, match=r"https|a user"):
        store_of(place, headers=headers)


@pytest.mark.parametrize("place", ["http://", "https:///x", "http://[::1", "http://127.0.0.1:99999/"])
def test_a_url_without_a_host_is_refused(place: str) -> None:
    with pytest.raises(StoreError, match="no host, or a port"):
        store_of(place)


@pytest.mark.parametrize("place", ["ftp://host/x", "s3://", "gs:///x"])
def test_what_is_no_place_is_refused(place: str) -> None:
    with pytest.raises(StoreError, match="is no store"):
        store_of(place)


def test_a_bucket_that_is_not_there_is_said(s3: str) -> None:
    store = store_of("s3://nowhere")
    with pytest.raises(StoreError, match="there is no such place"):
        store.get(POINTER)
    with pytest.raises(StoreError, match="there is no such place"):
        store.put(POINTER, b"{}", replacing=None)


def test_no_aws_key_is_sent_in_the_open_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    with pytest.raises(StoreError, match="Use https"):
        store_of("s3://releases", endpoint="http://minio.acme.example:9000")


def test_without_credentials_it_is_said_which_are_wanted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, keeper: Keeper
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(StoreError, match="s3://releases: There are no AWS credentials"):
        store_of("s3://releases", endpoint=keeper.url).get(POINTER)
    with pytest.raises(StoreError, match="gs://releases: google:default"):
        store_of("gs://releases", endpoint=keeper.url).get(POINTER)


@pytest.fixture
def guarded() -> Iterator[Generations]:
    yield from serving(Generations())


def test_google_is_asked_with_a_token_of_the_login(
    guarded: Generations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = {"type": "authorized_user", "token_uri": f"{guarded.url}/token"}
    login |= dict.fromkeys(("client_id", "client_secret", "refresh_token"), "made-up")
    (tmp_path / "login.json").write_text(json.dumps(login))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "login.json"))
    store = store_of("gs://releases", endpoint=guarded.url)
    store.put(POINTER, b"{}", replacing=None)
    found = store.get(POINTER)

    assert found is not None
    assert b"{}" == found.content


@pytest.mark.parametrize("status", [301, 403, 500])
def test_a_server_that_will_not_is_reported_with_its_status(keeper: Keeper, status: int) -> None:
    keeper.decide = lambda *_: (status, {}, b"")  # type: ignore[method-assign]
    store = store_of(keeper.url)
    with pytest.raises(StoreError, match=f"read: HTTP status {status}; "):
        store.get(POINTER)
    with pytest.raises(StoreError, match=f"written: HTTP status {status}; "):
        store.put(POINTER, b"{}", replacing=None)


def test_nobody_listening_is_an_error_of_the_store(keeper: Keeper) -> None:
    keeper.close()
    with pytest.raises(StoreError, match="cannot be reached"):
        store_of(keeper.url).get(POINTER)


def test_a_folder_that_cannot_be_written_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "public").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written"):
        store_of(str(tmp_path / "public")).put(POINTER, b"{}", replacing=None)


def test_a_folder_is_rid_of_what_was_left_half_written_an_hour_ago(tmp_path: Path) -> None:
    folder = tmp_path / "public" / "v1" / "prod"
    folder.mkdir(parents=True)
    old, new, other = ".current.json.abcd_123.tmp", ".7.serial.abcd_123.tmp", ".notes.abcd_123.tmp"
    for name in (old, new, other):
        (folder / name).write_text("half")
    for name in (old, other):
        os.utime(folder / name, (0, 0))
    store_of(str(tmp_path / "public")).put(POINTER, b"{}", replacing=None)

    assert {new, other, "current.json", ".lock"} == {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("status", [301, 400])
def test_a_bucket_of_another_region_is_asked_as_it_wants(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    kept = keeper.decide

    def decide(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        if "/eu-central-1/s3/" not in headers["authorization"]:
            return status, {"x-amz-bucket-region": "eu-central-1"}, b""
        return kept(method, path, headers, body)

    keeper.decide = decide  # type: ignore[method-assign]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up-secret")
    store = store_of("s3://releases", endpoint=keeper.url)
    store.put(POINTER, b"{}", replacing=None)
    store.get(POINTER)

    assert ["PUT", "PUT", "GET"] == [method for method, _, _ in keeper.asked]
    assert not any("made-up-secret" in str(headers) for _, _, headers in keeper.asked)
