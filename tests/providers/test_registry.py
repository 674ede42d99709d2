"""Finding kinds and adapters: lazily, by name, built-ins first."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import ClassVar

import pytest

from aigw.errors import ConfigurationError
from aigw.protocols import Adapter, OfflineAdapter
from aigw.providers import registry
from aigw.providers.kinds.table import KINDS
from aigw.types.kind import Kind

FOREIGN = Kind(name="acme", dialect="acme-wire", title="Acme")
IMPOSTOR = Kind(name="openai", dialect="acme-wire", title="Not OpenAI")
ECHO = registry.adapter("echo")


class Plugin:
    kinds: ClassVar = {"acme": FOREIGN, "openai": IMPOSTOR}

    def adapter(self, dialect: str) -> Adapter | OfflineAdapter | None:
        return ECHO if dialect in {"acme-wire", "openai-chat"} else None


plugin = Plugin()


CACHED = (registry.adapter, registry._plugins, registry._foreign)


def _forget() -> None:
    for cached in CACHED:
        cached.cache_clear()


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    found: list[EntryPoint] = []
    sys.modules.setdefault("plugin_under_test", sys.modules[__name__])
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: found if group == registry.GROUP else [])
    _forget()
    yield found
    _forget()


def test_importing_the_registry_imports_no_adapter() -> None:
    script = (
        "import sys; import aigw.providers.registry as r; from aigw.providers.registry import kinds; "
        "print([m for m in sys.modules if m.startswith('aigw.providers.') and m != r.__name__])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()


@pytest.mark.parametrize("row", KINDS.values(), ids=KINDS)
def test_every_kind_has_an_adapter_of_its_dialect(row: Kind) -> None:
    assert [*row.dialects] == [registry.adapter(dialect).dialect for dialect in row.dialects]
    assert [*row.dialects] == [*dict.fromkeys(row.dialects)]


def test_an_adapter_is_made_once() -> None:
    assert registry.adapter("openai-chat") is registry.adapter("openai-chat")


def test_an_unknown_kind_is_an_error_that_names_near_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"no kind of provider 'opnai'. Did you mean openai"):
        registry.kind("opnai")
    with pytest.raises(ConfigurationError, match=r"no dialect 'openai-chta'. Did you mean openai-chat"):
        registry.adapter("openai-chta")


def test_a_plugin_adds_kinds_and_dialects(points: list[EntryPoint]) -> None:
    points.append(EntryPoint("acme", "plugin_under_test:plugin", registry.GROUP))

    assert FOREIGN is registry.kinds()["acme"]
    assert "acme" in list(registry.kinds())
    assert ECHO is registry.adapter("acme-wire")


def test_a_plugin_cannot_replace_what_is_ours(points: list[EntryPoint]) -> None:
    points.append(EntryPoint("acme", "plugin_under_test:plugin", registry.GROUP))

    assert KINDS["openai"] is registry.kinds()["openai"]
    assert "openai-chat" == registry.adapter("openai-chat").dialect
    assert len(set(registry.kinds())) == len(registry.kinds())


def test_a_broken_plugin_is_named(points: list[EntryPoint]) -> None:
    points.append(EntryPoint("acme", "no_such_module_at_all:plugin", registry.GROUP))

    with pytest.raises(ConfigurationError, match="plugin 'acme'"):
        registry.kind("acme")


def test_known_names_never_look_for_plugins(monkeypatch: pytest.MonkeyPatch, points: list[EntryPoint]) -> None:
    monkeypatch.setattr(registry, "_plugins", lambda: pytest.fail("looked for plugins"))

    assert "openai" in registry.kinds()
    assert "echo" == registry.adapter("echo").dialect
