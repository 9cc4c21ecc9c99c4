"""The device as a whole, and the services of its management plane.

Sources: SONiC Configuration database manual ("Device Metadata", "Management port", "Management VRF", "NTP", "Syslog",
"TACPLUS", "AAA", "SNMP", "SFLOW", "Banner", "FEATURE"); the YANG models sonic-device_metadata, sonic-mgmt_vrf,
sonic-mgmt_interface, sonic-ntp, sonic-syslog, sonic-snmp, sonic-gnmi, sonic-system-aaa, sonic-system-tacacs,
sonic-system-radius, sonic-banner, sonic-sflow, sonic-feature. `docker_init.sh` and `supervisord.conf.j2` of
docker-fpm-frr say what `docker_routing_config_mode` and `frr_mgmt_framework_config` do at start.
"""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.management import Aaa, AaaServer, Sflow, Snmp
from crossconnect.nos.frr.names import one_line
from crossconnect.nos.secrets import secret_token
from crossconnect.nos.sonic.names import MANAGEMENT_PORT, MANAGEMENT_VRF
from crossconnect.nos.sonic.tables import Fields, Table, Tables, fields, switched

ROUTING_CONFIG_MODE = "split-unified"
"""Our `frr.conf` is the only source of FRR's configuration: nothing is made from CONFIG_DB at start."""

FRAMEWORK_CONFIG_MODE = "unified"
"""FRR's configuration is made from CONFIG_DB by templates at start, and by frrcfgd."""

CREDENTIALS = "/etc/sonic/credentials"
"""Where certificates are: `PROFILE.cer`, `PROFILE.key`, and `ca.cer` of those who sign clients."""

SERVERS_MAX = 8
"""TACPLUS_SERVER_LIST and RADIUS_SERVER_LIST, `max-elements`."""

AUTHENTICATION = {"sha-1": "SHA", "sha-256": "HMAC-SHA-2", "sha-512": "HMAC-SHA-2"}


def uses_frrcfgd(device: DeviceConfiguration) -> bool:
    """Whether frrcfgd runs in bgpcfgd's place: where it has BGP to configure, where a session wants BFD, or bonds are
    Ethernet segments."""
    sessions = (n for i in device.network_instances if i.bgp is not None for n in i.bgp.neighbors)
    return device.routing_framework or any(n.bfd for n in sessions) or any(i.esi for i in device.interfaces)


def metadata(device: DeviceConfiguration) -> Table:
    """`DEVICE_METADATA`. Its MAC address is that of all routed interfaces, so EVPN's Router's MAC too (RFC 9135 8.1).

    bfdd runs in the routing container only with `frr_mgmt_framework_config` (supervisord.conf.j2), so a device with BFD
    sets it. So does one with Ethernet segments: bgpcfgd would give each the number of its bond for an id (its
    EvpnMhEsMgr), which two pairs of leaves have in common, over the one in `frr.conf`. frrcfgd, which then runs in
    bgpcfgd's place, finds no BGP tables; of a VRF it enters the `vni` that `frr.conf` has too. On a device whose BGP
    is in its tables, it enters them all at start (`use_template_render_for_restore`, see `framework`).
    """
    framework = device.routing_framework
    router_macs = sorted({i.router_mac for i in device.network_instances if i.router_mac})
    return {
        "localhost": fields(
            hostname=device.name,
            mac=router_macs[0] if router_macs else None,
            docker_routing_config_mode=FRAMEWORK_CONFIG_MODE if framework else ROUTING_CONFIG_MODE,
            frr_mgmt_framework_config="true" if uses_frrcfgd(device) else "false",
            use_template_render_for_restore="false" if framework else None,
        )
    }


def management_tables(device: DeviceConfiguration) -> Tables:
    """The management port, its VRF, and the services that are on. FEATURE says of each whether it runs."""
    system = device.system
    tables: Tables = {
        "MGMT_VRF_CONFIG": {"vrf_global": fields(mgmtVrfEnabled="true" if system.management_vrf else "false")},
        **_management_port(device),
        "FEATURE": {
            name: fields(state="enabled" if on else "disabled")
            for name, on in (
                ("lldp", system.lldp),
                ("snmp", system.snmp is not None),
                ("gnmi", system.gnmi is not None),
                ("sflow", system.sflow is not None),
            )
        },
        "SYSLOG_SERVER": {server: fields(vrf=MANAGEMENT_VRF) for server in system.syslog},
        **_ntp(system.ntp),
    }
    if system.banner:
        login = one_line(system.banner)
        tables["BANNER_MESSAGE"] = {"global": {"state": "enabled", "login": login, "motd": "", "logout": ""}}
    if system.gnmi is not None:
        tables["GNMI"] = {
            "certs": fields(
                ca_crt=f"{CREDENTIALS}/ca.cer",
                server_crt=f"{CREDENTIALS}/{system.gnmi.tls_profile}.cer",
                server_key=f"{CREDENTIALS}/{system.gnmi.tls_profile}.key",
            ),
            "gnmi": fields(client_auth="true", log_level=2, port=system.gnmi.port, vrf=MANAGEMENT_VRF),
        }
    if system.snmp is not None:
        tables |= _snmp(device, system.snmp)
    if system.aaa is not None:
        tables |= _aaa(system.aaa)
    if system.sflow is not None:
        tables |= _sflow(device, system.sflow)
    return tables


