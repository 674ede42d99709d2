"""Rules about providers: whether anybody uses them, and whether secrets stay secret."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from aigw.manifest.publishing.rules.subject import Body, Found, Rule, Subject
from aigw.types.json import as_array, as_object, as_text
from aigw.types.keys import looks_like_a_key

_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|::1|.+\.localhost")


def _literal_secret(subject: Subject) -> Iterator[Found]:
    """Look through the whole text, comments included. What is found is never quoted."""
    for line, text in enumerate(subject.text.splitlines(), start=1):
        if looks_like_a_key(_VARIABLE.sub("", text)):
            what = "holds something in the shape of a key, which everybody who gets the manifest can read"
            yield Found((), what, "revoke it, and refer to the new one: env:NAME or file:/path", line=line)


def _plain_http(subject: Subject) -> Iterator[Found]:
    for body in subject.bodies():
        for path, provider in body.providers():
            parts = urlsplit(provider.base_url)
            if parts.scheme != "http" or _LOOPBACK.fullmatch(parts.hostname or ""):
                continue
            if provider.secret is not None:
                what = "sends the key and every prompt over plain http, where whoever is on the way reads them"
                yield Found((*path, "base_url"), what, "use https", "error")
            else:
                what = "sends prompts over plain http, where whoever is on the way reads them"
                yield Found((*path, "base_url"), what, "use https")


def _unused_provider(subject: Subject) -> Iterator[Found]:
    for body in subject.bodies():
        if body.snapshot.allow_direct:
            continue
        used = _used(body)
        for path, provider in body.providers():
            if provider.name not in used:
                yield Found(path, "is no target's provider", "name it in a route, or leave it out")


def _used(body: Body) -> frozenset[str]:
    used: set[str] = set()
    for route in body.snapshot.routes.values():
        detour = () if route.instead is None else route.instead.targets
        targets = (*route.targets, *route.on_context_length, *route.on_content_policy, *detour)
        used.update(target.provider.name for target in targets)
    for written in as_array(body.raw.get("routes")):
        stand_in = as_object(written).get("else")
        named = as_text(stand_in) or as_text(as_object(stand_in).get("use")) or ""
        used.add(as_text(as_object(stand_in).get("provider")) or named.partition("/")[0])
    return frozenset(used)


LITERAL_SECRET: Final = Rule(
    id="literal-secret",
    level="error",
    asks="Does a key stand in the document, be it in a comment?",
    why="A manifest is read by every process and by everybody who reviews it. The reader refuses a key where it "
    "expects a reference; this rule looks everywhere.",
    instead_of="# until May, the key was sk-example-0123456789",
    write="providers:\n  openai: {kind: openai, api_key: env:OPENAI_API_KEY}",
    check=_literal_secret,
)
PLAIN_HTTP: Final = Rule(
    id="plain-http",
    level="warning",
    asks="Is what goes to a provider encrypted on its way?",
    why="Over plain http, whoever is on the way reads the prompts, and the key if there is one (then it is an error). "
    "Loopback addresses are left alone.",
    instead_of='providers:\n  own: {kind: openai-compatible, base_url: "http://llm.internal:8000/v1", api_key: none}',
    write='providers:\n  own: {kind: openai-compatible, base_url: "https://llm.internal/v1", api_key: none}',
    check=_plain_http,
)
UNUSED_PROVIDER: Final = Rule(
    id="unused-provider",
    level="warning",
    asks="Does any route or model lead to each provider?",
    why="A provider that nobody can reach is one that somebody meant to use. With `allow_direct`, callers reach all.",
    instead_of="providers:\n  openai: {kind: openai}\n  anthropic: {kind: anthropic}\nmodels: {summary: openai/gpt-4o}",
    write="providers:\n  openai: {kind: openai}\nmodels: {summary: openai/gpt-4o}",
    check=_unused_provider,
)
