"""Two gateways in one process never interact: neither by what they are told nor by what happens to them."""

import threading
from typing import Any

import pytest
from tests.journeys.journey_kit import MESSAGES, Journey, manifest

import aigw
from aigw.testing import ManifestServer, OpenAIServer, ProviderServer, RecordCapture, Status


@pytest.fixture
def other(face: Any) -> Journey:
    """Another gateway in the same face."""
    return Journey(face)


def test_each_follows_its_own_manifest(
    journey: Journey, other: Journey, first: ProviderServer, second: ProviderServer
) -> None:
    with ManifestServer(manifest(first)) as one, ManifestServer(manifest(second, serial=9)) as two:
        journey.start(one.url)
        other.start(two.url)
        assert (1, 9) == (journey.ask().aigw.serial, other.ask().aigw.serial)
        one.publish(manifest(second, serial=2))
        journey.face.do(journey.gw.refresh())
        assert (2, 9) == (journey.ask().aigw.serial, other.ask().aigw.serial)
    assert 1 == len(first.requests)


def test_the_same_name_may_mean_another_thing_to_each(
    journey: Journey, other: Journey, first: ProviderServer, second: ProviderServer
) -> None:
    journey.start(manifest(first))
    other.start(manifest(second))
    assert ("first/m", "first/m") == (journey.ask().aigw.target, other.ask().aigw.target)
    assert (1, 1) == (len(first.requests), len(second.requests))


def test_breakers_and_budgets_are_each_ones_own(journey: Journey, other: Journey, first: ProviderServer) -> None:
    first.queue(*[Status(500)] * 5)
    journey.start(manifest(first, max_retries=0))
    other.start(manifest(first, max_retries=0))
    for _ in range(5):
        journey.fail()
    assert "open" == journey.gw.health()["first/m"].state
    assert {} == dict(other.gw.health())
    assert ("first/m", True, "ok") == (
        other.ask().aigw.target,
        other.record.candidates[0].eligible,
        other.record.candidates[0].reason,
    )


def test_connections_are_each_ones_own(journey: Journey, other: Journey, openai: OpenAIServer) -> None:
    journey.start(manifest(openai))
    other.start(manifest(openai))
    for _ in range(2):
        journey.ask()
        other.ask()
    assert 2 == openai.connections.accepted


def test_records_tags_and_keys_are_each_ones_own(journey: Journey, other: Journey, openai: OpenAIServer) -> None:
    journey.start(manifest(openai), tags={"app": "one"}, key="vk-one")
    other.start(manifest(openai), tags={"app": "two"}, key="vk-two")
    journey.ask()
    other.ask()
    assert (["one"], ["two"]) == tuple(
        [record.tags["app"] for record in each.records.records] for each in (journey, other)
    )
    assert journey.record.principal.key_id != other.record.principal.key_id


def test_closing_one_leaves_the_other_alone(journey: Journey, other: Journey, openai: OpenAIServer) -> None:
    with ManifestServer(manifest(openai)) as origin:
        journey.start(origin.url)
        other.start(origin.url)
        journey.ask()
        other.ask()
        stream = other.stream()
        journey.face.do(journey.gw.close())
        assert ("Hello from m.", None) == other.read(stream)
        assert "Hello from m." == other.ask().choices[0].message.content
        assert not other.records.closed
        assert 1 == sum(thread.name == "aigw-manifest" for thread in threading.enumerate())


def test_a_bad_manifest_of_one_is_not_the_others(journey: Journey, other: Journey, openai: OpenAIServer) -> None:
    with ManifestServer("schema: [") as bad:
        journey.start(bad.url)
        other.start(manifest(openai))
        journey.fail()
        assert "Hello from m." == other.ask().choices[0].message.content
        assert () == other.gw.manifest.status().rejected


def test_limits_given_to_one_are_not_the_others(journey: Journey, other: Journey, openai: OpenAIServer) -> None:
    openai.always(Status(500))
    journey.start(manifest(openai), max_retries=0)
    other.start(manifest(openai), max_retries=1)
    journey.fail()
    assert 1 == len(openai.requests)
    other.fail()
    assert 3 == len(openai.requests)


def test_a_sync_and_an_async_gateway_live_side_by_side(openai: OpenAIServer) -> None:
    import asyncio

    records = RecordCapture()

    async def work(gw: aigw.Gateway) -> None:
        async with aigw.AsyncGateway(manifest=manifest(openai), sinks=[records]) as agw:
            theirs = await agw.chat.completions.create(model="chat", messages=MESSAGES)
            ours = gw.chat.completions.create(model="chat", messages=MESSAGES)
            assert theirs.choices == ours.choices

    with aigw.Gateway(manifest=manifest(openai), sinks=[]) as gw:
        asyncio.run(work(gw))
    assert 1 == len(records.records)


def test_tags_in_context_reach_every_gateway_and_nobody_elses_thread(
    journey: Journey, other: Journey, openai: OpenAIServer
) -> None:
    journey.start(manifest(openai))
    other.start(manifest(openai))
    with aigw.tags(feature="x"):
        journey.ask()
        other.ask()
    journey.ask()
    seen = [dict(record.tags) for record in journey.records.records + other.records.records]
    assert [{"feature": "x"}, {}, {"feature": "x"}] == seen
