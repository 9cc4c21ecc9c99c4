"""Private link in the reachability analyser, over a region's gateway nodes: each hop, and what tenants are told."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cloud_links import PORT, TARGET_PORT, Linked
from cloud_memory import View
from cloud_region import cloud_region
from crossconnect.cloud.logical.provider import gateway_order
from crossconnect.cloud.provided import cloud_of, without_fabric
from crossconnect.cloud.reach import Analyser, Hop, Reachability, ReachabilityBody, reachability, told
from crossconnect.cloud.reach.fabric import Fabric
from crossconnect.design import compile_region
from crossconnect.simulate import Failures


def analyser_of(failures: Failures | None = None) -> Analyser:
    blueprint = compile_region(cloud_region()).blueprint
    assert blueprint is not None
    region = cloud_of(blueprint)
    assert region is not None
    return Analyser(region=region, fabric=Fabric(blueprint, failures or Failures()))


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    """One for all: the fabric is settled once."""
    return analyser_of()


def ask(stand: Linked, analyser: Analyser, *, project: str = "", source: Any = None, to: str = "") -> Reachability:
    """As the operator; as a project, where one is given."""
    asked = ReachabilityBody(
        source=(source or stand.client).id, destination=to or stand.endpoint.id, destination_port=PORT
    )
    found = reachability(asked, analyser, View(stand.cloud, project or "beta"), whole=not project)
    return told(found, project) if project else found


def deciding(hops: tuple[Hop, ...]) -> list[tuple[str, str, str]]:
    """(point, component, what decided) without what carries tunnels."""
    return [(hop.point, hop.component, hop.decided_by) for hop in hops if hop.layer != "underlay"]


def translated(hops: tuple[Hop, ...]) -> list[tuple[str, ...]]:
    """Where addresses change: from and to."""
    found: list[tuple[str, ...]] = []
    for hop in hops:
        if hop.before is not None and hop.after is not None:
            ends = [
                f"{a.source}:{a.source_port} > {a.destination}:{a.destination_port}" for a in (hop.before, hop.after)
            ]
            found.append((hop.component, *ends))
    return found


def test_each_hop_names_what_decides_there_and_back(analyser: Analyser) -> None:
    stand = Linked(analyser.region, "translated")
    found = ask(stand, analyser)
    assert found.outcome == "reachable", found.explanation
    node = gateway_order(analyser.region, stand.service)[0]
    assert deciding(found.there) == [
        ("source-check", stand.client.id, stand.client.id),
        ("security-group", stand.client.id, rule(stand, stand.client, "egress")),
        ("service-endpoint", stand.endpoint.id, f"{stand.endpoint.id}/tcp/{PORT}"),
        ("network-acl", stand.client_subnet.id, f"{stand.client_vpc.default_network_acl_id}/egress/100"),
        (
            "route",
            stand.client_vpc.main_route_table_id,
            f"{stand.client_vpc.main_route_table_id}/{stand.between()}/32",
        ),
        ("gateway-node", node, f"gateways-{node}"),
        ("service-endpoint", stand.endpoint.id, stand.endpoint.id),
        ("load-balancer", stand.balancer.id, f"{stand.balancer.id}/tcp/{PORT}"),
        ("network-acl", stand.subnet.id, f"{stand.vpc.default_network_acl_id}/ingress/100"),
        ("security-group", stand.target.id, rule(stand, stand.target, "ingress")),
        ("destination", stand.target.id, stand.target.id),
    ]
    assert deciding(found.back) == [
        ("source-check", stand.target.id, stand.target.id),
        ("network-acl", stand.subnet.id, f"{stand.vpc.default_network_acl_id}/egress/100"),
        ("route", stand.vpc.main_route_table_id, f"{stand.vpc.main_route_table_id}/{stand.seen}/32"),
        ("gateway-node", node, f"gateways-{node}"),
        ("endpoint-service", stand.service.id, stand.service.id),
        ("service-endpoint", stand.endpoint.id, stand.endpoint.id),
        ("network-acl", stand.client_subnet.id, f"{stand.client_vpc.default_network_acl_id}/ingress/100"),
        ("destination", stand.client.id, stand.client.id),
        ("translation", stand.client.id, stand.client.id),
    ]


def rule(stand: Linked, interface: Any, direction: str) -> str:
    """The rule of an interface's group."""
    rules = stand.cloud.of("security_group_rule")
    [found] = [r.id for r in rules if r.security_group_id in interface.security_group_ids and r.direction == direction]
    return found


@pytest.mark.parametrize("source", ["translated", "kept"])
def test_addresses_change_where_they_are_translated(analyser: Analyser, source: str) -> None:
    stand = Linked(analyser.region, source)
    found = ask(stand, analyser)
    client, target = f"{stand.client.private_addresses[0]}:40000", f"{stand.target.private_addresses[0]}:{TARGET_PORT}"
    endpoint, between, seen = f"{stand.address}:{PORT}", f"{stand.between()}:{PORT}", f"{stand.seen}:40000"
    hidden = [(stand.endpoint.id, f"{client} > {between}", f"{seen} > {between}")]
    shown = [(stand.endpoint.id, f"{between} > {seen}", f"{between} > {client}")]
    assert translated(found.there) == [
        (stand.endpoint.id, f"{client} > {endpoint}", f"{client} > {between}"),
        *(hidden if source == "translated" else []),
        (stand.balancer.id, f"{seen} > {between}", f"{seen} > {target}"),
    ]
    assert translated(found.back) == [
        (stand.service.id, f"{target} > {seen}", f"{between} > {seen}"),
        *(shown if source == "translated" else []),
        (stand.client.id, f"{between} > {client}", f"{endpoint} > {client}"),
    ]


