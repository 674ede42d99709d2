"""Whatever keeps a manifest from coming, what served goes on serving, and what is wrong goes by itself once it is gone.

Names that nobody resolves, answers that stay bad, refusals for an hour, volumes that swap, disks that cannot be written
or have rotted, and an interpreter that ends in the middle of it all.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.journey_kit import Journey, manifest

import aigw
from aigw.core import START_LIMIT_S
from aigw.testing import ManifestServer, OpenAIServer
from aigw.types.nack import Nack

SRC = Path(aigw.__file__).parent.parent


@pytest.fixture
def origin(openai: OpenAIServer) -> Iterator[ManifestServer]:
    with ManifestServer(manifest(openai)) as server:
        yield server


def look(journey: Journey) -> aigw.ManifestError | None:
    """Look at the source, and give what was wrong there."""
    try:
        journey.face.do(journey.gw.refresh())
    except aigw.ManifestError as error:
        return error
    return None


class TestABadAnswerThatStays:
    def test_serves_nobody_is_seen_and_gives_way_to_the_next_good_one(
        self, journey: Journey, origin: ManifestServer, openai: OpenAIServer
    ) -> None:
        """A cache in between keeps the bad body, and then says that nothing has changed."""
        journey.start(origin.url)
        good = journey.ask().aigw.serial
        bad = origin.publish(b"<html>Welcome to the hotel's network</html>")
        assert Nack.INVALID is look(journey).nack  # type: ignore[union-attr]
        origin.fail(304)
        for _ in range(3):
            look(journey)
            assert good == journey.ask().aigw.serial
        assert bad not in [request.headers.get("if-none-match") for request in origin.requests]
        assert 1 <= journey.gw.manifest.status().nacks[Nack.INVALID]

        origin.publish(manifest(openai, serial=2))
        assert look(journey) is None
        assert (2, None) == (journey.ask().aigw.serial, journey.gw.manifest.status().last_error)


class TestARefusalForAnHour:
    @pytest.mark.parametrize("status", [401, 403])
    def test_is_recovered_from_without_anybody(
        self, journey: Journey, origin: ManifestServer, openai: OpenAIServer, status: int
    ) -> None:
        journey.start(origin.url)
        journey.ask()
        origin.fail(status)
        for _ in range(60):
            journey.clock.advance(60.0)
            assert isinstance(look(journey), aigw.ManifestUnavailableError)
            assert 1 == journey.ask().aigw.serial
        told = journey.gw.manifest.status()
        assert ("stale", "backoff") == (told.state, told.sync)
        assert 60 <= told.nacks[Nack.FETCH]

        origin.publish(manifest(openai, serial=2))
        assert look(journey) is None
        told = journey.gw.manifest.status()
        assert ("current", "idle", 2) == (told.state, told.sync, journey.ask().aigw.serial)


class TestANameThatNobodyResolves:
    """The resolver of the system knows no time limit, and cannot be stopped."""

    URL = "https://config.black-hole.example/current.json"

    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
        """Say that the resolver has been asked; it answers when the test is over."""
        asked, over = threading.Event(), threading.Event()
        resolve = socket.getaddrinfo

        def hang(host: Any, *rest: Any, **more: Any) -> Any:
            if host not in ("config.black-hole.example", b"config.black-hole.example"):
                return resolve(host, *rest, **more)
            asked.set()
            over.wait(60)
            raise socket.gaierror(socket.EAI_AGAIN, "nobody answered")

        monkeypatch.setattr(socket, "getaddrinfo", hang)
        yield asked
        over.set()

    def test_is_waited_for_within_the_limit_and_closing_waits_for_it_no_more(
        self, journey: Journey, asked: threading.Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert START_LIMIT_S <= 2.0
        monkeypatch.setattr("aigw.core.START_LIMIT_S", 0.05)
        journey.start(self.URL)
        error = journey.fail()
        assert aigw.ManifestUnavailableError is type(error)
        assert asked.wait(10)
        journey.face.do(journey.gw.close())
        with pytest.raises(aigw.GatewayClosedError):
            journey.ask()

    def test_keeps_nobody_waiting_who_has_a_copy(
        self, journey: Journey, asked: threading.Event, openai: OpenAIServer, tmp_path: Path
    ) -> None:
        embedded = tmp_path / "embedded.json"
        embedded.write_text(json.dumps(manifest(openai, serial=7)))
        journey.start(self.URL, embedded=embedded)
        assert 7 == journey.ask().aigw.serial
        assert asked.wait(10)
        assert "embedded" == journey.gw.manifest.status().state


class TestAConfigMap:
    def test_that_is_swapped_is_followed(self, journey: Journey, openai: OpenAIServer, tmp_path: Path) -> None:
        """Kubernetes makes a new folder, moves one link over the other, and removes the old folder."""
        volume = ConfigMap(tmp_path)
        volume.swap(manifest(openai, serial=1))
        journey.start(volume.path, refresh_interval=0.02, clock=None)
        assert 1 == journey.ask().aigw.serial
        for serial in range(2, 5):
            volume.swap(manifest(openai, serial=serial))
            give_up = time.monotonic() + 30
            while journey.ask().aigw.serial != serial:
                assert time.monotonic() < give_up, journey.gw.manifest.status()
                threading.Event().wait(0.02)
        assert "current" == journey.gw.manifest.status().state


class ConfigMap:
    """A volume as the kubelet keeps it: the file is a link through `..data` into a folder with a new name each time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self.path = folder / "manifest.json"
        self.path.symlink_to("..data/manifest.json")

    def swap(self, document: object) -> None:
        before, self._number = self._number, self._number + 1
        made = self._folder / f"..{self._number}"
        made.mkdir()
        (made / "manifest.json").write_text(json.dumps(document))
        os.utime(made / "manifest.json", (1_000, 1_000))
        (self._folder / "..data_tmp").symlink_to(made.name)
        (self._folder / "..data_tmp").replace(self._folder / "..data")
        shutil.rmtree(self._folder / f"..{before}", ignore_errors=True)


