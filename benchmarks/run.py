"""Measure aigw beside its rivals: everything in one run on one machine, medians, a table and a JSON file.

    python benchmarks/run.py                 # about four minutes
    python benchmarks/run.py --quick         # a look, in under a minute; too few rounds to judge by
    python benchmarks/run.py --check         # and fail if a ratio is over 5 % worse than benchmarks/results.json
    python benchmarks/run.py --land          # and keep the figures there, and in the docs

Each contender lives in a process of its own; rounds go through all of them in turn, so that what else the machine does
hits all alike. Goals that are missed are told, and never fail a run.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import report
import translation
from canned import KEY, KEY_VARIABLE
from contenders import CONTENDERS, Urls
from goals import GOALS, regressions, verdicts
from machine import described
from starting import median_start, scripts, started
from upstream import Upstream, serving

HERE = Path(__file__).parent
LANDED = HERE / "results.json"
PAGE = HERE.parent / "docs" / "reference" / "benchmarks.md"
BEGIN, END = "<!-- figures, written by run.py --land -->", "<!-- end of figures -->"
LATEST = HERE / "results" / "latest.json"

UNITS = {"sync": "sync_us", "async": "async_per_s", "stream": "stream_ms"}
WARM_UP_S = 0.2
ONLY_WITH_INTERPRETER = "openai 3"


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and how often to measure."""

    rounds: int
    seconds: float
    starts: int
    swaps: int
    translations: int


FULL = Effort(rounds=9, seconds=0.6, starts=9, swaps=15, translations=15)
QUICK = Effort(rounds=2, seconds=0.25, starts=3, swaps=4, translations=3)


