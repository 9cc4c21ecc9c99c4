"""What is wrong with a region before anything is allocated: contradictions, missing things, values out of range."""

from __future__ import annotations

from crossconnect.finding import Finding
from crossconnect.model.region import Region


def validate(region: Region) -> tuple[Finding, ...]:
    """All that can be said of a region without numbering it, in the order of files and lines."""
    return ()
