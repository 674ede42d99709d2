"""Public models of `files`, in the shape of https://platform.openai.com/docs/api-reference/files/object."""

from aigw.types.answered import Answered
from aigw.types.pages import Page


class FileObject(Answered):
    """A file at its provider. `bytes` is its size, times are in seconds since the epoch."""

    id: str
    bytes: int | None = None
    created_at: int | None = None
    filename: str | None = None
    object: str = "file"
    purpose: str | None = None
    status: str | None = None
    expires_at: int | None = None
    status_details: str | None = None


class FileDeleted(Answered):
    """That a file is gone."""

    id: str
    deleted: bool
    object: str = "file"


class FilePage(Page[FileObject]):
    """Some of the files."""
