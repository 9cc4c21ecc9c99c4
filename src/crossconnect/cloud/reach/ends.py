"""The two ends that a question names, and the packet between them."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.load_balancer import LoadBalancer, addresses_of
from crossconnect.cloud.kinds.network_interface import NetworkInterface, own_addresses
from crossconnect.cloud.kinds.private_link import ServiceEndpoint, endpoint_addresses
from crossconnect.cloud.reach.hop import ReachabilityBody
from crossconnect.cloud.reach.places import Finder, private_gateway_for
from crossconnect.cloud.region import CloudRegion, ProviderNetwork
from crossconnect.cloud.resource import ID, Resource, invalid, missing
from crossconnect.cloud.verdict import Packet
from crossconnect.net import canonical_address, unroutable, version_of

R = TypeVar("R", bound=Resource)
PORTS = ("tcp", "udp")
ECHO = {"icmp": 8, "icmpv6": 128}
"""Types of echo requests (RFC 792, RFC 4443 4.1)."""
_KINDS: dict[str, type[NetworkInterface | ElasticIp | LoadBalancer | ServiceEndpoint]] = {
    "eni": NetworkInterface,
    "eip": ElasticIp,
    "lb": LoadBalancer,
    "vpce": ServiceEndpoint,
}
_WORDS = {"eni": "network-interface", "eip": "elastic-ip", "lb": "load-balancer", "vpce": "service-endpoint"}


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends what to whom."""

    packet: Packet
    sender: NetworkInterface | None
    """None: somebody outside."""
    vpc_id: str
    """Of the interface or load balancer that is named as destination; others are found on the way."""
    network: ProviderNetwork
    """In which somebody outside is."""


def ends_of(asked: ReachabilityBody, region: CloudRegion, finder: Finder, *, whole: bool) -> Ends:
    """The ends of a question; Refused for what is not there, or another project's unless `whole`."""
    _check(asked)
    network = next((n for n in (region.internet, *region.networks) if n.name == asked.network), None)
    if network is None:
        raise _no_network(asked)
    source = _found(asked.source, "/source", ("eni", "eip"), finder, whole=whole)
    target = _found(asked.destination, "/destination", (*_KINDS,), finder, whole=whole)
    sender = _sender(source, finder) if isinstance(source, Resource) else None
    vpc_id = target.vpc_id if isinstance(target, NetworkInterface | LoadBalancer) else ""
    if (
        network != region.internet
        and not whole
        and (not vpc_id or private_gateway_for(vpc_id, network, finder) is None)
    ):
        raise _no_network(asked)
    version = _version(source, target)
    if isinstance(source, str):
        public = network == region.internet
        destination = _from_outside(target, version, finder, public=public)
    else:
        destination = _from_inside(target, version)
    if not destination:
        message = f"{asked.destination} has no address of IPv{version} that the source could send to"
        raise invalid("reachability.no-address", message, "/destination")
    origin = source if isinstance(source, str) else _own(sender, version)
    if not origin or version_of(origin) != version_of(destination):
        message = f"source and destination have no IP version in common: {origin or asked.source}, {destination}"
        raise invalid("reachability.version", message, "/destination")
    return Ends(packet=_packet(asked, origin, destination), sender=sender, vpc_id=vpc_id, network=network)


def _no_network(asked: ReachabilityBody) -> Exception:
    message = f"no provider network {asked.network[:63]!r} that the destination has a private gateway to"
    return invalid("reachability.network", message, "/network")


def _check(asked: ReachabilityBody) -> None:
    if asked.protocol not in (*PORTS, *ECHO) and not (
        asked.protocol.isascii()
        and asked.protocol.isdigit()
        and len(asked.protocol) <= 3
        and int(asked.protocol) <= 255
    ):
        message = f"{asked.protocol[:20]!r} is no protocol: tcp, udp, icmp, icmpv6, or a number up to 255"
        raise invalid("reachability.protocol", message, "/protocol")
    if asked.protocol in PORTS and asked.destination_port is None:
        raise invalid("reachability.port", f"{asked.protocol} needs a port", "/destination_port")
    for name, value in (("source_port", asked.source_port), ("destination_port", asked.destination_port)):
        if value is not None and not 1 <= value <= 65535:
            raise invalid("reachability.port", f"a port is 1 to 65535, not {value}", f"/{name}")
    for name, value in (("icmp_type", asked.icmp_type), ("icmp_code", asked.icmp_code)):
        if value is not None and not 0 <= value <= 255:
            raise invalid("reachability.icmp", f"ICMP's types and codes are 0 to 255, not {value}", f"/{name}")


