"""No part of a key stays in what a provider says, wherever a text was cut."""

from hypothesis import given
from hypothesis import strategies as st

from aigw.errors import BadRequestError
from aigw.policies.masking import MASK, SHORTEST, masked, without
from aigw.wire import Headers, HttpResponse

KEY = "k9Qz7fA3xLm2Tr8Wb5Vn1Yc4Hd6Js0PgEuRiOaZq"


@given(st.integers(SHORTEST, len(KEY)), st.sampled_from(["", "\u2026"]))
def test_a_key_that_was_cut_with_its_text_is_taken_out(length: int, end: str) -> None:
    error = masked(BadRequestError(f"said {KEY[:length]}{end}", status_code=400), (KEY,))

    assert f"said {MASK}{end}" == str(error)


def test_a_refusal_is_cleaned_before_anybody_reads_it() -> None:
    response = HttpResponse(400, Headers({"x-seen": KEY}), f'{{"error": "{KEY} is bad"}}'.encode())
    clean = without(response, (KEY,))

    assert KEY not in clean.text + str(clean.headers)
    assert response is without(response, ())
