"""What Junos answers to `show ... | display json`, as reports.

Source: Junos OS "CLI User Guide", "display json" (every value is a list of objects with `data`), and the elements of
`show bgp neighbor`, `show route`, `show interfaces` and `show lldp neighbors` in the Junos XML API Explorer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.net import canonical_address, canonical_prefix
from crossconnect.nos.network_os import Query
from crossconnect.nos.reports import InterfaceReport, LldpReport, NextHop, RibReport, SessionReport

SESSIONS = "show bgp neighbor | display json"
ROUTES = "show route active-path | display json"
INTERFACES = "show interfaces | display json"
LLDP = "show lldp neighbors | display json"

_FAMILIES = {"inet-unicast": "ipv4-unicast", "inet6-unicast": "ipv6-unicast", "evpn": "l2vpn-evpn"}
_PROTOCOLS = {"BGP": "bgp", "EVPN": "bgp", "Direct": "connected", "Static": "static"}


def queries(device: DeviceConfiguration) -> tuple[Query, ...]:
    """What fills the state tables."""
    del device
    return (
        Query(how="cli", ask=SESSIONS, parse=sessions),
        Query(how="cli", ask=ROUTES, parse=routes),
        Query(how="cli", ask=INTERFACES, parse=interfaces),
        Query(how="cli", ask=LLDP, parse=lldp),
    )


def _object(answer: bytes, name: str) -> Iterator[Mapping[str, Any]]:
    """The elements of that name at the answer's root. ValueError for anything else."""
    found = _members(json.loads(answer))
    if name not in found:
        raise ValueError(f"the answer has no `{name}`")
    yield from _elements(found, name)


def _members(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("an object is expected")
    return cast("Mapping[str, Any]", value)


def _elements(holder: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """The elements of a name; none where there is none."""
    value = holder.get(name)
    if value is None:
        return
    if not isinstance(value, list):
        raise ValueError(f"`{name}` is no list")
    for element in cast("list[object]", value):
        yield _members(element)


def _data(holder: Mapping[str, Any], name: str) -> str:
    """The text of the first element of a name; empty for none."""
    return next((str(element.get("data", "")) for element in _elements(holder, name)), "")


def _address(text: str) -> str:
    """`10.0.0.1` of `10.0.0.1+179` and of `fe80::1%et-0/0/0.0`."""
    plain = text.partition("+")[0].partition("%")[0]
    return canonical_address(plain) if plain else ""


def sessions(answer: bytes) -> tuple[SessionReport, ...]:
    """`show bgp neighbor`: a record per family that both sides announced."""
    found: list[SessionReport] = []
    for information in _object(answer, "bgp-information"):
        for peer in _elements(information, "bgp-peer"):
            up = _data(peer, "peer-state") == "Established"
            vrf = _data(peer, "peer-cfg-rti") or "master"
            families = _data(peer, "nlri-type-session") or _data(peer, "nlri-type-peer")
            for word in families.split():
                if word in _FAMILIES:
                    found.append(
                        SessionReport(
                            vrf="default" if vrf == "master" else vrf,
                            peer=_address(_data(peer, "peer-address")),
                            family=_FAMILIES[word],
                            remote_asn=int(_data(peer, "peer-as") or 0),
                            negotiated=up,
                        )
                    )
    return tuple(found)


def routes(answer: bytes) -> tuple[RibReport, ...]:
    """`show route active-path`: tables `inet.0`, `inet6.0` and those of VRFs."""
    found: list[RibReport] = []
    for information in _object(answer, "route-information"):
        for table in _elements(information, "route-table"):
            vrf = _vrf_of(_data(table, "table-name"))
            for route in _elements(table, "rt") if vrf else ():
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
    for entry in _elements(route, "rt-entry"):
        protocol = _PROTOCOLS.get(_data(entry, "protocol-name"))
        if protocol is None:
            return None
        hops = [
            NextHop(address=_address(_data(hop, "to")), interface=_data(hop, "via").removesuffix(".0"))
            for hop in _elements(entry, "nh")
        ]
        prefix = canonical_prefix(_data(route, "rt-destination"))
        return RibReport(vrf=vrf, prefix=prefix, protocol=protocol, next_hops=tuple(hops))
    return None


def interfaces(answer: bytes) -> tuple[InterfaceReport, ...]:
    """`show interfaces`: a record per unit, named as the design names it, and one per port without units."""
    found: list[InterfaceReport] = []
    for information in _object(answer, "interface-information"):
        for port in _elements(information, "physical-interface"):
            name, up = _data(port, "name").strip(), _data(port, "oper-status").strip() == "up"
            mac = _data(port, "current-physical-address").strip().lower()
            units = list(_elements(port, "logical-interface"))
            if not units:
                found.append(
                    InterfaceReport(name=name, vrf="", up=up, mtu=_number(_data(port, "mtu")), mac=mac, addresses=())
                )
            for of in units:
                found.append(_unit(of, up, mac))
    return tuple(found)


def _unit(of: Mapping[str, Any], up: bool, mac: str) -> InterfaceReport:
    addresses: list[str] = []
    mtu = 0
    for family in _elements(of, "address-family"):
        mtu = mtu or _number(_data(family, "mtu"))
        for one in _elements(family, "interface-address"):
            local = _data(one, "ifa-local").strip()
            length = _data(one, "ifa-destination").strip().rpartition("/")[2]
            if local and not local.startswith("fe80"):
                bits = "128" if ":" in local else "32"
                addresses.append(f"{canonical_address(local)}/{length if length.isdigit() else bits}")
    return InterfaceReport(
        name=_data(of, "name").strip().removesuffix(".0"), vrf="", up=up, mtu=mtu, mac=mac, addresses=tuple(addresses)
    )


def _number(text: str) -> int:
    return int(text.strip()) if text.strip().isdigit() else 0


def lldp(answer: bytes) -> tuple[LldpReport, ...]:
    """`show lldp neighbors`."""
    found: list[LldpReport] = []
    for information in _object(answer, "lldp-neighbors-information"):
        for one in _elements(information, "lldp-neighbor-information"):
            found.append(
                LldpReport(
                    interface=_data(one, "lldp-local-port-id").removesuffix(".0"),
                    device=_data(one, "lldp-remote-system-name"),
                    port=_data(one, "lldp-remote-port-id") or _data(one, "lldp-remote-port-description"),
                )
            )
    return tuple(found)
