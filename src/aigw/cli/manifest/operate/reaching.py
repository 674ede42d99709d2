"""What the server of a manifest's URL says of itself: how fast it answers, how it caches, and what time it has."""

import math
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit

from aigw.cli.manifest.operate.checks import Check, fail, ok, warn
from aigw.errors import APIConnectionError
from aigw.manifest.delivery.sources import UrlSource
from aigw.runtime.fetch import Fetcher
from aigw.wire import Headers, HttpResponse

_PATIENCE_S: Final = 10.0
_SLOW_S: Final = 2.0
_OK: Final = 200
_NOT_MODIFIED: Final = 304
_OFF_S: Final = 5.0
_FAR_OFF_S: Final = 300.0
_RAW_GIT: Final = re.compile(
    r"(raw|gist)\.githubusercontent\.com|github\.com/.+/raw/|/-/raw/|bitbucket\.org/.+/raw/|/raw/branch/"
)
_SIGNED: Final = ("X-Amz-Signature", "X-Goog-Signature", "Signature", "sig", "AWSAccessKeyId")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, how long it took in seconds, and between which moments, in seconds since the epoch, it was made."""

    response: HttpResponse
    took_s: float
    asked_at: float
    had_at: float


def checks_of_url(source: UrlSource, refresh_s: float) -> list[Check]:
    """Look at the address, then ask it twice: for the document, and whether it has changed."""
    fetcher = Fetcher()
    try:
        first = _asked(source, fetcher, {})
        if isinstance(first, Check):
            return [*checks_of_address(source), first]
        checks = [*checks_of_address(source), _status(source, first)]
        if first.response.status_code != _OK:
            return checks
        checks += [_revalidation(source, fetcher, first.response.headers.get("etag"))]
        return [*checks, *checks_of_caching(first.response.headers, refresh_s), _clock(first)]
    finally:
        fetcher.close()


def checks_of_address(source: UrlSource) -> list[Check]:
    """Judge the URL as it is written."""
    checks: list[Check] = []
    if not source.is_private:
        checks.append(warn("address", f"{source.label} is not https", "serve it by https, or sign it and pin trust"))
    if _RAW_GIT.search(source.url):
        todo = "publish to an object store: raw hosting of git caches for minutes and limits how often it is asked"
        checks.append(warn("address", f"{source.label} is raw git hosting", todo))
    said = parse_qs(urlsplit(source.url).query)
    if any(name in said for name in _SIGNED):
        until = "".join(said.get("se", [""])) or _amazon_end(said)
        todo = "let processes read the object without one, or give them an identity: nobody renews this URL"
        checks.append(warn("address", f"it is a pre-signed URL, which expires{until and f' ({until})'}", todo))
    return checks or [ok("address", source.label)]


def checks_of_caching(headers: Headers, refresh_s: float) -> list[Check]:
    """Judge what stands between the object and its readers."""
    age, control = headers.get("age", ""), headers.get("cache-control", "")
    said = ", ".join(f"{name}: {value}" for name, value in (("Cache-Control", control), ("Age", age)) if value)
    lasts = re.search(r"(?:s-maxage|max-age)\s*=\s*\"?(\d{1,9})", control, re.IGNORECASE)
    if lasts is not None and int(lasts[1]) > refresh_s:
        todo = f"set Cache-Control: no-cache, or max-age below {refresh_s:g}, on the pointer"
        return [warn("caching", f"{said}: a change may take {lasts[1]} s longer", todo)]
    if age.isdecimal() and int(age) > refresh_s:
        return [warn("caching", f"{said}: a cache answers with what is {age} s old", "keep the pointer out of caches")]
    return [ok("caching", said or "nothing is said of caches")]


def check_of_clock(date: str, asked_at: float, had_at: float) -> Check:
    """Compare this clock with the server's *date*, which was true some time between the two moments."""
    try:
        there = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return ok("clock", "the server does not say what time it has")
    off_s = max(asked_at - there - 1.0, there - had_at, 0.0)  # dates are in whole seconds
    if off_s > _FAR_OFF_S:
        todo = "set the clock: documents are refused as not issued yet, or taken for expired"
        return fail("clock", f"it is {off_s:.0f} s off from the server's", todo)
    if off_s > _OFF_S:
        return warn("clock", f"it is {off_s:.0f} s off from the server's", "let the clock be set by NTP")
    return ok("clock", "it agrees with the server's")


def _asked(source: UrlSource, fetcher: Fetcher, headers: dict[str, str]) -> Answer | Check:
    asked_at, began = time.time(), time.monotonic()
    try:
        response = fetcher(source.url, headers, _PATIENCE_S)
    except APIConnectionError as error:
        said = str(error).replace(source.url, source.label)
        return fail("reachable", said, "check name, proxy (HTTPS_PROXY, NO_PROXY), firewall and certificates")
    return Answer(response, time.monotonic() - began, asked_at, time.time())


def _status(source: UrlSource, answer: Answer) -> Check:
    code, took = answer.response.status_code, f"{math.ceil(answer.took_s * 1000)} ms"
    if code in (401, 403):
        return fail("reachable", f"{source.label} answers {code}", "let this host read it: no credentials are sent")
    if code != _OK:
        return fail("reachable", f"{source.label} answers {code}", "publish a manifest there, or correct the URL")
    said = f"{len(answer.response.content)} bytes in {took}"
    if answer.took_s > _SLOW_S:
        return warn("reachable", said, "a first call waits 2 s at most: move it nearer, or give an embedded copy")
    return ok("reachable", said)


def _revalidation(source: UrlSource, fetcher: Fetcher, etag: str | None) -> Check:
    if etag is None:
        todo = "serve it with an ETag: without one the whole document is sent at each look"
        return warn("etag", "the server gives no ETag", todo)
    again = _asked(source, fetcher, {"If-None-Match": etag, "Prefer": "wait=0"})
    if isinstance(again, Check):
        return again
    code = again.response.status_code
    if code == _NOT_MODIFIED:
        waits = "wait" in again.response.headers.get("preference-applied", "")
        polls = "changes can be waited for (long poll)" if waits else "it is polled"
        return ok("etag", f"{etag[:40]}, and 304 while nothing has changed; {polls}")
    return warn("etag", f"asked whether it has changed, the server answers {code}", "let it answer 304")


def _clock(answer: Answer) -> Check:
    return check_of_clock(answer.response.headers.get("date", ""), answer.asked_at, answer.had_at)


def _amazon_end(said: dict[str, list[str]]) -> str:
    """Say how long a signature of S3's or Google's kind holds."""
    for name in ("X-Amz", "X-Goog"):
        begun, lasts = said.get(f"{name}-Date"), said.get(f"{name}-Expires")
        if begun and lasts:
            return f"{lasts[0]} s after {begun[0]}"
    return ""
