"""Junos 23.4 and later on QFX5000-class switches: one file of statements in braces, given as `set` and `delete`.

Invariant: `parse(text(tree)) == tree`; nothing is decided here that the design has not decided.
"""
