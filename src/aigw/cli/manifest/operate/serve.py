"""`aigw manifest serve`."""

import json
import random
import threading

from aigw.cli.manifest.operate.server import DevelopmentServer, Ways, is_local
from aigw.cli.manifest.operate.shelf import Shelf
from aigw.cli.parsing import Arguments
from aigw.cli.terminal import Terminal
from aigw.errors import ConfigurationError


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Serve until Ctrl-C."""
    shelf = Shelf(arguments.path)
    server = _server(shelf, arguments, terminal)
    try:
        _tell(server, arguments, terminal)
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        pass
    finally:
        server.end()
    return 0


def _server(shelf: Shelf, arguments: Arguments, terminal: Terminal) -> DevelopmentServer:
    writing = threading.Lock()

    def log(line: str) -> None:
        with writing:
            terminal.err.line(line, "dim")

    ways = Ways(faults=arguments.faults, random=random.random, writable=arguments.writable, log=log)
    try:
        return DevelopmentServer(shelf, ways, host=arguments.host, port=arguments.port)
    except (OSError, OverflowError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error).rstrip(".")
        message = f"Nobody can listen on {arguments.host} port {arguments.port}: {reason}. Say --port 0 for a free one."
        raise ConfigurationError(message) from None


def _tell(server: DevelopmentServer, arguments: Arguments, terminal: Terminal) -> None:
    if arguments.json:
        told = {"url": server.url, "path": arguments.path, "writable": arguments.writable}
        terminal.out.write(json.dumps(told) + "\n")
    else:
        terminal.out.write(f"{server.url}\n")
    if not is_local(arguments.host):
        terminal.err.line("aigw: warning: other machines can read this, and write where --writable is said", "bad")
