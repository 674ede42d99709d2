"""`images`: OpenAI's client as callers know it, passed through under the same rules as every call.

A picture costs like an answer does, and is made anew by every attempt: retries and fallbacks are those of chat.
"""

from typing import TYPE_CHECKING, Final, Unpack

from aigw.surfaces.planned import Face, Planned, plan_of
from aigw.surfaces.relay_request import Part, planned, reader, uploads
from aigw.types.chat_params import Omit, omit
from aigw.types.images_response import ImagesResponse
from aigw.types.operation import Operation
from aigw.types.relay_params import FileParam, ImageEditParams, ImageGenerateParams, ImageVariationParams

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aigw.pipeline import Engine

_SURFACE: Final = Operation.IMAGES.value


@plan_of(ImageGenerateParams)
def generate(*, prompt: str, model: str, **params: Unpack[ImageGenerateParams]) -> Planned[ImagesResponse]:
    """Make pictures of a description. Raises the errors of `aigw.errors`."""
    known = frozenset(ImageGenerateParams.__annotations__) | {"prompt", "model"}
    return _planned({"prompt": prompt, "model": model, **params}, "/images/generations", known)


@plan_of(ImageEditParams)
def edit(
    *,
    image: FileParam | list[FileParam],
    prompt: str,
    model: str,
    mask: FileParam | Omit | None = omit,
    **params: Unpack[ImageEditParams],
) -> Planned[ImagesResponse]:
    """Change one picture, or make one of several. Raises the errors of `aigw.errors`."""
    known = frozenset(ImageEditParams.__annotations__) | {"prompt", "model"}
    files = (*uploads(image, "image"), *uploads(mask, "mask", optional=True))
    return _planned({"prompt": prompt, "model": model, **params}, "/images/edits", known, files)


@plan_of(ImageVariationParams)
def create_variation(
    *, image: FileParam, model: str, **params: Unpack[ImageVariationParams]
) -> Planned[ImagesResponse]:
    """Make pictures like one. Raises the errors of `aigw.errors`."""
    known = frozenset(ImageVariationParams.__annotations__) | {"model"}
    return _planned({"model": model, **params}, "/images/variations", known, uploads(image, "image"))


def _planned(
    said: "Mapping[str, object]", path: str, known: frozenset[str], files: tuple[Part, ...] = ()
) -> Planned[ImagesResponse]:
    return planned(
        said,
        reader(ImagesResponse),
        dialect="openai-images",
        operation=Operation.IMAGES,
        path=path,
        known=known,
        files=files,
    )


class Images:
    """`images` of a sync gateway."""

    def __init__(self, engine: "Engine") -> None:
        face = Face(engine, _SURFACE)
        self.generate = face.plain(generate)
        self.edit = face.plain(edit)
        self.create_variation = face.plain(create_variation)
        self.with_raw_response = RawImages(face)


class RawImages:
    """`images.with_raw_response` of a sync gateway."""

    def __init__(self, face: Face) -> None:
        self.generate = face.raw(generate)
        self.edit = face.raw(edit)
        self.create_variation = face.raw(create_variation)


class AsyncImages:
    """`images` of an async gateway."""

    def __init__(self, engine: "Engine") -> None:
        face = Face(engine, _SURFACE)
        self.generate = face.awaited(generate)
        self.edit = face.awaited(edit)
        self.create_variation = face.awaited(create_variation)
        self.with_raw_response = AsyncRawImages(face)


class AsyncRawImages:
    """`images.with_raw_response` of an async gateway."""

    def __init__(self, face: Face) -> None:
        self.generate = face.awaited_raw(generate)
        self.edit = face.awaited_raw(edit)
        self.create_variation = face.awaited_raw(create_variation)
