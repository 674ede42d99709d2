"""What the web servers run: the gateway is made and used in the process that forks the workers."""

from collections.abc import Callable, Iterable, Mapping

import member

member.serve()


def application(_: Mapping[str, object], start: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Answer with the serial that served."""
    body = str(member.serve()).encode()
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
