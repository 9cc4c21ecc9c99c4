"""What no simulation can make good: references that lead nowhere, switches that fall apart into groups."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.policy import Statement
from crossconnect.finding import Finding, Place, found
from crossconnect.net.order import natural_key
from crossconnect.simulate.codes import PARTITION, POLICY_REFERENCE
from crossconnect.simulate.network import Settled
from crossconnect.simulate.topology import DEFAULT

NAMES_MAX = 8
"""Devices of a group that a message names."""


def soundness_findings(settled: Settled) -> tuple[Finding, ...]:
    """All of them, for a network under its failures."""
    devices = settled.network.topology.blueprint.devices
    references = [finding for device in devices for finding in _references(settled, device)]
    return (*references, *_partition(settled))


def _references(settled: Settled, device: DeviceConfiguration) -> Iterator[Finding]:
    """Policies that sessions and instances name, and sets that policies name, which the device does not have."""
    policy = device.routing_policy
    names = {known.name for known in policy.policies}
    here = Place(path=f"devices/{device.name}")
    peers = settled.network.topology.peers
    for instance in device.network_instances:
        users = [("imports of other VRFs", instance.imports_policy, Place(path=instance.path))]
        for neighbor in instance.bgp.neighbors if instance.bgp is not None else ():
            peer = peers.get(neighbor.device)
            place = Place(path=peer.path if peer is not None else f"devices/{neighbor.device}")
            what = f"the session with {neighbor.device} {neighbor.key}"
            for family in neighbor.families:
                users += [(what, family.import_policy, place), (what, family.export_policy, place)]
        if instance.bgp is not None:
            users.append(("routes for EVPN", instance.bgp.evpn_advertise_policy, Place(path=instance.path)))
            users += [
                ("connected routes", o.connected_policy, Place(path=instance.path)) for o in instance.bgp.originate
            ]
        for what, name, place in dict.fromkeys(users):
            if name and name not in names:
                words = f"{device.name} ({instance.name}) has policy {name} for {what}, which is not defined there"
                yield found(POLICY_REFERENCE, here, words, related=(here, place) if place.path else (here,))
    sets = (
        {known.name for known in policy.prefix_sets},
        {known.name for known in policy.community_sets},
        {known.name for known in policy.as_path_sets},
    )
    for known in policy.policies:
        for statement in known.statements:
            for what, name in _missing(statement, sets):
                place = Place(path=statement.path) if statement.path else here
                words = (
                    f"statement {statement.name} of policy {known.name} refers to {what} {name}, which {device.name}"
                )
                yield found(POLICY_REFERENCE, place, f"{words} does not have", related=(place, here))


def _missing(statement: Statement, sets: tuple[set[str], set[str], set[str]]) -> Iterator[tuple[str, str]]:
    conditions = statement.conditions
    for what, name, known in (
        ("prefix set", conditions.prefix_set, sets[0]),
        ("community set", conditions.community_set, sets[1]),
        ("AS path set", conditions.as_path_set, sets[2]),
        ("community set", statement.actions.communities_remove, sets[1]),
    ):
        if name and name not in known:
            yield what, name


def _partition(settled: Settled) -> Iterator[Finding]:
    """Groups of running switches with no session between them."""
    network = settled.network
    group: dict[str, str] = {}

    def leader(name: str) -> str:
        while group[name] != name:
            group[name] = group[group[name]]
            name = group[name]
        return name

    for speaker in network.topology.speakers:
        if speaker.vrf == DEFAULT and settled.live.device_up(speaker.device):
            group[speaker.device] = speaker.device
    for session in network.sessions:
        if session.twin >= 0 and settled.up[session.index] and session.key.vrf == DEFAULT:
            other = network.sessions[session.twin].key.device
            if session.key.device in group and other in group:
                group[leader(session.key.device)] = leader(other)
    parts: dict[str, list[str]] = {}
    for name in sorted(group, key=natural_key):
        parts.setdefault(leader(name), []).append(name)
    if len(parts) > 1:
        sides = sorted(parts.values(), key=lambda names: (-len(names), natural_key(names[0])))
        told = "; ".join(_named(names) for names in sides)
        places = tuple(Place(path=f"devices/{names[0]}") for names in sides)
        yield found(PARTITION, places[-1], f"the region falls apart into {len(sides)} parts: {told}", related=places)


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMES_MAX} more" if len(names) > NAMES_MAX else ""
    return f"{', '.join(names[:NAMES_MAX])}{more}"
