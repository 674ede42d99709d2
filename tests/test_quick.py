"""Dataclasses that are made quickly are, in all else, what `dataclass` makes of them."""

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, fields, replace

import pytest

from aigw.types.events import Answer, TextDelta
from aigw.types.parts import Text, ToolCall
from aigw.types.quick import quick
from aigw.types.usage import Usage


@dataclass(frozen=True, slots=True)
class Usual:
    """Made as `dataclass` makes it."""

    first: int
    second: str = "b"


@quick
@dataclass(frozen=True, slots=True)
class Quick:
    """Made quickly."""

    first: int
    second: str = "b"


def test_arguments_and_their_defaults_are_those_of_the_fields() -> None:
    assert inspect.signature(Usual) == inspect.signature(Quick)
    assert (1, "b") == (Quick(1).first, Quick(1).second)
    assert Quick(1, "c") == Quick(second="c", first=1)


def test_what_dataclass_refuses_is_refused_in_the_same_words() -> None:
    with pytest.raises(TypeError) as usual:
        Usual()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - what is tested
    with pytest.raises(TypeError) as found:
        Quick()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - what is tested
    assert str(usual.value).replace("Usual", "Quick") == str(found.value)


def test_fields_stay_as_they_were_made() -> None:
    with pytest.raises(FrozenInstanceError):
        Quick(1).first = 2  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue] - what is tested


@pytest.mark.parametrize("made", [Quick(1), TextDelta("a"), Text("a"), ToolCall("1", "f", "{}"), Usage(1), Answer(())])
def test_all_survive_pickle_copy_and_replacement(made: Quick | TextDelta | Text | ToolCall | Usage | Answer) -> None:
    name = fields(made)[0].name
    twin = pickle.loads(pickle.dumps(made))
    assert made == twin == copy.deepcopy(made) == replace(made, **{name: getattr(made, name)})
    assert hash(made) == hash(twin)
    assert repr(made) == repr(twin)
