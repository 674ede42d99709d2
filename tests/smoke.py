"""Use every public call once, offline. Runs on the bare wheel (see `nox -s smoke`), so nothing but aigw is imported.

python tests/offline.py tests/smoke.py
"""

import asyncio
import contextlib
import inspect

from pydantic import BaseModel

import aigw

MODEL = "primary-summarization"
MESSAGES = [{"role": "user", "content": "Say something."}]
ASK = {"model": MODEL, "messages": MESSAGES}


class Reply(BaseModel):
    """What `parse` would read an answer into."""

    text: str


def exports() -> None:
    """Load everything that is exported, so that a module the wheel lacks is missed here."""
    for name in aigw.__all__:
        assert getattr(aigw, name) is not None, name


def sync_face() -> None:
    """Go through `Gateway`."""
    with aigw.Gateway() as gw:
        answer = gw.chat.completions.create(**ASK)
        assert answer.choices[0].message.content
        assert answer.usage.total_tokens
        assert answer.aigw.target == "offline/echo-1"
        assert answer.model_dump()["choices"]
        assert [chunk for chunk in gw.chat.completions.create(**ASK, stream=True) if chunk.choices]
        with gw.chat.completions.stream(**ASK) as stream:
            assert stream.get_final_completion().choices
        raw = gw.chat.completions.with_raw_response.create(**ASK)
        assert raw.parse().choices
        with contextlib.suppress(ValueError):  # an echo is no JSON: that it is read as such is all there is to see
            gw.chat.completions.parse(**ASK, response_format=Reply)
        assert [model.id for model in gw.models.list()]
        assert gw.explain(**ASK).candidates
        assert gw.manifest.status()
        assert gw.health() is not None
        gw.refresh()
        with aigw.tags(feature="smoke"):
            tagged = gw.with_options(timeout=20).with_tags(owner="nox").chat.completions.create(**ASK)
        assert {"feature": "smoke", "owner": "nox"} == dict(tagged.aigw.tags)


async def async_face() -> None:
    """Go through `AsyncGateway`."""
    async with aigw.AsyncGateway() as gw:
        answer = await gw.chat.completions.create(**ASK)
        assert answer.choices[0].message.content
        assert [chunk async for chunk in await gw.chat.completions.create(**ASK, stream=True) if chunk.choices]
        async with gw.chat.completions.stream(**ASK) as stream:
            assert (await stream.get_final_completion()).choices
        raw = await gw.chat.completions.with_raw_response.create(**ASK)
        assert raw.parse().choices
        models = gw.models.list()
        assert [model.id for model in (await models if inspect.isawaitable(models) else models)]
        assert (await gw.explain(**ASK)).candidates
        assert gw.manifest.status()
        await gw.refresh()


if __name__ == "__main__":
    exports()
    sync_face()
    asyncio.run(async_face())
    print(f"every public call of aigw {aigw.__version__} works")
