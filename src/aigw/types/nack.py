"""Why a manifest was refused, in one word: what status, logs and metrics count by."""

from enum import StrEnum


class Nack(StrEnum):
    """The first check that a delivered document failed, in the order of the checks."""

    FETCH = "FETCH"
    ENVELOPE = "ENVELOPE"
    TRUST_CHAIN = "TRUST_CHAIN"
    SIG_MISSING = "SIG_MISSING"
    SIG_BAD = "SIG_BAD"
    SIG_THRESHOLD = "SIG_THRESHOLD"
    SCHEMA_MAJOR = "SCHEMA_MAJOR"
    AUDIENCE = "AUDIENCE"
    CHANNEL = "CHANNEL"
    ROLLBACK = "ROLLBACK"
    EQUIVOCATION = "EQUIVOCATION"
    NOT_YET = "NOT_YET"
    EXPIRED = "EXPIRED"
    INVALID = "INVALID"
    FEATURE = "FEATURE"
    BOUNDS = "BOUNDS"
    COLLAPSE = "COLLAPSE"
    WARM = "WARM"
