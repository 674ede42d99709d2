"""A manifest compiles into a snapshot, or all that is wrong with it is said: where, what, and what to do."""

import hashlib
import json
import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from tests.manifest.manifest_kit import KINDS, compiled, document

from aigw.call import Timeouts
from aigw.errors import Failure, ManifestInvalidError
from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.language.endpoints import normal_base_url
from aigw.manifest.snapshot import DEFAULT_FALLBACK_ON
from aigw.providers.registry import kinds

ISSUE = """\
schema: aigw/v1
serial: 7
providers:
  openai:      {kind: openai, api_key: env:OPENAI_API_KEY}
  anthropic:   {kind: anthropic, api_key: file:/run/secrets/anthropic}
  self-hosted: {kind: openai-compatible, base_url: "http://llm.internal:8000/v1", api_key: none}
models:
  cheap: {provider: openai, model: gpt-4o-mini}
routes:
  - name: primary-summarization
    strategy: fallback
    targets:
      - {provider: openai, model: gpt-4o, timeout: 30s, max_retries: 2}
      - {provider: anthropic, model: claude-sonnet-4-5, timeout: 30s, max_retries: 2}
      - {provider: self-hosted, model: llama-3.1-70b, timeout: 60s, max_retries: 1}
"""

WRONG = """\
schema: aigw/v1
serial: 7
providers:
  openai: {kind: opena, api_key: env:OPENAI_API_KEY}
  literal: {kind: openai, api_key: sk-abcdefghijklmnop}
  foreign: {kind: openai, base_url: "https://evil.example"}
  nobase: {kind: openai-compatible, api_key: none}
  headed: {kind: openai, headers: {Authorization: "Bearer sk-secretsecret"}, timeut: 3}
models:
  cheap: {provider: opnai, model: gpt-4o-mini}
  chained: cheap
  bare: {model: m}
routes:
  - name: a
    strategy: falback
    targets: []
  - name: b
    strategy: single
    targets: [cheap, chep, nope/x, c, literal, "literal/"]
    fallback_on: [auth, rate_limit, context_length]
  - {name: b2, targets: [{provider: literal}], timeout: -3s}
  - {name: b, targets: [literal/x], fallbacks: {context_lenght: []}}
  - name: cheap
    targets:
      - literal/x
      - use: zip
"""

PROBLEMS = tuple(
    """\
m.yaml:4: providers.openai.kind: unknown kind 'opena'; did you mean 'openai'?
m.yaml:5: providers.literal.api_key: must be a reference (env:…, file:…) or `none`; a key itself may not stand here
m.yaml:6: providers.foreign.api_key: is missing; say which key goes to evil.example (env:NAME, file:/path), or `none`
m.yaml:7: providers.nobase.base_url: is missing; a provider of kind openai-compatible has no address of its own
m.yaml:8: providers.headed.headers: Authorization holds a credential; \
put a reference (env:NAME, file:/path) into api_key instead
m.yaml:8: providers.headed.timeut: unknown key; known are account, \
api_key, api_version, base_url, headers, hosts, kind, project and 2 more
m.yaml:10: models.cheap.provider: unknown provider 'opnai'; did you mean 'openai'?
m.yaml:11: models.chained: 'cheap' does not say which provider; write provider/model
m.yaml:12: models.bare: 'provider' is missing; a target needs provider and model, or use: provider/model
m.yaml:15: routes[0].strategy: 'falback' is not known here; did you mean 'fallback'?
m.yaml:16: routes[0].targets: must not be empty
m.yaml:18: routes[1].strategy: `single` takes exactly one target; write `strategy: fallback` to try one after the other
m.yaml:19: routes[1].targets[1]: unknown model 'chep'; did you mean 'cheap'? Or write provider/model
m.yaml:19: routes[1].targets[2]: unknown provider 'nope'; did you mean 'openai'?
m.yaml:19: routes[1].targets[3]: unknown model 'c'; known are bare, chained, cheap. Or write provider/model
m.yaml:19: routes[1].targets[4]: 'literal' is a provider; write literal/ and its model
m.yaml:19: routes[1].targets[5]: does not say which model; write provider/model
m.yaml:20: routes[1].fallback_on[1]: unknown failure 'rate_limit'; did you mean 'rate_limited'?
m.yaml:20: routes[1].fallback_on[2]: context_length has targets of its own; \
list them under `fallbacks: {context_length: […]}`
m.yaml:21: routes[2].timeout: must be a duration above zero, such as 500ms, 30s, 2m or 1h, or a number of seconds
m.yaml:21: routes[2].targets[0]: 'model' is missing; a target needs provider and model, or use: provider/model
m.yaml:22: routes[3].fallbacks.context_lenght: unknown key; did you mean 'context_length'?
m.yaml:23: routes[4].name: 'cheap' is the name of models.cheap already; choose another
m.yaml:26: routes[4].targets[1].use: unknown model 'zip'; known are bare, chained, cheap. Or write provider/model
""".splitlines()
)


