"""A device's configuration as a tree of lines, definitions before their users."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.eos.acl import render_acls
from crossconnect.nos.eos.bgp import policy_uses, render_bgp
from crossconnect.nos.eos.interfaces import render_interfaces, render_routing, render_vlans, render_vrfs
from crossconnect.nos.eos.mlag import render_mlag
from crossconnect.nos.eos.policy import render_policy
from crossconnect.nos.eos.system import render_banner, render_services, render_start
from crossconnect.nos.lines import Tree


def render(device: DeviceConfiguration) -> Tree:
    """The whole tree."""
    return (
        *render_start(device),
        *render_vlans(device),
        *render_vrfs(device),
        *render_acls(device.acls),
        *render_services(device),
        *render_interfaces(device),
        *render_routing(device),
        *render_mlag(device),
        *render_policy(device.routing_policy, *policy_uses(device), asn=_asn(device)),
        *render_bgp(device),
        *render_banner(device.system),
    )


def _asn(device: DeviceConfiguration) -> int:
    return next((i.bgp.asn for i in device.network_instances if i.kind == "default" and i.bgp), 0)
