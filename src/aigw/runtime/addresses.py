"""A socket connected to the first of a host's addresses that answers, for the async face.

asyncio has this race too, but loses a socket that is connected in the moment its caller gives up, and uvloop has none.
"""

import asyncio
import socket
from typing import Any

HEAD_START_S = 0.25
"""How long an address is waited for before the next is tried beside it (RFC 8305)."""


async def connected(host: str, port: int) -> socket.socket:
    """Connect. Raises `OSError`, the first address's own where all fail."""
    loop = asyncio.get_running_loop()
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    attempts: list[asyncio.Task[socket.socket]] = []
    try:
        while True:
            if len(attempts) < len(found):
                attempts.append(loop.create_task(_attempt(*found[len(attempts)])))
            seconds = HEAD_START_S if len(attempts) < len(found) else None
            pending = [attempt for attempt in attempts if not attempt.done()]
            await asyncio.wait(pending, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for attempt in attempts:
                if attempt.done() and attempt.exception() is None:
                    attempts.remove(attempt)
                    return attempt.result()
            if len(attempts) == len(found) and all(attempt.done() for attempt in attempts):
                attempts[0].result()  # raises
    finally:
        for attempt in attempts:
            attempt.add_done_callback(_close)
            attempt.cancel()


async def _attempt(family: int, kind: int, protocol: int, _: str, address: Any) -> socket.socket:  # noqa: ANN401 - by family
    one = socket.socket(family, kind, protocol)
    try:
        one.settimeout(0)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(one, address)
    except BaseException:
        one.close()
        raise
    return one


def _close(attempt: "asyncio.Task[socket.socket]") -> None:
    """Close the socket of an attempt that was made for nothing."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()
