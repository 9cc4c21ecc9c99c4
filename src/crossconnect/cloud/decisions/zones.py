"""What becomes of a load balancer's connections when each address leads to targets of its own zone only."""

from __future__ import annotations

from collections.abc import Sequence

from crossconnect.cloud.kinds.load_balancer import Listener, LoadBalancer, TargetGroup
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.resource import Effect
from crossconnect.cloud.view import View


def zonal(balancer: LoadBalancer, listeners: Sequence[Listener], view: View) -> tuple[Effect, ...]:
    """By address and listener: connections to targets elsewhere end; where none is in the zone, it answers nobody."""
    found: list[Effect] = []
    zones = {listener: _zones(listener.target_group_id, view) for listener in listeners}
    for n, subnet_id in enumerate(balancer.subnet_ids):
        zone = _zone(subnet_id, view)
        address = " and ".join(texts[n] for texts in (balancer.addresses, balancer.ipv6_addresses) if texts)
        for listener, of_targets in zones.items():
            if not of_targets - {zone}:
                continue
            what = f"{address} of {balancer.id} on {listener.protocol} {listener.port}"
            if zone in of_targets:
                message = f"connections by {what} to targets outside {zone} end"
            else:
                message = f"{what} answers nobody any more: {listener.target_group_id} has no target in {zone}"
            found.append(Effect(message, cuts=True, resource_id=balancer.id))
    return tuple(found)


def _zones(group_id: str, view: View) -> set[str]:
    """Of a group's targets."""
    group = view.get(TargetGroup, group_id)
    interfaces = {target.network_interface_id for target in group.targets} if group is not None else set[str]()
    subnets = {one.subnet_id for id in interfaces if (one := view.get(NetworkInterface, id)) is not None}
    return {_zone(id, view) for id in subnets}


def _zone(subnet_id: str, view: View) -> str:
    subnet = view.get(Subnet, subnet_id)
    assert subnet is not None
    return subnet.availability_zone
