"""Parameters are asked about and written once for the same ones, whoever gives them and whatever is done to them."""

from dataclasses import replace
from typing import Any

import pytest
from tests.providers.provider_kit import asked, said, target

from aigw.manifest.snapshot import Target
from aigw.providers.wordings import Wordings
from aigw.types.json import JsonObject
from aigw.types.request import Params, Request

AT = target(model="a")


class Counting:
    """A dialect that cannot say `n`, and writes everything else as it stands."""

    def __init__(self) -> None:
        self.asks: list[str] = []
        self.writes: list[str] = []
        self.wordings = Wordings(self.ask, self.write)

    def ask(self, params: Params, other: JsonObject, at: Target) -> list[str]:
        self.asks.append(at.model)
        return [name for name in (*params, *other) if name == "n"]

    def write(
        self, params: Params, other: JsonObject, at: Target, left_out: frozenset[str], notes: list[str]
    ) -> JsonObject:
        self.writes.append(at.model)
        notes.append("a note")
        return {name: value for name, value in {**other, **params, **at.params}.items() if name not in left_out}

    def written(self, request: Request, at: Target, *left_out: str) -> tuple[list[str], JsonObject, list[str]]:
        notes: list[str] = []
        names = [*self.wordings.beyond(request, at)]
        return names, self.wordings.written(request, at, frozenset(left_out), notes), notes


def calling(**params: Any) -> Request:
    given: Any = params
    return asked(said("user", "Hi"), params=given)


def test_the_same_parameters_are_asked_about_and_written_once() -> None:
    dialect = Counting()

    for _ in range(3):
        names, fields, notes = dialect.written(calling(temperature=0.5, stop=["a"]), AT)
        assert not names
        assert {"temperature": 0.5, "stop": ["a"]} == fields
        assert ["a note"] == notes
    assert (1, 1) == (len(dialect.asks), len(dialect.writes))


@pytest.mark.parametrize("other", [{"temperature": 1}, {"temperature": 1.0}, {"store": True}, {"store": 1}])
def test_other_parameters_are_written_anew_however_alike_they_are(other: dict[str, Any]) -> None:
    dialect = Counting()
    for params in ({"temperature": 1}, {"temperature": 1.0}, {"store": True}, {"store": 1}):
        dialect.written(calling(**params), AT)

    assert repr(other) == repr(dialect.written(calling(**other), AT)[1])
    assert 4 == len(dialect.writes)


def test_what_a_caller_changes_afterwards_changes_nothing_for_others() -> None:
    dialect, tools = Counting(), [{"type": "function", "function": {"name": "f"}}]
    dialect.written(calling(tools=tools), AT)
    tools[0]["function"] = {"name": "g"}

    assert {"tools": tools} == dialect.written(calling(tools=tools), AT)[1]
    again = [{"type": "function", "function": {"name": "f"}}]
    assert {"tools": again} == dialect.written(calling(tools=again), AT)[1]


def test_another_model_and_another_word_about_what_it_lacks_are_asked_anew_and_another_target_alike_is_not() -> None:
    dialect = Counting()
    for each in (AT, replace(AT), replace(AT, model="b"), replace(AT, on_unsupported="drop")):
        dialect.written(calling(temperature=0.5), each)

    assert ["a", "b", "a"] == dialect.asks


def test_what_cannot_be_expressed_is_named_and_left_out_as_asked() -> None:
    dialect = Counting()

    for _ in range(2):
        expected = (["n"], {"temperature": 0.5}, ["a note"])
        assert expected == dialect.written(calling(temperature=0.5, n=2), AT, "n")


@pytest.mark.parametrize("personal", [{"user": "u"}, {"metadata": {"trace": "1"}}, {"seed": 7}])
def test_parameters_that_change_from_call_to_call_push_out_no_others(personal: dict[str, Any]) -> None:
    dialect = Counting()
    for _ in range(2):
        assert personal == dialect.written(calling(**personal), AT)[1]

    assert 2 == len(dialect.asks)


def test_what_a_manifest_sets_is_written_each_time() -> None:
    dialect, at = Counting(), replace(AT, params={"temperature": 0.1})

    assert {"temperature": 0.1} == dialect.written(calling(temperature=0.5), at)[1]


@pytest.mark.parametrize("value", ["\ud800", object()])
def test_what_json_cannot_express_is_left_to_who_writes_the_body(value: object) -> None:
    assert {"stop": [value]} == Counting().written(calling(stop=[value]), AT)[1]


def test_parameters_nested_more_deeply_than_json_is_read_are_written_all_the_same() -> None:
    deep: dict[str, Any] = {}
    for _ in range(230):
        deep = {"a": deep}

    assert {"response_format": deep} == Counting().written(calling(response_format=deep), AT)[1]


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    dialect = Counting()
    for number in range(200):
        dialect.written(calling(temperature=number), AT)

    assert {"temperature": 199} == dialect.written(calling(temperature=199), AT)[1]
    assert 200 == len(dialect.writes)
