"""Turn the arguments of `messages` into a canonical request: pure, and the same for both faces.

The body stays as the caller wrote it (`verbatim`), for targets of the same dialect. What is governed, and what targets
of other dialects are written from, is read from the same body; what only Anthropic has a word for is `other`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, cast

from aigw.call import Options
from aigw.surfaces.arguments import object_at, plain_body, refuse
from aigw.surfaces.chat.request import ABOUT_THE_CALL, Asked, extra_body_of, model_of, options_of, reject_unknown
from aigw.surfaces.messages.content import DIALECT, provenance, read_system, read_turns
from aigw.surfaces.messages.tools import read_choice, read_tools
from aigw.types.json import JsonObject, as_array, as_int, as_object, as_text, without
from aigw.types.messages_params import CountParams, MessagesParams
from aigw.types.operation import Operation
from aigw.types.request import Params, Request

SURFACE: Final = "messages"
COUNT_DIALECT: Final = "anthropic-count-tokens"
BETA: Final = "anthropic-beta"

_ALWAYS: Final = frozenset({"messages", "model"})
_KNOWN: Final = frozenset(MessagesParams.__annotations__) | _ALWAYS | {"max_tokens", "stream"}
_KNOWN_OF_COUNTING: Final = frozenset(CountParams.__annotations__) | _ALWAYS
_HEADERS: Final = ("user_profile_id", "workspace_id")
_BESIDE: Final = frozenset({"betas", *_HEADERS})
"""Arguments that travel as headers: no part of the body."""
_TRANSLATED: Final = frozenset(
    {
        *("model", "messages", "system", "stream", "max_tokens", "temperature", "top_p", "top_k", "stop_sequences"),
        *("tools", "tool_choice", "thinking", "output_config", "output_format", "metadata", "service_tier"),
    }
)
_TIERS: Final = {"standard_only": "default"}

_Check = tuple[Callable[[object], bool], str]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in as_array(cast("object", value)))


_OBJECT: Final[_Check] = (lambda value: isinstance(value, dict), "an object")
_CHECKS: Final[Mapping[str, _Check]] = {
    **dict.fromkeys(("temperature", "top_p"), (_is_number, "a number")),
    **dict.fromkeys(("max_tokens", "top_k"), (_is_whole, "a whole number")),
    **dict.fromkeys(("thinking", "output_config", "output_format", "metadata"), _OBJECT),
    **dict.fromkeys(("stop_sequences", "betas"), (_is_texts, "a list of texts")),
    "stream": (lambda value: isinstance(value, bool), "true or false"),
    **dict.fromkeys(("service_tier", *_HEADERS), (lambda value: isinstance(value, str), "text")),
}


def ask(params: Mapping[str, object], method: str = "create") -> Asked:
    """Read the keyword arguments *params* of *method*.

    Raises `UnexpectedArgumentError` for a name nobody knows, `BadRequestError` (`param` names the place) for a value
    that no target could take.
    """
    reject_unknown(params, method, _KNOWN)
    return _asked(params, DIALECT, Operation.CHAT)


def ask_count(params: Mapping[str, object]) -> Asked:
    """Read the keyword arguments *params* of `count_tokens`. Raises as `ask`."""
    reject_unknown(params, "count_tokens", _KNOWN_OF_COUNTING)
    return _asked(params, COUNT_DIALECT, Operation.COUNT_TOKENS)


def _asked(params: Mapping[str, object], dialect: str, operation: Operation) -> Asked:
    said = {name: value for name, value in params.items() if name not in ABOUT_THE_CALL}
    said.update(extra_body_of(params))
    said["messages"] = provenance(said.get("messages"))
    body = plain_body(said)
    for name, (accepts, wanted) in _CHECKS.items():
        if body.get(name) is not None and not accepts(body[name]):
            refuse(name, f"must be {wanted}, not {type(body[name]).__name__}", "invalid_type")
    if operation is Operation.CHAT and body.get("max_tokens") is None:
        refuse("max_tokens", "is missing; say how long the answer may be", "missing_required_parameter")
    options, flags = _without_flags(options_of(params))
    beside = _beside(body, flags)
    turns = read_turns(body.get("messages"))
    verbatim = {name: value for name, value in body.items() if name not in _BESIDE}
    verbatim["messages"] = [turn.verbatim for turn in turns]
    canonical, other = _canonical(body)
    request = Request(
        dialect=dialect,
        model=model_of(body),
        messages=(*read_system(body.get("system")), *turns),
        params=canonical,
        stream=body.get("stream") is True,
        verbatim=verbatim,
        other={**other, **beside},
        operation=operation,
        surface=SURFACE,
    )
    return Asked(request, options)


def _without_flags(options: Options) -> tuple[Options, list[str]]:
    """Take beta flags out of the headers: a header would reach any target, a parameter only one that knows it."""
    said = [name for name in options.extra_headers if name.lower() == BETA]
    if not said:
        return options, []
    flags = [flag.strip() for name in said for flag in options.extra_headers[name].split(",")]
    kept = {name: value for name, value in options.extra_headers.items() if name not in said}
    return replace(options, extra_headers=kept), [flag for flag in flags if flag]


def _beside(body: JsonObject, flags: list[str]) -> JsonObject:
    betas = list(dict.fromkeys([*(str(flag) for flag in as_array(body.get("betas"))), *flags]))
    beside: dict[str, object] = {"betas": betas} if betas else {}
    beside.update({name: body[name] for name in _HEADERS if body.get(name) is not None})
    return beside


def _canonical(body: JsonObject) -> tuple[Params, JsonObject]:
    """Collect the parameters that have a canonical name, and those that have none."""
    same = ("max_tokens", "temperature", "top_p", "top_k")
    found: dict[str, object] = {name: body[name] for name in same if body.get(name) is not None}
    other = {name: value for name, value in body.items() if name not in _TRANSLATED | _BESIDE and value is not None}
    if body.get("stop_sequences") is not None:
        found["stop"] = body["stop_sequences"]
    if body.get("tools") is not None:
        found["tools"] = read_tools(body["tools"])
    if body.get("tool_choice") is not None:
        found.update(read_choice(body["tool_choice"]))
    if as_text(body.get("service_tier")):
        found["service_tier"] = _TIERS.get(str(body["service_tier"]), body["service_tier"])
    _read_thinking(as_object(body.get("thinking")), found, other)
    _read_output(body, found, other)
    _read_metadata(as_object(body.get("metadata")), found, other)
    # every value was checked above, or is made here
    return cast("Params", found), other


def _read_thinking(thinking: JsonObject, found: dict[str, object], other: dict[str, object]) -> None:
    """Read how much to think. `adaptive` alone asks for what a model does of itself, so it needs no parameter."""
    budget, kind = as_int(thinking.get("budget_tokens")), thinking.get("type")
    told = {"type"}
    if kind == "enabled" and budget is not None:
        found["reasoning_budget"] = budget
        told.add("budget_tokens")
    elif kind == "disabled":
        found["reasoning_effort"] = "none"
    elif kind != "adaptive":
        told.clear()
    beyond = without(thinking, frozenset(told))
    if beyond:
        other["thinking"] = beyond


def _read_output(body: JsonObject, found: dict[str, object], other: dict[str, object]) -> None:
    config = as_object(body.get("output_config"))
    form = as_object(config.get("format")) or as_object(body.get("output_format"))
    told: set[str] = set()
    if as_text(config.get("effort")) is not None:
        told.add("effort")
        found.setdefault("reasoning_effort", config["effort"])
    if form.get("type") == "json_schema":
        told.add("format")
        schema = object_at(form.get("schema"), "output_config.format.schema", "a JSON schema")
        named = {"name": as_text(form.get("name")) or "answer", "schema": schema, "strict": True}
        found["response_format"] = {"type": "json_schema", "json_schema": named}
    elif form:
        other["output_format"] = form
    beyond = {name: value for name, value in config.items() if name not in told and value is not None}
    if beyond:
        other["output_config"] = beyond


def _read_metadata(metadata: JsonObject, found: dict[str, object], other: dict[str, object]) -> None:
    user = as_text(metadata.get("user_id"))
    if user is not None:
        found["user"] = user
    beyond = {name: value for name, value in metadata.items() if name != "user_id" and value is not None}
    if beyond:
        other["metadata"] = beyond
