"""The whole way from region to blueprint.

    Region --expand--> Inventory --allocate--> Lock --design--> Blueprint
           previous lock           previous lock

`design_device` is the step that repeats per device; everything that it reads of others is in the context.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crossconnect.design.acl import used_acls
from crossconnect.design.addressing import router_id
from crossconnect.design.blueprint import Blueprint
from crossconnect.design.border import border_bgp, border_interfaces, peer_plans
from crossconnect.design.cloud import cloud_plan
from crossconnect.design.context import Context, irb_of
from crossconnect.design.hosts import host_plans, server_interfaces
from crossconnect.design.management import management_instance, management_port, system
from crossconnect.design.mlag import mlag_interfaces, mlag_of, vtep_address
from crossconnect.design.names import DEFAULT_INSTANCE
from crossconnect.design.overlay import ip_vrf, is_vtep, mac_vrf
from crossconnect.design.plans import promises, risks, segment_plans, vrf_plans, wires
from crossconnect.design.policy import routing_policy
from crossconnect.design.preparation import build_context
from crossconnect.design.soundness import soundness
from crossconnect.design.underlay import fabric_bgp, fabric_interfaces, loopback
from crossconnect.device.configuration import BfdProfile, DeviceConfiguration, Extra
from crossconnect.device.draining import drained_device
from crossconnect.device.interface import Interface
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.finding import Finding, Severity, has_errors
from crossconnect.intent.allocate import allocate
from crossconnect.intent.cabling import settled
from crossconnect.intent.inventory import expand
from crossconnect.intent.lock import Lock
from crossconnect.model.inventory import Inventory, Switch
from crossconnect.model.region import Region
from crossconnect.net.order import natural_key


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """A region on its whole way. `blueprint` is None when an earlier step has errors, which are in `findings`."""

    inventory: Inventory
    lock: Lock
    blueprint: Blueprint | None
    findings: tuple[Finding, ...]


def compile_region(region: Region, previous_lock: Lock | None = None) -> Compiled:
    """Expand, allocate and design. References must be sound (`intent.validate`)."""
    inventory, expansion = expand(region, previous_lock)
    if has_errors(expansion):
        return Compiled(inventory=inventory, lock=previous_lock or Lock(), blueprint=None, findings=expansion)
    inventory = settled(inventory, previous_lock)
    lock, allocation = allocate(region, inventory, previous_lock)
    findings = (*expansion, *allocation)
    if has_errors(allocation):
        return Compiled(inventory=inventory, lock=lock, blueprint=None, findings=findings)
    blueprint, designed = design(region, inventory, lock)
    return Compiled(inventory=inventory, lock=lock, blueprint=blueprint, findings=(*findings, *designed))


def further_findings(validation: Sequence[Finding], compiled: Sequence[Finding]) -> tuple[Finding, ...]:
    """What compiling found beyond validation. Once validation has errors, only errors of other kinds count: the same
    mistake seen again would go by the same code, and warnings may be mere consequences."""
    said = {f.code for f in validation if f.severity is Severity.ERROR}
    if said:
        return tuple(f for f in compiled if f.severity is Severity.ERROR and f.code not in said)
    known = {(f.code, f.place) for f in validation}
    return tuple(f for f in compiled if (f.code, f.place) not in known)


def design(region: Region, inventory: Inventory, lock: Lock) -> tuple[Blueprint, tuple[Finding, ...]]:
    """The blueprint, and what is unsound in it. The lock must come from `allocate` without errors."""
    context = build_context(region, inventory, lock)
    cables = wires(context)
    blueprint = Blueprint(
        region=region.name,
        devices=tuple(design_device(context, switch) for switch in inventory.switches),
        wires=cables,
        hosts=host_plans(context),
        peers=peer_plans(context),
        vrfs=vrf_plans(context),
        segments=segment_plans(context),
        promises=promises(context),
        drained=tuple(s.name for s in inventory.switches if s.drained),
        infrastructure=context.infrastructure,
        risks=risks(context, cables),
        traffic=region.traffic,
        cloud=cloud_plan(context),
        link_load_max=region.design.link_load_max,
    )
    return blueprint, soundness(context)


def design_device(context: Context, switch: Switch) -> DeviceConfiguration:
    """The whole configuration of one switch."""
    segments = context.segments_of.get(switch.name, ())
    own = router_id(context.lock, switch.name)
    interfaces: list[Interface] = [
        loopback(context, switch),
        *fabric_interfaces(context, switch),
        *mlag_interfaces(context, switch),
        *server_interfaces(context, switch),
        *border_interfaces(context, switch),
    ]
    management = management_port(context, switch)
    if management is not None:
        interfaces.append(management)
    interfaces += [irb for s in segments if (irb := irb_of(s, switch.names)) is not None]
    interfaces.sort(key=lambda i: natural_key(i.name))
    instances = [NetworkInstance(name=DEFAULT_INSTANCE, kind="default", bgp=fabric_bgp(context, switch))]
    if management is not None:
        instances.append(management_instance(context))
    for vrf in context.vrfs_of.get(switch.name, ()):
        instances.append(ip_vrf(context, switch, vrf, border_bgp(context, switch, vrf)))
    instances += [mac_vrf(segment, own, switch.names) for segment in segments]
    ports = tuple(i.name for i in interfaces if i.kind == "ethernet")
    system_of = system(context, management is not None, own, ports)
    bfd = context.region.design.bfd
    device = DeviceConfiguration(
        name=switch.name,
        role=switch.role,
        nos=switch.nos,
        platform=switch.platform.name,
        site=switch.site,
        pod=switch.pod,
        rack=switch.rack,
        system=system_of,
        interfaces=tuple(interfaces),
        network_instances=tuple(instances),
        routing_policy=routing_policy(context, switch),
        acls=used_acls(context, interfaces, system_of),
        bfd=BfdProfile(interval_ms=bfd.interval_ms, multiplier=bfd.multiplier) if bfd.enabled else None,
        vtep=vtep_address(context, switch) if is_vtep(context, switch) else "",
        mlag=mlag_of(context, switch),
        routing_framework=switch.nos == "sonic" and switch.role in context.region.design.sonic_framework,
        extra=_extra(context, switch),
        path=switch.path,
    )
    return drained_device(device) if switch.drained else device


def _extra(context: Context, switch: Switch) -> tuple[Extra, ...]:
    """Extra configuration for the switch's system: its role's, then its own, which so has the last word."""
    own = [e for name in (switch.role, switch.name) for e in context.region.extras if e.name == name]
    return tuple(Extra(file=e.file, text=e.text) for e in own if e.nos == switch.nos)
