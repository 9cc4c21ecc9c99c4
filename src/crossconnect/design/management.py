"""The management plane: a VRF of its own for the management port, time, logs and LLDP (IEEE 802.1AB)."""

from __future__ import annotations

from crossconnect.design.addressing import management_addresses
from crossconnect.design.context import Context
from crossconnect.design.mtu import MANAGEMENT_MTU
from crossconnect.device.configuration import System
from crossconnect.device.interface import Interface
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.model.inventory import Switch


def system(context: Context, managed: bool) -> System:
    """What every device is told alike; without a management port there is no management VRF either."""
    management = context.region.management
    return System(
        management_vrf=management.vrf if managed else "",
        management_gateways=tuple(sorted(management.gateway, key=lambda g: ":" in g)),
        ntp=management.ntp,
        syslog=management.syslog,
        lldp=management.lldp,
    )


def management_port(context: Context, switch: Switch) -> Interface | None:
    """The out-of-band port; none in a region without management pool."""
    addresses = management_addresses(context.lock, switch.name)
    if not addresses:
        return None
    return Interface(
        name=switch.names.management,
        kind="management",
        network_instance=context.region.management.vrf,
        description="management",
        mtu=MANAGEMENT_MTU,
        addresses=addresses,
    )


def management_instance(context: Context) -> NetworkInstance:
    """The VRF that keeps management traffic apart from the fabric's and the tenants'."""
    return NetworkInstance(name=context.region.management.vrf, kind="management")
