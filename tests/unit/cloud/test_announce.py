"""What a gateway node announces, decided from the southbound database's rows; and what is done in the kernel for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from crossconnect.cloud.agent_process import read_configuration
from crossconnect.cloud.announce import (
    ANNOUNCE_KEY,
    PROTOCOL,
    AgentConfiguration,
    GatewayNetwork,
    PortBinding,
    Route,
    TableSpeaker,
    changes,
    kernel_routes,
    routes_of,
    tables_of,
)
from crossconnect.cloud.announce.agent import bindings
from crossconnect.cloud.announce.participation import JOIN_AFTER_S, LEAVE_AFTER_S, action_of, observe
from crossconnect.cloud.announce.routes import batch_words, network_queries, show_words
from crossconnect.cloud.announce.speaker import LINES_MAX, sources_configured, speaker_words
from crossconnect.errors import BadInput
from crossconnect.transport.ovsdb import Uuid

INTERNET = GatewayNetwork(
    name="internet",
    interface="internet",
    namespace="cloud-inet",
    transfer=("100.126.0.0/24", "fd00:9::/64"),
    prefixes=("203.0.113.0/24", "2001:db8:f::/48"),
)
HERE = AgentConfiguration(chassis="gw1", southbound="tcp:192.0.2.1:6642", networks=(INTERNET,))
MAC = "02:00:00:01:00:ee"
ROUTER = "100.126.0.16"
ONE, OTHER = (Route("internet", f"203.0.113.{n}/32", ROUTER) for n in (21, 22))


def ports(chassis: str = "gw1", nat: str = "203.0.113.21 203.0.113.30", more: str = "") -> list[PortBinding]:
    """One router on the provider network, its gateway port on a chassis."""
    return [
        PortBinding(name="ext-localnet", kind="localnet", datapath="d1", options={"network_name": "internet"}),
        PortBinding(
            name="ext-r",
            kind="patch",
            datapath="d1",
            options={"peer": "r-ext"},
            nat_addresses=(f'{MAC} 100.126.0.16 {nat} is_chassis_resident("cr-r-ext")',),
            external_ids={ANNOUNCE_KEY: more} if more else {},
        ),
        PortBinding(
            name="r-ext",
            kind="patch",
            datapath="d2",
            options={"peer": "ext-r", "chassis-redirect-port": "cr-r-ext"},
            addresses=(f"{MAC} 100.126.0.16/24 fd00:9::10/64",),
        ),
        PortBinding(name="cr-r-ext", kind="chassisredirect", datapath="d2", chassis=chassis),
    ]


def prefixes(rows: list[PortBinding], configuration: AgentConfiguration = HERE) -> dict[str, str]:
    return {route.prefix: route.next_hop for route in routes_of(rows, configuration)}


def test_addresses_translated_here_lead_to_the_router() -> None:
    assert prefixes(ports()) == {"203.0.113.21/32": "100.126.0.16", "203.0.113.30/32": "100.126.0.16"}


@pytest.mark.parametrize("elsewhere", ["gw2", ""])
def test_what_lives_elsewhere_or_nowhere_is_not_announced(elsewhere: str) -> None:
    assert prefixes(ports(chassis=elsewhere)) == {}


def test_nothing_outside_of_the_networks_prefixes() -> None:
    assert prefixes(ports(nat="192.0.2.1 203.0.114.1 100.126.0.17 nonsense 203.0.113.300")) == {}


def test_ipv6_and_whole_prefixes_come_from_external_ids() -> None:
    rows = ports(nat="203.0.113.21 2001:db8:f::22")  # a load balancer's, which OVN does tell
    assert prefixes(rows) == {"203.0.113.21/32": "100.126.0.16", "2001:db8:f::22/128": "fd00:9::10"}
    rows = ports(nat="", more="2001:db8:f::21 2001:db8:f:100::/56 2001:db8:e::1 203.0.113.7/24")
    assert prefixes(rows) == {"2001:db8:f::21/128": "fd00:9::10", "2001:db8:f:100::/56": "fd00:9::10"}


def test_what_later_ovn_advertises_itself() -> None:
    rows = [replace(r, advertised=("2001:db8:f::21", "10.0.1.0/24")) if r.name == "r-ext" else r for r in ports(nat="")]
    assert prefixes(rows) == {"2001:db8:f::21/128": "fd00:9::10"}


def of_tables(rows: list[PortBinding], table: int = 10_042, *advertised: str) -> list[PortBinding]:
    """The same rows of a router whose addresses ovn-controller tells the kernel."""
    changes = {"r-ext": {"advertised": advertised or ("203.0.113.21",)}, "cr-r-ext": {"table": table}}
    return [replace(row, **changes.get(row.name, {})) for row in rows]


def test_what_frr_announces_out_of_ovns_tables_gets_no_route() -> None:
    """Input: a router with a table, two addresses of which OVN tells one, and a block. Output: routes for the rest; the
    table is FRR's wherever the router is."""
    there = replace(HERE, tables=TableSpeaker(network="internet", asn=64512))
    rows = of_tables(ports(more="2001:db8:f:100::/56"))
    assert set(prefixes(rows, there)) == {"203.0.113.30/32", "2001:db8:f:100::/56"}
    assert tables_of(rows, there) == {10_042}
    assert tables_of(of_tables(ports(chassis="gw2")), there) == {10_042}


