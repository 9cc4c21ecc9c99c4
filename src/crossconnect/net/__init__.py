"""Values of networking and their algebra.

Invariant: values are canonical text (RFC 5952 for IPv6, lower case, no leading zeros), so equal values are equal
strings; arithmetic is done on integers by the functions here. Nothing here knows of devices or tenants.
"""

from crossconnect.net.address import (
    Address,
    InterfaceAddress,
    Parsed,
    Prefix,
    address_of,
    address_text,
    canonical_address,
    canonical_interface_address,
    canonical_prefix,
    contains,
    interface_prefix,
    overlaps,
    parse,
    prefix_text,
    unroutable,
    version_of,
)
from crossconnect.net.names import (
    Asn,
    Community,
    Esi,
    Mac,
    RouteDistinguisher,
    RouteTarget,
    Vlan,
    Vni,
    asn_text,
    esi_type3,
    mac_text,
    parse_mac,
)

__all__ = [
    "Address",
    "Asn",
    "Community",
    "Esi",
    "InterfaceAddress",
    "Mac",
    "Parsed",
    "Prefix",
    "RouteDistinguisher",
    "RouteTarget",
    "Vlan",
    "Vni",
    "address_of",
    "address_text",
    "asn_text",
    "canonical_address",
    "canonical_interface_address",
    "canonical_prefix",
    "contains",
    "esi_type3",
    "interface_prefix",
    "mac_text",
    "overlaps",
    "parse",
    "parse_mac",
    "prefix_text",
    "unroutable",
    "version_of",
]
