"""How much of JSON Schema each target takes, as data. A row is what `providers.schemas` fits a schema to.

Sources, as of November 2026: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas,
https://docs.claude.com/en/docs/build-with-claude/structured-outputs#json-schema-limitations (Bedrock's are the same),
https://ai.google.dev/api/generate-content#generationconfig (`responseJsonSchema`) and
https://ai.google.dev/api/caching#Schema (models before 2.0), and the references of the hosts in `compatible`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subset:
    """What of JSON Schema a target takes. Every default is 'all of it'. Each row is only itself, and so a key.

    `keywords` and `formats` are those it knows; `values` the only ones a keyword may have. `references` lists how a
    `$ref` that it follows may begin; another one is put in place of. `recursion` says what becomes of a schema that
    holds itself: it is kept, cut (to what takes more), or cannot be expressed at all. `closed` targets want
    `additionalProperties: false` in every object, `complete` ones every property required; `nullable` ones say `null`
    with that word, `texts_only` ones enumerate texts only. `object_root`: a union may not be the outermost. `limits`
    are the most `properties`, `levels`, `enum values` and `unions` of a whole schema. `strict_only`: all this holds for
    no schema but one that the target promises to keep to.
    """

    name: str
    keywords: frozenset[str] | None = None
    formats: frozenset[object] | None = None
    values: Mapping[str, frozenset[object]] = field(default_factory=dict[str, frozenset[object]])
    references: tuple[str, ...] = ("#", "#/")
    recursion: Literal["kept", "cut", "refused"] = "kept"
    closed: bool = False
    complete: bool = False
    nullable: bool = False
    texts_only: bool = False
    object_root: bool = False
    limits: Mapping[str, int] = field(default_factory=dict[str, int])
    strict_only: bool = False


_SHAPE: Final = "type title description enum items anyOf properties required"
_NUMBERS: Final = "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf"
_STRICT: Final = "const pattern format minItems additionalProperties $ref $defs definitions"
_GOOGLE: Final = (
    f"{_SHAPE} format minItems maxItems minimum maximum minLength maxLength pattern propertyOrdering default example"
    " nullable minProperties maxProperties"
)
_DEFINED: Final = ("#/$defs/", "#/definitions/")
_FORMATS: Final[frozenset[object]] = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)
_GOOGLE_FORMATS: Final[frozenset[object]] = frozenset(
    {"date-time", "date", "time", "int32", "int64", "float", "double", "enum"}
)

OPENAI: Final = Subset(
    name="openai",
    keywords=frozenset(f"{_SHAPE} {_NUMBERS} {_STRICT} maxItems".split()),
    formats=_FORMATS,
    references=("#", *_DEFINED),
    closed=True,
    complete=True,
    object_root=True,
    limits=MappingProxyType({"properties": 5000, "levels": 10, "enum values": 1000}),
    strict_only=True,
)

OPENAI_TOOLS: Final = Subset(name="openai", object_root=True)
"""What functions may be that are not strict."""

ANTHROPIC: Final = Subset(
    name="anthropic",
    keywords=frozenset(f"{_SHAPE} {_STRICT} default".split()),
    formats=_FORMATS | {"uri"},
    values=MappingProxyType({"minItems": frozenset({0, 1})}),
    references=_DEFINED,
    recursion="refused",
    closed=True,
    limits=MappingProxyType({"unions": 16}),
)

ANTHROPIC_TOOLS: Final = Subset(name="anthropic", object_root=True)
"""What the input of a tool may be that is not strict."""

BEDROCK: Final = replace(ANTHROPIC, name="bedrock")

GEMINI: Final = Subset(
    name="gemini",
    keywords=frozenset(f"{_GOOGLE} $id $defs $ref $anchor prefixItems oneOf additionalProperties".split()),
    formats=_GOOGLE_FORMATS,
    references=("#/$defs/",),
)

GEMINI_OLD: Final = Subset(
    name="gemini",
    keywords=frozenset(_GOOGLE.split()),
    formats=_GOOGLE_FORMATS,
    references=(),
    recursion="cut",
    nullable=True,
    texts_only=True,
)
"""The subset of OpenAPI's schemas, for models before 2.0."""

SUBSETS: Final[Mapping[str, Subset]] = MappingProxyType(
    {
        "openai": OPENAI,
        "groq": Subset(name="groq", closed=True, complete=True, strict_only=True),
        "cerebras": Subset(name="cerebras", closed=True, strict_only=True),
        "fireworks": Subset(name="fireworks", references=(), recursion="cut"),
    }
)
"""The subsets of hosts that speak OpenAI's dialect, as their kinds name them in `Quirks.schemas`."""
