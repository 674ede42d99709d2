"""Turn the arguments of `chat.completions` into a canonical request: pure, and the same for both faces.

What is governed and what is sent are read from one body: `extra_body` is merged first, so that nothing in it passes by
the policies.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, cast, get_args

from aigw.call import DEFAULTS, NO_LIMITS, Options, Timeouts
from aigw.errors import BadRequestError, ConfigurationError, UnexpectedArgumentError
from aigw.manifest.snapshot import Unsupported
from aigw.surfaces.arguments import copied_argument, object_at, plain_body, refuse
from aigw.surfaces.chat.messages import read_messages
from aigw.surfaces.chat.parts import DIALECT
from aigw.surfaces.chat.structured import described_tools
from aigw.types.chat_params import CallParams, CreateParams, TimeoutLike, is_omitted
from aigw.types.json import EMPTY, JsonObject, as_array, as_object
from aigw.types.request import Params, Request

ABOUT_THE_CALL: Final = frozenset(CallParams.__annotations__)
_UNSUPPORTED: Final[tuple[Unsupported, ...]] = get_args(Unsupported)
KNOWN: Final = frozenset(CreateParams.__annotations__) | {"messages", "model", "stream"}

_NOT_OTHER: Final = (frozenset(Params.__annotations__) - {"reasoning_budget"}) | {
    "messages",
    "model",
    "stream",
    "stream_options",
    "max_completion_tokens",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as a caller asked for it."""

    request: Request
    options: Options
    include_usage: bool = False


def ask(params: Mapping[str, object], method: str = "create") -> Asked:
    """Read the keyword arguments *params* of *method*.

    Raises `UnexpectedArgumentError` for a name nobody knows, `BadRequestError` (`param` names the place) for a value
    that no target could take.
    """
    reject_unknown(params, method, KNOWN)
    said = {name: value for name, value in params.items() if name not in ABOUT_THE_CALL}
    said.update(extra_body_of(params))
    if "tools" in said:
        said["tools"] = described_tools(said["tools"])
    body = plain_body(said)
    stream = body.get("stream") is True
    other = {name: value for name, value in body.items() if name not in _NOT_OTHER and value is not None}
    request = Request(
        dialect=DIALECT,
        model=model_of(body),
        messages=read_messages(body.get("messages")),
        params=_canonical(body),
        stream=stream,
        verbatim=body,
        other=other,
    )
    include_usage = as_object(body.get("stream_options")).get("include_usage") is True
    return Asked(request, options_of(params), stream and include_usage)


def explained(model: str, messages: object, parameters: Mapping[str, object]) -> tuple[Request, Options]:
    """Read the arguments of a call that is to be explained, not made. Raises as `ask`."""
    asked = ask({"model": model, "messages": messages, **parameters}, "explain")
    return asked.request, asked.options


def reject_unknown(params: Mapping[str, object], method: str, known: frozenset[str]) -> None:
    """Raise `UnexpectedArgumentError` for an argument of *method* that is not *known*, suggesting the nearest."""
    for name in params.keys() - known:
        near = get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else "a provider's own parameters go into extra_body"
        if name == "stream":
            hint = "answers of this surface come whole"
        message = f"{method}() got an unexpected argument {name!r}: {hint}"
        raise UnexpectedArgumentError(message)


def extra_body_of(params: Mapping[str, object]) -> Mapping[str, object]:
    """Give what `extra_body` adds to the body. Raises `BadRequestError`."""
    extra = params.get("extra_body")
    if extra is None or is_omitted(extra):
        return EMPTY
    body = object_at(extra, "extra_body", "an object")
    if "stream" in body:
        refuse("extra_body.stream", "say stream=… instead: it decides what the call returns", "unsupported_value")
    return body


def model_of(body: JsonObject) -> str:
    """Give the name of the model or route. Raises `BadRequestError`."""
    model = body.get("model")
    if not isinstance(model, str) or not model:
        refuse(
            "model",
            "must be the name of a model or route, as text",
            "missing_required_parameter" if not model else "invalid_type",
        )
    return model


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_objects(value: object) -> bool:
    items = as_array(value)
    return isinstance(value, list) and all(isinstance(item, dict) for item in items)


def _is_texts(value: object) -> bool:
    items = as_array(value)
    return isinstance(value, list) and all(isinstance(item, str) for item in items)


