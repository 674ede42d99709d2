"""`aigw manifest serve`: a good web server for manifests, and a bad one on demand. Real processes, real HTTP."""

import hashlib
import json
import signal
import subprocess
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.cli.kit import AIGW, ECHO, Run

import aigw
from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Transmission

Serve = Callable[..., "Served"]


class Served:
    """`aigw manifest serve` in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        command = [*AIGW, "manifest", "serve", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()

    @property
    def url(self) -> str:
        return self.said.strip()

    def end(self) -> tuple[int, str]:
        """Press Ctrl-C, and give exit code and log."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        _, log = self.process.communicate(timeout=20)
        return self.process.returncode, log


@pytest.fixture
def serve() -> Iterator[Serve]:
    begun: list[Served] = []

    def one(*arguments: str) -> Served:
        begun.append(Served(*arguments))
        return begun[-1]

    yield one
    for served in begun:
        served.end()


@contextmanager
def _client() -> Generator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


def test_a_file_is_served_under_its_name_and_revalidated_by_its_etag(serve: Serve, echo_manifest: str) -> None:
    served = serve(echo_manifest)
    with _client() as client:
        first = client.get(served.url)
        again = client.get(served.url, headers={"If-None-Match": first.headers["etag"]})
        elsewhere = client.get(served.url.replace("manifest.yaml", "other.yaml"))

    assert served.url.endswith("/manifest.yaml")
    assert (200, ECHO, "no-cache") == (first.status_code, first.text, first.headers["cache-control"])
    assert "age" not in first.headers
    assert (304, "") == (again.status_code, again.text)
    assert 404 == elsewhere.status_code


def test_ctrl_c_ends_it_cleanly_even_while_somebody_waits(serve: Serve, echo_manifest: str) -> None:
    served = serve(echo_manifest)
    answers: list[int] = []
    with _client() as client:
        etag = client.get(served.url).headers["etag"]

        def wait() -> None:
            headers = {"If-None-Match": etag, "Prefer": "wait=600"}
            try:
                answers.append(client.get(served.url, headers=headers).status_code)
            except httpx.HTTPError:
                answers.append(0)

        waiting = threading.Thread(target=wait)
        waiting.start()
        code, log = served.end()
        waiting.join(20)

    assert 0 == code
    assert "Traceback" not in log
    assert not waiting.is_alive()
    assert 1 == len(answers)


def test_a_long_poll_is_answered_when_the_file_changes(serve: Serve, echo_manifest: str) -> None:
    served = serve(echo_manifest)
    with _client() as client:
        headers = {"If-None-Match": client.get(served.url).headers["etag"], "Prefer": "respond-async, wait=30"}
        fresh = Path(echo_manifest).with_name("fresh")
        fresh.write_text(ECHO.replace("serial: 7", "serial: 8"))
        changing = threading.Thread(target=fresh.replace, args=(echo_manifest,))
        changing.start()
        changed = client.get(served.url, headers=headers)
        changing.join()

    assert (200, "wait=30") == (changed.status_code, changed.headers["preference-applied"])
    assert "serial: 8" in changed.text


def test_a_long_poll_for_what_does_not_change_ends_with_304(serve: Serve, echo_manifest: str) -> None:
    served = serve(echo_manifest)
    with _client() as client:
        etag = client.get(served.url).headers["etag"]
        same = client.get(served.url, headers={"If-None-Match": etag, "Prefer": "wait=0"})
        at_once = client.get(served.url, headers={"If-None-Match": '"other"', "Prefer": "wait=30"})

    assert (304, "wait=0", etag) == (same.status_code, same.headers["preference-applied"], same.headers["etag"])
    assert (200, "wait=30") == (at_once.status_code, at_once.headers["preference-applied"])


