"""Run as `family.py CASE`: a process that follows a manifest, and its children, all serve until they see serial 2."""

import asyncio
import multiprocessing
import os
import signal
import sys

import member

CHILDREN = 2


def bare() -> None:
    """Fork, as servers of one's own do."""
    children = []
    for _ in range(CHILDREN):
        child = os.fork()
        if child == 0:
            signal.alarm(int(member.PATIENCE_S))
            member.serve_until(2)
            os._exit(0)
        children.append(child)
    member.serve_until(2)
    ended = [os.waitpid(child, 0)[1] for child in children]
    assert [0] * CHILDREN == ended, ended


def processes(method: str) -> None:
    """Start processes by `multiprocessing`; the one that forks them, where it is another, uses the gateway before."""
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(["preloaded"])
    children = [context.Process(target=member.serve_until, args=(2,)) for _ in range(CHILDREN)]
    for child in children:
        child.start()
    member.serve_until(2)
    for child in children:
        child.join(member.PATIENCE_S)
    assert [0] * CHILDREN == [child.exitcode for child in children]


async def awaited() -> None:
    """Start programs from an event loop that goes on serving: uvloop forks by itself, beside Python."""
    import aigw

    async with aigw.AsyncGateway(refresh_interval=0.05, sinks=[]) as gateway:

        async def serve() -> int:
            serial = int((await gateway.chat.completions.create(**member.ASK)).aigw.serial)  # type: ignore[call-overload]
            member.note("served", serial, str(gateway.manifest.status().verified))
            return serial

        await serve()
        children = [await asyncio.create_subprocess_exec(sys.executable, __file__, "alone") for _ in range(CHILDREN)]
        async with asyncio.timeout(member.PATIENCE_S):
            while await serve() != 2:  # noqa: ASYNC110 - it is the serving that is looked at
                await asyncio.sleep(0.02)
            assert [0] * CHILDREN == [await child.wait() for child in children]


def main(case: str) -> None:
    """Do what *case* says."""
    if case in multiprocessing.get_all_start_methods():
        member.serve()
        processes(case)
    elif case == "bare":
        member.serve()
        bare()
    elif case == "uvloop":
        import uvloop

        uvloop.run(awaited())
    else:
        member.serve_until(2)


if __name__ == "__main__":
    main(sys.argv[1])
