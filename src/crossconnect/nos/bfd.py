"""Where BFD runs, for systems that are told of it at interfaces."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration


def bfd_interfaces(device: DeviceConfiguration) -> set[str]:
    """Interfaces over which sessions with BFD run."""
    local: set[str] = set()
    for instance in device.network_instances:
        for neighbor in instance.bgp.neighbors if instance.bgp else ():
            if neighbor.bfd:
                local.add(neighbor.interface or neighbor.local_address)
    return {i.name for i in device.interfaces if i.name in local} | {
        i.name for i in device.interfaces if any(a.partition("/")[0] in local for a in i.addresses)
    }