def test_tables_that_are_not_frrs() -> None:
    """Input: no FRR that takes tables, one of another network, a table that FRR has no number for, a router without.
    Output: no table, and all routes."""
    there = replace(HERE, tables=TableSpeaker(network="internet", asn=64512))
    elsewhere = replace(HERE, tables=TableSpeaker(network="private", asn=64512))
    for rows, configuration in (
        (of_tables(ports()), HERE),
        (of_tables(ports()), elsewhere),
        (of_tables(ports(), 70_000), there),
        (ports(), there),
    ):
        assert tables_of(rows, configuration) == frozenset()
        assert set(prefixes(rows, configuration)) == {"203.0.113.21/32", "203.0.113.30/32"}


def test_the_table_is_the_one_that_was_asked_for_or_the_datapaths() -> None:
    """Input: rows as the database has them. Output: the table of the port that has `dynamic-routing`."""
    columns = {"type": "patch", "chassis": None, "mac": frozenset(), "nat_addresses": frozenset(), "external_ids": {}}
    rows = {
        Uuid("p1"): columns | {"logical_port": "a", "datapath": Uuid("d1"), "options": {"dynamic-routing": "true"}},
        Uuid("p2"): columns | {"logical_port": "b", "datapath": Uuid("d2"), "options": {"dynamic-routing": "true"}},
        Uuid("p3"): columns | {"logical_port": "c", "datapath": Uuid("d1"), "options": {}},
    }
    datapaths = {
        Uuid("d1"): {"tunnel_key": 5, "external_ids": {"dynamic-routing-vrf-id": "10042"}},
        Uuid("d2"): {"tunnel_key": 6, "external_ids": {}},
    }
    found = bindings({"Port_Binding": rows, "Chassis": {}, "Datapath_Binding": datapaths})  # pyright: ignore
    assert {port.name: port.table for port in found} == {"a": 10_042, "b": 6, "c": 0}


FRR_SAYS = """
router bgp 64512
 bgp router-id 198.51.100.11
 !
 address-family ipv4 unicast
  redistribute kernel route-map net-v4
  redistribute table-direct 10001 route-map net-v4
  redistribute table-direct 10003
 exit-address-family
 !
 address-family ipv6 unicast
  redistribute table-direct 10001 route-map net-v6
 exit-address-family
exit
!
router bgp 64512 vrf other
 address-family ipv4 unicast
  redistribute table-direct 10009
 exit-address-family
exit
"""


