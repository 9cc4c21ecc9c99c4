"""What the chapter changes: pure, from a region to a region, and from a plan to a spoilt one."""

from __future__ import annotations

import re

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.model.pod import RackGroup, ServerGroup
from crossconnect.model.region import Region
from crossconnect.model.server import SegmentPort
from crossconnect.model.tenant import Segment, Tenant, Vrf
from crossconnect.nos.network_os import Commands
from crossconnect.rollout.saved_plan import SavedDevice, SavedPlan

TENANT = "newcomer"
RACKS_MAX = 3
"""Racks in which a server gets a port of the new tenant: a canary, and some waves after it, in little time."""
PREFERENCE_STEP = 10
_LOCAL_PREF = 100
"""RFC 4271 5.1.5: what everybody has who says nothing."""


def with_tenant(region: Region) -> Region | None:
    """A tenant more, tagged on the cables of servers that are there, one in each of some racks, of each pod in turn.
    None where there are not two such servers."""
    if any(tenant.name == TENANT for tenant in region.tenants):
        return None
    usable = [[r for r in pod.racks if _first(r) is not None] for pod in region.pods]
    deep = max(map(len, usable), default=0)
    turns = [(p, racks[n].name) for n in range(deep) for p, racks in enumerate(usable) if n < len(racks)]
    chosen = dict(zip(turns[:RACKS_MAX], range(1, RACKS_MAX + 1), strict=False))
    if len(chosen) < 2:
        return None
    pods = tuple(
        msgspec.structs.replace(pod, racks=tuple(_tagged(rack, chosen.get((p, rack.name), 0)) for rack in pod.racks))
        for p, pod in enumerate(region.pods)
    )
    app = Segment(name="app", gateways=("10.99.1.1/24", "2001:db8:99:1::1/64"))
    tenant = Tenant(name=TENANT, vrfs=(Vrf(name="prod", segments=(app,)),))
    return msgspec.structs.replace(region, pods=pods, tenants=(*region.tenants, tenant))


def _first(rack: RackGroup) -> ServerGroup | None:
    """A server of its own name whose cable takes a tag more."""
    if rack.count != 1 or not rack.name:
        return None
    plain = (g for g in rack.servers if g.count == 1 and g.homing == "single" and g.chassis == "none" and g.segments)
    return next(plain, None)


def _tagged(rack: RackGroup, number: int) -> RackGroup:
    first = _first(rack)
    if not number or first is None:
        return rack
    n = 10 + number
    port = SegmentPort(
        segment=f"{TENANT}/prod/app", tagged=True, addresses=(f"10.99.1.{n}/24", f"2001:db8:99:1::{n}/64")
    )
    more = msgspec.structs.replace(first, segments=(*first.segments, port))
    return msgspec.structs.replace(rack, servers=tuple(more if g is first else g for g in rack.servers))


def with_preference(region: Region) -> Region | None:
    """What comes from external routers by the first policy gets another local preference. None where there is no such
    policy."""
    used = {handoff.import_policy for peer in region.peers for handoff in peer.handoffs}
    policy = next((p for p in region.policies if p.name in used and p.statements), None)
    if policy is None:
        return None
    first, *others = policy.statements
    value = (first.set.local_pref or _LOCAL_PREF) + PREFERENCE_STEP
    changed = msgspec.structs.replace(first, set=msgspec.structs.replace(first.set, local_pref=value))
    now = msgspec.structs.replace(policy, statements=(changed, *others))
    return msgspec.structs.replace(region, policies=tuple(now if p is policy else p for p in region.policies))


def as_paced(blueprint: Blueprint, running: Blueprint) -> Blueprint:
    """With the BFD intervals of the lab that runs, which may be slower than those configured."""
    bfd = {device.name: device.bfd for device in running.devices}
    devices = tuple(msgspec.structs.replace(d, bfd=bfd.get(d.name, d.bfd)) for d in blueprint.devices)
    return msgspec.structs.replace(blueprint, devices=devices)


_INBOUND = re.compile(r"^route-map (xc-in-\S+-v4) deny 10$", re.MULTILINE)
_DEFAULT = re.compile(r"^ip prefix-list (\S+) seq \d+ permit 0\.0\.0\.0/0$", re.MULTILINE)


def spoilt(plan: SavedPlan) -> tuple[SavedPlan, str] | None:
    """The plan as a renderer with a mistake would have made it, and the VRF that it is about: the canary's policy for
    routes from outside begins with a drop of the default. FRR reads it without a word. None where there is no default
    from outside."""
    canary = next(d for d in plan.devices if d.name == plan.waves[0].devices[0])
    text = canary.new.get("frr.conf", "")
    policy, default = _INBOUND.search(text), _DEFAULT.search(text)
    if policy is None or default is None or not canary.commands or not canary.rollback:
        return None
    name = policy.group(1)
    bad = _with_drop(canary, policy.group(0), name, default.group(1))
    used = re.compile(rf"^  neighbor \S+ route-map {re.escape(name)} in$", re.MULTILINE).search(text)
    headers = re.findall(r"^router bgp \d+ vrf (\S+)$", text[: used.start()] if used else "", re.MULTILINE)
    devices = tuple(bad if d is canary else d for d in plan.devices)
    return msgspec.structs.replace(plan, devices=devices), headers[-1] if headers else ""


def _with_drop(device: SavedDevice, header: str, name: str, default: str) -> SavedDevice:
    more = f"route-map {name} deny 5\n match ip address prefix-list {default}\nexit\n"
    first, back = device.commands[0], device.rollback[0]
    return msgspec.structs.replace(
        device,
        new={**device.new, "frr.conf": device.new["frr.conf"].replace(header, more + header, 1)},
        commands=(*device.commands, Commands(file=first.file, how=first.how, text=more)),
        rollback=(Commands(file=back.file, how=back.how, text=f"no route-map {name} deny 5\n"), *device.rollback),
    )
