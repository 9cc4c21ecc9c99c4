"""EVPN routes as VTEPs originate them (RFC 7432, 8365, 9135, 9136; contents as FRR's bgp_evpn.c makes them).

type 2, 3, 1/EVI   RD and route target of the MAC-VRF
type 2 with IP     besides: route target, VNI and router MAC of the IP-VRF, which make it a host route elsewhere
type 1/ES, 4       RD chosen by FRR at run time, written `<router id>:0` here
type 5             RD and route targets of the IP-VRF
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.net import address_of, host_prefix
from crossconnect.simulate.attachments import Attachment, attached
from crossconnect.simulate.portion import Portion
from crossconnect.simulate.topology import DEFAULT, Liveness, Topology

ETHERNET_TAG_SEGMENT = 0xFFFFFFFF
"""MAX-ET of RFC 7432 8.2.1: type 1 per Ethernet segment."""


class EvpnRoute(NamedTuple):
    """One route at its originator. `number` says which attributes it starts with."""

    device: str
    speaker: int
    rd: str
    route_type: int
    key: str
    next_hop: str
    route_targets: tuple[str, ...]
    labels: tuple[int, ...]
    router_mac: str
    esi: str
    number: int
    prefix: str
    """What it becomes in an IP-VRF: the host or IP prefix; empty for others."""


def local_routes(
    topology: Topology,
    live: Liveness,
    attached_here: Sequence[Attachment],
    hears: Callable[[str, str], bool],
    number: int,
    among: Portion | None = None,
) -> list[EvpnRoute]:
    """Routes of types 1 to 4 of all switches that are up, or those of some realms. `hears(a, b)` says whether leaf `a`
    receives the EVPN routes of leaf `b`; `number` stands for the attributes of a route that a speaker originates
    itself."""
    routes: list[EvpnRoute] = []
    devices = topology.blueprint.devices if among is None else [topology.devices[name] for name in among.devices]
    for device in devices:
        speaker = topology.speaker_at.get((device.name, DEFAULT), -1)
        if not device.vtep or speaker < 0 or not live.device_up(device.name) or live.suspended(device.name):
            continue
        if not topology.speakers[speaker].bgp.advertise_all_vni:
            continue
        bridged = [i for i in device.network_instances if i.kind == "mac-vrf" and i.vni is not None]
        if among is not None:
            bridged = [instance for instance in bridged if instance.name in among.mac_vrfs]
        routes += [_route(device, speaker, instance, number, 3, device.vtep) for instance in bridged]
        routes += _segment_routes(topology, live, device, bridged, number)
    routes += _mac_routes(topology, live, attached_here, hears, number)
    return routes


def _route(
    device: DeviceConfiguration, speaker: int, instance: NetworkInstance, number: int, route_type: int, key: str
) -> EvpnRoute:
    """A route of a MAC-VRF with nothing but its route targets."""
    return EvpnRoute(
        device=device.name,
        speaker=speaker,
        rd=instance.rd,
        route_type=route_type,
        key=key,
        next_hop=device.vtep,
        route_targets=tuple(sorted(instance.export_rts)),
        labels=(),
        router_mac="",
        esi="",
        number=number,
        prefix="",
    )


def _segment_routes(
    topology: Topology, live: Liveness, device: DeviceConfiguration, bridged: Iterable[NetworkInstance], number: int
) -> Iterator[EvpnRoute]:
    """Types 1 and 4. While the bond is down, FRR keeps type 1 per EVI and withdraws the others."""
    by_vlan = {instance.vlan: instance for instance in bridged}
    speaker = topology.speaker_at[(device.name, DEFAULT)]
    run_time_rd = f"{topology.speakers[speaker].bgp.router_id}:0"
    for interface in device.interfaces:
        if not interface.esi:
            continue
        esi = interface.esi
        instances = [by_vlan[member.vlan] for member in interface.members if member.vlan in by_vlan]
        for instance in instances:
            route = _route(device, speaker, instance, number, 1, f"{esi}/0")
            yield route._replace(esi=esi)
        if not instances or not live.interface_up(device.name, interface.name):
            continue
        base = _route(device, speaker, instances[0], number, 4, f"{esi}/{device.vtep}")._replace(
            rd=run_time_rd, esi=esi
        )
        yield base._replace(route_targets=(f"es-import:{interface.lacp_system_mac}",))
        yield base._replace(
            route_type=1,
            key=f"{esi}/{ETHERNET_TAG_SEGMENT}",
            route_targets=tuple(sorted({rt for instance in instances for rt in instance.export_rts})),
        )


def _mac_routes(
    topology: Topology,
    live: Liveness,
    attached_here: Sequence[Attachment],
    hears: Callable[[str, str], bool],
    number: int,
) -> Iterator[EvpnRoute]:
    """Type 2. A leaf of an Ethernet segment announces what the segment's other leaf sees, also while its own leg is
    down (FRR synchronises MACs within a segment), but then without what would make it a host route."""
    heard = [attached(attachment, live) for attachment in attached_here]
    active: dict[tuple[str, str], list[str]] = {}
    for attachment, here in zip(attached_here, heard, strict=True):
        if here and attachment.esi:
            active.setdefault((attachment.esi, attachment.host.name), []).append(attachment.leaf)
    for attachment, here in zip(attached_here, heard, strict=True):
        if not here:
            others = active.get((attachment.esi, attachment.host.name), ()) if attachment.esi else ()
            if not live.device_up(attachment.leaf) or not any(hears(attachment.leaf, other) for other in others):
                continue
        yield from _host_routes(topology, attachment, here, number)


def _host_routes(topology: Topology, attachment: Attachment, routed: bool, number: int) -> Iterator[EvpnRoute]:
    device = topology.devices[attachment.leaf]
    speaker = topology.speaker_at.get((device.name, DEFAULT), -1)
    instance = topology.instances[(device.name, attachment.endpoint.mac_vrf)]
    if speaker < 0 or instance.vni is None or not device.vtep:
        return
    mac = attachment.host.mac
    base = _route(device, speaker, instance, number, 2, mac)._replace(labels=(instance.vni,), esi=attachment.esi)
    yield base
    if not instance.irb:
        # Nobody here has a neighbour entry for the host: it stays a MAC address.
        return
    l3vrf = topology.instances.get((device.name, instance.l3vrf))
    with_ip, host_route = base, False
    if l3vrf is not None and l3vrf.vni is not None and l3vrf.host_routes:
        # FRR keeps the second label also where it leaves out what would make it a host route.
        with_ip, host_route = base._replace(labels=(instance.vni, l3vrf.vni)), routed
        if routed:
            with_ip = with_ip._replace(
                route_targets=tuple(sorted({*instance.export_rts, *l3vrf.export_rts})), router_mac=l3vrf.router_mac
            )
    for text in attachment.endpoint.addresses:
        address = address_of(text)
        prefix = host_prefix(address)
        yield with_ip._replace(key=f"{mac}/{address}", prefix=prefix if host_route else "")


def prefix_route(
    device: DeviceConfiguration, speaker: int, instance: NetworkInstance, prefix: str, number: int
) -> EvpnRoute:
    """Type 5 of an IP-VRF."""
    return EvpnRoute(
        device=device.name,
        speaker=speaker,
        rd=instance.rd,
        route_type=5,
        key=prefix,
        next_hop=device.vtep,
        route_targets=tuple(sorted(instance.export_rts)),
        labels=(instance.vni or 0,),
        router_mac=instance.router_mac,
        esi="",
        number=number,
        prefix=prefix,
    )
