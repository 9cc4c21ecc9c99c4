"""Expansion: what a region writes compactly becomes every switch, cable and server by name.

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
from crossconnect.intent.cabling import Origin, cables_of
from crossconnect.intent.handoffs import handoff_cables
from crossconnect.model.device import Device, Platform
from crossconnect.model.inventory import Cable, Host, Inventory, Port, Switch
from crossconnect.model.platforms import BUILT_IN, expand_ports, platforms_by_name, port_set
from crossconnect.model.pod import NodeGroup, Pod, RackGroup, SuperSpineGroup
from crossconnect.model.region import Region
from crossconnect.model.server import SegmentPort, Server, ServerGroup
from crossconnect.net import address_text, parse
from crossconnect.net.order import natural_key

EVERYWHERE = "all"
"""What segments say for all leaves; so nothing else may be called that."""

LISTS = {"pod": "pods", "server": "servers", "external router": "peers"}
"""Where the model lists things that it names itself."""

FALLBACK = BUILT_IN["generic-64"]
"""Stands in for a platform that does not exist, so that one mistake does not hide others."""


class Expansion:
    """The inventory in the making: names taken so far, and what was found on the way."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.findings: list[Finding] = []
        self.platforms = self._platforms()
        self.switches: dict[str, Switch] = {}
        self.origins: dict[str, Origin] = {}
        self.racks: dict[str, list[str]] = {}
        """Leaves by rack."""
        self.hosts: dict[str, Host] = {}
        self.attachments: dict[str, tuple[Port, ...]] = {}
        """Leaf ports by server, in the order of its own ports."""
        self._names: dict[tuple[str, str], str] = {}

    def _platforms(self) -> dict[str, Platform]:
        usable: list[Platform] = []
        for platform in self.region.platforms:
            place = self.region.place(f"platforms/{platform.name}")
            try:
                ports = port_set(platform)
                missing = [port for port in expand_ports(platform.uplinks) if port not in ports]
            except ValueError as error:
                self.findings.append(
                    found(codes.PLATFORM_PORTS, place, f"ports of platform {platform.name} cannot be read: {error}")
                )
                continue
            if missing:
                words = f"platform {platform.name} names {', '.join(missing)} as uplinks but has no such ports"
                self.findings.append(found(codes.PLATFORM_PORTS, place, words))
                continue
            usable.append(platform)
        return platforms_by_name(usable)

    def platform(self, name: str) -> Platform:
        """The platform of that name. An unknown one is reported by validation; a stand-in lets the rest be checked."""
        return self.platforms.get(name or FALLBACK.name, FALLBACK)

    def claim(self, name: str, what: str, path: str) -> bool:
        """Take a name; False, and a finding, when it is taken already.

        Switches, servers and external routers are told apart by name, as are the places that a segment may name:
        switches, racks and pods.
        """
        spaces = {"switch": ("node", "place"), "rack": ("place",), "pod": ("place",)}.get(what, ("node",))
        taken = next((self._names[space, name] for space in spaces if (space, name) in self._names), None)
        if taken == path == f"{LISTS.get(what)}/{name}":
            return False  # one list has the name twice, which validation says
        if taken is None and "place" in spaces and name == EVERYWHERE:
            taken = path
        if taken is not None:
            other = self.region.place(taken)
            words = f"{what} {name} has a name already in use"
            self.findings.append(found(codes.NAME_TAKEN, self.region.place(path), words, related=(other,)))
            return False
        for space in spaces:
            self._names[space, name] = path
        return True

    def name(self, pattern: str, path: str, **values: str | int) -> str:
        """A pattern filled in; a placeholder that does not exist is a finding, and stays as written."""
        try:
            return pattern.format(**values)
        except (KeyError, IndexError, ValueError, AttributeError):
            words = f"name pattern {pattern!r} has something other than {', '.join('{' + v + '}' for v in values)}"
            finding = found(codes.NAME_PATTERN, self.region.place(path), words)
            if finding not in self.findings:
                self.findings.append(finding)
            return f"{pattern}-{values.get('n', '')}"

    def add_switch(self, switch: Switch, origin: Origin | None = None) -> None:
        """Add a switch unless its name is taken; `origin` where it was expanded and not written by hand."""
        if self.claim(switch.name, "switch", switch.path):
            self.switches[switch.name] = switch
            if origin is not None:
                self.origins[switch.name] = origin


