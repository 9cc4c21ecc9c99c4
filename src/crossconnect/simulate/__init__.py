"""Blueprint -> state: the control plane's fixpoint and the forwarding that follows from it, healthy or under failure.

Invariant: pure, and equal to what real daemons do: the lab compares every table.
"""

from crossconnect.simulate.failures import NO_FAILURES, Failures, SessionKey, single_failures
from crossconnect.simulate.network import Network, Settled
from crossconnect.simulate.simulation import simulate, state_of

__all__ = [
    "NO_FAILURES",
    "Failures",
    "Network",
    "SessionKey",
    "Settled",
    "simulate",
    "single_failures",
    "state_of",
]
