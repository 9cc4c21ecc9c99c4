"""Ports for cables: those written by hand, those held, and for the rest the next free one of the platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from crossconnect.finding import Finding, found
from crossconnect.intent import allocate_codes as codes
from crossconnect.model.inventory import Cable, Inventory, Switch
from crossconnect.model.platforms import access_ports, downlink_ports, port_set, same_port, uplink_ports
from crossconnect.model.region import Region
from crossconnect.net.order import natural_key

PEER_PORTS_MAX = 4096

Numbers = Mapping[str, Mapping[str, str]]


def allocate_ports(
    region: Region, inventory: Inventory, held: Numbers
) -> tuple[dict[str, dict[str, str]], list[Finding]]:
    """Pools `port/<switch>` and `port/<external router>`: cable key to port name."""
    by_device: dict[str, list[tuple[Cable, str]]] = {}
    for cable in inventory.cables:
        if cable.kind != "server":  # a server's own ports are given: eth0, eth1
            by_device.setdefault(cable.a.device, []).append((cable, cable.a.name))
        by_device.setdefault(cable.b.device, []).append((cable, cable.b.name))
    numbers: dict[str, dict[str, str]] = {}
    findings: list[Finding] = []
    switches = {s.name: s for s in inventory.switches}
    peers = {p.name for p in region.peers}
    for device, ends in by_device.items():
        pool = f"port/{device}"
        if device in switches:
            numbers[pool] = _switch_ports(region, switches[device], ends, held.get(pool, {}), findings)
        elif device in peers:
            numbers[pool] = _peer_ports(ends, held.get(pool, {}))
    return numbers, findings


def _switch_ports(
    region: Region,
    switch: Switch,
    ends: Sequence[tuple[Cable, str]],
    held: Mapping[str, str],
    findings: list[Finding],
) -> dict[str, str]:
    known = port_set(switch.platform)
    ports: dict[str, str] = {}
    taken: dict[str, str] = {}
    waiting: list[Cable] = []
    ends = sorted(ends, key=lambda end: natural_key(end[0].key))
    for cable, port in ends:
        if not port:
            continue
        place = region.place(cable.path)
        if port not in known:
            words = f"{switch.name} ({switch.platform.name}) has no port {port}, where {cable.key} is to end"
            findings.append(found(codes.PORT_UNKNOWN, place, words))
        elif port in taken:
            words = f"port {switch.name}:{port} has two cables, {taken[port]} and {cable.key}"
            findings.append(found(codes.PORT_TAKEN, place, words))
        else:
            ports[cable.key] = port
            taken[port] = cable.key
    for cable, port in ends:
        if port:
            continue
        old = held.get(cable.key, "")
        if old and old not in known:
            old = same_port(switch.platform, old)
        if old in known and old not in taken:
            ports[cable.key] = old
            taken[old] = cable.key
        else:
            waiting.append(cable)
    unserved: list[Cable] = []
    free: dict[str, Iterator[str]] = {}
    # Uplinks first: a peer link takes what they leave.
    for cable in sorted(waiting, key=lambda c: c.kind == "peer-link"):
        use = _use(switch, cable)
        if use not in free:
            free[use] = iter(_candidates(switch, use))
        port = next((p for p in free[use] if p not in taken), "")
        if port:
            ports[cable.key] = port
            taken[port] = cable.key
        else:
            unserved.append(cable)
    if unserved:
        findings.append(_exhausted(region, switch, len(ends), unserved))
    return ports


def _use(switch: Switch, cable: Cable) -> str:
    if cable.kind == "peer-link":
        return "peer"
    if cable.kind != "fabric":
        return "access"
    return "up" if cable.a.device == switch.name else "down"


def _candidates(switch: Switch, use: str) -> Sequence[str]:
    """Ports for a use, in order. Leaves keep to the uplinks their platform names, since those differ in speed."""
    if use == "access":
        return access_ports(switch.platform)
    if use == "down":
        return downlink_ports(switch.platform)
    uplinks = uplink_ports(switch.platform)
    if use == "peer":
        # The last of the fast ports, so that a further spine finds the next one free.
        fast = reversed(uplinks) if switch.platform.uplinks else uplinks
        return (*fast, *reversed(access_ports(switch.platform)))
    if switch.role in ("leaf", "border-leaf"):
        return uplinks
    return uplinks + tuple(reversed(access_ports(switch.platform)))


def _exhausted(region: Region, switch: Switch, cables: int, unserved: Sequence[Cable]) -> Finding:
    total = len(port_set(switch.platform))
    named = f", {len(switch.platform.uplinks)} of them uplinks" if switch.platform.uplinks else ""
    wanted = ", ".join(c.key for c in unserved[:5]) + (f" and {len(unserved) - 5} more" if len(unserved) > 5 else "")
    words = (
        f"{switch.name} has {total} ports ({switch.platform.name}{named}) and {cables} cables; {len(unserved)} find no "
        f"free port: {wanted}"
    )
    return found(codes.PORTS_EXHAUSTED, region.place(switch.path), words)


def _peer_ports(ends: Sequence[tuple[Cable, str]], held: Mapping[str, str]) -> dict[str, str]:
    """An external router's ports `eth1`, `eth2`, ...: names that its stand-in in the lab uses."""
    keys = sorted((cable.key for cable, _ in ends), key=natural_key)
    ports: dict[str, str] = {}
    for key in keys:
        old = held.get(key, "")
        if old.startswith("eth") and old not in ports.values():
            ports[key] = old
    taken = set(ports.values())
    free = (name for n in range(1, PEER_PORTS_MAX) if (name := f"eth{n}") not in taken)
    for key in keys:
        if key not in ports:
            ports[key] = next(free)
    return ports
