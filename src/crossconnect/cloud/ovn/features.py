"""What an OVN can do, as its northbound schema tells."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Features(msgspec.Struct, frozen=True, kw_only=True):
    """What is compiled in more than one way."""

    acl_sample: bool = False
    """`ACL.sample_new`, `sample_est` (24.09): records that name the rule."""
    acl_tier: bool = False
    """`ACL.tier` (23.09): network ACLs are looked at before security groups, whatever either's priorities are."""
    dns_owned: bool = False
    """`DNS.options` (24.03), of which `ovn-owned`: a question of another type for a name that is known is answered with
    nothing, instead of going on."""
    dynamic_routing: bool = False
    """`Logical_Router:options:dynamic-routing` (25.03), which has no column of its own: taken for given where there are
    network functions."""
    network_function: bool = False
    """`Network_Function`, `Network_Function_Group`, `ACL.network_function_group` (25.09): appliances inline."""
    port_health_check: bool = False
    """`Logical_Switch_Port.health_checks` (26.03), whose `status` the northbound database tells: appliances that route
    are asked by ping, or on a port."""
    mirror_lport: bool = False
    """`Mirror.type` `lport` (25.03): mirroring to a port of OVN's instead of a tunnel."""
    southbound: bool = False
    """Not of the schema: whether the southbound database is read. What `Service_Monitor`s say is known only then; where
    ports have no health checks, those of a load balancer that is nowhere ask appliances on a port."""


def features_of(has: Callable[[str, str], bool], southbound: bool = False) -> Features:
    """Features by a function that says whether a table has a column (`Schema.has`), and by what else is read."""
    return Features(
        acl_sample=has("ACL", "sample_new"),
        acl_tier=has("ACL", "tier"),
        dns_owned=has("DNS", "options"),
        dynamic_routing=has("Network_Function", "inport"),
        network_function=has("ACL", "network_function_group"),
        port_health_check=has("Logical_Switch_Port", "health_checks"),
        southbound=southbound,
        mirror_lport=has("Mirror", "mirror_rules"),
    )
