"""`aigw manifest doctor` says where settings come from and what is wrong, each with what to do."""

from email.utils import formatdate
from pathlib import Path

import pytest
from tests.cli.kit import ECHO, Ran, Run

import aigw
from aigw.cli.manifest.operate.reaching import check_of_clock, checks_of_address, checks_of_caching
from aigw.manifest.delivery.sources import UrlSource
from aigw.testing import ManifestServer
from aigw.wire import Headers

NOW = 1_780_000_000.0


def levels(ran: Ran) -> dict[str, str]:
    return {check["name"]: check["level"] for check in ran.json["checks"]}


def test_a_good_place_fails_nothing_and_says_what_to_better(run: Run, tmp_path: Path, echo_manifest: str) -> None:
    with ManifestServer(ECHO) as server:
        options = ("--cache-dir", str(tmp_path / "cache"), "--embedded", echo_manifest)
        ran = run("manifest", "doctor", server.url, *options, "--json")

    assert 0 == ran.code
    assert {
        "address": "ok",
        "reachable": "ok",
        "etag": "ok",
        "caching": "ok",
        "clock": "ok",
        "manifest": "ok",
        "trust": "warn",
        "disk": "ok",
        "embedded copy": "ok",
    } == levels(ran)
    assert not (tmp_path / "cache").exists()


def test_settings_are_told_with_where_they_come_from(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, echo_manifest: str
) -> None:
    trust = tmp_path / "trust.yaml"
    trust.write_text("channel: prod\nmin_serial: 3\n")
    monkeypatch.setenv("AIGW_MANIFEST", "https://user:hunter2@config.example/m.json?sig=hunter2")
    monkeypatch.setenv("AIGW_KEY", "hunter2")
    monkeypatch.setenv("AIGW_TRUST", str(trust))
    ran = run("manifest", "doctor", echo_manifest, "--json")
    settings = {one["setting"]: (one["value"], one["from"]) for one in ran.json["settings"]}

    assert (echo_manifest, "argument") == settings["manifest"]
    assert (str(trust), "environment") == settings["trust"]
    assert ("prod", "file") == settings["trust.channel"]
    assert ("3", "file") == settings["trust.min_serial"]
    assert "environment" == settings["key"][1]
    assert ("10s", "default") == settings["refresh_interval"]
    assert "hunter2" not in ran.out
    assert "hunter2" not in run("manifest", "doctor").out


def test_a_url_where_nobody_listens_fails(run: Run, tmp_path: Path) -> None:
    with ManifestServer(ECHO) as server:
        url = server.url
    ran = run("manifest", "doctor", url, "--cache-dir", str(tmp_path))

    assert 1 == ran.code
    assert "fail  reachable" in ran.out
    assert "fail  manifest" in ran.out
    assert "warn  copies" in ran.out


@pytest.mark.parametrize("status", [401, 404, 503])
def test_a_url_that_answers_no_document_fails(run: Run, tmp_path: Path, status: int) -> None:
    with ManifestServer(ECHO) as server:
        server.fail(status)
        ran = run("manifest", "doctor", server.url, "--cache-dir", str(tmp_path), "--json")

    assert 1 == ran.code
    assert "fail" == levels(ran)["reachable"]


def test_a_document_that_is_refused_fails_though_the_copy_before_serves(run: Run, tmp_path: Path) -> None:
    with ManifestServer(ECHO) as server:
        with aigw.Gateway(manifest=server.url, cache_dir=tmp_path, sinks=[]) as gateway:
            gateway.refresh()
        server.publish("schema: aigw/v1\nserial: 6\n")
        ran = run("manifest", "doctor", server.url, "--cache-dir", str(tmp_path))

    assert 1 == ran.code
    assert "fail  manifest      serial 7 would serve (cached), but not what is at the source" in ran.out


def test_a_key_that_is_not_there_fails_and_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(
        "schema: aigw/v1\nserial: 1\nproviders:\n  openai: {kind: openai, api_key: 'env:NO_KEY'}\n"
        "  other: {kind: anthropic, api_key: 'env:A_KEY'}\n"
        "models: {assistant: openai/gpt-4o}\n"
    )
    monkeypatch.delenv("NO_KEY", raising=False)
    monkeypatch.setenv("A_KEY", "sk-hunter2")
    ran = run("manifest", "doctor", str(path))

    assert 1 == ran.code
    assert "fail  key of openai" in ran.out
    assert "ok    key of other   env:A_KEY can be read" in ran.out
    assert "hunter2" not in ran.out