def plain(**parts: Any) -> dict[str, Any]:
    return {
        "schema": "aigw/v1",
        "serial": 1,
        "providers": {"openai": {"kind": "openai"}},
        "routes": [{"name": "main", "targets": ["openai/gpt-4o"]}],
        **parts,
    }


def problem(**parts: Any) -> str:
    with pytest.raises(ManifestInvalidError) as caught:
        compiled(plain(**parts))
    assert 1 == len(caught.value.problems), caught.value.problems
    return caught.value.problems[0]


def test_the_issues_manifest_compiles() -> None:
    found = compiled(ISSUE)

    assert 7 == found.serial
    assert hashlib.sha256(ISSUE.encode()).hexdigest() == found.digest
    assert {"cheap", "primary-summarization"} == set(found.routes)
    route = found.routes["primary-summarization"]
    assert ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "self-hosted/llama-3.1-70b"] == [
        target.id for target in route.targets
    ]
    assert [30.0, 30.0, 60.0] == [target.timeouts.total for target in route.targets]
    assert [2, 2, 1] == [target.max_retries for target in route.targets]
    assert DEFAULT_FALLBACK_ON == route.fallback_on
    assert "single" == found.routes["cheap"].strategy
    assert not found.allow_direct
    assert ("env:OPENAI_API_KEY", "file:/run/secrets/anthropic", None) == tuple(
        provider.secret for provider in found.providers.values()
    )
    assert frozenset({"llm.internal:8000"}) == found.providers["self-hosted"].hosts


def test_all_problems_are_told_at_once_with_line_path_and_suggestion() -> None:
    with pytest.raises(ManifestInvalidError) as caught:
        compiled(WRONG)

    assert PROBLEMS == caught.value.problems
    assert f"{PROBLEMS[0]} (and {len(PROBLEMS) - 1} more)" == str(caught.value)
    assert ("m.yaml", 4, "providers.openai.kind") == (caught.value.source, caught.value.line, caught.value.path)


def test_no_message_shows_a_literal_secret() -> None:
    with pytest.raises(ManifestInvalidError) as caught:
        compiled(WRONG)

    told = repr(caught.value) + "".join(caught.value.problems) + repr(caught.value.__context__)
    assert "sk-" not in told


def test_json_problems_have_lines_too() -> None:
    text = json.dumps(plain(routes=[{"name": "a", "targets": ["opnai/x"]}]), indent=1)

    with pytest.raises(ManifestInvalidError, match=r"m.yaml:13: routes\[0\].targets\[0\]: unknown provider 'opnai'"):
        compiled(text)


def test_a_mapping_has_paths_without_lines_and_the_digest_of_its_canonical_json() -> None:
    assert "m.yaml: routes[0].targets[0]: unknown provider 'x'; known are openai" == problem(
        routes=[{"name": "a", "targets": ["x/y"]}]
    )
    first, second = compiled(plain(serial=3)), compiled(dict(reversed(plain(serial=3).items())))
    assert first.digest == second.digest


def test_a_newer_schema_says_to_upgrade_and_nothing_else() -> None:
    with pytest.raises(ManifestInvalidError) as caught:
        compiled("schema: aigw/v2\nnew_thing: 1\n")

    assert (
        "m.yaml:1: schema: aigw/v2 is not understood by this version of aigw, which reads aigw/v1; upgrade aigw",
    ) == caught.value.problems


