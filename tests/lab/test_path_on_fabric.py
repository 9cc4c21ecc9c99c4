"""What the analyser says of a connection is what becomes of its packets: tenants' machines on hypervisors, gateway
nodes, a fabric of FRR, and a carrier's router, all of them real.

    shop 10.0.0.0/16   front (internet gateway) web1 with elastic IP, web2   back (NAT gateway) db1   quiet: db2, behind
                       a network ACL, without a default route
    partner 10.1.0.0/16 (peered)   app1       other 10.0.0.0/16 (same addresses)   own1 with elastic IP
    depot 10.3.0.0/16 (by a transit router)   store1, before it an appliance for port 80 that comes from front
    inward 10.4.0.0/16 (egress-only)          batch1 with a public IPv6 address
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest

from cloud_memory import View
from cloud_region import TWO_NETWORKS, cloud_region, texts
from cloud_stand import Stand, within
from crossconnect.cloud.logical.provider import gateway_order
from crossconnect.cloud.provided import cloud_of
from crossconnect.cloud.reach import Analyser, Reachability, ReachabilityBody, reachability
from crossconnect.cloud.reach.fabric import Fabric
from crossconnect.design import compile_region
from crossconnect.design.blueprint import Blueprint
from crossconnect.lab import wait_converged
from crossconnect.lab.handle import run_command
from crossconnect.lab.ovn import cloud_fabric, connect_agent, ovn_lab, power_off, wanted_version
from crossconnect.lab.ovn.traffic import Connection, place
from crossconnect.simulate import Failures, simulate
from ovn_scenes import ANSWERED_S, software

CARRIER = "isp"
CARRIER6 = "isp by IPv6"
OUTSIDE = "198.51.100.1"
OUTSIDE6 = "2001:db8:ffff::1"
UNKNOWN = "192.0.2.77"
ANYWHERE = "0.0.0.0/0"
PREFIXES = '    prefixes: [203.0.113.0/24, "2001:db8:f::/48"]\n'
HV2 = """\
  - name: hv2
    chassis: hypervisor
    attachments: [{port: a-leaf2}]
    segments: [{segment: cloud/core/tunnels, addresses: [10.64.0.12/24]}]
  - name: gw1
