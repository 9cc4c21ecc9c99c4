"""Expansion: what a region writes compactly becomes every switch, cable and server by name.

    previous lock ---> numbers of racks and leaves
                                    v
    pods, super-spines, devices ---> switches ---.
    links --------------------------> cables ----+--> Inventory
    racks' and explicit servers ----> hosts -----'
    peers' handoffs ----------------> cables

Keys of cables never move: they are built from the names of the two ends and count parallel cables from `#2` on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from crossconnect.finding import Finding, found
from crossconnect.intent import allocate_codes as codes
from crossconnect.intent.cabling import cables_of
from crossconnect.intent.expansion import Expansion, expand_pod, expand_servers, expand_super_spines, leaf_group
from crossconnect.intent.files import LOCK_FILE
from crossconnect.intent.handoffs import handoff_cables
from crossconnect.intent.lock import Lock, still_resting
from crossconnect.intent.mlag import mlag_pairs
from crossconnect.intent.rack_numbers import Held
from crossconnect.intent.renames import renamed
from crossconnect.model.device import Device
from crossconnect.model.inventory import Cable, Host, Inventory, Port, Switch
from crossconnect.model.pod import Pod
from crossconnect.model.region import Region
from crossconnect.model.server import Server
from crossconnect.net.order import natural_key

DEFAULT_NOS = "frr"


def expand(region: Region, previous: Lock | None = None) -> tuple[Inventory, tuple[Finding, ...]]:
    """The inventory of a region, and what cannot be expanded. References to unknown things are left to validation.

    Racks, leaves and servers that the previous lock knows keep their names and places.
    """
    work = Expansion(region, _held(region, previous))
    pods = [p for p in sorted(region.pods, key=lambda p: natural_key(p.name)) if expand_pod(work, p)]
    for group in sorted(region.super_spines, key=lambda g: natural_key(g.name)):
        expand_super_spines(work, group)
    for device in sorted(region.devices, key=lambda d: natural_key(d.name)):
        _apply_device(work, device)
    for pod in pods:
        expand_servers(work, pod)
    for server in sorted(region.servers, key=lambda s: natural_key(s.name)):
        _add_server(work, server)
    for peer in sorted(region.peers, key=lambda p: natural_key(p.name)):
        work.claim(peer.name, "external router", f"peers/{peer.name}")
    if previous is not None:
        work.findings += _unrecorded(work, pods)
    pairs, findings = mlag_pairs(work)
    work.findings += findings
    fabric, findings = cables_of(region, work.switches, work.origins, pairs)
    work.findings += findings
    outside = [c for c in handoff_cables(region) if c.b.device in work.switches]
    cables = _unique(work, [*fabric, *_server_cables(work), *outside])
    return (
        Inventory(
            switches=tuple(sorted(work.switches.values(), key=lambda s: natural_key(s.name))),
            cables=tuple(sorted(cables, key=lambda c: natural_key(c.key))),
            hosts=tuple(sorted(work.hosts.values(), key=lambda h: natural_key(h.name))),
            pairs=tuple(pairs),
            numbers={pool: dict(of) for pod in pods for pool, of in work.numbers[pod.name].pools.items()},
        ),
        tuple(sorted(work.findings, key=Finding.sort_key)),
    )


def _held(region: Region, previous: Lock | None) -> Held:
    """What the previous lock says about names, under today's."""
    if previous is None:
        return Held()
    numbers, _ = renamed(region, previous.numbers)  # what is wrong with `moved` is said by `allocate`
    return Held(numbers=numbers, resting=still_resting(previous, region.design.resting_locks))


def _unrecorded(work: Expansion, pods: Sequence[Pod]) -> list[Finding]:
    """Pods that changed while the lock, of an earlier xc, does not say which leaf is in which rack."""
    findings: list[Finding] = []
    for pod in pods:
        if f"leaf/{pod.name}" in work.held.numbers:
            continue
        members = [name for name, origin in work.origins.items() if origin.path == f"pods/{pod.name}"]
        leaves = {name for name in members if work.switches[name].role in ("leaf", "border-leaf")}
        spine = next((name for name in members if work.switches[name].role == "spine"), "")
        ports = work.held.numbers.get(f"port/{spine}", {})
        known = {key.removesuffix(f"--{spine}") for key in ports if key.endswith(f"--{spine}")}
        changed = sorted((leaves ^ known) - (known & work.switches.keys()), key=natural_key)
        if known and changed:
            words = (
                f"{LOCK_FILE} was written before leaves were recorded by rack, and pod {pod.name} has changed since "
            )
            words += (
                f"({', '.join(changed[:5])}{', ...' if len(changed) > 5 else ''}): its leaves are numbered by order"
            )
            findings.append(found(codes.LEAVES_UNRECORDED, work.region.place(f"pods/{pod.name}/racks"), words))
    return findings