def test_a_folder_others_may_write_is_warned_of(run: Run, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    with ManifestServer(ECHO) as server:
        ran = run("manifest", "doctor", server.url, "--cache-dir", str(cache), "--json")

    assert "warn" == levels(ran)["disk"]


def test_an_embedded_copy_that_cannot_serve_fails(run: Run, tmp_path: Path) -> None:
    with ManifestServer(ECHO) as server:
        options = ("--cache-dir", str(tmp_path / "cache"), "--embedded", str(tmp_path / "none.yaml"))
        ran = run("manifest", "doctor", server.url, *options, "--json")

    assert (1, "fail") == (ran.code, levels(ran)["embedded copy"])


def test_settings_that_are_wrong_are_a_finding(run: Run, echo_manifest: str) -> None:
    ran = run("manifest", "doctor", echo_manifest, "--trust", "sha256:zz", "--json")

    assert (1, {"settings": "fail"}) == (ran.code, levels(ran))


def test_a_document_that_is_signed_and_fresh_is_told_to_be(
    run: Run, tmp_path: Path, echo_manifest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("manifest", "keys", "init")
    run(
        "manifest",
        "publish",
        echo_manifest,
        "--to",
        "store",
        "--key",
        "keys/manifest.key",
        "--key",
        "keys/freshness.key",
    )
    content = (tmp_path / "store" / "v1" / "prod" / "current.json").read_bytes()
    with ManifestServer(content) as server:
        pinned = ("--trust", "trust/1.json", "--cache-dir", str(tmp_path / "cache"))
        signed = run("manifest", "doctor", server.url, *pinned)
        server.publish(ECHO)
        unsigned = run("manifest", "doctor", server.url, *pinned)

    assert 0 == signed.code
    assert "pinned, signed (epoch 1), and known to be fresh" in signed.out
    assert 1 == unsigned.code
    assert "it is not signed" in unsigned.out


def test_without_a_manifest_it_says_how_to_name_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIGW_MANIFEST", raising=False)
    ran = run("manifest", "doctor")

    assert "set AIGW_MANIFEST to its URL" in ran.out


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://config.example/m.json", "is not https"),
        ("https://raw.githubusercontent.com/acme/config/main/m.yaml", "is raw git hosting"),
        ("https://gitlab.com/acme/config/-/raw/main/m.yaml", "is raw git hosting"),
        (
            "https://b.s3.amazonaws.com/m?X-Amz-Signature=hunter2&X-Amz-Date=20261121T000000Z&X-Amz-Expires=3600",
            "3600 s",
        ),
        ("https://a.blob.core.windows.net/c/m.json?se=2026-12-01&sig=hunter2", "expires (2026-12-01)"),
    ],
)
def test_an_address_that_will_not_do_is_warned_of(url: str, said: str) -> None:
    (check,) = checks_of_address(UrlSource(url))

    assert "warn" == check.level
    assert said in check.said
    assert check.todo
    assert "hunter2" not in check.said


@pytest.mark.parametrize(
    ("headers", "level"),
    [
        ({}, "ok"),
        ({"cache-control": "no-cache"}, "ok"),
        ({"cache-control": "public, max-age=5"}, "ok"),
        ({"cache-control": "public, max-age=300"}, "warn"),
        ({"cache-control": "s-maxage=60"}, "warn"),
        ({"age": "45"}, "warn"),
    ],
)
def test_a_cache_that_holds_changes_back_is_warned_of(headers: dict[str, str], level: str) -> None:
    assert [level] == [check.level for check in checks_of_caching(Headers(headers), 10.0)]


@pytest.mark.parametrize(
    ("off_s", "level"), [(0, "ok"), (-1, "ok"), (4, "ok"), (-60, "warn"), (60, "warn"), (-4000, "fail"), (4000, "fail")]
)
def test_a_clock_that_is_off_is_noticed_either_way(off_s: float, level: str) -> None:
    date = formatdate(NOW + off_s, usegmt=True)

    assert level == check_of_clock(date, NOW, NOW).level


def test_a_server_without_a_clock_is_no_trouble() -> None:
    assert "ok" == check_of_clock("", NOW, NOW).level


def test_a_folder_is_no_manifest(run: Run, tmp_path: Path) -> None:
    ran = run("manifest", "doctor", str(tmp_path), "--json")

    assert (1, "fail") == (ran.code, levels(ran)["reachable"])
    assert "is a folder" in ran.out
