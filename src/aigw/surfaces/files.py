"""`files`: OpenAI's client as callers know it, passed through under the same rules as every call.

A file lives at the provider that took it, with the batches made of it. So every method asks for the `model` whose route
leads there, as those of `batches` do, and nothing is ever sent to another target.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeVar, Unpack

from aigw.surfaces.binary import BinaryResponse
from aigw.surfaces.pages import AsyncPages, Listing, Pages
from aigw.surfaces.planned import Face, Planned, plan_of
from aigw.surfaces.relay_request import EventReader, Part, binary, in_path, planned, reader, uploaded
from aigw.surfaces.signature import explicit
from aigw.types.chat_params import CallParams
from aigw.types.files import FileDeleted, FileObject, FilePage
from aigw.types.operation import Operation
from aigw.types.relay_params import FileCreateParams, FileListParams, FileParam

if TYPE_CHECKING:
    from aigw.pipeline import Engine

R = TypeVar("R")

_SURFACE: Final = "files"
_ROOT: Final = "/files"


@plan_of(FileCreateParams)
def create(*, file: FileParam, purpose: str, model: str, **params: Unpack[FileCreateParams]) -> Planned[FileObject]:
    """Upload a file, which is read into memory first. *model* says where to. Raises the errors of `aigw.errors`."""
    known = frozenset(FileCreateParams.__annotations__) | {"purpose", "model"}
    said = {"purpose": purpose, "model": model, **params}
    return _planned(said, reader(FileObject), _ROOT, known, files=(uploaded(file, "file"),))


@plan_of(CallParams)
def retrieve(file_id: str, *, model: str, **params: Unpack[CallParams]) -> Planned[FileObject]:
    """Look what is known of a file. Raises the errors of `aigw.errors`."""
    return _planned({"model": model, **params}, reader(FileObject), _path(file_id), method="GET")


@plan_of(CallParams)
def content(file_id: str, *, model: str, **params: Unpack[CallParams]) -> Planned[BinaryResponse]:
    """Fetch what is in a file: its bytes, up to 64 MiB. Raises the errors of `aigw.errors`."""
    return _planned({"model": model, **params}, binary, f"{_path(file_id)}/content", method="GET")


@plan_of(CallParams)
def delete(file_id: str, *, model: str, **params: Unpack[CallParams]) -> Planned[FileDeleted]:
    """Delete a file. Raises the errors of `aigw.errors`."""
    return _planned({"model": model, **params}, reader(FileDeleted), _path(file_id), method="DELETE")


@plan_of(FileListParams)
def list_page(*, model: str, **params: Unpack[FileListParams]) -> Planned[FilePage]:
    """List files: a page of them, whose iterator goes on to the next. Raises as `retrieve`."""
    known = frozenset(FileListParams.__annotations__) | {"model"}
    return _planned({"model": model, **params}, reader(FilePage), _ROOT, known, method="GET")


def _path(file_id: object) -> str:
    return f"{_ROOT}/{in_path(file_id, 'file_id')}"


def _planned(  # noqa: PLR0913 - what tells one method from another
    said: Mapping[str, object],
    read: EventReader[R],
    path: str,
    known: frozenset[str] = frozenset({"model"}),
    *,
    method: str = "POST",
    files: tuple[Part, ...] = (),
) -> Planned[R]:
    return planned(
        said,
        read,
        dialect="openai-batches",
        operation=Operation.BATCHES,
        path=path,
        known=known,
        method=method,
        files=files,
        names_model=False,
        surface=_SURFACE,
    )


class Files:
    """`files` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._face = face = Face(engine, _SURFACE)
        self.create = face.plain(create)
        self.retrieve = face.plain(retrieve)
        self.content = face.plain(content)
        self.delete = face.plain(delete)
        self.with_raw_response = RawFiles(face)

    @explicit(FileListParams)
    def list(self, *, model: str, **params: Unpack[FileListParams]) -> Pages[FileObject]:
        """List files: a page of them, whose iterator goes on to the next."""
        return Listing(self._face, list_page, (), {"model": model, **params}).page()


class RawFiles:
    """`files.with_raw_response` of a sync gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.raw(create)
        self.retrieve = face.raw(retrieve)
        self.content = face.raw(content)
        self.delete = face.raw(delete)
        self.list = face.raw(list_page)


class AsyncFiles:
    """`files` of an async gateway."""

    def __init__(self, engine: "Engine") -> None:
        self._face = face = Face(engine, _SURFACE)
        self.create = face.awaited(create)
        self.retrieve = face.awaited(retrieve)
        self.content = face.awaited(content)
        self.delete = face.awaited(delete)
        self.with_raw_response = AsyncRawFiles(face)

    @explicit(FileListParams)
    def list(self, *, model: str, **params: Unpack[FileListParams]) -> AsyncPages[FileObject]:
        """List files: await it for a page, or iterate it with `async for`."""
        return AsyncPages(Listing(self._face, list_page, (), {"model": model, **params}))


class AsyncRawFiles:
    """`files.with_raw_response` of an async gateway."""

    def __init__(self, face: Face) -> None:
        self.create = face.awaited_raw(create)
        self.retrieve = face.awaited_raw(retrieve)
        self.content = face.awaited_raw(content)
        self.delete = face.awaited_raw(delete)
        self.list = face.awaited_raw(list_page)
