"""`publish --plan`: what goes out is what was looked at, over what it was compared with, or nothing does."""

import json
from typing import Any

import pytest
from tests.cli.manifest.release.release_kit import MANIFEST, Publisher
from tests.cli.manifest.release.test_publish import payload

CASES = """\
schema: aigw/manifest-tests/v1
cases:
  - {name: one, call: {model: chat}, expect: {target: one/echo-1}}
"""


class Planner:
    """Someone who publishes, and has each change looked at before."""

    def __init__(self, publisher: Publisher) -> None:
        self.publisher = publisher
        self.current = publisher.publish()["place"]
        self.file = publisher.folder / "plans" / "plan.json"
        (publisher.folder / "cases.yaml").write_text(CASES)

    def plan(self, *options: str, base: str | None = None, new: str | None = None) -> Any:
        """Plan the manifest, which may fail its gates, and give the plan."""
        cases = str(self.publisher.folder / "cases.yaml")
        self.publisher.run(
            *("manifest", "plan", new or str(self.publisher.manifest), "--from-cases", cases),
            *("--base", base or self.current, "-o", str(self.file), *options),
        )
        return json.loads(self.file.read_text())

    def command(self, *options: str, source: str | None = None) -> tuple[str, ...]:
        named = source or str(self.publisher.manifest)
        return ("publish", named, "--to", self.publisher.store, *self.publisher.signs, *options, "--plan")

    def publish(self, *options: str, source: str | None = None) -> Any:
        return self.publisher(*self.command(*options, source=source), str(self.file)).json

    def refused(self, *options: str, source: str | None = None) -> str:
        said = self.publisher.fails(*self.command(*options, source=source), str(self.file))
        assert 1 == payload(self.publisher)["serial"]
        return said


@pytest.fixture
def planner(publisher: Publisher) -> Planner:
    made = Planner(publisher)
    publisher.manifest.write_text(f"serial: 2\n{MANIFEST.replace('one/echo-1, ', '')}")
    return made


def test_what_was_planned_over_what_is_published_goes_out(planner: Planner) -> None:
    planner.plan()
    made = planner.publish("--rollout", "linear-20-6m")

    assert (2, 1) == (made["serial"], made["replaced"])
    assert "source" not in payload(planner.publisher)


def test_a_plan_that_did_not_pass_stops_it_and_says_which_gate(planner: Planner) -> None:
    planner.plan("--max-moved", "0")
    said = planner.refused()

    assert "--max-moved: 1 of 1 calls" in said
    assert "--ack-incident" in said


def test_why_it_is_meant_goes_along(planner: Planner) -> None:
    planner.plan("--max-moved", "0", "--ack-incident", "INC-42: one is down")
    planner.publish()

    assert {"ack": "INC-42: one is down"} == payload(planner.publisher)["source"]


def test_over_something_else_than_the_plans_base_it_does_not_go_out(planner: Planner) -> None:
    (planner.publisher.folder / "other.yaml").write_text(f"serial: 1\n{MANIFEST}")
    planner.plan(base=str(planner.publisher.folder / "other.yaml"))

    assert "serial 1 (digest " in planner.refused()


def test_a_plan_over_something_is_none_over_nothing(planner: Planner) -> None:
    planner.plan()
    said = planner.publisher.fails(*planner.command("--channel", "canary"), str(planner.file))

    assert "nothing is published now" in said


def test_another_document_than_the_planned_one_does_not_go_out(planner: Planner) -> None:
    planner.plan()
    overlay = planner.publisher.folder / "prod.yaml"
    overlay.write_text("tags: {env: prod}\n")

    assert "is about another document" in planner.refused("--overlay", str(overlay))


def test_what_was_built_goes_out_by_the_plan_of_what_was_written(planner: Planner) -> None:
    publisher = planner.publisher
    planner.plan()
    built, trust = str(publisher.folder / "built.json"), str(publisher.folder / "trust")
    ramp = ("--rollout", "linear-20-6m", "--base", planner.current)
    publisher("build", str(publisher.manifest), "--serial", "2", "--trust-chain", trust, "-o", built, *ramp)

    assert 2 == planner.publish(source=built)["serial"]


def test_what_was_built_has_to_bring_its_acknowledgement(planner: Planner) -> None:
    publisher = planner.publisher
    planner.plan("--max-moved", "0", "--ack-incident", "INC-42")
    built, trust = str(publisher.folder / "built.json"), str(publisher.folder / "trust")
    build = ("build", str(publisher.manifest), "--serial", "2", "--trust-chain", trust, "-o", built)
    publisher(*build)
    assert "aigw manifest build --ack" in planner.refused(source=built)
    publisher(*build, "--ack", "INC-42")

    assert 2 == planner.publish(source=built)["serial"]


def test_a_plan_without_a_base_is_taken_over_anything(planner: Planner) -> None:
    plan = planner.plan()
    planner.file.write_text(json.dumps({**plan, "base": None}))

    assert 2 == planner.publish()["serial"]


def test_a_null_in_the_source_is_no_difference(planner: Planner) -> None:
    manifest = planner.publisher.manifest
    manifest.write_text(manifest.read_text().replace("one: {kind: echo}", "one: {kind: echo, base_url: null}"))
    planner.plan()

    assert 2 == planner.publish()["serial"]


@pytest.mark.parametrize("text", ["[", "[]", "{}", '{"schema": "aigw/plan/v1", "passed": true}'])
def test_what_is_no_plan_is_refused(planner: Planner, text: str) -> None:
    planner.file.parent.mkdir()
    planner.file.write_text(text)

    assert "is no plan (aigw/plan/v1)" in planner.refused()


def test_a_plan_that_does_not_say_that_it_passed_did_not(planner: Planner) -> None:
    plan = planner.plan()
    planner.file.write_text(json.dumps({**plan, "passed": "no"}))

    assert "it does not say that it passed" in planner.refused()


def test_a_plan_that_is_not_there_is_named(planner: Planner) -> None:
    assert f"{planner.file} cannot be read" in planner.refused()
