"""`flip`, `rollback`, `promote`, `heartbeat`: what is published is changed, and only if its keys are today's."""

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.cli.kit import Run
from tests.cli.manifest.release.release_kit import MANIFEST, Keeper, Publisher

from aigw.manifest.signing.envelope import read_envelope


def current(publisher: Publisher, channel: str = "prod") -> Any:
    content = (Path(publisher.store) / "v1" / channel / "current.json").read_bytes()
    return json.loads(read_envelope(content).payload)


def flip(publisher: Publisher, *options: str) -> Any:
    return publisher.released("flip", "--route", "chat", *(options or ("--to", "two", "--for", "2h")))


def test_a_flip_says_where_calls_go_and_when_they_come_back(publisher: Publisher) -> None:
    publisher.publish()
    made = flip(publisher, "--from", "one", "--to", "two", "--for", "2h", "--why", "INC-42")
    route = current(publisher)["routes"][0]

    assert (2, 1, ["two/echo-2"]) == (made["serial"], made["back_to"], made["targets"])
    assert {"targets": ["two/echo-2"], "until": made["until"], "why": "INC-42"} == route["instead"]
    issued, until = datetime.fromisoformat(made["issued_at"]), datetime.fromisoformat(made["until"])
    assert 2 * 3600 == (until - issued).total_seconds()


def test_a_flip_lasts_no_longer_than_the_document(publisher: Publisher) -> None:
    publisher.publish("--expires", "1h")
    made = flip(publisher, "--to", "two", "--for", "5h")

    assert made["until"] < made["expires_at"]


def test_a_flip_says_what_to_do_about_it_to_people(publisher: Publisher, run: Run) -> None:
    publisher.publish()
    command = ("flip", "--route", "chat", "--to", "two", "--for", "2h", "--store", publisher.store, *publisher.signs)
    out = run("manifest", *command).out

    assert "route chat goes to two/echo-2, then one/echo-1" in out
    assert "it goes back by itself at 20" in out
    assert "to end it before: aigw manifest rollback 1" in out


def test_a_flip_of_what_is_not_there_changes_nothing(publisher: Publisher) -> None:
    command = ("flip", "--route", "chta", "--to", "two", "--for", "2h", "--store", publisher.store, *publisher.signs)

    assert "nothing is published yet" in publisher.fails(*command)
    publisher.publish()
    assert "There is no route 'chta'; the manifest has chat." in publisher.fails(*command)
    assert 1 == current(publisher)["serial"]


def test_a_flip_to_an_unknown_provider_is_refused_as_processes_would(publisher: Publisher) -> None:
    publisher.publish()
    command = ("flip", "--route", "chat", "--to", "tow/echo-2", "--for", "2h", "--store", publisher.store)

    assert "unknown provider 'tow'" in publisher.fails(*command, *publisher.signs)


def test_an_acknowledgement_is_not_taken_over_by_a_flip(publisher: Publisher) -> None:
    publisher.publish("--ack", "much goes", "--repo", "r")
    flip(publisher)

    assert {"change": "flip of chat to two"} == current(publisher)["source"]


def test_a_rollback_is_the_old_content_under_a_new_serial(publisher: Publisher) -> None:
    publisher.publish()
    publisher.route("two/echo-2")
    publisher.publish()
    made = publisher.released("rollback", "1", "--why", "it was better")
    document = current(publisher)

    assert (3, 1) == (made["serial"], made["back_to"])
    assert ["one/echo-1", "two/echo-2"] == document["routes"][0]["targets"]
    assert {"change": "rollback to serial 1", "ack": "rollback to serial 1: it was better"} == document["source"]


def test_a_rollback_does_not_begin_an_old_ramp_anew(publisher: Publisher) -> None:
    publisher.publish()
    publisher.publish("--rollout", "linear-20-6m")
    publisher.publish()
    publisher.released("rollback", "2")

    assert "rollout" not in current(publisher)


