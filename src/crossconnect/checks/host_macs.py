"""Hosts' MAC addresses: known on every VTEP of their segment, behind the leaf and port where the host is cabled."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.checks.codes import MAC_MISPLACED, MAC_MISSING
from crossconnect.checks.grouping import names_text
from crossconnect.checks.layout import Layout, Port
from crossconnect.checks.subject import Subject, device_place, evidence_of
from crossconnect.design.blueprint import HostPlan
from crossconnect.finding import Finding, Place, found
from crossconnect.state.tables import MacRow


def check_host_macs(subject: Subject) -> Iterator[Finding]:
    """Every connected host is known where its segments are, and nowhere else than where it is cabled."""
    macs = {(row.device, row.vni, row.mac): row for row in subject.state.macs}
    for host in subject.blueprint.hosts:
        if not subject.host_up(host.name):
            continue
        leaves = [leaf for leaf, port in _cables(subject.layout, host) if _cable_up(subject, port)]
        for path in dict.fromkeys(endpoint.segment for endpoint in host.endpoints):
            yield from _in_segment(subject, host, leaves, path, macs)


def _cables(layout: Layout, host: HostPlan) -> list[tuple[str, Port]]:
    """(leaf, port at the leaf) of each of a host's cables."""
    mates = [layout.mate(Port(host.name, port)) for port in host.ports]
    return [(mate.device, mate) for mate in mates if mate is not None]


def _cable_up(subject: Subject, port: Port) -> bool:
    return subject.wire_up(subject.layout.wire_at[port].key)


def _in_segment(
    subject: Subject, host: HostPlan, leaves: list[str], path: str, macs: dict[tuple[str, int, str], MacRow]
) -> Iterator[Finding]:
    segment = subject.layout.segments[path]
    local, remote = _places(subject.layout, host)
    missing: list[str] = []
    misplaced: list[MacRow] = []
    for device in segment.devices:
        if not subject.up(device) or device not in subject.layout.vteps:
            continue
        row = macs.get((device, segment.vni, host.mac))
        if row is None:
            if device in leaves or any(subject.connected(device, leaf) for leaf in leaves):
                missing.append(device)
        elif row.where not in (local.get(device, frozenset()) if row.kind == "local" else remote):
            misplaced.append(row)
    if missing:
        yield found(
            MAC_MISSING,
            Place(path=host.path),
            f"MAC {host.mac} of host {host.name} is not known in VNI {segment.vni} ({segment.mac_vrf}) "
            f"on {names_text(missing)}",
            related=(Place(path=path), *(device_place(name) for name in missing)),
        )
    if misplaced:
        yield found(
            MAC_MISPLACED,
            Place(path=host.path),
            f"MAC {host.mac} of host {host.name}, cabled to {' and '.join(host.leaves)}, is seen at "
            f"{names_text(sorted({row.where for row in misplaced}))} by {names_text([r.device for r in misplaced])}",
            related=(Place(path=path),),
            evidence=evidence_of("macs", misplaced),
        )


def _places(layout: Layout, host: HostPlan) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Where a host's MAC may be: by leaf its port, bond or Ethernet segment; elsewhere its leaves' VTEPs or segment."""
    local: dict[str, frozenset[str]] = {}
    remote: set[str] = set()
    for leaf, port in _cables(layout, host):
        names = {port.name}
        interface = layout.interfaces.get(port)
        if interface is not None and interface.parent:
            names.add(interface.parent)
            bond = layout.interfaces.get((leaf, interface.parent))
            if bond is not None and bond.esi:
                names.add(f"esi:{bond.esi}")
                remote.add(f"esi:{bond.esi}")
        local[leaf] = local.get(leaf, frozenset()) | names
        remote.add(layout.vteps.get(leaf, ""))
        # The other leaf of an MLAG pair has it behind the peer link, and this one when its own cable is cut.
        for half in (leaf, layout.pairs.get(leaf, "")):
            device = layout.devices.get(half)
            if device is not None and device.mlag is not None:
                local[half] = local.get(half, frozenset()) | {device.mlag.peer_link}
    return local, frozenset(remote)
