"""Run as a script by the lifecycle tests: use a gateway, fork, and use it on both sides.

`python forking.py MANIFEST CASE` prints one JSON object: what each side got.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import aigw

ASK: dict[str, Any] = {"model": "chat", "messages": [{"role": "user", "content": "Hello."}]}
PATIENCE_S = 20


def in_child(work: Callable[[], object]) -> object:
    """Do *work* in a forked child, and give what it gave, or the error; a child that hangs is killed."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE_S)
        try:
            got = json.dumps(work())
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
            got = json.dumps(repr(error))
        os.write(write, got.encode())
        os._exit(0)
    os.close(write)
    _, status = os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        return json.loads(pipe.read() or json.dumps(f"no answer, status {status}"))


def ask(gateway: aigw.Gateway) -> str:
    content = gateway.chat.completions.create(**ASK).choices[0].message.content
    return content or ""


def before_use(gateway: aigw.Gateway) -> dict[str, object]:
    return {"child": in_child(lambda: ask(gateway)), "parent": ask(gateway)}


def after_use(gateway: aigw.Gateway) -> dict[str, object]:
    first = ask(gateway)
    return {"first": first, "child": in_child(lambda: [ask(gateway), ask(gateway)]), "parent": ask(gateway)}


def during_stream(gateway: aigw.Gateway) -> dict[str, object]:
    stream = iter(gateway.chat.completions.create(**ASK, stream=True))
    pieces = [next(stream)]

    def drop() -> str:
        nonlocal stream
        del stream
        return ask(gateway)

    child = in_child(drop)
    pieces += stream
    return {"child": child, "parent": "".join(p.choices[0].delta.content or "" for p in pieces)}


def following(gateway: aigw.Gateway) -> dict[str, object]:
    ask(gateway)

    def look() -> list[object]:
        gateway.refresh()
        return [ask(gateway), sorted(thread.name for thread in threading.enumerate())]

    return {"child": in_child(look), "parent": sorted(thread.name for thread in threading.enumerate())}


def with_locks_held(gateway: aigw.Gateway) -> dict[str, object]:
    """Fork while other threads are inside whatever the gateway guards with a lock."""
    ask(gateway)
    locks = [lock for lock in _locks(gateway._core, set()) if lock.acquire(timeout=1)]
    child = in_child(lambda: ask(gateway))
    for lock in locks:
        lock.release()
    return {"child": child, "parent": ask(gateway), "locks": len(locks)}


def _locks(one: object, seen: set[int]) -> list[Any]:
    if id(one) in seen or not type(one).__module__.startswith("aigw"):
        return []
    seen.add(id(one))
    slots = [name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ())]
    values = [getattr(one, name, None) for name in slots] + list(getattr(one, "__dict__", {}).values())
    flat = [item for value in values for item in (value if isinstance(value, list | tuple) else [value])]
    found = [value for value in flat if isinstance(value, type(threading.Lock()))]
    cells = [cell.cell_contents for value in flat for cell in getattr(value, "__closure__", None) or ()]
    bound = [getattr(value, "__self__", None) for value in flat + cells]
    for value in flat + cells + bound:
        found += _locks(value, seen)
    return found


def awaited(manifest: str) -> dict[str, object]:
    gateway = aigw.AsyncGateway(manifest=manifest, sinks=[])

    async def once() -> str:
        return (await gateway.chat.completions.create(**ASK)).choices[0].message.content or ""

    async def parent() -> list[object]:
        got: list[object] = [await once()]
        got.append(in_child(lambda: [asyncio.run(once()), asyncio.run(once())]))
        got.append(await once())
        return got

    first, child, last = asyncio.run(parent())
    return {"first": first, "child": child, "parent": last}


if __name__ == "__main__":
    _, where, case = sys.argv
    if case == "awaited":
        told = awaited(where)
    else:
        with aigw.Gateway(manifest=where, sinks=[]) as made:
            told = {"before_use": before_use, "after_use": after_use, "during_stream": during_stream}.get(
                case, following if case == "following" else with_locks_held
            )(made)
    print(json.dumps(told))
