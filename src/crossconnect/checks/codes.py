"""Every kind of finding of this room: what a network's state has to say against its blueprint."""

from __future__ import annotations

from crossconnect.finding import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

# Devices, cables, sessions.
DEVICE_DOWN = Code(
    "checks.device-down",
    _E,
    "A device of the blueprint is down or reports nothing. What follows from that alone is not reported again.",
    "Bring the device back, or take it out of the region.",
)
LINK_DOWN = Code(
    "checks.link-down",
    _E,
    "A cabled port that the blueprint enables is down. What follows from that alone is not reported again.",
    "Check the cable, the optics, and the port at the other end.",
)
CABLE_WRONG = Code(
    "checks.cable-wrong",
    _E,
    "LLDP hears another neighbour on a port than the blueprint has cabled there.",
    "Move the cable to the port that the blueprint names, or correct the link in the region.",
)
CABLE_SWAPPED = Code(
    "checks.cable-swapped",
    _E,
    "Two cables are exchanged: each port hears the neighbour that the other one should.",
    "Exchange the two cables at one of their ends.",
)
CABLE_SILENT = Code(
    "checks.cable-silent",
    _W,
    "LLDP hears no neighbour on a fabric port that is up, so its cabling is not proven.",
    "Check that LLDP runs at both ends.",
)
SESSION_DOWN = Code(
    "checks.session-down",
    _E,
    "A BGP session, or an address family of one, is not established between two working ports.",
    "Check addresses, ASNs and reachability at both ends of the link.",
)
SESSION_WRONG_ASN = Code(
    "checks.session-wrong-asn",
    _E,
    "A BGP session has another remote ASN than the blueprint.",
    "Configure the ASN that the blueprint gives.",
)
SESSION_UNEXPECTED = Code(
    "checks.session-unexpected",
    _W,
    "A device has a BGP session that the blueprint does not, or one over a link that is declared as failed.",
    "Remove the session, or add it to the region.",
)
SESSION_WITHOUT_POLICY = Code(
    "checks.session-without-policy",
    _E,
    "An external session has no import or no export policy, so everything could pass (RFC 8212).",
    "Attach a policy in both directions.",
)

# Overlay.
VNI_MISSING = Code(
    "checks.vni-missing",
    _E,
    "A VTEP lacks a VNI that the blueprint configures there.",
    "Configure the VNI on the device.",
)
VNI_WRONG = Code(
    "checks.vni-wrong",
    _E,
    "A VNI is of another kind, or belongs to another VRF, than in the blueprint.",
    "Correct the mapping of VNI to VRF on the device.",
)
VNI_UNEXPECTED = Code(
    "checks.vni-unexpected",
    _W,
    "A VTEP has a VNI that the blueprint does not configure there.",
    "Remove the VNI from the device, or add the segment to the region.",
)
VTEP_UNREACHABLE = Code(
    "checks.vtep-unreachable",
    _E,
    "A VTEP has no underlay route to another with which it shares a VNI.",
    "Check the BGP sessions between the two and whether both have an ASN of their own.",
)
FLOOD_LIST_INCOMPLETE = Code(
    "checks.flood-list-incomplete",
    _E,
    "A VTEP's flood list of a VNI misses another VTEP of that VNI, so broadcasts do not reach it (RFC 8365).",
    "Check that the type-3 route arrives and that its route target is imported.",
)
FLOOD_LIST_UNEXPECTED = Code(
    "checks.flood-list-unexpected",
    _E,
    "A VTEP floods a VNI to a VTEP on which the blueprint does not have that VNI.",
    "Check which device announces the type-3 route, and with which route target.",
)

ETHERNET_SEGMENT_INCOMPLETE = Code(
    "checks.ethernet-segment-incomplete",
    _E,
    "A VTEP does not know that a dual-homed host is behind one of its leaves, so that leaf's leg carries nothing.",
    "Look for the type-1 and type-4 routes of the Ethernet segment at that leaf, and whether its bond is up.",
)

