"""Soundness of the cloud's share: what tenants are promised fits into the tunnels."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.design import codes
from crossconnect.design.context import Context
from crossconnect.design.geneve import geneve_overhead, tenant_mtu
from crossconnect.finding import Finding, found
from crossconnect.intent.placement import segment_path
from crossconnect.net import version_of

_WORDS = {"hypervisor": "hypervisor", "gateway": "gateway node"}


def cloud_findings(context: Context) -> Iterator[Finding]:
    """Nothing between two chassis fragments: a packet that a tenant's machine may send is carried whole, or lost.

    Said once per cause: the MTU of the tunnels' segment, or that of another one on the same server, which the server
    then keeps to on all (`HostKind.host_mtu`).
    """
    cloud = context.region.design.cloud
    if cloud is None:
        return
    said: set[str] = set()
    for host in context.inventory.hosts:
        versions = [version_of(a) for p in host.segments if p.segment == cloud.tunnels for a in p.addresses]
        if host.chassis == "none" or not versions:
            continue
        kind, version = context.host_kinds[host.name], min(versions)
        left = tenant_mtu(kind.host_mtu, version)
        if left >= cloud.mtu:
            continue
        narrow = next(segment for _, segment in kind.segments if segment.mtu == kind.host_mtu)
        path = f"{narrow.path}/mtu" if narrow.model.mtu is not None else "design/tenant_mtu"
        if path in said:
            continue
        said.add(path)
        overhead, needed = geneve_overhead(version), cloud.mtu + geneve_overhead(version)
        where = "" if narrow.path == segment_path(cloud.tunnels) else f", for segment {narrow.name} on the same server"
        words = (
            f"tenants are promised an MTU of {cloud.mtu}, but {_WORDS[host.chassis]} {host.name} has one of "
            f"{kind.host_mtu}{where}: "
            f"less Geneve's {overhead} octets over IPv{version}, {left} are left"
        )
        hint = f"Raise it to {needed} (and `design.fabric_mtu` with it), or lower `design.cloud.mtu` to {left}."
        related = (context.region.place("design/cloud/mtu"),)
        yield found(codes.CLOUD_MTU, context.region.place(path), words, hint=hint, related=related)
