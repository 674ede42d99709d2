"""What the plans of governed pass-through share: reading arguments, files and answers."""

from collections.abc import Callable, Mapping
from functools import partial
from mimetypes import guess_type
from os import PathLike
from pathlib import Path, PurePath
from typing import Final, TypeAlias, TypeVar, cast
from urllib.parse import quote

from aigw.errors import APIResponseValidationError
from aigw.surfaces.arguments import plain_body, refuse
from aigw.surfaces.binary import BinaryResponse
from aigw.surfaces.chat.request import extra_body_of, model_of, options_of, reject_unknown
from aigw.surfaces.chat.response import validated
from aigw.surfaces.planned import Planned
from aigw.types.answered import Answered
from aigw.types.chat_params import CallParams, is_omitted
from aigw.types.events import Event
from aigw.types.headers import is_media_type
from aigw.types.json import as_array, as_object
from aigw.types.operation import Operation
from aigw.types.relay import Relayed, RelayRequest
from aigw.wire import HttpResponse

M = TypeVar("M", bound=Answered)
R = TypeVar("R")
EventReader: TypeAlias = Callable[[Event], R]
Part: TypeAlias = tuple[str, str, str, bytes]
"""A file of a form: field, file name, content type, content."""

_ABOUT_THE_CALL: Final = frozenset(CallParams.__annotations__)
_NAMELESS: Final = "upload"
_UNKNOWN_TYPE: Final = "application/octet-stream"

UPLOAD_LIMIT: Final = 512 * 1024 * 1024
"""Bytes of a file at most, all of which are in memory while it is sent; OpenAI takes no larger ones."""


def planned(  # noqa: PLR0913 - what tells one operation from another, all by name
    said: Mapping[str, object],
    read: EventReader[R],
    *,
    dialect: str,
    operation: Operation,
    path: str,
    known: frozenset[str],
    method: str = "POST",
    files: tuple[Part, ...] = (),
    is_form: bool = False,
    names_model: bool = True,
    surface: str | None = None,
) -> Planned[R]:
    """Plan a call: *said* are all its arguments, *known* the names of those that are there, files left out.

    The model is in the body unless *names_model* is False: then it only says where to go. Raises
    `UnexpectedArgumentError`, or `BadRequestError` naming the place.
    """
    reject_unknown(said, "create", known | _ABOUT_THE_CALL)
    fields = plain_body({**{name: said[name] for name in said if name not in _ABOUT_THE_CALL}, **extra_body_of(said)})
    if fields.get("stream") is True:
        refuse("stream", "answers of this surface come whole; leave it out", "unsupported_value")
    model = model_of(fields)
    if not names_model:
        del fields["model"]
    request = RelayRequest(
        dialect=dialect,
        operation=operation,
        surface=surface or operation.value,
        model=model,
        path=path,
        method=method,
        fields=fields,
        files=files,
        is_form=is_form,
    )
    return Planned(request, options_of(said), read)


def reader(model: type[M]) -> EventReader[M]:
    """Give the function that makes a *model* of an answer's JSON. It raises `APIResponseValidationError`."""
    return partial(_modelled, model)


def binary(event: Event) -> BinaryResponse:
    """Give an answer's bytes."""
    return BinaryResponse(relayed(event))


def relayed(event: Event) -> HttpResponse:
    """Give the provider's answer. Raises `APIResponseValidationError` for what no pass-through gives."""
    if not isinstance(event, Relayed):
        message = f"The reply holds {type(event).__name__} where the provider's own answer belongs."
        raise APIResponseValidationError(message)
    return event.response


def uploaded(value: object, name: str) -> Part:
    """Read a file a caller handed in as the argument *name*. Raises `BadRequestError` for what is no file."""
    filename, content, media_type = _taken_apart(value, name)
    if isinstance(content, PathLike):
        path = Path(cast("PathLike[str]", content))
        filename = filename or path.name
        try:
            with path.open("rb") as opened:
                content = opened.read(UPLOAD_LIMIT + 1)
        except OSError as error:
            refuse(name, f"cannot be read ({error.strerror}); check the path and its permissions")
    elif not isinstance(content, bytes):
        filename = filename or _name_of(content)
        content = _contents(content, name)
    if len(content) > UPLOAD_LIMIT:
        refuse(name, f"is larger than {UPLOAD_LIMIT // 1024 // 1024} MiB; split it")
    filename = filename or _NAMELESS
    if media_type is None:
        media_type = guess_type(filename)[0] or _UNKNOWN_TYPE
    if not is_media_type(media_type):
        refuse(name, "its content type must be of the form type/subtype", "invalid_value")
    return name, filename, media_type, content


def in_path(said: object, name: str) -> str:
    """Give the argument *name*, an id, as it may stand in a path. Raises `BadRequestError`."""
    if not isinstance(said, str) or not said.strip(". "):
        refuse(name, "must be an id, as text", "invalid_value")
    return quote(said, safe="")


def _modelled(model: type[M], event: Event) -> M:
    response = relayed(event)
    body = as_object(response.json())
    return validated(model, {**body})


def _taken_apart(value: object, name: str) -> tuple[str | None, object, str | None]:
    """Give file name, content and content type, as far as they were said."""
    if not isinstance(value, tuple):
        return None, value, None
    said = cast("tuple[object, ...]", value)
    if not 2 <= len(said) <= 3:  # noqa: PLR2004 - (name, content) or (name, content, content type)
        refuse(name, "must be (name, content) or (name, content, content type)", "invalid_type")
    filename, content, *rest = said
    media_type = rest[0] if rest else None
    for text in (filename, media_type):
        if text is not None and not isinstance(text, str):
            refuse(name, f"name and content type must be text, not {type(text).__name__}", "invalid_type")
    return cast("str | None", filename), content, cast("str | None", media_type)


def _name_of(file: object) -> str | None:
    name = getattr(file, "name", None)
    return PurePath(name).name if isinstance(name, str) else None


def _contents(file: object, name: str) -> bytes:
    read = getattr(file, "read", None)
    content = read(UPLOAD_LIMIT + 1) if callable(read) else None
    if isinstance(content, str):
        refuse(name, "was opened as text; open it in binary mode ('rb')", "invalid_type")
    if not isinstance(content, bytes):
        kind = type(file).__name__
        refuse(name, f"must be bytes, an open file, a path or a tuple of name and content, not {kind}", "invalid_type")
    return content


def uploads(value: object, name: str, *, optional: bool = False) -> tuple[Part, ...]:
    """Read one file, or a list of them, which a form spells with brackets (`image[]`). Raises as `uploaded`."""
    if optional and (value is None or is_omitted(value)):
        return ()
    files = as_array(value)
    if isinstance(value, list):
        if not files:
            refuse(name, "is an empty list: give a file", "empty_array")
        return tuple((f"{name}[]", *uploaded(file, f"{name}[{at}]")[1:]) for at, file in enumerate(files))
    return (uploaded(value, name),)
