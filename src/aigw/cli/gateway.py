"""The gateway of a single command, and the model it means where none is named."""

import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from aigw.cli.terminal import Terminal, one_line
from aigw.client import Gateway
from aigw.config import Config
from aigw.core import Core
from aigw.errors import ConfigurationError, ManifestError
from aigw.manifest.delivery.status import ManifestStatus
from aigw.runtime.blocking import BlockingRuntime
from aigw.runtime.drive import run

_MOST: Final = 10


def gateway_for(manifest: str | None) -> Gateway:
    """Make a gateway for one command, which has looked at its manifest just now. Raises what `Gateway` raises.

    A gateway in service begins with its last good copy while it looks; a command would be over before it has.
    """
    keep_logs_off_the_screen()
    gateway = Gateway(manifest=manifest)
    with suppress(ManifestError):  # whether a last good copy serves instead is for the call to say
        gateway.refresh()
    return gateway


@contextmanager
def core_for(config: Config) -> Generator[Core]:
    """Make what is behind a gateway, for one command that looks at it; as `gateway_for`."""
    keep_logs_off_the_screen()
    core = Core(config, BlockingRuntime(), None)
    try:
        with suppress(ManifestError):
            run(core.refresh())
        yield core
    finally:
        run(core.aclose())


def warn_of_trouble(status: ManifestStatus, terminal: Terminal) -> None:
    """Say on standard error what was wrong with the manifest, where a last good copy served instead."""
    trouble = status.last_error
    if trouble is not None:
        terminal.err.line(f"aigw: warning: {one_line(trouble)}", "bad")


def keep_logs_off_the_screen() -> None:
    """Keep Python from printing our warnings for want of a handler: commands tell what matters in their own words."""
    log = logging.getLogger("aigw")
    if not log.handlers:
        log.addHandler(logging.NullHandler())


def only_model(names: Sequence[str]) -> str:
    """Give the only one of the manifest's routes and models. Raises `ConfigurationError`, listing them, if not one."""
    if len(names) == 1:
        return names[0]
    if not names:
        message = "Say which model: --model provider/model (`aigw manifest show` lists the providers)."
    else:
        rest = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
        message = f"Say which model: --model {', '.join(names[:_MOST])}{rest}."
    raise ConfigurationError(message)
