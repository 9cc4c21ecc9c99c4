"""Patterns written out: the switches, racks and servers of pods and super-spine groups, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from crossconnect.finding import Finding, found
from crossconnect.intent import allocate_codes as codes
from crossconnect.intent.cabling import Origin
from crossconnect.intent.files import LOCK_FILE
from crossconnect.intent.rack_numbers import (
    LEAF_PATTERN,
    RACK_PATTERN,
    Held,
    NumberedRack,
    PodNumbers,
    is_counted,
    leaf_name,
    number_pod,
    renumbered,
)
from crossconnect.model.device import Platform
from crossconnect.model.interface_names import LINUX, InterfaceNames
from crossconnect.model.inventory import Host, Port, Switch
from crossconnect.model.platforms import BUILT_IN, expand_ports, platform_of_system, platforms_by_name, port_set
from crossconnect.model.pod import NodeGroup, Pod, RackGroup, SuperSpineGroup
from crossconnect.model.region import Region
from crossconnect.model.server import SegmentPort, ServerGroup
from crossconnect.net import address_text, parse

EVERYWHERE = "all"
"""What segments say for all leaves; so nothing else may be called that."""

LISTS = {"pod": "pods", "server": "servers", "external router": "peers"}
"""Where the model lists things that it names itself."""

FALLBACK = BUILT_IN["generic-64"]
"""Stands in for a platform that does not exist, so that one mistake does not hide others."""


class Expansion:
    """The inventory in the making: names taken so far, and what was found on the way."""

    def __init__(self, region: Region, held: Held | None = None) -> None:
        self.region = region
        self.held = held or Held()
        self.plugged = _plugged(self.held)
        """Leaf by cable of a server, as the previous lock has it."""
        self.numbers: dict[str, PodNumbers] = {}
        """Of racks and leaves, by pod."""
        self.findings: list[Finding] = []
        self.platforms = self._platforms()
        self.switches: dict[str, Switch] = {}
        self.origins: dict[str, Origin] = {}
        self.racks: dict[str, list[str]] = {}
        """Leaves by rack."""
        self.multihoming: dict[str, tuple[RackGroup, str]] = {}
        """By rack that was expanded: what it was written as, and where."""
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

    def platform(self, name: str, nos: str) -> Platform:
        """The platform of that name under that network OS. An unknown one is reported by validation; a stand-in lets
        the rest be checked."""
        return platform_of_system(self.platforms.get(name or FALLBACK.name, FALLBACK), self.interface_names(nos))

    def interface_names(self, nos: str) -> InterfaceNames:
        """How the network OS calls interfaces; an unknown one, which validation reports, as Linux does."""
        return self.region.interface_names.get(nos, LINUX)

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


def expand_pod(work: Expansion, pod: Pod) -> bool:
    """Add a pod's switches; False when its name is taken."""
    path = f"pods/{pod.name}"
    if not work.claim(pod.name, "pod", path):
        return False
    planes = max((g.planes for g in work.region.super_spines if not g.pods or pod.name in g.pods), default=1)
    for n in range(1, pod.spines.count + 1):
        name = work.name(pod.spines.name or "{pod}-spine{n}", f"{path}/spines/name", pod=pod.name, n=n)
        plane = (n - 1) % max(planes, 1)
        node = _node(work, pod, pod.spines, "spine", name, plane)
        work.add_switch(node, Origin(path, n - 1))
    if pod.border_leaves is not None:
        for n in range(1, pod.border_leaves.count + 1):
            pattern = pod.border_leaves.name or "{pod}-border{n}"
            name = work.name(pattern, f"{path}/border_leaves/name", pod=pod.name, n=n)
            node = _node(work, pod, pod.border_leaves, "border-leaf", name, 0)
            work.add_switch(node, Origin(path, n - 1))
    for rack in numbers_of(work, pod).racks:
        _expand_rack(work, pod, rack, f"{path}/racks/{rack.group}")
    return True


def numbers_of(work: Expansion, pod: Pod) -> PodNumbers:
    """The numbers of a pod's racks and leaves, found once."""
    if pod.name not in work.numbers:
        work.numbers[pod.name] = number_pod(work.region, pod, work.held)
        work.findings += work.numbers[pod.name].findings
    return work.numbers[pod.name]


def _plugged(held: Held) -> Mapping[str, str]:
    return {
        key: pool.removeprefix("port/")
        for pool, values in held.numbers.items()
        if pool.startswith("port/")
        for key in values
        if key.startswith("server:")
    }


def _node(
    work: Expansion, pod: Pod, group: NodeGroup, role: Literal["spine", "border-leaf"], name: str, plane: int
) -> Switch:
    spines = f"pods/{pod.name}/spines"
    return Switch(
        name=name,
        role=role,
        site=pod.site,
        pod=pod.name,
        rack="",
        platform=work.platform(group.platform, group.nos),
        nos=group.nos,
        names=work.interface_names(group.nos),
        asn=None,
        asn_group=spines if role == "spine" else f"devices/{name}",
        plane=plane,
        drained=False,
        path=spines if role == "spine" else f"pods/{pod.name}/border_leaves",
    )


