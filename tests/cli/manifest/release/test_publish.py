"""`build` and `publish`: from what people write to what all processes fetch, and never over what nobody looked at."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.kit import Run
from tests.cli.manifest.release.release_kit import MANIFEST, Generations, Keeper, Publisher

from aigw.manifest.signing.envelope import read_envelope


def payload(publisher: Publisher, channel: str = "prod") -> Any:
    content = (Path(publisher.store) / "v1" / channel / "current.json").read_bytes()
    return json.loads(read_envelope(content).payload)


def test_one_command_builds_signs_and_publishes(publisher: Publisher) -> None:
    made = publisher.publish()
    verified = publisher("verify", made["place"], "--trust", publisher.pin).json

    assert (1, True, True, True) == (made["serial"], made["signed"], made["fresh"], made["published"])
    assert ("signed", 1, made["digest"]) == (verified["verified"], verified["serial"], verified["digest"])
    assert f"aigw manifest verify {made['place']} --trust {publisher.pin}" == made["next"]


def test_the_serial_is_the_next_one_unless_the_author_wrote_a_higher_one(publisher: Publisher) -> None:
    serials = [publisher.publish()["serial"] for _ in range(2)]
    publisher.manifest.write_text(f"serial: 40\n{MANIFEST}")
    serials += [publisher.publish()["serial"] for _ in range(2)]

    assert [1, 2, 40, 41] == serials


def test_a_document_says_who_it_is_for_and_where_it_is_from(publisher: Publisher) -> None:
    publisher.publish("--audience", "acme", "--channel", "canary", "--repo", "r", "--commit", "c", "--expires", "2h")
    made = payload(publisher, "canary")

    assert ("acme", "canary", 1) == (made["audience"], made["channel"], made["epoch"])
    assert {"repo": "r", "commit": "c"} == made["source"]


def test_overlays_are_laid_over_it(publisher: Publisher) -> None:
    (publisher.folder / "prod.yaml").write_text("tags: {env: prod}\nroutes: [{name: chat, timeout: 5s}]\n")
    publisher.publish("--overlay", str(publisher.folder / "prod.yaml"))
    made = payload(publisher)

    assert {"env": "prod"} == made["tags"]
    assert [{"name": "chat", "targets": ["one/echo-1", "two/echo-2"], "timeout": "5s"}] == made["routes"]


def test_a_ramp_starts_from_what_is_published(publisher: Publisher) -> None:
    publisher.publish()
    publisher.route("two/echo-2")
    publisher.publish("--rollout", "linear-20-6m", "--unit", "tenant")
    rollout = payload(publisher)["rollout"]

    assert ("r-2", "tenant", "linear-20-6m") == (rollout["id"], rollout["unit"], rollout["preset"])
    assert ["one/echo-1", "two/echo-2"] == rollout["base"]["routes"][0]["targets"]


def test_a_ramp_from_nothing_is_refused(publisher: Publisher) -> None:
    said = publisher.fails(
        "publish", str(publisher.manifest), "--to", publisher.store, *publisher.signs, "--rollout", "all-at-once"
    )

    assert "--base FILE" in said


def test_nothing_is_published_over_what_was_not_looked_at(publisher: Publisher) -> None:
    publisher.publish("--over", "0")
    publisher.publish("--over", "1")
    said = publisher.fails("publish", str(publisher.manifest), "--to", publisher.store, *publisher.signs, "--over", "1")

    assert "serial 2 is published, not serial 1" in said


def test_a_manifest_no_process_would_take_is_not_published(publisher: Publisher) -> None:
    publisher.publish()
    publisher.manifest.write_text(MANIFEST.replace("two/echo-2", "three/echo-3"))
    assert "three" in publisher.fails("publish", str(publisher.manifest), "--to", publisher.store, *publisher.signs)
    publisher.manifest.write_text("schema: aigw/v1\nproviders: {one: {kind: echo}}\nallow_direct: true\n")
    said = publisher.fails("publish", str(publisher.manifest), "--to", publisher.store, *publisher.signs)

    assert "0 of 1 routes would be left" in said
    assert 2 == publisher.publish("--ack", "chat is gone for good")["serial"]


def test_who_signs_has_to_be_said(publisher: Publisher) -> None:
    command = ("publish", str(publisher.manifest), "--to", publisher.store)

    assert "--key FILE" in publisher.fails(*command)
    assert "--unsigned" in publisher.fails(*command, *publisher.signs, "--unsigned")
    made = publisher(*command, "--unsigned").json
    assert (False, 0, 0) == (made["signed"], made["signatures"], made["epoch"])


def test_what_is_published_unsigned_or_by_others_gives_no_serial_to_be_signed(publisher: Publisher) -> None:
    publisher("publish", str(publisher.manifest), "--to", publisher.store, "--unsigned", "--serial", str(2**60))
    said = publisher.fails("publish", str(publisher.manifest), "--to", publisher.store, *publisher.signs)

    assert "say --serial" in said
    assert 5 == publisher.publish("--serial", "5")["serial"]


def test_garbage_in_the_bucket_is_published_over_once_the_serial_is_said(publisher: Publisher) -> None:
    made = publisher.publish()
    Path(made["place"]).write_text("<html>")

    assert 2 == publisher.publish("--serial", "2")["serial"]


def test_a_key_of_no_role_does_not_sign(publisher: Publisher) -> None:
    root = str(publisher.folder / "keys" / "root.key")
    said = publisher.fails(
        *("publish", str(publisher.manifest), "--to", publisher.store, "--key", root),
        *("--trust-chain", str(publisher.folder / "trust")),
    )

    assert "has neither the role manifest nor freshness" in said


def test_a_freshness_key_alone_publishes_nothing(publisher: Publisher) -> None:
    key = str(publisher.folder / "keys" / "freshness.key")
    said = publisher.fails(
        *("publish", str(publisher.manifest), "--to", publisher.store, "--key", key),
        *("--trust-chain", str(publisher.folder / "trust")),
    )

    assert "none of its 1 keys signed" in said
    assert not Path(publisher.store, "v1", "prod", "current.json").exists()


def test_a_pipeline_gives_its_key_by_the_environment(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANIFEST_KEY", (publisher.folder / "keys" / "manifest.key").read_text())
    publisher.signs = ("--key", "env:MANIFEST_KEY", "--trust-chain", str(publisher.folder / "trust"))

    assert publisher.publish()["signed"]


def test_what_was_built_is_signed_and_published_as_it_is(publisher: Publisher) -> None:
    built = str(publisher.folder / "built.json")
    trust = str(publisher.folder / "trust")
    said = publisher("build", str(publisher.manifest), "--serial", "7", "--trust-chain", trust, "-o", built).json
    made = publisher("publish", built, "--to", publisher.store, *publisher.signs).json

    assert (7, 1, said["digest"]) == (made["serial"], made["epoch"], made["digest"])
    assert "comes too late" in publisher.fails(
        "publish", built, "--to", publisher.store, *publisher.signs, "--serial", "8"
    )


def test_what_was_built_for_one_channel_is_not_published_in_another(publisher: Publisher) -> None:
    built = str(publisher.folder / "built.json")
    publisher("build", str(publisher.manifest), "--serial", "1", "--channel", "staging", "-o", built)
    said = publisher.fails("publish", built, "--to", publisher.store, "--unsigned", "--channel", "prod")

    assert "aigw manifest promote staging prod" in said


def test_build_writes_json_to_standard_output(publisher: Publisher, run: Run) -> None:
    ran = run("manifest", "build", str(publisher.manifest), "--serial", "3")

    assert (0, "", 3) == (ran.code, ran.err, ran.json["serial"])


def test_build_takes_the_serial_after_what_is_published(publisher: Publisher, run: Run) -> None:
    publisher.publish()
    trust = str(publisher.folder / "trust")
    ran = run("manifest", "build", str(publisher.manifest), "--next-from", publisher.store, "--trust-chain", trust)

    assert (2, 1) == (ran.json["serial"], ran.json["epoch"])


def test_build_without_a_serial_asks_for_one(publisher: Publisher) -> None:
    assert "--serial N" in publisher.fails("build", str(publisher.manifest))


@pytest.mark.parametrize("option", [("--expires", "soon"), ("--fresh-for", "0h")])
def test_a_duration_that_is_none_is_named(publisher: Publisher, option: tuple[str, str]) -> None:
    said = publisher.fails("publish", str(publisher.manifest), "--to", publisher.store, *publisher.signs, *option)

    assert f"{option[0]} is a duration such as 30m, 2h or 90d" in said


def test_two_publishers_who_meet_do_not_lose_a_document(run: Run, tmp_path: Path, keeper: Keeper) -> None:
    publisher = Publisher(run, tmp_path, f"{keeper.url}/config")
    publisher.publish()
    pointer = "/config/v1/prod/current.json"

    def meanwhile() -> None:
        keeper.objects[pointer].tag = '"of-another-publisher"'

    keeper.before_put.append(meanwhile)
    said = publisher.fails("publish", str(publisher.manifest), "--to", publisher.store, *publisher.signs)

    assert "was written by somebody else meanwhile" in said
    assert 1 == json.loads(read_envelope(keeper.objects[pointer].content).payload)["serial"]


def test_s3_google_and_http_are_published_to_alike(
    run: Run,
    tmp_path: Path,
    s3: str,
    google: Generations,
    keeper: Keeper,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", google.url)
    publisher = Publisher(run, tmp_path, "")
    for store in ("s3://releases/aigw", "gs://releases/aigw", keeper.url):
        publisher.store = store
        assert [1, 2] == [publisher.publish()["serial"], publisher.publish("--over", "1")["serial"]]
        assert 3 == publisher.released("rollback", "1")["serial"]
        assert 3 == publisher.released("heartbeat")["serial"]


def test_no_secret_is_in_any_output(run: Run, tmp_path: Path, keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_TOKEN", "Bearer made-up-token")
    publisher = Publisher(run, tmp_path, keeper.url, ("--header", "Authorization=env:STORE_TOKEN"))
    pem = (tmp_path / "keys" / "manifest.key").read_text().splitlines()[1]
    ran = run(
        *("manifest", "publish", str(publisher.manifest), "--to", keeper.url, *publisher.signs, *publisher.options)
    )

    assert 0 == ran.code
    assert {"Bearer made-up-token"} == {headers["authorization"] for _, _, headers in keeper.asked}
    assert not any(secret in ran.out + ran.err for secret in ("made-up-token", pem))


PLAIN = """\
schema: aigw/v1
providers:
  one: {kind: echo}
  far: {kind: openai-compatible, base_url: "http://models.acme.example/v1", api_key: "env:FAR_KEY"}
