"""Settings: arguments over environment over defaults."""

from pathlib import Path

import pytest

from aigw.config import configured
from aigw.errors import ConfigurationError


def test_the_environment_fills_what_arguments_leave_open() -> None:
    environ = {"AIGW_MANIFEST": "m.yaml", "AIGW_KEY": "vk-1", "AIGW_TAGS": "app=tickets, team = ml", "HOME": "/home/x"}

    config = configured(environ=environ)

    assert config.manifest == "m.yaml"
    assert config.key == "vk-1"
    assert config.tags == {"app": "tickets", "team": "ml"}
    assert config.cache_dir == Path("/home/x/.cache/aigw")


def test_arguments_win() -> None:
    environ = {"AIGW_MANIFEST": "m.yaml", "AIGW_KEY": "vk-1", "AIGW_TAGS": "a=b", "AIGW_CACHE_DIR": "/c"}

    config = configured(manifest={"schema": "aigw/v1"}, key="vk-2", tags={}, cache_dir="/d", environ=environ)

    assert config.manifest == {"schema": "aigw/v1"}
    assert config.key == "vk-2"
    assert config.tags == {}
    assert config.cache_dir == Path("/d")


def test_tags_may_be_json() -> None:
    assert configured(environ={"AIGW_TAGS": '{"app": "a,b=c"}'}).tags == {"app": "a,b=c"}


@pytest.mark.parametrize(
    ("settings", "environ", "message"),
    [
        ({}, {"AIGW_TAGS": "app"}, "without a value"),
        ({}, {"AIGW_TAGS": "{app"}, "looks like JSON"),
        ({"tags": {"n": 3}}, {}, "tags are strings"),
        ({"refresh_interval": 0}, {}, "above 0"),
    ],
)
def test_a_wrong_setting_says_what_to_write(settings: dict[str, object], environ: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        configured(environ=environ, **settings)  # type: ignore[arg-type]


def test_the_representation_shows_no_key() -> None:
    assert "vk-canary" not in repr(configured(key="vk-canary", environ={}))
