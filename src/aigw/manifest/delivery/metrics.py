"""What to measure of a manifest's delivery, as plain numbers and in the text format that Prometheus scrapes."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from aigw.manifest.delivery.status import ManifestStatus

Metric: TypeAlias = tuple[str, Mapping[str, str], float]
"""The name, the labels, and the value."""

_SYNCS: Final = ("idle", "fetch", "backoff", "nack")
_HELP: Final = {
    "aigw_manifest_info": ("gauge", "The manifest in force."),
    "aigw_manifest_sync_state": ("gauge", "What following its source comes to."),
    "aigw_manifest_flag": ("gauge", "What is unusual about it."),
    "aigw_manifest_nack_total": ("counter", "Looks at the source that brought nothing, by the check that failed."),
    "aigw_manifest_age_seconds": ("gauge", "Since the last good look at the source."),
    "aigw_manifest_propagation_seconds": ("gauge", "From being issued to being in force here."),
    "aigw_manifest_expires_timestamp_seconds": ("gauge", "When the document expires."),
    "aigw_manifest_freshness_expires_timestamp_seconds": ("gauge", "When the statement that it is the newest expires."),
    "aigw_manifest_rollout_basis_points": ("gauge", "The share of units that take a rollout's candidate."),
}


def metrics_of(status: "ManifestStatus") -> tuple[Metric, ...]:
    """Give the metrics of *status*; what is not known is left out."""
    info = {
        "serial": "" if status.serial is None else str(status.serial),
        "digest": (status.digest or "")[:12],
        "source": status.source,
        "state": status.state,
        "verified": status.verified or "",
    }
    found: list[Metric] = [("aigw_manifest_info", info, 1.0)]
    found += [("aigw_manifest_sync_state", {"state": sync}, float(sync == status.sync)) for sync in _SYNCS]
    flags = {
        "partial": status.partial,
        "pinned": status.pinned,
        "override": status.override,
        "held_back": status.held_back,
    }
    found += [("aigw_manifest_flag", {"flag": flag}, float(is_up)) for flag, is_up in flags.items()]
    found += [("aigw_manifest_nack_total", {"code": str(code)}, float(n)) for code, n in sorted(status.nacks.items())]
    rollout = {} if status.rollout is None else {"id": status.rollout}
    for name, labels, value in (
        ("aigw_manifest_age_seconds", {}, status.age_s),
        ("aigw_manifest_propagation_seconds", {}, status.propagation_s),
        ("aigw_manifest_expires_timestamp_seconds", {}, status.expires_at),
        ("aigw_manifest_freshness_expires_timestamp_seconds", {}, status.freshness_expires_at),
        ("aigw_manifest_rollout_basis_points", rollout, status.rollout_bp),
    ):
        if value is not None:
            found.append((name, labels, float(value)))
    return tuple(found)


def prometheus_text(metrics: Iterable[Metric]) -> str:
    """Write *metrics* in Prometheus's text format, version 0.0.4; those of one name stand together.

    Source: https://prometheus.io/docs/instrumenting/exposition_formats/.
    """
    lines: list[str] = []
    named = ""
    for name, labels, value in metrics:
        if name != named:
            kind, told = _HELP[name]
            lines += [f"# HELP {name} {told}", f"# TYPE {name} {kind}"]
            named = name
        written = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        lines.append(f"{name}{{{written}}} {value!r}" if written else f"{name} {value!r}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
