"""Device configuration to configuration tree."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.frr.bfd import render_bfd
from crossconnect.nos.frr.bgp import policy_uses, render_bgp
from crossconnect.nos.frr.evpn import render_vrfs
from crossconnect.nos.frr.facts import Version
from crossconnect.nos.frr.interfaces import render_interfaces
from crossconnect.nos.frr.policy import render_policy
from crossconnect.nos.frr.system import render_system
from crossconnect.nos.frr.tree import Tree


def render(device: DeviceConfiguration, version: Version = "8.4") -> Tree:
    """The whole configuration of a device for one FRR version.

    Policies stand before the sessions that use them: when a session comes up while the file is read, its filters
    are there. VRFs with their L3VNIs come after BGP, which drops L3VNIs it hears of before it speaks EVPN.
    """
    uses, built_in = policy_uses(device)
    return (
        *render_system(device, version),
        *render_policy(device.routing_policy, uses, built_in, version),
        *render_bfd(device.bfd),
        *render_interfaces(device),
        *render_bgp(device),
        *render_vrfs(device),
    )
