"""The manifest one begins with: the providers whose keys are at hand, two routes, a test for each. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aigw.manifest.language.endpoints import home_of
from aigw.manifest.snapshot import Provider

__all__ = ["Starter", "starter"]


@dataclass(frozen=True, slots=True)
class _Pair:
    """Models of a provider by their makers' names: one for hard work, one for quick answers."""

    able: str
    quick: str


_MODELS: Final[Mapping[str, _Pair]] = {
    "openai": _Pair("gpt-4o", "gpt-4o-mini"),
    "anthropic": _Pair("claude-sonnet-4-5", "claude-haiku-4-5"),
    "gemini": _Pair("gemini-2.5-pro", "gemini-2.5-flash"),
    "mistral": _Pair("mistral-large-latest", "mistral-small-latest"),
    "deepseek": _Pair("deepseek-reasoner", "deepseek-chat"),
    "xai": _Pair("grok-4", "grok-3-mini"),
    "groq": _Pair("openai/gpt-oss-120b", "openai/gpt-oss-20b"),
    "cohere": _Pair("command-a-03-2025", "command-r7b-12-2024"),
    "openrouter": _Pair("openai/gpt-4o", "openai/gpt-4o-mini"),
    "bedrock": _Pair("amazon.nova-pro-v1:0", "amazon.nova-lite-v1:0"),
    "vertex": _Pair("gemini-2.5-pro", "gemini-2.5-flash"),
}
"""Kinds whose models have names that hold everywhere, those that most people have a key of first."""

_OFFLINE: Final = _Pair("echo-able", "echo-quick")
_MOST_TARGETS: Final = 3

_HEAD: Final = """\
# yaml-language-server: $schema={schema}
#
# Where calls to models go. Services follow this file; changing it changes them, without a deployment.
#   aigw manifest lint {name}      what is wrong with it, or unwise
#   aigw manifest test {name}      whether calls go where {tests} says
#   aigw manifest explain {name} --model assistant

schema: aigw/v1
# Rises with each publication: a lower one is refused.
serial: 1

"""

_NO_KEYS: Final = """\
# No provider's key was found in the environment, so these answer in the process itself, with what they were asked.
# `aigw providers` lists the kinds there are, and the variables their keys are looked for in.
"""
_KEYS: Final = "# Endpoints by name. `api_key` says where the key is found, and never is one.\n"

_DEFAULTS: Final = """\
# Limits for whatever says nothing itself: of a whole call with its retries and fallbacks, and of one attempt.
defaults:
  timeout: 180s
  attempt_timeout: 60s
  max_retries: 2
"""

_ROUTES: Final = """\
# The names callers say as `model`, and where each leads: in order, the next one where the last has failed.
"""
_ALONE: Final = "# With the key of a second provider, leave out `strategy` and add a target there to fall back on.\n"

_TESTS: Final = """\
# What is expected of {name}: each case is a call, and what becomes of it. Keys are taken to be there, and
# nobody is called. `aigw manifest test --cover {name}` lists what no case exercises.
schema: aigw/manifest-tests/v1
cases:
"""

_REFUSED: Final = """\
  - name: a model that nobody listed is refused
    call: {model: something-else}
    expect: {refused: model_not_found}
"""


@dataclass(frozen=True, slots=True)
class Starter:
    """A manifest and its tests, as text, and the providers they use."""

    manifest: str
    tests: str
    providers: tuple[str, ...]


def starter(found: Sequence[Provider], *, name: str, tests: str, schema: str) -> Starter:
    """Write a manifest for the providers *found*, or one that needs none. *name*, *tests*, *schema* are its files."""
    order = list(_MODELS)
    known = sorted((one for one in found if one.kind.name in _MODELS), key=lambda one: order.index(one.kind.name))
    keys = {one.secret for one in known}
    others = [one for one in found if one.kind.name not in _MODELS and one.secret not in keys]
    pairs = {one.name: _MODELS[one.kind.name] for one in known} or {"here": _OFFLINE, "spare": _OFFLINE}
    blocks = [_provider(one) for one in known] or ["  here: {kind: echo}\n", "  spare: {kind: echo}\n"]
    rest = "".join(f"  # {line}\n" for one in others for line in _aside(one))
    body = (_KEYS if known else _NO_KEYS) + "providers:\n" + "".join(blocks) + rest + "\n"
    routes = {
        "assistant": [f"{provider}/{pair.able}" for provider, pair in pairs.items()][:_MOST_TARGETS],
        "quick": [f"{provider}/{pair.quick}" for provider, pair in pairs.items()][:_MOST_TARGETS],
    }
    head = _HEAD.format(name=name, tests=tests, schema=schema)
    return Starter(head + body + _written(routes) + "\n" + _DEFAULTS, _tests(routes, name), tuple(pairs))


def _provider(one: Provider) -> str:
    lines = [f"  {one.name}:", f"    kind: {one.kind.name}"]
    home, missing = home_of(one.kind, one.settings)
    if missing or one.base_url != home:
        lines.append(f'    base_url: "{one.base_url}"')
    lines.append(f"    api_key: {one.secret or 'none'}")
    # Quoted, as a setting may look like a number or a date.
    lines += [f'    {name}: "{value}"' for name, value in one.settings.items() if name in one.kind.settings]
    return "\n".join(lines) + "\n"


def _aside(one: Provider) -> list[str]:
    """Write a provider whose models have names of their owner's choosing as a comment."""
    return [f"{one.name}: {{kind: {one.kind.name}, …}}  # found, too: name its models in a route to use it"]


def _written(routes: Mapping[str, Sequence[str]]) -> str:
    alone = any(len(targets) == 1 for targets in routes.values())
    text = _ROUTES + (_ALONE if alone else "") + "routes:\n"
    for name, targets in routes.items():
        text += f"  - name: {name}\n"
        text += "    strategy: single\n" if len(targets) == 1 else ""
        text += "    targets:\n" + "".join(f"      - {target}\n" for target in targets)
    return text


def _tests(routes: Mapping[str, Sequence[str]], name: str) -> str:
    text = _TESTS.format(name=name)
    for route, targets in routes.items():
        text += f"  - name: {route} goes to {targets[0]} first\n    call: {{model: {route}}}\n"
        text += "    expect:\n      targets:\n" + "".join(f"        - {target}\n" for target in targets)
    return text + _REFUSED