"""


class Scene(NamedTuple):
    stand: Stand
    blueprint: Blueprint
    ids: dict[str, str]
    """Of interfaces, elastic IPs and load balancers, by the names that the flows have."""
    things: dict[str, Any]


class Flow(NamedTuple):
    """From a machine or the carrier to something named, or an address."""

    source: str
    destination: str
    port: int = 80
    listen: int = 0
    point: str = ""
    """Where it is said to end, if it does not arrive."""

    def __str__(self) -> str:
        return f"{self.source} to {self.destination} port {self.port}"


FLOWS = (
    # Inside a VPC.
    Flow("web1", "web2"),
    Flow("web1", "web2", 81, point="security-group"),
    Flow("web1", "db1"),
    Flow("web1", "db2"),
    Flow("web1", "db2", 82, point="network-acl"),
    Flow("db2", "web1"),
    Flow("db2", "web2", 83, point="network-acl"),
    Flow("web1", "10.0.9.9", point="destination"),
    # Peering: both ways, and to where the route's target is gone.
    Flow("web1", "app1"),
    Flow("app1", "web2"),
    Flow("web1", "10.2.0.4", point="route"),
    # A prefix list in a route table, which has front and not back; and in a security group, for port 84.
    Flow("app1", "db1", point="route"),
    Flow("web1", "store1", 84),
    Flow("db1", "store1", 84, point="security-group"),
    # A transit router, with a static route that discards; an appliance before its VPC's machine, for some.
    Flow("web1", "store1"),
    Flow("db1", "store1"),
    Flow("store1", "web2"),
    Flow("db2", "store1", point="route"),
    Flow("web1", "10.3.9.9", point="transit-route"),
    # Load balancers.
    Flow("web1", "inner", 80, 8080),
    Flow("web1", "inner", 443, 8080, point="load-balancer"),
    Flow(CARRIER, "outer", 80, 8080),
    Flow(CARRIER6, "outer6", 80, 8080),
    Flow(CARRIER6, "outer6", 8080, 8080, point="load-balancer"),
    Flow(CARRIER6, "inner6", 80, 8080, point="destination"),
    Flow("web1", "outer6", 80, 8080),
    Flow("own1", "outer6", 80, 8080),
    # Out.
    Flow("web1", CARRIER),
    Flow("web2", CARRIER, point="gateway"),
    Flow("db1", CARRIER),
    Flow("db2", CARRIER, point="route"),
    Flow("batch1", CARRIER6),
    Flow("batch1", CARRIER, point="route"),
    # In.
    Flow(CARRIER, "eip-web1"),
    Flow(CARRIER, "eip-web1", 81, point="security-group"),
    Flow(CARRIER, "eip-nat", point="gateway"),
    Flow(CARRIER, "eip-spare", point="drop"),
    Flow(CARRIER, "eip-own1"),
    Flow(CARRIER6, "batch1-6", point="gateway"),
    Flow(CARRIER6, "web1-6", 8080),
    # Between VPCs by way of the internet's network: gateway nodes differ.
    Flow("web1", "eip-own1"),
    Flow("own1", "eip-web1"),
    Flow("db1", "eip-web1"),
    Flow("web1", "eip-spare", point="drop"),
    # A VRF that nobody announces anything into.
    Flow("web1", "172.16.0.9", point="drop"),
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    changes = (*TWO_NETWORKS, ("  - name: gw1\n", HV2), (PREFIXES, PREFIXES + "    vpc_block: 56\n"))
    blueprint = compile_region(cloud_region(texts(*changes))).blueprint
    assert blueprint is not None
    region = cloud_of(blueprint)
    assert region is not None
    fabric, chassis = cloud_fabric(blueprint)
    programs, root = software(wanted_version()), str(tmp_path_factory.mktemp("ovn"))
    with ovn_lab("ol-path", chassis, software=programs, fabric=fabric, run_root=root) as lab:
        settled = wait_converged(lab.lab, simulate(blueprint), timeout_s=180)
        assert settled.converged, settled
        stand = Stand(lab, region)
        stand.cloud.settings["vrfs"] = ("cloud-priv",)
        try:
            yield _furnish(stand, blueprint)
        finally:
            stand.writer.close()


def _furnish(stand: Stand, blueprint: Blueprint) -> Scene:
    create, update = stand.cloud.create, stand.cloud.update
    shop, partner, other = (
        create("vpc", cidr_blocks=[block], ipv6_cidr_blocks=["public"])
        for block in ("10.0.0.0/16", "10.1.0.0/16", "10.0.0.0/16")
    )
    # A VPC's gateway node follows from its number: the next one has another.
    assert gateway_order(stand.region, shop)[0] != gateway_order(stand.region, partner)[0]
    if gateway_order(stand.region, shop) == gateway_order(stand.region, other):
        other = create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["public"])
    gone = create("vpc", cidr_blocks=["10.2.0.0/16"])
    six = {vpc.id: vpc.ipv6_cidr_blocks[0].replace("/56", "/64") for vpc in (shop, other)}
    front, back, quiet = (
        create("subnet", vpc_id=shop.id, cidr_block=f"10.0.{n}.0/24", ipv6_cidr_block=six[shop.id] if n == 1 else "")
        for n in (1, 2, 3)
    )
    far = create("subnet", vpc_id=partner.id, cidr_block="10.1.1.0/24")
    same = create("subnet", vpc_id=other.id, cidr_block="10.0.1.0/24", ipv6_cidr_block=six[other.id])
    gateway, theirs = (create("internet_gateway", vpc_id=vpc.id) for vpc in (shop, other))
    peering, dead = (create("vpc_peering", vpc_id=shop.id, peer_vpc_id=vpc.id) for vpc in (partner, gone))
    private = create("private_gateway", vrf="cloud-priv", vpc_id=shop.id, prefixes=["172.16.0.0/24"])
    eips = {name: create("elastic_ip") for name in ("nat", "spare", "outer")}
    default = [{"destination": ANYWHERE, "target": gateway.id}, {"destination": "::/0", "target": gateway.id}]
    update(shop.main_route_table_id, routes=default)
    nat = create("nat_gateway", subnet_id=front.id, elastic_ip_id=eips["nat"].id)
    inside = [{"destination": "10.1.0.0/16", "target": peering.id}, {"destination": "10.2.0.0/16", "target": dead.id}]
    inside.append({"destination": "172.16.0.0/24", "target": private.id})
    known = create("prefix_list", entries=[{"cidr": "10.0.1.0/24"}, {"cidr": "10.0.3.0/24"}])
    depot, transit = _depot(stand, shop, front)
    over = {"destination": "10.3.0.0/16", "target": transit.id}
    tables = {name: create("route_table", vpc_id=shop.id) for name in ("back", "quiet")}
    update(shop.main_route_table_id, routes=[*inside, over, *default])
    update(tables["back"].id, routes=[*inside, over, {"destination": ANYWHERE, "target": nat.id}])
    update(tables["quiet"].id, routes=inside)
    update(partner.main_route_table_id, routes=[{"destination": known.id, "target": peering.id}])
    update(other.main_route_table_id, routes=[{**route, "target": theirs.id} for route in default])
    stand.cloud.delete(dead.id)
    entries = [
        {
            "number": 10,
            "direction": "ingress",
            "action": "deny",
            "protocol": "tcp",
            "from_port": 82,
            "to_port": 82,
            "cidr": ANYWHERE,
        },
        {
            "number": 10,
            "direction": "egress",
            "action": "deny",
            "protocol": "tcp",
            "from_port": 83,
            "to_port": 83,
            "cidr": ANYWHERE,
        },
        *({"number": 100, "direction": d, "action": "allow", "cidr": ANYWHERE} for d in ("ingress", "egress")),
    ]
    acl = create("network_acl", vpc_id=shop.id, entries=entries)
    update(back.id, route_table_id=tables["back"].id)
    update(quiet.id, route_table_id=tables["quiet"].id, network_acl_id=acl.id)
    machines: dict[str, Any] = {}
    for name, vpc, subnet, chassis in (
        ("web1", shop, front, "hv1"),
        ("web2", shop, front, "hv2"),
        ("db1", shop, back, "hv2"),
        ("db2", shop, quiet, "hv1"),
        ("app1", partner, far, "hv2"),
        ("own1", other, same, "hv1"),
    ):
        group = machines.get(vpc.id) or _group(stand, vpc)
        machines[vpc.id] = group
        machines[name] = stand.machine(name, subnet, group, chassis, host=chassis)
    machines |= _behind(stand, depot, known)
    machines["batch1"] = _inward(stand)
    for name in ("web1", "own1"):
        eips[name] = create("elastic_ip", network_interface_id=machines[name].id)
    targets = create(
        "target_group", vpc_id=shop.id, targets=[{"network_interface_id": machines["web2"].id, "port": 8080}]
    )
    listeners = [{"port": 80, "target_group_id": targets.id}]
    inner = create("load_balancer", subnet_ids=[front.id], listeners=listeners, ip_address_type="dualstack")
    outer = create(
        "load_balancer",
        subnet_ids=[front.id],
        listeners=listeners,
        scheme="internet-facing",
        ip_address_type="dualstack",
        elastic_ip_id=eips["outer"].id,
    )
    stand.settle()
    ids = {name: machine.id for name, machine in machines.items()}
    ids |= {f"eip-{name}": eip.id for name, eip in eips.items()}
    ids |= {"inner": inner.id, "outer": outer.id, CARRIER: OUTSIDE, CARRIER6: OUTSIDE6}
    things = {**machines, **{f"eip-{n}": e for n, e in eips.items()}, "inner": inner, "outer": eips["outer"]}
    for name, one in (("inner6", inner), ("outer6", outer), *((f"{n}-6", machines[n]) for n in ("web1", "batch1"))):
        ids[name] = things[name] = one.ipv6_addresses[0]
    assert within(lambda: _try(stand, Flow(CARRIER, "eip-own1"), things)), "the lab has come up"
    return Scene(stand, blueprint, ids, things)


def _depot(stand: Stand, shop: Any, front: Any) -> tuple[Any, Any]:
    """A VPC with two subnets beside the shop's, and the transit router between them."""
    create, update = stand.cloud.create, stand.cloud.update
    depot, transit = create("vpc", cidr_blocks=["10.3.0.0/16"]), create("transit_router")
    shelves, border = (create("subnet", vpc_id=depot.id, cidr_block=f"10.3.{n}.0/24") for n in (1, 2))
    for vpc, subnet in ((shop, front), (depot, shelves)):
        create("transit_router_attachment", transit_router_id=transit.id, vpc_id=vpc.id, subnet_ids=[subnet.id])
    update(transit.default_route_table_id, routes=[{"destination": "10.3.9.0/24"}])
    update(depot.main_route_table_id, routes=[{"destination": "10.0.0.0/16", "target": transit.id}])
    return (shelves, border), transit