READ_ONLY = """
import asyncio, os, subprocess, sys
import aigw

url, folder, face = sys.argv[1:]
ASK = dict(model="chat", messages=[{"role": "user", "content": "Hello."}])


def asked():
    if face == "sync":
        with aigw.Gateway(manifest=url, cache_dir=folder, sinks=[]) as gw:
            return gw.chat.completions.create(**ASK).aigw.serial, gw.refresh(), gw.manifest.status()

    async def journey():
        async with aigw.AsyncGateway(manifest=url, cache_dir=folder, sinks=[]) as gw:
            return (await gw.chat.completions.create(**ASK)).aigw.serial, await gw.refresh(), gw.manifest.status()

    return asyncio.run(journey())


subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0700", "tmpfs", folder], check=True)
before = asked() if "copy" in folder else None
subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
try:
    open(os.path.join(folder, "x"), "w")
except OSError as error:
    print(error.strerror)
serial, _, status = asked()
print(serial, status.state, status.last_error)
print(*status.notes)
"""


@pytest.mark.skipif(
    shutil.which("unshare") is None or bool(subprocess.run(["unshare", "-rm", "true"], check=False).returncode),
    reason="only a mount of one's own can be made read-only, and this system gives none",
)
@pytest.mark.parametrize("copy", [True, False], ids=["copy", "nothing"])
@pytest.mark.parametrize("face", ["sync", "async"])
def test_a_read_only_file_system_is_only_a_note(tmp_path: Path, copy: bool, face: str) -> None:
    folder = tmp_path / ("copy" if copy else "nothing")
    folder.mkdir(mode=0o700)
    document = {**manifest("http://127.0.0.1:9/v1"), "providers": {"first": {"kind": "echo"}}}
    with ManifestServer(document) as origin:
        done = python(["unshare", "-rm", sys.executable, "-c", READ_ONLY, origin.url, str(folder), face], tmp_path)
    told = done.stdout.decode().splitlines()
    assert ["Read-only file system", "1 current None"] == told[:2], done.stderr.decode()
    assert copy or "no copy is kept on disk" in told[2]


ENDING = """
import asyncio, socket, sys, threading
import aigw

url, face, what = sys.argv[1:]
asked = threading.Event()
if what == "resolving":
    socket.getaddrinfo = lambda *rest, **more: (asked.set(), threading.Event().wait())


def call():
    ask = dict(model="chat", messages=[{"role": "user", "content": "Hello."}])
    if face == "sync":
        aigw.Gateway(manifest=url, sinks=[]).chat.completions.create(**ask)
    else:
        asyncio.run(aigw.AsyncGateway(manifest=url, sinks=[]).chat.completions.create(**ask))


threading.Thread(target=call, daemon=True).start()
if what == "resolving":
    asked.wait(20)
else:
    sys.stdin.readline()
print("leaving")
"""


@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize("what", ["fetching", "resolving"])
def test_the_interpreter_ends_quietly_with_a_fetch_under_way(tmp_path: Path, face: str, what: str) -> None:
    with ManifestServer() as origin:
        origin.hang()
        url = origin.url if what == "fetching" else TestANameThatNobodyResolves.URL
        with subprocess.Popen(
            [sys.executable, "-W", "error", "-c", ENDING, url, face, what],
            env=environ(tmp_path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert what == "resolving" or origin.wait_for(lambda: len(origin.requests) == 1, 30)
            told = process.communicate(b"\n", timeout=60)
    assert (0, b"leaving\n", b"") == (process.returncode, *told)


def python(command: list[str], folder: Path) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(command, env=environ(folder), capture_output=True, timeout=60, check=False)


def environ(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SRC), "AIGW_CACHE_DIR": str(folder / "cache")}


class TestADiskThatHasRotted:
    def test_is_not_believed_what_nobody_has_written(
        self, journey: Journey, origin: ManifestServer, openai: OpenAIServer, tmp_path: Path
    ) -> None:
        """A flipped bit in a serial would be served, and keep out all that is published below it."""
        journey.start(origin.url, cache_dir=tmp_path)
        journey.ask()
        kept = Path(journey.gw.manifest.status().disk_path)
        journey.face.do(journey.gw.close())
        kept.write_bytes(re.sub(rb'("serial": ?)1', rb"\g<1>9", kept.read_bytes()))

        journey.start(origin.url, cache_dir=tmp_path)
        assert 1 == journey.ask().aigw.serial
        origin.publish(manifest(openai, serial=2))
        assert look(journey) is None
        assert 2 == journey.ask().aigw.serial
        assert b'"serial":2' in kept.read_bytes().replace(b" ", b"")
