"""Who is measured: each contender asks the same question in its own words, whole and streamed, in both colours.

A contender is made in a process of its own (`worker.py`), imports its library there, and is used with its defaults but
for what keeps it on loopback. Every method gives the text it received, so that a run can see that all did the work.
"""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from canned import KEY, KEY_VARIABLE, MESSAGES, MODEL


@dataclass(frozen=True, slots=True)
class Urls:
    """Base URLs of the canned upstream: where it answers whole, and where it streams."""

    plain: str
    stream: str


class Contender(Protocol):
    """One way to ask a model."""

    def call(self) -> str:
        """Ask, and wait for the whole answer."""
        ...

    def stream(self) -> str:
        """Ask for a stream, and read it to its end, looking at the text of every chunk."""
        ...

    async def open(self) -> None:
        """Make what `acall` needs, in the loop it will run in."""
        ...

    async def acall(self) -> str:
        """Ask without blocking the loop."""
        ...


class BareHttpx:
    """httpx with no SDK above it: what a hand-written call costs."""

    def __init__(self, urls: Urls) -> None:
        import httpx

        self._httpx = httpx
        self._urls = urls
        self._headers = {"Authorization": f"Bearer {KEY}"}
        self._body = {"model": MODEL, "messages": MESSAGES}
        self._client = httpx.Client(headers=self._headers)

    def call(self) -> str:
        answer = self._client.post(f"{self._urls.plain}/chat/completions", json=self._body).json()
        return str(answer["choices"][0]["message"]["content"])

    def stream(self) -> str:
        import json

        text = ""
        url, body = f"{self._urls.stream}/chat/completions", {**self._body, "stream": True}
        with self._client.stream("POST", url, json=body) as response:
            for line in response.iter_lines():
                if line.startswith("data: {"):
                    for choice in json.loads(line[6:])["choices"]:
                        text += choice["delta"].get("content") or ""
        return text

    async def open(self) -> None:
        self._async_client = self._httpx.AsyncClient(headers=self._headers)

    async def acall(self) -> str:
        answer = (await self._async_client.post(f"{self._urls.plain}/chat/completions", json=self._body)).json()
        return str(answer["choices"][0]["message"]["content"])


class OpenAI:
    """The `openai` package."""

    def __init__(self, urls: Urls) -> None:
        import openai

        self._openai = openai
        self._urls = urls
        self._client: Any = openai.OpenAI(api_key=KEY, base_url=urls.plain)
        self._streaming: Any = openai.OpenAI(api_key=KEY, base_url=urls.stream)

    def call(self) -> str:
        return str(self._client.chat.completions.create(model=MODEL, messages=MESSAGES).choices[0].message.content)

    def stream(self) -> str:
        return joined(self._streaming.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True))

    async def open(self) -> None:
        self._async_client: Any = self._openai.AsyncOpenAI(api_key=KEY, base_url=self._urls.plain)

    async def acall(self) -> str:
        answer = await self._async_client.chat.completions.create(model=MODEL, messages=MESSAGES)
        return str(answer.choices[0].message.content)


class LiteLLM:
    """`litellm.completion` and `litellm.acompletion`."""

    def __init__(self, urls: Urls) -> None:
        import litellm

        self._litellm: Any = litellm
        self._plain = {"model": f"openai/{MODEL}", "messages": MESSAGES, "api_key": KEY, "api_base": urls.plain}
        self._stream = {**self._plain, "api_base": urls.stream, "stream": True}

    def call(self) -> str:
        return str(self._litellm.completion(**self._plain).choices[0].message.content)

    def stream(self) -> str:
        return joined(self._litellm.completion(**self._stream))

    async def open(self) -> None:
        """Nothing to make: litellm keeps clients by itself."""

    async def acall(self) -> str:
        return str((await self._litellm.acompletion(**self._plain)).choices[0].message.content)


class LiteLLMRouter:
    """`litellm.Router` with one deployment for each model."""

    def __init__(self, urls: Urls) -> None:
        import litellm

        library: Any = litellm
        deployments = [
            {
                "model_name": name,
                "litellm_params": {"model": f"openai/{MODEL}", "api_key": KEY, "api_base": url},
            }
            for name, url in (("plain", urls.plain), ("stream", urls.stream))
        ]
        self._router: Any = library.Router(model_list=deployments)

    def call(self) -> str:
        return str(self._router.completion(model="plain", messages=MESSAGES).choices[0].message.content)

    def stream(self) -> str:
        return joined(self._router.completion(model="stream", messages=MESSAGES, stream=True))

    async def open(self) -> None:
        """Nothing to make: one router serves both colours."""

    async def acall(self) -> str:
        answer = await self._router.acompletion(model="plain", messages=MESSAGES)
        return str(answer.choices[0].message.content)


