"""What EOS answers to `show ... | json`, as reports.

Source: EOS User Manual and the models of eAPI of each command ("Command API Guide"); `show ip bgp summary` and its
IPv6 and EVPN forms have `vrfs/<vrf>/peers`, `show ip route` has `vrfs/<vrf>/routes`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.net import canonical_address, canonical_prefix
from crossconnect.nos.network_os import Query
from crossconnect.nos.reports import InterfaceReport, LldpReport, NextHop, Report, RibReport, SummaryReport

SUMMARIES = {
    "ipv4-unicast": "show ip bgp summary vrf all | json",
    "ipv6-unicast": "show ipv6 bgp summary vrf all | json",
    "l2vpn-evpn": "show bgp evpn summary | json",
}
ROUTES = ("show ip route vrf all | json", "show ipv6 route vrf all | json")
INTERFACES = "show interfaces | json"
LLDP = "show lldp neighbors | json"

_PROTOCOLS = {"connected": "connected", "static": "static", "ebgp": "bgp", "ibgp": "bgp", "bgp": "bgp"}


def queries(device: DeviceConfiguration) -> tuple[Query, ...]:
    """What fills the state tables."""
    del device
    asked = [Query(how="cli", ask=ask, parse=_sessions(family)) for family, ask in SUMMARIES.items()]
    asked += [Query(how="cli", ask=ask, parse=routes) for ask in ROUTES]
    asked.append(Query(how="cli", ask=INTERFACES, parse=interfaces))
    asked.append(Query(how="cli", ask=LLDP, parse=lldp))
    return tuple(asked)


def _object(answer: bytes, *wanted: str) -> dict[str, Any]:
    """A JSON object with these members. ValueError for anything else."""
    value: object = json.loads(answer)
    if not isinstance(value, dict):
        raise ValueError("the answer is no JSON object")
    found = cast("dict[str, Any]", value)
    for name in wanted:
        if not isinstance(found.get(name), (dict, list)):
            raise ValueError(f"the answer has no `{name}`")
    return found


def _members(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("an object is expected")
    return cast("Mapping[str, Any]", value)


def _sessions(family: str) -> Callable[[bytes], tuple[Report, ...]]:
    def parse(answer: bytes) -> tuple[Report, ...]:
        return sessions(family, answer)

    return parse


def sessions(family: str, answer: bytes) -> tuple[SummaryReport, ...]:
    """`show ip bgp summary vrf all`: a session per peer."""
    found: list[SummaryReport] = []
    for vrf, of in _members(_object(answer, "vrfs")["vrfs"]).items():
        for peer, state in _members(_members(of).get("peers", {})).items():
            up = str(_members(state).get("peerState", "")) == "Established"
            address = peer.partition("%")[0]
            found.append(SummaryReport(vrf=vrf, peer=canonical_address(address), family=family, established=up))
    return tuple(found)


def routes(answer: bytes) -> tuple[RibReport, ...]:
    """`show ip route vrf all`."""
    found: list[RibReport] = []
    for vrf, of in _members(_object(answer, "vrfs")["vrfs"]).items():
        for prefix, route in _members(_members(of).get("routes", {})).items():
            entry = _members(route)
            kind = _PROTOCOLS.get(str(entry.get("routeType", "")).lower())
            if kind is None:
                continue
            hops = entry.get("vias", [])
            if not isinstance(hops, list):
                raise ValueError("`vias` is no list")
            found.append(
                RibReport(
                    vrf=vrf,
                    prefix=canonical_prefix(prefix),
                    protocol=kind,
                    next_hops=tuple(_hop(_members(hop)) for hop in cast("list[object]", hops)),
                )
            )
    return tuple(found)


def _hop(via: Mapping[str, Any]) -> NextHop:
    address = str(via.get("nexthopAddr") or via.get("vtepAddr") or "")
    return NextHop(
        address=canonical_address(address.partition("%")[0]) if address else "",
        interface=str(via.get("interface", "")),
    )


def interfaces(answer: bytes) -> tuple[InterfaceReport, ...]:
    """`show interfaces`."""
    found: list[InterfaceReport] = []
    for name, of in _members(_object(answer, "interfaces")["interfaces"]).items():
        entry = _members(of)
        found.append(
            InterfaceReport(
                name=name,
                vrf=str(entry.get("vrf", "default")),
                up=str(entry.get("lineProtocolStatus", "")) == "up",
                mtu=int(entry.get("mtu", 0)),
                mac=str(entry.get("physicalAddress", "")),
                addresses=tuple(_addresses(entry)),
            )
        )
    return tuple(found)


def _addresses(entry: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    listed = entry.get("interfaceAddress", [])
    for one in cast("list[object]", listed) if isinstance(listed, list) else []:
        primary = _members(_members(one).get("primaryIp", {}))
        address = str(primary.get("address", "0.0.0.0"))
        if address != "0.0.0.0":
            found.append(f"{address}/{primary.get('maskLen', 32)}")
    return found


def lldp(answer: bytes) -> tuple[LldpReport, ...]:
    """`show lldp neighbors`."""
    listed = _object(answer, "lldpNeighbors")["lldpNeighbors"]
    if not isinstance(listed, list):
        raise ValueError("`lldpNeighbors` is no list")
    found: list[LldpReport] = []
    for one in cast("list[object]", listed):
        entry = _members(one)
        found.append(
            LldpReport(
                interface=str(entry.get("port", "")),
                device=str(entry.get("neighborDevice", "")),
                port=str(entry.get("neighborPort", "")),
            )
        )
    return tuple(found)
