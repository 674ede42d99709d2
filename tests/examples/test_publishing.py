"""The pipelines of `examples/publishing` are run, each line of shell in them, in a repository with a store and a fleet.

Left out, for they need the hosted runner: the actions (`uses:`), `pip install` and `gh`. What they are called with is
looked at.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.examples.publishing_kit import (
    CHANNELS,
    EXAMPLE,
    World,
    gitlab_runs,
    metrics_of,
    prepared,
    runs,
    served,
    workflow,
)

import aigw
from aigw.testing.http import Server
from aigw.testing.transmission import Transmission

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "git", "curl"))), reason="the pipelines call bash, git and curl"
)
WORKFLOWS = sorted(path.name for path in (EXAMPLE / ".github" / "workflows").iterdir())
SWAPPED: Final = (
    "- openai/gpt-4.1\n      - anthropic/claude-sonnet-4-5",
    "- anthropic/claude-sonnet-4-5\n      - openai/gpt-4.1",
)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which all was done that the README says is done once."""
    folder = tmp_path_factory.mktemp("begun")
    prepared(folder)
    once = re.search(r"## Once.*?```bash\n(.*?)```", (EXAMPLE / "README.md").read_text(), re.DOTALL)
    assert once is not None
    with served(folder / "store") as public:
        world = World(folder, public)
        done = world.shell(once[1], {"MANIFEST_STORE": str(world.store), "MANIFEST_URL": public})
    assert (0, "manifest.tests.yaml: 3 of 3 cases hold\n") == (done.returncode, done.stderr)
    (world.repo / "keys").rename(folder / "keys")
    world.git("init", "-q")
    world.git("add", "--all")
    world.git("commit", "-qm", "begin")
    subprocess.run(["git", "clone", "-q", "--bare", "repo", "origin.git"], cwd=folder, check=True, timeout=60)
    world.git("remote", "add", "origin", "../origin.git")
    world.git("fetch", "-q", "origin")
    return folder


@pytest.fixture
def world(begun: Path, tmp_path: Path) -> Iterator[World]:
    """A copy of what was begun, and a process on each channel."""
    folder = tmp_path / "world"
    shutil.copytree(begun, folder, symlinks=True)
    with ExitStack() as held:
        made = World(folder, held.enter_context(served(folder / "store")))
        made.metrics = {channel: held.enter_context(_process(made, channel, held)).origin for channel in CHANNELS}
        _tell_github(made)
        yield made


def _process(world: World, channel: str, held: ExitStack) -> Server:
    gateway = held.enter_context(
        aigw.Gateway(
            manifest=f"{world.public}/v1/{channel}/current.json",
            trust=aigw.Trust(pin=world.pin, audience="acme/llm-platform", channel=channel, require="fresh"),
            cache_dir=world.folder / f"cache-{channel}",
            sinks=[],
        )
    )
    return metrics_of(gateway)


def _tell_github(world: World) -> None:
    world.github = {
        "vars.MANIFEST_STORE": str(world.store),
        "vars.MANIFEST_URL": world.public,
        "vars.MANIFEST_PIN": world.pin,
        "vars.MANIFEST_TRAFFIC": "",
        "secrets.MANIFEST_KEY": world.secret("manifest.key"),
        "secrets.FRESHNESS_KEY": world.secret("freshness.key"),
        "github.repository": "acme/manifest",
        "github.sha": world.git("rev-parse", "HEAD").strip(),
        "github.token": "ghs_token",
        "github.base_ref": "main",
        "github.event.pull_request.number": "12",
    }


def _gitlab(world: World, channel: str = "prod") -> dict[str, str]:
    return {
        "MANIFEST_STORE": str(world.store),
        "MANIFEST_URL": world.public,
        "MANIFEST_PIN": world.pin,
        "MANIFEST_KEY": world.secret("manifest.key"),
        "FRESHNESS_KEY": world.secret("freshness.key"),
        "MANIFEST_METRICS": world.metrics[channel],
        "MANIFEST_ROLE": "arn:aws:iam::1:role/manifest",
        "AWS_TOKEN": "token",
        "RUNNER_TEMP_DIR": str(world.folder),
        "CI_PROJECT_PATH": "acme/manifest",
        "CI_COMMIT_SHA": world.git("rev-parse", "HEAD").strip(),
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "12",
        "REVIEW_TOKEN": "token",
    }


