"""A source is told from what is none, and what a server says beside the document does no harm."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.manifest.delivery.following_kit import following, serial
from tests.manifest.manifest_kit import Origin, StillClock

from aigw.errors import ConfigurationError
from aigw.manifest.delivery.sources import source_of


@pytest.fixture
def origin() -> Iterator[Origin]:
    server = Origin()
    yield server
    server.close()


@pytest.mark.parametrize(
    "url", ["https://[config.example/m", "https://user:word@[::1/m", "https://:443/m", "ftp://a/b"]
)
def test_what_names_no_host_is_no_url_and_is_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError, match="must begin with https://") as caught:
        source_of(url)
    assert url not in str(caught.value)


@pytest.mark.parametrize("letters", [9_000, 60_000])
def test_an_etag_of_many_letters_spoils_no_copy_on_disk(origin: Origin, tmp_path: Path, letters: int) -> None:
    origin.etags = False
    origin.headers = {"ETag": f'"{"a" * letters}"'}
    first = following(origin, StillClock(), tmp_path / "c")
    first.tick()
    first.close()
    origin.status = 503

    again = following(origin, StillClock(), tmp_path / "c")
    again.tick()

    assert 7 == serial(again)
    assert "if-none-match" not in origin.asked[-1]
    again.close()
