"""What EOS answers to `show ... | json`, as reports.

Sources: recorded answers of EOS 4.23 and 4.36 in public test data, cited in the tests; EOS User Manual and the models
of eAPI of each command ("Command API Guide"). `show ip bgp summary` and its IPv6 and EVPN forms have
`vrfs/<vrf>/peers`, `show ip route` has `vrfs/<vrf>/routes`, `show ip bgp` has `vrfs/<vrf>/bgpRouteEntries`, with the
communities below `routeDetail` where `detail` is asked. No answer of `show ipv6 bgp` is published; Arista's own
arista-northwest/go-passpersist reads both versions as one record.

`show interfaces` does not say the VRF of an interface, `show vrf` has nothing else of it: `nos.joined` puts both
together.

Left out, as no published answer has it: large communities, and the VRF that a route was leaked from.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.net import canonical_address, canonical_prefix
from crossconnect.nos.eos.answer import (
    as_path_of,
    entries,
    extended_of,
    members,
    number,
    object_of,
    peer_of,
    plain_address,
    words,
)
from crossconnect.nos.eos.collect_evpn import (
    EVPN_ROUTES,
    MACS,
    REMOTE_MACS,
    VNIS,
    evpn_paths,
    macs,
    remote_macs,
    vnis,
)
from crossconnect.nos.network_os import Query
from crossconnect.nos.probing import errors_of_all
from crossconnect.nos.reports import (
    ErrorsReport,
    InterfaceReport,
    LldpReport,
    NextHop,
    PathReport,
    Report,
    RibReport,
    SummaryReport,
    VrfInterfaceReport,
)

SUMMARIES = {
    "ipv4-unicast": "show ip bgp summary vrf all | json",
    "ipv6-unicast": "show ipv6 bgp summary vrf all | json",
    "l2vpn-evpn": "show bgp evpn summary | json",
}
ROUTES = ("show ip route vrf all | json", "show ipv6 route vrf all | json")
PATHS = ("show ip bgp detail vrf all | json", "show ipv6 bgp detail vrf all | json")
INTERFACES = "show interfaces | json"
VRFS = "show vrf | json"
LLDP = "show lldp neighbors | json"
ERRORS = "show interfaces counters errors | json"

_PROTOCOLS = {"connected": "connected", "static": "static", "ebgp": "bgp", "ibgp": "bgp", "bgp": "bgp"}
_LOCAL_PREF = 100
"""Where a path shows none, as own routes do: EOS's default (EOS User Manual, "BGP")."""


def queries(device: DeviceConfiguration) -> tuple[Query, ...]:
    """What fills the state tables."""
    asked = [Query(how="cli", ask=ask, parse=_sessions(family)) for family, ask in SUMMARIES.items()]
    asked += [Query(how="cli", ask=ask, parse=routes) for ask in ROUTES]
    asked += [Query(how="cli", ask=ask, parse=bgp_paths) for ask in PATHS]
    asked.append(Query(how="cli", ask=INTERFACES, parse=interfaces))
    asked.append(Query(how="cli", ask=VRFS, parse=vrf_interfaces))
    asked.append(Query(how="cli", ask=LLDP, parse=lldp))
    asked.append(Query(how="cli", ask=EVPN_ROUTES, parse=evpn_paths))
    if device.vtep:
        vnis_of = {i.vlan: i.vni for i in device.network_instances if i.kind == "mac-vrf" and i.vlan and i.vni}
        asked.append(Query(how="cli", ask=VNIS, parse=vnis))
        asked.append(Query(how="cli", ask=MACS, parse=functools.partial(macs, vnis_of)))
        asked.append(Query(how="cli", ask=REMOTE_MACS, parse=functools.partial(remote_macs, vnis_of)))
    return tuple(asked)


def errors(answer: bytes) -> tuple[ErrorsReport, ...]:
    """`show interfaces counters errors`: a number by kind of error, of each port; some errors are in two kinds."""
    ports = members(object_of(answer, "interfaceErrorCounters")["interfaceErrorCounters"])
    return tuple(
        ErrorsReport(interface=port, errors=sum(number(kinds, kind) for kind in members(kinds)))
        for port, kinds in sorted(ports.items())
    )


errors_query = errors_of_all("cli", ERRORS, errors)
"""ANTA (Arista's own network tests) reads the same answer."""


def _sessions(family: str) -> Callable[[bytes], tuple[Report, ...]]:
    def parse(answer: bytes) -> tuple[Report, ...]:
        return sessions(family, answer)

    return parse


def sessions(family: str, answer: bytes) -> tuple[SummaryReport, ...]:
    """`show ip bgp summary vrf all`: a session per peer."""
    found: list[SummaryReport] = []
    for vrf, of in members(object_of(answer, "vrfs")["vrfs"]).items():
        for peer, state in members(members(of).get("peers", {})).items():
            up = str(members(state).get("peerState", "")) == "Established"
            found.append(SummaryReport(vrf=vrf, peer=peer_of(peer), family=family, established=up))
    return tuple(found)


