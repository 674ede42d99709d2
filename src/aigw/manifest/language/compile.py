"""Compile a manifest into a snapshot, or say everything that is wrong with it. Pure: bytes in, snapshot out."""

import hashlib
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

from aigw.call import Timeouts
from aigw.errors import Failure
from aigw.manifest.language.document import Breathe, Document, Path, load_document, plain_document
from aigw.manifest.language.endpoints import OFFLINE_DIALECT, home_of, host_of, is_home, is_host, normal_base_url
from aigw.manifest.language.model import (
    FALLBACK_FAILURES,
    SCHEMA,
    ManifestPart,
    ProviderPart,
    RoutePart,
    TargetPart,
)
from aigw.manifest.language.problems import Problems, near, shown, written
from aigw.manifest.snapshot import DEFAULT_FALLBACK_ON, Provider, Route, Snapshot, Target
from aigw.types.json import EMPTY, JsonObject, as_array, as_object
from aigw.types.kind import Kind

SCHEMES: Final = frozenset({"env", "file"})
"""Schemes of secret references that are always understood; a secret source adds its own."""

_SETTINGS: Final = ("region", "project", "account", "api_version")
_PROVIDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}")
_REFERENCE = re.compile(r"([a-z][a-z0-9+.-]*):(\S(?:.*\S)?)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NEWER_SCHEMA = re.compile(r"aigw/v(\d{1,6})")


def compile_manifest(
    content: bytes | str | Mapping[str, object],
    *,
    source: str,
    kinds: Mapping[str, Kind],
    schemes: Collection[str] = SCHEMES,
    breathe: Breathe | None = None,
) -> Snapshot:
    """Compile *content*. Raises `ManifestInvalidError` with all its problems.

    *source* is how messages name the document; *schemes* are those of the secret references that can be resolved.
    *breathe* is called now and then, so that a background thread can give way. The digest is that of the exact bytes,
    of a mapping that of its canonical JSON.
    """
    if isinstance(content, bytes | str):
        document = load_document(content, source=source, breathe=breathe)
        exact = content if isinstance(content, bytes) else content.encode()
    else:
        document, exact = plain_document(content, source=source)
    problems = Problems(source, document.find)
    _check_schema(as_object(document.data).get("schema"), problems)
    compiler = _Compiler(document, problems, kinds, schemes, breathe)
    snapshot = compiler.snapshot(source, hashlib.sha256(exact).hexdigest())
    problems.raise_if_any()
    return snapshot


def _check_schema(schema: object, problems: Problems) -> None:
    """Refuse a document of another schema at once: what else it says would be judged by the wrong rules."""
    newer = _NEWER_SCHEMA.fullmatch(schema) if isinstance(schema, str) else None
    if newer and schema != SCHEMA:
        what = f"{schema} is not understood by this version of aigw, which reads {SCHEMA}; "
        problems.add(("schema",), what + ("upgrade aigw" if int(newer[1]) > 1 else f"write `schema: {SCHEMA}`"))
        problems.raise_if_any()


class _Compiler:
    """Works through one document. What is wrong goes to `problems`; what is right is compiled all the same."""

    def __init__(
        self,
        document: Document,
        problems: Problems,
        kinds: Mapping[str, Kind],
        schemes: Collection[str],
        breathe: Breathe | None,
    ) -> None:
        self._raw = as_object(document.data)
        self._problems = problems
        self._kinds = kinds
        self._schemes = schemes
        self._breathe = breathe or _hold_breath
        self._manifest, self._positions = self._validated()
        self._breathe()
        defaults = self._manifest.defaults
        self._timeouts = Timeouts(
            connect=defaults.connect_timeout,
            first_token=defaults.first_token_timeout,
            idle=defaults.idle_timeout,
            total=defaults.attempt_timeout,
        )
        self._providers: dict[str, Provider] = {}
        providers = self._raw.get("providers", EMPTY)
        self._knows_providers = isinstance(providers, Mapping)
        self._provider_names = as_object(providers).keys()
        self._model_names = as_object(self._raw.get("models")).keys()

    def snapshot(self, source: str, digest: str) -> Snapshot:
        """Compile all parts."""
        manifest = self._manifest
        for name, part in manifest.providers.items():
            self._provider(name, part)
        routes = self._models() | self._routes()
        self._check_something_is_left()
        return Snapshot(
            serial=manifest.serial,
            digest=digest,
            source=source,
            providers=MappingProxyType(self._providers),
            routes=MappingProxyType(routes),
            allow_direct=manifest.allow_direct,
            timeouts=self._timeouts,
            timeout=manifest.defaults.timeout,
            max_retries=manifest.defaults.max_retries,
            tags=MappingProxyType(dict(manifest.tags)),
        )

    def _validated(self) -> tuple[ManifestPart, list[int]]:
        """Check the shape. Parts that are wrong are noted and left out, so that the rest is checked, too.

        Also gives the positions of the routes that are left.
        """
        routes = as_array(self._raw.get("routes"))
        positions = list(range(len(routes)))
        try:
            return ManifestPart.model_validate(self._raw), positions
        except ValidationError as error:
            self._problems.add_all(error)
            wrong = [details["loc"] for details in error.errors(include_url=False, include_input=False)]
        entries = {place[:2] for place in wrong if place[0] in ("providers", "models", "routes") and len(place) > 1}
        keys = {place[0] for place in wrong if place[:2] not in entries}
        kept: dict[str, object] = {key: value for key, value in self._raw.items() if key not in keys}
        for section in {"providers", "models"} & kept.keys():
            parts = as_object(kept[section])
            kept[section] = {name: part for name, part in parts.items() if (section, name) not in entries}
        positions = [at for at in positions if "routes" in kept and ("routes", at) not in entries]
        kept |= {"schema": SCHEMA, "serial": 0, "routes": [routes[at] for at in positions]}
        return ManifestPart.model_validate(kept), positions

    def _check_something_is_left(self) -> None:
        if not self._knows_providers:
            return
        if not self._provider_names:
            self._problems.add(("providers",), "there are no providers; nothing could be called")
        elif not (self._model_names or self._raw.get("routes") or self._manifest.allow_direct):
            what = "there are no routes, no models, and no `allow_direct: true`; nothing could be called"
            self._problems.add(("routes",), what)

    def _provider(self, name: str, part: ProviderPart) -> None:
        path: Path = ("providers", name)
        if not _PROVIDER_NAME.fullmatch(name):
            self._problems.add(path, "a provider's name is up to 64 letters, digits, dots, dashes and underscores")
        kind = self._kinds.get(part.kind)
        if kind is None:
            self._problems.add((*path, "kind"), f"unknown kind {shown(part.kind)}; {near(part.kind, self._kinds)}")
            return
        settings = {name: value for name in _SETTINGS if (value := getattr(part, name)) is not None}
        self._check_settings(settings, part, kind, path)
        base_url = self._base_url(part, kind, settings, path)
        if base_url is None:
            return
        declared = {host.lower() for host in part.hosts}
        for at, host in enumerate(part.hosts):
            if not is_host(host.lower()):
                self._problems.add((*path, "hosts", at), "must be a host or host:port, without scheme and path")
        self._providers[name] = Provider(
            name=name,
            kind=kind,
            base_url=base_url,
            secret=self._secret(part, kind, base_url, path),
            hosts=frozenset(declared | {host_of(base_url)}) - {""},
            headers=tuple(part.headers.items()),
            unsupported=part.unsupported,
            settings=MappingProxyType(settings),
        )

    def _check_settings(self, settings: Mapping[str, str], part: ProviderPart, kind: Kind, path: Path) -> None:
        """Report settings that would change nothing: a region that is none must never lead to another one."""
        for name, value in settings.items():
            if name in kind.settings or (name == "region" and value in kind.regional and part.base_url is None):
                continue
            if name == "region" and kind.regional and part.base_url is None:
                what = f"unknown region {shown(value)} of kind {kind.name}; {near(value.lower(), kind.regional)}"
            else:
                beside = " with a base_url of its own" if part.base_url is not None and name == "region" else ""
                what = f"means nothing to a provider of kind {kind.name}{beside}; leave it out"
            self._problems.add((*path, name), what)

    def _base_url(self, part: ProviderPart, kind: Kind, settings: Mapping[str, str], path: Path) -> str | None:
        if part.base_url is None:
            if kind.base_url is None and kind.dialect != OFFLINE_DIALECT:
                what = f"is missing; a provider of kind {kind.name} has no address of its own"
                self._problems.add((*path, "base_url"), what)
                return None
            home, missing = home_of(kind, settings)
            for name in missing:
                what = f"is missing; the address of a provider of kind {kind.name} has it in it (or give a base_url)"
                self._problems.add((*path, name), what)
            return None if missing else home
        try:
            return normal_base_url(kind, part.base_url)
        except ValueError as error:
            self._problems.add((*path, "base_url"), str(error))
            return None

    def _secret(self, part: ProviderPart, kind: Kind, base_url: str, path: Path) -> str | None:
        """Give the reference of the provider's key, or None if it has none. No message may quote what was written."""
        path = (*path, "api_key")
        if part.api_key == "none":
            return None
        if part.api_key is None:
            if kind.keyless or kind.auth == "none":
                return None
            usual = kind.ambient or (f"env:{kind.key_env[0]}" if kind.key_env else None)
            if usual and is_home(kind, base_url):
                return usual
            what = f"is missing; say which key goes to {host_of(base_url)} (env:NAME, file:/path), or `none`"
            self._problems.add(path, what)
            return None
        schemes = ", ".join(f"{scheme}:…" for scheme in sorted(self._schemes))
        reference = _REFERENCE.fullmatch(part.api_key)
        if reference is None or reference[1] not in self._schemes:
            self._problems.add(path, f"must be a reference ({schemes}) or `none`; a key itself may not stand here")
        elif reference[1] == "env" and not _VARIABLE.fullmatch(reference[2]):
            self._problems.add(path, "what follows env: must be the name of a variable, not a key")
        elif reference[1] == "file" and not reference[2].startswith("/"):
            self._problems.add(path, "what follows file: must be an absolute path, such as file:/run/secrets/openai")
        else:
            return part.api_key
        return None

    def _models(self) -> dict[str, Route]:
        routes: dict[str, Route] = {}
        for name, part in self._manifest.models.items():
            path: Path = ("models", name)
            self._check_name(name, path)
            if part.use is not None and "/" not in part.use:
                what = f"{shown(part.use)} does not say which provider; write provider/model"
                self._problems.add(self._use_path(path), what)
            elif target := self._target(part, path, None):
                routes[name] = Route(name=name, strategy="single", targets=(target,))
        return routes

    def _routes(self) -> dict[str, Route]:
        routes: dict[str, Route] = {}
        taken = {name: ("models", name) for name in self._model_names} | dict[str, Path]()
        for at, part in zip(self._positions, self._manifest.routes, strict=True):
            path: Path = ("routes", at)
            self._check_name(part.name, (*path, "name"))
            if part.name in taken:
                what = f"{part.name!r} is the name of {written(taken[part.name])} already; choose another"
                self._problems.add((*path, "name"), what)
            taken.setdefault(part.name, path)
            routes[part.name] = self._route(part, path)
            self._breathe()
        return routes

    def _route(self, part: RoutePart, path: Path) -> Route:
        if part.strategy == "single" and len(part.targets) > 1:
            what = "`single` takes exactly one target; write `strategy: fallback` to try one after the other"
            self._problems.add((*path, "strategy"), what)
        retries = part.max_retries
        return Route(
            name=part.name,
            strategy=part.strategy,
            targets=self._targets(part.targets, (*path, "targets"), retries),
            timeout=part.timeout if part.timeout is not None else self._manifest.defaults.timeout,
            fallback_on=self._fallback_on(part.fallback_on, (*path, "fallback_on")),
            on_context_length=self._targets(
                part.fallbacks.context_length, (*path, "fallbacks", "context_length"), retries
            ),
            on_content_policy=self._targets(
                part.fallbacks.content_policy, (*path, "fallbacks", "content_policy"), retries
            ),
        ).on_unsupported(part.unsupported)

    def _fallback_on(self, names: tuple[str, ...] | None, path: Path) -> frozenset[Failure]:
        if names is None:
            return DEFAULT_FALLBACK_ON
        for at, name in enumerate(names):
            if name in (Failure.CONTEXT_LENGTH, Failure.CONTENT_POLICY):
                what = f"{name} has targets of its own; list them under `fallbacks: {{{name}: […]}}`"
                self._problems.add((*path, at), what)
            elif name not in FALLBACK_FAILURES:
                what = f"unknown failure {shown(name)}; {near(name, FALLBACK_FAILURES)}"
                self._problems.add((*path, at), what)
        return frozenset(Failure(name) for name in names if name in FALLBACK_FAILURES)

    def _targets(self, parts: tuple[TargetPart, ...], path: Path, retries: int | None) -> tuple[Target, ...]:
        found = (self._target(part, (*path, at), retries) for at, part in enumerate(parts))
        return tuple(target for target in found if target is not None)

    def _target(self, part: TargetPart, path: Path, retries: int | None) -> Target | None:
        """Compile one target. What it leaves open comes from the model it uses, then the route, then the defaults."""
        base: TargetPart | None = None
        if part.use is not None and "/" not in part.use:
            base = self._manifest.models.get(part.use)
            if part.use not in self._model_names:
                self._problems.add(self._use_path(path), self._unknown_model(part.use))
        named = self._named(base or part, path if base is None else ("models", part.use or ""))
        if named is None:
            return None
        parts = [part] if base is None else [part, base]
        wanted = [(own.max_retries, own.params) for own in parts]
        retry_limits = [limit for limit, _ in wanted if limit is not None]
        params: dict[str, object] = {}
        for _, own_params in reversed(wanted):
            params |= own_params
        return Target(
            provider=named[0],
            model=named[1],
            timeouts=self._limits(parts),
            max_retries=[*retry_limits, *([] if retries is None else [retries]), self._manifest.defaults.max_retries][
                0
            ],
            params=_frozen(params),
        )

    def _named(self, part: TargetPart, path: Path) -> tuple[Provider, str] | None:
        """Give the provider and the model *part* names, or None; whoever uses a wrong model does not report it anew."""
        if part.use is None:
            provider, model, where = part.provider or "", part.model or "", (*path, "provider")
        else:
            provider, slash, model = part.use.partition("/")
            where = self._use_path(path)
            if not slash:
                return None
        if not self._knows_providers:
            return None
        if provider not in self._provider_names:
            self._problems.add(where, f"unknown provider {shown(provider)}; {near(provider, self._provider_names)}")
        elif not model.strip():
            self._problems.add(where, "does not say which model; write provider/model")
        elif found := self._providers.get(provider):
            return found, model
        return None

    def _unknown_model(self, name: str) -> str:
        routes = {part.name for part in self._manifest.routes}
        if name in routes:
            return f"{name!r} is a route, and a route cannot be the target of another; name a model or provider/model"
        if name in self._provider_names:
            return f"{name!r} is a provider; write {name}/ and its model"
        hint = near(name, self._model_names)
        end = "" if hint.endswith("?") else "."
        return f"unknown model {shown(name)}; {hint}{end} Or write provider/model"

    def _limits(self, parts: list[TargetPart]) -> Timeouts:
        """Give the limits of an attempt: each the first that is set."""
        base = self._timeouts
        for part in reversed(parts):
            base = Timeouts(
                connect=base.connect if part.connect_timeout is None else part.connect_timeout,
                first_token=base.first_token if part.first_token_timeout is None else part.first_token_timeout,
                idle=base.idle if part.idle_timeout is None else part.idle_timeout,
                total=base.total if part.timeout is None else part.timeout,
            )
        return base

    def _check_name(self, name: str, path: Path) -> None:
        if not _MODEL_NAME.fullmatch(name):
            what = "a name is up to 128 letters, digits and . _ - : @ +; a slash would read as provider/model"
            self._problems.add(path, what)

    def _use_path(self, path: Path) -> Path:
        """Give the place of `use`, which has no key of its own where a target is written as a string."""
        raw: object = self._raw
        for step in path:
            raw = as_array(raw)[step] if isinstance(step, int) else as_object(raw).get(step)
        return path if isinstance(raw, str) else (*path, "use")


def _hold_breath() -> None:
    return


def _frozen(params: Mapping[str, object]) -> JsonObject:
    """Give *params* as they can be spread into a request; what is nested in them belongs to the snapshot alone."""
    return MappingProxyType(dict(params)) if params else EMPTY