# Tenants.
PREFIX_MISSING = Code(
    "checks.prefix-missing",
    _E,
    "A VRF lacks, on a device, a prefix that is declared in it or in a VRF it imports.",
    "Check the type-5 route (RFC 9136), its route targets, and the route limit of the VRF.",
)
MAC_MISSING = Code(
    "checks.mac-missing",
    _W,
    "A host's MAC is not known on all VTEPs of its segment: the host is silent, or its type-2 route does not arrive.",
    "Let the host send a packet; if that does not help, look for the type-2 route at its leaf.",
)
MAC_MISPLACED = Code(
    "checks.mac-misplaced",
    _W,
    "A host's MAC is known behind another leaf or port than where the host is cabled.",
    "Look for a moved host, a duplicate MAC, or a loop.",
)
GATEWAY_MISSING = Code(
    "checks.gateway-missing",
    _E,
    "A device of a segment has no working gateway interface for it.",
    "Configure the IRB interface and bring it up.",
)
GATEWAY_DIFFERENT = Code(
    "checks.gateway-different",
    _E,
    "A segment's gateway has other addresses or another MAC on one device than declared: hosts lose it when they move.",
    "Give all devices of the segment the same anycast gateway (RFC 9135 4.1).",
)
HOST_UNREACHABLE = Code(
    "checks.host-unreachable",
    _E,
    "Two hosts of one VRF or segment, both connected, cannot reach each other.",
    "Trace the path between them: `xc trace SRC DST` shows where it ends.",
)
EXTERNAL_UNREACHABLE = Code(
    "checks.external-unreachable",
    _E,
    "Hosts of a VRF cannot reach a prefix that an external router is expected to announce and our policy accepts.",
    "Look for the route at the border, its type-5 route at the leaf, and the import policy.",
)
HOST_NOT_ISOLATED = Code(
    "checks.host-not-isolated",
    _E,
    "A host reaches another host of a VRF that its own does not import.",
    "Trace the path between them: `xc trace SRC DST` shows where it crosses.",
)

# Paths.
ECMP_WIDTH = Code(
    "checks.ecmp-width",
    _W,
    "A route has fewer, more or other equal-cost next hops than the topology gives.",
    "Check the sessions over the missing links, `maximum-paths`, and multipath relax.",
)
NEXT_HOP_UNEXPECTED = Code(
    "checks.next-hop-unexpected",
    _E,
    "A tenant prefix points at a VTEP that does not have it: packets are lost or reach a stranger.",
    "Find out why that device announces the prefix.",
)
MTU_MISMATCH = Code(
    "checks.mtu-mismatch",
    _E,
    "The two ends of a fabric link, or the devices of one segment, have different MTUs.",
    "Give both ends the same MTU.",
)
MTU_TOO_SMALL = Code(
    "checks.mtu-too-small",
    _E,
    "A link on an overlay path carries less than a segment's MTU and the VXLAN header (50 octets over IPv4, 70 over "
    "IPv6, RFC 7348 5).",
    "Raise the fabric's MTU or lower the segment's.",
)
SINGLE_DEVICE = Code(
    "checks.single-device",
    _N,
    "The loss of one device cuts leaves off from the rest of the fabric.",
    "Add a second device of that tier.",
)
SINGLE_LINK = Code(
    "checks.single-link",
    _N,
    "The loss of one link cuts a leaf or a part of the fabric off.",
    "Add a second link over another device.",
)
SINGLE_HANDOFF = Code(
    "checks.single-handoff",
    _N,
    "A VRF's connection to the outside hangs on one border device or one external router.",
    "Add a handoff to a second external router, on a second border device.",
)
SINGLE_HOMED = Code(
    "checks.single-homed",
    _N,
    "Servers hang on one leaf and go with it.",
    "Where their owners need it, cable them to two leaves: `homing: dual` in a rack with `leaves: 2`.",
)

# Limits and leaks.
ROUTE_LIMIT_EXCEEDED = Code(
    "checks.route-limit-exceeded",
    _E,
    "A VRF holds more routes on a device than its limit.",
    "Find out who announces them, or raise the limit.",
)
ROUTE_LIMIT_NEAR = Code(
    "checks.route-limit-near",
    _W,
    "A VRF holds more than 80 % of its route limit on a device.",
    "Raise the limit before it is reached, or aggregate.",
)
ROUTE_LEAK = Code(
    "checks.route-leak",
    _E,
    "A VRF has routes of another VRF that it does not import by declaration.",
    "Check the import route targets of the VRF; to allow it, write it in the VRF's `imports`.",
)
INFRASTRUCTURE_IN_VRF = Code(
    "checks.infrastructure-in-vrf",
    _E,
    "A tenant's VRF has a route into the infrastructure's address space.",
    "Filter infrastructure prefixes on the VRF's external sessions.",
)
TENANT_IN_UNDERLAY = Code(
    "checks.tenant-in-underlay",
    _E,
    "The underlay's routing table has a tenant's prefix.",
    "Find out which device announces it into the default instance.",
)
UNDERLAY_FOREIGN = Code(
    "checks.underlay-foreign",
    _W,
    "The underlay's routing table has a prefix that is neither infrastructure nor a tenant's.",
    "Find out which device announces it into the default instance.",
)
INFRASTRUCTURE_ANNOUNCED = Code(
    "checks.infrastructure-announced",
    _E,
    "An infrastructure prefix is announced to an external router.",
    "Reject infrastructure prefixes in the export policy.",
)
FOREIGN_ANNOUNCED = Code(
    "checks.foreign-announced",
    _E,
    "A prefix of a VRF that is not imported by declaration is announced to an external router.",
    "Cure the leak, and let the export policy accept the VRF's own prefixes only.",
)
PRIVATE_ANNOUNCED = Code(
    "checks.private-announced",
    _E,
    "A private prefix (RFC 1918, RFC 4193, RFC 6598) is announced to an external router with a public ASN.",
    "Accept only public prefixes in the export policy of that session.",
)
TRANSIT_LEAK = Code(
    "checks.transit-leak",
    _E,
    "Routes learned from one public AS are announced to another: the region would carry their traffic (RFC 7908).",
    "Let the export policy accept the region's own prefixes only.",
)