class AnyLLM:
    """Mozilla's any-llm, over its `openai` provider."""

    def __init__(self, urls: Urls) -> None:
        from any_llm import AnyLLM as Client

        self._make: Callable[[str], Any] = lambda url: Client.create("openai", api_key=KEY, api_base=url)
        self._urls = urls
        self._client: Any = self._make(urls.plain)
        self._streaming: Any = self._make(urls.stream)

    def call(self) -> str:
        return str(self._client.completion(model=MODEL, messages=MESSAGES).choices[0].message.content)

    def stream(self) -> str:
        return joined(self._streaming.completion(model=MODEL, messages=MESSAGES, stream=True))

    async def open(self) -> None:
        self._async_client: Any = self._make(self._urls.plain)

    async def acall(self) -> str:
        answer = await self._async_client.acompletion(model=MODEL, messages=MESSAGES)
        return str(answer.choices[0].message.content)


class TensorZero:
    """TensorZero's gateway, embedded in the process, without a database and without usage reports."""

    def __init__(self, urls: Urls) -> None:
        import tensorzero

        self._tensorzero = tensorzero
        self._config = str(tensorzero_config(urls))
        self._question: Any = {"system": MESSAGES[0]["content"], "messages": [MESSAGES[1]]}
        self._gateway: Any = tensorzero.TensorZeroGateway.build_embedded(config_file=self._config)

    def call(self) -> str:
        return str(self._gateway.inference(model_name="plain", input=self._question).content[0].text)

    def stream(self) -> str:
        text = ""
        for chunk in self._gateway.inference(model_name="stream", input=self._question, stream=True):
            for part in chunk.content:
                text += part.text
        return text

    async def open(self) -> None:
        opening: Any = self._tensorzero.AsyncTensorZeroGateway.build_embedded(config_file=self._config)
        self._async_gateway: Any = await opening

    async def acall(self) -> str:
        return str((await self._async_gateway.inference(model_name="plain", input=self._question)).content[0].text)


class Aigw:
    """aigw, with a manifest whose routes have a fallback each."""

    def __init__(self, urls: Urls) -> None:
        import aigw

        self._aigw: Any = aigw
        self._manifest = aigw_manifest(urls)
        self._gateway: Any = self._aigw.Gateway(manifest=self._manifest)

    def call(self) -> str:
        return str(self._gateway.chat.completions.create(model="plain", messages=MESSAGES).choices[0].message.content)

    def stream(self) -> str:
        return joined(self._gateway.chat.completions.create(model="stream", messages=MESSAGES, stream=True))

    async def open(self) -> None:
        self._async_gateway: Any = self._aigw.AsyncGateway(manifest=self._manifest)

    async def acall(self) -> str:
        answer = await self._async_gateway.chat.completions.create(model="plain", messages=MESSAGES)
        return str(answer.choices[0].message.content)


CONTENDERS: dict[str, Callable[[Urls], Contender]] = {
    "httpx": BareHttpx,
    "openai": OpenAI,
    "openai 3": OpenAI,
    "litellm": LiteLLM,
    "litellm Router": LiteLLMRouter,
    "any-llm": AnyLLM,
    "tensorzero": TensorZero,
    "aigw": Aigw,
}
"""By name, in the order of the tables. `openai 3` runs only where an interpreter that has it is given."""


def joined(chunks: Any) -> str:  # noqa: ANN401 - each library has its own type of chunk, alike in shape
    """Read a stream of OpenAI-shaped chunks to its end and give its text."""
    text = ""
    for chunk in chunks:
        if chunk.choices:
            text += chunk.choices[0].delta.content or ""
    return text


def aigw_manifest(urls: Urls) -> dict[str, object]:
    """Give a manifest with two routes, a target and a fallback each, all on the canned upstream."""
    key = f"env:{KEY_VARIABLE}"
    providers = {
        name: {"kind": "openai-compatible", "base_url": url, "api_key": key}
        for name, url in (("plain", urls.plain), ("stream", urls.stream), ("spare", urls.plain))
    }
    spare = {"provider": "spare", "model": MODEL, "timeout": "30s", "max_retries": 1}
    routes = [
        {
            "name": name,
            "strategy": "fallback",
            "targets": [{"provider": name, "model": MODEL, "timeout": "30s", "max_retries": 2}, spare],
        }
        for name in ("plain", "stream")
    ]
    return {"schema": "aigw/v1", "serial": 1, "providers": providers, "routes": routes}


def tensorzero_config(urls: Urls, folder: Path | None = None) -> Path:
    """Write a configuration with the same two models, and give its path."""
    models = "".join(
        f'[models.{name}]\nrouting = ["here"]\n[models.{name}.providers.here]\ntype = "openai"\n'
        f'model_name = "{MODEL}"\napi_base = "{url}/"\napi_key_location = "env::{KEY_VARIABLE}"\n'
        for name, url in (("plain", urls.plain), ("stream", urls.stream))
    )
    gateway = "[gateway]\nobservability.enabled = false\ndisable_pseudonymous_usage_analytics = true\n"
    path = (folder or Path(tempfile.gettempdir())) / f"tensorzero-{os.getpid()}.toml"
    path.write_text(gateway + models, "utf-8")
    return path
