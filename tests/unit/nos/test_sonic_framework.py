"""SONiC with BGP and policies in CONFIG_DB (frrcfgd): what is there, what is said to be missing, and changes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sonic_yang
from msgspec.structs import replace

from crossconnect.device.bgp import Bgp
from crossconnect.device.configuration import BfdProfile, DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.device.policy import (
    Actions,
    AsPathSet,
    Conditions,
    Policy,
    PrefixRule,
    PrefixSet,
    RoutingPolicy,
    Statement,
)
from crossconnect.finding import Severity
from crossconnect.model.region import DesignChoices
from crossconnect.nos import document
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import device_commands, device_findings, render_files
from crossconnect.nos.sonic.difference import operations_between
from crossconnect.nos.sonic.grammar import SHAPE
from nos_region import cases, reference_region
from regions import compiled

GOLDEN = Path(__file__).parents[2] / "golden" / "sonic" / "framework"
SPLIT = cases("sonic")
CASES = {case: replace(device, routing_framework=True) for case, device in SPLIT.items()}
FABRIC = [case for case in CASES if "spine" in case]


def config_db(device: DeviceConfiguration) -> dict[str, Any]:
    return msgspec.json.decode(render_files(device)["config_db.json"])


def codes(device: DeviceConfiguration) -> set[str]:
    return {f.code for f in device_findings(device) if f.code.startswith("sonic.framework-")}


def speaking(device: DeviceConfiguration, **changed: object) -> DeviceConfiguration:
    """All speakers of the device changed."""
    return replace(
        device,
        network_instances=tuple(
            replace(i, bgp=replace(i.bgp, **changed)) if i.bgp is not None else i for i in device.network_instances
        ),
    )


def with_policy(*statements: Statement, **sets: object) -> DeviceConfiguration:
    """The spine with a policy of its own on the networks that it announces."""
    device = CASES["spine-numbered"]
    policy = RoutingPolicy(policies=(Policy(name="own", statements=statements),), **sets)  # type: ignore[arg-type]

    def attached(of: NetworkInstance) -> NetworkInstance:
        if of.bgp is None:
            return of
        families = tuple(replace(f, export_policy="own") for f in of.bgp.neighbors[0].families[:1])
        first = replace(of.bgp.neighbors[0], families=families)
        return replace(of, bgp=replace(of.bgp, neighbors=(first, *of.bgp.neighbors[1:])))

    instances = tuple(attached(i) for i in device.network_instances)
    return replace(device, routing_policy=policy, network_instances=instances)


def statement(**given: Any) -> Statement:
    conditions = given.pop("conditions", Conditions())
    return Statement(name="one", conditions=conditions, accept=True, actions=Actions(**given), path="policies/own")


# --- chosen in the intent ---------------------------------------------------------------------------------------------


def test_roles_are_chosen_in_the_design() -> None:
    region = reference_region("sonic")
    design = replace(region.design, sonic_framework=("spine", "super-spine"))
    blueprint = compiled(replace(region, design=design)).blueprint
    assert blueprint is not None
    assert {d.role for d in blueprint.devices if d.routing_framework} == {"spine", "super-spine"}
    assert {d.role for d in blueprint.devices if not d.routing_framework} == {"leaf", "border-leaf"}
    assert DesignChoices().sonic_framework == ()


def test_other_systems_keep_their_own_way() -> None:
    region = reference_region("frr")
    blueprint = compiled(replace(region, design=replace(region.design, sonic_framework=("spine",)))).blueprint
    assert blueprint is not None
    assert not any(d.routing_framework for d in blueprint.devices)


# --- what is rendered -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_sonics_models_take_the_whole_of_config_db(case: str) -> None:
    config = sonic_yang.on_hardware(render_files(CASES[case])["config_db.json"])
    assert sonic_yang.errors(config) == []


@pytest.mark.parametrize(
    ("table", "key", "field", "value"),
    [
        ("BGP_GLOBALS", "default", "advertise-ipv4-unicast", "true"),
        ("BGP_GLOBALS_AF", "default|l2vpn_evpn", "advertise-ipv4-unicast", "true"),
        ("BGP_GLOBALS_AF", "default|l2vpn_evpn", "route-distinguisher", "10.0.0.1:1"),
        ("BGP_GLOBALS_AF", "default|l2vpn_evpn", "import-rts", ["65000:1"]),
        ("BGP_NEIGHBOR_AF", "default|10.254.0.1|ipv4_unicast", "route_map_in", ["nobodys"]),
        ("ROUTE_MAP", "xc-allow-fabric|10", "match_large_community", "x"),
        ("ROUTE_MAP", "xc-allow-fabric|10", "set_large_community", "1:1:1"),
    ],
)
def test_the_models_have_no_place_for_what_is_said_to_be_missing(table: str, key: str, field: str, value: Any) -> None:
    config = sonic_yang.on_hardware(render_files(CASES["leaf-numbered"])["config_db.json"])
    config[table].setdefault(key, {})[field] = value
    assert sonic_yang.errors(config)


@pytest.mark.parametrize("table", ["BGP_GLOBALS_EVPN_VNI", "BGP_GLOBALS_EVPN_RT", "BFD_PEER_SINGLE_HOP"])
def test_tables_that_frrcfgd_reads_have_no_model(table: str) -> None:
    config = sonic_yang.on_hardware(render_files(CASES["spine-numbered"])["config_db.json"])
    assert sonic_yang.errors({**config, table: {}}) == [f"no model for {table}"]


@pytest.mark.parametrize("case", CASES)
def test_the_mode_is_said_and_there_is_no_frr_conf(case: str) -> None:
    files = render_files(CASES[case])
    assert list(files) == ["config_db.json"]
    localhost = config_db(CASES[case])["DEVICE_METADATA"]["localhost"]
    assert localhost["docker_routing_config_mode"] == "unified"
    assert localhost["frr_mgmt_framework_config"] == "true"
    assert localhost["use_template_render_for_restore"] == "false"


@pytest.mark.parametrize("case", CASES)
def test_every_session_and_every_family_is_there_with_a_route_map_each_way(case: str) -> None:
    tables = config_db(CASES[case])
    wanted: dict[str, set[str]] = {}
    for instance in CASES[case].network_instances:
        vrf = "default" if instance.kind == "default" else f"Vrf{instance.name}"
        for neighbor in instance.bgp.neighbors if instance.bgp is not None else ():
            families = {f.family.replace("-", "_") for f in neighbor.families}
            wanted[f"{vrf}|{neighbor.key}"] = families
    assert tables["BGP_NEIGHBOR"].keys() == wanted.keys()
    assert tables["BGP_NEIGHBOR_AF"].keys() == {f"{key}|{f}" for key, of in wanted.items() for f in of}
    for entry in tables["BGP_NEIGHBOR_AF"].values():
        for name in (*entry["route_map_in"], *entry["route_map_out"]):
            assert name in tables["ROUTE_MAP_SET"]
            assert [key for key in tables["ROUTE_MAP"] if key.startswith(f"{name}|")]


def test_a_spine_is_said_as_a_whole() -> None:
    tables = config_db(CASES["spine-numbered"])
    assert tables["BGP_GLOBALS"]["default"] == {
        "local_asn": "4200000006",
        "router_id": tables["BGP_GLOBALS"]["default"]["router_id"],
        "default_ipv4_unicast": "false",
        "log_nbr_state_changes": "true",
        "deterministic_med": "true",
        "external_compare_router_id": "true",
        "load_balance_mp_relax": "true",
        "network_import_check": "true",
        "graceful_restart_enable": "true",
        "gr_restart_time": "15",
        "gr_preserve_fw_state": "true",
    }
    evpn = [of for key, of in tables["BGP_NEIGHBOR_AF"].items() if key.endswith("|l2vpn_evpn")]
    assert evpn
    assert all(of["unchanged_nexthop"] == "true" for of in evpn)
    assert tables["ROUTE_MAP"]["xc-allow-fabric|10"] == {"route_operation": "permit"}
    neighbor = next(iter(tables["BGP_NEIGHBOR"].values()))
    assert (neighbor["bfd"], neighbor["keepalive"], neighbor["holdtime"]) == ("true", "3", "9")
    assert "admin_status" not in neighbor


def test_a_drained_spine_shuts_down_gracefully() -> None:
    assert config_db(CASES["spine-drained-numbered"])["BGP_GLOBALS"]["default"]["graceful_shutdown"] == "true"


def test_unnumbered_sessions_are_by_port() -> None:
    tables = config_db(CASES["spine-unnumbered"])
    assert all(key.startswith("default|Ethernet") for key in tables["BGP_NEIGHBOR"])


def test_connected_routes_and_leaks_of_a_vrf() -> None:
    tables = config_db(CASES["border-numbered"])
    assert tables["ROUTE_REDISTRIBUTE"]["Vrfred-prod|connected|bgp|ipv4"] == {}
    assert tables["BGP_GLOBALS_AF"]["Vrfblue-prod|ipv6_unicast"] == {
        "max_ebgp_paths": "16",
        "import_vrf": "Vrfred-prod",
        "import_vrf_route_map": "xc-mark-leaked-v6",
    }
    assert tables["BGP_GLOBALS_AF"]["default|l2vpn_evpn"] == {"advertise-all-vni": "true"}


def test_prefixes_lists_and_entries_of_a_policy() -> None:
    rules = (PrefixRule("10.0.0.0/8", 16, 24), PrefixRule("192.0.2.0/24", 24, 24))
    device = with_policy(
        statement(
            conditions=Conditions(prefix_set="own", as_path_set="path", tag=7),
            local_pref=150,
            med=10,
            prepend=2,
            communities_add=("no-export", "65000:200"),
        ),
        prefix_sets=(PrefixSet(name="own", version=4, rules=rules),),
        as_path_sets=(AsPathSet(name="path", patterns=("^64496$", "_64499_")),),
    )
    tables = config_db(device)
    assert tables["PREFIX_SET"] == {"own-v4": {"mode": "IPv4"}}
    assert list(tables["PREFIX"]) == ["own-v4|1|10.0.0.0/8|16..24", "own-v4|2|192.0.2.0/24|exact"]
    assert tables["AS_PATH_SET"] == {"path": {"action": "permit", "as_path_set_member": ["^64496$", "_64499_"]}}
    assert tables["ROUTE_MAP"]["own-v4|10"] == {
        "route_operation": "permit",
        "match_prefix_set": "own-v4",
        "match_as_path": "path",
        "match_tag": ["7"],
        "set_local_pref": "150",
        "set_med": "10",
        "set_asn_list": "4200000006,4200000006",
        "set_community_inline": ["65000:200", "65535:65281", "additive"],
    }
    assert tables["ROUTE_MAP"]["own-v4|65535"] == {"route_operation": "deny"}
    assert sonic_yang.errors(sonic_yang.on_hardware(render_files(device)["config_db.json"])) == []
    # The templates compare `16` and `8` as text, and leave out local preferences and prepending.
    assert "sonic.framework-start" in codes(device)


# --- what cannot be said ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", FABRIC)
def test_spines_and_super_spines_have_no_errors(case: str) -> None:
    assert not [f for f in device_findings(CASES[case]) if f.severity is Severity.ERROR]


@pytest.mark.parametrize("case", SPLIT)
def test_nothing_is_said_where_frr_conf_has_it(case: str) -> None:
    assert codes(SPLIT[case]) == set()


def test_a_leaf_loses_its_overlay_and_is_told_so() -> None:
    device = CASES["leaf-numbered"]
    said = [f for f in device_findings(device) if f.code.startswith("sonic.framework-")]
    by_code: dict[str, set[str]] = {}
    for finding in said:
        by_code.setdefault(finding.code, set()).add(finding.place.path)
        assert finding.message.startswith("a-leaf1: ")
        assert "`split-unified`" in finding.hint
    overlay = {i.path for i in device.network_instances if i.kind in ("l3vrf", "mac-vrf")}
    assert by_code["sonic.framework-evpn"] == overlay
    assert by_code["sonic.framework-l3vni"] == {i.path for i in device.network_instances if i.kind == "l3vrf"}
    assert {"sonic.framework-ethernet-segment", "sonic.framework-policy"} <= by_code.keys()


def test_a_policy_that_cannot_be_said_denies_everything() -> None:
    device = CASES["border-numbered"]
    assert {"sonic.framework-policy", "sonic.framework-password"} <= codes(device)
    entries = config_db(device)["ROUTE_MAP"]
    of_policy = {k: v for k, v in entries.items() if k.startswith("xc-in-red-prod-from-transit-v4|")}
    assert of_policy == {"xc-in-red-prod-from-transit-v4|65535": {"route_operation": "deny"}}


def test_a_session_with_a_password_does_not_come_up_without_it() -> None:
    sessions = config_db(CASES["border-numbered"])["BGP_NEIGHBOR"]
    assert sessions["Vrfred-prod|100.64.0.5"]["admin_status"] == "down"
    assert "admin_status" not in sessions["Vrfblue-prod|100.64.0.3"]


@pytest.mark.parametrize(
    ("given", "sets"),
    [
        ({"communities_remove": "x"}, {}),
        ({"communities_add": ("1:2:3",)}, {}),
        ({"tag": 1}, {}),
        (
            {"conditions": Conditions(as_path_set="path")},
            {"as_path_sets": (AsPathSet(name="path", patterns=("^(1_){1,3}$",)),)},
        ),
    ],
)
def test_statements_that_cannot_be_said(given: dict[str, Any], sets: dict[str, Any]) -> None:
    device = with_policy(statement(**given), **sets)
    (finding,) = [f for f in device_findings(device) if f.code == "sonic.framework-policy"]
    assert finding.place.path == "policies/own"
    assert [k for k in config_db(device)["ROUTE_MAP"] if k.startswith("own-v4|")] == ["own-v4|65535"]


def test_timers_and_restarts_that_are_frrs_own() -> None:
    device = CASES["spine-numbered"]
    assert codes(device) == {"sonic.framework-graceful-restart"}
    assert "sonic.framework-timers" in codes(replace(device, bfd=BfdProfile(interval_ms=100, multiplier=3)))
    assert "sonic.framework-timers" in codes(CASES["spine-unnumbered"])


def test_leaks_from_several_vrfs_and_unnumbered_sessions_beside_ipv4() -> None:
    leaf = CASES["leaf-numbered"]
    several = tuple(
        replace(i, imports=("red-prod", "other")) if i.name == "blue-prod" else i for i in leaf.network_instances
    )
    assert "sonic.framework-leak" in codes(replace(leaf, network_instances=several))
    spine = CASES["spine-unnumbered"]
    addressed = tuple(replace(i, addresses=("10.0.0.0/31",)) if i.unnumbered else i for i in spine.interfaces)
    assert "sonic.framework-unnumbered" in codes(replace(spine, interfaces=addressed))


# --- text, changes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_text_reads_back_as_the_same_tree(case: str) -> None:
    sonic = system("sonic")
    for file, tree in sonic.trees(CASES[case]).items():
        assert sonic.parse(file, sonic.text(file, tree)) == tree


@pytest.mark.parametrize("case", ["spine-numbered", "leaf-unnumbered", "border-numbered"])
def test_the_whole_file(case: str) -> None:
    file = GOLDEN / case / "config_db.json"
    text = render_files(CASES[case])["config_db.json"]
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def patches(old: DeviceConfiguration, new: DeviceConfiguration) -> list[list[dict[str, Any]]]:
    return [msgspec.json.decode(c.text) for c in device_commands(old, new) if c.how == "json-patch"]


def test_draining_is_one_field() -> None:
    device = CASES["spine-numbered"]
    drained = speaking(device, graceful_shutdown=True)
    field = {"path": "/BGP_GLOBALS/default/graceful_shutdown"}
    assert patches(device, drained) == [[{"op": "add", **field, "value": "true"}]]
    assert patches(drained, device) == [[{"op": "remove", **field}]]
    assert all(c.how == "json-patch" for c in device_commands(device, drained))


def test_a_change_and_its_inverse_lead_there_and_back() -> None:
    sonic = system("sonic")
    leaf = CASES["leaf-numbered"]
    others = (CASES["leaf-unnumbered"], CASES["leaf-ipv4"], CASES["border-numbered"], SPLIT["leaf-numbered"])
    for other in others:
        here, there = (sonic.trees(d)["config_db.json"] for d in (leaf, other))
        assert isinstance(here, dict)
        assert isinstance(there, dict)
        moved = document.applied(here, operations_between(here, there), SHAPE)
        assert operations_between(moved, there) == ()
        again = document.applied(moved, operations_between(there, here), SHAPE)
        assert operations_between(again, here) == ()


def test_what_refers_comes_after_what_it_refers_to() -> None:
    device = CASES["border-numbered"]
    bare = replace(
        device,
        network_instances=tuple(i for i in device.network_instances if i.name != "blue-prod"),
        interfaces=tuple(i for i in device.interfaces if i.network_instance != "blue-prod"),
    )
    coming = [o["path"] for patch in patches(bare, device) for o in patch]
    chain = (
        "/VRF/Vrfblue-prod",
        "/ROUTE_MAP_SET/xc-mark-leaked-v4",
        "/BGP_GLOBALS/Vrfblue-prod",
        "/BGP_GLOBALS_AF/Vrfblue-prod|ipv4_unicast",
        "/BGP_NEIGHBOR/Vrfblue-prod|100.64.0.3",
        "/BGP_NEIGHBOR_AF/Vrfblue-prod|100.64.0.3|ipv4_unicast",
    )
    assert [coming.index(path) for path in chain] == sorted(coming.index(path) for path in chain)
    going = [o["path"] for patch in patches(device, bare) for o in patch]
    assert [going.index(path) for path in chain] == sorted((going.index(path) for path in chain), reverse=True)


def test_another_as_number_takes_all_of_the_vrf_away_first() -> None:
    """frrcfgd refuses to change `local_asn`."""
    device = CASES["spine-numbered"]
    renumbered = speaking(device, asn=4200000099)
    first, second = patches(device, renumbered)
    assert {o["op"] for o in first} == {"remove"}
    assert "/BGP_GLOBALS" in {o["path"] for o in first}
    assert {o["op"] for o in second} == {"add"}
    assert second[0]["value"]["default"]["local_asn"] == "4200000099"
    border = CASES["border-numbered"]
    red = tuple(
        replace(i, bgp=replace(i.bgp, asn=4200000099)) if i.name == "red-prod" and isinstance(i.bgp, Bgp) else i
        for i in border.network_instances
    )
    first, _ = patches(border, replace(border, network_instances=red))
    gone = {o["path"] for o in first}
    assert "/BGP_GLOBALS/Vrfred-prod" in gone
    assert "/BGP_GLOBALS_AF/Vrfblue-prod|ipv4_unicast/import_vrf" in gone
    assert not [path for path in gone if "default" in path]


def test_from_one_way_to_the_other_and_back() -> None:
    split, framework = SPLIT["spine-numbered"], CASES["spine-numbered"]
    there = device_commands(split, framework)
    assert [c.how for c in there] == ["json-patch", "shell"]
    assert there[1].text == "systemctl restart bgp\n"
    back = device_commands(framework, split)
    assert [c.how for c in back] == ["json-patch", "cli"]
    assert "router bgp 4200000006" in back[1].text
    paths = {o["path"]: o["op"] for o in msgspec.json.decode(back[0].text)}
    assert paths["/BGP_GLOBALS"] == "remove"
    assert paths["/DEVICE_METADATA/localhost/docker_routing_config_mode"] == "replace"