def test_frr_is_told_what_is_missing_and_what_is_over() -> None:
    """Input: FRR's configuration, and the tables that it should have. Output: the lines between, per IP version; as
    many calls as lines need; none where nothing is to do."""
    speaker = TableSpeaker(network="internet", asn=64512, route_map="net", vtysh=("vtysh", "--x"))
    have = sources_configured(FRR_SAYS)
    assert have == {(4, 10_001), (4, 10_003), (6, 10_001)}
    place = ("-c", "configure terminal", "-c", "router bgp 64512", "-c")
    lines = ("-c", "redistribute table-direct 10002 route-map net-v4", "-c", "no redistribute table-direct 10003")
    assert speaker_words(speaker, have, {(4, 10_001), (4, 10_002)}) == [
        ["vtysh", "--x", *place, "address-family ipv4 unicast", *lines],
        ["vtysh", "--x", *place, "address-family ipv6 unicast", "-c", "no redistribute table-direct 10001"],
    ]
    assert speaker_words(speaker, have, have) == []
    many = speaker_words(replace(speaker, route_map=""), (), {(4, n) for n in range(1, 2 * LINES_MAX + 2)})
    assert len(many) == 3
    assert many[-1][-1] == f"redistribute table-direct {2 * LINES_MAX + 1}"


def test_an_l3gateway_router_is_where_it_is_bound() -> None:
    rows = [r for r in ports() if r.kind != "chassisredirect"]
    rows = [
        replace(r, kind="l3gateway", options={"peer": r.options["peer"]}) if "peer" in r.options else r for r in rows
    ]
    assert prefixes(rows) == {}
    assert set(prefixes([replace(r, chassis="gw1") if r.name == "r-ext" else r for r in rows])) == {
        "203.0.113.21/32",
        "203.0.113.30/32",
    }


def test_without_an_address_in_the_transfer_prefix_on_the_link() -> None:
    rows = [replace(r, addresses=(f"{MAC} 192.0.2.16/24",)) if r.name == "r-ext" else r for r in ports()]
    assert prefixes(rows) == {"203.0.113.21/32": "", "203.0.113.30/32": ""}


def test_other_networks_routers_are_others_business() -> None:
    private = replace(INTERNET, name="private", interface="private")
    assert prefixes(ports(), replace(HERE, networks=(private,))) == {}


def test_rows_that_lead_nowhere() -> None:
    for missing in range(4):
        rows = ports()
        del rows[missing]
        assert prefixes(rows) == {}


def test_commands_first_add_then_remove() -> None:
    old, new = (
        Route("internet", "203.0.113.21/32", "100.126.0.16"),
        Route("internet", "203.0.113.22/32", "100.126.0.16"),
    )
    assert changes(HERE, [old], [new]) == {
        "cloud-inet": (
            f"route replace 203.0.113.22/32 via 100.126.0.16 dev internet onlink proto {PROTOCOL}",
            f"route del 203.0.113.21/32 dev internet proto {PROTOCOL}",
        )
    }


def test_another_next_hop_replaces_and_removes_nothing() -> None:
    old, new = (
        Route("internet", "203.0.113.21/32", "100.126.0.16"),
        Route("internet", "203.0.113.21/32", "100.126.0.17"),
    )
    [line] = changes(HERE, [old], [new])["cloud-inet"]
    assert line.startswith("route replace 203.0.113.21/32 via 100.126.0.17 ")


def test_a_vrf_device_instead_of_a_namespace() -> None:
    there = replace(HERE, networks=(replace(INTERNET, namespace="", vrf="inet"),))
    route = Route("internet", "203.0.113.21/32")
    assert changes(there, [], [route]) == {
        "": (f"route replace 203.0.113.21/32 dev internet proto {PROTOCOL} vrf inet",)
    }
    assert show_words(there.networks[0], 4)[-2:] == ["vrf", "inet"]
    assert batch_words("")[0:2] == ["ip", "-force"]


tables = st.dictionaries(st.integers(0, 20), st.sampled_from(["", "100.126.0.16", "100.126.0.17"])).map(
    lambda of: frozenset(Route("internet", f"203.0.113.{n}/32", hop) for n, hop in of.items())
)


