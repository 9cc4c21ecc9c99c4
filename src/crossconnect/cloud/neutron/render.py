"""Our resources in Neutron's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from crossconnect.cloud.addresses import gateway, host_range
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.security_group import SecurityGroup, SecurityGroupRule
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.neutron.ids import Face, uuid_of
from crossconnect.cloud.neutron.kinds import NeutronNetwork, NeutronRouter
from crossconnect.cloud.resource import Resource
from crossconnect.net import address_text, contains, parse

Json = dict[str, Any]
EXTERNAL = "external-" + "0" * 17
"""Stands for the internet, whose UUID every client of the region sees."""
EXTERNAL_NETWORK = uuid_of("external_network", EXTERNAL)
ROUTER_PORT = "network:router_interface"
DEVICE_OWNER = "neutron:device_owner"
"""Tag that keeps what ours have no field for."""
NETWORK_NAME = "neutron:network_name"
SECOND_NAME = "neutron:ipv6_name"
_VIF_DETAILS: Json = {"port_filter": True, "connectivity": "l2", "bridge_name": "br-int"}
_STATUS = {"pending": "BUILD", "updating": "ACTIVE", "available": "ACTIVE", "deleting": "ACTIVE", "failed": "ERROR"}


def tags_of(tags: Mapping[str, str]) -> list[str]:
    """Neutron's tags are words; ours with a value are shown as `key=value`."""
    return [f"{key}={value}" if value else key for key, value in tags.items() if not key.startswith("neutron:")]


def tags_from(words: Iterable[str], kept: Mapping[str, str]) -> dict[str, str]:
    """Ours for Neutron's; what keeps things for this mapping stays."""
    own = {key: value for key, value in kept.items() if key.startswith("neutron:")}
    return {key: value for key, _, value in (word.partition("=") for word in words)} | own


def common(resource: Resource, face: Face) -> Json:
    """What all have."""
    return {
        "id": uuid_of(face, resource.id),
        "name": resource.name,
        "description": resource.description,
        "project_id": resource.project_id,
        "tenant_id": resource.project_id,
        "created_at": _seconds(resource.created_at),
        "updated_at": _seconds(resource.updated_at),
        "revision_number": resource.revision,
        "tags": tags_of(resource.tags),
    }


def network(made: NeutronNetwork | None, subnet: Subnet | None, mtu: int) -> Json:
    """A network, which is one that was made here, or a subnet of a VPC."""
    resource = made or subnet
    assert resource is not None
    shown = common(resource, "network")
    subnets: list[str] = []
    if subnet is not None and subnet.cidr_block:
        subnets.append(uuid_of("subnet4", subnet.id))
    if subnet is not None and subnet.ipv6_cidr_block:
        subnets.append(uuid_of("subnet6", subnet.id))
    zone = [subnet.availability_zone] if subnet is not None else []
    hint = [made.availability_zone] if made is not None and made.availability_zone else []
    return shown | {
        "admin_state_up": True,
        "status": _STATUS[subnet.state] if subnet is not None else "ACTIVE",
        "shared": False,
        "router:external": False,
        "mtu": mtu,
        "port_security_enabled": True,
        "subnets": subnets,
        "availability_zones": zone,
        "availability_zone_hints": zone or hint,
        "ipv4_address_scope": None,
        "ipv6_address_scope": None,
    }


def external_network(pools: tuple[str, ...]) -> Json:
    """The internet."""
    return {
        "id": EXTERNAL_NETWORK,
        "name": "internet",
        "description": "The internet, by the region's gateways",
        "project_id": "",
        "tenant_id": "",
        "created_at": "1970-01-01T00:00:00Z",
        "updated_at": "1970-01-01T00:00:00Z",
        "revision_number": 1,
        "tags": [],
        "admin_state_up": True,
        "status": "ACTIVE",
        "shared": False,
        "router:external": True,
        "is_default": True,
        "mtu": 1500,
        "port_security_enabled": True,
        "subnets": [external_subnet_id(n) for n in range(len(pools))],
        "availability_zones": [],
        "availability_zone_hints": [],
        "ipv4_address_scope": None,
        "ipv6_address_scope": None,
    }


def external_subnet_id(n: int) -> str:
    """UUID of the nth pool of floating IPs."""
    return uuid_of("external_subnet", f"external-{n:017x}")