def test_a_manifest_without_schema_and_serial_says_what_to_write() -> None:
    with pytest.raises(ManifestInvalidError) as caught:
        compiled({"providers": {"openai": {"kind": "openai"}}, "allow_direct": True})

    assert (
        "m.yaml: schema: is missing; write `schema: aigw/v1`",
        "m.yaml: serial: is missing; write `serial: 1`, and raise it with every change",
    ) == caught.value.problems


@pytest.mark.parametrize("serial", [-1, True, "7", 1.5, 2**63, None])
def test_a_serial_is_a_whole_number(serial: object) -> None:
    assert problem(serial=serial).startswith("m.yaml: serial: must")


def test_a_manifest_from_which_nothing_could_be_called_is_refused() -> None:
    assert "there are no providers" in problem(providers={}, routes=[])
    assert "there are no routes, no models" in problem(routes=[])
    assert compiled(plain(routes=[], allow_direct=True)).allow_direct


@pytest.mark.parametrize(
    ("api_key", "accepted"),
    [
        ("env:OPENAI_API_KEY", True),
        ("file:/run/secrets/key", True),
        ("none", True),
        ("vault:secret/openai", False),
        ("env:sk-proj-abc", False),
        ("env:", False),
        ("file:key.txt", False),
        ("sk-proj-abcdef", False),
        ("plainsecretvalue", False),
        ("user:password", False),
        ("", False),
        ("ENV:OPENAI_API_KEY", False),
    ],
)
def test_a_key_is_a_reference_or_none_and_a_literal_is_refused_unseen(api_key: str, *, accepted: bool) -> None:
    parts = {"providers": {"openai": {"kind": "openai", "api_key": api_key}}}
    if accepted:
        assert (None if api_key == "none" else api_key) == compiled(plain(**parts)).providers["openai"].secret
    else:
        told = problem(**parts)
        literal = api_key.partition(":")[2] or api_key.removesuffix(":")
        assert not literal or literal == "env" or literal not in told


def test_a_secret_source_adds_its_scheme() -> None:
    parts = plain(providers={"openai": {"kind": "openai", "api_key": "vault:secret/openai"}})

    found = compile_manifest(parts, source="m", kinds=KINDS, schemes={"env", "file", "vault"})

    assert "vault:secret/openai" == found.providers["openai"].secret


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer x"},
        {"x-api-key": "zzz"},
        {"API-Key": "zzz"},
        {"X-Custom": "sk-proj-abcdefghijk"},
        {"X-Custom": "bearer abcdefgh"},
        {"Cookie": "session=1"},
    ],
)
def test_a_header_with_a_credential_is_refused_unseen(headers: dict[str, str]) -> None:
    told = problem(providers={"openai": {"kind": "openai", "headers": headers}})

    assert "holds a credential" in told
    assert next(iter(headers.values())) not in told


@pytest.mark.parametrize("headers", [{"Host": "x"}, {"a b": "c"}, {"X-A": "b\r\nX-C: d"}, {"X-A": "é"}, {"X-A": 1}])
def test_a_header_http_cannot_carry_is_refused(headers: dict[str, object]) -> None:
    assert "providers.openai.headers" in problem(providers={"openai": {"kind": "openai", "headers": headers}})


