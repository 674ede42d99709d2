"""Whatever is published, spoilt, replayed, damaged, restarted or done to the clock: nothing lower or unverified serves.

And a process that has had a manifest is never left without one, its next start included.
"""

from hypothesis import HealthCheck, settings
from tests.manifest.delivery.delivery_machine import Delivery

Delivery.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestDelivery = Delivery.TestCase