def routes(answer: bytes) -> tuple[RibReport, ...]:
    """`show ip route vrf all`."""
    found: list[RibReport] = []
    for vrf, of in members(object_of(answer, "vrfs")["vrfs"]).items():
        for prefix, route in members(members(of).get("routes", {})).items():
            entry = members(route)
            kind = _PROTOCOLS.get(str(entry.get("routeType", "")).lower())
            if kind is None:
                continue
            found.append(
                RibReport(
                    vrf=vrf,
                    prefix=canonical_prefix(prefix),
                    protocol=kind,
                    next_hops=tuple(_hop(hop) for hop in entries(entry, "vias")),
                )
            )
    return tuple(found)


def _hop(via: Mapping[str, Any]) -> NextHop:
    return NextHop(
        address=plain_address(str(via.get("nexthopAddr") or via.get("vtepAddr") or "")),
        interface=str(via.get("interface", "")),
    )


def bgp_paths(answer: bytes) -> tuple[PathReport, ...]:
    """`show ip bgp detail vrf all`: all paths."""
    found: list[PathReport] = []
    for vrf, of in members(object_of(answer, "vrfs")["vrfs"]).items():
        for prefix, route in members(members(of).get("bgpRouteEntries", {})).items():
            found += [_path(vrf, canonical_prefix(prefix), path) for path in entries(members(route), "bgpRoutePaths")]
    return tuple(found)


def _path(vrf: str, prefix: str, path: Mapping[str, Any]) -> PathReport:
    kind, detail = members(path.get("routeType", {})), members(path.get("routeDetail", {}))
    next_hop = plain_address(str(path.get("nextHop") or ""))
    # 4.36 says who sent a path beside it too, 4.23 in the detail only.
    sender = members(path.get("peerEntry") or detail.get("peerEntry") or {})
    return PathReport(
        vrf=vrf,
        prefix=prefix,
        peer=peer_of(str(sender.get("peerAddr") or "")) if next_hop else "",
        next_hop=next_hop,
        forwards_to=next_hop,
        as_path=as_path_of(path),
        local_pref=number(path, "localPreference", _LOCAL_PREF),
        med=number(path, "med"),
        communities=tuple(sorted(words(detail, "communityList"))),
        extended=extended_of(words(detail, "extCommunityList")),
        best=kind.get("active") is True,
        multipath=kind.get("ecmpContributor") is True,
        leaked_from="",
    )


def interfaces(answer: bytes) -> tuple[InterfaceReport, ...]:
    """`show interfaces`, where an address of an anycast gateway is the virtual one of its subnet."""
    found: list[InterfaceReport] = []
    for name, of in members(object_of(answer, "interfaces")["interfaces"]).items():
        entry = members(of)
        found.append(
            InterfaceReport(
                name=name,
                vrf="",
                up=str(entry.get("lineProtocolStatus", "")) == "up",
                mtu=number(entry, "mtu"),
                mac=str(entry.get("physicalAddress", "")).lower(),
                addresses=tuple(_addresses(entry)),
            )
        )
    return tuple(found)


def _addresses(entry: Mapping[str, Any]) -> Iterator[str]:
    for of in entries(entry, "interfaceAddress"):
        others = [*entries(of, "secondaryIpsOrderedList"), *entries(of, "virtualSecondaryIpsOrderedList")]
        for one in (members(of.get("primaryIp", {})), members(of.get("virtualIp", {})), *others):
            address = str(one.get("address", "0.0.0.0"))
            if address != "0.0.0.0":
                yield f"{address}/{one.get('maskLen', 32)}"
    for one in entries(members(entry.get("interfaceAddressIp6", {})), "globalUnicastIp6s"):
        length = str(one.get("subnet", "")).rpartition("/")[2] or "128"
        yield f"{canonical_address(str(one.get('address', '')))}/{length}"


def vrf_interfaces(answer: bytes) -> tuple[VrfInterfaceReport, ...]:
    """`show vrf`: the interfaces that route, by VRF."""
    return tuple(
        VrfInterfaceReport(vrf=vrf, interface=name)
        for vrf, of in members(object_of(answer, "vrfs")["vrfs"]).items()
        for name in words(members(of), "interfaces")
    )


def lldp(answer: bytes) -> tuple[LldpReport, ...]:
    """`show lldp neighbors`."""
    return tuple(
        LldpReport(
            interface=str(entry.get("port", "")),
            device=str(entry.get("neighborDevice", "")),
            port=str(entry.get("neighborPort", "")),
        )
        for entry in entries(object_of(answer, "lldpNeighbors"), "lldpNeighbors")
    )
