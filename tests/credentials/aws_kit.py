"""What the tests of AWS's credentials share: a provider, an environment without a machine, and AWS's shared files."""

from collections.abc import Callable
from pathlib import Path

from aigw.manifest.snapshot import Provider
from aigw.providers.registry import kind
from aigw.testing.transmission import Received

PROVIDER = Provider("bedrock", kind("bedrock"), "https://bedrock-runtime.eu-central-1.amazonaws.com")
OFF = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nowhere"}

Respond = Callable[[Received], tuple[int, str]]


def shared(tmp_path: Path, config: str = "", credentials: str = "") -> dict[str, str]:
    """An environment with these shared files and nothing else."""
    for name, text in (("config", config), ("credentials", credentials)):
        (tmp_path / name).write_text(text)
    return {
        **OFF,
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }
