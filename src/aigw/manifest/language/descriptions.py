"""What each key of a manifest is for, in a sentence: editors show it while one is written."""

from collections.abc import Mapping
from typing import Final

from aigw.manifest.language.model import (
    BodyPart,
    DefaultsPart,
    EnvelopePart,
    FallbacksPart,
    GuardPart,
    InsteadPart,
    Part,
    ProviderPart,
    RolloutPart,
    RoutePart,
    SourcePart,
    StagePart,
    TargetPart,
)

_UNSUPPORTED: Final = "What to do with a parameter that cannot be expressed: error, drop it with a note, or pass it on."
_FAIL_CLOSED: Final = "How long to go on serving once confidence in the manifest has lapsed. Left out: for ever."

_BODY: Final = {
    "providers": "Endpoints by name.",
    "models": "Names for single targets.",
    "routes": "Names for lists of targets.",
    "defaults": "Limits for whatever says nothing itself.",
    "allow_direct": "Whether callers may say provider/model.",
    "tags": "Tags that every call carries.",
}

DESCRIPTIONS: Final[Mapping[type[Part], Mapping[str, str]]] = {
    EnvelopePart: {
        "schema": "The language of this document: aigw/v1.",
        "audience": "Whom it is for; services that name another audience refuse it.",
        "channel": "Which of an audience's channels it is for, such as prod or staging.",
        "epoch": "The version of the trust document it was signed under; 0 if it is not signed.",
        "serial": "A whole number that rises with each publication.",
        "issued_at": "When it was published, in RFC 3339 with a zone.",
        "expires_at": "When confidence in it ends, in RFC 3339 with a zone; it goes on serving.",
        "requires": "Features that a reader must have; one that lacks any refuses the document.",
        "min_reader": 'The oldest version of aigw that may read it, such as "1.4".',
        "built_with": "The version of aigw that built it; older readers pass over what they may.",
        "source": "Where it was written and agreed on.",
        "fail_closed_after": _FAIL_CLOSED,
        "rollout": "A ramp from what served before (base) to this document.",
    },
    BodyPart: _BODY,
    SourcePart: {
        "repo": "The repository it was written in.",
        "commit": "The commit it was built from.",
        "change": "The change it belongs to: a ticket or a pull request.",
        "ack": "Who took which gate upon themselves, and why.",
    },
    RolloutPart: {
        "id": "The name of the ramp. Units keep their place while it stays the same.",
        "unit": "What is counted: a process, a tenant, a key, a session or a request.",
        "start": "When the ramp starts; left out: with issued_at.",
        "preset": "Stages by a name that people know, in place of stages.",
        "stages": "From when on which share takes the candidate, in order of time.",
        "guard": "When a process holds itself back at the base.",
        "base": "What the others get: providers, models and routes of its own, whole.",
    },
    StagePart: {
        "at": "How long after the start, such as 0m or 20m.",
        "bp": "The share in basis points: 500 is 5 %, 10000 is all.",
    },
    GuardPart: {
        "min_calls": "How many calls each side must have seen before they are compared.",
        "max_error_delta": "By how much the candidate's share of failed calls may exceed the base's: 0 to 1.",
        "max_latency_ratio": "How many times the base's median latency the candidate's may be.",
    },
    ProviderPart: {
        "kind": "What sort of endpoint it is; `aigw providers` lists them.",
        "base_url": "Where it is; left out: at the kind's own address.",
        "api_key": "A reference to the key (env:NAME, file:/path), or none; never a key itself.",
        "region": "The region of the kind's own address.",
        "project": "The project in the kind's own address.",
        "account": "The account or workspace in the kind's own address.",
        "api_version": "Azure only: with one, addresses are by deployment.",
        "hosts": "Further hosts the key may be sent to.",
        "headers": "Headers for each request; no credentials.",
        "unsupported": _UNSUPPORTED,
    },
    TargetPart: {
        "use": "provider/model, or the name of a model.",
        "provider": "The name of a provider.",
        "model": "The provider's own name for the model.",
        "timeout": "For one whole attempt.",
        "connect_timeout": "Until the connection stands.",
        "first_token_timeout": "Until the first piece of content.",
        "idle_timeout": "From one piece of content to the next.",
        "max_retries": "How often to send again to this target.",
        "params": "Parameters set for every call here.",
    },
    RoutePart: {
        "name": "What callers say as model.",
        "strategy": "fallback: the targets in order. single: the only one.",
        "timeout": "For a whole call: queueing, retries and fallbacks included.",
        "max_retries": "For targets that say nothing themselves.",
        "fallback_on": "Failures after which the next target is tried.",
        "unsupported": _UNSUPPORTED,
        "fail_closed_after": _FAIL_CLOSED,
        "instead": "A detour: targets that stand in for this route's own until a moment.",
        "targets": "Where calls go; at least one.",
        "fallbacks": "Targets tried after failures that another model may not have.",
        "else": "Where calls go in processes whose aigw does not know all that this route says.",
    },
    FallbacksPart: {
        "context_length": "Targets tried when the prompt is too long.",
        "content_policy": "Targets tried when a provider's policy refuses the prompt.",
    },
    InsteadPart: {
        "until": "When the detour ends, in RFC 3339 with a zone; nobody needs to publish for that.",
        "why": "Why, for people and records.",
        "targets": "Where calls go meanwhile; at least one.",
    },
    DefaultsPart: {
        "timeout": "For a whole call.",
        "attempt_timeout": "For one whole attempt.",
        "connect_timeout": "Until the connection stands.",
        "first_token_timeout": "Until the first piece of content.",
        "idle_timeout": "From one piece of content to the next.",
        "max_retries": "How often to send again to a target.",
    },
}
"""By part, by key. A whole manifest has the keys of the envelope and those of the body."""


def described(part: str) -> Mapping[str, str]:
    """Give what the keys of *part*, by the name of its class, are for."""
    if part == "ManifestPart":
        return {**DESCRIPTIONS[EnvelopePart], **_BODY}
    return next(keys for one, keys in DESCRIPTIONS.items() if one.__name__ == part)