def _unique(work: Expansion, cables: Sequence[Cable]) -> list[Cable]:
    """The cables by key. Two may share one only when names have `--` in them."""
    by_key: dict[str, Cable] = {}
    for cable in cables:
        other = by_key.setdefault(cable.key, cable)
        if other is not cable:
            words = f"cables {other.a.device} to {other.b.device} and {cable.a.device} to {cable.b.device} are both "
            place = work.region.place(cable.path)
            work.findings.append(found(codes.NAME_TAKEN, place, f"{words}called {cable.key}"))
    return list(by_key.values())


def _apply_device(work: Expansion, device: Device) -> None:
    """Refine the expanded device of that name, or add a new one."""
    path = f"devices/{device.name}"
    old = work.switches.get(device.name)
    if old is None:
        _add_device(work, device, path)
        return
    role, rack, pod = device.role or old.role, device.rack or old.rack, device.pod or old.pod
    nos = device.nos or old.nos
    work.switches[device.name] = msgspec.structs.replace(
        old,
        role=role,
        site=device.site or old.site,
        pod=pod,
        rack=rack,
        platform=work.platform(device.platform or old.platform.name, nos),
        nos=nos,
        names=work.interface_names(nos),
        asn=device.asn,
        asn_group=_asn_group(work.region, device.name, role, pod, rack),
        drained=device.drained,
        path=path,
    )
    if rack != old.rack and "leaf" in (role, old.role):
        work.racks[old.rack] = [leaf for leaf in work.racks.get(old.rack, []) if leaf != device.name]
        work.racks.setdefault(rack, []).append(device.name)


def _add_device(work: Expansion, device: Device, path: str) -> None:
    pod = next((p for p in work.region.pods if p.name == device.pod), None)
    site = device.site or (pod.site if pod else "")
    missing = [word for word, value in (("role", device.role), ("site", site)) if not value]
    if device.role is None or missing:
        words = f"device {device.name} is none that a pod expands to, and has no {' and no '.join(missing)}"
        work.findings.append(found(codes.DEVICE_INCOMPLETE, work.region.place(path), words))
        return
    work.add_switch(
        Switch(
            name=device.name,
            role=device.role,
            site=site,
            pod=device.pod,
            rack=device.rack,
            platform=work.platform(device.platform, device.nos or DEFAULT_NOS),
            nos=device.nos or DEFAULT_NOS,
            names=work.interface_names(device.nos or DEFAULT_NOS),
            asn=device.asn,
            asn_group=_asn_group(work.region, device.name, device.role, device.pod, device.rack),
            plane=0,
            drained=device.drained,
            path=path,
        )
    )
    if device.rack and device.role == "leaf":
        work.racks.setdefault(device.rack, []).append(device.name)


def _asn_group(region: Region, name: str, role: str, pod: str, rack: str) -> str:
    """RFC 7938 5.2.1: one ASN for all super-spines, one for the spines of a pod, one per leaf (or rack)."""
    if role == "super-spine":
        return "super-spines"
    if role == "spine":
        return f"pods/{pod}/spines" if pod else f"devices/{name}"
    return leaf_group(region, name, rack) if role == "leaf" else f"devices/{name}"


def _add_server(work: Expansion, server: Server) -> None:
    path = f"servers/{server.name}"
    ports = tuple(_port(a.port) for a in server.attachments)
    if not work.claim(server.name, "server", path):
        return
    known = [p for p in ports if p.device in work.switches]
    racks = {work.switches[p.device].rack for p in known}
    work.hosts[server.name] = Host(
        name=server.name,
        rack=min(racks, key=natural_key) if racks else "",
        leaves=tuple(dict.fromkeys(p.device for p in known)),
        segments=server.segments,
        mac=server.mac,
        path=path,
        chassis=server.chassis,
    )
    work.attachments[server.name] = tuple(known)


def _port(text: str) -> Port:
    device, _, name = text.partition(":")
    return Port(device, name)


def _server_cables(work: Expansion) -> Iterable[Cable]:
    for name, ports in work.attachments.items():
        path = work.hosts[name].path
        for n, port in enumerate(ports):
            key = f"server:{name}#{n + 1}"
            yield Cable(key=key, kind="server", a=Port(name, f"eth{n}"), b=port, mtu=None, path=path)
