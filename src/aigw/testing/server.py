"""Scripted providers: servers on loopback that speak a provider's dialect and answer what they are told to."""

import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from typing import Final, TypeAlias

from aigw.testing.anthropic import AnthropicDialect
from aigw.testing.dialect import Asked, Dialect, Trouble
from aigw.testing.http import Server
from aigw.testing.openai import OpenAIDialect, dumps
from aigw.testing.rendering import Renderer
from aigw.testing.replies import Reply, SseStyle, Text
from aigw.testing.transmission import Frame, Received, Transmission
from aigw.types.json import JsonObject, as_object, as_text

Script: TypeAlias = Reply | Callable[[Received], Reply]
"""A reply, or a function that finds it when the request is there."""

_MODELS: Final = "/v1/models"
_ANY_MODEL: Final = ("gpt-4o", "claude-sonnet-4-5")


class ProviderServer(Server):
    """A scripted provider. Without a script it answers every request with `Text()`.

    Replies given to `queue` are used up, one a request, in order; after them comes the one given to `always`. A request
    that the provider itself would refuse (key, version, model, shape) is refused and uses up nothing.
    """

    def __init__(  # noqa: PLR0913 - all but the dialect by name
        self,
        dialect: Dialect,
        path: str,
        *,
        api_key: str | None = None,
        models: Sequence[str] | None = None,
        style: SseStyle | None = None,
        port: int = 0,
    ) -> None:
        self._dialect = dialect
        self._path = path
        self._api_key = api_key
        self._models = None if models is None else tuple(models)
        self._style = style or SseStyle()
        self._numbers = count(1)
        self._script_lock = threading.Lock()
        self._queue: deque[Script] = deque()
        self._always: Script = Text()
        super().__init__(self._decide, port=port)

    def queue(self, *replies: Script) -> None:
        """Answer the next requests with *replies*, one each, after those already queued."""
        with self._script_lock:
            self._queue.extend(replies)

    def always(self, reply: Script) -> None:
        """Answer with *reply* whenever nothing is queued."""
        with self._script_lock:
            self._always = reply

    @property
    def queued(self) -> int:
        """How many queued replies are still to be used."""
        with self._script_lock:
            return len(self._queue)

    def _decide(self, request: Received) -> Transmission:
        asked = self._asked(request)
        renderer = Renderer(self._dialect, asked)
        trouble = self._dialect.admit(request.headers, self._api_key) or self._lost(request)
        if trouble is not None:
            return renderer.trouble(trouble)
        if request.method == "GET":
            listing = dumps(self._dialect.listing(_ANY_MODEL if self._models is None else self._models))
            told = self._dialect.headers(asked.number, answered=True)
            return Transmission(headers=(("content-type", "application/json"), *told), steps=(Frame(listing.encode()),))
        trouble = self._misshapen(request)
        return renderer.render(self._next(request)) if trouble is None else renderer.trouble(trouble)

    def _asked(self, request: Received) -> Asked:
        body = request.json
        return Asked(
            number=next(self._numbers),
            model=as_text(body.get("model")) or "",
            stream=body.get("stream") is True,
            include_usage=as_object(body.get("stream_options")).get("include_usage") is True,
            style=self._style,
            schema=_schema(body),
        )

    def _next(self, request: Received) -> Reply:
        with self._script_lock:
            script = self._queue.popleft() if self._queue else self._always
        return script(request) if callable(script) else script

    def _lost(self, request: Received) -> Trouble | None:
        method = {self._path: "POST", _MODELS: "GET"}.get(request.path)
        if method is None:
            return self._dialect.unknown_path(f"{request.method} {request.path}")
        if request.method != method:
            return Trouble(status=405, message=f"{request.path} takes {method} only, not {request.method}.")
        return None

    def _misshapen(self, request: Received) -> Trouble | None:
        try:
            body = as_object(json.loads(request.body))
        except (ValueError, RecursionError):
            return Trouble(status=400, message="The body is not JSON.")
        model = as_text(body.get("model"))
        if model is not None and self._models is not None and model not in self._models:
            return Trouble(
                status=404, message=f"The model {model} does not exist or is not yours to use.", param="model"
            )
        return self._dialect.refuse(body)


def _schema(body: JsonObject) -> JsonObject:
    """Give the schema that a request asks the answer to keep to, if it does, in either dialect."""
    form = as_object(as_object(body.get("response_format")).get("json_schema"))
    config = as_object(body.get("output_config"))
    return as_object((form or as_object(config.get("format")) or as_object(body.get("output_format"))).get("schema"))


class OpenAIServer(ProviderServer):
    """A scripted OpenAI: `POST /v1/chat/completions` and `GET /v1/models`.

    With `api_key`, any other `Authorization` than that bearer is a 401; with `models`, any other model is a 404.
    `style` says how streams are written, `port` where to listen (0: anywhere).
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        models: Sequence[str] | None = None,
        style: SseStyle | None = None,
        port: int = 0,
    ) -> None:
        dialect = OpenAIDialect()
        super().__init__(dialect, "/v1/chat/completions", api_key=api_key, models=models, style=style, port=port)

    @property
    def url(self) -> str:
        """The base URL for a client, with its `/v1`."""
        return f"{self.origin}/v1"


class AnthropicServer(ProviderServer):
    """A scripted Anthropic: `POST /v1/messages` and `GET /v1/models`; refuses requests without `anthropic-version`.

    With `api_key`, any other `x-api-key` (or bearer) is a 401; with `models`, any other model is a 404. `style` says
    how streams are written, `port` where to listen (0: anywhere).
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        models: Sequence[str] | None = None,
        style: SseStyle | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(AnthropicDialect(), "/v1/messages", api_key=api_key, models=models, style=style, port=port)

    @property
    def url(self) -> str:
        """The base URL for a client: without `/v1`, which these clients add."""
        return self.origin
