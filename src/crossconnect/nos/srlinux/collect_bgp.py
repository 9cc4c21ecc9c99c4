"""SR Linux' BGP RIB as reports: unicast paths of an instance, and of the default one the EVPN paths. Pure.

Source: YANG model srl_nokia-rib-bgp of 25.3. A route refers to a set of attributes by number; both are below one path,
so that one answer has them. `local-rib` has what sessions brought after their import policy, and the device's own
routes, which are from nobody (`0.0.0.0`). Sources of the answers in the tests are cited there.

Paths that the device has refused (by policy, or with itself in the AS path or the cluster list) are in its RIB, and in
no other system's; they are left out. The VRF that a route was leaked from is not in the model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crossconnect.net import canonical_address, canonical_prefix
from crossconnect.nos.document import Value
from crossconnect.nos.reports import EvpnReport, PathReport, Report
from crossconnect.nos.srlinux.answer import address, at, entries, extended_of, number, peer_of, root, text, word, words

_UNICAST = ("ipv4-unicast", "ipv6-unicast")
_BEFORE = frozenset({*_UNICAST, "evpn"})
"""What earlier versions have below `bgp-rib` itself."""
_REFUSED = ("rejected-route", "as-loop", "cluster-loop")
_LOCAL_PREF = 100
"""Where a set has none, as own routes do: `local-preference` of srl_nokia-bgp."""
_NO_SEGMENT = "00:00:00:00:00:00:00:00:00:00"
_TYPES = {
    "ethernet-ad-route": 1,
    "mac-ip-route": 2,
    "imet-route": 3,
    "ethernet-segment-route": 4,
    "ip-prefix-route": 5,
}


def bgp_rib_path(instance: str) -> str:
    """The BGP RIB of a network instance with its sets of attributes."""
    return f"/network-instance[name={instance}]/bgp-rib"


def bgp_rib(answer: bytes) -> tuple[Report, ...]:
    """The answer to `bgp_rib_path`: all paths of the local RIBs."""
    found: list[Report] = []
    for instance in entries(root(answer, "network-instance")):
        rib = instance.get("bgp-rib")
        if isinstance(rib, dict) and _BEFORE & rib.keys():
            raise ValueError("the BGP RIB is in the form of versions before 25.3")
        sets = {text(one, "index"): one for one in entries(at(rib, "attr-sets", "attr-set"))}
        for family in entries(at(rib, "afi-safi")):
            name = word(family, "afi-safi-name")
            local = at(family, name, "local-rib")
            if isinstance(local, dict) and any(of.endswith("routes") for of in local):
                raise ValueError("the BGP RIB is in the form of versions before 25.3")
            if name in _UNICAST:
                found += _unicast(text(instance, "name"), local, sets)
            elif name == "evpn":
                found += [
                    _evpn(kind, route, attributes) for kind in _TYPES for route, attributes in _in(local, kind, sets)
                ]
    return tuple(found)


def _in(local: Value, name: str, sets: Mapping[str, Value]) -> Iterator[tuple[dict[str, Value], Value]]:
    """Routes of a list with their attributes. ValueError where the answer lacks those."""
    for route in entries(at(local, name)):
        if any(at(route, "invalid-reason", reason) is True for reason in _REFUSED):
            continue
        attributes = sets.get(text(route, "attr-id"))
        if attributes is None:
            raise ValueError(f"a route has attributes {text(route, 'attr-id')}, which are not in the answer")
        yield route, attributes


def _as_path(attributes: Value) -> str:
    """AS numbers; those of a set in braces, as FRR has them."""
    found: list[str] = []
    for segment in entries(at(attributes, "as-path", "segment")):
        members = words(segment, "member")
        found += [f"{{{','.join(members)}}}"] if text(segment, "type") == "as-set" else members
    return " ".join(found)


# --- unicast ----------------------------------------------------------------------------------------------------------


def _unicast(vrf: str, local: Value, sets: Mapping[str, Value]) -> list[PathReport]:
    routes = list(_in(local, "route", sets))
    used: dict[str, int] = {}
    for route, _ in routes:
        if at(route, "used-route") is True:
            used[text(route, "prefix")] = used.get(text(route, "prefix"), 0) + 1
    found: list[PathReport] = []
    for route, attributes in routes:
        peer = peer_of(text(route, "neighbor"))
        next_hop = address(text(attributes, "next-hop")) if peer else ""
        communities = [
            *words(attributes, "communities", "community"),
            *words(attributes, "communities", "large-community"),
        ]
        found.append(
            PathReport(
                vrf=vrf,
                prefix=canonical_prefix(text(route, "prefix")),
                peer=peer,
                next_hop=next_hop,
                forwards_to=next_hop,
                as_path=_as_path(attributes),
                local_pref=number(attributes, "local-pref")
                if at(attributes, "local-pref") is not None
                else _LOCAL_PREF,
                med=number(attributes, "med"),
                communities=tuple(sorted(communities)),
                extended=extended_of(words(attributes, "communities", "ext-community")),
                best=at(route, "best-route") is True,
                multipath=at(route, "used-route") is True and used[text(route, "prefix")] > 1,
                leaked_from="",
            )
        )
    return found


# --- EVPN -------------------------------------------------------------------------------------------------------------


def _evpn(kind: str, route: Mapping[str, Value], attributes: Value) -> EvpnReport:
    entry = dict(route)
    esi = text(entry, "esi").lower()
    return EvpnReport(
        rd=text(entry, "route-distinguisher"),
        route_type=_TYPES[kind],
        ethernet_tag=number(entry, "ethernet-tag-id"),
        esi="" if esi == _NO_SEGMENT else esi,
        mac=text(entry, "mac-address").lower(),
        ip=_address_of(kind, entry),
        next_hop=address(text(attributes, "next-hop")),
        as_path=_as_path(attributes),
        extended=extended_of(words(attributes, "communities", "ext-community")),
        labels=tuple(_labels(entry)),
        local=not peer_of(text(entry, "neighbor")),
        best=at(entry, "best-route") is True,
    )


def _address_of(kind: str, entry: Value) -> str:
    match kind:
        case "mac-ip-route":
            return address(text(entry, "ip-address"))
        case "imet-route" | "ethernet-segment-route":
            return canonical_address(text(entry, "originating-router"))
        case "ip-prefix-route":
            return canonical_prefix(text(entry, "ip-prefix"))
        case _:
            return ""


def _labels(entry: Value) -> Iterator[int]:
    """A host route has two, the second one only where its VRF has a VNI."""
    for name in ("label", "label1", "label2"):
        if at(entry, name, "value") is not None and (name != "label2" or number(entry, name, "value")):
            yield number(entry, name, "value")
