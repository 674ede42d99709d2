"""Find the model a command means where none is named."""

from typing import TYPE_CHECKING, Final

from aigw.errors import ConfigurationError

if TYPE_CHECKING:
    from aigw.client import Gateway

_MOST: Final = 10


def only_model(gateway: "Gateway") -> str:
    """Give the only route or model of the manifest. Raises `ConfigurationError`, listing them, if there are more."""
    names = [model.id for model in gateway.models.list()]
    if len(names) == 1:
        return names[0]
    if not names:
        message = "Say which model: --model provider/model (`aigw manifest show` lists the providers)."
    else:
        rest = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
        message = f"Say which model: --model {', '.join(names[:_MOST])}{rest}."
    raise ConfigurationError(message)