def _behind(stand: Stand, subnets: tuple[Any, Any], known: Any) -> dict[str, Any]:
    """The depot's machine, which lets port 80 in from everywhere and port 84 from a prefix list; and its appliance,
    which routes, for what comes from front to port 80."""
    create, (shelves, border) = stand.cloud.create, subnets
    group = create("security_group", vpc_id=shelves.vpc_id)
    for port, peer in ((80, ANYWHERE), (84, known.id)):
        create(
            "security_group_rule", security_group_id=group.id, direction="ingress", protocol="tcp", from_port=port,
            to_port=port, peer=peer,
        )  # fmt: skip
    store = stand.machine("store1", shelves, group, "hv2", host="hv2")
    open_ = stand.open_group(stand.cloud.documents[shelves.vpc_id])
    firewall = stand.machine("fw1", border, open_, "hv1", host="hv1", source_dest_check=False)
    forward(stand, "fw1", 1)
    rule = {"number": 10, "source": "10.0.1.0/24", "destination": "10.3.1.0/24", "protocol": "tcp", "from_port": 80,
            "to_port": 80}  # fmt: skip
    appliances = [{"network_interface_id": firewall.id}]
    create("service_insertion", vpc_id=shelves.vpc_id, appliances=appliances, rules=[rule])
    return {"store1": store, "fw1": firewall}


