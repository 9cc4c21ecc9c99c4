"""The region that `xc init` writes: small, complete, commented, and working in the lab."""

STARTER: dict[str, str] = {
    ".gitignore": """\
# What xc writes beside the region: rendered configurations, state tables, schemas, the report.
/out/
/state/
/schemas/
/report.html
# What the API of the cloud keeps (xc serve).
/cloud.sqlite*
""",
    "region.yaml": """\
# What holds for the whole region. `xc schema` gives your editor completion for these files.
format: 1
name: REGION-NAME

sites:
  - {name: site1}

# Every number is allocated from a pool and kept in region.lock, so that adding a rack renumbers nothing.
asns:
  range: 4200000000-4200009999
  route_target: 65000

pools:
  - {name: loopbacks, purpose: loopback, prefix: 10.255.0.0/22}
  - {name: loopbacks-v6, purpose: loopback, prefix: "fd00:c0:0:1::/64"}
  - {name: links, purpose: link, prefix: 10.254.0.0/22}
  - {name: links-v6, purpose: link, prefix: "fd00:c0:0:2::/64"}
  - {name: management, purpose: management, prefix: 10.253.0.0/24, reserved: [10.253.0.1]}
  - {name: handoffs, purpose: handoff, prefix: 100.64.0.0/24}
  - {name: handoffs-v6, purpose: handoff, prefix: "fd00:c0:0:3::/64"}
  - {name: segments, purpose: l2vni, range: 10000-19999}
  - {name: vrfs, purpose: l3vni, range: 5000-5999}
  - {name: vlans, purpose: vlan, range: 100-1999}
  - {name: handoff-vlans, purpose: handoff-vlan, range: 2000-2999}

design:
  underlay: numbered        # or: unnumbered (IPv6 link-local, RFC 8950)
  fabric_mtu: 9216
  tenant_mtu: 9000

management:
  gateway: [10.253.0.1]
  ntp: [10.253.0.1]
  syslog: [10.253.0.1]
""",
    "fabric/pod1.yaml": """\
# One pod: two spines, two racks with one leaf each. Every leaf is cabled to every spine.
pods:
  - name: pod1
    site: site1
    spines: {count: 2}
    racks:
      - name: pod1-rack1
        servers:
          - {name: web1, segments: [{segment: acme/prod/web, addresses: [10.1.1.11/24, "2001:db8:1:1::11/64"]}]}
          - {name: db2, segments: [{segment: acme/prod/db, addresses: [10.1.2.12/24, "2001:db8:1:2::12/64"]}]}
      - name: pod1-rack2
        servers:
          - {name: web2, segments: [{segment: acme/prod/web, addresses: [10.1.1.12/24, "2001:db8:1:1::12/64"]}]}
          - {name: db1, segments: [{segment: acme/prod/db, addresses: [10.1.2.11/24, "2001:db8:1:2::11/64"]}]}
""",
    "tenancy/acme.yaml": """\
# One tenant with one VRF. Segments with gateways are routed there (anycast gateway on every leaf that has them).
tenants:
  - name: acme
    vrfs:
      - name: prod
        segments:
          - {name: web, gateways: [10.1.1.1/24, "2001:db8:1:1::1/64"]}
          - {name: db, gateways: [10.1.2.1/24, "2001:db8:1:2::1/64"]}
""",
    "checks/promises.yaml": """\
# What you promise beyond what the design implies; `xc prove` evaluates it under every failure named.
promises:
  - {name: web-reaches-db, source: acme/prod/web, destination: acme/prod/db, kind: reachable, survives: 1}
""",
}
