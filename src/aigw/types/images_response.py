"""Public models of `images`, in the shape of https://platform.openai.com/docs/api-reference/images/object."""

from aigw.types.answered import Answered
from aigw.types.chat import Model


class ImagesTokensDetails(Model):
    """What tokens of images are made of."""

    image_tokens: int | None = None
    text_tokens: int | None = None


class ImagesUsage(Model):
    """Tokens of an image, where the model is billed by them."""

    input_tokens: int | None = None
    input_tokens_details: ImagesTokensDetails | None = None
    output_tokens: int | None = None
    output_tokens_details: ImagesTokensDetails | None = None
    total_tokens: int | None = None


class Image(Model):
    """An image: base64 of its bytes, or where to fetch it for a while."""

    b64_json: str | None = None
    revised_prompt: str | None = None
    url: str | None = None


class ImagesResponse(Answered):
    """The images."""

    created: int | None = None
    background: str | None = None
    data: list[Image] | None = None
    output_format: str | None = None
    quality: str | None = None
    size: str | None = None
    usage: ImagesUsage | None = None
