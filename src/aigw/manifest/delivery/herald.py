"""Tells the world of each transition, once: a log line, and whoever listens."""

import logging
from collections.abc import Callable

from aigw.manifest.delivery.status import ManifestStatus

_log = logging.getLogger("aigw.manifest")


class Herald:
    """Writes log lines under `aigw.manifest`. `listen` is called with the status after each transition."""

    def __init__(self, listen: Callable[[ManifestStatus], None] | None) -> None:
        self.listen = listen

    def tell(self, level: int, event: str, status: ManifestStatus, **more: str) -> None:
        """Tell that *event* has led to *status*."""
        facts = {"source": status.source, "serial": status.serial, "digest": (status.digest or "")[:12], **more}
        _log.log(
            level, "manifest %s: %s", event, " ".join(f"{key}={value}" for key, value in facts.items()), extra=facts
        )
        if self.listen is not None:
            try:
                self.listen(status)
            except Exception:  # noqa: BLE001 - a listener's fault is not the manifest's
                _log.exception("the manifest's status could not be reported")
