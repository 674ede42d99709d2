"""`aigw manifest plan` replays what a real gateway recorded, and stops what nobody means."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.kit import Run

import aigw
from aigw.sinks.jsonl import JsonLinesSink

OLD = """\
schema: aigw/v1
serial: 7
providers:
  first: {kind: echo}
  second: {kind: echo}
models: {gone: first/echo-9}
routes:
  - {name: chat, targets: [first/echo-1, second/echo-2]}
  - {name: summaries, targets: [first/echo-1]}
"""
NEW = """\
schema: aigw/v1
serial: 8
providers:
  first: {kind: echo}
  second: {kind: echo}
routes:
  - {name: chat, targets: [second/echo-2]}
  - {name: summaries, targets: [first/echo-1]}
"""
QUESTION = [{"role": "user", "content": "What is secret?"}]
CASES = """\
schema: aigw/manifest-tests/v1
cases:
  - {name: one, call: {model: chat, tags: {app: shop}}, expect: {target: second/echo-2}}
  - {name: two, call: {model: gone}, expect: {refused: model_not_found}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "old.yaml").write_text(OLD)
    (tmp_path / "new.yaml").write_text(NEW)
    (tmp_path / "new.tests.yaml").write_text(CASES)
    return tmp_path


@pytest.fixture
def log(folder: Path, face: Any) -> str:
    """What a gateway of either face records: ten calls to each of `chat`, `summaries`, `gone`, and a wrong name."""
    path = folder / "calls.jsonl"
    gateway = face.gateway(manifest=folder / "old.yaml", sinks=[JsonLinesSink(path)])
    for number in range(40):
        tagged = gateway.with_tags(app="shop" if number % 8 < 4 else "search")
        model = ("chat", "summaries", "gone", "nowhere")[number % 4]
        try:
            face.do(tagged.chat.completions.create(model=model, messages=QUESTION))
        except aigw.NotFoundError:
            assert number % 4 == 3
    with path.open("a") as file:
        file.write("not a record\n")
    return str(path)


def plan(run: Run, folder: Path, log: str, *options: str, new: str = "new.yaml") -> Any:
    return run("manifest", "plan", str(folder / new), "--against", log, *options)


@pytest.mark.parametrize("base", [(), ("--base",)])
def test_the_manifest_that_wrote_the_log_moves_nothing(run: Run, folder: Path, log: str, base: tuple[str, ...]) -> None:
    options = [*base, *(str(folder / "old.yaml") for _ in base)]
    ran = plan(run, folder, log, "--json", *options, new="old.yaml")

    total = ran.json["total"]
    assert (0, False, 40) == (ran.code, ran.json["changed"], total["calls"])
    assert (0, 0, 0) == (total["moved"], total["newly_refused"], total["now_served"])


@pytest.mark.parametrize("base", [(), ("--base",)])
def test_what_moves_is_told_by_service_and_route(run: Run, folder: Path, log: str, base: tuple[str, ...]) -> None:
    options = [*base, *(str(folder / "old.yaml") for _ in base)]
    ran = plan(run, folder, log, "--json", *options)

    told = ran.json
    assert (2, 40, 1) == (ran.code, told["log"]["replayed"], told["log"]["skipped"])
    assert (10, 10, 0) == (told["total"]["moved"], told["total"]["newly_refused"], told["total"]["now_served"])
    rows = {(row["service"], row["route"]): row["moves"] for row in told["rows"] if row["moves"]}
    assert {
        (app, route): [{"from": before, "to": after, "calls": 5, "why": why}]
        for app in ("search", "shop")
        for route, before, after, why in [
            ("chat", "first/echo-1", "second/echo-2", None),
            ("gone", "first/echo-9", None, "model_not_found"),
        ]
    } == rows


def test_what_was_refused_and_is_now_served_is_told(run: Run, folder: Path, log: str) -> None:
    (folder / "more.yaml").write_text(OLD.replace("models: {", "models: {nowhere: second/echo-2, "))
    total = plan(run, folder, log, "--json", new="more.yaml").json["total"]

    assert (0, 0, 10) == (total["moved"], total["newly_refused"], total["now_served"])


def test_gates_exit_1_and_name_themselves(run: Run, folder: Path, log: str) -> None:
    ran = plan(run, folder, log, "--max-moved", "10%", "--max-new-rejects", "0", "--max-cost-delta", "5%")

    assert 1 == ran.code
    assert "--max-moved: 10 of 40 calls (25.0%) go elsewhere; 10 % may\n" in ran.out
    assert "--max-new-rejects: 10 of 40 calls that are served would be refused; 0 may\n" in ran.out
    assert "cost unpriced" in ran.out


def test_gates_that_are_passed_say_so_and_which_could_not_be_judged(run: Run, folder: Path, log: str) -> None:
    ran = plan(run, folder, log, "--max-moved", "30%", "--max-new-rejects", "10", "--max-cost-delta", "5%")

    assert 2 == ran.code
    assert ran.out.endswith("Passed, but --max-cost-delta was not judged: unpriced.\n")


