"""What tests of the transport share: a certificate of our own."""

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout key.pem -out cert.pem"
        " -addext subjectAltName=IP:127.0.0.1,DNS:localhost -addext basicConstraints=critical,CA:TRUE"
    )
    try:
        done = subprocess.run(command.split(), cwd=folder, capture_output=True, check=False)
    except OSError:
        pytest.skip("needs the openssl program to make a certificate")
    if done.returncode:
        pytest.skip(f"openssl could not make a certificate: {done.stderr.decode()[-200:]}")
    return folder
