"""Cisco NX-OS 10.3 and later on Nexus 9000: one file of lines.

Invariant: `parse(text(tree)) == tree`; nothing is decided here that the design has not decided.
"""
