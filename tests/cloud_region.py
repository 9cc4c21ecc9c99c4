"""A region that carries a cloud, as its files: one spine, two leaves, a border with a transit provider, one hypervisor,
two gateway nodes with an uplink to either leaf.

from cloud_region import cloud_region, texts
region = cloud_region()
region = cloud_region(texts(("cloud: {tunnels: cloud/core/tunnels}", "cloud: {...}")))
"""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.intent.tree import read_region_from_texts
from crossconnect.model.region import Region

REGION = """\
format: 1
name: cloudy
sites: [{name: north}]
asns: {range: 4200000000-4200000999}
pools:
  - {name: loopbacks, purpose: loopback, prefix: 10.255.0.0/24}
  - {name: loopbacks-v6, purpose: loopback, prefix: "fd00:c0:0:1::/64"}
  - {name: links, purpose: link, prefix: 10.254.0.0/24}
  - {name: links-v6, purpose: link, prefix: "fd00:c0:0:2::/64"}
  - {name: management, purpose: management, prefix: 10.253.0.0/24}
  - {name: handoffs, purpose: handoff, prefix: 10.252.0.0/24}
  - {name: handoffs-v6, purpose: handoff, prefix: "fd00:c0:0:3::/64"}
  - {name: segments, purpose: l2vni, range: 10000-10999}
  - {name: vrfs, purpose: l3vni, range: 5000-5999}
  - {name: vlans, purpose: vlan, range: 100-999}
  - {name: handoff-vlans, purpose: handoff-vlan, range: 2000-2099}
design:
  tenant_mtu: 9000
  cloud: {tunnels: cloud/core/tunnels}
"""

FABRIC = """\
pods:
  - name: a
    site: north
    spines: {count: 1}
    border_leaves: {count: 1}
    racks:
      - {name: rack1}
      - {name: rack2}
servers:
  - name: hv1
    chassis: hypervisor
    attachments: [{port: a-leaf1}]
    segments: [{segment: cloud/core/tunnels, addresses: [10.64.0.11/24]}]
  - name: gw1
    chassis: gateway
    attachments: [{port: a-leaf1}]
    uplinks: [{port: a-leaf1}, {port: a-leaf2}]
    segments: [{segment: cloud/core/tunnels, addresses: [10.64.0.21/24]}]
  - name: gw2
    chassis: gateway
    attachments: [{port: a-leaf2}]
    uplinks: [{port: a-leaf1}, {port: a-leaf2}]
    segments: [{segment: cloud/core/tunnels, addresses: [10.64.0.22/24]}]
"""

TENANCY = """\
tenants:
  - name: cloud
    vrfs:
      - name: core
        segments: [{name: tunnels, gateways: [10.64.0.1/24]}]
      - name: inet
"""

EDGE = """\
provider_networks:
  - name: internet
    vrf: cloud/inet
    transfer: [100.126.0.0/24, "fd00:c0:0:9::/64"]
    prefixes: [203.0.113.0/24, "2001:db8:f::/48"]
    aggregates: [203.0.113.0/24, "2001:db8:f::/48"]
peers:
  - name: isp
    asn: 64496
    announces: [0.0.0.0/0, "::/0", 198.51.100.0/24, "2001:db8:ffff::/48"]
    handoffs:
      - {border: a-border1, vrf: cloud/inet, import_policy: default-only, export_policy: public}
policies:
  - name: default-only
    statements: [{name: default-route, match: {prefix_set: default-route}, action: accept}]
  - name: public
    statements: [{name: aggregates, match: {prefix_set: public}, action: accept}]
prefix_sets:
  - {name: default-route, prefixes: [0.0.0.0/0, "::/0"]}
  - {name: public, prefixes: [203.0.113.0/24, "2001:db8:f::/48"]}
"""

FILES = {
    "region.yaml": REGION,
    "fabric/pod.yaml": FABRIC,
    "tenancy/cloud.yaml": TENANCY,
    "edge/internet.yaml": EDGE,
}


_VRF = "      - name: inet\n"
TWO_NETWORKS = (
    (
        "provider_networks:\n",
        "provider_networks:\n"
        "  - {name: private, vrf: cloud/priv, transfer: [100.125.0.0/24], prefixes: [10.96.0.0/16]}\n",
    ),
    (_VRF, _VRF + _VRF.replace("inet", "priv")),
)
"""Changes by which there is a second provider network, in a VRF of its own."""


def texts(*changes: tuple[str, str]) -> dict[str, str]:
    """The files, with each first text replaced by the second one wherever it is; it must be somewhere."""
    files = dict(FILES)
    for old, new in changes:
        assert any(old in text for text in files.values()), old
        files = {name: text.replace(old, new) for name, text in files.items()}
    return files


def cloud_region(files: Mapping[str, str] = FILES) -> Region:
    """The region, read."""
    region, findings = read_region_from_texts(files)
    assert region is not None, findings
    return region
