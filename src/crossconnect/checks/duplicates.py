"""Numbers that must be unique and are not: router ids, VTEP addresses, route distinguishers, interface addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crossconnect.checks.codes import DUPLICATE_ADDRESS, DUPLICATE_RD, DUPLICATE_ROUTER_ID, DUPLICATE_VTEP
from crossconnect.checks.subject import Subject, device_place, evidence_of
from crossconnect.finding import Code, Finding, found
from crossconnect.net import address_of
from crossconnect.state.tables import InterfaceRow


def check_duplicates(subject: Subject) -> Iterator[Finding]:
    """Router ids, VTEP addresses, RDs and addresses inside a VRF belong to one device each."""
    devices = subject.blueprint.devices
    router_ids = [
        (i.bgp.router_id, d.name) for d in devices for i in d.network_instances if i.kind == "default" and i.bgp
    ]
    yield from _repeated(DUPLICATE_ROUTER_ID, "router id", router_ids)
    # The leaves of an MLAG pair are one VTEP.
    first = {d.vtep: d.name for d in reversed(devices) if d.vtep}
    vteps = [(d.vtep, d.name) for d in devices if d.vtep and subject.layout.pairs.get(d.name) != first[d.vtep]]
    yield from _repeated(DUPLICATE_VTEP, "VTEP address", vteps)
    rds = [(i.rd, d.name, i.name) for d in devices for i in d.network_instances if i.rd]
    for rd, owners in _several((rd, (device, name)) for rd, device, name in rds):
        yield found(
            DUPLICATE_RD,
            device_place(owners[0][0]),
            f"route distinguisher {rd} is that of {' and of '.join(f'{name} on {device}' for device, name in owners)}",
            related=tuple(device_place(device) for device, _ in owners),
        )
    yield from _addresses(subject)


def _several(items: Iterable[tuple[str, tuple[str, str]]]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    owners: dict[str, list[tuple[str, str]]] = {}
    for value, owner in items:
        owners.setdefault(value, []).append(owner)
    for value, named in sorted(owners.items()):
        if len(named) > 1:
            yield value, named


def _repeated(code: Code, what: str, items: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    for value, owners in _several((value, (device, "")) for value, device in items):
        names = [device for device, _ in owners]
        yield found(
            code,
            device_place(names[0]),
            f"{what} {value} is that of {' and of '.join(names)}",
            related=tuple(map(device_place, names)),
        )


def _shared(subject: Subject, address: str, rows: list[InterfaceRow]) -> bool:
    """Whether it is the VTEP address of an MLAG pair, on the loopback that is for it."""
    planned = [subject.layout.devices.get(row.device) for row in rows]
    return len(rows) == 2 and all(
        device is not None
        and device.mlag is not None
        and device.mlag.peer == other.device
        and row.interface == device.mlag.vtep_loopback
        and address in {address_of(a) for i in device.interfaces if i.name == row.interface for a in i.addresses[:1]}
        for device, row, other in zip(planned, rows, reversed(rows), strict=True)
    )


def _addresses(subject: Subject) -> Iterator[Finding]:
    """As reported, so that an address set by hand on a device is seen too."""
    owners: dict[tuple[str, str], list[InterfaceRow]] = {}
    for row in subject.state.interfaces:
        for address in row.addresses:
            owners.setdefault((row.vrf, address_of(address)), []).append(row)
    for (vrf, address), rows in sorted(owners.items()):
        # An anycast gateway is on one IRB interface per device; two on one device are a mistake.
        if len(rows) == 1 or (all(r.kind == "irb" for r in rows) and len({r.device for r in rows}) == len(rows)):
            continue
        if _shared(subject, address, rows):
            continue
        ports = [f"{row.device}:{row.interface}" for row in rows]
        yield found(
            DUPLICATE_ADDRESS,
            device_place(rows[0].device),
            f"address {address} in VRF {vrf} is that of {' and of '.join(ports)}",
            related=tuple(device_place(row.device) for row in rows),
            evidence=evidence_of("interfaces", rows),
        )
