"""Model and lock become a blueprint: here the network engineering is written down.

Invariant: pure and total. Same region and lock, same blueprint, byte for byte; every decision names its RFC or
practice where it is made; everything that cannot be designed is a finding.
"""