def expand(region: Region) -> tuple[Inventory, tuple[Finding, ...]]:
    """The inventory of a region, and what cannot be expanded. References to unknown things are left to validation."""
    work = Expansion(region)
    pods = [p for p in sorted(region.pods, key=lambda p: natural_key(p.name)) if _expand_pod(work, p)]
    for group in sorted(region.super_spines, key=lambda g: natural_key(g.name)):
        _expand_super_spines(work, group)
    for device in sorted(region.devices, key=lambda d: natural_key(d.name)):
        _apply_device(work, device)
    for pod in pods:
        _expand_servers(work, pod)
    for server in sorted(region.servers, key=lambda s: natural_key(s.name)):
        _add_server(work, server)
    for peer in sorted(region.peers, key=lambda p: natural_key(p.name)):
        work.claim(peer.name, "external router", f"peers/{peer.name}")
    fabric, findings = cables_of(region, work.switches, work.origins)
    work.findings += findings
    outside = [c for c in handoff_cables(region) if c.b.device in work.switches]
    cables = _unique(work, [*fabric, *_server_cables(work), *outside])
    return (
        Inventory(
            switches=tuple(sorted(work.switches.values(), key=lambda s: natural_key(s.name))),
            cables=tuple(sorted(cables, key=lambda c: natural_key(c.key))),
            hosts=tuple(sorted(work.hosts.values(), key=lambda h: natural_key(h.name))),
        ),
        tuple(sorted(work.findings, key=Finding.sort_key)),
    )


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


def _expand_pod(work: Expansion, pod: Pod) -> bool:
    """Add a pod's switches; False when its name is taken."""
    path = f"pods/{pod.name}"
    if not work.claim(pod.name, "pod", path):
        return False
    planes = max((g.planes for g in work.region.super_spines if not g.pods or pod.name in g.pods), default=1)
    for n in range(1, pod.spines.count + 1):
        name = work.name(pod.spines.name or "{pod}-spine{n}", f"{path}/spines/name", pod=pod.name, n=n)
        plane = (n - 1) % max(planes, 1)
        node = _node(work, pod.spines, name, "spine", pod, f"{path}/spines", plane)
        work.add_switch(node, Origin(path, n - 1))
    if pod.border_leaves is not None:
        for n in range(1, pod.border_leaves.count + 1):
            pattern = pod.border_leaves.name or "{pod}-border{n}"
            name = work.name(pattern, f"{path}/border_leaves/name", pod=pod.name, n=n)
            node = _node(work, pod.border_leaves, name, "border-leaf", pod, f"{path}/border_leaves", 0)
            work.add_switch(node, Origin(path, n - 1))
    rack_n = leaf_n = 0
    for index, group in enumerate(pod.racks):
        for _ in range(group.count):
            rack_n += 1
            leaf_n = _expand_rack(work, pod, group, f"{path}/racks/{index}", rack_n, leaf_n)
    return True


def generated_names(region: Region, path: str) -> list[str]:
    """Paths of all switches, racks and servers that a pod or super-spine group expands to, in a fixed order."""
    work = Expansion(region)
    for pod in region.pods:
        if path == f"pods/{pod.name}":
            _expand_pod(work, pod)
            _expand_servers(work, pod)
    for group in region.super_spines:
        if path == f"super_spines/{group.name}":
            _expand_super_spines(work, group)
    devices = [f"devices/{name}" for name in work.switches]
    return devices + [f"racks/{name}" for name in work.racks] + [f"servers/{name}" for name in work.hosts]


def _node(work: Expansion, group: NodeGroup, name: str, role: str, pod: Pod, path: str, plane: int) -> Switch:
    return Switch(
        name=name,
        role="spine" if role == "spine" else "border-leaf",
        site=pod.site,
        pod=pod.name,
        rack="",
        platform=work.platform(group.platform),
        nos=group.nos,
        asn=None,
        asn_group=f"pods/{pod.name}/spines" if role == "spine" else f"devices/{name}",
        plane=plane,
        drained=False,
        path=path,
    )


