"""The management plane of a device in the words of pyavd's structured configuration; see `avd`."""

from __future__ import annotations

from avd import Value

from crossconnect.device.configuration import DeviceConfiguration, System
from crossconnect.nos.secrets import secret_token

PORT = "Management1"


def services(device: DeviceConfiguration) -> Value:
    """Services that the device has, and what they need."""
    system = device.system
    vrf = system.management_vrf
    management = next(i for i in device.interfaces if i.kind == "management")
    out: Value = {
        "hostname": device.name,
        "management_interfaces": [
            {"name": PORT, "description": management.description, "vrf": vrf, "ip_address": management.addresses[0]}
        ],
        "static_routes": [{"vrf": vrf, "prefix": "0.0.0.0/0", "next_hop": g} for g in system.management_gateways],
        "management_ssh": {"vrfs": [{"name": vrf, "enable": True}]},
        "ntp": {
            "local_interface": {"name": PORT, "vrf": vrf},
            "vrf": vrf,
            "servers": [{"name": server} for server in system.ntp],
        },
        "logging": {"vrfs": [{"name": vrf, "source_interface": PORT, "hosts": [{"name": h} for h in system.syslog]}]},
    }
    return out | _snmp(system) | _interfaces(system) | _flows(system) | _aaa(system)


def _snmp(system: System) -> Value:
    snmp = system.snmp
    assert snmp is not None
    words = {"sha-1": "sha", "sha-256": "sha256", "sha-512": "sha512", "aes-128": "aes", "aes-256": "aes256"}
    users = [
        {
            "name": user.name,
            "group": "xc-read",
            "version": "v3",
            "auth": words[user.authentication],
            "auth_passphrase": secret_token(user.authentication_secret),
            "priv": words[user.privacy],
            "priv_passphrase": secret_token(user.privacy_secret),
        }
        for user in snmp.users
    ]
    hosts = [
        {
            "host": receiver.address,
            "vrf": system.management_vrf,
            "version": "3",
            "users": [{"username": receiver.user, "authentication_level": "priv"}],
        }
        for receiver in snmp.receivers
    ]
    return {
        "snmp_server": {
            "contact": snmp.contact,
            "location": snmp.location,
            "views": [{"name": "xc-all", "mib_family_name": "iso", "included": True}],
            "groups": [{"name": "xc-read", "version": "v3", "authentication": "priv", "read": "xc-all"}],
            "users": users,
            "hosts": hosts,
            "vrfs": [{"name": "default", "enable": False}, {"name": system.management_vrf, "enable": True}],
        }
    }


def _interfaces(system: System) -> Value:
    gnmi = system.gnmi
    assert gnmi is not None
    grpc = {"name": "xc", "ssl_profile": gnmi.tls_profile, "vrf": system.management_vrf, "port": gnmi.port}
    return {"management_api_gnmi": {"provider": "eos-native", "transport": {"grpc": [grpc]}}}


def _flows(system: System) -> Value:
    sflow, ipfix = system.sflow, system.ipfix
    assert sflow is not None
    assert ipfix is not None
    destinations = [{"destination": c.address, "port": c.port} for c in sflow.collectors]
    exporter: Value = {
        "name": "xc-collector",
        "collectors": [{"host": c.address, "port": c.port} for c in ipfix.collectors],
        "format": {"ipfix_version": 10},
        "local_interface": PORT,
        "template_interval": 60_000,
    }
    export = {"on_inactive_timeout": ipfix.idle_timeout_s * 1000, "on_interval": ipfix.active_timeout_s * 1000}
    tracker = {"name": "xc-flows", "record_export": export, "exporters": [exporter]}
    return {
        "sflow": {
            "sample": sflow.sample_rate,
            "polling_interval": sflow.polling_s,
            "run": True,
            "interface": {"disable": {"default": True}},
            "vrfs": [{"name": system.management_vrf, "source_interface": PORT, "destinations": destinations}],
        },
        "flow_tracking": {"sampled": {"sample": ipfix.sample_rate, "shutdown": False, "trackers": [tracker]}},
    }


def _aaa(system: System) -> Value:
    aaa = system.aaa
    assert aaa is not None
    vrf = system.management_vrf
    methods = [{"method": "group", "group": "xc-aaa"}]
    commands = {"commands": "all", "type": "start-stop", "methods": methods}
    return {
        "aaa_server_groups": [
            {"name": "xc-aaa", "type": "tacacs+", "servers": [{"server": s.address, "vrf": vrf} for s in aaa.servers]}
        ],
        "aaa_authentication": {"login": {"default": "group xc-aaa local"}},
        "aaa_authorization": {"exec": {"default": "group xc-aaa local"}},
        "aaa_accounting": {
            "exec": {"default": {"type": "start-stop", "methods": methods}},
            "commands": {"default": [commands]},
        },
    }
