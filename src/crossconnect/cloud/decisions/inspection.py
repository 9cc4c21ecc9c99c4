"""Service insertions that target groups name: what fits together, so that answers come back the same way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crossconnect.cloud.kinds.load_balancer import TargetGroup
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.service_insertion import ServiceInsertion, interfaces_of
from crossconnect.cloud.resource import Effect, conflict, invalid, missing
from crossconnect.cloud.view import View


def refuse_insertion(group: TargetGroup, view: View) -> None:
    """Refused where a group's targets cannot be behind the appliances of the insertion that it names."""
    id, at = group.service_insertion_id, "/service_insertion_id"
    if not id:
        return
    insertion = view.get(ServiceInsertion, id)
    if insertion is None:
        raise missing("service-insertion", id, at)
    if insertion.vpc_id != group.vpc_id:
        message = f"service insertion {id} is of VPC {insertion.vpc_id}, not {group.vpc_id}"
        raise invalid("target-group.insertion-other-vpc", message, at)
    if insertion.mode == "inline":
        message = f"{id} is inline, and OVN puts no such appliance before what is balanced: name a routed one"
        raise conflict("target-group.insertion-inline", message, at)
    if insertion.next_insertion_id or view.referring(ServiceInsertion, id, "next_insertion_id"):
        raise conflict("target-group.insertion-chained", f"{id} is in a chain: name one that is alone", at)
    _refuse_two_insertions(group, view)
    beside = appliance_subnets(view.referring(ServiceInsertion, group.vpc_id, "vpc_id"), view)
    for n, target in enumerate(group.targets):
        interface = view.get(NetworkInterface, target.network_interface_id)
        if interface is not None and interface.subnet_id in beside:
            message = f"{interface.id} is in {interface.subnet_id}, as an appliance is: its answers are not chosen"
            raise conflict("target-group.beside-appliance", message, f"/targets/{n}/network_interface_id")


def refuse_beside_targets(vpc_id: str, interfaces: Iterable[tuple[str, NetworkInterface]], view: View) -> None:
    """Refused where an appliance's interface (with its field) is in a subnet of targets that are behind appliances:
    what comes from such a subnet is not chosen."""
    behind: dict[str, str] = {}
    for group in view.referring(TargetGroup, vpc_id, "vpc_id"):
        for target in group.targets if group.service_insertion_id else ():
            found = view.get(NetworkInterface, target.network_interface_id)
            if found is not None:
                behind[found.subnet_id] = group.id
    for at, interface in interfaces:
        if group_id := behind.get(interface.subnet_id):
            message = f"{interface.id} is in {interface.subnet_id}, where targets of {group_id} are behind appliances"
            raise conflict("target-group.beside-appliance", message, at)


def appliance_subnets(insertions: Iterable[ServiceInsertion], view: View) -> set[str]:
    """The subnets of the interfaces of some insertions' appliances."""
    ids = (id for insertion in insertions for id in interfaces_of(insertion))
    return {found.subnet_id for id in ids if (found := view.get(NetworkInterface, id)) is not None}


def effects(before: TargetGroup | None, after: TargetGroup) -> Iterator[Effect]:
    """What another insertion does to what goes to a group's targets."""
    old = before.service_insertion_id if before is not None else ""
    if old == after.service_insertion_id or not after.targets:
        return
    way = f"through {after.service_insertion_id}" if after.service_insertion_id else f"past {old}"
    message = f"what is routed to the targets of {after.id} goes {way}, connections in their middle too"
    yield Effect(message, cuts=True, resource_id=after.id)


def _refuse_two_insertions(group: TargetGroup, view: View) -> None:
    """Refused where another group sends what goes to the same target and port through another insertion."""
    ours = {(group.protocol, target) for target in group.targets}
    for other in view.referring(TargetGroup, group.vpc_id, "vpc_id"):
        if other.id == group.id or other.service_insertion_id in ("", group.service_insertion_id):
            continue
        for target in other.targets:
            if (other.protocol, target) in ours:
                message = (
                    f"{target.network_interface_id} port {target.port} is in {other.id}, too, which goes through "
                    f"{other.service_insertion_id}"
                )
                raise conflict("target-group.two-insertions", message, "/service_insertion_id")