def external_subnet(n: int, pool: str) -> Json:
    """A pool of floating IPs."""
    parsed = parse(pool)
    first, last = parsed.value + 1, (parsed.value | parsed.host_mask) - 1
    return {
        "id": external_subnet_id(n),
        "name": f"internet-{n + 1}",
        "description": "",
        "project_id": "",
        "tenant_id": "",
        "created_at": "1970-01-01T00:00:00Z",
        "updated_at": "1970-01-01T00:00:00Z",
        "revision_number": 1,
        "tags": [],
        "network_id": EXTERNAL_NETWORK,
        "ip_version": 4,
        "cidr": pool,
        "gateway_ip": None,
        "enable_dhcp": False,
        "allocation_pools": [{"start": address_text(4, first), "end": address_text(4, last)}],
        "dns_nameservers": [],
        "host_routes": [],
        "ipv6_ra_mode": None,
        "ipv6_address_mode": None,
        "subnetpool_id": None,
        "service_types": [],
        "segment_id": None,
    }


def name_servers(found: Subnet, version: Literal[4, 6], inherited: tuple[str, ...]) -> list[str]:
    """What a subnet's machines are told: its own of an IP version, or else its VPC's (`ovn.subnets.dhcp`)."""
    own, others = (
        [server for server in servers if parse(server).version == version]
        for servers in (found.domain_name_servers, inherited)
    )
    return own or others


def subnet(found: Subnet, version: Literal[4, 6], inherited: tuple[str, ...]) -> Json:
    """A subnet of one IP version. `inherited`: the VPC's DNS servers."""
    block = found.cidr_block if version == 4 else found.ipv6_cidr_block
    first, last = host_range(block)
    shown = common(found, "subnet4" if version == 4 else "subnet6")
    if version == 6 and found.cidr_block:
        shown["name"] = found.tags.get(SECOND_NAME, found.name)
    mode = None if version == 4 else "dhcpv6-stateful"
    return shown | {
        "network_id": uuid_of("network", found.id),
        "ip_version": version,
        "cidr": block,
        "gateway_ip": gateway(block),
        "enable_dhcp": True,
        "allocation_pools": [{"start": address_text(version, first), "end": address_text(version, last)}],
        "dns_nameservers": name_servers(found, version, inherited),
        "host_routes": [],
        "ipv6_ra_mode": mode,
        "ipv6_address_mode": mode,
        "subnetpool_id": None,
        "service_types": [],
        "segment_id": None,
    }


def port(interface: NetworkInterface) -> Json:
    """A port."""
    v4, v6 = uuid_of("subnet4", interface.subnet_id), uuid_of("subnet6", interface.subnet_id)
    addresses = [{"subnet_id": v4, "ip_address": text} for text in interface.private_addresses]
    addresses += [{"subnet_id": v6, "ip_address": text} for text in interface.ipv6_addresses]
    owner = interface.tags.get(DEVICE_OWNER) or ("network:service" if interface.owner else "")
    status = _STATUS[interface.state]
    return common(interface, "port") | {
        "network_id": uuid_of("network", interface.subnet_id),
        "mac_address": interface.mac,
        "fixed_ips": addresses,
        "security_groups": [uuid_of("security_group", id) for id in interface.security_group_ids],
        "allowed_address_pairs": [
            {"ip_address": _pair_address(pair.cidr), "mac_address": pair.mac or interface.mac}
            for pair in interface.allowed_address_pairs
        ],
        "device_id": interface.device_id or interface.owner,
        "device_owner": owner,
        "admin_state_up": True,
        "port_security_enabled": True,
        "status": "DOWN" if status == "ACTIVE" and not interface.host else status,
        "extra_dhcp_opts": [],
        "binding:vnic_type": "normal",
        "binding:host_id": interface.host,
        "binding:profile": {},
        "binding:vif_type": "ovs" if interface.host else "unbound",
        "binding:vif_details": _VIF_DETAILS if interface.host else {},
        "dns_name": "",
        "dns_assignment": [],
        "qos_policy_id": None,
    }


def binding(interface: NetworkInterface, host: str) -> Json:
    """The binding of a port on one of its hosts."""
    return {
        "host": host,
        "vif_type": "ovs",
        "vif_details": _VIF_DETAILS,
        "vnic_type": "normal",
        "profile": {},
        "status": "ACTIVE" if host == interface.host else "INACTIVE",
    }


def router_port(router: NeutronRouter, found: Subnet) -> Json:
    """The router's port in a subnet, of which ours has the address only."""
    v4, v6 = uuid_of("subnet4", found.id), uuid_of("subnet6", found.id)
    addresses = [
        {"subnet_id": uuid, "ip_address": gateway(block)}
        for uuid, block in ((v4, found.cidr_block), (v6, found.ipv6_cidr_block))
        if block
    ]
    shown = common(found, "router_port") | {"name": "", "description": "", "tags": []}
    return shown | {
        "network_id": uuid_of("network", found.id),
        "mac_address": "02:c1:00:" + ":".join(found.id[-6:][n : n + 2] for n in (0, 2, 4)),
        "fixed_ips": addresses,
        "security_groups": [],
        "allowed_address_pairs": [],
        "device_id": uuid_of("router", router.id),
        "device_owner": ROUTER_PORT,
        "admin_state_up": True,
        "port_security_enabled": False,
        "status": "ACTIVE",
        "extra_dhcp_opts": [],
        "binding:vnic_type": "normal",
        "binding:host_id": "",
        "binding:profile": {},
        "binding:vif_type": "unbound",
        "binding:vif_details": {},
        "dns_name": "",
        "dns_assignment": [],
        "qos_policy_id": None,
    }


