"""What providers, routes and models may be called."""

import re

_PROVIDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}")


def is_provider_name(name: str) -> bool:
    """Whether *name* may stand before the slash of `provider/model`."""
    return _PROVIDER_NAME.fullmatch(name) is not None


def is_model_name(name: str) -> bool:
    """Whether callers may say *name* as `model`; a slash would read as `provider/model`."""
    return _MODEL_NAME.fullmatch(name) is not None
