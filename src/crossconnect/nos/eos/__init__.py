"""Arista EOS 4.30 and later: one file of lines, given to the device in a configuration session.

Invariant: `parse(text(tree)) == tree`; nothing is decided here that the design has not decided.
"""