routes:
  - {name: chat, targets: [one/echo-1, far/m]}
"""


def test_what_lint_calls_an_error_is_not_published_unless_its_author_says_why(publisher: Publisher) -> None:
    publisher.manifest.write_text(PLAIN)
    said = publisher.fails("publish", str(publisher.manifest), "--to", publisher.store, *publisher.signs)
    assert "It is not published: providers.far.base_url: " in said
    assert "# lint: allow plain-http REASON" in said
    publisher.manifest.write_text(f"# lint: allow plain-http a tunnel\n{PLAIN}")

    assert 1 == publisher.publish()["serial"]


def test_what_lint_warns_of_is_said_once_and_published(publisher: Publisher, run: Run) -> None:
    publisher.manifest.write_text(MANIFEST.replace(", two/echo-2", "").replace("  two: {kind: echo}\n", ""))
    command = ("manifest", "publish", str(publisher.manifest), "--to", publisher.store, *publisher.signs)
    first, second = run(*command), run(*command)

    assert (0, 0) == (first.code, second.code)
    assert "(no-fallback)" in first.err
    assert "" == second.err


def test_the_collapse_of_a_manifest_that_has_expired_is_one_too(publisher: Publisher) -> None:
    publisher.publish("--expires", "1s")
    publisher.manifest.write_text("schema: aigw/v1\nproviders: {one: {kind: echo}}\nallow_direct: true\n")
    said = publisher.fails("publish", str(publisher.manifest), "--to", publisher.store, *publisher.signs)

    assert "0 of 1 routes would be left" in said


def test_what_is_published_already_stays_with_the_newest_statement(publisher: Publisher) -> None:
    built, trust = str(publisher.folder / "built.json"), str(publisher.folder / "trust")
    publisher("build", str(publisher.manifest), "--serial", "7", "--trust-chain", trust, "-o", built)
    first, second = (publisher("publish", built, "--to", publisher.store, *publisher.signs).json for _ in range(2))

    assert (7, first["digest"]) == (second["serial"], second["digest"])
    assert 8 == publisher.publish()["serial"]


def test_the_bounds_of_processes_are_asked_before(publisher: Publisher) -> None:
    bounds = publisher.folder / "bounds.yaml"
    bounds.write_text(f"pin: {publisher.pin}\naudience: acme\n")
    command = ("publish", str(publisher.manifest), "--to", publisher.store, *publisher.signs, "--trust", str(bounds))

    assert "this process takes audience 'acme' only" in publisher.fails(*command)
    assert 1 == publisher(*command, "--audience", "acme").json["serial"]


def test_a_manifest_from_standard_input_is_published(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(MANIFEST.encode())))

    assert 1 == publisher("publish", "-", "--to", publisher.store, *publisher.signs).json["serial"]


@pytest.mark.parametrize("command", ["publish", "build"])
def test_what_is_wrong_is_told_where_it_was_written(publisher: Publisher, command: str) -> None:
    publisher.manifest.write_text("serial: 1\n" + MANIFEST.replace("one/echo-1", "none/echo-1"))
    store = ("--to", publisher.store, *publisher.signs) if command == "publish" else ()

    said = publisher.fails(command, str(publisher.manifest), *store)
    assert f"{publisher.manifest}:7: routes[0].targets[0]: unknown provider 'none'" in said


def test_over_a_signed_document_goes_none_without_signatures(publisher: Publisher) -> None:
    publisher.publish()
    said = publisher.fails("publish", str(publisher.manifest), "--to", publisher.store, "--unsigned")

    assert "serial 1 there is signed, and this is not. Sign it: --key KEY" in said
    assert 1 == payload(publisher)["serial"]


def test_a_document_of_a_lower_epoch_is_to_be_built_anew(publisher: Publisher) -> None:
    publisher.publish()
    built = str(publisher.folder / "built.json")
    publisher("build", str(publisher.manifest), "--serial", "2", "-o", built)
    said = publisher.fails("publish", built, "--to", publisher.store, *publisher.signs)

    assert "is of epoch 1, and this is of epoch 0. Build it with --trust-chain FOLDER" in said
    assert 1 == payload(publisher)["serial"]


@pytest.mark.parametrize("option", ["--serial", "--over"])
@pytest.mark.parametrize("number", ["-1", "1.5", "eleven", "²"])
def test_a_serial_is_a_number_that_counts(publisher: Publisher, option: str, number: str) -> None:
    ran = publisher.run(
        *("manifest", "publish", str(publisher.manifest), "--to", publisher.store, "--unsigned", option, number)
    )

    assert (1, "") == (ran.code, ran.out)
    assert f"argument {option}: a serial is a whole number such as 42, not '{number}'" in ran.err


def test_there_is_no_serial_0(publisher: Publisher) -> None:
    command = ("publish", str(publisher.manifest), "--to", publisher.store, "--unsigned")

    assert "serials begin at 1" in publisher.run("manifest", *command, "--serial", "0").err


def test_machines_are_told_what_was_replaced(publisher: Publisher) -> None:
    assert [None, 1] == [publisher.publish()["replaced"] for _ in range(2)]


def test_what_is_built_is_written_to_a_new_folder(publisher: Publisher) -> None:
    built = publisher.folder / "out" / "prod" / "built.json"
    publisher("build", str(publisher.manifest), "--serial", "3", "-o", str(built))

    assert 3 == json.loads(built.read_text())["serial"]
