"""What Junos answers to `show ... | display json`, as reports.

Sources: Junos OS "CLI User Guide", "display json" (every value is a list of objects with `data`), the elements of each
command in the Junos XML API Explorer, and recorded answers of vQFX 19.4 and Junos 25.4 in public test data, cited in
the tests.

`show interfaces` does not say the VRF of an interface, `show route instance` does, but for the default one:
`nos.joined` puts both together.

Left out, as no published answer has it: large communities.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.net import canonical_address, canonical_prefix
from crossconnect.nos.junos.answer import (
    address,
    as_path_of,
    elements,
    extended_of,
    number,
    roots,
    text,
    texts,
)
from crossconnect.nos.junos.collect_evpn import (
    BRIDGE_DOMAINS,
    EVPN_ROUTES,
    FLOOD_LISTS,
    L3_CONTEXTS,
    MACS,
    bridge_domains,
    evpn_paths,
    flood_lists,
    l3_contexts,
    macs,
)
from crossconnect.nos.network_os import Query
from crossconnect.nos.reports import (
    InterfaceReport,
    LldpReport,
    NextHop,
    PathReport,
    RibReport,
    SessionReport,
    VrfInterfaceReport,
)

SESSIONS = "show bgp neighbor | display json"
ROUTES = "show route active-path | display json"
PATHS = "show route protocol bgp detail | display json"
INTERFACES = "show interfaces | display json"
INSTANCES = "show route instance detail | display json"
LLDP = "show lldp neighbors | display json"

_FAMILIES = {"inet-unicast": "ipv4-unicast", "inet6-unicast": "ipv6-unicast", "evpn": "l2vpn-evpn"}
_ROUTING = frozenset({"forwarding", "non-forwarding", "no-forwarding", "virtual-router", "vrf"})
"""Types of instances that are VRFs; Junos's own, which begin with `__`, are of the first. Others bridge."""
_IP = frozenset({"inet", "inet6"})
_PROTOCOLS = {"BGP": "bgp", "EVPN": "bgp", "Direct": "connected", "Static": "static"}


def queries(device: DeviceConfiguration) -> tuple[Query, ...]:
    """What fills the state tables."""
    asked = [
        Query(how="cli", ask=SESSIONS, parse=sessions),
        Query(how="cli", ask=ROUTES, parse=routes),
        Query(how="cli", ask=INTERFACES, parse=interfaces),
        Query(how="cli", ask=INSTANCES, parse=vrf_interfaces),
        Query(how="cli", ask=LLDP, parse=lldp),
        Query(how="cli", ask=PATHS, parse=bgp_paths),
        Query(how="cli", ask=EVPN_ROUTES, parse=evpn_paths),
    ]
    if device.vtep:
        vnis_of = {i.vlan: i.vni for i in device.network_instances if i.kind == "mac-vrf" and i.vlan and i.vni}
        asked.append(Query(how="cli", ask=BRIDGE_DOMAINS, parse=bridge_domains))
        asked.append(Query(how="cli", ask=FLOOD_LISTS, parse=flood_lists))
        asked.append(Query(how="cli", ask=L3_CONTEXTS, parse=l3_contexts))
        asked.append(Query(how="cli", ask=MACS, parse=functools.partial(macs, vnis_of)))
    return tuple(asked)


def sessions(answer: bytes) -> tuple[SessionReport, ...]:
    """`show bgp neighbor`: a record per family that both sides announced."""
    found: list[SessionReport] = []
    for information in roots(answer, "bgp-information"):
        for peer in elements(information, "bgp-peer"):
            up = text(peer, "peer-state") == "Established"
            vrf = text(peer, "peer-cfg-rti") or "master"
            families = text(peer, "nlri-type-session") or text(peer, "nlri-type-peer")
            for word in families.split():
                if word in _FAMILIES:
                    found.append(
                        SessionReport(
                            vrf="default" if vrf == "master" else vrf,
                            peer=address(text(peer, "peer-address")),
                            family=_FAMILIES[word],
                            remote_asn=int(text(peer, "peer-as") or 0),
                            negotiated=up,
                        )
                    )
    return tuple(found)


def routes(answer: bytes) -> tuple[RibReport, ...]:
    """`show route active-path`: tables `inet.0`, `inet6.0` and those of VRFs."""
    found: list[RibReport] = []
    for information in roots(answer, "route-information"):
        for table in elements(information, "route-table"):
            vrf = _vrf_of(text(table, "table-name"))
            for route in elements(table, "rt") if vrf else ():
                if (report := _route(vrf, route)) is not None:
                    found.append(report)
    return tuple(found)


def _vrf_of(table: str) -> str:
    """`red-prod` of `red-prod.inet.0`, `default` of `inet.0`; empty for tables of other kinds."""
    for kind in ("inet.0", "inet6.0"):
        if table == kind:
            return "default"
        if table.endswith(f".{kind}"):
            return table.removesuffix(f".{kind}")
    return ""


