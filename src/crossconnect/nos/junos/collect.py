"""What Junos answers to `show ... | display json`, as reports.

Source: Junos "Junos XML Management Protocol / CLI User Guide", "Displaying output in JSON": every container is a list
of one object, and every leaf a list of one object with `data`. `show lldp neighbors` and `show bgp neighbor` by the
"CLI Reference", output fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import cast

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.net import canonical_address, canonical_prefix
from crossconnect.nos.network_os import Query
from crossconnect.nos.reports import LldpReport, NextHop, RibReport, SummaryReport

SESSIONS = "show bgp neighbor | display json"
ROUTES = "show route active-path | display json"
LLDP = "show lldp neighbors | display json"

_FAMILIES = {"inet-unicast": "ipv4-unicast", "inet6-unicast": "ipv6-unicast", "evpn": "l2vpn-evpn"}
_PROTOCOLS = {"Direct": "connected", "Local": "local", "BGP": "bgp", "Static": "static", "EVPN": "evpn"}


def queries(device: DeviceConfiguration) -> tuple[Query, ...]:
    """What fills the state tables."""
    del device
    return (
        Query(how="cli", ask=SESSIONS, parse=sessions),
        Query(how="cli", ask=ROUTES, parse=routes),
        Query(how="cli", ask=LLDP, parse=lldp),
    )


def _members(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError("an object is expected")
    return cast("dict[str, object]", value)


def _each(holder: dict[str, object], name: str) -> Iterator[dict[str, object]]:
    """The objects of a container; none where it is not there."""
    value = holder.get(name, [])
    if not isinstance(value, list):
        raise ValueError(f"{name} is no list")
    for item in cast("list[object]", value):
        yield _members(item)


def _leaf(holder: dict[str, object], name: str) -> str:
    """A leaf's text, empty where it is not there."""
    for item in _each(holder, name):
        data = item.get("data", "")
        if not isinstance(data, str):
            raise ValueError(f"{name} has no text")
        return data
    return ""


def _top(answer: bytes, name: str) -> Iterator[dict[str, object]]:
    holder = _members(json.loads(answer))
    if name not in holder:
        raise ValueError(f"no {name} in the answer")
    return _each(holder, name)


def sessions(answer: bytes) -> tuple[SummaryReport, ...]:
    """`show bgp neighbor`: a report per family of a session."""
    out: list[SummaryReport] = []
    for information in _top(answer, "bgp-information"):
        for peer in _each(information, "bgp-peer"):
            address = canonical_address(_leaf(peer, "peer-address").partition("+")[0].partition("%")[0])
            instance = _leaf(peer, "peer-cfg-rti") or _leaf(peer, "peer-fwd-rti")
            vrf = "default" if instance in ("", "master") else instance
            families: list[str] = []
            for options in _each(peer, "bgp-option-information"):
                families += _leaf(options, "address-families").split()
            established = _leaf(peer, "peer-state") == "Established"
            out += [
                SummaryReport(vrf=vrf, peer=address, family=_FAMILIES[family], established=established)
                for family in families
                if family in _FAMILIES
            ]
    return tuple(out)


def _table(name: str) -> str:
    """VRF of a unicast routing table, empty for other tables: `red.inet.0`, `inet6.0`, `bgp.evpn.0`."""
    for suffix in ("inet.0", "inet6.0"):
        if name == suffix:
            return "default"
        if name.endswith(f".{suffix}"):
            return name.removesuffix(f".{suffix}")
    return ""


def routes(answer: bytes) -> tuple[RibReport, ...]:
    """`show route active-path`: active routes of unicast tables with their next hops."""
    out: list[RibReport] = []
    for information in _top(answer, "route-information"):
        for table in _each(information, "route-table"):
            vrf = _table(_leaf(table, "table-name"))
            if vrf:
                for route in _each(table, "rt"):
                    out += _route(vrf, route)
    return tuple(out)


def _route(vrf: str, route: dict[str, object]) -> Iterator[RibReport]:
    prefix = canonical_prefix(_leaf(route, "rt-destination"))
    for one in _each(route, "rt-entry"):
        if not _leaf(one, "active-tag"):
            continue
        hops = [
            NextHop(address=_leaf(hop, "to"), interface=_leaf(hop, "via") or _leaf(hop, "nh-local-interface"))
            for hop in _each(one, "nh")
        ]
        protocol = _leaf(one, "protocol-name")
        known = _PROTOCOLS.get(protocol, protocol.lower())
        yield RibReport(vrf=vrf, prefix=prefix, protocol=known, next_hops=tuple(hops))


def lldp(answer: bytes) -> tuple[LldpReport, ...]:
    """`show lldp neighbors`: own ports without unit 0."""
    out: list[LldpReport] = []
    for information in _top(answer, "lldp-neighbors-information"):
        for one in _each(information, "lldp-neighbor-information"):
            port = _leaf(one, "lldp-local-port-id") or _leaf(one, "lldp-local-interface")
            remote = _leaf(one, "lldp-remote-port-id") or _leaf(one, "lldp-remote-port-description")
            name = port.removesuffix(".0")
            out.append(LldpReport(interface=name, device=_leaf(one, "lldp-remote-system-name"), port=remote))
    return tuple(out)