def test_a_rollback_holds_though_what_was_then_has_expired(publisher: Publisher) -> None:
    publisher.publish("--expires", "1h")
    publisher.publish()
    made = publisher.released("rollback", "1")

    issued, expires = datetime.fromisoformat(made["issued_at"]), datetime.fromisoformat(made["expires_at"])
    assert 90 == (expires - issued).days


def test_a_serial_nobody_published_is_not_gone_back_to(publisher: Publisher) -> None:
    publisher.publish()
    command = ("rollback", "9", "--store", publisher.store, *publisher.signs)

    assert "no release of serial 9" in publisher.fails(*command)


def test_promotion_takes_the_content_to_the_next_serial_of_the_other_channel(publisher: Publisher) -> None:
    publisher.publish()
    publisher.publish()
    publisher.route("two/echo-2")
    staged = publisher.publish("--channel", "staging")
    made = publisher.released("promote", "staging", "prod")
    document = current(publisher)

    assert (1, 3) == (staged["serial"], made["serial"])
    assert ("prod", ["two/echo-2"]) == (document["channel"], document["routes"][0]["targets"])
    assert "promotion of staging serial 1" == document["source"]["change"]


def test_promotion_may_be_a_ramp_from_what_the_channel_offers(publisher: Publisher) -> None:
    publisher.publish()
    publisher.route("two/echo-2")
    publisher.publish("--channel", "staging", "--rollout", "all-at-once", "--base", str(publisher.manifest))
    publisher.released("promote", "staging", "prod", "--rollout", "canary-10x2-20m")
    rollout = current(publisher)["rollout"]

    assert "canary-10x2-20m" == rollout["preset"]
    assert ["one/echo-1", "two/echo-2"] == rollout["base"]["routes"][0]["targets"]


def test_a_channel_is_not_promoted_to_itself(publisher: Publisher) -> None:
    publisher.publish()

    said = publisher.fails("promote", "prod", "prod", "--store", publisher.store, *publisher.signs)
    assert "FROM and TO are both 'prod'" in said


def test_a_heartbeat_without_a_key_is_told_what_it_needs(publisher: Publisher) -> None:
    publisher.publish()

    said = publisher.fails("heartbeat", "--store", publisher.store)
    assert "role freshness" in said
    assert "--unsigned" not in said


def test_nothing_is_promoted_from_an_empty_channel(publisher: Publisher) -> None:
    command = ("promote", "staging", "prod", "--store", publisher.store, *publisher.signs)

    assert "nothing in channel 'staging'" in publisher.fails(*command)


def test_a_heartbeat_needs_the_freshness_key_only_and_changes_nothing_else(publisher: Publisher) -> None:
    before = publisher.publish()
    keys = publisher.folder / "keys"
    publisher.signs = ("--key", str(keys / "freshness.key"), "--trust-chain", str(publisher.folder / "trust"))
    made = publisher.released("heartbeat", "--fresh-for", "6h")
    verified = publisher("verify", before["place"], "--trust", publisher.pin).json

    assert before["digest"] == made["digest"] == verified["digest"]
    assert made["fresh_until"] == verified["fresh_until"]


def test_a_heartbeat_by_another_key_is_refused(publisher: Publisher) -> None:
    publisher.publish()
    keys = publisher.folder / "keys"
    said = publisher.fails(
        *("heartbeat", "--store", publisher.store, "--key", str(keys / "manifest.key")),
        *("--trust-chain", str(publisher.folder / "trust")),
    )

    assert "None of the keys has the role freshness" in said


def forge(publisher: Publisher, channel: str, serial: int) -> None:
    """Put somebody else's document where ours was: what whoever can write to the bucket can do."""
    folder = publisher.folder / "elsewhere"
    folder.mkdir()
    other = Publisher(publisher.run, folder, str(folder / "public"))
    other.manifest.write_text(MANIFEST.replace("one/echo-1", "one/evil"))
    other.publish("--channel", channel, "--serial", str(serial))
    target = Path(publisher.store) / "v1" / channel
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder / "public" / "v1" / channel, target)


