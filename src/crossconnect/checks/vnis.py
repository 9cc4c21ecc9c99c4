"""VNIs: each VTEP has the L2VNIs and L3VNIs that the blueprint gives it, in their VRFs, and no others."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.checks.codes import VNI_MISSING, VNI_UNEXPECTED, VNI_WRONG
from crossconnect.checks.grouping import by_common_end
from crossconnect.checks.subject import Subject, device_place, evidence_of
from crossconnect.finding import Finding, Place, found
from crossconnect.state.tables import VniRow


def planned_vnis(subject: Subject) -> dict[tuple[str, int], tuple[str, str, str]]:
    """(device, VNI) -> kind, VRF, and path in the model, of devices that are up."""
    planned: dict[tuple[str, int], tuple[str, str, str]] = {}
    for segment in subject.blueprint.segments:
        for device in segment.devices:
            planned[device, segment.vni] = ("l2", segment.vrf or "default", segment.path)
    for vrf in subject.blueprint.vrfs:
        for device in vrf.devices:
            planned[device, vrf.vni] = ("l3", vrf.name, vrf.path)
    return {key: value for key, value in planned.items() if subject.up(key[0]) and key[0] in subject.layout.vteps}


def check_vnis(subject: Subject) -> Iterator[Finding]:
    """Every VTEP has exactly its VNIs, each of the right kind and VRF."""
    planned = planned_vnis(subject)
    rows = {(row.device, row.vni): row for row in subject.state.vnis}
    paths = {vni: path for (_, vni), (_, _, path) in planned.items()}
    missing = [(device, str(vni)) for device, vni in planned if (device, vni) not in rows]
    for group in by_common_end(missing):
        devices, vnis = ((group.end,), group.others) if group.of_source else (group.others, (group.end,))
        yield found(
            VNI_MISSING,
            device_place(devices[0]) if group.of_source else Place(path=paths[int(vnis[0])]),
            f"VNI {', '.join(vnis)} is missing on {', '.join(devices)}",
            related=tuple(Place(path=paths[int(vni)]) for vni in vnis),
        )
    for key, row in sorted(rows.items()):
        if not subject.up(row.device) or row.device not in subject.layout.devices:
            continue
        if key not in planned:
            yield _unexpected(row)
            continue
        kind, vrf, path = planned[key]
        if (row.kind, row.vrf) != (kind, vrf):
            yield found(
                VNI_WRONG,
                Place(path=path),
                f"VNI {row.vni} on {row.device} is an {row.kind.upper()}VNI of VRF {row.vrf} and should be an "
                f"{kind.upper()}VNI of VRF {vrf}",
                related=(device_place(row.device),),
                evidence=evidence_of("vnis", [row]),
            )


def _unexpected(row: VniRow) -> Finding:
    return found(
        VNI_UNEXPECTED,
        device_place(row.device),
        f"{row.device} has {row.kind.upper()}VNI {row.vni}, which the blueprint does not give it",
        evidence=evidence_of("vnis", [row]),
    )
