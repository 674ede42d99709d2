"""Which headers a caller and a manifest may add: the same rules for both."""

import pytest

from aigw.errors import BadRequestError
from aigw.manifest.language.model import ProviderPart
from aigw.policies.headers import check_headers, joined, passing
from aigw.providers.kinds.table import KINDS
from aigw.types.headers import CREDENTIALS, FRAMING, OWNED, is_among


@pytest.mark.parametrize("name", sorted(CREDENTIALS | FRAMING))
def test_what_a_caller_may_not_set_a_manifest_may_not_either(name: str) -> None:
    with pytest.raises(BadRequestError):
        check_headers({name.title(): "1"})
    with pytest.raises(ValueError, match="(?i)" + name):
        ProviderPart(kind="openai", headers={name.title(): "1"})


def test_an_encoding_nobody_could_read_cannot_be_asked_for() -> None:
    with pytest.raises(BadRequestError, match="Accept-Encoding"):
        check_headers({"Accept-Encoding": "br"})


@pytest.mark.parametrize(("name", "value"), [("x y", "1"), ("", "1"), ("x", "a\nb"), ("x", "caf\xe9")])
def test_what_http_cannot_carry_is_refused_by_both(name: str, value: str) -> None:
    with pytest.raises(BadRequestError):
        check_headers({name: value})
    with pytest.raises(ValueError, match="header"):
        ProviderPart(kind="openai", headers={name: value})


OURS = ["anthropic", "openai", "openrouter", "gemini", "bedrock", "azure", "openai-compatible", "ollama"]


@pytest.mark.parametrize(
    ("name", "takers"),
    [
        ("Anthropic-Beta", {"anthropic"}),
        ("anthropic-version", {"anthropic"}),
        ("OpenAI-Organization", {"openai"}),
        ("openai-project", {"openai"}),
        ("openai-beta", {"openai"}),
        ("x-goog-user-project", {"gemini"}),
        ("x-amzn-trace-id", {"bedrock"}),
        ("x-amz-date", set[str]()),
        ("http-referer", {"openrouter"}),
        ("x-title", {"openrouter"}),
        ("x-stainless-lang", {"openai", "anthropic", "azure"}),
        ("x-request-source", set(OURS)),
        ("traceparent", set(OURS)),
    ],
)
def test_a_vendors_header_goes_to_the_kinds_that_list_it_and_anybodys_to_all(name: str, takers: set[str]) -> None:
    said = {name: "1", "x-note": "2"}
    for kind in map(KINDS.__getitem__, OURS):
        kept, notes = passing(said, kind)
        assert (said if kind.name in takers else {"x-note": "2"}) == kept
        dropped = f"dropped: header {name.lower()} ({kind.name} does not list it)"
        assert (() if kind.name in takers else (dropped,)) == notes


def test_all_that_any_kind_of_ours_lists_is_known_to_belong_to_some_vendor() -> None:
    listed = {name for kind in KINDS.values() for name in kind.headers}
    assert set() == {name for name in listed if not is_among(name.removesuffix("*"), OWNED)}
    assert {"x-amz-*"} == {
        name for name in OWNED if not any(is_among(one.removesuffix("*"), frozenset({name})) for one in listed)
    }


def test_flags_of_the_manifest_and_of_the_caller_add_up_and_any_other_header_is_replaced() -> None:
    written = (("anthropic-beta", "a,b"), ("x-note", "1"))
    assert (("Anthropic-Beta", "a,b,c"), ("X-Note", "2")) == joined(written, {"Anthropic-Beta": "b, c", "X-Note": "2"})