def router(found: NeutronRouter, pools: tuple[str, ...]) -> Json:
    """A router."""
    gateway_info: Json | None = None
    if found.external:
        pool = next((n for n, block in enumerate(pools) if contains(block, found.address)), 0)
        gateway_info = {
            "network_id": EXTERNAL_NETWORK,
            "enable_snat": found.source_nat,
            "external_fixed_ips": [{"subnet_id": external_subnet_id(pool), "ip_address": found.address}],
        }
    return common(found, "router") | {
        "admin_state_up": True,
        "status": _STATUS[found.state],
        "external_gateway_info": gateway_info,
        "routes": [{"destination": route.destination, "nexthop": route.nexthop} for route in found.routes],
        "distributed": True,
        "ha": True,
        "availability_zones": [],
        "availability_zone_hints": [],
        "flavor_id": None,
    }


def floating_ip(found: ElasticIp, interface: NetworkInterface | None, router_id: str) -> Json:
    """A floating IP."""
    details: Json | None = None
    if interface is not None:
        details = {
            "name": interface.name,
            "network_id": uuid_of("network", interface.subnet_id),
            "mac_address": interface.mac,
            "admin_state_up": True,
            "status": "ACTIVE" if interface.host else "DOWN",
            "device_id": interface.device_id,
            "device_owner": interface.tags.get(DEVICE_OWNER, ""),
        }
    associated = bool(found.network_interface_id)
    return common(found, "floatingip") | {
        "floating_network_id": EXTERNAL_NETWORK,
        "floating_ip_address": found.address,
        "fixed_ip_address": found.private_address or None,
        "port_id": uuid_of("port", found.network_interface_id) if associated else None,
        "router_id": router_id or None,
        "status": "ERROR" if found.state == "failed" else "ACTIVE" if associated else "DOWN",
        "port_details": details,
        "dns_name": "",
        "dns_domain": "",
        "qos_policy_id": None,
    }


def security_group(found: SecurityGroup, rules: Iterable[SecurityGroupRule]) -> Json:
    """A group with its rules."""
    shown = [one for rule in rules for one in security_group_rules(rule)]
    return common(found, "security_group") | {
        "stateful": True,
        "shared": False,
        "is_default": found.default,
        "security_group_rules": shown,
    }


def security_group_rules(rule: SecurityGroupRule) -> list[Json]:
    """A rule, or both halves of one that is about both IP versions: Neutron's are about one."""
    by_block = ":" in rule.peer or "." in rule.peer
    if by_block:
        version = 6 if ":" in rule.peer else 4
        return [_rule(rule, "rule", version)]
    if rule.ip_version is not None:
        return [_rule(rule, "rule", rule.ip_version)]
    return [_rule(rule, "rule4", 4), _rule(rule, "rule6", 6)]


def _pair_address(cidr: str) -> str:
    """A block of one address is that address, as those who ask for one write it: Terraform sees a change in another
    form."""
    address, _, length = cidr.partition("/")
    return address if length == ("128" if ":" in address else "32") else cidr


def _rule(rule: SecurityGroupRule, face: Face, version: int) -> Json:
    by_block = ":" in rule.peer or "." in rule.peer
    anywhere = rule.peer in ("0.0.0.0/0", "::/0")
    return common(rule, face) | {
        "security_group_id": uuid_of("security_group", rule.security_group_id),
        "direction": rule.direction,
        "ethertype": f"IPv{version}",
        "protocol": None if rule.protocol == "all" else "ipv6-icmp" if rule.protocol == "icmpv6" else rule.protocol,
        "port_range_min": rule.from_port,
        "port_range_max": rule.to_port,
        "remote_ip_prefix": rule.peer if by_block and not anywhere else None,
        "normalized_cidr": rule.peer if by_block and not anywhere else None,
        "remote_group_id": uuid_of("security_group", rule.peer) if rule.peer.startswith("sg-") else None,
        "remote_address_group_id": None,
        "belongs_to_default_sg": rule.default,
    }


def _seconds(moment: str) -> str:
    """RFC 3339 to the second, as Neutron says it."""
    return f"{moment[:19]}Z"