@given(tables, tables)
def test_changes_lead_to_what_is_wanted_and_then_there_are_none(have: frozenset[Route], want: frozenset[Route]) -> None:
    table = {route.prefix: route.next_hop for route in have}
    for line in changes(HERE, have, want).get("cloud-inet", ()):
        words = line.split()
        if words[1] == "replace":
            table[words[2]] = words[words.index("via") + 1] if "via" in words else ""
        else:
            del table[words[2]]
    assert {Route("internet", prefix, hop) for prefix, hop in table.items()} == want
    assert changes(HERE, want, want) == {}


def test_what_the_kernel_prints_is_read_back() -> None:
    text = json.dumps(
        [{"dst": "203.0.113.21", "gateway": "100.126.0.16", "flags": ["onlink"]}, {"dst": "203.0.113.64/28"}]
    )
    assert kernel_routes(INTERNET, 4, text) == {
        Route("internet", "203.0.113.21/32", "100.126.0.16"),
        Route("internet", "203.0.113.64/28"),
    }
    assert kernel_routes(INTERNET, 6, "") == frozenset()
    with pytest.raises(ValueError, match="no JSON"):
        kernel_routes(INTERNET, 4, 'Object "x" is unknown')
    assert [version for _, version in network_queries(HERE)] == [4, 6]


def test_rows_become_records_and_machines_ports_are_left_out() -> None:
    row = {
        "logical_port": "cr-r-ext",
        "type": "chassisredirect",
        "datapath": "d2",
        "chassis": "c1",
        "options": {},
        "mac": frozenset({MAC}),
        "nat_addresses": frozenset(),
        "external_ids": {},
    }
    machine = {**row, "logical_port": "web1", "type": ""}
    nowhere = {**row, "chassis": None}
    tables = {
        "Port_Binding": {"p1": row, "p2": machine, "p3": nowhere},
        "Chassis": {"c1": {"name": "gw1"}},
        "Advertised_Route": {"a1": {"logical_port": "p1", "ip_prefix": "2001:db8:f::21"}},
    }
    found = bindings(tables)  # type: ignore[arg-type]
    assert [(port.name, port.chassis) for port in found] == [("cr-r-ext", "gw1"), ("cr-r-ext", "")]
    assert [port.advertised for port in found] == [("2001:db8:f::21",), ()]
    del tables["Advertised_Route"]
    assert [port.advertised for port in bindings(tables)] == [(), ()]  # type: ignore[arg-type]


def test_a_node_leaves_when_it_has_been_alone_for_a_while_and_joins_when_it_is_heard() -> None:
    begun = observe(None, alone=True, now_s=0.0)
    assert action_of(begun, LEAVE_AFTER_S - 0.1) == ""
    assert action_of(begun, LEAVE_AFTER_S) == "leave"
    left = replace(observe(begun, alone=True, now_s=LEAVE_AFTER_S), done="leave")
    assert action_of(left, 1000.0) == "", "once is enough"
    heard = observe(left, alone=False, now_s=1000.0)
    assert action_of(heard, 1000.0 + JOIN_AFTER_S - 0.1) == ""
    assert action_of(heard, 1000.0 + JOIN_AFTER_S) == "join"


def test_sessions_that_are_reset_move_nothing() -> None:
    state = replace(observe(None, alone=False, now_s=0.0), done="join")
    for second in range(1, 10):
        state = observe(observe(state, alone=True, now_s=second), alone=False, now_s=second + LEAVE_AFTER_S - 0.1)
        assert action_of(state, second + 0.9) == ""


def test_a_configuration_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        read_configuration(tmp_path / "none.json", AgentConfiguration)
    (tmp_path / "bad.json").write_text('{"chassis": 1}')
    done = subprocess.run(
        [sys.executable, "-m", "crossconnect.cloud.announce", str(tmp_path / "bad.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Expected `str`, got `int`" in done.stderr
    assert "Traceback" not in done.stderr
