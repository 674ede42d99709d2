"""An old reader and a new document: what it ignores, what it may not judge, and what it refuses.

Green: nothing is unknown. Yellow: what is unknown is ignored, and named. Quarantine: a route is left to its stand-in.
Red: the whole document is refused. By default a document is as new as its reader, and then all that is unknown is red.
"""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from tests.manifest.language.language_kit import plain, problem, read, refused

from aigw.errors import ManifestInvalidError
from aigw.manifest.snapshot import Quarantined, Snapshot
from aigw.types.nack import Nack

OLD, NEW = "0.1.0", "0.2.0"
MAIN = {"name": "main", "targets": ["openai/gpt-4o"]}


def routed(**parts: Any) -> dict[str, Any]:
    return {"routes": [{**MAIN, **parts}]}


GREEN: list[dict[str, Any]] = [
    {},
    routed(strategy="single"),
    {"tags": {"anything": "goes"}},
    {"source": {"repo": "acme/ai"}},
    routed(targets=[{"use": "openai/m", "params": {"anything": {"goes": 1}}}]),
]
YELLOW: list[tuple[dict[str, Any], str]] = [
    ({"defaults": {"queue_timeout": "3s"}}, "defaults.queue_timeout"),
    ({"defaults": {"pace": {"a": [1]}}}, "defaults.pace"),
    ({"source": {"pipeline": "build-7"}}, "source.pipeline"),
    (routed(targets=[{"use": "openai/m", "write_timeout": "3s"}]), "routes[0].targets[0].write_timeout"),
    (routed(queue_timeout=3), "routes[0].queue_timeout"),
    (routed(metadata={"owner": "a"}), "routes[0].metadata"),
    ({"models": {"m": {"use": "openai/m", "metadata": 1}}}, "models.m.metadata"),
    (routed(**{"else": {"use": "openai/m", "write_timeout": 3}}), "routes[0].else.write_timeout"),
]
QUARANTINE: list[tuple[dict[str, Any], str]] = [
    (routed(strategy="weighted"), "routes[0].strategy: 'weighted' is not known here"),
    (routed(when={"tags.team": "x"}), "routes[0].when: unknown key"),
    (routed(disabled=True), "routes[0].disabled: unknown key"),
    (routed(unsupported="emulate"), "routes[0].unsupported: 'emulate' is not known here"),
    (routed(fallback_on=["timeout", "slow"]), "routes[0].fallback_on[1]: 'slow' is not known here"),
    (routed(targets=[{"use": "openai/m", "weight": 3}]), "routes[0].targets[0].weight: unknown key"),
    (routed(targets=[{"pool": "eu"}]), "routes[0].targets[0].pool: unknown key"),
    (routed(fallbacks={"tool_error": ["openai/m"]}), "routes[0].fallbacks.tool_error: unknown key"),
    (
        routed(instead={"until": "2026-11-20T12:00:00Z", "targets": ["openai/m"], "share": 5}),
        "routes[0].instead.share: unknown key",
    ),
    ({"routes": [{"name": "main", "pools": ["eu"]}]}, "routes[0].pools: unknown key"),
]
RED: list[tuple[dict[str, Any], str]] = [
    ({"limits": []}, "limits: unknown key"),
    ({"providers": {"openai": {"kind": "openai", "tls": "strict"}}}, "providers.openai.tls: unknown key"),
    (
        {"providers": {"openai": {"kind": "openai", "unsupported": "emulate"}}},
        "providers.openai.unsupported: 'emulate'",
    ),
    ({"providers": {"openai": {"kind": "quantum"}}}, "providers.openai.kind: unknown kind 'quantum'"),
    ({"routes": [{**MAIN, "name": "no/name", "when": 1}]}, "routes[0].when: unknown key"),
    (routed(timeout="soon"), "routes[0].timeout: must be a duration"),
    (routed(targets=["opnai/m"]), "routes[0].targets[0]: unknown provider"),
    ({"requires": ["dlp.v2"]}, "requires[0]: aigw 0.1.0 does not have 'dlp.v2'"),
    ({"min_reader": "0.2"}, "min_reader: this manifest needs aigw 0.2 or later"),
    ({"schema": "aigw/v2"}, "schema: aigw/v2 is not understood"),
    ({"defaults": {"timeout": "soon"}}, "defaults.timeout: must be a duration"),
    (routed(when=1, **{"else": "opnai/m"}), "routes[0].else: unknown provider 'opnai'"),
]


def newer(said: dict[str, Any], **options: Any) -> Snapshot:
    return read(plain(built_with=NEW, **said), reader=OLD, **options)


@pytest.mark.parametrize("said", GREEN)
def test_green_what_is_known_is_known_to_an_old_reader_too(said: dict[str, Any]) -> None:
    found = newer(said)

    assert ((), ()) == (found.ignored, found.quarantined)
    assert {"main"} == set(found.routes)