def _route(vrf: str, route: Mapping[str, Any]) -> RibReport | None:
    for entry in elements(route, "rt-entry"):
        protocol = _PROTOCOLS.get(text(entry, "protocol-name"))
        if protocol is None:
            return None
        hops = [
            NextHop(address=address(text(hop, "to")), interface=text(hop, "via").removesuffix(".0"))
            for hop in elements(entry, "nh")
        ]
        prefix = canonical_prefix(text(route, "rt-destination"))
        return RibReport(vrf=vrf, prefix=prefix, protocol=protocol, next_hops=tuple(hops))
    return None


def bgp_paths(answer: bytes) -> tuple[PathReport, ...]:
    """`show route protocol bgp detail`: what sessions brought to the tables of `routes`."""
    found: list[PathReport] = []
    for information in roots(answer, "route-information"):
        for table in elements(information, "route-table"):
            vrf = _vrf_of(text(table, "table-name"))
            for route in elements(table, "rt") if vrf else ():
                prefix = canonical_prefix(f"{text(route, 'rt-destination')}/{text(route, 'rt-prefix-length')}")
                found += [_path(vrf, prefix, entry) for entry in elements(route, "rt-entry")]
    return tuple(found)


def _path(vrf: str, prefix: str, entry: Mapping[str, Any]) -> PathReport:
    peer = address(text(entry, "gateway"))
    hops = [address(hop) for hop in texts(entry, "nh", "to")]
    # A next hop that another route resolves is the protocol's; the best path of several has the next hops of all.
    own = peer if peer in hops or not hops else hops[0]
    next_hop = address(text(entry, "protocol-nh", "to")) or own
    return PathReport(
        vrf=vrf,
        prefix=prefix,
        peer=peer,
        next_hop=next_hop,
        forwards_to=next_hop,
        as_path=as_path_of(entry),
        local_pref=number(text(entry, "local-preference")),
        med=number(text(entry, "metric")),
        communities=tuple(sorted(texts(entry, "communities", "community"))),
        extended=extended_of(entry),
        best="current-active" in entry,
        multipath="Multipath" in text(entry, "bgp-rt-flag"),
        leaked_from="",
    )


def interfaces(answer: bytes) -> tuple[InterfaceReport, ...]:
    """`show interfaces`: a record per unit, named as the design names it, and one per port without units."""
    found: list[InterfaceReport] = []
    for information in roots(answer, "interface-information"):
        for port in elements(information, "physical-interface"):
            name, up = text(port, "name").strip(), text(port, "oper-status").strip() == "up"
            mac = text(port, "current-physical-address").strip().lower()
            units = list(elements(port, "logical-interface"))
            if not units:
                found.append(
                    InterfaceReport(name=name, vrf="", up=up, mtu=number(text(port, "mtu")), mac=mac, addresses=())
                )
            for of in units:
                found.append(_unit(of, up, mac))
    return tuple(found)


def _unit(of: Mapping[str, Any], up: bool, mac: str) -> InterfaceReport:
    addresses: list[str] = []
    mtu = 0
    for family in elements(of, "address-family"):
        mtu = mtu or number(text(family, "mtu"))
        if text(family, "address-family-name") not in _IP or "address-family-unnumbered" in family:
            continue  # chassis-internal families have numbers of their own; an unnumbered one lends lo0's address
        for one in elements(family, "interface-address"):
            local = text(one, "ifa-local").strip()
            length = text(one, "ifa-destination").strip().rpartition("/")[2]
            if local and not local.startswith("fe80"):
                bits = "128" if ":" in local else "32"
                addresses.append(f"{canonical_address(local)}/{length if length.isdigit() else bits}")
    return InterfaceReport(
        name=text(of, "name").strip().removesuffix(".0"), vrf="", up=up, mtu=mtu, mac=mac, addresses=tuple(addresses)
    )


def vrf_interfaces(answer: bytes) -> tuple[VrfInterfaceReport, ...]:
    """`show route instance detail`: an instance's units. `master` lists none: it has what is in no other one."""
    found: list[VrfInterfaceReport] = []
    for information in roots(answer, "instance-information"):
        for instance in elements(information, "instance-core"):
            name = text(instance, "instance-name")
            if name == "master":
                found.append(VrfInterfaceReport(vrf="default", interface=""))
            elif text(instance, "instance-type") in _ROUTING:
                units = texts(instance, "instance-interface", "interface-name")
                found += [VrfInterfaceReport(vrf=name, interface=unit.removesuffix(".0")) for unit in units]
    return tuple(found)


def lldp(answer: bytes) -> tuple[LldpReport, ...]:
    """`show lldp neighbors`."""
    found: list[LldpReport] = []
    for information in roots(answer, "lldp-neighbors-information"):
        for one in elements(information, "lldp-neighbor-information"):
            found.append(
                LldpReport(
                    interface=text(one, "lldp-local-port-id").removesuffix(".0"),
                    device=text(one, "lldp-remote-system-name"),
                    port=text(one, "lldp-remote-port-id") or text(one, "lldp-remote-port-description"),
                )
            )
    return tuple(found)
