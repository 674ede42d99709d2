"""A repository made of `examples/publishing`, with a store, a server and a fleet, in which its pipelines are run.

What is not run for real: `uses:` actions, which are programs of GitHub's, and `pip` and `gh`, in whose place a program
writes down what it was called with.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from tests.cli.kit import AIGW

import aigw
from aigw.testing.http import Server
from aigw.testing.transmission import Frame, Received, Transmission

ROOT: Final = Path(__file__).resolve().parents[2]
EXAMPLE: Final = ROOT / "examples" / "publishing"
CHANNELS: Final = ("canary", "prod")

_EXPRESSION: Final = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_EQUALS: Final = re.compile(r"([\w.]+) == '([^']*)'")
_GIT: Final = ("-c", "user.name=Kim", "-c", "user.email=kim@example.org", "-c", "init.defaultBranch=main")


@dataclass
class World:
    """Where pipelines run. `github` is what their expressions say, by environment where that matters."""

    folder: Path
    public: str
    metrics: dict[str, str] = field(default_factory=dict[str, str])
    github: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def repo(self) -> Path:
        return self.folder / "repo"

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def pin(self) -> str:
        return str(self.repo / "trust" / "1.json")

    def secret(self, name: str) -> str:
        return (self.folder / "keys" / name).read_text()

    def shell(self, script: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run *script* as the runners do."""
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(
            command,
            cwd=self.repo,
            env={**self.environ(), **environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def environ(self) -> dict[str, str]:
        return {
            "PATH": os.pathsep.join((str(self.folder / "bin"), os.environ["PATH"])),
            "PYTHONPATH": str(Path(aigw.__file__).parents[1]),
            "HOME": str(self.folder),
            "NO_PROXY": "127.0.0.1",
            "CALLED": str(self.folder / "called"),
        }

    def called(self) -> list[str]:
        """Give what the programs that were not run for real were called with."""
        file = self.folder / "called"
        return file.read_text().splitlines() if file.exists() else []

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *_GIT, *arguments], cwd=self.repo, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout

    def current(self, channel: str) -> dict[str, Any]:
        """Give what processes of *channel* would see, as `verify` tells it."""
        url = f"{self.public}/v1/{channel}/current.json"
        done = self.shell(f"aigw manifest verify {url} --trust {self.pin} --json", {})
        told: dict[str, Any] = yaml.safe_load(done.stdout)
        return told


def workflow(name: str) -> dict[str, Any]:
    """Read a workflow. YAML 1.1 takes its `on` for a truth value."""
    read: dict[Any, Any] = yaml.safe_load((EXAMPLE / ".github" / "workflows" / name).read_text())
    read["on"] = read.pop(True)
    return read


def runs(world: World, name: str, job_name: str) -> list[tuple[str, subprocess.CompletedProcess[str]]]:
    """Run the shell steps of a job of a workflow, in turn; once one fails, those that want to run anyway."""
    flow = workflow(name)
    job = flow["jobs"][job_name]
    context = dict(world.github)
    if "environment" in job:
        context |= {"vars.MANIFEST_METRICS": world.metrics.get(job["environment"], "")}
    done: list[tuple[str, subprocess.CompletedProcess[str]]] = []
    for values in _matrix(job):
        context |= values
        for step in job["steps"]:
            failed = any(ended.returncode for _, ended in done)
            if "run" in step and _is_wanted(step.get("if"), context, world.repo, failed=failed):
                environ = _resolved((flow.get("env", {}), job.get("env", {}), step.get("env", {})), context)
                ended = world.shell(step["run"], environ | {"GITHUB_STEP_SUMMARY": str(world.folder / "summary.md")})
                done.append((step["name"], ended))
    return done


def gitlab_runs(world: World, job_name: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a job of `.gitlab-ci.yml`: all its lines, in one shell."""
    read: dict[str, Any] = yaml.safe_load((EXAMPLE / ".gitlab-ci.yml").read_text())
    job = read[job_name]
    above = read[job["extends"]] if "extends" in job else read["default"]
    given = {**above.get("variables", {}), **job.get("variables", {}), **variables}
    return world.shell("\n".join((*above["before_script"], *job["script"])), given)


def _matrix(job: Mapping[str, Any]) -> list[dict[str, str]]:
    values: Sequence[str] = job.get("strategy", {}).get("matrix", {}).get("channel", ())
    return [{"matrix.channel": one} for one in values] or [{}]


def _resolved(levels: Sequence[Mapping[str, object]], context: Mapping[str, str]) -> dict[str, str]:
    said = {name: str(value) for level in levels for name, value in level.items()}
    return {name: _EXPRESSION.sub(lambda found: context[found[1]], value) for name, value in said.items()}


def _is_wanted(condition: str | None, context: Mapping[str, str], repo: Path, *, failed: bool) -> bool:
    """Tell what GitHub would: without a word on how the job is, a step runs only while nothing has failed."""
    said = "" if condition is None else _EXPRESSION.sub(r"\1", condition)
    if said == "!cancelled() && hashFiles('review.md') != ''":
        return (repo / "review.md").exists()
    if failed or not said:
        return not failed
    compared = _EQUALS.fullmatch(said)
    assert compared is not None, f"what is {said}?"
    return context[compared[1]] == compared[2]


def prepared(folder: Path) -> None:
    """Make a repository of the example, with a remote, and programs for the shell."""
    repo = folder / "repo"
    shutil.copytree(EXAMPLE, repo)
    (folder / "store").mkdir()
    programs = folder / "bin"
    programs.mkdir()
    _program(programs / "aigw", f'exec {AIGW[0]} -m aigw "$@"')
    _program(programs / "gh", 'echo "gh $*" >> "$CALLED"')
    _program(programs / "python", f'[ "$2" = pip ] && echo "$*" >> "$CALLED" || exec {sys.executable} "$@"')


@contextmanager
def served(store: Path) -> Generator[str]:
    """Serve *store*, and give the URL without a slash at its end."""
    command = [*AIGW, "manifest", "serve", str(store)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as serving:
        assert serving.stdout is not None
        yield serving.stdout.readline().strip().rstrip("/")
        serving.terminate()


def _program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def metrics_of(gateway: aigw.Gateway) -> Server:
    """Offer the metrics of *gateway*, as a service would."""

    def respond(_request: Received) -> Transmission:
        gateway.refresh()
        return Transmission(steps=(Frame(gateway.manifest.status().prometheus().encode()),))

    return Server(respond)