def test_headers_are_kept() -> None:
    parts = plain(providers={"openai": {"kind": "openai", "headers": {"OpenAI-Project": "p"}}})

    assert (("OpenAI-Project", "p"),) == compiled(parts).providers["openai"].headers


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        ("openai-compatible", "http://host:8000", "http://host:8000/v1"),
        ("openai-compatible", "http://host:8000/", "http://host:8000/v1"),
        ("openai-compatible", "http://host:8000/v1", "http://host:8000/v1"),
        ("openai-compatible", "http://host:8000/v1/", "http://host:8000/v1"),
        ("openai-compatible", "http://host:8000/v1/chat/completions", "http://host:8000/v1"),
        ("openai-compatible", "http://host:8000/v1//chat/completions/", "http://host:8000/v1"),
        ("openai-compatible", "https://Host/openai/v1", "https://host/openai/v1"),
        ("openai-compatible", "http://[::1]:8000", "http://[::1]:8000/v1"),
        ("perplexity", "https://api.perplexity.ai/", "https://api.perplexity.ai"),
        ("openai", "https://api.openai.com", "https://api.openai.com/v1"),
        ("anthropic", "http://host:8000", "http://host:8000"),
        ("anthropic", "http://host:8000/v1", "http://host:8000"),
        ("anthropic", "https://host/proxy/v1/messages", "https://host/proxy"),
    ],
)
def test_a_base_url_may_be_written_in_every_usual_form(kind: str, written: str, expected: str) -> None:
    assert expected == normal_base_url(KINDS[kind], written)


@pytest.mark.parametrize(
    "base_url",
    [
        "host:8000",
        "ftp://host/v1",
        "http://",
        "http://h:99999/v1",
        "https://u:sk-secret@h/v1",
        "https://h/v1?key=sk-secret",
    ],
)
def test_a_base_url_that_is_none_is_refused_unseen(base_url: str) -> None:
    told = problem(providers={"openai": {"kind": "openai", "base_url": base_url, "api_key": "none"}})

    assert "providers.openai.base_url" in told
    assert "secret" not in told


@pytest.mark.parametrize(
    ("provider", "secret"),
    [
        ({"kind": "openai"}, "env:OPENAI_API_KEY"),
        ({"kind": "perplexity"}, "env:PERPLEXITY_API_KEY"),
        ({"kind": "openai", "base_url": "https://eu.api.openai.com/v1"}, "env:OPENAI_API_KEY"),
        ({"kind": "openai", "base_url": "https://api.openai.com:443/v1"}, "env:OPENAI_API_KEY"),
        ({"kind": "ollama"}, None),
        ({"kind": "ollama", "base_url": "http://gpu:11434"}, None),
        ({"kind": "echo"}, None),
    ],
)
def test_a_key_left_out_is_the_conventional_one_at_home(provider: dict[str, str], secret: str | None) -> None:
    found = compiled(plain(providers={"p": provider}, routes=[{"name": "r", "targets": ["p/m"]}]))

    assert secret == found.providers["p"].secret


@pytest.mark.parametrize(
    "base_url",
    [
        "https://api.openai.com.evil.example/v1",
        "https://evilapi.openai.com/v1",
        "http://api.openai.com/v1",
        "https://api.openai.com:8443/v1",
        "http://127.0.0.1:9/v1",
    ],
)
def test_a_conventional_key_never_goes_to_a_foreign_host_by_accident(base_url: str) -> None:
    assert "api_key: is missing" in problem(providers={"openai": {"kind": "openai", "base_url": base_url}})


def test_hosts_are_those_declared_and_that_of_the_base_url() -> None:
    parts = {
        "kind": "openai",
        "base_url": "https://gw.example:8443/v1",
        "api_key": "none",
        "hosts": ["B.example", "c:1"],
    }
    found = compiled(plain(providers={"p": parts}, routes=[{"name": "r", "targets": ["p/m"]}]))

    assert frozenset({"gw.example:8443", "b.example", "c:1"}) == found.providers["p"].hosts
    assert "hosts[0]: must be a host" in problem(providers={"openai": {"kind": "openai", "hosts": ["https://x/"]}})
    assert frozenset() == compiled(plain(providers={"openai": {"kind": "echo"}})).providers["openai"].hosts


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("500ms", 0.5),
        ("30s", 30.0),
        ("2m", 120.0),
        ("1h", 3600.0),
        ("1.5s", 1.5),
        (20, 20.0),
        (0.25, 0.25),
        ("3 s", 3.0),
    ],
)
def test_durations_are_read(written: object, seconds: float) -> None:
    found = compiled(plain(routes=[{"name": "r", "targets": ["openai/m"], "timeout": written}]))

    assert seconds == found.routes["r"].timeout


