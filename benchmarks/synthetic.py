"""Regions of a chosen size, written as YAML: what the benchmarks compile, validate and simulate.

    python benchmarks/synthetic.py DIRECTORY --devices 500 [--vrfs 2] [--segments 20] [--servers 0] [--mixed]

Up to 64 switches: one pod with 4 spines (2 below 12 switches). Above: pods of about 64 switches with 4 spines each and
4 super-spines in 4 planes. Every segment is on every leaf, as in the peers' benchmark. `--mixed`: an even mix of the
six network operating systems, within every pod and between the spines of pods.
"""

from __future__ import annotations

import argparse
from pathlib import Path

REGION = """\
format: 1
name: bench
sites:
  - {{name: site1}}
asns: {{range: 4200000000-4200099999, route_target: 65000}}
pools:
  - {{name: loopbacks, purpose: loopback, prefix: 10.255.0.0/16}}
  - {{name: loopbacks-v6, purpose: loopback, prefix: "fd00:c0:0:1::/64"}}
  - {{name: links, purpose: link, prefix: 10.254.0.0/16}}
  - {{name: links-v6, purpose: link, prefix: "fd00:c0:0:2::/64"}}
  - {{name: management, purpose: management, prefix: 10.252.0.0/16}}
  - {{name: handoffs, purpose: handoff, prefix: 100.64.0.0/16}}
  - {{name: handoffs-v6, purpose: handoff, prefix: "fd00:c0:0:3::/64"}}
  - {{name: segments, purpose: l2vni, range: 10000-99999}}
  - {{name: vrfs, purpose: l3vni, range: 5000-9999}}
  - {{name: vlans, purpose: vlan, range: 2-3999}}
  - {{name: handoff-vlans, purpose: handoff-vlan, range: 2-3999}}
design: {{underlay: {underlay}, fabric_mtu: {mtu}, tenant_mtu: 9000}}
"""


SYSTEMS = ("frr", "eos", "junos", "nxos", "sonic", "srlinux")
FABRIC_MTU = 9216
MIXED_MTU = 9192
"""What all six can do: some count the Ethernet header into 9216."""


def pod_sizes(devices: int) -> tuple[int, list[tuple[int, int]]]:
    """(super-spines, [(spines, leaves) per pod]) that add up to `devices`."""
    if devices <= 64:
        spines = 2 if devices < 12 else 4
        return 0, [(spines, devices - spines)]
    pods = -(-devices // 64)
    leaves = devices - 4 - 4 * pods
    return 4, [(4, leaves // pods + (1 if i < leaves % pods else 0)) for i in range(pods)]


def write_region(
    root: Path,
    devices: int,
    vrfs: int = 2,
    segments: int = 20,
    servers: int = 0,
    underlay: str = "numbered",
    *,
    mixed: bool = False,
) -> None:
    """Write a region of `devices` switches; `segments` in total over `vrfs` VRFs, `servers` per leaf.

    `mixed`: six network operating systems, without servers.
    """
    supers, pods = pod_sizes(devices)
    for name in ("fabric", "tenancy"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "region.yaml").write_text(REGION.format(underlay=underlay, mtu=MIXED_MTU if mixed else FABRIC_MTU))
    for index, (spines, leaves) in enumerate(pods, 1):
        lines = ["pods:", f"  - name: p{index}", "    site: site1"]
        system = f", nos: {SYSTEMS[index % len(SYSTEMS)]}" if mixed else ""
        lines.append(f"    spines: {{count: {spines}, platform: generic-128{system}}}")
        lines.append("    racks:")
        if mixed:
            lines += [_racks_of(n, leaves) for n in range(min(leaves, len(SYSTEMS)))]
        elif servers:
            lines += [_rack_with_servers(index, n, servers) for n in range(leaves)]
        else:
            lines.append(f"      - count: {leaves}\n        platform: generic-128")
        (root / "fabric" / f"p{index}.yaml").write_text("\n".join(lines) + "\n")
    if supers:
        group = f"{{name: core, site: site1, count: {supers}, planes: 4, platform: generic-128}}"
        (root / "fabric" / "core.yaml").write_text(f"super_spines:\n  - {group}\n")
    write_tenant(root, "t1", vrfs, segments, first_octet=10)


def _racks_of(system: int, leaves: int) -> str:
    """The racks of one network operating system: a sixth of the pod's."""
    count = leaves // len(SYSTEMS) + (1 if system < leaves % len(SYSTEMS) else 0)
    return f"      - {{count: {count}, platform: generic-128, nos: {SYSTEMS[system]}}}"


def _rack_with_servers(pod: int, rack: int, servers: int) -> str:
    """A rack written singly: base addresses of its servers must differ from the next rack's."""
    # Up to 240 servers in all: their segment is a /24.
    host = 10 + ((pod - 1) * 60 + rack) * servers
    addresses = f'[10.1.1.{host % 250}/24, "2001:db8:1:a01::{pod:x}:{host:x}/64"]'
    segment = f"[{{segment: t1/v1/s1, addresses: {addresses}}}]"
    return f"      - platform: generic-128\n        servers:\n          - {{count: {servers}, segments: {segment}}}"


def write_tenant(root: Path, name: str, vrfs: int, segments: int, first_octet: int) -> None:
    """Write `tenancy/<name>.yaml`: a tenant whose segments are on every leaf."""
    lines = ["tenants:", f"  - name: {name}", "    vrfs:"]
    per_vrf = segments // vrfs
    for v in range(1, vrfs + 1):
        lines += [f"      - name: v{v}", "        segments:"]
        for s in range(1, per_vrf + 1):
            # 10.255, 10.254, 10.252 are infrastructure: tenants stay below.
            gateways = f'[{first_octet}.{v}.{s}.1/24, "2001:db8:{v:x}:{first_octet * 256 + s:x}::1/64"]'
            lines.append(f"          - {{name: s{s}, gateways: {gateways}, leaves: [all]}}")
    (root / "tenancy" / f"{name}.yaml").write_text("\n".join(lines) + "\n")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--vrfs", type=int, default=2)
    parser.add_argument("--segments", type=int, default=20)
    parser.add_argument("--servers", type=int, default=0)
    parser.add_argument("--underlay", default="numbered")
    parser.add_argument("--mixed", action="store_true", help="six network operating systems")
    a = parser.parse_args()
    write_region(a.directory, a.devices, a.vrfs, a.segments, a.servers, a.underlay, mixed=a.mixed)


if __name__ == "__main__":
    main()
