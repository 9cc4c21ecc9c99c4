"""Network operating systems: one sub-room each, the same file names in each.

Invariant: a renderer translates and decides nothing; rendering is pure; text is made once, at the end, from a tree.
"""
