"""A device that is taken out of traffic: it goes on forwarding, and is nobody's choice where there is another one.

    fabric sessions    GRACEFUL_SHUTDOWN on what is sent, preference 0 for what is taken (RFC 8326); on some systems the
                       own ASN several times in front as well (`PREPEND_INSIDE`)
    external sessions  the same, and the own ASN several times in front: a router outside that does nothing with the
                       community has a longer AS path then, and takes another way (RFC 4271 9.1.2.2 a)

No MED is set: it is compared after the length of the AS path, and between paths of one neighbouring AS only.
"""

from __future__ import annotations

import msgspec

from crossconnect.device.bgp import Bgp, Neighbor
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.device.policy import Policy, Statement

PREPEND = 3
"""How often the ASN comes in front besides: longer than any way that differs by a router or two, and short enough for
limits on AS paths, which begin at 10 in the wild."""
PREPEND_INSIDE = frozenset({"eos", "junos", "srlinux"})
"""Systems that are given the same on sessions of the fabric: their neighbours may do nothing with the community.
Their renderers write it, the simulation counts with it, and a test holds both to each other."""
PREFIX = "xc-drained-"
"""Of names of export policies of a drained device."""

_replace = msgspec.structs.replace


def prepended_inside(device: DeviceConfiguration, bgp: Bgp) -> int:
    """How often a device's own ASN comes in front besides, of what it sends over sessions of the fabric."""
    return PREPEND if bgp.graceful_shutdown and device.nos in PREPEND_INSIDE else 0


def drained_device(device: DeviceConfiguration) -> DeviceConfiguration:
    """The device as it is while it is drained; the same again where it is already."""
    instances = tuple(_drained_instance(instance) for instance in device.network_instances)
    known = {policy.name: policy for policy in device.routing_policy.policies}
    used = _referenced(instances)
    made = {
        name: _prepending(name, known[name.removeprefix(PREFIX)])
        for name in used
        if name.startswith(PREFIX) and name not in known and name.removeprefix(PREFIX) in known
    }
    before = _referenced(device.network_instances)
    kept = tuple(policy for policy in known.values() if policy.name in used or policy.name not in before)
    policies = (*kept, *(made[name] for name in sorted(made)))
    return _replace(
        device,
        network_instances=instances,
        routing_policy=_replace(device.routing_policy, policies=policies) if made else device.routing_policy,
    )


def _drained_instance(instance: NetworkInstance) -> NetworkInstance:
    if instance.bgp is None:
        return instance
    neighbors = tuple(_drained_neighbor(neighbor) for neighbor in instance.bgp.neighbors)
    return _replace(instance, bgp=_replace(instance.bgp, graceful_shutdown=True, neighbors=neighbors))


def _drained_neighbor(neighbor: Neighbor) -> Neighbor:
    if neighbor.kind != "external":
        return neighbor
    families = tuple(
        _replace(family, export_policy=PREFIX + family.export_policy)
        if family.export_policy and not family.export_policy.startswith(PREFIX)
        else family
        for family in neighbor.families
    )
    return _replace(neighbor, families=families)


def _prepending(name: str, policy: Policy) -> Policy:
    return _replace(policy, name=name, statements=tuple(_longer(statement) for statement in policy.statements))


def _longer(statement: Statement) -> Statement:
    if not statement.accept:
        return statement
    actions = statement.actions
    return _replace(statement, actions=_replace(actions, prepend=actions.prepend + PREPEND))


def _referenced(instances: tuple[NetworkInstance, ...]) -> set[str]:
    names: set[str] = set()
    for instance in instances:
        names.add(instance.imports_policy)
        if instance.bgp is None:
            continue
        names.add(instance.bgp.evpn_advertise_policy)
        names |= {originate.connected_policy for originate in instance.bgp.originate}
        for neighbor in instance.bgp.neighbors:
            for family in neighbor.families:
                names |= {family.import_policy, family.export_policy}
    return names - {""}
