"""Blueprint -> state: the control plane's fixpoint and the forwarding that follows from it, healthy or under failure.

Invariant: pure, and equal to what real daemons do: the lab compares every table.
"""

from crossconnect.simulate.failures import NO_FAILURES, Failures, SessionKey, single_failures
from crossconnect.simulate.fib import Fib, fib
from crossconnect.simulate.forwarding import Forwarder, forward
from crossconnect.simulate.network import Network, Settled
from crossconnect.simulate.reachability import EndpointClass, ReachabilityRow, endpoint_classes, reachability
from crossconnect.simulate.simulation import predict, simulate, state_of
from crossconnect.simulate.sweep import EcmpWidth, Outcome, sweep
from crossconnect.simulate.trace import Drop, Step, Trace, Verdict

__all__ = [
    "NO_FAILURES",
    "Drop",
    "EcmpWidth",
    "EndpointClass",
    "Failures",
    "Fib",
    "Forwarder",
    "Network",
    "Outcome",
    "ReachabilityRow",
    "SessionKey",
    "Settled",
    "Step",
    "Trace",
    "Verdict",
    "endpoint_classes",
    "fib",
    "forward",
    "predict",
    "reachability",
    "simulate",
    "single_failures",
    "state_of",
    "sweep",
]
