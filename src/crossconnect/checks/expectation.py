"""What is declared to have failed: under it, the rest of the network must still be as designed."""

from __future__ import annotations

import msgspec

from crossconnect.simulate.failures import NO_FAILURES, Failures


class Expectation(msgspec.Struct, frozen=True):
    """What is known to be out of service; nothing is found about it, nor for want of it.

    The same declaration serves the simulation of a failure and a lab or a live network in which it is injected.
    """

    failures: Failures = NO_FAILURES

    @property
    def healthy(self) -> bool:
        """Whether nothing is declared to have failed."""
        return not self.failures


HEALTHY = Expectation()