def test_tunnels_lead_over_the_services_gateway_node(analyser: Analyser) -> None:
    stand = Linked(analyser.region, "translated")
    found = ask(stand, analyser)
    node = gateway_order(analyser.region, stand.service)[0]
    for hops in (found.there, found.back):
        tunnels = [hop.message for hop in hops if hop.point == "geneve"]
        assert [message.partition(" (")[0] for message in tunnels] == ["Geneve from hv1", f"Geneve from {node}"]
    lost = analyser_of(Failures(devices=frozenset((node,))))
    [other] = {hop.component for hop in ask(stand, lost).there if hop.point == "gateway-node"}
    assert other != node
    none = analyser_of(Failures(devices=frozenset(node.name for node in analyser.region.gateways)))
    assert "none of" in ask(stand, none).explanation


def test_without_gateway_nodes_there_is_no_way_to_a_service() -> None:
    region = without_fabric("x", ("north",), ("203.0.113.0/24",))
    found = ask(Linked(region, "translated"), Analyser(region=region))
    assert (found.outcome, found.there[-1].point) == ("unreachable", "drop")
    assert "the region has none" in found.explanation


def test_a_client_is_told_its_own_and_that_there_is_the_services_side(analyser: Analyser) -> None:
    stand = Linked(analyser.region, "translated")
    found = ask(stand, analyser, project="beta")
    assert found.outcome == "reachable"
    layers = [hop.layer for hop in found.there]
    assert layers == [*["vpc"] * 5, "provider", "vpc", "other-project"]
    assert [hop.layer for hop in found.back] == ["other-project", "provider", "other-project", *["vpc"] * 4]
    assert found.there[-1].message == "the service's side lets it through"
    assert not [word for word in secrets(stand) if word in str(found)]


def secrets(stand: Linked) -> list[str]:
    """What only the service's project may know."""
    theirs = [d.id for d in stand.cloud.documents.values() if d.project_id == "alpha" and d.id != stand.service.id]
    nodes = ["gw1", "gw2", "hv1", "a-leaf1"]
    return [*theirs, *nodes, stand.target.private_addresses[0], str(TARGET_PORT), *stand.balancer.addresses]


@pytest.mark.parametrize("source", ["translated", "kept"])
def test_a_client_is_told_who_refuses_and_not_why(analyser: Analyser, source: str) -> None:
    """Input: one thing on the service's side that stands in the way. Output: that side is named, and no more."""
    for stop, back in (
        (lambda s: s.cloud.update(s.target.id, security_group_ids=[s.open_group(s.vpc, "egress").id]), False),
        (lambda s: s.filtered(s.subnet, ("ingress", "deny", f"{s.seen}/32")), False),
        (lambda s: s.cloud.update(s.balancer.listeners[0].target_group_id, targets=[]), False),
        (lambda s: s.filtered(s.subnet, ("egress", "deny", f"{s.seen}/32")), True),
    ):
        stand = Linked(analyser.region, source)
        stop(stand)
        found = ask(stand, analyser, project="beta")
        head = "the answer: " if back else ""
        said = (found.outcome, found.explanation, found.decided_by)
        assert said == ("unreachable", f"{head}the service's side does not let it through", "")
        assert (found.back or found.there)[-1].component == ""
        assert not [word for word in secrets(stand) if word in str(found)]


def test_a_client_is_told_whole_what_its_own_side_decides(analyser: Analyser) -> None:
    stand = Linked(analyser.region, "translated")
    acl = stand.filtered(stand.client_subnet, ("ingress", "deny", f"{stand.between()}/32"))
    found = ask(stand, analyser, project="beta")
    assert found.decided_by == f"{acl.id}/ingress/1"
    assert found.explanation.startswith("the answer: entry 1 (ingress)")
    stand.cloud.update(stand.endpoint.id, status="rejected")
    found = ask(stand, analyser, project="beta")
    assert found.explanation == f"{stand.service.id} has rejected {stand.endpoint.id}"


def test_the_services_project_is_not_told_of_its_clients(analyser: Analyser) -> None:
    """Input: a target that sends to its client's kept address. Output: it is told that another project decides."""
    stand = Linked(analyser.region, "kept")
    asked = stand.client.private_addresses[0]
    found = ask(stand, analyser, project="alpha", source=stand.target, to=asked)
    assert found.outcome == "unreachable"
    theirs = [d.id for d in stand.cloud.documents.values() if d.project_id == "beta" and d.id != stand.endpoint.id]
    assert not [word for word in theirs if word in str(found)]
    assert "the service's side" not in str(found)
    assert found.there[-1].message == "another project does not let it through"


def test_a_project_that_reaches_its_own_service_sees_all_of_it(analyser: Analyser) -> None:
    stand = Linked(analyser.region, "translated", theirs="10.0.0.0/16")
    for id, document in [*stand.cloud.documents.items()]:
        if document.project_id == "beta":
            stand.cloud.documents[id] = msgspec.structs.replace(document, project_id="alpha")
    found = ask(stand, analyser, project="alpha")
    assert found.outcome == "reachable"
    assert {hop.layer for hop in (*found.there, *found.back)} == {"vpc", "provider"}
    assert stand.target.id in str(found)
