"""What NX-OS answers to `show ... | json`, as reports.

Source: Cisco Nexus 9000 Series NX-OS Programmability Guide 10.3(x), "NX-API", and the answers of each command in
public test data. BGP tables are `collect_bgp`, VNIs and MAC addresses `collect_evpn`. `show interface` does not say the
VRF of an interface, `show vrf interface` does.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.net import canonical_address, canonical_prefix
from crossconnect.nos.network_os import Query
from crossconnect.nos.nxos.answer import long_name, mac_of, object_of, peer_of, rows
from crossconnect.nos.nxos.collect_bgp import BGP_TABLES, bgp_tables
from crossconnect.nos.nxos.collect_evpn import FLOOD_LISTS, MACS, VNIS, flood_lists, macs, vnis
from crossconnect.nos.reports import InterfaceReport, LldpReport, NextHop, RibReport, SummaryReport, VrfInterfaceReport

SUMMARY = "show bgp all summary vrf all | json"
ROUTES = ("show ip route vrf all | json", "show ipv6 route vrf all | json")
INTERFACES = "show interface | json"
VRF_INTERFACES = "show vrf interface | json"
LLDP = "show lldp neighbors | json"

_FAMILIES = {
    "ipv4 unicast": "ipv4-unicast",
    "ipv6 unicast": "ipv6-unicast",
    "l2vpn evpn": "l2vpn-evpn",
}


def queries(device: DeviceConfiguration) -> tuple[Query, ...]:
    """What fills the state tables."""
    asked = [Query(how="cli", ask=SUMMARY, parse=sessions)]
    asked += [Query(how="cli", ask=ask, parse=routes) for ask in ROUTES]
    asked.append(Query(how="cli", ask=BGP_TABLES, parse=bgp_tables))
    asked.append(Query(how="cli", ask=INTERFACES, parse=interfaces))
    asked.append(Query(how="cli", ask=VRF_INTERFACES, parse=vrf_interfaces))
    asked.append(Query(how="cli", ask=LLDP, parse=lldp))
    if device.vtep:
        vnis_of = {i.vlan: i.vni for i in device.network_instances if i.kind == "mac-vrf" and i.vlan and i.vni}
        peer_link = device.mlag.peer_link if device.mlag is not None else ""
        asked.append(Query(how="cli", ask=VNIS, parse=vnis))
        asked.append(Query(how="cli", ask=FLOOD_LISTS, parse=flood_lists))
        asked.append(Query(how="cli", ask=MACS, parse=functools.partial(macs, vnis_of, peer_link=peer_link)))
    return tuple(asked)


def sessions(answer: bytes) -> tuple[SummaryReport, ...]:
    """`show bgp all summary vrf all`."""
    found: list[SummaryReport] = []
    for vrf in rows(object_of(answer, "TABLE_vrf"), "vrf"):
        for af in rows(vrf, "af"):
            for saf in rows(af, "saf"):
                family = _FAMILIES.get(str(saf.get("af-name", "")).lower())
                for peer in rows(saf, "neighbor") if family else ():
                    found.append(
                        SummaryReport(
                            vrf=str(vrf.get("vrf-name-out", "default")),
                            peer=peer_of(str(peer.get("neighborid", ""))),
                            family=family or "",
                            established=str(peer.get("state", "")) == "Established",
                        )
                    )
    return tuple(found)


def routes(answer: bytes) -> tuple[RibReport, ...]:
    """`show ip route vrf all`."""
    found: list[RibReport] = []
    for vrf in rows(object_of(answer, "TABLE_vrf"), "vrf"):
        for family in rows(vrf, "addrf"):
            for prefix in rows(family, "prefix"):
                if (route := _route(str(vrf.get("vrf-name-out", "default")), prefix)) is not None:
                    found.append(route)
    return tuple(found)


def _route(vrf: str, prefix: Mapping[str, Any]) -> RibReport | None:
    hops: list[NextHop] = []
    protocol = ""
    for path in rows(prefix, "path"):
        client = str(path.get("clientname", ""))
        kind = "bgp" if client.startswith("bgp") else {"direct": "connected", "static": "static"}.get(client, "")
        if not kind:
            continue
        protocol = kind
        address = str(path.get("ipnexthop", "")).partition("%")[0]
        direct = kind == "connected"
        hops.append(
            NextHop(
                address=canonical_address(address) if address and not direct else "",
                interface=long_name(str(path.get("ifname", ""))),
            )
        )
    if not protocol:
        return None
    return RibReport(
        vrf=vrf, prefix=canonical_prefix(str(prefix.get("ipprefix", ""))), protocol=protocol, next_hops=tuple(hops)
    )


def interfaces(answer: bytes) -> tuple[InterfaceReport, ...]:
    """`show interface`: Ethernet, port channels and loopbacks as `eth_*`, SVIs as `svi_*`."""
    found: list[InterfaceReport] = []
    for row in rows(object_of(answer, "TABLE_interface"), "interface"):
        svi = "svi_line_proto" in row
        kind = "svi" if svi else "eth"
        state = str(row.get("svi_line_proto" if svi else "state", ""))
        address, length = row.get(f"{kind}_ip_addr"), row.get(f"{kind}_ip_mask")
        found.append(
            InterfaceReport(
                name=str(row.get("interface", "")),
                vrf="",
                up=state == "up",
                mtu=int(str(row.get(f"{kind}_mtu", 0))),
                mac=mac_of(str(row.get("svi_mac" if svi else "eth_hw_addr", ""))),
                addresses=(f"{address}/{length}",) if address and length is not None else (),
            )
        )
    return tuple(found)


def vrf_interfaces(answer: bytes) -> tuple[VrfInterfaceReport, ...]:
    """`show vrf interface`."""
    return tuple(
        VrfInterfaceReport(vrf=str(row.get("vrf_name", "")), interface=str(row.get("if_name", "")))
        for row in rows(object_of(answer, "TABLE_if"), "if")
    )


def lldp(answer: bytes) -> tuple[LldpReport, ...]:
    """`show lldp neighbors`: `chassis_id` is the system name where there is one."""
    return tuple(
        LldpReport(
            interface=long_name(str(row.get("l_port_id", ""))),
            device=str(row.get("chassis_id", "")),
            port=str(row.get("port_id", "")),
        )
        for row in rows(object_of(answer, "TABLE_nbor"), "nbor")
    )
