"""`aigw demo`: the main job on one machine, in seconds, over real HTTP on loopback."""

import os
import time
from contextlib import closing

from aigw.cli.demo_report import step_as_dict, tell_end, tell_step
from aigw.cli.demo_service import AwaitingService, BlockingService, Service
from aigw.cli.demo_steps import Step, steps
from aigw.cli.demo_world import ROUTE, World
from aigw.cli.gateway import keep_logs_off_the_screen
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Page, Terminal


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Play all steps; 0 if each did what it says. Raises what a call raises."""
    keep_logs_off_the_screen()
    began = time.monotonic()
    with World() as world:
        with closing(_service(world, asynchronous=arguments.asynchronous)) as service:
            if not arguments.json:
                _introduce(world, service, terminal.out)
            done = _play(world, service, None if arguments.json else terminal.out)
        manifest = world.manifests.url
    ok = all(step.ok for step in done)
    if arguments.json:
        told = [step_as_dict(step) for step in done]
        terminal.out.json({"ok": ok, "pid": os.getpid(), "face": service.face, "manifest": manifest, "steps": told})
    else:
        tell_end(done, time.monotonic() - began, terminal.out)
    return 0 if ok else 1


def _service(world: World, *, asynchronous: bool) -> Service:
    if asynchronous:
        return AwaitingService(world.manifests.url, world.cache_dir)
    return BlockingService(world.manifests.url, world.cache_dir)


def _play(world: World, service: Service, out: Page | None) -> list[Step]:
    done: list[Step] = []
    for number, step in enumerate(steps(world, service), start=1):
        done.append(step)
        if out is not None:
            tell_step(number, step, out)
    return done


def _introduce(world: World, service: Service, out: Page) -> None:
    out.line(f"This process (pid {os.getpid()}) is a service with one {service.face}. Around it, on loopback:", "bold")
    rows = [
        ["openai", world.openai.url, "speaks OpenAI's chat completions"],
        ["anthropic", world.anthropic.url, "speaks Anthropic's messages"],
        ["manifest", world.manifests.url, f"says where {ROUTE!r} leads"],
    ]
    out.table(["server", "url", "what it does"], rows, indent="   ")
