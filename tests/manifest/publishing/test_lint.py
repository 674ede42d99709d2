"""Each rule finds what it is for, where it stands, and leaves what is right alone."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw.errors import ManifestInvalidError
from aigw.manifest.language.compile import compile_manifest
from aigw.manifest.language.document import load_document
from aigw.manifest.language.features import FEATURES
from aigw.manifest.publishing.findings import Finding
from aigw.manifest.publishing.lint import RULES, lint, refused
from aigw.manifest.publishing.readers import SINCE
from aigw.manifest.publishing.rules.subject import Found, Rule, Subject
from aigw.providers.registry import kinds

NOW = 1_795_000_000.0  # 2026-11-18
HEAD = "schema: aigw/v1\nserial: 1\n"
TWO = "providers:\n  openai: {kind: openai}\n  anthropic: {kind: anthropic}\n"
GOOD = HEAD + TWO + "routes:\n  - name: main\n    targets: [openai/gpt-4o, anthropic/claude-sonnet-4-5]\n"
ONE = HEAD + "providers:\n  openai: {kind: openai}\n"


def linted(text: str, *, min_reader: str | None = None, rules: tuple[Rule, ...] = RULES) -> tuple[Finding, ...]:
    document = load_document(text, source="m.yaml")
    try:
        snapshot = compile_manifest(text, source="m.yaml", kinds=kinds())
    except ManifestInvalidError:
        snapshot = None
    subject = Subject(text=text, document=document, snapshot=snapshot, now=NOW, min_reader=min_reader)
    return lint(subject, source="m.yaml", rules=rules)


def found(text: str, *, min_reader: str | None = None) -> list[tuple[str, int | None]]:
    return [(finding.rule, finding.line) for finding in linted(text, min_reader=min_reader)]


def instead(until: str, more: str = "") -> str:
    return GOOD + f'    instead: {{until: "{until}", targets: [anthropic/claude-sonnet-4-5]}}\n{more}'


def route(more: str) -> str:
    return GOOD + f"    {more}\n"


def rollout(stages: str) -> str:
    return GOOD + (
        f'rollout:\n  id: r-1\n  unit: tenant\n  start: "2026-11-18T00:00:00Z"\n  stages: {stages}\n'
        "  base:\n    providers: {openai: {kind: openai}}\n    models: {main: openai/gpt-4o}\n"
    )


def test_a_good_manifest_has_nothing_to_be_found() -> None:
    assert [] == found(GOOD)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD + "# the old one was sk-live-0123456789abcdef\n", ("literal-secret", 9)),
        (GOOD.replace("serial: 1\n", "serial: 1\ntags: {owner: ghp_0123456789abcdef}\n"), ("literal-secret", 3)),
        (
            GOOD.replace("{kind: openai}", '{kind: vllm, base_url: "http://llm.acme.internal/v1", api_key: none}'),
            ("plain-http", 4),
        ),
        (GOOD.replace("[openai/gpt-4o, ", "[anthropic/claude-opus-4-1, "), ("unused-provider", 4)),
        (ONE + "routes:\n  - name: main\n    targets: [openai/gpt-4o]\n", ("no-fallback", 7)),
        (ONE + "routes:\n  - {name: main, targets: [openai/gpt-4o, openai/gpt-4o-mini]}\n", ("no-fallback", 6)),
        (route("timeout: 60s"), ("late-fallback", 9)),
        (route("fallback_on: []"), ("unreachable-rule", 9)),
        (GOOD.replace("[openai/gpt-4o,", "[openai/gpt-4o, openai/gpt-4o,"), ("unreachable-rule", 8)),
        (rollout("[{at: 0m, bp: 500}, {at: 5m, bp: 500}]"), ("unreachable-rule", 13)),
        (instead("2026-11-01T00:00:00Z"), ("dead-route", 9)),
        (instead("2027-11-01T00:00:00Z", 'expires_at: "2027-10-01T00:00:00Z"\n'), ("dead-route", 9)),
        (rollout("[{at: 0m, bp: 10000}]").replace("2026-11-18T00", "2026-10-01T00"), ("dead-route", 9)),
        (GOOD + 'expires_at: "2026-11-19T00:00:00Z"\n', ("short-expiry", 9)),
        (GOOD + 'expires_at: "2026-11-01T00:00:00Z"\n', ("short-expiry", 9)),
        (GOOD + "channel: prod\nbuilt_with: 0.0.1\n", ("trust-tls", 9)),
    ],
)
def test_what_is_unwise_is_found_on_its_line(text: str, expected: tuple[str, int]) -> None:
    assert expected in found(text)


@pytest.mark.parametrize(
    "text",
    [
        ONE + "routes:\n  - {name: main, strategy: single, targets: [openai/gpt-4o]}\n",
        ONE + "models: {main: openai/gpt-4o}\n",
        ONE + "  anthropic: {kind: anthropic}\nallow_direct: true\n",
        ONE + "  own: {kind: openai-compatible, base_url: 'http://127.0.0.1:8000/v1', api_key: none}\n"
        "models: {a: openai/m, b: own/m}\n",
        GOOD.replace("openai: {kind: openai}", "openai: {kind: openai, api_key: env:XAI_API_KEY_SPARE}"),
        route("else: anthropic/claude-sonnet-4-5"),
        route("timeout: 60s").replace("[openai/gpt-4o,", "[{use: openai/gpt-4o, timeout: 20s},"),
        route("fallbacks: {context_length: [openai/gpt-4.1]}"),
        instead("2026-12-01T00:00:00Z"),
        rollout("[{at: 0m, bp: 500}, {at: 5m, bp: 10000}]"),
        GOOD + 'issued_at: "2026-11-18T00:00:00Z"\nexpires_at: "2027-02-16T00:00:00Z"\n',
        GOOD + "channel: prod\n",
        GOOD + "channel: prod\nepoch: 1\nbuilt_with: 0.0.1\n",
    ],
)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert [] == found(text)


def test_the_base_of_a_rollout_is_looked_at_as_well() -> None:
    lone = "routes: [{name: main, targets: [openai/m]}]"
    text = rollout("[{at: 0m, bp: 500}]").replace("models: {main: openai/gpt-4o}", lone)

    assert [("no-fallback", "rollout.base.routes[0].targets")] == [(one.rule, one.path) for one in linted(text)]


def test_a_key_over_plain_http_is_an_error_and_prompts_alone_a_warning() -> None:
    text = GOOD.replace("{kind: openai}", '{kind: openai-compatible, base_url: "http://llm.acme/v1", api_key: none}')
    levels = [linted(said)[0].level for said in (text, text.replace("api_key: none", "api_key: env:OWN_KEY"))]

    assert ["warning", "error"] == levels


def test_a_secret_is_never_quoted() -> None:
    text = GOOD + "# sk-live-0123456789abcdef\n"

    assert [] == [one for one in linted(text) if "0123456789" in f"{one.message}{one.fix}{one.path}"]


def test_what_the_reader_refuses_is_found_in_its_words_with_line_and_path() -> None:
    text = GOOD.replace("openai/gpt-4o,", "opnai/gpt-4o,")
    with pytest.raises(ManifestInvalidError) as caught:
        compile_manifest(text, source="m.yaml", kinds=kinds())
    (finding,) = refused(caught.value)

    assert ("error", "invalid", "m.yaml", 8, "routes[0].targets[0]") == (
        finding.level,
        finding.rule,
        finding.file,
        finding.line,
        finding.path,
    )
    assert finding.message.startswith("unknown provider 'opnai'")


def test_a_flaw_of_the_text_has_a_line_and_no_path() -> None:
    with pytest.raises(ManifestInvalidError) as caught:
        load_document("schema: [\n", source="m.yaml")
    (finding,) = refused(caught.value)

    assert ("", 2) == (finding.path, finding.line)
    assert finding.message.startswith("this is not valid YAML: ")


def test_a_document_that_the_reader_refuses_is_still_searched_for_keys() -> None:
    assert [("literal-secret", 1)] == found("# sk-live-0123456789abcdef\n" + GOOD.replace("serial: 1", "serial: one"))


@pytest.mark.parametrize(
    "text",
    [
        ONE + "routes:\n  - {name: main, targets: [openai/m]}  # lint: allow no-fallback a trial\n",
        ONE + "routes:\n  # lint: allow no-fallback a trial\n  # of ours\n\n  - {name: main, targets: [openai/m]}\n",
    ],
)
def test_a_rule_is_silenced_at_the_line_or_above_it(text: str) -> None:
    assert [] == found(text)


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("no-fallback", "does not say why"),
        ("no-falback a trial", "did you mean 'no-fallback'?"),
        ("plain-http a trial", "plain-http finds nothing here"),
        ("", "there is no rule ''"),
    ],
)
def test_a_silence_without_reason_or_use_is_found_itself(comment: str, message: str) -> None:
    findings = linted(GOOD + f"# lint: allow {comment}\n")

    assert ["allow"] == [one.rule for one in findings]
    assert message in findings[0].message


def test_a_feature_that_came_after_the_oldest_reader_is_found_where_it_is_used() -> None:
    text = instead("2026-12-01T00:00:00Z", "requires: [instead.v1]\nmin_reader: '0.0.5'\n")

    assert [] == found(text, min_reader="0.1")
    assert [("min-reader", 9), ("min-reader", 10), ("min-reader", 11)] == found(text, min_reader="0.0.1")


def test_each_feature_has_the_version_it_came_with() -> None:
    assert FEATURES == SINCE.keys()


def test_each_rule_has_an_id_of_its_own_and_something_to_say() -> None:
    assert len(RULES) == len({rule.id for rule in RULES})
    assert all(rule.asks and rule.why and rule.instead_of and rule.write for rule in RULES)


def whole(snippet: str) -> str:
    """Give *snippet* as the document that it is a part of."""
    providers = "" if "providers:" in snippet else TWO
    names = "" if "routes:" in snippet or "models:" in snippet else "allow_direct: true\n"
    return f"{HEAD}{providers}{names}{snippet}\n"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_finds_what_it_shows_and_not_what_it_recommends(rule: Rule) -> None:
    wrong, right = (linted(whole(said), min_reader="0.0.9", rules=(rule,)) for said in (rule.instead_of, rule.write))

    assert [rule.id] == [one.rule for one in wrong]
    assert () == right


def test_a_rule_of_somebody_else_is_asked_like_ours() -> None:
    def check(subject: Subject) -> list[Found]:
        return [Found(("tags",), "is missing", "say who owns it")] if "tags" not in subject.raw else []

    owner = Rule(id="acme-owner", level="error", asks="?", why="w", instead_of="a", write="b", check=check)

    (finding,) = linted(GOOD, rules=(*RULES, owner))
    assert ("error", "acme-owner", 1, "tags") == (finding.level, finding.rule, finding.line, finding.path)
    assert () == linted(GOOD + "tags: {owner: a}\n", rules=(owner,))


TEXTS = (GOOD, instead("2026-11-01T00:00:00Z"), rollout("[]"))
LINES = list(dict.fromkeys(chain.from_iterable(text.splitlines() for text in TEXTS)))


@given(lines=st.lists(st.sampled_from(LINES), max_size=14))
def test_no_document_makes_a_rule_stumble(lines: list[str]) -> None:
    text = HEAD + "\n".join(lines)
    try:
        load_document(text, source="m.yaml")
    except ManifestInvalidError:
        return
    assert all(one.rule for one in linted(text, min_reader="0.0.1"))
