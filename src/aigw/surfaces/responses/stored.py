"""The plans of what is asked about a response that its provider keeps: passed through to who gave it.

OpenAI's client names no model here. Where this process has seen the response given, it knows where to ask; else the
caller says `model`, the route or model it was asked of.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeVar, Unpack

from aigw.surfaces.arguments import plain_body, refuse
from aigw.surfaces.chat.request import ABOUT_THE_CALL, extra_body_of, options_of, reject_unknown
from aigw.surfaces.planned import Planned, plan_of
from aigw.surfaces.relay_request import EventReader, in_path, reader, relayed
from aigw.surfaces.responses.request import SURFACE
from aigw.surfaces.responses.response import ResponseWriter, response_of
from aigw.types.chat_params import Omit, omit
from aigw.types.json import EMPTY
from aigw.types.operation import Operation
from aigw.types.relay import RelayRequest
from aigw.types.responses import Response
from aigw.types.responses_params import InputItemsParams, RetrieveParams, StoredParams
from aigw.types.responses_stored import ResponseItemPage

if TYPE_CHECKING:
    from aigw.types.events import Event

R = TypeVar("R")

_LISTS: Final = {"include": "include[]"}
"""How a list is spelled in a query, as OpenAI's client does."""


@plan_of(RetrieveParams)
def retrieve(
    response_id: str, *, stream: bool | Omit | None = omit, **params: Unpack[RetrieveParams]
) -> Planned[Response]:
    """Look at a response again. Raises the errors of `aigw.errors`."""
    said = {"stream": stream, **params}
    return _planned("retrieve", response_id, said, _reading(response_id), method="GET")


@plan_of(StoredParams)
def cancel(response_id: str, **params: Unpack[StoredParams]) -> Planned[Response]:
    """Stop a response that is made in the background. Raises the errors of `aigw.errors`."""
    return _planned("cancel", response_id, params, _reading(response_id), "/cancel")


@plan_of(StoredParams)
def delete(response_id: str, **params: Unpack[StoredParams]) -> Planned[None]:
    """Have a response forgotten by its provider. Raises the errors of `aigw.errors`."""
    return _planned("delete", response_id, params, _nothing, method="DELETE")


@plan_of(InputItemsParams)
def list_page(response_id: str, **params: Unpack[InputItemsParams]) -> Planned[ResponseItemPage]:
    """List what a response was made from: a page of it, whose iterator goes on to the next. Raises as `retrieve`."""
    return _planned("list", response_id, params, reader(ResponseItemPage), "/input_items", method="GET")


def follower(response_id: str) -> ResponseWriter:
    """Make the writer for the events of the response *response_id*, most of which its provider has written."""
    return ResponseWriter(asked=EMPTY, name=response_id.removeprefix("resp_"), created=0, model="")


def _reading(response_id: object) -> "EventReader[Response]":
    write = follower(str(response_id))

    def read(event: "Event") -> Response:
        write.write(event)
        return response_of(write.response())

    return read


def _nothing(event: "Event") -> None:
    relayed(event)


def _planned(  # noqa: PLR0913 - what tells one method from another
    name: str,
    response_id: object,
    said: Mapping[str, object],
    read: EventReader[R],
    tail: str = "",
    *,
    method: str = "POST",
) -> Planned[R]:
    known = {"retrieve": RetrieveParams, "list": InputItemsParams}.get(name, StoredParams)
    reject_unknown(said, name, frozenset(known.__annotations__) | {"stream"})
    path = f"/responses/{in_path(response_id, 'response_id')}{tail}"
    fields = plain_body({**{key: said[key] for key in said if key not in ABOUT_THE_CALL}, **extra_body_of(said)})
    model = fields.pop("model", None)
    if model is not None and not isinstance(model, str):
        refuse("model", f"must be the name of a model or route, not {type(model).__name__}", "invalid_type")
    request = RelayRequest(
        dialect="openai-stored-responses",
        operation=Operation.RESPONSES,
        surface=SURFACE,
        model=model or "",
        path=path,
        method=method,
        fields={_LISTS.get(key, key): value for key, value in fields.items()},
        kept=str(response_id),
        stream=fields.get("stream") is True,
    )
    return Planned(request, options_of(said), read)
