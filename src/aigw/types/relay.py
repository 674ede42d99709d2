"""Governed pass-through: a request whose body goes out as the caller wrote it, where surface and target speak alike."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigw.types.json import EMPTY, JsonObject
from aigw.types.operation import Operation
from aigw.types.usage import Usage

if TYPE_CHECKING:
    from aigw.wire import HttpResponse


@dataclass(frozen=True, slots=True)
class RelayRequest:
    """A request to *path*, which is relative to the provider's base URL.

    `fields` are those of a JSON object or of a form; `model` among them becomes the target's. `files` are the parts of
    a form beside the fields: name, file name, content type, content. A request with files is sent as a form. `kept` is
    the id of what the provider keeps, by which it may be known who that is; without a `model`, it alone says where to
    go.
    """

    dialect: str
    operation: Operation
    surface: str
    model: str
    path: str
    method: str = "POST"
    fields: JsonObject = field(default=EMPTY, repr=False)
    files: tuple[tuple[str, str, str, bytes], ...] = field(default=(), repr=False)
    is_form: bool = False
    kept: str = ""
    stream: bool = False


@dataclass(frozen=True, slots=True)
class Relayed:
    """The provider's answer as it came, with the usage that its dialect says where to find."""

    response: "HttpResponse"
    usage: Usage | None = None
