"""The suite: a region that asks for every feature of `nos.features`, small enough for a lab of virtual machines.

Two spines, a rack of two leaves with a dual-homed server (Ethernet segment or MLAG pair), a rack of one, two border
leaves; two tenants, one of which imports the other's routes, a bridged segment; a transit provider at both borders and
a firewall in a VRF; ACLs, route policy, all services of the management plane. Secrets are references.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import yaml

from crossconnect.nos.registry import interface_names, system
from crossconnect.nos.support import UNSAID

Underlay = Literal["numbered", "unnumbered"]
UNDERLAYS: tuple[Underlay, ...] = ("numbered", "unnumbered")

PORTS = 12
"""Of each switch: what the smallest of the virtual images has."""

_REGION = """\
# The conformance suite of `xc evaluate`: one region that asks for every feature, here for {nos}.
format: 1
name: suite-{nos}-{underlay}

sites:
  - {{name: lab}}

asns:
  range: 4200000000-4200000099
  route_target: 65000

pools:
  - {{name: loopbacks, purpose: loopback, prefix: 10.255.0.0/24}}
  - {{name: loopbacks-v6, purpose: loopback, prefix: "fd00:c0:0:1::/64"}}
  - {{name: links, purpose: link, prefix: 10.254.0.0/24}}
  - {{name: links-v6, purpose: link, prefix: "fd00:c0:0:2::/64"}}
  - {{name: management, purpose: management, prefix: 10.253.0.0/24, reserved: [10.253.0.1]}}
  - {{name: handoffs, purpose: handoff, prefix: 100.64.0.0/24}}
  - {{name: handoffs-v6, purpose: handoff, prefix: "fd00:c0:0:3::/64"}}
  - {{name: segments, purpose: l2vni, range: 10000-10099}}
  - {{name: vrfs, purpose: l3vni, range: 5000-5099}}
  - {{name: vlans, purpose: vlan, range: 100-199}}
  - {{name: handoff-vlans, purpose: handoff-vlan, range: 2000-2099}}

design:
  underlay: {underlay}
  fabric_mtu: 9216
  tenant_mtu: 9000
  maximum_paths: 16
  host_routes: {host_routes}
  multihoming: {multihoming}
  bfd: {{interval_ms: 300, multiplier: 3}}

platforms:
  - name: suite
    ports: {ports}

management:
  gateway: [10.253.0.1]
  ntp: [10.253.0.1]
  syslog: [10.253.0.3]
  acl: management
  banner: Authorised access only
  users:
    - {{name: emergency, role: administrator, password: "env:EMERGENCY_HASH"}}
    - {{name: watch, role: operator, ssh_keys: [{key}]}}
  aaa:
    servers:
      - {{address: 10.253.0.4, secret: "env:TACACS_KEY"}}
    accounting: true
  snmp:
    users:
      - {{name: poller, authentication_secret: "env:SNMP_AUTH", privacy_secret: "env:SNMP_PRIV"}}
    receivers:
      - {{address: 10.253.0.6, user: poller}}
    location: lab
    contact: noc
  gnmi: {{}}
  netconf: {{}}
  sflow:
    collectors: [{{address: 10.253.0.7}}]
  ipfix:
    collectors: [{{address: 10.253.0.8}}]
"""

_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO8mQ0m0rjJ2mJbq3m3Y4j8F1xq8b1Vn0q2l0mJxk8aQ ops"

_FABRIC = """\
pods:
  - name: a
    site: lab
    spines: {{count: 2, platform: suite, nos: {nos}}}
    border_leaves: {{count: 2, platform: suite, nos: {nos}}}
    racks:
      - name: a-rack1
        leaves: 2
        platform: suite
        nos: {nos}
        servers:
          - name: dual
            homing: dual
            segments:
              - {{segment: red/prod/web, tagged: true, addresses: [10.1.1.11/24, "2001:db8:1:1::11/64"]}}
              - {{segment: blue/prod/app, tagged: true, addresses: [10.2.1.11/24, "2001:db8:2:1::11/64"]}}
          - {{name: web1, segments: [{{segment: red/prod/web, addresses: [10.1.1.12/24, "2001:db8:1:1::12/64"]}}]}}
          - {{name: wire1, segments: [{{segment: red/wire, addresses: [192.168.7.1/24]}}]}}
      - name: a-rack2
        platform: suite
        nos: {nos}
        servers:
          - {{name: web2, segments: [{{segment: red/prod/web, addresses: [10.1.1.13/24, "2001:db8:1:1::13/64"]}}]}}
          - {{name: db, segments: [{{segment: red/prod/db, addresses: [10.1.2.11/24, "2001:db8:1:2::11/64"]}}]}}
          - {{name: app, segments: [{{segment: blue/prod/app, addresses: [10.2.1.12/24, "2001:db8:2:1::12/64"]}}]}}
          - {{name: wire2, segments: [{{segment: red/wire, addresses: [192.168.7.2/24]}}]}}
