"""The management plane: a VRF of its own for the management port, time, logs and LLDP (IEEE 802.1AB)."""

from __future__ import annotations

from crossconnect.design.addressing import management_addresses
from crossconnect.design.context import Context
from crossconnect.design.mtu import MANAGEMENT_MTU
from crossconnect.device import management as device
from crossconnect.device.configuration import System
from crossconnect.device.interface import Interface
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.model import management as model
from crossconnect.model.inventory import Switch

TACACS_PORT, RADIUS_PORT = 49, 1812
SFLOW_PORT, IPFIX_PORT = 6343, 4739
"""As IANA has them."""


def system(context: Context, managed: bool, agent: str, ports: tuple[str, ...]) -> System:
    """What every device is told alike; without a management port there is no management VRF either.

    `agent` is the address that samples and flow records carry, `ports` are those whose traffic is sampled.
    """
    management = context.region.management
    return System(
        management_vrf=management.vrf if managed else "",
        management_gateways=tuple(sorted(management.gateway, key=lambda g: ":" in g)),
        ntp=management.ntp,
        syslog=management.syslog,
        lldp=management.lldp,
        acl=management.acl if managed else "",
        banner=management.banner,
        users=tuple(
            device.User(name=u.name, role=u.role, password=u.password, ssh_keys=u.ssh_keys) for u in management.users
        ),
        aaa=_aaa(management.aaa),
        snmp=_snmp(management.snmp),
        gnmi=device.Gnmi(port=gnmi.port, tls_profile=gnmi.tls_profile) if (gnmi := management.gnmi) else None,
        netconf=device.Netconf(port=management.netconf.port) if management.netconf else None,
        sflow=_sflow(management.sflow, agent, ports),
        ipfix=_ipfix(management.ipfix, agent, ports),
    )


def _aaa(aaa: model.Aaa | None) -> device.Aaa | None:
    if aaa is None:
        return None
    servers = tuple(
        device.AaaServer(
            protocol=server.protocol,
            address=server.address,
            port=server.port or (TACACS_PORT if server.protocol == "tacacs" else RADIUS_PORT),
            secret=server.secret,
            timeout_s=server.timeout_s,
        )
        for server in aaa.servers
    )
    return device.Aaa(servers=servers, accounting=aaa.accounting)


def _snmp(snmp: model.Snmp | None) -> device.Snmp | None:
    if snmp is None:
        return None
    users = tuple(
        device.SnmpUser(
            name=user.name,
            authentication=user.authentication,
            authentication_secret=user.authentication_secret,
            privacy=user.privacy,
            privacy_secret=user.privacy_secret,
        )
        for user in snmp.users
    )
    receivers = tuple(device.SnmpReceiver(address=r.address, user=r.user) for r in snmp.receivers)
    return device.Snmp(users=users, receivers=receivers, location=snmp.location, contact=snmp.contact)


def _sflow(sflow: model.Sflow | None, agent: str, ports: tuple[str, ...]) -> device.Sflow | None:
    if sflow is None:
        return None
    return device.Sflow(
        collectors=_collectors(sflow.collectors, SFLOW_PORT),
        sample_rate=sflow.sample_rate,
        polling_s=sflow.polling_s,
        agent=agent,
        interfaces=ports,
    )


def _ipfix(ipfix: model.Ipfix | None, exporter: str, ports: tuple[str, ...]) -> device.Ipfix | None:
    if ipfix is None:
        return None
    return device.Ipfix(
        collectors=_collectors(ipfix.collectors, IPFIX_PORT),
        sample_rate=ipfix.sample_rate,
        active_timeout_s=ipfix.active_timeout_s,
        idle_timeout_s=ipfix.idle_timeout_s,
        exporter=exporter,
        interfaces=ports,
    )


def _collectors(collectors: tuple[model.Collector, ...], port: int) -> tuple[device.Collector, ...]:
    return tuple(device.Collector(address=c.address, port=c.port or port) for c in collectors)


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