def _found(text: str, field: str, kinds: tuple[str, ...], finder: Finder, *, whole: bool) -> Resource | str:
    """A resource by its id, or an address."""
    prefix = text.partition("-")[0]
    if prefix in kinds and ID.fullmatch(text):
        kind = _KINDS[prefix]
        found = finder.shared(kind, text) if whole else finder.get(kind, text)
        if found is None:
            raise missing(_WORDS[prefix], text, field)
        return found
    try:
        address = canonical_address(text)
    except ValueError:
        known = ", ".join(f"{one}-..." for one in kinds)
        message = f"{text[:80]!r} is neither an address nor an id that can be meant here: {known}"
        raise invalid("reachability.end", message, field) from None
    if why := unroutable(address):
        raise invalid("reachability.end", f"{address} is {why}, which routers do not forward", field)
    return address


def _sender(source: Resource, finder: Finder) -> NetworkInterface:
    if isinstance(source, ElasticIp):
        found = finder.shared(NetworkInterface, source.network_interface_id) if source.network_interface_id else None
        if found is None:
            message = f"{source.id} is not associated with an interface: nothing is sent from it"
            raise invalid("reachability.not-associated", message, "/source")
        return found
    assert isinstance(source, NetworkInterface)
    return source


def _version(source: Resource | str, target: Resource | str) -> int:
    """Of the end that has but one; else IPv4 where the source has it."""
    for end in (source, target):
        if isinstance(end, str):
            return version_of(end)
        if isinstance(end, ServiceEndpoint) and not end.addresses:
            return 6
        both = isinstance(end, LoadBalancer | ServiceEndpoint) and bool(end.ipv6_addresses)
        if both and isinstance(source, NetworkInterface):
            return 4 if source.private_addresses else 6
        if not isinstance(end, NetworkInterface):
            return 4
    both = [end for end in (source, target) if isinstance(end, NetworkInterface)]
    return 4 if all(end.private_addresses for end in both) else 6


def _own(interface: NetworkInterface | None, version: int) -> str:
    if interface is None:
        return ""
    return next(iter(own_addresses(interface, version)), "")


def _from_inside(target: Resource | str, version: int) -> str:
    if isinstance(target, str):
        return target
    if isinstance(target, ElasticIp):
        return target.address
    if isinstance(target, LoadBalancer):
        return next(iter(addresses_of(target, version)), "")
    if isinstance(target, ServiceEndpoint):
        return next(iter(endpoint_addresses(target, version)), "")
    assert isinstance(target, NetworkInterface)
    return _own(target, version)


def _from_outside(target: Resource | str, version: int, finder: Finder, *, public: bool) -> str:
    """The address by which the outside knows something: of an interface its elastic IP, where it has one."""
    if isinstance(target, LoadBalancer) and public:
        if version == 6:
            return next(iter(target.ipv6_addresses), "") if target.elastic_ip_id else ""
        elastic = finder.shared(ElasticIp, target.elastic_ip_id) if target.elastic_ip_id else None
        return elastic.address if elastic is not None else ""
    if isinstance(target, NetworkInterface) and public and version == 4:
        elastic = next(iter(finder.shared_referring(ElasticIp, target.id, "network_interface_id")), None)
        return elastic.address if elastic is not None else _own(target, version)
    return _from_inside(target, version)


def _packet(asked: ReachabilityBody, source: str, destination: str) -> Packet:
    if asked.protocol in PORTS:
        return Packet(
            source=source,
            destination=destination,
            protocol=asked.protocol,
            source_port=asked.source_port,
            destination_port=asked.destination_port,
        )
    if asked.protocol in ECHO:
        kind = ECHO[asked.protocol] if asked.icmp_type is None else asked.icmp_type
        return Packet(
            source=source, destination=destination, protocol=asked.protocol, icmp_type=kind, icmp_code=asked.icmp_code
        )
    return Packet(source=source, destination=destination, protocol=asked.protocol)
