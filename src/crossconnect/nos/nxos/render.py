"""A device's configuration as a tree of lines, definitions before their users."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.lines import Tree
from crossconnect.nos.nxos.acl import render_acls
from crossconnect.nos.nxos.bgp import policy_uses, render_bgp, render_evpn
from crossconnect.nos.nxos.interfaces import render_gateway_mac, render_interfaces, render_vlans, render_vrfs
from crossconnect.nos.nxos.policy import render_policy
from crossconnect.nos.nxos.system import render_services, render_start
from crossconnect.nos.nxos.vpc import render_bridge, render_domain


def render(device: DeviceConfiguration) -> Tree:
    """The whole tree."""
    return (
        *render_start(device),
        *render_services(device),
        *render_gateway_mac(device),
        *render_vlans(device),
        *render_bridge(device),
        *render_acls(device.acls),
        *render_policy(device.routing_policy, *policy_uses(device)),
        *render_vrfs(device),
        *render_domain(device),
        *render_interfaces(device),
        *render_bgp(device),
        *render_evpn(device),
    )