def _inward(stand: Stand) -> Any:
    """A machine with a public IPv6 address in a VPC that connections only leave."""
    create = stand.cloud.create
    vpc = create("vpc", cidr_blocks=["10.4.0.0/16"], ipv6_cidr_blocks=["public"])
    block = vpc.ipv6_cidr_blocks[0].replace("/56", "/64")
    subnet = create("subnet", vpc_id=vpc.id, cidr_block="10.4.1.0/24", ipv6_cidr_block=block)
    gateway = create("egress_only_internet_gateway", vpc_id=vpc.id)
    stand.cloud.update(vpc.main_route_table_id, routes=[{"destination": "::/0", "target": gateway.id}])
    return stand.machine("batch1", subnet, stand.open_group(vpc), "hv2", host="hv2")


def forward(stand: Stand, name: str, on: int) -> None:
    """Let a machine route, or not."""
    stand.lab.run(name, ["sh", "-c", f"echo {on} > /proc/sys/net/ipv4/ip_forward"])


def _group(stand: Stand, vpc: Any) -> Any:
    """Lets in what the flows ask for, but port 81."""
    group = stand.cloud.create("security_group", vpc_id=vpc.id)
    for low, high in ((80, 80), (82, 83), (8080, 8080)):
        stand.cloud.create(
            "security_group_rule",
            security_group_id=group.id,
            direction="ingress",
            protocol="tcp",
            from_port=low,
            to_port=high,
            peer=ANYWHERE,
        )
    stand.cloud.create(
        "security_group_rule",
        security_group_id=group.id,
        direction="ingress",
        protocol="tcp",
        from_port=8080,
        to_port=8080,
        peer="::/0",
    )
    return group