devices:
  - {{name: a-spine2, drained: {drained}}}
"""

_TENANCY = """\
tenants:
  - name: red
    vrfs:
      - name: prod
        route_limit: 1000
        segments:
          - {name: web, gateways: [10.1.1.1/24, "2001:db8:1:1::1/64"], acl_in: servers}
          - {name: db, gateways: [10.1.2.1/24, "2001:db8:1:2::1/64"], mtu: 1500}
    segments:
      - {name: wire}
  - name: blue
    vrfs:
      - name: prod
        imports: [red/prod]
        segments:
          - {name: app, gateways: [10.2.1.1/24, "2001:db8:2:1::1/64"]}
"""

_EDGE = """\
peers:
  - name: transit
    asn: 64496
    announces: [0.0.0.0/0, 192.0.2.0/24, "::/0", "2001:db8:ffff::/48"]
    handoffs:
      - border: a-border1
        vrf: red/prod
        import_policy: from-transit
        export_policy: to-transit
        password: env:TRANSIT_MD5
        bfd: true
        max_prefixes: 100
        acl_in: from-outside
        acl_out: to-outside
      - {border: a-border2, vrf: red/prod, import_policy: from-transit, export_policy: to-transit}
  - name: firewall
    asn: 64512
    announces: [198.51.100.0/24]
    handoffs:
      - border: a-border2
        vrf: blue/prod
        import_policy: everything
        export_policy: everything
        families: [ipv4]

prefix_sets:
  - {name: carrier, prefixes: [0.0.0.0/0, 192.0.2.0/24, "::/0", "2001:db8:ffff::/48"]}
  - {name: own, prefixes: ["10.0.0.0/8 ge 16 le 24", "2001:db8::/32 le 64"]}

community_sets:
  - {name: blackholed, communities: [blackhole, "64496:666"]}
  - {name: internal, communities: ["65000:100", "65000:200"]}

as_path_sets:
  - {name: carrier-own, patterns: ["^64496$", "_64499_"]}

policies:
  - name: from-transit
    statements:
      - {name: no-blackholes, match: {community_set: blackholed}, action: reject}
      - name: near
        match: {prefix_set: carrier, as_path_set: carrier-own}
        action: accept
        set: {local_pref: 150, communities_remove: internal, communities_add: ["65000:100"]}
      - name: carrier
        match: {prefix_set: carrier}
        action: accept
        set: {local_pref: 120, med: 50, communities_add: ["65000:200", "65000:1:2", no-export]}
  - name: to-transit
    statements:
      - {name: own, match: {prefix_set: own}, action: accept, set: {prepend: 2, med: 10}}
  - name: everything
    statements:
      - {name: all, action: accept}

acls:
  - name: management
    entries:
      - {name: ssh, action: accept, protocol: tcp, source: 10.253.0.0/24, destination_ports: ["22"]}
      - {name: answers, action: accept, protocol: tcp, established: true}
      - {name: udp, action: accept, protocol: udp, source: 10.253.0.0/24}
      - {name: ping, action: accept, protocol: icmp, icmp_types: [echo-request, echo-reply]}
  - name: from-outside
    entries:
      - {name: spoofed, action: drop, source: 10.0.0.0/8, log: true}
      - {name: rest, action: accept}
  - name: to-outside
    entries:
      - {name: all, action: accept}
  - name: servers
    entries:
      - {name: no-smtp, action: drop, protocol: tcp, destination_ports: ["25"], log: true}
      - {name: rest, action: accept}
"""


def suite_texts(nos: str, underlay: Underlay) -> Mapping[str, str]:
    """The suite's files by name, all switches on one network OS. The unnumbered one has a drained spine, the numbered
    one VRFs without host routes, and an MLAG pair where the system has that, instead of an Ethernet segment."""
    pairs = underlay == "numbered" and system(nos).support.get("mlag", UNSAID).state != "none"
    names = interface_names()[nos].ports(PORTS)
    flow = yaml.safe_dump(list(names), default_flow_style=True, width=100_000).strip()
    return {
        "region.yaml": _REGION.format(
            nos=nos,
            underlay=underlay,
            ports=flow,
            key=f'"{_KEY}"',
            multihoming="mlag" if pairs else "ethernet-segments",
            host_routes="false" if underlay == "numbered" else "true",
        ),
        "fabric/a.yaml": _FABRIC.format(nos=nos, drained="true" if underlay == "unnumbered" else "false"),
        "tenancy/tenants.yaml": _TENANCY,
        "edge/edge.yaml": _EDGE,
    }
