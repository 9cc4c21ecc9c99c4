"""The state of a network as tables: what the simulator predicts, a lab shows, or live devices report.

Invariant: a table's rows are values in canonical text, sorted by key; two states of equal networks are equal.
"""
