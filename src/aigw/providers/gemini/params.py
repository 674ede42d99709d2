"""Write canonical parameters as Google's `generationConfig` and its neighbours, and name those it has no word for.

Sources: https://ai.google.dev/api/generate-content#generationconfig, https://ai.google.dev/gemini-api/docs/thinking
and, for what a caller of OpenAI's form may add (`google`), https://ai.google.dev/gemini-api/docs/openai.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, cast

from aigw.manifest.snapshot import Target
from aigw.providers import canonical
from aigw.providers.gemini import tools as gemini_tools
from aigw.providers.gemini.models import BUDGETS, LEVELS, is_third, is_vertex, takes_json_schema, thinks
from aigw.providers.gemini.tools import camel
from aigw.providers.schema_subsets import GEMINI, GEMINI_OLD
from aigw.providers.schemas import fit
from aigw.types.json import EMPTY, JsonObject, as_object, as_text
from aigw.types.request import Params

_MOST_STOPS: Final = 5
_RENAMED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "max_tokens": "maxOutputTokens",
        "temperature": "temperature",
        "top_p": "topP",
        "top_k": "topK",
        "n": "candidateCount",
        "seed": "seed",
        "frequency_penalty": "frequencyPenalty",
        "presence_penalty": "presencePenalty",
        "top_logprobs": "logprobs",
    }
)
_EXPRESSED: Final = frozenset(
    {
        *_RENAMED,
        "stop",
        "logprobs",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "response_format",
        "reasoning_effort",
        "reasoning_budget",
        "modalities",
        "audio",
        "service_tier",
        "metadata",
    }
)
_USUAL: Final = frozenset({"max_tokens", "temperature", "top_p", "top_k", "n", "seed", "tools", "tool_choice"})
"""Parameters of which only the tools have values that Google does not take."""

_TIERS: Final = frozenset({"standard", "flex", "priority"})
_USUAL_TIERS: Final = frozenset({"auto", "default"})
_PENALTIES: Final = ("frequency_penalty", "presence_penalty")
_MODALITIES: Final = frozenset({"text", "audio", "image"})
_FORMATS: Final = ("text", "json_object", "json_schema")
_BESIDE: Final = frozenset(
    {"safetySettings", "cachedContent", "labels", "toolConfig", "serviceTier", "modelArmorConfig"}
)
_WITHIN: Final = frozenset(
    {
        "thinkingConfig",
        "mediaResolution",
        "speechConfig",
        "imageConfig",
        "responseModalities",
        "responseMimeType",
        "responseSchema",
        "responseJsonSchema",
        "audioTimestamp",
        "enableAffectiveDialog",
        "routingConfig",
        "modelSelectionConfig",
    }
)
_NAMES: Final = _BESIDE | _WITHIN | {"generationConfig"}


def beyond(params: Params, other: JsonObject, target: Target) -> list[str]:
    """Name the parameters that Google, or the target's model, cannot take in the way the caller set them."""
    names = unknown(params, other)
    names += (f"google.{name}" for name in _google(other) if camel(name) not in _NAMES)
    if not params.keys() <= _USUAL:
        names += _sampling_beyond(params, target)
        names += _answer_beyond(params, target)
    names += gemini_tools.beyond(params)
    return names


def unknown(params: Params, other: JsonObject) -> list[str]:
    """Name the parameters that Google has no word for at all."""
    if not other and params.keys() <= _EXPRESSED:
        return []
    native = frozenset(name for name in other if camel(name) in _NAMES or name in {"google", "extra_body"})
    return canonical.beyond(params, other, _EXPRESSED, native)


def written(
    params: Params, other: JsonObject, target: Target, left_out: frozenset[str], notes: list[str]
) -> JsonObject:
    """Write all parameters but those *left_out*. What the caller gives in Google's own words wins."""
    kept = canonical.kept(params, left_out)
    config: dict[str, object] = {
        _RENAMED[name]: value for name, value in kept.items() if name in _RENAMED and name != "top_logprobs"
    }
    if "stop" in kept:
        config["stopSequences"] = list(kept["stop"])
    if kept.get("logprobs"):
        config["responseLogprobs"] = True
        if "top_logprobs" in kept:
            config["logprobs"] = kept["top_logprobs"]
    body: dict[str, object] = {}
    if not kept.keys() <= _USUAL:
        _add_format(config, kept, target.model, notes)
        _add_thinking(config, kept, target.model, notes)
        _add_modalities(config, kept)
        if kept.get("service_tier", "auto") not in _USUAL_TIERS:
            body["serviceTier"] = kept.get("service_tier")
        if kept.get("metadata"):
            body["labels"] = kept.get("metadata")
    body.update(gemini_tools.written(kept, target.model, left_out, notes))
    if other:
        _add_own(body, config, {**other, **_google(other)}, left_out)
    return {**body, "generationConfig": config} if config else body


