"""What needs a kernel of its own: Ethernet segments, VRF leaking. simulated == real, inside user-mode-linux."""

from __future__ import annotations

import msgspec
import pytest
from fidelity import device_down, filled, link_cut, proof

from crossconnect.lab.uml import machine
from crossconnect.model.region import Region
from regions import compiled, small

pytestmark = [
    pytest.mark.uml,
    pytest.mark.skipif(machine.unavailable() != "", reason=machine.unavailable() or "-"),
]


def test_dual_homed_servers() -> None:
    """Ethernet segments of all-active servers: a leg cut, a leaf dead, seen by a third leaf as well."""
    blueprint = compiled(small(leaves=4, dual_homed=True, segments=1)).blueprint
    with proof("ethernet-segments", blueprint) as proved:
        state = proved.agrees()
        filled(state, "lldp")
        assert {row.route_type for row in state.evpn_routes} == {1, 2, 3, 4, 5}
        assert any(row.where.startswith("esi:") for row in state.macs)
        leg = next(w for w in blueprint.wires if w.kind == "server" and w.b_device == "a-leaf1")
        proved.survives(link_cut(leg))
        proved.breaks(device_down("a-leaf1"))


def leaking(region: Region) -> Region:
    """Blue's VRF is a shared service: red and green import it, and it imports both."""

    def imports(tenant: str) -> tuple[str, ...]:
        return ("red/v1", "green/v1") if tenant == "blue" else ("blue/v1",)

    tenants = tuple(
        msgspec.structs.replace(
            tenant, vrfs=tuple(msgspec.structs.replace(vrf, imports=imports(tenant.name)) for vrf in tenant.vrfs)
        )
        for tenant in region.tenants
    )
    return msgspec.structs.replace(region, tenants=tenants)


def test_leaking_between_vrfs() -> None:
    blueprint = compiled(leaking(small(leaves=2, tenants=3, segments=1))).blueprint
    with proof("leak", blueprint) as proved:
        state = proved.agrees()
        filled(state, "lldp")
        red = {row.prefix for row in state.routes if row.vrf == "red-v1" and row.device == "a-leaf1"}
        assert "10.2.17.0/24" in red
        proved.survives(link_cut(next(w for w in blueprint.wires if w.kind == "server" and w.b_device == "a-leaf1")))
        proved.breaks(device_down("a-leaf2"))
