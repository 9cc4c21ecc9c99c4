"""Blueprint -> state: the control plane's fixpoint and the forwarding that follows from it, healthy or under failure.

Invariant: pure, and equal to what real daemons do: the lab compares every table.
"""