def _management_port(device: DeviceConfiguration) -> Tables:
    port = next((i for i in device.interfaces if i.kind == "management"), None)
    if port is None:
        return {}
    gateways = {":" in gateway: gateway for gateway in reversed(device.system.management_gateways)}
    return {
        "MGMT_PORT": {
            MANAGEMENT_PORT: fields(
                alias=MANAGEMENT_PORT,
                admin_status=switched(port.enabled),
                description=one_line(port.description),
                mtu=port.mtu,
            )
        },
        "MGMT_INTERFACE": {
            f"{MANAGEMENT_PORT}|{address}": fields(gwaddr=gateways.get(":" in address)) for address in port.addresses
        },
    }


def _ntp(servers: tuple[str, ...]) -> Tables:
    if not servers:
        return {"NTP": {"global": fields(admin_state="disabled")}}
    return {
        "NTP": {"global": fields(admin_state="enabled", vrf=MANAGEMENT_VRF, dhcp="disabled", server_role="disabled")},
        "NTP_SERVER": {
            server: fields(association_type="server", admin_state="enabled", iburst="on", version=4)
            for server in servers
        },
    }


def _snmp(device: DeviceConfiguration, snmp: Snmp) -> Tables:
    own = [a.partition("/")[0] for i in device.interfaces if i.kind == "management" for a in i.addresses]
    users: Table = {
        user.name: fields(
            SNMP_USER_TYPE="Priv",
            SNMP_USER_PERMISSION="RO",
            SNMP_USER_AUTH_TYPE=AUTHENTICATION[user.authentication],
            SNMP_USER_AUTH_PASSWORD=secret_token(user.authentication_secret),
            SNMP_USER_ENCRYPTION_TYPE="AES",
            SNMP_USER_ENCRYPTION_PASSWORD=secret_token(user.privacy_secret),
        )
        for user in snmp.users
    }
    texts: Table = {}
    if snmp.location:
        texts["LOCATION"] = {"Location": one_line(snmp.location)}
    if snmp.contact:
        texts["CONTACT"] = {"Contact": one_line(snmp.contact)}
    return {
        "SNMP": texts,
        "SNMP_USER": users,
        "SNMP_AGENT_ADDRESS_CONFIG": {f"{address}|161|{MANAGEMENT_VRF}": {} for address in own},
    }


def _aaa(aaa: Aaa) -> Tables:
    """hostcfgd asks servers of greater `priority` first, and local users when none answers (`failthrough` is off)."""
    tacacs = [server for server in aaa.servers if server.protocol == "tacacs"]
    radius = [server for server in aaa.servers if server.protocol == "radius"]
    words = list(dict.fromkeys("tacacs+" if s.protocol == "tacacs" else "radius" for s in aaa.servers))
    login = ",".join((*words, "local"))
    entries: Table = {"authentication": fields(login=login, failthrough="False")}
    if tacacs:
        entries["authorization"] = fields(login="tacacs+,local")
        if aaa.accounting:
            entries["accounting"] = fields(login="tacacs+,local")
    return {
        # sonic-system-aaa.yang wants a key here where logins ask TACACS+; those of the servers take its place.
        "TACPLUS": {"global": fields(auth_type="pap", passkey=secret_token(tacacs[0].secret))} if tacacs else {},
        "TACPLUS_SERVER": {s.address: {**_server(s, n), "tcp_port": str(s.port)} for n, s in enumerate(tacacs)},
        "RADIUS_SERVER": {s.address: {**_server(s, n), "auth_port": str(s.port)} for n, s in enumerate(radius)},
        "AAA": entries,
    }


def _server(server: AaaServer, place: int) -> Fields:
    return fields(
        auth_type="pap",
        passkey=secret_token(server.secret),
        priority=SERVERS_MAX - place,
        timeout=server.timeout_s,
        vrf=MANAGEMENT_VRF,
    )


def _sflow(device: DeviceConfiguration, sflow: Sflow) -> Tables:
    agent = next(
        (i.name for i in device.interfaces for address in i.addresses if address.partition("/")[0] == sflow.agent), None
    )
    return {
        "SFLOW": {"global": fields(admin_state="up", polling_interval=sflow.polling_s, agent_id=agent)},
        "SFLOW_COLLECTOR": {
            f"collector{n}": fields(
                collector_ip=collector.address, collector_port=collector.port, collector_vrf=MANAGEMENT_VRF
            )
            for n, collector in enumerate(sflow.collectors, 1)
        },
        "SFLOW_SESSION": {
            # Without it every port is sampled, at a rate that follows from its speed.
            "all": fields(admin_state="down"),
            **{name: fields(admin_state="up", sample_rate=sflow.sample_rate) for name in sflow.interfaces},
        },
    }
