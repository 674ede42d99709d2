import http.client
import json
from urllib.parse import urlsplit

import pytest

from aigw.testing import ManifestServer


@pytest.fixture
def fetch():
    opened: list[http.client.HTTPConnection] = []

    def get(server: ManifestServer, etag: str | None = None, path: str | None = None) -> http.client.HTTPResponse:
        address = urlsplit(server.url)
        connection = http.client.HTTPConnection(address.netloc, timeout=10)
        opened.append(connection)
        connection.request("GET", path or address.path, headers={} if etag is None else {"if-none-match": etag})
        return connection.getresponse()

    yield get
    for connection in opened:
        connection.close()


@pytest.fixture
def manifests():
    with ManifestServer() as server:
        yield server


def test_nothing_is_found_until_something_is_published(manifests, fetch):
    assert fetch(manifests).status == 404


def test_a_document_is_served_as_the_bytes_published(manifests, fetch):
    etag = manifests.publish("serial: 1\n# ü\n")
    response = fetch(manifests)

    assert (response.status, response.headers["etag"]) == (200, etag)
    assert response.read() == "serial: 1\n# ü\n".encode()


def test_a_mapping_is_served_as_json(fetch):
    with ManifestServer({"serial": 1}) as server:
        response = fetch(server)

        assert response.headers["content-type"] == "application/json"
        assert json.loads(response.read()) == {"serial": 1}


@pytest.mark.parametrize("how", ["{}", "W/{}", '"other", {}', "*"])
def test_who_has_the_document_already_is_told_so(manifests, fetch, how):
    etag = manifests.publish("serial: 1")
    response = fetch(manifests, how.format(etag))

    assert (response.status, response.headers["etag"], response.read()) == (304, etag, b"")


def test_publishing_anew_changes_the_etag_only_if_the_bytes_changed(manifests, fetch):
    first = manifests.publish("serial: 1")

    assert manifests.publish("serial: 1") == first
    assert manifests.publish("serial: 2") != first
    assert fetch(manifests, first).read() == b"serial: 2"


def test_a_failure_lasts_until_recovery(manifests, fetch):
    manifests.publish("serial: 1")
    manifests.fail(503, headers={"retry-after": "9"}, body=b"down")
    failed = fetch(manifests)

    assert (failed.status, failed.headers["retry-after"], failed.read()) == (503, "9", b"down")
    manifests.recover()
    assert fetch(manifests).read() == b"serial: 1"


def test_publishing_ends_a_failure(manifests, fetch):
    manifests.fail()
    manifests.publish("serial: 2")

    assert fetch(manifests).status == 200


def test_a_hang_answers_nothing(manifests):
    manifests.publish("serial: 1")
    manifests.hang()
    connection = http.client.HTTPConnection(urlsplit(manifests.url).netloc, timeout=10)
    connection.request("GET", "/manifest.yaml")
    assert manifests.wait_for(lambda: len(manifests.requests) == 1)

    connection.close()

    assert manifests.requests[0].disconnected.wait(5)


def test_only_the_manifest_is_there(manifests, fetch):
    manifests.publish("serial: 1")

    assert fetch(manifests, path="/other").status == 404


def test_requests_are_kept_with_their_etags(manifests, fetch):
    fetch(manifests)
    fetch(manifests, '"x"')

    assert [request.headers.get("if-none-match") for request in manifests.requests] == [None, '"x"']
