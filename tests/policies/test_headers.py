"""Which headers a caller and a manifest may add: the same rules for both."""

import pytest

from aigw.errors import BadRequestError
from aigw.manifest.model import ProviderPart
from aigw.policies.headers import check_headers
from aigw.types.headers import CREDENTIALS, FRAMING


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
