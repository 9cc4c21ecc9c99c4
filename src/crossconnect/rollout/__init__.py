"""From one blueprint to the next: what changes, on which devices, with which numbers and which effect.

Invariant: a plan is computed from two blueprints and decides everything; nothing is decided while it is carried out.
"""
