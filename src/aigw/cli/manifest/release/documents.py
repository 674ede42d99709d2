"""What people write, as far as it is to be built: a base with its overlays, and what a ramp starts from."""

from dataclasses import dataclass

from aigw.cli.manifest.release.stores.places import store_of
from aigw.cli.parsing import Arguments
from aigw.cli.sources import compiled, read_source
from aigw.errors import ConfigurationError
from aigw.manifest.language.document import load_document
from aigw.manifest.publishing.build import Ramp, overlaid, ramped
from aigw.manifest.publishing.releases import Published, Releases
from aigw.manifest.signing.envelope import payload_in
from aigw.types.json import JsonObject, as_object


@dataclass(frozen=True, slots=True)
class Written:
    """What people wrote: the texts, and what they say, each laid over those before it."""

    texts: tuple[bytes, ...]
    document: JsonObject


def written(arguments: Arguments, content: bytes, label: str) -> Written:
    """Give what *content* says with the overlays of *arguments* laid over it. Raises `ManifestInvalidError`."""
    sources = [(content, label), *(read_source(named)[:2] for named in arguments.overlays or ())]
    said = [as_object(load_document(text, source=source).data) for text, source in sources]
    if len(said) == 1 and "serial" in said[0]:
        compiled(content, label)  # says where something is wrong; what is built is one long line
    return Written(tuple(text for text, _ in sources), overlaid(said))


def read_document(named: str) -> JsonObject:
    """Give what the file or URL *named* says, signed or not, verifying nothing."""
    content, label, _ = read_source(named)
    return as_object(load_document(payload_in(content), source=label).data)


def with_ramp(arguments: Arguments, document: JsonObject, serial: int, over: Published | None) -> JsonObject:
    """Give *document* as the ramp that *arguments* ask for, if any, from --base, or from *over*, which is published."""
    if arguments.preset is None:
        return document
    base = over.document if arguments.base is None and over is not None else None
    if arguments.base is not None:
        base = read_document(arguments.base)
    if not base:
        message = "A rollout starts from something: name it with --base FILE, or publish without --rollout first."
        raise ConfigurationError(message)
    return ramped(document, base, Ramp(arguments.rollout_id or f"r-{serial}", arguments.unit, arguments.preset))


def releases_at(arguments: Arguments, place: str, channel: str) -> Releases:
    """Give the releases of *channel* in the store at *place*."""
    return Releases(store_of(place, endpoint=arguments.endpoint, headers=arguments.headers or ()), channel)
