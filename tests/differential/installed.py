"""What the comparisons need beside the SDKs of the suite: they are skipped where it is not installed.

The packages are looked for and not imported: litellm asks the web for prices when it is.
"""

from importlib.util import find_spec

import pytest


def needs(*names: str) -> None:
    """Skip the test module that calls this, and say why, where a package of *names* is missing."""
    for name in names:
        try:
            found = find_spec(name)
        except ModuleNotFoundError:
            found = None
        if found is None:
            pytest.skip(f"{name} is not installed; `nox -s differential` has it", allow_module_level=True)
