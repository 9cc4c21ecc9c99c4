"""Probes that devices themselves send, where a gate has no servers to ask: between addresses of both networks.

VTEP's loopback --ring--> the next VTEP's loopback          loss and time of the underlay
gateway's address ------> a server of the segment           only where its one leaf is the device: an answer to an
                                                            anycast address goes to the nearest leaf that has it
border's own address ---> the external router's end, and an address of the first prefix that it announces
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.model.change import Objective
from crossconnect.net import address_of, address_text, parse, version_of
from crossconnect.nos.registry import system
from crossconnect.rollout.probes import DEFAULT, Probe

OF_DEVICE_MAX = 16
"""Probes of one device in a plan. Its system may be asked for fewer in a look (`NetworkOs.echoes_max`)."""


def device_probes(
    old: Blueprint, new: Blueprint, planned: Sequence[Probe], objectives: Sequence[Objective]
) -> tuple[Probe, ...]:
    """Probes by devices that both networks have, between addresses that both have. `planned`: those between servers,
    which say in which waves a network is missed by plan."""
    tenants = {objective.tenant: objective.name for objective in reversed(objectives)}
    lost = {probe.network: probe.lost_in for probe in planned}
    before = {_key(probe) for probe in _all(old)}
    made = [
        msgspec.structs.replace(
            probe,
            objective=tenants.get(probe.tenant, tenants.get("", DEFAULT.name)),
            lost_in=lost.get(probe.network, ()),
        )
        for probe in _all(new)
        if _key(probe) in before
    ]
    return tuple(sorted(_few(made, lambda _: OF_DEVICE_MAX)))


def _key(probe: Probe) -> tuple[str, ...]:
    return probe.source, probe.network, probe.source_address, probe.destination_address


def _all(blueprint: Blueprint) -> Iterator[Probe]:
    yield from _underlay(blueprint)
    yield from _servers(blueprint)
    yield from _outside(blueprint)


def _underlay(blueprint: Blueprint) -> Iterator[Probe]:
    """MLAG pairs share an address, so that it is the device's own one that is asked for."""
    own: list[tuple[str, str]] = []
    for device in blueprint.devices:
        loopbacks = (i for i in device.interfaces if i.kind == "loopback" and i.network_instance == "default")
        addresses = (address_of(a) for i in loopbacks for a in i.addresses if version_of(a) == 4)
        if device.vtep and (found := [a for a in addresses if device.mlag is None or a != device.vtep]):
            own.append((device.name, found[0]))
    for (name, address), (other, wanted) in zip(own, [*own[1:], *own[:1]], strict=True):
        if name != other:
            yield _probe(name, "default", address, other, wanted, "")


def _servers(blueprint: Blueprint) -> Iterator[Probe]:
    for host in blueprint.hosts:
        if len(host.leaves) != 1:
            continue
        for endpoint in host.endpoints:
            gateways = {version_of(gateway): gateway for gateway in endpoint.gateways}
            for address in endpoint.addresses:
                if endpoint.vrf and (gateway := gateways.get(version_of(address))):
                    yield _probe(host.leaves[0], endpoint.vrf, gateway, host.name, address_of(address), endpoint.tenant)


def _outside(blueprint: Blueprint) -> Iterator[Probe]:
    tenants = {vrf.name: vrf.tenant for vrf in blueprint.vrfs}
    for peer in blueprint.peers:
        prefixes = [parse(text) for text in peer.announces]
        for session in peer.sessions:
            version, tenant = version_of(session.remote_address), tenants.get(session.vrf, "")
            far = [address_of(session.local_address)]
            far += [address_text(version, p.value + 1) for p in prefixes if p.version == version and p.length > 0][:1]
            for address in far:
                yield _probe(session.device, session.vrf, session.remote_address, peer.name, address, tenant)


def _probe(source: str, vrf: str, address: str, other: str, wanted: str, tenant: str) -> Probe:
    return Probe(
        source=source,
        interface="",
        source_address=address,
        destination=other,
        destination_address=wanted,
        network=vrf,
        tenant=tenant,
        objective="",
    )


def _few(probes: Iterable[Probe], most: Callable[[str], int]) -> list[Probe]:
    """Of each device so many at most: its way through the underlay, then evenly of the others."""
    by_device: dict[str, list[Probe]] = {}
    for probe in probes:
        by_device.setdefault(probe.source, []).append(probe)
    found: list[Probe] = []
    for name, of in by_device.items():
        n, few = len(of), most(name)
        found += of if n <= few else [of[i * n // few] for i in range(few)]
    return found


def sent_by(network: Blueprint, probes: Iterable[Probe]) -> tuple[Probe, ...]:
    """Those of devices whose system can be told to ping, as many as it is asked for: for the others gates say that they
    send none."""
    systems = {device.name: system(device.nos) for device in network.devices}
    pinging = (probe for probe in probes if systems[probe.source].echoes is not None)
    return tuple(_few(pinging, lambda name: systems[name].echoes_max))


def asked_in(probes: Iterable[Probe], wave: int, silent: Collection[tuple[str, str]]) -> tuple[Probe, ...]:
    """Those that count after a wave: not where the plan says that something of their network is missing, nor those that
    nobody answered before the plan was begun."""
    return tuple(p for p in probes if wave not in p.lost_in and probe_key(p) not in silent)


def probe_key(probe: Probe) -> tuple[str, str]:
    """What a probe without an answer is remembered by: what is not well, and where."""
    return f"probe in {probe.network}: {probe.source_address} > {probe.destination_address}", probe.source
