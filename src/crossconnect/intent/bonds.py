"""Which leaves count bonds together. Both leaves of a server give its bond the same number: on some systems the number
is the LACP key, and a server joins ports to a bond only where keys are equal (IEEE 802.1AX 5.3.5).

On FRR the number is that of the server's Ethernet segment, one series for the region. Other systems take small numbers
only (128 bonds, and no number above, on some), so there leaves that share servers have a series of their own.
"""

from __future__ import annotations

from crossconnect.model.interface_names import LINUX
from crossconnect.model.inventory import Inventory
from crossconnect.net.order import natural_key

BONDS = "lag/"
"""Beginning of the pools' names."""


def bond_pools(inventory: Inventory) -> dict[str, str]:
    """The pool of the lock that numbers a server's bond, `lag/<first leaf>`, by server; servers with one cable, and
    those whose bond has the number of their Ethernet segment, are left out."""
    cables: dict[str, list[str]] = {}
    for cable in inventory.cables:
        if cable.kind == "server":
            cables.setdefault(cable.a.device, []).append(cable.b.device)
    bonded = {host: leaves for host, leaves in cables.items() if len(leaves) > 1}
    foreign = {s.name for s in inventory.switches if s.names.lag != LINUX.lag}
    if foreign.isdisjoint(leaf for leaves in bonded.values() for leaf in leaves):
        return {}
    first: dict[str, str] = {}

    def root(leaf: str) -> str:
        while (up := first.get(leaf, leaf)) != leaf:
            leaf = up
        return leaf

    for leaves in bonded.values():
        low, *others = sorted({root(leaf) for leaf in leaves}, key=natural_key)
        first.update(dict.fromkeys(others, low))
    concerned = {root(leaf) for leaf in foreign}
    return {host: BONDS + root(leaves[0]) for host, leaves in bonded.items() if root(leaves[0]) in concerned}