@pytest.mark.parametrize(("said", "path"), YELLOW)
def test_yellow_what_only_tunes_is_ignored_and_named(said: dict[str, Any], path: str) -> None:
    found = newer(said)

    assert ((path,), ()) == (found.ignored, found.quarantined)
    assert "main" in found.routes


@pytest.mark.parametrize(("said", "why"), QUARANTINE)
def test_quarantine_a_route_that_cannot_be_judged_is_not_served(said: dict[str, Any], why: str) -> None:
    found = newer(said | {"models": {"other": "openai/m"}})

    assert (Quarantined("main", why, "none"),) == found.quarantined
    assert {"other"} == set(found.routes)


@pytest.mark.parametrize(("said", "why"), QUARANTINE)
def test_quarantine_leaves_a_route_as_it_was(said: dict[str, Any], why: str) -> None:
    before = read(plain(routes=[{"name": "main", "targets": ["openai/before"]}]))

    found = newer(said, previous=before)

    assert (Quarantined("main", why, "last_good"),) == found.quarantined
    assert before.routes["main"] == found.routes["main"]


@pytest.mark.parametrize(("said", "why"), QUARANTINE)
def test_quarantine_sends_a_route_to_its_else(said: dict[str, Any], why: str) -> None:
    route = {**said["routes"][0], "else": {"use": "openai/plain", "timeout": "9s"}, "fail_closed_after": "1h"}

    found = newer({"routes": [route]})

    assert (Quarantined("main", why, "else"),) == found.quarantined
    assert ["openai/plain"] == [target.id for target in found.routes["main"].targets]
    assert (9.0, 3600.0) == (found.routes["main"].targets[0].timeouts.total, found.routes["main"].fail_closed_after)


@pytest.mark.parametrize(("said", "what"), RED)
def test_red_the_document_is_refused_whole(said: dict[str, Any], what: str) -> None:
    assert problem(plain(built_with=NEW) | said, reader=OLD).startswith(what)


@pytest.mark.parametrize("said", [*(said for said, _ in YELLOW), *(said for said, _ in QUARANTINE)])
@pytest.mark.parametrize("built_with", [None, OLD, "0.1.0rc1", "0.0.9"])
def test_a_document_that_is_no_newer_than_its_reader_is_read_strictly(
    said: dict[str, Any], built_with: str | None
) -> None:
    version = {"built_with": built_with} if built_with else {}

    assert Nack.INVALID == refused(plain(**said, **version), reader=OLD).nack


@pytest.mark.parametrize("said", [said for said, _ in QUARANTINE])
def test_a_new_reader_that_knows_no_more_refuses_what_an_old_one_leaves_out(said: dict[str, Any]) -> None:
    assert refused(plain(built_with=NEW, **said), reader=NEW).problems


def test_last_good_is_not_served_once_one_of_its_providers_has_changed() -> None:
    before = read(plain(routes=[{"name": "main", "targets": ["openai/before"]}]))
    moved = {"openai": {"kind": "openai", "base_url": "https://eu.api.openai.com/v1"}}

    found = newer(routed(when=1) | {"providers": moved}, previous=before)

    assert "none" == found.quarantined[0].now
    assert {} == dict(found.routes)


def test_last_good_is_not_served_once_one_of_its_providers_is_gone() -> None:
    providers = {"openai": {"kind": "openai"}, "echo": {"kind": "echo"}}
    targets = {"targets": ["openai/a"], "fallbacks": {"context_length": ["echo/long"]}}
    before = read(plain(providers=providers, routes=[{"name": "main", **targets}]))

    assert "none" == newer(routed(when=1), previous=before).quarantined[0].now


def test_what_stood_in_before_is_no_last_good() -> None:
    first = newer(routed(when=1, **{"else": "openai/one"}))

    second = newer(routed(when=1, **{"else": "openai/two"}), previous=first)

    assert "else" == second.quarantined[0].now
    assert ["openai/two"] == [target.id for target in second.routes["main"].targets]


def test_last_good_stays_through_any_number_of_documents() -> None:
    found = read(plain(routes=[{"name": "main", "targets": ["openai/before"]}]))
    for _ in range(3):
        found = newer(routed(when=1, **{"else": "openai/else"}), previous=found)

    assert ["openai/before"] == [target.id for target in found.routes["main"].targets]


def test_the_other_routes_are_served_and_told_where_they_stood() -> None:
    routes = [{**MAIN, "when": 1}, {"name": "a", "targets": ["openai/a"]}, {"name": "b", "targets": ["openai/b"]}]

    assert {"a", "b"} == set(newer({"routes": routes}).routes)
    routes[2]["targets"] = ["opnai/b"]
    assert "routes[2].targets[0]: unknown provider 'opnai'" in problem(plain(built_with=NEW, routes=routes), reader=OLD)


def test_other_problems_of_a_route_that_cannot_be_judged_are_not_judged_either() -> None:
    found = newer(routed(when=1, targets=["nowhere/m"], timeout="by noon"))

    assert "none" == found.quarantined[0].now


