"""A blueprint as real daemons in network namespaces on one machine.

Invariant: no system service or name is touched; everything a lab made is found again from its own run directory and
removed, however the run ended; what a backend cannot do faithfully is refused, never approximated in silence.
"""
