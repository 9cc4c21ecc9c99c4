"""What is declared to have failed: under it, the rest of the network must still be as designed."""

from __future__ import annotations

import msgspec


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """Devices and wires that are known to be out of service; nothing is found about them, or for want of them."""

    devices: frozenset[str] = frozenset()
    """Names of switches, external routers or hosts."""
    wires: frozenset[str] = frozenset()
    """Keys of the blueprint's wires."""

    @property
    def healthy(self) -> bool:
        """Whether nothing is declared to have failed."""
        return not self.devices and not self.wires


HEALTHY = Expectation()