def _change(world: World) -> None:
    """Put the other provider first, in the manifest and in what is expected of it."""
    world.git("checkout", "-qb", "change")
    manifest, tests = world.repo / "manifest.yaml", world.repo / "manifest.tests.yaml"
    manifest.write_text(manifest.read_text().replace(*SWAPPED))
    before, after = (text.replace("\n", "\n  ") for text in SWAPPED)
    tests.write_text(tests.read_text().replace(before, after))
    world.git("commit", "-qam", "Anthropic first")


def _failed(done: list[tuple[str, "subprocess.CompletedProcess[str]"]]) -> list[tuple[str, str]]:
    return [(name, ended.stdout + ended.stderr) for name, ended in done if ended.returncode]


def test_a_pull_request_is_judged_and_its_reviewers_are_told_what_changes(world: World) -> None:
    _change(world)
    done = runs(world, "manifest-review.yml", "review")
    review = (world.repo / "review.md").read_text()

    assert [] == _failed(done)
    names = [step["name"] for step in workflow("manifest-review.yml")["jobs"]["review"]["steps"] if "run" in step]
    assert names == [name for name, _ in done]
    assert "chat-default" in review
    assert "anthropic/claude-sonnet-4-5" in review
    assert review == (world.folder / "summary.md").read_text()
    assert "gh pr comment 12 --body-file review.md --edit-last --create-if-none" in world.called()
    assert "-m pip install aigw[signing]" in world.called()


def test_a_change_that_contradicts_its_tests_stops_the_pull_request_there(world: World) -> None:
    manifest = world.repo / "manifest.yaml"
    manifest.write_text(manifest.read_text().replace(*SWAPPED))
    failed = _failed(runs(world, "manifest-review.yml", "review"))

    assert ["Test"] == [name for name, _ in failed]
    assert "::error " in failed[0][1]
    assert not any(line.startswith("gh ") for line in world.called())


def test_recorded_traffic_is_replayed_and_a_gate_stops_what_moves_too_much(world: World) -> None:
    _change(world)
    record: dict[str, object] = {"call_id": "c", "at": 1.0, "surface": "chat", "model": "chat-default", "stream": False}
    record |= {"route": "chat-default", "serial": 1, "digest": "d", "outcome": "ok", "target": "openai/gpt-4.1"}
    (world.store / "calls.jsonl").write_text((json.dumps(record) + "\n") * 20)
    world.github["vars.MANIFEST_TRAFFIC"] = f"{world.public}/calls.jsonl"
    failed = _failed(runs(world, "manifest-review.yml", "review"))

    assert ["Plan"] == [name for name, _ in failed]
    assert "100" in (world.repo / "review.md").read_text()
    assert "gh pr comment 12 --body-file review.md --edit-last --create-if-none" in world.called()


def test_a_merge_is_published_to_the_canaries_and_then_to_all_in_stages(world: World) -> None:
    _change(world)
    done = [*runs(world, "manifest-release.yml", "canary"), *runs(world, "manifest-release.yml", "prod")]
    canary, prod = world.current("canary"), world.current("prod")

    assert [] == _failed(done)
    assert (2, "signed", None) == (canary["serial"], canary["verified"], canary["rollout"])
    assert (2, "signed", "r-2") == (prod["serial"], prod["verified"], prod["rollout"])
    assert prod["fresh"]
    assert "100.0% of 1 processes at serial 2" in done[-1][1].stdout


def test_a_heartbeat_says_of_each_channel_that_it_is_fresh(world: World) -> None:
    before = {channel: (world.store / "v1" / channel / "current.json").read_bytes() for channel in CHANNELS}
    world.github.pop("secrets.MANIFEST_KEY")
    done = runs(world, "manifest-heartbeat.yml", "heartbeat")

    assert [] == _failed(done)
    assert ["canary", "prod"] == [name for name in CHANNELS if world.current(name)["fresh"]]
    assert [1, 1] == [world.current(channel)["serial"] for channel in CHANNELS]
    assert all(before[name] != (world.store / "v1" / name / "current.json").read_bytes() for name in CHANNELS)