# Duplicates.
DUPLICATE_ROUTER_ID = Code(
    "checks.duplicate-router-id",
    _E,
    "Two devices have the same BGP router id.",
    "Give each device a loopback of its own.",
)
DUPLICATE_VTEP = Code(
    "checks.duplicate-vtep",
    _E,
    "Two devices have the same VTEP address.",
    "Give each device a loopback of its own.",
)
DUPLICATE_ADDRESS = Code(
    "checks.duplicate-address",
    _E,
    "Two interfaces of one VRF have the same address and are no anycast gateway.",
    "Give each interface an address of its own.",
)
DUPLICATE_RD = Code(
    "checks.duplicate-rd",
    _E,
    "Two network instances have the same route distinguisher, so one's routes hide the other's (RFC 4364 4.2).",
    "Give each network instance on each device a route distinguisher of its own.",
)

# Promises and failures.
PROMISE_BROKEN = Code(
    "checks.promise-broken",
    _E,
    "A promise of `checks/` does not hold.",
    "`xc prove` shows the packet's way, or the route and the policy statement that let it through.",
)
PROMISE_NOT_RESILIENT = Code(
    "checks.promise-not-resilient",
    _E,
    "A promise that is to survive a failure breaks under one.",
    "Add the redundancy that the failure takes away, or promise less.",
)
PROMISE_UNKNOWN = Code(
    "checks.promise-unknown",
    _E,
    "A promise names something that the region does not have.",
    "Name a tenant, a VRF (`tenant/vrf`), a segment (`tenant/vrf/segment`), a server, a router or a prefix.",
)
PROMISE_UNTESTED = Code(
    "checks.promise-untested",
    _N,
    "A promise is about something without hosts and without a gateway, so that no packet can try it, or about paths "
    "over which nothing arrives; or it is about routes under failures, which are looked up with all checks only.",
    "Give it a server or a gateway, or promise something about what has one. Of routes under failures ask `xc prove`, "
    "or `xc simulate --check`.",
)
EFFECT_HOSTS = Code(
    "checks.effect-hosts",
    _N,
    "A failure cuts off hosts that hang on what fails and on nothing else.",
    "Cable them to a second leaf where their owners need it.",
)
EFFECT_LOST = Code(
    "checks.effect-lost",
    _W,
    "A failure cuts hosts off from each other although both are still connected.",
    "Add a second path around what fails.",
)
EFFECT_OVERLOAD = Code(
    "checks.effect-overload",
    _W,
    "A failure moves expected traffic to a link that cannot carry all of it.",
    "Add a link beside it, or move the traffic's ends.",
)
LINK_OVERLOADED = Code(
    "checks.link-overloaded",
    _E,
    "A link is expected to carry more than its capacity while nothing has failed.",
    "Add a link beside it, or move the traffic's ends.",
)
LINK_BUSY = Code(
    "checks.link-busy",
    _W,
    "A link is expected to carry more of its capacity than `link_load_max` in region.yaml allows.",
    "Add a link beside it, or move the traffic's ends.",
)
LINK_CAPACITY_UNKNOWN = Code(
    "checks.link-capacity-unknown",
    _N,
    "Expected traffic runs over links of which nobody has said how fast they are.",
    "Give their platforms `port_gbps`, or the links `gbps`.",
)
TRAFFIC_LOST = Code(
    "checks.traffic-lost",
    _W,
    "Expected traffic does not arrive while nothing has failed, or nobody is there to send or to receive it.",
    "Make its ends reach each other, or take the demand away.",
)
EFFECT_EXTERNAL = Code(
    "checks.effect-external",
    _W,
    "A failure cuts a VRF off from the outside.",
    "Add a handoff to a second external router, on a second border device.",
)

_ALL = (value for value in list(globals().values()) if isinstance(value, Code))
CODES: tuple[Code, ...] = tuple(sorted(_ALL, key=lambda code: code.name))