@pytest.mark.parametrize(
    "written", ["0s", "-1s", 0, -5, "5", "5 days", "1e3s", True, [], "inf", float(10**308) * 10, 10**400]
)
def test_what_is_no_duration_is_refused(written: object) -> None:
    text = json.dumps(plain(routes=[{"name": "r", "targets": ["openai/m"], "timeout": "XX"}]))
    yaml_text = text.replace('"XX"', ".inf" if written == float("inf") else json.dumps(written)).replace(
        '{"schema"', "{schema"
    )

    with pytest.raises(ManifestInvalidError, match=r"routes\[0\].timeout: must be a duration"):
        compiled(yaml_text)


def test_limits_come_from_the_target_then_its_model_then_the_route_then_the_defaults() -> None:
    found = compiled(
        plain(
            models={"slow": {"use": "openai/slow", "timeout": "90s", "idle_timeout": "9s", "max_retries": 5}},
            routes=[
                {
                    "name": "r",
                    "max_retries": 1,
                    "targets": ["openai/a", "slow", {"use": "slow", "timeout": "5s", "max_retries": 0}],
                }
            ],
            defaults={
                "timeout": "50s",
                "attempt_timeout": "40s",
                "connect_timeout": "1s",
                "first_token_timeout": "8s",
                "max_retries": 4,
            },
        )
    )

    first, second, third = found.routes["r"].targets
    assert (Timeouts(1.0, 8.0, 60.0, 40.0), 1) == (first.timeouts, first.max_retries)
    assert (Timeouts(1.0, 8.0, 9.0, 90.0), 5) == (second.timeouts, second.max_retries)
    assert (Timeouts(1.0, 8.0, 9.0, 5.0), 0) == (third.timeouts, third.max_retries)
    assert (50.0, 50.0) == (found.timeout, found.routes["r"].timeout)
    assert (Timeouts(1.0, 8.0, 60.0, 40.0), 4) == (found.timeouts, found.max_retries)


def test_params_of_a_target_go_over_those_of_its_model() -> None:
    model = {"use": "openai/m", "params": {"temperature": 0, "seed": 1}}
    route = {"name": "r", "targets": [{"use": "m", "params": {"seed": 2, "extra": {"a": [1]}}}]}
    found = compiled(plain(models={"m": model}, routes=[route]))

    assert {"temperature": 0, "seed": 2, "extra": {"a": [1]}} == dict(found.routes["r"].targets[0].params)
    with pytest.raises(TypeError):
        found.routes["r"].targets[0].params["seed"] = 3  # type: ignore[index]


def test_params_hold_only_what_json_can_say() -> None:
    text = ISSUE + "      - {provider: openai, model: m, params: {at: 2026-11-20}}\n"

    with pytest.raises(ManifestInvalidError, match=r"m.yaml:16: .*params: may hold only what JSON can say"):
        compiled(text)


def test_failures_that_move_on_are_those_named() -> None:
    found = compiled(plain(routes=[{"name": "r", "targets": ["openai/m"], "fallback_on": ["auth", "timeout"]}]))

    assert frozenset({Failure.AUTH, Failure.TIMEOUT}) == found.routes["r"].fallback_on


def test_fallbacks_after_context_length_and_content_policy_are_targets() -> None:
    fallbacks = {"context_length": ["openai/long"], "content_policy": [{"provider": "openai", "model": "mild"}]}
    found = compiled(plain(routes=[{"name": "r", "targets": ["openai/m"], "fallbacks": fallbacks}])).routes["r"]

    assert ["openai/long"] == [target.id for target in found.on_context_length]
    assert ["openai/mild"] == [target.id for target in found.on_content_policy]


def test_a_route_cannot_lead_to_a_route() -> None:
    routes = [{"name": "a", "targets": ["openai/m"]}, {"name": "b", "targets": ["a"]}]

    assert "'a' is a route, and a route cannot be the target of another" in problem(routes=routes)


def test_two_routes_of_one_name_are_refused() -> None:
    routes = [{"name": "a", "targets": ["openai/m"]}] * 2

    assert "m.yaml: routes[1].name: 'a' is the name of routes[0] already; choose another" == problem(routes=routes)


