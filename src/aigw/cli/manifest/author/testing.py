"""`aigw manifest test`: whether calls go where their cases say."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from aigw.call import ArmName, Options
from aigw.cli.manifest.files import read_text
from aigw.cli.manifest.findings import format_of, render
from aigw.cli.parsing import Arguments
from aigw.cli.rehearsal import Rehearsal, assumed_secrets
from aigw.cli.sources import STANDARD_INPUT, compiled
from aigw.cli.terminal import Terminal
from aigw.core import principal_of
from aigw.errors import AigwError, APIError, ConfigurationError
from aigw.manifest.publishing.cases import Answer, Asked, Coverage, judged, read_cases
from aigw.manifest.snapshot import Snapshot
from aigw.policies.detour import standing_in
from aigw.record import Record
from aigw.secrets import Secrets
from aigw.types.request import AnyRequest

if TYPE_CHECKING:
    from aigw.surfaces.planned import Planned
    from aigw.types.json import JsonObject

_SAID: Final = "…"
_ENOUGH: Final = 16
"""The length of an answer, where a surface wants to know one."""


def run(arguments: Arguments, terminal: Terminal) -> int:
    """Judge all cases; 1 if any fails, or if too little is exercised."""
    named = arguments.source or "manifest.yaml"
    beside = arguments.cases or _beside(named)
    content, source = read_text(named)
    snapshot = compiled(content, source)
    written, label = read_text(beside)
    cases = read_cases(written, source=label)
    coverage, secrets = Coverage(snapshot), assumed_secrets()
    found = judged(cases, lambda asked: _answers(snapshot, secrets, asked), coverage)
    failed = len(found)
    if arguments.cover or arguments.fail_under is not None:
        found = (*found, *coverage.findings(source))
    too_little = arguments.fail_under is not None and coverage.percent < arguments.fail_under
    good, form = not failed and not too_little, format_of(arguments)
    told = {
        "ok": good,
        "cases": len(cases.cases),
        "failed": failed,
        "coverage": {"percent": round(coverage.percent, 1), "missing": list(coverage.missing)},
    }
    covered = f", {coverage.percent:.0f} % exercised" if arguments.cover or too_little else ""
    wanted = f" (at least {arguments.fail_under:g} % wanted)" if too_little else ""
    summary = f"{cases.source}: {len(cases.cases) - failed} of {len(cases.cases)} cases hold{covered}{wanted}"
    render(found, form, terminal, title=summary, more=told)
    if form == "text":
        terminal.err.line(summary, "good" if good else "bad")
    return int(not good)


def _beside(named: str) -> str:
    """Give the file of cases beside the manifest *named*. Raises `ConfigurationError`."""
    if named == STANDARD_INPUT:
        message = "Say where the cases are: --cases manifest.tests.yaml."
        raise ConfigurationError(message)
    path = Path(named)
    return str(path.with_name(f"{path.stem}.tests.yaml"))


def _answers(snapshot: Snapshot, secrets: Secrets, asked: Asked) -> Sequence[Answer]:
    rehearsal = Rehearsal(snapshot=snapshot, secrets=secrets, principal=principal_of(asked.key), at=asked.at)
    try:
        request, options = _request(asked)
    except AigwError as error:
        return [Answer(refused=_codes(error))]
    tagged = replace(options, tags=asked.tags)
    if asked.arm is not None and snapshot.rollout is None:
        return [Answer(refused=("no_rollout",))]
    sides = rehearsal.sides(request, tagged) if asked.arm is None else (asked.arm,)
    return [_answer(rehearsal, asked, request, tagged, side) for side in sides]


def _answer(rehearsal: Rehearsal, asked: Asked, request: AnyRequest, options: Options, side: ArmName | None) -> Answer:
    try:
        found = rehearsal.of(request, options, side)
    except AigwError as error:
        return Answer(side, refused=_codes(error))
    route, record = found.route, found.record
    if asked.after is not None:
        alternates = route.on_context_length if asked.after == "context_length" else route.on_content_policy
        refused = () if alternates else (asked.after,)
        return Answer(side, record.route, tuple(target.id for target in alternates), refused)
    able = tuple(one.target for one in record.candidates if one.eligible)
    is_detoured = standing_in(route, record.at) is not None
    return Answer(side, record.route, able, () if able else _objections(record), is_detoured)


def _objections(record: Record) -> tuple[str, ...]:
    """Give why no target may take the call, each reason as it is and as the code it begins with."""
    reasons = dict.fromkeys(candidate.reason for candidate in record.candidates)
    return tuple(dict.fromkeys(word for reason in reasons for word in (reason, reason.partition(":")[0])))


def _codes(error: AigwError) -> tuple[str, ...]:
    code = error.code if isinstance(error, APIError) else None
    return (code or type(error).__name__,)


def _request(asked: Asked) -> tuple[AnyRequest, Options]:
    """Make the request that a case stands for, by the surface's own reader. Raises as the surface does."""
    said: JsonObject = {"model": asked.model, **({"stream": True} if asked.stream else {}), **asked.params}
    turns = [{"role": "user", "content": _SAID}]
    match asked.surface:
        case "chat":
            from aigw.surfaces.chat import request as chat  # noqa: PLC0415 - whichever surface is asked for

            made = chat.ask({"messages": turns, **said})
            return made.request, made.options
        case "responses":
            from aigw.surfaces.responses import request as responses  # noqa: PLC0415 - as above

            made = responses.ask({"input": _SAID, **said})
            return made.request, made.options
        case "messages":
            from aigw.surfaces.messages import request as messages  # noqa: PLC0415 - as above

            made = messages.ask({"messages": turns, "max_tokens": _ENOUGH, **said})
            return made.request, made.options
        case "embeddings":
            from aigw.surfaces.embeddings_request import create  # noqa: PLC0415 - as above

            plan = cast("Callable[..., Planned[object]]", create)  # its own words are checked as it reads them
            planned = plan(**{"input": _SAID, **said})
            return planned.request, planned.options