def _address(name: str, things: dict[str, Any]) -> str:
    thing = things.get(name, {CARRIER: OUTSIDE, CARRIER6: OUTSIDE6}.get(name, name))
    if isinstance(thing, str):
        return thing
    return (
        getattr(thing, "address", "") or (*getattr(thing, "private_addresses", ()), *getattr(thing, "addresses", ()))[0]
    )


def _namespace(stand: Stand, name: str) -> str:
    lab = stand.lab
    return lab.lab.network_namespace(*((CARRIER, "") if name in (CARRIER, CARRIER6) else place(lab.party(name))))


def _try(stand: Stand, flow: Flow, things: dict[str, Any], seconds: float = 2.0) -> Connection:
    """A real TCP connection, while everybody but the sender listens."""
    everybody = [CARRIER, *(machine.name for machine in stand.lab.record.machines)]
    listen, outside = flow.listen or flow.port, {CARRIER: OUTSIDE, CARRIER6: OUTSIDE6}
    specification = {
        "protocol": "tcp",
        "timeout_s": seconds,
        "address": _address(flow.destination, things),
        "port": flow.port,
        "source": [_namespace(stand, flow.source), outside.get(flow.source, ""), 0],
        "listeners": [[name, _namespace(stand, name), listen] for name in everybody if name != flow.source],
    }
    argv = [*stand.lab.lab.beside(), sys.executable, "-I", "-S", connect_agent.__file__]
    done = run_command(argv, text=json.dumps(specification), timeout_s=seconds + 30)
    assert done.returncode == 0, done.stderr
    return msgspec.json.decode(done.stdout, type=Connection)


def analysed(scene: Scene, flow: Flow, fabric: Fabric | None = None) -> Reachability:
    """What the analyser says of the same connection."""
    asked = ReachabilityBody(
        source=scene.ids[flow.source],
        destination=scene.ids.get(flow.destination, flow.destination),
        destination_port=flow.port,
    )
    analyser = Analyser(region=scene.stand.region, fabric=fabric or Fabric(scene.blueprint))
    return reachability(asked, analyser, View(scene.stand.cloud, "alpha"), whole=True)


def test_verdicts_are_what_packets_do(scene: Scene) -> None:
    """Input: all flows. Output: each connects if, and only if, it is said to, and ends where it is said to."""
    fabric, different = Fabric(scene.blueprint), []
    for flow in FLOWS:
        said = analysed(scene, flow, fabric)
        arrives = said.outcome == "reachable"
        if arrives:
            within(lambda flow=flow: _try(scene.stand, flow, scene.things), 10.0)
        seen = _try(scene.stand, flow, scene.things, ANSWERED_S if arrives else 0.8)
        dropped = [hop.point for hop in (*said.there, *said.back) if not hop.passes]
        print(f"{flow}: {said.outcome}, {said.explanation}; packets: {seen.answered_by or seen.error}")
        ends = [hop.component for hop in said.there if hop.point == "destination"] or [CARRIER]
        if arrives != bool(seen) or (arrives and scene.ids.get(seen.answered_by) != scene.ids.get(ends[-1], ends[-1])):
            different.append(f"{flow}: said {said.outcome} ({said.explanation}), seen {seen}")
        if flow.point and dropped[:1] != [flow.point]:
            different.append(f"{flow}: ends at {dropped}, not at {flow.point}")
        if not flow.point and not arrives:
            different.append(f"{flow}: should arrive: {said.explanation}")
        sources = [said.asked.source, *(hop.after.source for hop in said.there if hop.after is not None)]
        if arrives and seen.seen_from != sources[-1]:
            different.append(f"{flow}: seen from {seen.seen_from}, said {sources[-1]}")
    print(f"{len(FLOWS)} flows compared")
    assert not different, "\n".join(different)


