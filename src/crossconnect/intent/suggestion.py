"""What somebody may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection

CANDIDATES_MAX = 5000
"""Names to compare with: beyond, looking for near ones costs more than it helps."""


def nearest(written: str, known: Collection[str]) -> str:
    """The known name that is most like the written one; empty when none is."""
    if len(known) > CANDIDATES_MAX:
        return ""
    plain = {name.lower().replace("-", "_"): name for name in sorted(known, reverse=True)}
    near = difflib.get_close_matches(written.lower().replace("-", "_"), list(plain), n=1, cutoff=0.6)
    return plain[near[0]] if near else ""
