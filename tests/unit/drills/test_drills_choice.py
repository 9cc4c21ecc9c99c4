"""Which flows a drill runs."""

from crossconnect.design.blueprint import Endpoint
from crossconnect.drills import Drill
from crossconnect.drills.choice import Candidate, choose_flows

DRILL = Drill(name="leaf", event="device-failure", target="leaf1", outage_max_ms=1000, flows_max=8)


def endpoint(host, vrf="red-prod", interface="eth0"):
    n = sum(map(ord, host)) % 250
    return Endpoint(
        host=host,
        interface=interface,
        tenant="red",
        vrf=vrf,
        segment="tenants/red/vrfs/prod/segments/web",
        mac_vrf="red-prod-web",
        vlan=100,
        tagged=False,
        addresses=(f"10.0.0.{n}/24", f"2001:db8::{n}/64"),
        gateways=("10.0.0.1",),
    )


def candidate(source, destination, prediction="survive", crosses=True, version=4, vrf="red-prod"):
    return Candidate(
        source=endpoint(source, vrf),
        destination=endpoint(destination, vrf),
        version=version,
        crosses=crosses,
        prediction=prediction,
    )


def test_only_pairs_that_cross_the_target_are_chosen():
    flows = choose_flows(DRILL, [candidate("a", "b", crosses=False), candidate("c", "d")])
    assert {(f.flow.source, f.flow.destination) for f in flows} == {("c", "d")}
    assert choose_flows(DRILL, [candidate("a", "b", crosses=False)]) == ()


def test_a_single_pair_has_several_source_ports_so_that_ecmp_spreads_it():
    flows = choose_flows(DRILL, [candidate("a", "b")])
    assert len({f.flow.source_port for f in flows}) == len(flows) == 8


def test_different_pairs_come_before_more_ports_of_one():
    flows = choose_flows(DRILL, [candidate(a, b) for a in "abc" for b in "xyz"])
    assert len({(f.flow.source, f.flow.destination) for f in flows}) == 8


def test_no_two_flows_share_their_receiving_socket():
    flows = choose_flows(DRILL, [candidate("a", "b"), candidate("c", "b")])
    assert len({(f.flow.destination, f.flow.destination_port) for f in flows}) == len(flows) == 8


def test_both_predictions_are_tried_where_both_exist():
    found = choose_flows(DRILL, [candidate("a", "b"), candidate("a", "c"), candidate("a", "d", prediction="cut")])
    assert {f.prediction for f in found} == {"survive", "cut"}


def test_all_flows_are_cut_ones_when_nothing_survives():
    found = choose_flows(DRILL, [candidate("a", x, prediction="cut") for x in "bcd"])
    assert [f.prediction for f in found] == ["cut"] * 8


def test_pairs_are_spread_over_vrfs_before_hosts():
    candidates = [candidate("a", "b"), candidate("a", "c"), candidate("x", "y", vrf="blue-prod")]
    assert {f.flow.scope for f in choose_flows(DRILL, candidates)} == {"red-prod", "blue-prod"}


def test_an_ipv6_flow_uses_ipv6_addresses():
    flow = choose_flows(DRILL, [candidate("a", "b", version=6)])[0].flow
    assert flow.source_address.startswith("2001:db8::")
    assert flow.destination_address.startswith("2001:db8::")


def test_the_choice_does_not_depend_on_the_order_of_candidates():
    candidates = [candidate(a, b, vrf=v) for a in "abc" for b in "xyz" for v in ("red-prod", "blue-prod")]
    assert choose_flows(DRILL, candidates) == choose_flows(DRILL, candidates[::-1])
