"""When to send again: delays grow, are spread by chance, obey the provider, and never outlast the call's deadline."""

from typing import Final

from aigw.call import Deadline

BASE_S: Final = 0.5
CAP_S: Final = 8.0
SHORT_WAIT_S: Final = 10.0
"""The longest wait a provider may ask for while another target could answer meanwhile."""
LONGEST_WAIT_S: Final = 120.0
"""The longest wait a provider may ask for when there is nobody else to ask."""
USEFUL_S: Final = 0.25
"""An answer takes at least this long: a retry with less time left would only add load."""

_DOUBLINGS: Final = 16  # enough to pass any cap; more would overflow a float for absurd counts


def backoff(retry: int, random: float) -> float:
    """Give the seconds to wait before *retry* (from 1): 0.5, doubling up to 8; *random* (0 to 1) decides half of it.

    Half is kept, so that a retry never follows at once; half is spread, so that callers who failed together do not
    return together.
    """
    span = min(CAP_S, BASE_S * 2.0 ** min(retry - 1, _DOUBLINGS))
    return span * (0.5 + 0.5 * random)


def delay_before(retry: int, asked: float | None, random: float) -> float:
    """Give the seconds to wait before *retry* (from 1): what the provider *asked* for and up to a tenth more."""
    if asked is None or asked <= 0.0:
        return backoff(retry, random)
    return asked * (1.0 + 0.1 * random)


def is_too_long(asked: float | None, *, others_left: bool) -> bool:
    """Whether the wait a provider *asked* for is not worth it; less is, while *others_left* could answer meanwhile."""
    return asked is not None and asked > (SHORT_WAIT_S if others_left else LONGEST_WAIT_S)


def can_finish(delay: float, deadline: Deadline, now: float) -> bool:
    """Whether a retry after *delay* seconds would still have useful time before *deadline*."""
    return deadline.allows(delay + USEFUL_S, now)
