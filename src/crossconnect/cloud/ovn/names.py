"""Names in matches."""

from __future__ import annotations


def word(id: str) -> str:
    """An id as the name of a port group or address set, which matches spell without quotes."""
    return id.replace("-", "_")