def test_documents_are_put_by_compare_and_swap(serve: Serve, tmp_path: Path) -> None:
    served = serve(str(tmp_path), "--writable")
    url = f"{served.url}v1/prod/current.json"
    with _client() as client:
        made = client.put(url, content=b"{}", headers={"If-None-Match": "*"})
        taken = client.put(url, content=b"{1}", headers={"If-None-Match": "*"})
        swapped = client.put(url, content=b"{2}", headers={"If-Match": made.headers["etag"]})
        late = client.put(url, content=b"{3}", headers={"If-Match": made.headers["etag"]})
        listed = client.get(served.url)

    assert [204, 412, 204, 412] == [one.status_code for one in (made, taken, swapped, late)]
    assert "{2}" == (tmp_path / "v1" / "prod" / "current.json").read_text()
    assert "/v1/prod/current.json\n" == listed.text
    assert f'"{hashlib.sha256(b"{2}").hexdigest()[:32]}"' == swapped.headers["etag"]


def test_nothing_is_put_where_it_was_not_allowed_or_outside_the_folder(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "offered"
    folder.mkdir()
    (tmp_path / "private.yaml").write_text("secret")
    (folder / "link.yaml").symlink_to(tmp_path / "private.yaml")
    (folder / ".hidden").write_text("secret")
    reading, writing = serve(str(folder)), serve(str(folder), "--writable")
    with _client() as client:
        refused = client.put(f"{reading.url}a.json", content=b"{}")
        outside = [
            client.request(method, f"{writing.url}{path}", content=b"{}" if method == "PUT" else b"").status_code
            for method in ("GET", "PUT")
            for path in ("%2e%2e/private.yaml", "link.yaml", ".hidden", "a%2f..%2f..%2fprivate.yaml", "a//b")
        ]

    assert (405, "GET, HEAD") == (refused.status_code, refused.headers["allow"])
    assert [404] * 5 + [403] * 5 == outside
    assert "secret" == (tmp_path / "private.yaml").read_text()
    assert [".hidden", "link.yaml"] == sorted(one.name for one in folder.iterdir())


def test_a_page_that_comes_by_another_name_is_turned_away(serve: Serve, echo_manifest: str) -> None:
    served = serve(echo_manifest, "--writable")
    with _client() as client:
        read = client.get(served.url, headers={"Host": "evil.example"})
        written = client.put(served.url, content=b"{}", headers={"Host": "evil.example:80"})
        by_name = client.get(served.url, headers={"Host": "localhost:1"})

    assert (421, 421, 200) == (read.status_code, written.status_code, by_name.status_code)
    assert ECHO == Path(echo_manifest).read_text()


def test_the_log_holds_each_request_and_no_query(serve: Serve, echo_manifest: str) -> None:
    served = serve(echo_manifest)
    with _client() as client:
        client.get(f"{served.url}?token=hunter2")
        client.get(f"{served.url}s")
    code, log = served.end()

    assert 0 == code
    assert "GET /manifest.yaml 200\nGET /manifest.yamls 404\n" == log


@pytest.mark.parametrize(
    ("fault", "status", "start"),
    [
        ("503", 503, "a fault"),
        ("html", 200, "<!doctype html>"),
        ("stale-etag", 200, "schema:"),
        ("slow:1ms", 200, "schema:"),
        ("old:3", 200, "schema: aigw/v1\nserial: 3"),
        ("500:0", 200, "schema:"),
    ],
)
def test_what_is_asked_for_goes_wrong(serve: Serve, tmp_path: Path, fault: str, status: int, start: str) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(ECHO)
    (tmp_path / "3-abc.json").write_text(ECHO.replace("serial: 7", "serial: 3"))
    served = serve(str(path), "--fault", fault)
    with _client() as client:
        answer = client.get(served.url)

    assert status == answer.status_code
    assert answer.text.startswith(start)


def test_a_stale_etag_hides_a_new_document(serve: Serve, echo_manifest: str) -> None:
    served = serve(echo_manifest, "--fault", "stale-etag")
    with _client() as client:
        etag = client.get(served.url).headers["etag"]
        Path(echo_manifest).write_text(ECHO.replace("serial: 7", "serial: 8"))
        again = client.get(served.url, headers={"If-None-Match": etag})

    assert 304 == again.status_code


def test_a_truncated_document_is_announced_whole(serve: Serve, echo_manifest: str) -> None:
    served = serve(echo_manifest, "--fault", "truncate")
    with _client() as client, pytest.raises(httpx.RemoteProtocolError):
        client.get(served.url)

    assert "200, fault: truncate" in served.end()[1]


def test_a_gateway_follows_what_is_served(serve: Serve, echo_manifest: str, tmp_path: Path) -> None:
    served = serve(echo_manifest)
    with aigw.Gateway(manifest=served.url, cache_dir=tmp_path / "cache", sinks=[]) as gateway:
        gateway.refresh()
        assert 7 == gateway.manifest.status().serial
        Path(echo_manifest).write_text(ECHO.replace("serial: 7", "serial: 8"))
        gateway.refresh()

        assert 8 == gateway.manifest.status().serial


def test_a_manifest_is_published_into_it_and_followed_by_itself(
    serve: Serve, run: Run, tmp_path: Path, echo_manifest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "store").mkdir()
    url = serve(str(tmp_path / "store"), "--writable").url
    keys = ("--key", "keys/manifest.key", "--key", "keys/freshness.key")
    run("manifest", "keys", "init")
    first = run("manifest", "publish", echo_manifest, "--to", url, *keys)
    trust = aigw.Trust(pin=tmp_path / "trust" / "1.json", require="fresh")
    address = f"{url}v1/prod/current.json"
    with aigw.Gateway(
        manifest=address, trust=trust, cache_dir=tmp_path / "c", sinks=[], refresh_interval=0.2
    ) as gateway:
        gateway.refresh()
        before = gateway.manifest.status().serial
        second = run("manifest", "publish", echo_manifest, "--to", url, *keys)
        with Server(lambda _request: _metrics(gateway)) as metrics:
            watched = run("manifest", "watch", "8", "--url", metrics.origin, "--every", "50ms", "--timeout", "30s")

    assert (0, 0, 7, 0) == (first.code, second.code, before, watched.code), watched.err


def _metrics(gateway: aigw.Gateway) -> Transmission:
    return Transmission(steps=(Frame(gateway.manifest.status().prometheus().encode()),))


@pytest.mark.parametrize("port", ["-1", "70000"])
def test_a_port_that_is_none_is_an_error(run: Run, echo_manifest: str, port: str) -> None:
    ran = run("manifest", "serve", echo_manifest, "--port", port)

    assert 1 == ran.code
    assert "Say --port 0" in ran.err


def test_machines_are_told_the_url_in_a_line_of_json(serve: Serve, echo_manifest: str) -> None:
    served = serve(echo_manifest, "--json")

    assert json.loads(served.said)["url"].startswith("http://127.0.0.1:")


def test_what_is_not_there_cannot_be_served(run: Run, tmp_path: Path) -> None:
    ran = run("manifest", "serve", str(tmp_path / "none.yaml"))

    assert (1, "") == (ran.code, ran.out)
    assert (
        f"aigw: error: There is neither a folder nor a file {tmp_path / 'none.yaml'}; name what to serve.\n" == ran.err
    )


def test_a_port_that_is_taken_is_an_error(run: Run, serve: Serve, echo_manifest: str) -> None:
    port = httpx.URL(serve(echo_manifest).url).port
    ran = run("manifest", "serve", echo_manifest, "--port", str(port))

    assert 1 == ran.code
    assert f"port {port}: Address already in use. Say --port 0" in ran.err


@pytest.mark.parametrize("fault", ["slow", "slow:x", "old", "old:x", "600", "bogus", "truncate:2", "html:0.1:0.2", ""])
def test_a_fault_nobody_knows_is_wrong_usage(run: Run, echo_manifest: str, fault: str) -> None:
    ran = run("manifest", "serve", echo_manifest, "--fault", fault)

    assert 1 == ran.code
    assert "--fault: " in ran.err
