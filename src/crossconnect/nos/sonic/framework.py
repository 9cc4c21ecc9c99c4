"""BGP in the tables of the FRR management framework, for devices whose routing is given that way and not in `frr.conf`.

    CONFIG_DB --templates, at start of the container--> /etc/frr/frr.conf --> FRR
        `------frrcfgd: all tables once after start, then what changes -----> FRR

Sources: sonic-bgp-global.yang, sonic-bgp-common.yang, sonic-bgp-neighbor.yang, sonic-route-common.yang; docker_init.sh
of docker-fpm-frr (`unified`: the templates are used); frrcfgd.py and its templates (sonic-frr-mgmt-framework).

The templates leave out fields that frrcfgd has (`set_local_pref`, `set_asn_list`) and some lengths of prefixes. So
`use_template_render_for_restore` is `false`: then frrcfgd enters all its tables once more when it starts. `vrf NAME` /
`vni N` comes by neither way (sonic-buildimage issue 21177: no template has it, and frrcfgd enters it when the VRF
changes, not when it starts), and that is why a device with L3VNIs has an error here (`framework_lint`).

Choices: fabric sessions have a route map that permits everything, since no field takes `bgp ebgp-requires-policy` away;
no peer groups, since every session says all of itself.
"""

from __future__ import annotations

from crossconnect.device.bgp import Bgp, Neighbor, NeighborFamily, Originate
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.document import Value
from crossconnect.nos.frr.bgp import RESTART_S
from crossconnect.nos.frr.names import FAMILY_VERSION, one_line, route_map_name
from crossconnect.nos.sonic.bgp import in_sonic_names
from crossconnect.nos.sonic.framework_policy import attached_map, policy_tables
from crossconnect.nos.sonic.tables import Fields, Tables, fields, joined

BY_VRF = (
    "BGP_GLOBALS",
    "BGP_GLOBALS_AF",
    "BGP_GLOBALS_AF_NETWORK",
    "ROUTE_REDISTRIBUTE",
    "BGP_NEIGHBOR",
    "BGP_NEIGHBOR_AF",
)
"""Tables whose keys begin with a VRF, in the order in which they refer to each other."""

_FAMILIES = {"ipv4-unicast": "ipv4_unicast", "ipv6-unicast": "ipv6_unicast", "l2vpn-evpn": "l2vpn_evpn"}


def framework_tables(device: DeviceConfiguration) -> Tables:
    """All tables of frrcfgd; empty on a device whose routing is in `frr.conf`."""
    if not device.routing_framework:
        return {}
    named = in_sonic_names(device)
    tables: Tables = {name: {} for name in BY_VRF}
    for instance in sorted(named.network_instances, key=lambda i: i.kind != "default"):
        if instance.bgp is not None:
            vrf = "default" if instance.kind == "default" else instance.name
            _instance(tables, vrf, instance, instance.bgp)
    return joined(policy_tables(named), tables)


def _instance(tables: Tables, vrf: str, instance: NetworkInstance, bgp: Bgp) -> None:
    tables["BGP_GLOBALS"][vrf] = _globals(bgp)
    for originate in bgp.originate:
        _originate(tables, vrf, originate)
    used = {f.family for n in bgp.neighbors for f in n.families} | {o.family for o in bgp.originate}
    for family in ("ipv4-unicast", "ipv6-unicast"):
        if family in used or instance.imports:
            tables["BGP_GLOBALS_AF"][f"{vrf}|{_FAMILIES[family]}"] = {
                **fields(max_ebgp_paths=bgp.maximum_paths),
                **_imports(instance, FAMILY_VERSION[family]),
            }
    if bgp.advertise_all_vni:
        tables["BGP_GLOBALS_AF"][f"{vrf}|l2vpn_evpn"] = {"advertise-all-vni": "true"}
    for neighbor in bgp.neighbors:
        tables["BGP_NEIGHBOR"][f"{vrf}|{neighbor.key}"] = _neighbor(neighbor)
        for family in neighbor.families:
            key = f"{vrf}|{neighbor.key}|{_FAMILIES[family.family]}"
            tables["BGP_NEIGHBOR_AF"][key] = _neighbor_family(neighbor, family)


def _globals(bgp: Bgp) -> Fields:
    """What is false by default is not written, since templates take some fields for true whatever they say."""
    return fields(
        local_asn=bgp.asn,
        router_id=bgp.router_id,
        default_ipv4_unicast="false",
        log_nbr_state_changes="true",
        deterministic_med="true",
        external_compare_router_id="true",
        load_balance_mp_relax="true" if bgp.multipath_relax else None,
        network_import_check="true",
        graceful_restart_enable="true" if bgp.graceful_restart else None,
        gr_restart_time=RESTART_S if bgp.graceful_restart else None,
        gr_preserve_fw_state="true" if bgp.graceful_restart else None,
        graceful_shutdown="true" if bgp.graceful_shutdown else None,
    )


def _imports(instance: NetworkInstance, version: int) -> Fields:
    """The one VRF that a VRF can import from; several are an error, and none is imported then."""
    if len(instance.imports) != 1:
        return {}
    policy = instance.imports_policy
    return fields(
        import_vrf=instance.imports[0],
        import_vrf_route_map=route_map_name(policy, version) if policy else None,
    )


def _originate(tables: Tables, vrf: str, originate: Originate) -> None:
    for network in originate.networks:
        tables["BGP_GLOBALS_AF_NETWORK"][f"{vrf}|{_FAMILIES[originate.family]}|{network}"] = {}
    if originate.connected:
        version = FAMILY_VERSION[originate.family]
        policy = originate.connected_policy
        maps: list[Value] = [route_map_name(policy, version)] if policy else []
        entry: Fields = {"route_map": maps} if maps else {}
        tables["ROUTE_REDISTRIBUTE"][f"{vrf}|connected|bgp|ipv{version}"] = entry


def _neighbor(neighbor: Neighbor) -> Fields:
    return fields(
        asn=neighbor.remote_asn,
        name=one_line(neighbor.description),
        bfd="true" if neighbor.bfd else None,
        enforce_first_as="true" if neighbor.kind == "external" else None,
        min_adv_interval=0,
        keepalive=neighbor.keepalive_s,
        holdtime=neighbor.hold_time_s,
        conn_retry=neighbor.connect_retry_s,
        capability_ext_nexthop="true" if neighbor.extended_next_hop else None,
        # Without its password the session must not come up (`sonic.framework-password`).
        admin_status="down" if neighbor.password else None,
    )


def _neighbor_family(neighbor: Neighbor, family: NeighborFamily) -> Fields:
    version = FAMILY_VERSION[family.family]
    out = fields(
        admin_status="up",
        max_prefix_limit=family.max_prefixes or None,
        unchanged_nexthop="true" if family.next_hop_unchanged else None,
    )
    for direction, policy in (("route_map_in", family.import_policy), ("route_map_out", family.export_policy)):
        maps: list[Value] = [attached_map(neighbor, policy, version)]
        out[direction] = maps
    return out