def test_by_hand_a_route_is_led_elsewhere_and_a_release_taken_back(world: World) -> None:
    inputs = {"route": "chat-default", "from": "openai", "to": "anthropic", "for": "2h", "serial": "1"}
    world.github |= {f"inputs.{name}": value for name, value in inputs.items()}
    world.github |= {"inputs.why": 'INC-42 "$(touch pwned)"', "inputs.action": "flip"}
    flipped = runs(world, "manifest-outage.yml", "outage")
    detoured = world.current("prod")["serial"]
    world.github["inputs.action"] = "rollback"
    back = runs(world, "manifest-outage.yml", "outage")

    assert [] == _failed([*flipped, *back])
    assert ["Install", "Flip", "Verify from outside", "Watch"] == [name for name, _ in flipped]
    assert ["Install", "Roll back", "Verify from outside", "Watch"] == [name for name, _ in back]
    assert (2, 3) == (detoured, world.current("prod")["serial"])
    assert "route chat-default goes to anthropic/claude-sonnet-4-5" in flipped[1][1].stdout
    assert not (world.repo / "pwned").exists()


def test_gitlab_reviews_and_tells_the_merge_request(world: World) -> None:
    _change(world)
    with Server(lambda _request: Transmission(status=201)) as api:
        done = gitlab_runs(world, "review", {**_gitlab(world), "CI_API_V4_URL": f"{api.origin}/api/v4"})

    assert 0 == done.returncode, done.stdout + done.stderr
    (note,) = api.requests
    assert "/api/v4/projects/3/merge_requests/12/notes" == note.path
    assert b"chat-default" in note.body
    assert "token" == note.headers["private-token"]


def test_gitlab_publishes_beats_flips_and_goes_back(world: World) -> None:
    outage = {"WHY": "INC-42", "FLIP_ROUTE": "chat-default", "FLIP_FROM": "openai", "FLIP_TO": "anthropic"}
    outage |= {"FLIP_FOR": "30m", "ROLLBACK_TO": "1"}
    done = {
        name: gitlab_runs(world, name, {**_gitlab(world, channel), **outage})
        for name, channel in (
            ("canary", "canary"),
            ("prod", "prod"),
            ("heartbeat", "prod"),
            ("flip", "prod"),
            ("rollback", "prod"),
        )
    }

    assert {} == {name: one.stdout + one.stderr for name, one in done.items() if one.returncode}
    assert (2, 4) == (world.current("canary")["serial"], world.current("prod")["serial"])


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_asks_for_no_more_than_it_needs_and_takes_no_text_into_its_scripts(name: str) -> None:
    flow = workflow(name)
    steps = [step for job in flow["jobs"].values() for step in job["steps"]]

    assert "bash" == flow["defaults"]["run"]["shell"]
    assert "read" == flow["permissions"]["contents"]
    assert {"contents", "id-token", "pull-requests"} >= set(flow["permissions"])
    assert all(("uses" in step) != ("run" in step) for step in steps)
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"]) for step in steps if "uses" in step)
    assert [] == [step["name"] for step in steps if "${{" in step.get("run", "")]


@pytest.mark.parametrize("name", [name for name in WORKFLOWS if name != "manifest-review.yml"])
def test_publishers_take_turns_and_are_never_cut_short(name: str) -> None:
    flow = workflow(name)

    assert {"group": "manifest", "cancel-in-progress": False} == flow["concurrency"]
    assert all("environment" in job for job in flow["jobs"].values())


def test_prod_waits_for_the_canaries_and_a_heartbeat_comes_every_six_hours() -> None:
    assert "canary" == workflow("manifest-release.yml")["jobs"]["prod"]["needs"]
    assert [{"cron": "17 */6 * * *"}] == workflow("manifest-heartbeat.yml")["on"]["schedule"]


def test_the_heartbeat_has_no_key_that_could_publish() -> None:
    assert "MANIFEST_KEY" not in (EXAMPLE / ".github" / "workflows" / "manifest-heartbeat.yml").read_text()


def test_every_job_of_gitlabs_has_a_stage_and_a_rule() -> None:
    read: dict[str, Any] = yaml.safe_load((EXAMPLE / ".gitlab-ci.yml").read_text())
    jobs = {name: job for name, job in read.items() if name not in {"stages", "default", ".publisher"}}

    assert set(read["stages"]) == {job["stage"] for job in jobs.values()}
    assert all(job["rules"] for job in jobs.values())
    assert {"review"} == {name for name, job in jobs.items() if "extends" not in job}
