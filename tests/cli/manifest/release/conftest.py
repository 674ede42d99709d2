import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.kit import Run
from tests.cli.manifest.release.release_kit import Generations, Keeper, Publisher, serving


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    yield from serving(Keeper())


@pytest.fixture
def google() -> Iterator[Generations]:
    yield from serving(Generations(is_open=True))


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """moto's server, in a process of its own, on a port that it finds itself."""
    pytest.importorskip("moto.server", reason="moto, the S3-compatible server, is not installed")
    command = [sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            yield next(found[1] for line in process.stderr if (found := re.search(r"Running on (http://\S+)", line)))
        finally:
            process.terminate()
            process.communicate()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a server with the empty bucket `releases`."""
    for name, value in (("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "made-up-secret")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_server)
    for method, path in (("POST", "/moto-api/reset"), ("PUT", "/releases")):
        request = urllib.request.Request(f"{s3_server}{path}", method=method, data=b"")
        request.add_header(
            "Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/us-east-1/s3/aws4_request"
        )
        urllib.request.urlopen(request, timeout=20).close()
    return s3_server


@pytest.fixture
def publisher(run: Run, tmp_path: Path) -> Publisher:
    """Someone who publishes to a folder."""
    return Publisher(run, tmp_path, str(tmp_path / "public"))
