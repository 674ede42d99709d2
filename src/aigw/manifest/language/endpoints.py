"""Where a provider is reached, and whether the key its kind is known for may go there."""

import re
from collections.abc import Mapping
from string import Formatter
from typing import Final
from urllib.parse import SplitResult, urlsplit

from aigw.types.kind import Kind

OFFLINE_DIALECT: Final = "echo"
"""The dialect that is answered in this process, without any address."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_OPENAI: Final = "openai-chat"
_VERSION: Final = "/v1"
_ENDPOINTS: Final = {
    _OPENAI: ("/chat/completions", "/completions", "/responses", "/embeddings"),
    "anthropic-messages": ("/v1/messages", "/v1"),
    "cohere-chat": ("/v2/chat", "/v2/embed", "/v2/rerank", "/v2"),
    "ollama-chat": ("/api/chat", "/api/embed", "/api", "/v1/chat/completions", "/v1"),
}
_DEPLOYMENT: Final = re.compile(r"/openai(?:/deployments/.*)?$")
_HOST = re.compile(r"\.?(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?")


def normal_base_url(kind: Kind, url: str) -> str:
    """Give *url* in the one form adapters append their paths to, without a slash at its end.

    People write `http://host:8000`, `…/v1`, `…/v1/` or the full URL of an endpoint. A bare host gets the kind's
    `root_path`, or in the OpenAI dialect else the path of its own address; other adapters write all of theirs.

    Raises `ValueError`, saying what is wrong without quoting the URL, which may hold a credential.
    """
    parts = _parsed(url)
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    if kind.quirks.deployments:
        path = _DEPLOYMENT.sub("", path)
    for ending in _ENDPOINTS.get(kind.dialect, ()):
        if path.endswith(ending):
            path = path.removesuffix(ending)
            break
    root = f"{parts.scheme}://{parts.netloc.lower()}"
    if path or (kind.dialect != _OPENAI and kind.root_path is None):
        return root + path
    return root + _root_path(kind)


def _root_path(kind: Kind) -> str:
    if kind.root_path is not None:
        return kind.root_path
    path = urlsplit(kind.base_url).path.rstrip("/") if kind.base_url else _VERSION
    return _VERSION if "{" in path else path


def home_of(kind: Kind, settings: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Give the kind's own address with *settings* filled in, and the names of those that are missing."""
    template = kind.regional.get(settings.get("region", ""), kind.base_url or "").rstrip("/")
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    missing = tuple(name for name in dict.fromkeys(names) if name not in settings)
    return ("" if missing else template.format_map(settings)), missing


def host_of(url: str) -> str:
    """Give the host of *url* in lower case, with its port unless it is the scheme's own."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = parts.port
    return host if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{port}"


def is_host(text: str) -> bool:
    """Whether *text* is `host` or `host:port` in lower case; a dot before it covers its subdomains."""
    return _HOST.fullmatch(text) is not None


def is_home(kind: Kind, base_url: str) -> bool:
    """Whether *base_url* is an address of the kind's own, reached by TLS: its conventional key may go there unasked."""
    if kind.base_url is not None and base_url == kind.base_url.rstrip("/"):
        return True
    host = host_of(base_url)
    own = {name if name.startswith(".") else re.escape(name) for name in kind.hosts}
    own |= {_host_pattern(url) for url in (kind.base_url, *kind.regional.values()) if url}
    return urlsplit(base_url).scheme == "https" and any(
        host.endswith(name) if name.startswith(".") else re.fullmatch(name, host) is not None for name in own
    )


def _host_pattern(template: str) -> str:
    """Give the pattern of the hosts that *template* can become; no setting reaches beyond one label of the name."""
    host = template.partition("://")[2].partition("/")[0]
    return re.sub(r"\\{\w+\\}", "[A-Za-z0-9_-]+", re.escape(host))


def _parsed(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in _DEFAULT_PORTS or not host or re.search(r"[\s\x00-\x1f\\]", url):
        message = "must be an http or https URL, such as https://llm.example.com/v1"
        raise ValueError(message)
    if parts.username is not None or parts.password is not None:
        message = "holds a user name or password; put a reference (env:NAME, file:/path) into api_key instead"
        raise ValueError(message)
    if parts.query or parts.fragment:
        message = "must end with its path; leave out what begins with ? or #"
        raise ValueError(message)
    return parts
