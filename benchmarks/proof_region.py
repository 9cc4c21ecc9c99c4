"""The regions that the proof is measured on: a 3-tier Clos with many tenants, written as YAML.

    python benchmarks/proof_region.py DIRECTORY --switches 1000

Every leaf carries 20 segments of 10 of the 100 VRFs, dual stack; every VRF is on a tenth of the leaves; one server per
leaf is in all of its segments. Sizes are those of the anchors: 100, 1,000 and 10,000 switches.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

VRFS = 100
VRFS_PER_LEAF = 10
SEGMENTS_PER_VRF = 2


class Clos(NamedTuple):
    """Pods of leaves and spines; each spine of a pod is in a plane of its own, each plane has super-spines."""

    pods: int
    leaves: int
    spines: int
    super_spines: int

    @property
    def switches(self) -> int:
        """All of them."""
        return self.pods * (self.leaves + self.spines) + self.spines * self.super_spines


SIZES = {100: Clos(4, 18, 4, 3), 1000: Clos(20, 44, 4, 10), 10000: Clos(100, 90, 8, 25)}

_REGION = """\
format: 1
name: proof
sites:
  - {{name: site1}}
asns: {{range: 4200000000-4200099999, route_target: 65000}}
pools:
  - {{name: loopbacks, purpose: loopback, prefix: 172.16.0.0/14}}
  - {{name: loopbacks-v6, purpose: loopback, prefix: "fd00:c0:0:1::/64"}}
  - {{name: links, purpose: link, prefix: 172.24.0.0/13}}
  - {{name: links-v6, purpose: link, prefix: "fd00:c0:0:2::/64"}}
  - {{name: management, purpose: management, prefix: 100.96.0.0/16}}
  - {{name: handoffs, purpose: handoff, prefix: 100.64.0.0/16}}
  - {{name: handoffs-v6, purpose: handoff, prefix: "fd00:c0:0:3::/64"}}
  - {{name: segments, purpose: l2vni, range: 10000-99999}}
  - {{name: vrfs, purpose: l3vni, range: 5000-9999}}
  - {{name: vlans, purpose: vlan, range: 2-3999}}
  - {{name: handoff-vlans, purpose: handoff-vlan, range: 2-3999}}
design: {{underlay: {underlay}, fabric_mtu: 9216, tenant_mtu: 9000}}
platforms:
  - {{name: spine, ports: ["swp[1-160]"]}}
"""


def write_proof_region(root: Path, clos: Clos, underlay: str = "unnumbered") -> None:
    """Write the region's tree."""
    for name in ("fabric", "tenancy"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "region.yaml").write_text(_REGION.format(underlay=underlay))
    core = f"{{name: core, site: site1, count: {clos.spines * clos.super_spines}, planes: {clos.spines}"
    (root / "fabric" / "core.yaml").write_text(f"super_spines:\n  - {core}, platform: spine}}\n")
    members: dict[int, list[str]] = {vrf: [] for vrf in range(VRFS)}
    for pod in range(clos.pods):
        lines = ["pods:", f"  - name: p{pod}", "    site: site1"]
        lines += [f"    spines: {{count: {clos.spines}, platform: spine}}", "    racks:"]
        for rack in range(clos.leaves):
            leaf = pod * clos.leaves + rack
            vrfs = vrfs_of(leaf)
            for vrf in vrfs:
                members[vrf].append(f"p{pod}-leaf{rack + 1}")
            lines += ["      - platform: generic-64", "        servers:", "          - segments:"]
            for vrf in vrfs:
                for segment in range(SEGMENTS_PER_VRF):
                    host = leaf + 16
                    address = f"10.{subnet(vrf, segment)}.{host >> 8}.{host & 255}/16"
                    six = f"2001:db8:{vrf:x}:{segment}::{host:x}/64"
                    tagged = f'tagged: true, addresses: [{address}, "{six}"]'
                    lines.append(f"              - {{segment: t{vrf}/v/s{segment}, {tagged}}}")
        (root / "fabric" / f"p{pod}.yaml").write_text("\n".join(lines) + "\n")
    for vrf in range(VRFS):
        write_proof_tenant(root, vrf, members[vrf])


def vrfs_of(leaf: int) -> list[int]:
    """The VRFs on a leaf: ten neighbours in a ring of a hundred."""
    return [(leaf * VRFS_PER_LEAF + n) % VRFS for n in range(VRFS_PER_LEAF)]


def subnet(vrf: int, segment: int) -> int:
    """Second octet of a segment's IPv4 prefix: VRFs may repeat addresses, segments of one may not."""
    return (vrf * SEGMENTS_PER_VRF + segment) % 200


def write_proof_tenant(root: Path, number: int, leaves: list[str]) -> None:
    """One tenant with one VRF of two segments on some leaves."""
    lines = ["tenants:", f"  - name: t{number}", "    vrfs:", "      - name: v", "        segments:"]
    for segment in range(SEGMENTS_PER_VRF):
        gateways = f'[10.{subnet(number, segment)}.0.1/16, "2001:db8:{number:x}:{segment}::1/64"]'
        lines.append(f"          - {{name: s{segment}, gateways: {gateways}, leaves: [{', '.join(leaves)}]}}")
    (root / "tenancy" / f"t{number}.yaml").write_text("\n".join(lines) + "\n")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--switches", type=int, choices=list(SIZES), default=100)
    parser.add_argument("--underlay", choices=["numbered", "unnumbered"], default="unnumbered")
    a = parser.parse_args()
    write_proof_region(a.directory, SIZES[a.switches], a.underlay)


if __name__ == "__main__":
    main()
