"""What serves in place of a route that says what this reader does not know."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pydantic import ValidationError

from aigw.manifest.language.document import Path
from aigw.manifest.language.lenience import Understood
from aigw.manifest.language.model import KnownPart
from aigw.manifest.language.routes import RouteCompiler
from aigw.manifest.snapshot import Provider, Quarantined, Route, Snapshot, Target
from aigw.types.json import JsonObject, as_array, as_object

_LIMITS: Final = ("timeout", "max_retries", "unsupported", "fail_closed_after")


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Finds stand-ins: a route's last good version while its providers are as they were, else its `else:`, else none.

    `previous` is what served until now; `providers` are those of the new document.
    """

    compiler: RouteCompiler
    providers: Mapping[str, Provider]
    previous: Snapshot | None

    def stand_ins(self, said: Understood) -> tuple[dict[str, Route], tuple[Quarantined, ...]]:
        """Give the stand-ins by name, and what is to be told about each entry that is not judged."""
        routes: dict[str, Route] = {}
        told: list[Quarantined] = []
        for path, why in said.unjudged.items():
            known = _known(_entry(said.raw, path)) if path[0] == "routes" else KnownPart(name=str(path[1]))
            if path[0] == "routes":
                self.compiler.claim(known.name, path)
            last = self._last_good(known.name)
            # It is compiled even if it will not serve, so that what is wrong with it is found where it is written.
            other = self.compiler.stand_in(known, path)
            if last is not None:
                routes[known.name] = replace(last, fail_closed_after=known.fail_closed_after or last.fail_closed_after)
            elif other is not None:
                routes[known.name] = other
            told.append(Quarantined(known.name, why, "last_good" if last else "else" if other else "none"))
        return routes, tuple(told)

    def _last_good(self, name: str) -> Route | None:
        if self.previous is None or name not in self.previous.routes:
            return None
        if any(one.route == name and one.now == "else" for one in _own(self.previous)):
            return None
        route = self.previous.routes[name]
        unchanged = all(self.providers.get(used.provider.name) == used.provider for used in _targets(route))
        return route if unchanged else None


def _entry(raw: JsonObject, path: Path) -> JsonObject:
    section, step = raw.get(str(path[0])), path[1]
    return as_object(as_array(section)[step] if isinstance(step, int) else as_object(section).get(step))


def _known(raw: JsonObject) -> KnownPart:
    """Give what can be read of a route that is not judged; limits that cannot be read are those of the defaults."""
    fields = {key: raw[key] for key in ("name", "else", *_LIMITS) if key in raw}
    try:
        return KnownPart.model_validate(fields)
    except ValidationError as error:
        wrong = {details["loc"][0] for details in error.errors(include_url=False, include_input=False)}
    return KnownPart.model_validate({key: value for key, value in fields.items() if key not in wrong})


def _own(snapshot: Snapshot) -> Iterable[Quarantined]:
    """Give what *snapshot* tells of its own routes, and not of those of its rollout's base."""
    told = snapshot.quarantined
    return told if snapshot.rollout is None else [one for one in told if one not in snapshot.rollout.base.quarantined]


def _targets(route: Route) -> tuple[Target, ...]:
    instead = () if route.instead is None else route.instead.targets
    return (*route.targets, *route.on_context_length, *route.on_content_policy, *instead)
