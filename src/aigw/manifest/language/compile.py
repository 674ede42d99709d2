"""Compile a manifest into a snapshot, or say everything that is wrong with it. Pure: bytes in, snapshot out.

In order: read it (`document`), ask whether this reader is new enough (`features`), check its shape (`shape`, with
`lenience` for what newer authors say), then compile its parts: `providers`, `targets`, `routes`, `rollout`.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from aigw.manifest.language.document import Breathe, load_document, plain_document
from aigw.manifest.language.features import check_reader, is_newer, own_version
from aigw.manifest.language.model import SCHEMA, BodyPart, ManifestPart
from aigw.manifest.language.problems import Problems
from aigw.manifest.language.providers import ProviderCompiler
from aigw.manifest.language.quarantine import Quarantine
from aigw.manifest.language.rollout import compile_rollout
from aigw.manifest.language.routes import RouteCompiler
from aigw.manifest.language.shape import Shaped, shaped
from aigw.manifest.language.targets import TargetCompiler, default_timeouts
from aigw.manifest.snapshot import Snapshot
from aigw.types.json import EMPTY, JsonObject, as_object
from aigw.types.kind import Kind
from aigw.types.nack import Nack

SCHEMES: Final = frozenset({"env", "file"})
"""Schemes of secret references that are always understood; a secret source adds its own."""

_NEWER_SCHEMA = re.compile(r"aigw/v(\d{1,6})")
_ABOUT_READERS: Final = frozenset({"requires", "min_reader", "built_with"})


def compile_manifest(  # noqa: PLR0913 - all but the document by name
    content: bytes | str | Mapping[str, object],
    *,
    source: str,
    kinds: Mapping[str, Kind],
    schemes: Collection[str] = SCHEMES,
    breathe: Breathe | None = None,
    previous: Snapshot | None = None,
    reader: str | None = None,
) -> Snapshot:
    """Compile *content*. Raises `ManifestInvalidError` with all its problems; its `nack` says of what sort they are.

    *source* is how messages name the document; *schemes* are those of the secret references that can be resolved.
    *breathe* is called now and then, so that a background thread can give way. The digest is that of the exact bytes,
    of a mapping that of its canonical JSON. *reader* is the version of aigw as which it is read, None for this one's;
    what a newer author says beyond that is ignored or quarantined, with the routes of *previous* for stand-ins.
    """
    if isinstance(content, bytes | str):
        document = load_document(content, source=source, breathe=breathe)
        exact = content if isinstance(content, bytes) else content.encode()
    else:
        document, exact = plain_document(content, source=source)
    raw, problems = as_object(document.data), Problems(source, document.find)
    if reader is None and raw.keys() & _ABOUT_READERS:
        reader = own_version()
    _check_schema(raw.get("schema"), problems)
    check_reader(raw, reader, problems)
    compiler = _Compiler(
        kinds=kinds,
        schemes=schemes,
        breathe=breathe or _hold_breath,
        lenient=is_newer(raw.get("built_with"), reader),
        source=source,
        digest=hashlib.sha256(exact).hexdigest(),
    )
    snapshot = compiler.document(raw, problems, previous)
    problems.raise_if_any()
    return snapshot


def _check_schema(schema: object, problems: Problems) -> None:
    """Refuse a document of another schema at once: what else it says would be judged by the wrong rules."""
    newer = _NEWER_SCHEMA.fullmatch(schema) if isinstance(schema, str) else None
    if newer and schema != SCHEMA:
        what = f"{schema} is not understood by this version of aigw, which reads {SCHEMA}; "
        problems.add(("schema",), what + ("upgrade aigw" if int(newer[1]) > 1 else f"write `schema: {SCHEMA}`"))
        problems.raise_if_any(Nack.SCHEMA_MAJOR)


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Works through one document. What is wrong goes to `problems`; what is right is compiled all the same."""

    kinds: Mapping[str, Kind]
    schemes: Collection[str]
    breathe: Breathe
    lenient: bool
    source: str
    digest: str

    def document(self, raw: JsonObject, problems: Problems, previous: Snapshot | None) -> Snapshot:
        """Compile a whole document: what it says itself, and the base of its rollout."""
        ramp = as_object(raw.get("rollout"))
        base_raw = as_object(ramp.get("base"))
        has_base = isinstance(ramp.get("base"), Mapping)
        # The base has the shape of a document, and is gone through like one, not as a piece of this.
        outer = {**raw, "rollout": {**ramp, "base": EMPTY}} if has_base else raw
        top = shaped(ManifestPart, outer, problems, lenient=self.lenient)
        _check_moments(top.part, problems)
        candidate = self._body(top, top.part, problems, previous)
        if not has_base:
            return candidate
        before = previous.rollout.base if previous is not None and previous.rollout is not None else previous
        beneath = problems.under(("rollout", "base"))
        base = shaped(BodyPart, base_raw, beneath, lenient=self.lenient)
        return self._ramped(candidate, top.part, self._body(base, top.part, beneath, before), problems)

    def _ramped(self, candidate: Snapshot, part: ManifestPart, base: Snapshot, problems: Problems) -> Snapshot:
        """Give *candidate* with its rollout, and with what is to be told of *base*, too."""
        if part.rollout is None:
            return candidate
        ramp = compile_rollout(part.rollout, base, issued_at=part.issued_at, problems=problems.under(("rollout",)))
        return replace(
            candidate,
            rollout=ramp,
            ignored=(*candidate.ignored, *base.ignored),
            quarantined=(*candidate.quarantined, *base.quarantined),
        )

    def _body(
        self, body: Shaped[BodyPart], envelope: ManifestPart, problems: Problems, previous: Snapshot | None
    ) -> Snapshot:
        """Compile a body under the *envelope* of its document."""
        part = body.part
        self.breathe()
        providers = ProviderCompiler(problems, self.kinds, self.schemes).providers(part.providers)
        timeouts = default_timeouts(part.defaults)
        targets = TargetCompiler(problems, part, body.said.raw, providers, timeouts)
        compiler = RouteCompiler(problems, targets, self.breathe)
        stand_ins, quarantined = Quarantine(compiler, providers, previous).stand_ins(body.said)
        routes = compiler.models() | compiler.routes(body.positions) | stand_ins
        _check_something_is_left(targets, problems)
        return Snapshot(
            serial=envelope.serial,
            digest=self.digest,
            source=self.source,
            providers=MappingProxyType(providers),
            routes=MappingProxyType(routes),
            allow_direct=part.allow_direct,
            timeouts=timeouts,
            timeout=part.defaults.timeout,
            max_retries=part.defaults.max_retries,
            tags=MappingProxyType(dict(part.tags)),
            epoch=envelope.epoch,
            audience=envelope.audience,
            channel=envelope.channel,
            issued_at=envelope.issued_at,
            expires_at=envelope.expires_at,
            fail_closed_after=envelope.fail_closed_after,
            ack=envelope.source.ack,
            ignored=tuple(problems.where(path) for path in body.said.ignored),
            quarantined=quarantined,
        )


def _check_moments(part: ManifestPart, problems: Problems) -> None:
    if part.issued_at is not None and part.expires_at is not None and part.expires_at <= part.issued_at:
        problems.add(("expires_at",), "is not after `issued_at`; nobody could ever use this manifest")


def _check_something_is_left(body: TargetCompiler, problems: Problems) -> None:
    if not body.knows_providers:
        return
    if not body.provider_names:
        problems.add(("providers",), "there are no providers; nothing could be called")
    elif not (body.model_names or body.raw.get("routes") or body.part.allow_direct):
        what = "there are no routes, no models, and no `allow_direct: true`; nothing could be called"
        problems.add(("routes",), what)


def _hold_breath() -> None:
    return