def _expand_rack(work: Expansion, pod: Pod, group: RackGroup, path: str, rack_n: int, leaf_n: int) -> int:
    """Add a rack's leaves; the number of leaves of the pod so far is returned."""
    rack = work.name(group.name or "{pod}-rack{n}", f"{path}/name", pod=pod.name, n=rack_n)
    if not work.claim(rack, "rack", path):
        return leaf_n + group.leaves
    leaves: list[str] = []
    for _ in range(group.leaves):
        leaf_n += 1
        name = work.name(group.leaf_name or "{pod}-leaf{n}", f"{path}/leaf_name", pod=pod.name, rack=rack, n=leaf_n)
        leaves.append(name)
        work.add_switch(
            Switch(
                name=name,
                role="leaf",
                site=pod.site,
                pod=pod.name,
                rack=rack,
                platform=work.platform(group.platform),
                nos=group.nos,
                asn=None,
                asn_group=_leaf_group(work.region, name, rack),
                plane=0,
                drained=False,
                path=path,
            ),
            Origin(f"pods/{pod.name}", leaf_n - 1),
        )
    work.racks[rack] = leaves
    return leaf_n


def _leaf_group(region: Region, name: str, rack: str) -> str:
    """Leaves have an ASN each, or share their rack's (RFC 7938 5.2.1)."""
    return f"racks/{rack}" if region.asns.leaf == "per-rack" and rack else f"devices/{name}"


def _expand_super_spines(work: Expansion, group: SuperSpineGroup) -> None:
    path = f"super_spines/{group.name}"
    for n in range(1, group.count + 1):
        pattern = group.device_name or "{name}{n}"
        work.add_switch(
            Switch(
                name=work.name(pattern, f"{path}/device_name", name=group.name, n=n),
                role="super-spine",
                site=group.site,
                pod="",
                rack="",
                platform=work.platform(group.platform),
                nos=group.nos,
                asn=None,
                asn_group="super-spines",
                plane=(n - 1) % max(group.planes, 1),
                drained=False,
                path=path,
            ),
            Origin(path, n - 1),
        )


def _apply_device(work: Expansion, device: Device) -> None:
    """Refine the expanded device of that name, or add a new one."""
    path = f"devices/{device.name}"
    old = work.switches.get(device.name)
    if old is None:
        _add_device(work, device, path)
        return
    role, rack, pod = device.role or old.role, device.rack or old.rack, device.pod or old.pod
    work.switches[device.name] = msgspec.structs.replace(
        old,
        role=role,
        site=device.site or old.site,
        pod=pod,
        rack=rack,
        platform=work.platform(device.platform) if device.platform else old.platform,
        nos=device.nos or old.nos,
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
            platform=work.platform(device.platform),
            nos=device.nos or "frr",
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
    return _leaf_group(region, name, rack) if role == "leaf" else f"devices/{name}"


def _expand_servers(work: Expansion, pod: Pod) -> None:
    rack_n = 0
    for index, group in enumerate(pod.racks):
        for _ in range(group.count):
            rack_n += 1
            pattern = group.name or "{pod}-rack{n}"
            rack = work.name(pattern, f"pods/{pod.name}/racks/{index}/name", pod=pod.name, n=rack_n)
            leaves = work.racks.get(rack, [])
            for s, servers in enumerate(group.servers):
                if leaves:
                    path = f"pods/{pod.name}/racks/{index}/servers/{s}"
                    _expand_server_group(work, pod, rack, leaves, servers, path)


def _expand_server_group(
    work: Expansion, pod: Pod, rack: str, leaves: Sequence[str], group: ServerGroup, path: str
) -> None:
    pattern = group.name or "{rack}-server{n}"
    for n in range(1, group.count + 1):
        name = work.name(pattern, f"{path}/name", pod=pod.name, rack=rack, n=n)
        chosen = leaves[:2] if group.homing == "dual" else (leaves[(n - 1) % len(leaves)],)
        if not work.claim(name, "server", path):
            continue
        segments = group.segments
        if n > 1 and any(port.addresses for port in segments):
            segments = tuple(_shifted(port, n - 1) for port in segments)
        work.hosts[name] = Host(name=name, rack=rack, leaves=tuple(chosen), segments=segments, mac="", path=path)
        work.attachments[name] = tuple(Port(leaf) for leaf in chosen)


def _shifted(port: SegmentPort, offset: int) -> SegmentPort:
    """The same segment port with every address moved on by `offset`."""
    return msgspec.structs.replace(port, addresses=tuple(_address_plus(a, offset) for a in port.addresses))


def _address_plus(address: str, offset: int) -> str:
    try:
        parsed = parse(address)
        return f"{address_text(parsed.version, parsed.value + offset)}/{parsed.length}"
    except (ValueError, OverflowError):
        return address  # malformed or past the end of the family: validation has said so


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
