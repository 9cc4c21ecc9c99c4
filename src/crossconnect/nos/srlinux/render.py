"""A device's configuration as the one tree of SR Linux."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.document import Value
from crossconnect.nos.srlinux.acl import render_acls
from crossconnect.nos.srlinux.instances import render_instances
from crossconnect.nos.srlinux.interfaces import render_bfd, render_interfaces, render_tunnels
from crossconnect.nos.srlinux.policy import render_policy
from crossconnect.nos.srlinux.system import render_system


def render(device: DeviceConfiguration) -> dict[str, Value]:
    """The whole tree, in the order in which the device shows it; what is empty is left out."""
    bfd = render_bfd(device)
    whole: dict[str, Value] = {
        "acl": render_acls(device),
        "bfd": {"subinterface": bfd} if bfd else {},
        "interface": render_interfaces(device),
        "network-instance": render_instances(device),
        "routing-policy": render_policy(device),
        "system": render_system(device),
        "tunnel-interface": render_tunnels(device),
    }
    return {name: value for name, value in whole.items() if value}
