"""Junos on QFX5120/5130-class switches, 24.4: MAC-VRFs for L2VNIs, `vrf` instances with type-5 routes for L3VNIs.

Invariant: what is written stands in braces as `show configuration` has it, every list and policy defined where
something uses it and nowhere else. A difference is `set`, `delete` and `insert`-free: ordered blocks are written anew.
"""