def _expand_rack(work: Expansion, pod: Pod, numbered: NumberedRack, path: str) -> None:
    """Add a rack's leaves."""
    group = pod.racks[numbered.group]
    rack = work.name(group.name or RACK_PATTERN, f"{path}/name", pod=pod.name, n=numbered.number)
    if not work.claim(rack, "rack", path):
        return
    leaves: list[str] = []
    for leaf_n in numbered.leaves:
        name = work.name(group.leaf_name or LEAF_PATTERN, f"{path}/leaf_name", pod=pod.name, rack=rack, n=leaf_n)
        leaves.append(name)
        work.add_switch(
            Switch(
                name=name,
                role="leaf",
                site=pod.site,
                pod=pod.name,
                rack=rack,
                platform=work.platform(group.platform, group.nos),
                nos=group.nos,
                names=work.interface_names(group.nos),
                asn=None,
                asn_group=leaf_group(work.region, name, rack),
                plane=0,
                drained=False,
                path=path,
            ),
            Origin(f"pods/{pod.name}", leaf_n - 1),
        )
    work.racks[rack] = leaves
    work.multihoming[rack] = group, path


def leaf_group(region: Region, name: str, rack: str) -> str:
    """Leaves have an ASN each, or share their rack's (RFC 7938 5.2.1)."""
    return f"racks/{rack}" if region.asns.leaf == "per-rack" and rack else f"devices/{name}"


def expand_super_spines(work: Expansion, group: SuperSpineGroup) -> None:
    """Add the switches of a super-spine group; switch i is in plane i modulo the number of planes."""
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
                platform=work.platform(group.platform, group.nos),
                nos=group.nos,
                names=work.interface_names(group.nos),
                asn=None,
                asn_group="super-spines",
                plane=(n - 1) % max(group.planes, 1),
                drained=False,
                path=path,
            ),
            Origin(path, n - 1),
        )


def expand_servers(work: Expansion, pod: Pod) -> None:
    """Add the servers of a pod's racks, once all leaves are known."""
    displaced: dict[str, str] = {}
    held = work.held.numbers.get(f"leaf/{pod.name}", {})
    for numbered in numbers_of(work, pod).racks:
        group, path = pod.racks[numbered.group], f"pods/{pod.name}/racks/{numbered.group}"
        rack = work.name(group.name or RACK_PATTERN, f"{path}/name", pod=pod.name, n=numbered.number)
        leaves = work.racks.get(rack, [])
        if not leaves:
            continue
        moved: list[str] = []
        for s, servers in enumerate(group.servers):
            moved += _expand_server_group(work, pod, rack, leaves, servers, f"{path}/servers/{s}")
        if moved and is_counted(group):
            own = {leaf_name(group, pod.name, rack, int(held[key])) for p in (1, 2) if (key := f"{rack}#{p}") in held}
            for name in moved:
                if (leaf := work.plugged[f"server:{name}#1"]) not in own:  # not a second leaf that the rack loses
                    displaced.setdefault(rack, f"; {LOCK_FILE} has {name} on {leaf}")
    said = any(f.code == codes.RACKS_RENUMBERED.name for f in numbers_of(work, pod).findings)
    if displaced and not said:
        path, why = f"pods/{pod.name}/racks", next(iter(displaced.values()))
        work.findings.append(renumbered(work.region, path, pod.name, list(displaced), why))


def _expand_server_group(
    work: Expansion, pod: Pod, rack: str, leaves: Sequence[str], group: ServerGroup, path: str
) -> list[str]:
    """Add like servers of a rack; those of them that the previous lock has on a leaf of another rack are returned.

    A server's first cable stays on the leaf that it is on, also when its rack gets a second one.
    """
    displaced: list[str] = []
    pattern = group.name or "{rack}-server{n}"
    for n in range(1, group.count + 1):
        name = work.name(pattern, f"{path}/name", pod=pod.name, rack=rack, n=n)
        plugged = work.plugged.get(f"server:{name}#1", "")
        if plugged and plugged not in leaves:
            displaced.append(name)
        cables = 2 if group.homing == "dual" else 1
        first = plugged if plugged in leaves else leaves[0 if cables == 2 else (n - 1) % len(leaves)]
        chosen = (first, *(leaf for leaf in leaves if leaf != first))[:cables]
        if not work.claim(name, "server", path):
            continue
        segments = group.segments
        if n > 1 and any(port.addresses for port in segments):
            segments = tuple(_shifted(port, n - 1) for port in segments)
        work.hosts[name] = Host(
            name=name,
            rack=rack,
            leaves=tuple(chosen),
            segments=segments,
            mac="",
            path=path,
            chassis=group.chassis,
        )
        work.attachments[name] = tuple(Port(leaf) for leaf in chosen)
    return displaced


def _shifted(port: SegmentPort, offset: int) -> SegmentPort:
    """The same segment port with every address moved on by `offset`."""
    return msgspec.structs.replace(port, addresses=tuple(_address_plus(a, offset) for a in port.addresses))


def _address_plus(address: str, offset: int) -> str:
    try:
        parsed = parse(address)
        return f"{address_text(parsed.version, parsed.value + offset)}/{parsed.length}"
    except (ValueError, OverflowError):
        return address  # malformed or past the end of the family: validation has said so


def generated_names(region: Region, path: str, numbers: PodNumbers | None = None) -> list[str]:
    """Paths of all switches, racks and servers that a pod or super-spine group expands to, in a fixed order; a pod
    with these numbers of its racks and leaves."""
    work = Expansion(region)
    for pod in region.pods:
        if path == f"pods/{pod.name}":
            if numbers is not None:
                work.numbers[pod.name] = numbers
            expand_pod(work, pod)
            expand_servers(work, pod)
    for group in region.super_spines:
        if path == f"super_spines/{group.name}":
            expand_super_spines(work, group)
    devices = [f"devices/{name}" for name in work.switches]
    return devices + [f"racks/{name}" for name in work.racks] + [f"servers/{name}" for name in work.hosts]