def test_a_model_that_cannot_be_judged_takes_along_the_routes_that_use_it() -> None:
    models = {"cheap": {"use": "openai/m", "weight": 2}, "good": "openai/g"}
    routes = [
        {"name": "a", "targets": ["good", "cheap"]},
        {"name": "b", "targets": ["good"], "fallbacks": {"context_length": [{"use": "cheap"}]}},
        {"name": "c", "targets": ["good"]},
    ]

    found = newer({"models": models, "routes": routes})

    assert {"c", "good"} == set(found.routes)
    assert (
        Quarantined("cheap", "models.cheap.weight: unknown key", "none"),
        Quarantined("a", "routes[0].targets: uses the model cheap, which says what is not known here", "none"),
        Quarantined("b", "routes[1].targets: uses the model cheap, which says what is not known here", "none"),
    ) == found.quarantined


def test_a_name_is_given_once_though_one_that_has_it_cannot_be_judged() -> None:
    routes = [{**MAIN, "when": 1}, MAIN]

    assert "is the name of routes[0] already" in problem(plain(built_with=NEW, routes=routes), reader=OLD)


def test_the_base_of_a_rollout_has_stand_ins_of_its_own() -> None:
    before = read(plain(routes=[{"name": "main", "targets": ["openai/before"]}]))
    base = {"providers": {"openai": {"kind": "openai"}}, "defaults": {"pace": 1}, **routed(when=1)}
    rollout = {"id": "r", "unit": "key", "preset": "all-at-once", "base": base, "start": "2026-11-20T12:00:00Z"}

    found = newer({"rollout": rollout}, previous=before)

    assert found.rollout is not None
    assert ["openai/gpt-4o"] == [target.id for target in found.routes["main"].targets]
    assert ["openai/before"] == [target.id for target in found.rollout.base.routes["main"].targets]
    told = (Quarantined("main", "rollout.base.routes[0].when: unknown key", "last_good"),)
    assert (told, told) == (found.quarantined, found.rollout.base.quarantined)
    assert ("rollout.base.defaults.pace",) == found.ignored
    assert found.rollout.base == newer({"rollout": rollout}, previous=found).rollout.base  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "rollout", [{"unit": "city"}, {"preset": "logarithmic"}, {"bake": "10m"}, {"guard": {"p99": 2}}]
)
def test_red_a_rollout_that_cannot_be_judged_refuses_the_document(rollout: dict[str, Any]) -> None:
    base = {"providers": {"openai": {"kind": "openai"}}, "allow_direct": True}
    said = {"id": "r", "unit": "key", "preset": "all-at-once", "base": base, "start": "2026-11-20T12:00:00Z"} | rollout

    assert Nack.INVALID == refused(plain(built_with=NEW, rollout=said), reader=OLD).nack


FULL = {
    "source": {"repo": "r"},
    "defaults": {"timeout": "3s"},
    "models": {"m": {"use": "openai/m"}},
    "routes": [
        {
            "name": "main",
            "targets": [{"use": "openai/m"}],
            "instead": {"until": "2026-11-20T12:00:00Z", "targets": [{"use": "m"}]},
            "fallbacks": {"context_length": [{"use": "m"}]},
            "else": {"use": "openai/m"},
        }
    ],
    "rollout": {
        "id": "r",
        "unit": "key",
        "start": "2026-11-20T12:00:00Z",
        "stages": [{"at": 0, "bp": 1}],
        "guard": {"min_calls": 1},
        "base": {
            "providers": {"openai": {"kind": "openai"}},
            "defaults": {"timeout": "3s"},
            "routes": [{"name": "main", "targets": [{"use": "openai/m"}]}],
        },
    },
}
AUTHORS_OWN = {("providers",), ("models",), ("rollout", "base", "providers")}


def mappings(node: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(node, dict):
        yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, child in children:
        yield from mappings(child, (*path, step))


def told(said: dict[str, Any]) -> list[str]:
    """Give the places that an old reader names, whether it refuses *said* or not."""
    try:
        found = read(said, reader=OLD)
    except ManifestInvalidError as error:
        return [problem.split(": ")[1] for problem in error.problems]
    return [*found.ignored, *(one.why.partition(": ")[0] for one in found.quarantined)]


@pytest.mark.parametrize("key", ["unheard_of", "unheard_timeout", "metadata"])
@pytest.mark.parametrize("path", [path for path in mappings(plain(**FULL)) if path not in AUTHORS_OWN], ids=str)
def test_an_unknown_key_is_never_passed_over_in_silence(path: tuple[str | int, ...], key: str) -> None:
    said: Any = copy.deepcopy(plain(built_with=NEW, **FULL))
    place = said
    for step in path:
        place = place[step]
    place[key] = "x"

    assert Nack.INVALID == refused(said, reader=NEW).nack
    assert any(where.endswith(key) for where in told(said))