@pytest.mark.parametrize(
    ("channel", "command"),
    [
        ("prod", ("flip", "--route", "chat", "--to", "two", "--for", "2h")),
        ("prod", ("rollback", "7", "--serial", "9")),
        ("prod", ("heartbeat",)),
        ("staging", ("promote", "staging", "prod")),
        ("prod", ("promote", "staging", "prod")),
    ],
)
def test_what_an_attacker_put_into_the_store_is_never_signed_by_us(
    publisher: Publisher, channel: str, command: tuple[str, ...]
) -> None:
    publisher.publish("--channel", "staging")
    publisher.publish()
    forge(publisher, channel, 7)
    said = publisher.fails(*command, "--store", publisher.store, *publisher.signs)

    assert "is not to be signed anew" in said
    assert "SIG" not in said


def test_what_is_to_be_signed_by_others_as_well_is_written_and_not_published(publisher: Publisher) -> None:
    publisher.publish()
    file = publisher.folder / "flip.json"
    made = flip(publisher, "--to", "two", "--for", "2h", "-o", str(file))

    assert (False, 1) == (made["published"], current(publisher)["serial"])
    assert 2 == publisher("publish", str(file), "--to", publisher.store, *publisher.signs).json["serial"]


def test_the_old_release_stays_where_it_was(publisher: Publisher) -> None:
    publisher.publish()
    folder = Path(publisher.store) / "v1" / "prod"
    first = {path.name: path.read_bytes() for path in folder.iterdir() if path.name.startswith("1")}
    flip(publisher)
    publisher.released("rollback", "1")

    assert first == {name: (folder / name).read_bytes() for name in first}
    assert {".lock", "current.json"} == {path.name for path in folder.iterdir() if not path.name[0].isdigit()}


def test_a_document_of_ours_that_somebody_moved_to_another_channel_is_not_promoted(publisher: Publisher) -> None:
    publisher.publish()
    publisher.publish("--channel", "staging")
    folder = Path(publisher.store) / "v1"
    shutil.copy(folder / "prod" / "current.json", folder / "staging" / "current.json")
    said = publisher.fails("promote", "staging", "prod", "--store", publisher.store, *publisher.signs)

    assert "it lies in channel 'staging', and says 'prod'" in said


def test_an_outage_is_not_held_up_by_lint_which_says_what_is_new(publisher: Publisher, run: Run) -> None:
    publisher.route("two/echo-2")
    publisher.publish()
    publisher.route("one/echo-1", "two/echo-2")
    publisher.publish()
    ran = run("manifest", "rollback", "1", "--store", publisher.store, *publisher.signs)

    assert 0 == ran.code
    assert "aigw: warning: routes[0].targets: " in ran.err
    assert "(no-fallback)" in ran.err


def test_a_heartbeat_that_meets_a_publication_leaves_it_in_force(run: Run, tmp_path: Path, keeper: Keeper) -> None:
    publisher = Publisher(run, tmp_path, keeper.url)
    publisher.publish()
    pointer = keeper.objects["/v1/prod/current.json"]
    keeper.before_put.append(lambda: setattr(pointer, "tag", '"of-another-publisher"'))
    before = pointer.content

    assert "by somebody else" in publisher.fails("heartbeat", "--store", keeper.url, *publisher.signs)
    assert before == keeper.objects["/v1/prod/current.json"].content


def test_a_heartbeat_does_not_keep_what_has_expired_alive(publisher: Publisher) -> None:
    publisher.publish("--expires", "1s")
    until = datetime.fromisoformat(current(publisher)["expires_at"]).timestamp()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aigw.cli.manifest.release.desk.time.time", lambda: until + 1)
        said = publisher.fails("heartbeat", "--store", publisher.store, *publisher.signs)

    assert "it expired 1 s ago" in said
