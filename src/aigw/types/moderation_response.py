"""Public models of `moderations`, in the shape of https://platform.openai.com/docs/api-reference/moderations/object.

Providers add categories of their own, and leave out some of OpenAI's: nothing but the verdict is sure.
"""

from pydantic import Field, model_validator

from aigw.types.answered import Answered
from aigw.types.chat import Model
from aigw.types.json import as_object


class Categories(Model):
    """Which categories are flagged; None where the provider does not judge."""

    harassment: bool | None = None
    harassment_threatening: bool | None = Field(default=None, alias="harassment/threatening")
    hate: bool | None = None
    hate_threatening: bool | None = Field(default=None, alias="hate/threatening")
    illicit: bool | None = None
    illicit_violent: bool | None = Field(default=None, alias="illicit/violent")
    self_harm: bool | None = Field(default=None, alias="self-harm")
    self_harm_instructions: bool | None = Field(default=None, alias="self-harm/instructions")
    self_harm_intent: bool | None = Field(default=None, alias="self-harm/intent")
    sexual: bool | None = None
    sexual_minors: bool | None = Field(default=None, alias="sexual/minors")
    violence: bool | None = None
    violence_graphic: bool | None = Field(default=None, alias="violence/graphic")


class CategoryScores(Model):
    """How sure the model is of each category, from 0 to 1; None where the provider does not judge."""

    harassment: float | None = None
    harassment_threatening: float | None = Field(default=None, alias="harassment/threatening")
    hate: float | None = None
    hate_threatening: float | None = Field(default=None, alias="hate/threatening")
    illicit: float | None = None
    illicit_violent: float | None = Field(default=None, alias="illicit/violent")
    self_harm: float | None = Field(default=None, alias="self-harm")
    self_harm_instructions: float | None = Field(default=None, alias="self-harm/instructions")
    self_harm_intent: float | None = Field(default=None, alias="self-harm/intent")
    sexual: float | None = None
    sexual_minors: float | None = Field(default=None, alias="sexual/minors")
    violence: float | None = None
    violence_graphic: float | None = Field(default=None, alias="violence/graphic")


class CategoryAppliedInputTypes(Model):
    """Which kinds of input (`text`, `image`) each score is about."""

    harassment: list[str] | None = None
    harassment_threatening: list[str] | None = Field(default=None, alias="harassment/threatening")
    hate: list[str] | None = None
    hate_threatening: list[str] | None = Field(default=None, alias="hate/threatening")
    illicit: list[str] | None = None
    illicit_violent: list[str] | None = Field(default=None, alias="illicit/violent")
    self_harm: list[str] | None = Field(default=None, alias="self-harm")
    self_harm_instructions: list[str] | None = Field(default=None, alias="self-harm/instructions")
    self_harm_intent: list[str] | None = Field(default=None, alias="self-harm/intent")
    sexual: list[str] | None = None
    sexual_minors: list[str] | None = Field(default=None, alias="sexual/minors")
    violence: list[str] | None = None
    violence_graphic: list[str] | None = Field(default=None, alias="violence/graphic")


class Moderation(Model):
    """The verdict on one input. Where the provider gives none, any flagged category makes it one."""

    categories: Categories
    category_applied_input_types: CategoryAppliedInputTypes | None = None
    category_scores: CategoryScores | None = None
    flagged: bool

    @model_validator(mode="before")
    @classmethod
    def _judge(cls, said: object) -> object:
        body = as_object(said)
        if not body or body.get("flagged") is not None:
            return said
        return {**body, "flagged": any(flag is True for flag in as_object(body.get("categories")).values())}


class ModerationCreateResponse(Answered):
    """The verdicts, in the order of the inputs."""

    id: str = ""
    model: str = ""
    results: list[Moderation]