_Check = tuple[Callable[[object], bool], str]
_NUMBER: Final[_Check] = (_is_number, "a number")
_WHOLE: Final[_Check] = (_is_whole, "a whole number")
_SWITCH: Final[_Check] = (lambda value: isinstance(value, bool), "true or false")
_TEXT: Final[_Check] = (lambda value: isinstance(value, str), "text")
_OBJECT: Final[_Check] = (lambda value: isinstance(value, dict), "an object")
_CHECKS: Final[Mapping[str, _Check]] = {
    **dict.fromkeys(("temperature", "top_p", "frequency_penalty", "presence_penalty"), _NUMBER),
    **dict.fromkeys(("max_tokens", "max_completion_tokens", "n", "seed", "top_k", "top_logprobs"), _WHOLE),
    **dict.fromkeys(("logprobs", "parallel_tool_calls", "store", "stream"), _SWITCH),
    **dict.fromkeys(("reasoning_effort", "verbosity", "service_tier", "user"), _TEXT),
    **dict.fromkeys(("logit_bias", "response_format", "audio", "prediction", "metadata", "stream_options"), _OBJECT),
    "tools": (_is_objects, "a list of objects"),
    "tool_choice": (lambda value: isinstance(value, str | dict), "a word or an object"),
    "stop": (lambda value: isinstance(value, str) or _is_texts(value), "text or a list of texts"),
    "modalities": (_is_texts, "a list of words"),
}


def checked(body: JsonObject, places: Mapping[str, str] | None = None) -> dict[str, object]:
    """Collect what of *body* has a canonical name, *places* saying where it stood. Raises `BadRequestError`."""
    found: dict[str, object] = {}
    for name, value in body.items():
        check = _CHECKS.get(name)
        if check is None or value is None:
            continue
        accepts, wanted = check
        if not accepts(value):
            refuse((places or {}).get(name, name), f"must be {wanted}, not {type(value).__name__}", "invalid_type")
        found[name] = value
    return found


def _canonical(body: JsonObject) -> Params:
    """Collect the parameters that have a canonical name; `max_completion_tokens` wins over the older name."""
    found = checked(body)
    limit = found.pop("max_completion_tokens", None)
    if limit is not None:
        found["max_tokens"] = limit
    if isinstance(found.get("stop"), str):
        found["stop"] = [found["stop"]]
    for name in ("stream", "stream_options"):
        found.pop(name, None)
    # every value was checked against the table above
    return cast("Params", found)


def options_of(params: Mapping[str, object]) -> Options:
    """Read what is said about the call and not to the model. Raises `BadRequestError`."""
    if params.keys().isdisjoint(ABOUT_THE_CALL):
        return DEFAULTS
    return Options(
        timeout=_timeout(params.get("timeout", _Unsaid)),
        max_retries=_max_retries(params.get("max_retries")),
        extra_headers=_texts(params.get("extra_headers"), "extra_headers"),
        extra_query=as_object(_copied(params.get("extra_query"), "extra_query")),
        tags=_texts(params.get("tags"), "tags"),
        unsupported=_unsupported(params.get("unsupported")),
    )


def checked_options(*, timeout: object, max_retries: object, extra_headers: object) -> Options:
    """Read the options a gateway's calls begin with. Raises `ConfigurationError` for values no call could have."""
    try:
        return Options(
            timeout=_timeout(timeout),
            max_retries=_max_retries(max_retries),
            extra_headers=_texts(extra_headers, "extra_headers"),
        )
    except BadRequestError as error:
        raise ConfigurationError(error.message) from None


class _Unsaid:
    """Stands for a timeout nobody spoke of: None means no limit."""


def _timeout(value: object) -> "float | Timeouts | None":
    """Read a timeout: seconds for the whole call, or limits by phase; an explicit None is no limit at all."""
    if value is _Unsaid or is_omitted(value):
        return None
    if value is None:
        return NO_LIMITS
    if isinstance(value, Timeouts):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not value > 0:
            refuse("timeout", "must be more than 0 seconds; say None for no limit")
        return float(value)
    if not isinstance(value, TimeoutLike):
        kind = type(value).__name__
        refuse("timeout", f"must be seconds, None, or an object with connect and read, not {kind}", "invalid_type")
    return Timeouts(connect=value.connect, read=value.read, idle=None, total=None)


def _max_retries(value: object) -> int | None:
    if value is None or is_omitted(value):
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        refuse("max_retries", "must be a whole number, 0 or more")
    return value


def _unsupported(value: object) -> Unsupported | None:
    if value is None or is_omitted(value):
        return None
    if value not in _UNSUPPORTED:
        refuse("unsupported", f"must be one of {', '.join(_UNSUPPORTED)}")
    return value


def _copied(value: object, name: str) -> object:
    if value is None or is_omitted(value):
        return EMPTY
    object_at(value, name, "an object")
    return copied_argument(value, name)


def _texts(value: object, name: str) -> Mapping[str, str]:
    texts: dict[str, str] = {}
    for key, item in as_object(_copied(value, name)).items():
        if not isinstance(item, str):
            refuse(f"{name}.{key}", f"must be text, not {type(item).__name__}", "invalid_type")
        if "\r" in item or "\n" in item or "\0" in item:
            refuse(f"{name}.{key}", "must not hold line breaks")
        texts[key] = item
    return texts