@pytest.mark.parametrize("name", ["a/b", "", "-a", "a b", "x" * 129])
def test_names_are_legal(name: str) -> None:
    assert "routes[0].name" in problem(routes=[{"name": name, "targets": ["openai/m"]}])


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"providers": []}, "providers: must be a mapping"),
        ({"routes": {"a": 1}}, "routes: must be a list"),
        ({"routes": [3]}, "routes[0]: must be a mapping"),
        ({"allow_direct": "yes"}, "allow_direct: must be true or false"),
        ({"tags": {"team": 3}}, "tags.team: must be a string; put it in quotes"),
        ({"rotes": []}, "rotes: unknown key; did you mean 'routes'?"),
        ({"defaults": {"retries": 3}}, "defaults.retries: unknown key; did you mean 'max_retries'?"),
        ({"schema": "v1"}, "schema: 'v1' is not known here; known are aigw/v1"),
        (
            {"schema": "aigw/v0"},
            "schema: aigw/v0 is not understood by this version of aigw, which reads aigw/v1; write",
        ),
    ],
)
def test_the_shape_is_checked_in_plain_words(parts: dict[str, object], what: str) -> None:
    assert what in problem(**parts)


def test_a_snapshot_cannot_be_changed() -> None:
    found = compiled(ISSUE)

    with pytest.raises(FrozenInstanceError):
        found.serial = 8  # type: ignore[misc]
    with pytest.raises(TypeError):
        found.routes["x"] = found.routes["cheap"]  # type: ignore[index]


def test_an_invalid_manifest_error_survives_pickling() -> None:
    with pytest.raises(ManifestInvalidError) as caught:
        compiled(WRONG)

    again = pickle.loads(pickle.dumps(caught.value))

    assert (caught.value.problems, caught.value.line) == (again.problems, again.line)


def test_a_document_with_windows_line_ends_has_the_same_lines() -> None:
    with pytest.raises(ManifestInvalidError) as caught:
        compiled(WRONG.replace("\n", "\r\n").encode())

    assert PROBLEMS == caught.value.problems


def test_compiling_breathes_between_routes() -> None:
    breaths: list[None] = []

    compile_manifest(document(), source="m", kinds=KINDS, breathe=lambda: breaths.append(None))

    assert breaths


@pytest.mark.parametrize(
    ("provider", "problem"),
    [
        ({"kind": "openai", "region": "EU"}, "unknown region 'EU' of kind openai; did you mean 'eu'?"),
        ({"kind": "anthropic", "region": "eu"}, "region: means nothing to a provider of kind anthropic"),
        (
            {"kind": "openai", "region": "eu", "base_url": "https://api.openai.com/v1"},
            "region: means nothing to a provider of kind openai with a base_url of its own",
        ),
        ({"kind": "groq", "account": "acme"}, "account: means nothing to a provider of kind groq"),
    ],
)
def test_a_setting_that_would_change_nothing_is_refused(provider: dict[str, str], problem: str) -> None:
    said = {"schema": "aigw/v1", "serial": 1, "providers": {"p": provider}, "allow_direct": True}

    with pytest.raises(ManifestInvalidError) as caught:
        compile_manifest(said, source="m", kinds=kinds())
    assert [one for one in caught.value.problems if problem in one]


@pytest.mark.parametrize("kind", ["bedrock", "azure", "vertex", "snowflake"])
def test_what_is_missing_from_an_address_is_the_only_problem_told(kind: str) -> None:
    said = {"schema": "aigw/v1", "serial": 1, "providers": {"p": {"kind": kind}}, "allow_direct": True}

    with pytest.raises(ManifestInvalidError) as caught:
        compile_manifest(said, source="m", kinds=kinds())
    assert all("has it in it" in one for one in caught.value.problems)


def test_a_region_leads_to_its_own_address() -> None:
    providers = {"p": {"kind": "openai-responses", "region": "eu"}}
    said = {"schema": "aigw/v1", "serial": 1, "providers": providers, "allow_direct": True}

    assert "https://eu.api.openai.com/v1" == compile_manifest(said, source="m", kinds=kinds()).providers["p"].base_url
