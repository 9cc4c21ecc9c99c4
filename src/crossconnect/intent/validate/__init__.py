"""What is wrong with a region before anything is allocated: contradictions, missing things, numbers that collide.

Invariant: a region without errors here can be expanded, allocated and designed without a reference leading nowhere.
"""

from crossconnect.intent.validate.whole import validate

__all__ = ["validate"]
