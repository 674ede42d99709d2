"""What `publish --plan` insists on: that goes out what was looked at, over what it was compared with."""

import json
from dataclasses import dataclass
from typing import Final

from aigw.cli.manifest.files import read_text
from aigw.errors import ConfigurationError
from aigw.manifest.publishing.build import body_digest
from aigw.manifest.publishing.plan import SCHEMA
from aigw.manifest.publishing.releases import Published, StoreConflictError
from aigw.types.json import JsonObject, as_array, as_object, as_text, without

_SHORT: Final = 12
_RAMP: Final = frozenset({"rollout"})


@dataclass(frozen=True, slots=True)
class Approval:
    """The plan in `file`: the `body` it looked at, the digest of the `base` it compared that with, and the verdict.

    A `base` of None is a log's own decisions, which are those of no document in particular. `ack` is why the change is
    meant.
    """

    file: str
    base: str | None
    body: str
    ack: str | None
    is_passed: bool

    @property
    def said(self) -> dict[str, str]:
        """What the document is to say of it, beside where it comes from."""
        return {} if self.ack is None else {"ack": self.ack}

    def check(self, document: JsonObject, over: Published | None) -> None:
        """Raise unless *document*, apart from any ramp, was looked at, and *over* is what it was compared with."""
        if self.base is not None and (over is None or over.digest != self.base):
            there = "nothing is" if over is None else f"serial {over.serial} (digest {over.digest[:_SHORT]}) is"
            message = (
                f"{self.file} compares with digest {self.base[:_SHORT]}, and {there} published now. Plan it again, "
                "with --base of what is published."
            )
            raise StoreConflictError(message)
        if self.body not in {body_digest(document), body_digest(without(document, _RAMP))}:
            message = (
                f"{self.file} is about another document: its body has the digest {self.body[:_SHORT]}, and this one "
                f"{body_digest(document)[:_SHORT]}. Plan what is to be published, overlays and all: "
                "`aigw manifest build … -o FILE`, `aigw manifest plan FILE …`."
            )
            raise ConfigurationError(message)

    def check_ready(self, document: JsonObject) -> None:
        """Raise where *document*, which was built before, does not say why it is meant, and has to."""
        if not self.is_passed and as_object(document.get("source")).get("ack") != self.ack:
            message = (
                f"{self.file} did not pass its gates, and its acknowledgement is not in the document, which is built "
                "already: give it to `aigw manifest build --ack`, word by word."
            )
            raise ConfigurationError(message)


def approval_of(named: str) -> Approval:
    """Read the plan in the file *named*, which passed its gates or was acknowledged. Raises `ConfigurationError`."""
    content, label = read_text(named)
    try:
        plan = as_object(json.loads(content))
    except (ValueError, RecursionError):
        plan = as_object(None)
    body, base = as_text(as_object(plan.get("new")).get("body")), as_object(plan.get("base")).get("digest")
    if plan.get("schema") != SCHEMA or body is None or (plan.get("base") is not None and as_text(base) is None):
        message = f"{label} is no plan ({SCHEMA}). Make one with `aigw manifest plan NEW … -o {label}`."
        raise ConfigurationError(message)
    approval = Approval(label, as_text(base), body, as_text(plan.get("ack")) or None, plan.get("passed") is True)
    if not approval.is_passed and approval.ack is None:
        failed = [as_object(one) for one in as_array(plan.get("failed"))]
        why = "; ".join(f"{one.get('gate')}: {one.get('why')}" for one in failed) or "it does not say that it passed"
        message = f'{label} did not pass: {why}. If this is meant, plan it with --ack-incident "why".'
        raise ConfigurationError(message)
    return approval
