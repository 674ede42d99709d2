"""Structured answers: pydantic types as strict JSON schemas on the way out, parsed contents on the way back.

Strict schemas follow https://platform.openai.com/docs/guides/structured-outputs: every object is closed, every property
required, no defaults, no `oneOf`, and a `$ref` stands alone.
"""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final, Generic, TypeGuard, TypeVar, cast

from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticUserError

from aigw.errors import ContentFilterFinishReasonError, LengthFinishReasonError
from aigw.surfaces.arguments import refuse
from aigw.types.chat import ChatCompletion
from aigw.types.chat_params import is_omitted
from aigw.types.chat_parsed import ParsedChatCompletion
from aigw.types.json import JsonObject, as_array, as_object, as_text
from aigw.wire import decoded

T = TypeVar("T")

_MAPS_OF_SCHEMAS: Final = ("properties", "$defs", "definitions", "patternProperties")
_LISTS_OF_SCHEMAS: Final = ("anyOf", "allOf", "prefixItems")
_SCHEMAS: Final = ("items", "additionalProperties")


def strict_schema(schema: JsonObject) -> dict[str, object]:
    """Give *schema* in the strict subset, as a copy. A `$ref` that cannot be followed raises `BadRequestError`."""
    root = deepcopy(dict(schema))
    return _strict(root, root, frozenset())


def _strict(schema: JsonObject, root: JsonObject, open_refs: frozenset[str]) -> dict[str, object]:
    reference = as_text(schema.get("$ref"))
    if reference is not None and len(schema) > 1:
        if reference in open_refs:
            return {"$ref": reference}
        siblings = {name: value for name, value in schema.items() if name != "$ref"}
        return _strict({**_resolved(reference, root), **siblings}, root, open_refs | {reference})
    only = as_array(schema.get("allOf"))
    if len(only) == 1:
        siblings = {name: value for name, value in schema.items() if name != "allOf"}
        return _strict({**as_object(only[0]), **siblings}, root, open_refs)
    strict = {name: value for name, value in schema.items() if name not in {"default", "discriminator", "oneOf"}}
    if "oneOf" in schema:
        strict["anyOf"] = schema["oneOf"]
    _descend(strict, root, open_refs)
    if strict.get("type") == "object" and not as_object(strict.get("additionalProperties")):
        strict["additionalProperties"] = False
    if "properties" in strict:
        strict["required"] = list(as_object(strict["properties"]))
    return strict


def _descend(schema: dict[str, object], root: JsonObject, open_refs: frozenset[str]) -> None:
    for name in _MAPS_OF_SCHEMAS:
        if name in schema:
            inner = as_object(schema[name])
            schema[name] = {key: _strict(as_object(value), root, open_refs) for key, value in inner.items()}
    for name in _LISTS_OF_SCHEMAS:
        if name in schema:
            schema[name] = [_strict(as_object(value), root, open_refs) for value in as_array(schema[name])]
    for name in _SCHEMAS:
        if as_object(schema.get(name)):
            schema[name] = _strict(as_object(schema[name]), root, open_refs)


def _resolved(reference: str, root: JsonObject) -> JsonObject:
    found: JsonObject = root
    for step in reference.removeprefix("#/").split("/"):
        found = as_object(found.get(step.replace("~1", "/").replace("~0", "~")))
    if not found or not reference.startswith("#/"):
        refuse("response_format", f"the schema refers to {reference}, which is not in it")
    return found


class _Described(dict[str, object]):
    """A function tool's `function` object that remembers the model its arguments are parsed into."""

    model: type[BaseModel]


def pydantic_function_tool(
    model: type[BaseModel], *, name: str | None = None, description: str | None = None
) -> dict[str, object]:
    """Describe a function tool whose arguments are the fields of *model*; `parse()` gives them back as one."""
    function = _Described(name=name or model.__name__, strict=True, parameters=strict_schema(model.model_json_schema()))
    function.model = model
    said = description or model.__doc__
    if said:
        function["description"] = said
    return {"type": "function", "function": function}


def described_tools(tools: object) -> object:
    """Give *tools* with pydantic models among them described as function tools; anything but a list stays as it is."""
    if not _is_ordered(tools):
        return tools
    return [pydantic_function_tool(tool) if _is_model(tool) else tool for tool in tools]


def _is_ordered(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, Iterable) and not isinstance(value, str | Mapping)


