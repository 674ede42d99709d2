"""Whatever happens to a host that follows a manifest, nothing lower or unverified serves, and it is never without one.

The suite tries this in `tests/manifest/delivery/test_delivery_machine.py`; here it goes on for as long as it may.
"""

import time

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.fuzz.fuzz_kit import CLAIMS, SECONDS
from tests.manifest.delivery.delivery_machine import Delivery

RULES = settings(
    max_examples=50,
    stateful_step_count=50,
    deadline=None,
    database=None,
    derandomize=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.skipif(not SECONDS, reason="AIGW_FUZZ_SECONDS is not set; the suite has tried it already")
def test_a_host_that_much_happens_to_serves_the_newest_that_was_vouched_for() -> None:
    end = time.monotonic() + SECONDS / CLAIMS
    while time.monotonic() < end:
        run_state_machine_as_test(Delivery, settings=RULES)
