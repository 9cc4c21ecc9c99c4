"""State and blueprint -> findings: the same functions for the simulation, a lab, and live devices.

Invariant: pure, and linear (or n log n) in the rows of the state. One cause is one finding: what follows from a
device or link that is down, declared or found, is not reported again.
"""

from crossconnect.checks.expectation import HEALTHY, Expectation
from crossconnect.checks.registry import CHECKS, Check, run_checks

__all__ = ["CHECKS", "HEALTHY", "Check", "Expectation", "run_checks"]
