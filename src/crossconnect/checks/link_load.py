"""How much a cable is expected to carry in one direction."""

from __future__ import annotations

import msgspec


class LinkLoad(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """One direction of a cable."""

    link: str
    """Key of the cable."""
    device: str
    """Who sends into it."""
    mbps: float
    capacity_mbps: float
    """0 where it is not known."""
    tenants: tuple[str, ...]
    """Whose traffic it is, most of it first; `outside` for what external routers send to nobody in particular."""

    @property
    def utilisation(self) -> float:
        """Share of the capacity; 0 where that is not known."""
        return self.mbps / self.capacity_mbps if self.capacity_mbps else 0.0


def load_text(row: LinkLoad) -> str:
    """`94.0 Gb/s (94 %)`."""
    share = f" ({100 * row.utilisation:.0f} %)" if row.capacity_mbps else ""
    return f"{row.mbps / 1000:,.1f} Gb/s{share}"
