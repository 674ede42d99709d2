"""Public models of `batches`, in the shape of https://platform.openai.com/docs/api-reference/batch/object."""

from aigw.types.answered import Answered
from aigw.types.chat import Model
from aigw.types.json import JsonObject
from aigw.types.pages import Page


class BatchError(Model):
    """What is wrong with a line of the input file."""

    code: str | None = None
    line: int | None = None
    message: str | None = None
    param: str | None = None


class Errors(Model):
    """What is wrong with a batch."""

    data: list[BatchError] | None = None
    object: str | None = None


class BatchRequestCounts(Model):
    """How many of a batch's requests there are, by what became of them."""

    completed: int | None = None
    failed: int | None = None
    total: int | None = None


class Batch(Answered):
    """A batch at its provider. Times are in seconds since the epoch."""

    id: str
    completion_window: str | None = None
    created_at: int | None = None
    endpoint: str | None = None
    input_file_id: str | None = None
    object: str = "batch"
    status: str
    cancelled_at: int | None = None
    cancelling_at: int | None = None
    completed_at: int | None = None
    error_file_id: str | None = None
    errors: Errors | None = None
    expired_at: int | None = None
    expires_at: int | None = None
    failed_at: int | None = None
    finalizing_at: int | None = None
    in_progress_at: int | None = None
    metadata: JsonObject | None = None
    model: str | None = None
    output_file_id: str | None = None
    request_counts: BatchRequestCounts | None = None
    usage: JsonObject | None = None


class BatchPage(Page[Batch]):
    """Some of the batches, newest first."""