def test_an_acknowledged_incident_passes_and_is_in_the_plan(run: Run, folder: Path, log: str) -> None:
    path = folder / "plan.json"
    options = ("--base", str(folder / "old.yaml"), "--max-moved", "10%", "--ack-incident", "INC-2041: first is down")
    ran = plan(run, folder, log, *options, "-o", str(path))
    told = json.loads(path.read_text())

    assert 2 == ran.code
    assert ran.out.endswith("Not passed, and meant: INC-2041: first is down\n")
    assert ("aigw/plan/v1", "INC-2041: first is down", False) == (told["schema"], told["ack"], told["passed"])
    assert (7, 8) == (told["base"]["serial"], told["new"]["serial"])
    assert ["--max-moved"] == [one["gate"] for one in told["failed"]]
    assert 64 == len(told["new"]["digest"]) == len(told["new"]["body"]) == len(told["base"]["digest"])


def test_what_is_planned_is_known_again_once_it_is_built(run: Run, folder: Path, log: str) -> None:
    built = folder / "built.json"
    built.write_text(
        json.dumps(
            {
                "schema": "aigw/v1",
                "serial": 90,
                "issued_at": "2026-11-20T00:00:00Z",
                "built_with": "0.1.0",
                "providers": {"first": {"kind": "echo"}, "second": {"kind": "echo"}},
                "routes": [
                    {"name": "chat", "targets": ["second/echo-2"]},
                    {"name": "summaries", "targets": ["first/echo-1"]},
                ],
            }
        )
    )
    planned, again = (plan(run, folder, log, "--json", new=name).json["new"] for name in ("new.yaml", "built.json"))

    assert planned["body"] == again["body"]
    assert planned["digest"] != again["digest"]


def test_github_and_markdown_are_told_what_the_text_tells(run: Run, folder: Path, log: str) -> None:
    options = ("--max-moved", "10%", "--format")
    github = plan(run, folder, log, *options, "github").out.splitlines()
    markdown = plan(run, folder, log, *options, "markdown").out

    path = folder / "new.yaml"
    assert f"::error file={path},line=1,title=aigw plan::--max-moved: 10 of 40 calls (25.0%25) go" in github[0]
    assert f"::notice file={path},line=7,title=aigw plan::search to chat: 5 first/echo-1 → second/echo-2" in github[1]
    assert "| `shop` | `chat` | 5 | 5 | 0 | 0 |" in markdown
    assert "- ❌ `--max-moved`: 10 of 40 calls" in markdown


def test_a_plan_holds_no_prompt(run: Run, folder: Path, log: str) -> None:
    for form in ("text", "json", "github", "markdown"):
        assert "secret" not in plan(run, folder, log, "--format", form).out


def test_a_long_log_is_drawn_from_and_that_is_told(run: Run, folder: Path, log: str) -> None:
    ran = plan(run, folder, log, "--sample", "20")

    assert "20 calls of " in ran.out
    assert "(drawn from 40; 1 other lines passed over)" in ran.out


def test_cases_stand_in_for_a_log(run: Run, folder: Path) -> None:
    for named in ((), (str(folder / "new.tests.yaml"),)):
        told = run(
            "manifest", "plan", str(folder / "new.yaml"), "--base", str(folder / "old.yaml"), "--json", "--from-cases",
            *named,
        ).json  # fmt: skip
        assert (1, 1) == (told["total"]["moved"], told["total"]["newly_refused"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "Say what to replay: --against LOG, or --from-cases"),
        (("--from-cases",), "Cases say nothing of what was decided before"),
        (("--against", "nowhere.jsonl"), "nowhere.jsonl cannot be read"),
        (("--against", __file__), "holds no record of a call"),
        (("--against", __file__, "--sample", "0"), "--sample 0: say how many calls"),
        (("--against", __file__, "--max-moved", "some"), "--max-moved some: say a percentage"),
        (("--against", __file__, "--max-new-rejects", "1.5"), "--max-new-rejects 1.5: say a percentage"),
        (("--against", __file__, "--max-cost-delta", "5"), "--max-cost-delta 5: say a percentage"),
    ],
)
def test_what_cannot_be_planned_is_an_error_that_says_what_to_do(
    run: Run, folder: Path, options: tuple[str, ...], said: str
) -> None:
    ran = run("manifest", "plan", str(folder / "new.yaml"), *options)

    assert (1, "") == (ran.code, ran.out)
    assert said in ran.err


def test_versions_of_the_log_are_judged_as_readers(run: Run, folder: Path, log: str) -> None:
    path = Path(log)
    lines = [json.loads(line) for line in path.read_text().splitlines()[:-1]]
    path.write_text("".join(json.dumps(line | {"aigw_version": "0.0.9"}) + "\n" for line in lines))
    (folder / "new.yaml").write_text(NEW + 'min_reader: "0.1"\n')
    readers = plan(run, folder, log, "--json").json["readers"]

    assert [("0.0.9", "RED")] == [(one["version"], one["colour"]) for one in readers]
