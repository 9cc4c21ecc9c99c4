"""Networks from which devices are being taken out: drained, and then gone."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.draining import drained_device


def drained(blueprint: Blueprint, names: Collection[str]) -> Blueprint:
    """The blueprint with some devices drained: they go on forwarding, and are nobody's choice while there is another
    one."""
    devices = tuple(drained_device(device) if device.name in names else device for device in blueprint.devices)
    return msgspec.structs.replace(blueprint, devices=devices)


def marked_drained(blueprint: Blueprint, names: Collection[str]) -> Blueprint:
    """The blueprint that the same files would give with `drained: true` for some devices."""
    if not names:
        return blueprint
    marked = {*blueprint.drained, *names}
    return msgspec.structs.replace(
        drained(blueprint, names), drained=tuple(device.name for device in blueprint.devices if device.name in marked)
    )


def drained_names(blueprint: Blueprint) -> frozenset[str]:
    """Devices whose configuration takes them out of traffic."""
    return frozenset(
        device.name
        for device in blueprint.devices
        if any(instance.bgp is not None and instance.bgp.graceful_shutdown for instance in device.network_instances)
    )


def without_devices(blueprint: Blueprint, names: Collection[str], links: Collection[str] = ()) -> Blueprint:
    """The blueprint as if some switches, servers, external routers and cables were not there, nor what hangs on nothing
    else: what is left is the network that a further failure would meet."""
    gone = set(names)
    wires = tuple(w for w in blueprint.wires if w.key not in links and gone.isdisjoint((w.a_device, w.b_device)))
    cabled = {w.a_device for w in wires}
    ends = {(w.a_device, w.b_device) for w in wires}
    hosts = tuple(
        msgspec.structs.replace(host, leaves=tuple(leaf for leaf in host.leaves if (host.name, leaf) in ends))
        for host in blueprint.hosts
        if host.name in cabled and host.name not in gone
    )
    peers = tuple(
        msgspec.structs.replace(peer, sessions=tuple(s for s in peer.sessions if s.device not in gone))
        for peer in blueprint.peers
        if peer.name in cabled and peer.name not in gone
    )
    return msgspec.structs.replace(
        blueprint,
        devices=tuple(device for device in blueprint.devices if device.name not in gone),
        wires=wires,
        hosts=hosts,
        peers=peers,
        vrfs=tuple(
            msgspec.structs.replace(vrf, devices=tuple(d for d in vrf.devices if d not in gone))
            for vrf in blueprint.vrfs
        ),
        segments=tuple(
            msgspec.structs.replace(segment, devices=tuple(d for d in segment.devices if d not in gone))
            for segment in blueprint.segments
        ),
        risks=tuple(
            msgspec.structs.replace(
                risk,
                devices=tuple(d for d in risk.devices if d not in gone),
                wires=tuple(key for key in risk.wires if any(w.key == key for w in wires)),
            )
            for risk in blueprint.risks
        ),
    )
