"""State and blueprint -> findings: the same functions for the simulation, a lab, and live devices.

Invariant: pure, and linear (or n log n) in the rows of the state. One cause is one finding: what follows from a
device or link that is down, declared or found, is not reported again.
"""

from crossconnect.checks.effects import FailureReport, ScopeEffect
from crossconnect.checks.expectation import HEALTHY, Expectation
from crossconnect.checks.failure_summary import FailureGroup, grouped
from crossconnect.checks.registry import CHECKS, Check, run_checks
from crossconnect.checks.under_failure import Sweep, UnderFailure, check_under_failure

__all__ = [
    "CHECKS",
    "HEALTHY",
    "Check",
    "Expectation",
    "FailureGroup",
    "FailureReport",
    "ScopeEffect",
    "Sweep",
    "UnderFailure",
    "check_under_failure",
    "grouped",
    "run_checks",
]