def _is_model(value: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(value, type) and issubclass(value, BaseModel)


def _says_itself(wanted: object) -> bool:
    return wanted is None or is_omitted(wanted) or isinstance(wanted, Mapping)


def response_format_of(wanted: object) -> tuple[object, "TypeAdapter[object] | None"]:
    """Give the `response_format` to send for *wanted*, and what parses the answer if *wanted* is a type.

    Types are pydantic models, dataclasses, typed dicts, or a `TypeAdapter` of one; the schema must be an object's.
    """
    if _says_itself(wanted):
        return wanted, None
    adapter = _adapter(wanted)
    schema = strict_schema(adapter.json_schema())
    if schema.get("type") != "object":
        refuse("response_format", "must describe an object; make the value a field of a model", "invalid_type")
    title = as_text(getattr(wanted, "__name__", None)) or as_text(schema.get("title")) or "answer"
    name = re.sub(r"[^a-zA-Z0-9_-]+", "_", title).strip("_")[:64] or "answer"
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": True}}, adapter


def _adapter(wanted: object) -> "TypeAdapter[object]":
    if isinstance(wanted, TypeAdapter):
        return cast("TypeAdapter[object]", wanted)
    try:
        return TypeAdapter(cast("type[object]", wanted))
    except PydanticUserError as error:
        what = f"must be a type that pydantic can describe, or a JSON schema: {error.message.splitlines()[0]}"
        refuse("response_format", what, "invalid_type")


@dataclass(frozen=True, slots=True)
class Parser(Generic[T]):
    """Parses the contents of an answer. `tools` has the function tools to parse, each with its model, if it has one."""

    content: "TypeAdapter[T] | None" = None
    tools: Mapping[str, type[BaseModel] | None] = field(default_factory=dict[str, type[BaseModel] | None])

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to parse."""
        return self.content is not None or bool(self.tools)

    def parsed(self, text: str | None, refusal: str | None) -> T | None:
        """Parse a content. Raises `pydantic.ValidationError`; None where the model refused, or nothing was asked."""
        if self.content is None or not text or refusal:
            return None
        return self.content.validate_json(text)

    def arguments(self, name: str, text: str) -> object | None:
        """Parse the arguments of a call of the tool *name*; None if it is not one of the tools to parse."""
        if name not in self.tools:
            return None
        model = self.tools[name]
        return decoded(text) if model is None else model.model_validate_json(text)


def parsed_tools(tools: object) -> dict[str, type[BaseModel] | None]:
    """Name the tools among *tools* (as `described_tools` gives them) whose arguments can be relied on: strict ones."""
    found: dict[str, type[BaseModel] | None] = {}
    for tool in as_array(tools):
        function = as_object(as_object(tool).get("function"))
        name, model = as_text(function.get("name")), getattr(function, "model", None)
        if name and (_is_model(model) or function.get("strict") is True):
            found[name] = model if _is_model(model) else None
    return found


def check_finish(reason: object, completion: object) -> None:
    """Raise for an answer that ended before its contents were whole."""
    if reason == "length":
        raise LengthFinishReasonError(completion=completion)
    if reason == "content_filter":
        raise ContentFilterFinishReasonError


def parse_completion(completion: ChatCompletion, parser: Parser[T]) -> ParsedChatCompletion[T]:
    """Parse the contents of *completion*.

    Raises `LengthFinishReasonError`, `ContentFilterFinishReasonError`, or `pydantic.ValidationError` for contents that
    are not what was asked for.
    """
    body = completion.to_dict()
    for choice, said in zip(completion.choices, as_array(body["choices"]), strict=True):
        check_finish(choice.finish_reason, completion)
        message = cast("dict[str, object]", as_object(said)["message"])
        message["parsed"] = parser.parsed(choice.message.content, choice.message.refusal)
        for call in as_array(message.get("tool_calls")):
            _parse_arguments(as_object(call), parser)
    parsed = cast("ParsedChatCompletion[T]", ParsedChatCompletion.model_validate(body))
    parsed.attach(*completion.attached())
    return parsed


def _parse_arguments(call: JsonObject, parser: Parser[T]) -> None:
    function = cast("dict[str, object]", call.get("function"))
    if function:
        name, text = as_text(function.get("name")) or "", as_text(function.get("arguments")) or "{}"
        function["parsed_arguments"] = parser.arguments(name, text)
