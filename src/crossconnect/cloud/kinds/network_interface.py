"""Network interfaces: where a machine is plugged into a subnet."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource

PRIVATE_ADDRESSES_MAX = 50
SECURITY_GROUPS_MAX = 16
PAIRS_MAX = 10
"""As Neutron's `max_allowed_address_pair`."""
MAC_BLOCK = 0x02_C0_00_00_00_00
"""Locally administered; the last four octets tell interfaces apart. A MAC is one interface's in its VPC, claimed as an
integer in scope `<vpc>/mac`."""


class AddressPair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A further source that the interface may send from: an address or block, with its own MAC or the interface's."""

    cidr: str
    mac: str = ""


class NetworkInterface(Resource, frozen=True, kw_only=True):
    """A network interface. It sends from its own MAC and addresses only, unless `source_dest_check` is off."""

    vpc_id: str
    subnet_id: str
    mac: str
    private_addresses: tuple[str, ...] = ()
    """IPv4, the primary first."""
    ipv6_addresses: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...]
    source_dest_check: bool = True
    """Whether packets from other sources, or for other destinations, are dropped. Off for appliances that route."""
    allowed_address_pairs: tuple[AddressPair, ...] = ()
    device_id: str = ""
    """What it is plugged into, for the tenant: an instance's id."""
    owner: str = ""
    """Resource of ours that made it (a NAT gateway, a load balancer); such an interface is not changed by itself."""
    host: str = ""
    """Hypervisor that it is asked for on, where the machine's scheduler says so."""
    standby_host: str = ""
    """A second hypervisor, where it is plugged in too while its machine moves there. It gets packets there as well, and
    sends once the machine has announced itself (RARP); then that one becomes `host`."""
    iface_id: str = ""
    """What hypervisors plug it by (`external_ids:iface-id`); empty: its id."""


class NetworkInterfaceBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one. Addresses that are not given are the subnet's next free ones, one of each IP version it has."""

    subnet_id: str
    private_addresses: tuple[str, ...] = ()
    ipv6_addresses: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    """None: the VPC's default group."""
    mac: str = ""
    source_dest_check: bool = True
    allowed_address_pairs: tuple[AddressPair, ...] = ()
    device_id: str = ""
    host: str = ""


class NetworkInterfacePatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; its subnet and MAC stay."""

    private_addresses: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    ipv6_addresses: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    security_group_ids: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    source_dest_check: bool | msgspec.UnsetType = msgspec.UNSET
    allowed_address_pairs: tuple[AddressPair, ...] | msgspec.UnsetType = msgspec.UNSET
    device_id: str | msgspec.UnsetType = msgspec.UNSET
    host: str | msgspec.UnsetType = msgspec.UNSET
    standby_host: str | msgspec.UnsetType = msgspec.UNSET
    """`host` set to what it was ends it."""


def own_addresses(interface: NetworkInterface, version: int) -> tuple[str, ...]:
    """An interface's addresses of an IP version."""
    return interface.private_addresses if version == 4 else interface.ipv6_addresses


def references(interface: NetworkInterface) -> Iterator[Reference]:
    """Its VPC, subnet and groups, and its owner, with which it goes."""
    yield Reference("vpc_id", interface.vpc_id)
    yield Reference("subnet_id", interface.subnet_id)
    for n, id in enumerate(interface.security_group_ids):
        yield Reference(f"security_group_ids/{n}", id)
    if interface.owner:
        yield Reference("owner", interface.owner, owned=True)
