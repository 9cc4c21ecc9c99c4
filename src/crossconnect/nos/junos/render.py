"""A device's configuration as a tree of statements, in the order in which Junos shows them."""

from __future__ import annotations

from crossconnect.device.acl import AclSet
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.junos.acl import render_acls
from crossconnect.nos.junos.bgp import as_list, render_bgp, render_instances, render_routing_options
from crossconnect.nos.junos.interfaces import render_interfaces
from crossconnect.nos.junos.policy import render_policy
from crossconnect.nos.junos.system import render_chassis, render_protocols, render_snmp, render_system
from crossconnect.nos.lines import Block, Entry, Tree


def render(device: DeviceConfiguration) -> Tree:
    """The whole tree."""
    default = next((i.bgp for i in device.network_instances if i.kind == "default" and i.bgp), None)
    out: list[Entry] = [*render_system(device), *render_chassis(device), *render_interfaces(device)]
    out += render_snmp(device.system.snmp)
    if device.vtep:
        tunnels = Block("evpn-vxlan", ("shared-tunnels",))
        out.append(Block("forwarding-options", (tunnels, Block("vxlan-routing", ("overlay-ecmp",)))))
    out += _policies(device)
    out += render_acls(_used_acls(device))
    out += render_instances(device)
    if default is not None:
        out.append(render_routing_options(default))
    protocols = [*([render_bgp(device, default)] if default is not None else []), *render_protocols(device)]
    if protocols:
        out.append(Block("protocols", tuple(protocols)))
    return tuple(out)


def _policies(device: DeviceConfiguration) -> list[Entry]:
    """`policy-options`, with the ASNs that neighbours on unnumbered links may have."""
    asns = sorted({n.remote_asn for i in device.network_instances if i.bgp for n in i.bgp.neighbors if n.interface})
    lists = tuple(f"as-list {as_list(asn)} members {asn}" for asn in asns)
    rendered = render_policy(device)
    if not rendered:
        return [Block("policy-options", lists)] if lists else []
    (options,) = rendered
    assert isinstance(options, Block)
    return [Block(options.header, (*options.body, *lists))]


def _used_acls(device: DeviceConfiguration) -> tuple[AclSet, ...]:
    """Filters of families that an interface with the ACL has."""
    used: set[tuple[str, int]] = set()
    for interface in device.interfaces:
        names = {interface.acl_in, interface.acl_out}
        if interface.kind == "management":
            names.add(device.system.acl)
        versions = {6 if ":" in address else 4 for address in interface.addresses}
        versions |= {4, 6} if interface.unnumbered else set()
        used |= {(name, version) for name in names for version in versions}
    return tuple(acl for acl in device.acls if (acl.name, acl.version) in used)
