"""Sinks by name, as the environment gives them: a path of a file of JSON lines, or `name:rest` of an installed sink."""

from importlib.metadata import entry_points
from typing import Final, cast

from aigw.errors import ConfigurationError
from aigw.protocols import Sink
from aigw.sinks.jsonl import JsonLinesSink

GROUP: Final = "aigw.sinks"
"""Entry points of this group are called with what stands behind the colon, and give a `Sink`."""


def sink_named(text: str) -> Sink:
    """Make the sink that *text* names. Raises `ConfigurationError` for one that cannot be made.

    What begins like a path is one; a name is looked up only where there is a colon.
    """
    name, colon, rest = text.partition(":")
    if not colon or not name.isidentifier() or len(name) == 1:
        return JsonLinesSink(text)
    for point in entry_points(group=GROUP, name=name):
        try:
            return cast("Sink", point.load()(rest))
        except Exception as error:
            message = f"The sink {name!r} ({point.value}) cannot be made: {type(error).__name__}. See its docs."
            raise ConfigurationError(message) from error
    message = f"No sink {name!r} is installed (entry points of {GROUP!r}). For a file, write its path without a colon."
    raise ConfigurationError(message)