class Process:
    """A worker process and the figures it has given."""

    def __init__(self, name: str, python: str, urls: Urls, environ: Mapping[str, str]) -> None:
        self.name = name
        self.figures: dict[str, list[float]] = defaultdict(list)
        self.problem = ""
        self._process = subprocess.Popen(
            [python, str(HERE / "worker.py"), name, urls.plain, urls.stream],
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._read()

    def measure(self, measure: str, seconds: float) -> None:
        """Take one figure; a contender that failed once is not asked again."""
        if self.problem or self._process.stdin is None:
            return
        print(measure, seconds, file=self._process.stdin, flush=True)
        answer = self._read()
        if isinstance(figure := answer.get("figure"), float):
            self.figures[UNITS[measure]].append(figure)

    def medians(self) -> dict[str, float]:
        """Give the median of the rounds by measure."""
        return {measure: statistics.median(figures) for measure, figures in self.figures.items()}

    def spread(self) -> dict[str, tuple[float, float]]:
        """Give the least and the most of the rounds by measure."""
        return {measure: (min(figures), max(figures)) for measure, figures in self.figures.items()}

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _read(self) -> dict[str, object]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        answer: dict[str, object] = json.loads(line or '{"error": "the process ended"}')
        self.problem = str(answer.get("error", ""))
        return answer


def main() -> int:
    """Run, print, write; give the exit code."""
    options = _options()
    effort = QUICK if options.quick else FULL
    pythons = {ONLY_WITH_INTERPRETER: options.openai3} if options.openai3 else {}
    wanted = [name for name in options.only or CONTENDERS if name != ONLY_WITH_INTERPRETER or pythons]
    with tempfile.TemporaryDirectory() as scratch, serving(Path(scratch)) as upstream:
        bench = Bench(upstream, pythons, _environ(scratch), effort)
        run = bench.measured(wanted)
    print(report.text(run))
    _write(options.json or LATEST, run)
    if options.land:
        _land(run)
    return _compared(run) if options.check else 0


class Bench:
    """One run: its upstream, its interpreters, and how much of it there is to be."""

    def __init__(
        self, upstream: Upstream, pythons: Mapping[str, str], environ: Mapping[str, str], effort: Effort
    ) -> None:
        self._upstream = upstream
        self._urls = Urls(upstream.plain_url, upstream.stream_url)
        self._pythons = pythons
        self._environ = environ
        self._effort = effort
        self._problems: dict[str, str] = {}
        self._spread: dict[str, dict[str, tuple[float, float]]] = {}

    def measured(self, names: Sequence[str]) -> dict[str, object]:
        """Measure everything of the contenders *names*."""
        machine = described(self._upstream.kind)
        figures: dict[str, dict[str, float]] = {name: {} for name in names}
        for measured in (self._starts(names), self._rounds(names)):
            for name, found in measured.items():
                figures[name].update(found)
        swap = self._swap() if "aigw" in names else {}
        if swap:
            figures["aigw"]["stall_ms"] = swap["stall_ms"]
        translated = self._translation() if "aigw" in names else {}
        if translated:
            figures["aigw"].update(translation.dearest(translated))
        judged = [verdict.as_json() for verdict in verdicts(figures)]
        return {
            "machine": machine,
            "goals": judged,
            "figures": figures,
            "spread": self._spread,
            "swap": swap,
            "translation": translated,
            "problems": self._problems,
        }

    def _starts(self, names: Sequence[str]) -> dict[str, dict[str, float]]:
        all_scripts = scripts(self._urls, self._upstream.folder)
        runs: dict[str, list[tuple[float, ...]]] = defaultdict(list)
        # The first time round compiles bytecode and warms the disk's cache; it does not count.
        for number in range(self._effort.starts + 1):
            _tell(f"start {number}")
            for name in names:
                if name in self._problems:
                    continue
                try:
                    figures = started(self._python(name), all_scripts[name], self._environ)
                except (RuntimeError, subprocess.TimeoutExpired) as error:
                    self._problems[name] = f"start: {error}"
                    continue
                if number:
                    runs[name].append(figures)
        return {name: asdict(median_start(found)) for name, found in runs.items()}

    def _rounds(self, names: Sequence[str]) -> dict[str, dict[str, float]]:
        with self._workers(names) as workers:
            for measure in UNITS:
                for number in range(self._effort.rounds + 1):
                    _tell(f"{measure} {number}")
                    for worker in workers:
                        worker.measure(measure, self._effort.seconds if number else WARM_UP_S)
            self._problems.update({worker.name: worker.problem for worker in workers if worker.problem})
            self._spread = {worker.name: worker.spread() for worker in workers}
            return {worker.name: worker.medians() for worker in workers}

    @contextlib.contextmanager
    def _workers(self, names: Sequence[str]) -> Iterator[list[Process]]:
        with contextlib.ExitStack() as stack:
            workers = []
            for name in names:
                workers.append(Process(name, self._python(name), self._urls, self._environ))
                stack.callback(workers[-1].close)
            yield workers

    def _swap(self) -> dict[str, float]:
        found: dict[str, float] = self._script(
            "swap", self._upstream.origin, str(self._upstream.folder), str(self._effort.swaps)
        )
        return found

    def _translation(self) -> translation.Figures:
        found: translation.Figures = self._script("translation", "--json", "--rounds", str(self._effort.translations))
        return found

    def _script(self, name: str, *arguments: str) -> Any:  # noqa: ANN401 - each script prints its own JSON
        """Run the script *name* and give what it prints last; nothing, and a problem on the list, where it fails."""
        _tell(name)
        command = [sys.executable, str(HERE / f"{name}.py"), *arguments]
        done = subprocess.run(command, env=dict(self._environ), capture_output=True, text=True, check=False)
        if done.returncode:
            self._problems[name] = (done.stderr.strip().splitlines() or ["it said nothing"])[-1][:300]
            return {}
        return json.loads(done.stdout.splitlines()[-1])

    def _python(self, name: str) -> str:
        return self._pythons.get(name, sys.executable)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure aigw beside its rivals, all in one run.")
    parser.add_argument("--quick", action="store_true", help="few rounds: a look, nothing to judge by")
    parser.add_argument("--only", nargs="+", choices=list(CONTENDERS), metavar="NAME", help=", ".join(CONTENDERS))
    parser.add_argument("--openai3", metavar="PYTHON", help="an interpreter that has openai 3, to measure that too")
    parser.add_argument("--json", type=Path, metavar="FILE", help=f"where to write (default {LATEST})")
    parser.add_argument("--check", action="store_true", help="exit 1 if a goal stands over 5 %% worse than landed")
    parser.add_argument("--land", action="store_true", help=f"keep this run in {LANDED.name} and in the docs")
    return parser.parse_args()


def _environ(scratch: str) -> dict[str, str]:
    """Give all that measured processes see: no proxies, no caches, no keys but the made-up one."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
    return {
        **kept,
        "HOME": scratch,
        "TMPDIR": scratch,
        KEY_VARIABLE: KEY,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }


def _write(path: Path, run: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _land(run: Mapping[str, Any]) -> None:
    """Keep *run* as the landed one, in its file and between the two marks of the page, if all of it was measured."""
    if len(run["goals"]) < len(GOALS):
        print("not landed: not every goal was measured")
        return
    _write(LANDED, run)
    before, begin, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    PAGE.write_text(f"{before}{begin}\n\n{report.markdown(run)}\n{end}{after}", "utf-8")


def _compared(run: Mapping[str, Any]) -> int:
    """Say what is worse than the landed run; give the exit code."""
    if not LANDED.exists():
        print(f"nothing to compare with: {LANDED} is missing; make it with --land")
        return 0
    landed = json.loads(LANDED.read_text("utf-8"))
    worse = regressions(verdicts(run["figures"]), {goal["name"]: goal["value"] for goal in landed["goals"]})
    print("\n".join(["worse than landed:", *worse]) if worse else "no goal stands over 5 % worse than landed")
    return 1 if worse else 0


def _tell(progress: str) -> None:
    print(f"\r{progress:<20}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
