"""Files of the services beside FRR: time, logging, LLDP, and which FRR daemons run."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.frr.facts import FIRST_DAEMONS, Version


def daemons(device: DeviceConfiguration, version: Version = "8.4") -> tuple[str, ...]:
    """FRR daemons that the device's configuration needs, in start order."""
    names = [*FIRST_DAEMONS[version], "zebra"]
    if device.system.management_gateways:
        names.append("staticd")
    if any(n.bfd for i in device.network_instances if i.bgp for n in i.bgp.neighbors):
        names.append("bfdd")
    if any(i.bgp for i in device.network_instances):
        names.append("bgpd")
    return tuple(names)


def system_files(device: DeviceConfiguration) -> tuple[tuple[str, str], ...]:
    """(path, content) pairs, sorted by path."""
    vrf = device.system.management_vrf
    files = {
        "/etc/frr/daemons": _daemons_file(device),
        "/etc/frr/vtysh.conf": "service integrated-vtysh-config\n",
        "/etc/hostname": f"{device.name}\n",
    }
    if device.system.ntp:
        # bindacqdevice: requests leave through the management VRF (chrony.conf(5), since 4.0).
        lines = [f"server {server} iburst" for server in device.system.ntp]
        lines += [f"bindacqdevice {vrf}"] if vrf else []
        lines += ["driftfile /var/lib/chrony/chrony.drift", "makestep 1 3", "rtcsync", "cmdport 0"]
        files["/etc/chrony/chrony.conf"] = "\n".join(lines) + "\n"
    if device.system.syslog:
        # A queue in memory, so that an unreachable collector never blocks a daemon that logs.
        option = f' device="{vrf}"' if vrf else ""
        lines = [
            f'*.info action(type="omfwd" target="{server}" port="514" protocol="udp"{option}'
            ' queue.type="linkedList" queue.size="10000")'
            for server in device.system.syslog
        ]
        files["/etc/rsyslog.d/50-crossconnect.conf"] = "\n".join(lines) + "\n"
    if device.system.banner:
        files["/etc/issue.net"] = f"{device.system.banner}\n"
        files["/etc/ssh/sshd_config.d/crossconnect.conf"] = "Banner /etc/issue.net\n"
    if device.system.lldp:
        files["/etc/lldpd.d/crossconnect.conf"] = _lldp_file(device)
    return tuple(sorted(files.items()))


def _daemons_file(device: DeviceConfiguration) -> str:
    running = daemons(device)
    lines = [f"{name}=yes" for name in running if name not in ("zebra", "staticd")]  # those two always run
    lines += [
        "vtysh_enable=yes",
        'zebra_options="-A 127.0.0.1"',
        'bgpd_options="-A 127.0.0.1"',
        'bfdd_options="-A 127.0.0.1"',
        'staticd_options="-A 127.0.0.1"',
    ]
    return "\n".join(lines) + "\n"


def _lldp_file(device: DeviceConfiguration) -> str:
    """Port names as port ids, since cabling is declared by name; only real ports speak (IEEE 802.1AB)."""
    ports = ",".join(i.name for i in device.interfaces if i.kind in ("ethernet", "management"))
    return (
        f"configure system hostname {device.name}\n"
        "configure lldp portidsubtype ifname\n"
        f"configure system interface pattern {ports}\n"
    )
