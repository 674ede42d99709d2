"""Errors: the openai client's attributes, and safe to send anywhere."""

import copy
import inspect
import pickle
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import openai
import pytest

from aigw import errors
from aigw.types.usage import Usage
from aigw.wire import Headers, HttpResponse

RESPONSE = HttpResponse(429, Headers({"Retry-After": "2"}), b'{"error": {}}')


SETTINGS: dict[type[errors.AigwError], tuple[tuple[str, ...], dict[str, Any]]] = {
    errors.APIStatusError: (
        ("no",),
        {"response": RESPONSE, "body": {"a": 1}, "code": "c", "request_id": "r", "retry_after": 2.0},
    ),
    errors.APITimeoutError: (("slow",), {"phase": "idle"}),
    errors.StreamInterrupted: (("cut",), {"partial_text": "half", "usage": Usage(input=1)}),
    errors.APIResponseValidationError: (("odd",), {"response": RESPONSE}),
    errors.ManifestInvalidError: (("wrong",), {"source": "m.yaml", "line": 3, "path": "routes[0]"}),
    errors.LengthFinishReasonError: ((), {"completion": {"id": "x"}}),
    errors.ContentFilterFinishReasonError: ((), {}),
    errors.AigwError: (("message",), {}),
}


def _made(kind: type[errors.AigwError]) -> errors.AigwError:
    words, settings = next(SETTINGS[base] for base in kind.__mro__ if base in SETTINGS)
    return kind(*words, **settings)


KINDS = [
    kind
    for name in errors.__all__
    if inspect.isclass(kind := getattr(errors, name)) and issubclass(kind, errors.AigwError)
]


def _raise(error: errors.AigwError) -> None:
    raise error


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_survives_pickle_and_copy_with_all_it_carries(kind: type[errors.AigwError]) -> None:
    error = _made(kind)
    error.call_id = "call_1"

    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(error) is type(twin)
        assert str(error) == str(twin)
        assert error.__dict__.keys() == twin.__dict__.keys()
        assert twin.call_id == "call_1"


def test_an_error_crosses_a_process_pool() -> None:
    with ProcessPoolExecutor(1) as pool, pytest.raises(errors.RateLimitError) as caught:
        pool.submit(_raise, _made(errors.RateLimitError)).result()

    assert caught.value.retry_after == 2.0
    assert caught.value.response.headers["retry-after"] == "2"


@pytest.mark.parametrize(
    "name",
    [
        "APIError",
        "APIStatusError",
        "APIConnectionError",
        "APITimeoutError",
        "APIResponseValidationError",
        "BadRequestError",
        "AuthenticationError",
        "PermissionDeniedError",
        "NotFoundError",
        "ConflictError",
        "UnprocessableEntityError",
        "RateLimitError",
        "InternalServerError",
        "LengthFinishReasonError",
        "ContentFilterFinishReasonError",
    ],
)
def test_openai_names_stand_in_the_same_order_of_inheritance(name: str) -> None:
    theirs = [kind.__name__ for kind in getattr(openai, name).__mro__]
    ours = [kind.__name__ for kind in getattr(errors, name).__mro__]

    shared = [kind for kind in theirs if kind in ours]
    assert shared == [kind for kind in ours if kind in shared]


def test_a_status_error_has_the_attributes_of_the_openai_client() -> None:
    error = _made(errors.RateLimitError)

    for attribute in ("message", "body", "code", "param", "type", "status_code", "request_id", "response"):
        assert hasattr(error, attribute)
    assert error.status_code == 429


def test_a_refusal_of_our_own_has_the_status_its_class_stands_for() -> None:
    assert errors.ModelNotFoundError("none").status_code == 404
    assert errors.UnsupportedParameterError("no").status_code == 400
    assert errors.OverloadedError("no").status_code == 529


def test_every_public_error_is_in_the_drawing_of_the_tree() -> None:
    drawn = errors.__doc__ or ""

    assert [kind.__name__ for kind in KINDS if kind.__name__ not in drawn] == []