def test_the_gateway_node_named_is_the_one_that_has_the_address(scene: Scene) -> None:
    for flow, resource in ((Flow(CARRIER, "eip-web1"), "web1"), (Flow(CARRIER, "eip-own1"), "own1")):
        [node] = {hop.component for hop in analysed(scene, flow).there if hop.point == "gateway-node"}
        assert node == scene.stand.chassis_of(f"internet-{scene.things[resource].vpc_id}")


def test_an_appliance_is_in_the_way_where_the_analyser_has_it(scene: Scene) -> None:
    """Input: the depot's appliance routes no more. Output: what is said to go through it, both ways, does not arrive;
    the rest does."""
    stand = scene.stand
    firewall = scene.things["fw1"].id
    for flow, through in ((Flow("web1", "store1"), True), (Flow("web1", "store1", 84), False),
                          (Flow("db1", "store1"), False)):  # fmt: skip
        said = analysed(scene, flow)
        passed = [[hop.component for hop in way if hop.point == "appliance"] for way in (said.there, said.back)]
        assert passed == ([[firewall]] * 2 if through else [[], []]), flow
        assert within(lambda flow=flow: _try(stand, flow, scene.things)), flow
        forward(stand, "fw1", 0)
        seen = bool(_try(stand, flow, scene.things, 1.0 if through else ANSWERED_S))
        forward(stand, "fw1", 1)
        assert seen is not through, flow


def test_hops_in_the_fabric_are_those_that_answer(scene: Scene) -> None:
    """Input: packets whose hop limit ends one hop further each. Output: each is told of by a switch that the analyser
    has at that place."""
    owners = {
        address.partition("/")[0]: (device.name, interface.network_instance)
        for device in scene.blueprint.devices
        for interface in device.interfaces
        for address in interface.addresses
    }
    for name in ("eip-web1", "eip-own1"):
        said = analysed(scene, Flow(CARRIER, name))
        routed = [hop.component for hop in said.there if hop.layer == "fabric" and hop.point == "route"]
        answered: list[str] = []
        for limit in (1, 2, 3):
            words = ["ping", "-n", "-c", "2", "-i", "0.3", "-W", "1", "-t", str(limit), "-I", OUTSIDE]
            text = scene.stand.lab.lab.run(CARRIER, [*words, _address(name, scene.things)]).stdout
            found = re.search(r"From (\S+) .*Time to live exceeded", text)
            if found:
                answered.append(owners.get(found[1], (found[1], ""))[0])
        print(name, "answered:", answered, "said:", routed)
        assert answered
        assert answered[0] == routed[0]
        assert set(answered) & {device.name for device in scene.blueprint.devices} <= set(routed)


def test_a_gateway_node_without_power_is_what_a_failed_one_is_said_to_be(scene: Scene) -> None:
    """Last, since it takes the node away. Input: the node of an elastic IP is switched off. Output: the address is
    where the analyser has it under that failure, and is reached there."""
    flow = Flow(CARRIER, "eip-web1")
    port = f"internet-{scene.things['web1'].vpc_id}"
    before = scene.stand.chassis_of(port)
    power_off(scene.stand.lab.lab, before)
    said = analysed(scene, flow, Fabric(scene.blueprint, Failures(devices=frozenset((before,)))))
    [node] = {hop.component for hop in said.there if hop.point == "gateway-node"}
    assert said.outcome == "reachable"
    assert node != before
    assert within(lambda: _try(scene.stand, flow, scene.things))
    assert scene.stand.chassis_of(port) == node