def _sampling_beyond(params: Params, target: Target) -> Iterator[str]:
    if len(params.get("stop", ())) > _MOST_STOPS:
        yield "stop"
    said = cast("JsonObject", params)
    if is_third(target.model):
        yield from (name for name in _PENALTIES if said.get(name))
    effort = params.get("reasoning_effort")
    if effort is not None and not thinks(target.model, effort):
        yield "reasoning_effort"
    if "reasoning_budget" in params and not thinks(target.model, "high"):
        yield "reasoning_budget"


def _answer_beyond(params: Params, target: Target) -> Iterator[str]:
    form = as_object(params.get("response_format")).get("type")
    wants_json = form in ("json_object", "json_schema")
    if (form is not None and form not in _FORMATS) or (
        wants_json and params.get("tools") and not is_third(target.model)
    ):
        yield "response_format"
    if not _MODALITIES.issuperset(params.get("modalities", ())):
        yield "modalities"
    if as_object(params.get("audio")).get("format") not in (None, "pcm16"):
        yield "audio"
    tier = params.get("service_tier", "auto")
    if tier not in _USUAL_TIERS and (tier not in _TIERS or is_vertex(target)):
        yield "service_tier"
    if params.get("metadata") and not is_vertex(target):
        yield "metadata"


def _google(other: JsonObject) -> JsonObject:
    """Give what the caller says to Google in the way of its OpenAI endpoint."""
    if not other:
        return EMPTY
    return as_object(other.get("google")) or as_object(as_object(other.get("extra_body")).get("google"))


def _add_format(config: dict[str, object], params: Params, model: str, notes: list[str]) -> None:
    form = as_object(params.get("response_format"))
    if form.get("type") not in ("json_object", "json_schema"):
        return
    config["responseMimeType"] = "application/json"
    schema = as_object(as_object(form.get("json_schema")).get("schema"))
    if schema:
        name, subset = ("responseJsonSchema", GEMINI) if takes_json_schema(model) else ("responseSchema", GEMINI_OLD)
        config[name] = fit(schema, "response_format", subset, notes)


def _add_thinking(config: dict[str, object], params: Params, model: str, notes: list[str]) -> None:
    """Say how much to think, in a level or in tokens and never in both, and have thoughts shown where there are any."""
    effort, budget = params.get("reasoning_effort"), params.get("reasoning_budget")
    third = is_third(model)
    if effort is None and budget is None:
        return
    thinking: dict[str, object] = {}
    if effort is not None and third:
        thinking["thinkingLevel"] = LEVELS.get(effort, effort.upper())
        if budget is not None:
            notes.append("dropped: reasoning_budget (reasoning_effort says it, and gemini takes one of the two)")
    elif budget is not None:
        thinking["thinkingBudget"] = budget
    elif effort is not None and effort in BUDGETS and thinks(model, "low"):
        thinking["thinkingBudget"] = BUDGETS[effort]
    if thinking and thinking != {"thinkingBudget": 0}:
        thinking["includeThoughts"] = True
    if thinking:
        config["thinkingConfig"] = thinking


def _add_modalities(config: dict[str, object], params: Params) -> None:
    modalities: Sequence[str] = params.get("modalities", ())
    if set(modalities) - {"text"}:
        config["responseModalities"] = [name.upper() for name in modalities]
    voice = as_text(as_object(params.get("audio")).get("voice"))
    if voice is not None:
        config["speechConfig"] = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice}}}


def _add_own(body: dict[str, object], config: dict[str, object], other: JsonObject, left_out: frozenset[str]) -> None:
    for name, value in other.items():
        own = camel(name)
        if name in left_out:
            continue
        if own in _BESIDE:
            body[own] = value
        elif own in _WITHIN:
            config[own] = value
    given = as_object(other.get("generationConfig")) or as_object(other.get("generation_config")) or EMPTY
    config.update({camel(name): value for name, value in given.items()})
