"""What it costs to begin: import, construction, first answer and memory, each in a fresh interpreter.

The script run there is text, and imports nothing before its subject but `sys` and `time`, which are in every
interpreter already: a harness that had loaded `json` for itself would make the subject look lighter.
"""

import json
import statistics
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from canned import KEY, MESSAGES, MODEL
from contenders import Urls, aigw_manifest, tensorzero_config

SCRIPT = """
import sys, time
def resident():
    for line in open("/proc/self/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
bare, modules, begin = resident(), len(sys.modules), time.perf_counter()
{importing}
imported, imported_modules = time.perf_counter(), len(sys.modules)
{making}
made, made_modules = time.perf_counter(), len(sys.modules)
{calling}
answered = time.perf_counter()
print("FIGURES", (imported - begin) * 1e3, imported_modules - modules, (made - begin) * 1e3, made_modules - modules,
      (answered - begin) * 1e3, len(sys.modules) - modules, resident(), bare)
"""


@dataclass(frozen=True, slots=True)
class Start:
    """Medians over fresh interpreters: ms from before the import, modules beyond those of a bare one, MiB."""

    import_ms: float
    import_modules: float
    ready_ms: float
    ready_modules: float
    answer_ms: float
    answer_modules: float
    resident_mib: float
    bare_mib: float


def scripts(urls: Urls, folder: Path) -> Mapping[str, str]:
    """Give the script of each contender; files they need go to *folder*."""
    question = f"model={MODEL!r}, messages={MESSAGES!r}"
    openai = f"openai.OpenAI(api_key={KEY!r}, base_url={urls.plain!r})"
    router = f"[{{'model_name': 'm', 'litellm_params': {_litellm(urls)}}}]"
    aigw = f"c = aigw.Gateway(manifest={aigw_manifest(urls)!r})"
    aigw_call = f"c.chat.completions.create(model='plain', messages={MESSAGES!r})"
    request = f"{urls.plain + '/chat/completions'!r}, json={{'model': {MODEL!r}, 'messages': {MESSAGES!r}}}"
    asked = f"{{'system': {MESSAGES[0]['content']!r}, 'messages': [{MESSAGES[1]!r}]}}"
    embedded = f"tensorzero.TensorZeroGateway.build_embedded(config_file={str(tensorzero_config(urls, folder))!r})"
    lines = {
        "httpx": ("import httpx", "c = httpx.Client()", f"c.post({request}).json()"),
        "openai": ("import openai", f"c = {openai}", f"c.chat.completions.create({question})"),
        "litellm": ("import litellm", "", f"litellm.completion(**{_litellm(urls)}, messages={MESSAGES!r})"),
        "litellm Router": (
            "import litellm",
            f"c = litellm.Router(model_list={router})",
            f"c.completion(model='m', messages={MESSAGES!r})",
        ),
        "any-llm": (
            "import any_llm",
            f"c = any_llm.AnyLLM.create('openai', api_key={KEY!r}, api_base={urls.plain!r})",
            f"c.completion({question})",
        ),
        "tensorzero": ("import tensorzero", f"c = {embedded}", f"c.inference(model_name='plain', input={asked})"),
        "aigw": ("import aigw", aigw, aigw_call),
    }
    lines["openai 3"] = lines["openai"]
    return {
        name: SCRIPT.format(importing=importing, making=making, calling=calling)
        for name, (importing, making, calling) in lines.items()
    }


def started(python: str, script: str, environ: Mapping[str, str]) -> tuple[float, ...]:
    """Run *script* in a fresh interpreter and give its figures. Raises `RuntimeError` with what it said instead."""
    command = [python, "-c", script]
    done = subprocess.run(command, env=dict(environ), capture_output=True, text=True, check=False, timeout=120)
    for line in done.stdout.splitlines():
        if line.startswith("FIGURES "):
            return tuple(float(figure) for figure in line.split()[1:])
    raise RuntimeError(_last_line(done.stderr))


def median_start(runs: list[tuple[float, ...]]) -> Start:
    """Give the median of each figure over *runs*."""
    return Start(*(statistics.median(figures) for figures in zip(*runs, strict=True)))


def _litellm(urls: Urls) -> str:
    return json.dumps({"model": f"openai/{MODEL}", "api_key": KEY, "api_base": urls.plain})


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1][:300]
