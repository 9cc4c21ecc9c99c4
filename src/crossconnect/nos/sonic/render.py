"""Device configuration to the two trees: `config_db.json`, then `frr.conf`, which a device whose routing is in
CONFIG_DB has not.

Tables stand in the order in which they refer to each other, so that a patch which is made in document order names
nothing that is not there yet.
"""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.document import Value
from crossconnect.nos.sonic.acl import acl_tables
from crossconnect.nos.sonic.bgp import routing_tree
from crossconnect.nos.sonic.evpn import segment_tables, transit_tables, tunnel_tables, vrf_table
from crossconnect.nos.sonic.framework import framework_tables
from crossconnect.nos.sonic.interfaces import interface_tables
from crossconnect.nos.sonic.system import management_tables, metadata
from crossconnect.nos.sonic.tables import joined

CONFIG_DB = "config_db.json"
FRR = "frr.conf"


def render(device: DeviceConfiguration) -> Value:
    """The tables of CONFIG_DB."""
    interfaces = interface_tables(device)
    first = {name: interfaces.pop(name) for name in ("PORT", "LOOPBACK_INTERFACE", "PORTCHANNEL")}
    tables = joined(
        {"DEVICE_METADATA": metadata(device)},
        first,
        {"VRF": vrf_table(device)},
        interfaces,
        transit_tables(device),
        tunnel_tables(device),
        segment_tables(device),
        framework_tables(device),
        acl_tables(device),
        management_tables(device),
    )
    return dict(tables.items())


__all__ = ["CONFIG_DB", "FRR", "render", "routing_tree"]
