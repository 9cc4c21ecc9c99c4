"""A device as Junos configuration: the hierarchy in the order of `show configuration`."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.junos.acl import render_filters
from crossconnect.nos.junos.bgp import bgp_block, policy_options, routing_options
from crossconnect.nos.junos.instances import render_instances
from crossconnect.nos.junos.interfaces import render_interfaces
from crossconnect.nos.junos.names import unit_name
from crossconnect.nos.junos.system import render_services, render_snmp, render_system
from crossconnect.nos.lines import Entry, Tree, entry


def render(device: DeviceConfiguration) -> Tree:
    """The whole configuration."""
    out: list[Entry] = [render_system(device), *render_interfaces(device)]
    if device.system.snmp is not None:
        out.append(render_snmp(device.system.snmp))
    if any(i.kind == "mac-vrf" for i in device.network_instances):
        routing = entry("vxlan-routing", ["overlay-ecmp"])
        out.append(entry("forwarding-options", [routing, entry("evpn-vxlan", ["shared-tunnels"])]))
    out += policy_options(device)
    out += render_filters(device)
    out += render_instances(device)
    protocols: list[Entry] = []
    for instance in device.network_instances:
        if instance.kind == "default" and instance.bgp is not None:
            out.append(routing_options(device, instance, instance.bgp))
            if instance.bgp.neighbors:
                protocols.append(bgp_block(device, instance.bgp))
    unnumbered = [unit_name(i.name) for i in device.interfaces if i.unnumbered]
    if unnumbered:
        protocols.append(entry("router-advertisement", [f"interface {name}" for name in unnumbered]))
    out.append(entry("protocols", [*protocols, *render_services(device)]))
    return tuple(out)
