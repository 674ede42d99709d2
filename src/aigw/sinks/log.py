"""Records as lines of standard logging: logger `aigw.calls`, level INFO, the whole record under `extra["aigw"]`."""

import logging

from aigw.record import Record

logger = logging.getLogger("aigw.calls")


class LogSink:
    """Writes one line for each call, and nothing at all unless the application has turned the logger on."""

    def write(self, record: Record) -> None:
        """Log *record*: what people search for in the text, everything in `extra`."""
        if not logger.isEnabledFor(logging.INFO):
            return
        logger.info(
            "call %s %s model=%s target=%s attempts=%d %.0f ms",
            record.call_id,
            record.outcome.value,
            record.model,
            record.target or "-",
            len(record.attempts),
            record.latency_s * 1000,
            extra={"aigw": record.as_dict()},
        )

    def close(self) -> None:
        """Nothing is held open."""
