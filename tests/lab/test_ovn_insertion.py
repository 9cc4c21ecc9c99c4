"""Service insertion by real packets: through appliances that route, on both versions, and through inline ones on 26.03.

web (10.0.1.10, hv1), web2 (10.0.1.11, hv2) -- s1 -- VPC's router -- s2 -- db (10.0.2.10, hv2)
                                                          |
     s3: fw1 (hv3), fw2 (hv1), s5: ids (hv2), which route; s4: left, right (hv3), which are inline
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from crossconnect.cloud.kinds.load_balancer import HealthCheck, Listener, LoadBalancer, Target, TargetGroup
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.service_insertion import Appliance, ServiceInsertion, SteeringRule
from crossconnect.lab.ovn import Chassis, OvnLab, ovn_lab
from ovn_live import Live, comes_true
from ovn_scenes import ANSWERED_S, OVER_S, VERSIONS, answers, are_over, software

CHASSIS = (Chassis(name="hv1"), Chassis(name="hv2"), Chassis(name="hv3"))
CHECK = HealthCheck(interval_s=2, timeout_s=1, healthy_threshold=1, unhealthy_threshold=2)
KEEPALIVE = 7000
REFUSED_S = 2.0
RULE = {"number": 10, "source": "10.0.1.0/24", "protocol": "tcp", "from_port": 80, "to_port": 80}


class Stand:
    """The scene with what the tests do in it."""

    def __init__(self, lab: OvnLab) -> None:
        self.lab, self.live = lab, Live(lab)
        self.cloud = self.live.cloud
        self.hosts = {
            "web": "hv1",
            "web2": "hv2",
            "db": "hv2",
            "fw1": "hv3",
            "fw2": "hv1",
            "ids": "hv2",
            "left": "hv3",
            "right": "hv3",
            "guest": "hv1",
        }

    def build(self) -> None:
        self.cloud.vpc("blue", "10.0.0.0/16")
        self.cloud.rule("sgr-any", "sg-blue", "ingress", "0.0.0.0/0")
        for n in range(1, 6):
            self.cloud.subnet(f"s{n}", "blue", f"10.0.{n}.0/24")
        where = {
            "web": "1.10",
            "web2": "1.11",
            "db": "2.10",
            "fw1": "3.10",
            "fw2": "3.11",
            "ids": "5.10",
            "left": "4.10",
            "right": "4.11",
        }
        for name, address in where.items():
            routes = name not in ("web", "web2", "db")
            self.cloud.port(
                name, f"s{address[0]}", f"10.0.{address}", host=self.hosts[name], source_dest_check=not routes
            )
        self.cloud.vpc("red", "10.1.0.0/16")
        self.cloud.rule("sgr-red-any", "sg-red", "ingress", "0.0.0.0/0")
        self.cloud.subnet("guests", "red", "10.1.1.0/24")
        self.cloud.port("guest", "guests", "10.1.1.10", host="hv1")
        self.cloud.make(
            VpcPeering, "pcx-1", vpc_id="vpc-blue", peer_vpc_id="vpc-red", peer_project_id="red", status="active"
        )
        self.cloud.table("blue", "blue", ("10.1.0.0/16", "pcx-1"))
        self.cloud.table("red", "red", ("10.0.0.0/16", "pcx-1"))
        self.live.write()
        self.live.plug("guest", "web", "web2", "db", "fw1", "fw2", "ids")
        for name in ("fw1", "fw2", "ids"):
            self.inside(name, "echo 1 > /proc/sys/net/ipv4/ip_forward")
        self.live.plug("left", "right", bare=True)
        # Tunnels between all chassis have been used before anything is counted.
        pairs = [(a, b) for a in ("web", "db", "fw1", "guest") for b in ("web2", "db", "fw1", "fw2", "ids") if a != b]
        assert comes_true(lambda: all(answers(self.lab, *pairs).values()))

    def inside(self, name: str, script: str) -> str:
        """Run a script in a machine."""
        argv = ["nsenter", f"--net=/run/netns/{name}", "sh", "-ec", script]
        done = self.lab.lab.run(self.hosts[name], argv)
        assert done.returncode == 0, f"{name}: {script}: {done.stderr}"
        return done.stdout

    def forwarded(self, name: str) -> int:
        """Packets that a machine has routed."""
        lines = [line.split() for line in self.inside(name, "grep ^Ip: /proc/net/snmp").splitlines()]
        return int(dict(zip(*lines, strict=True))["ForwDatagrams"])

    def segments(self, name: str) -> int:
        """TCP segments that a machine has sent or got."""
        lines = [line.split() for line in self.inside(name, "grep ^Tcp: /proc/net/snmp").splitlines()]
        counts = dict(zip(*lines, strict=True))
        return int(counts["InSegs"]) + int(counts["OutSegs"])

    def sent_again(self, name: str) -> int:
        """TCP segments that a machine has sent again: one with much else to do does so though they were not lost."""
        lines = [line.split() for line in self.inside(name, "grep ^Tcp: /proc/net/snmp").splitlines()]
        return int(dict(zip(*lines, strict=True))["RetransSegs"])

    def insert(self, *appliances: Appliance, **fields: Any) -> None:
        rules = fields.pop("rules", (SteeringRule(destination="10.0.2.0/24", **RULE),))  # pyright: ignore
        numbers = tuple(range(1, len(appliances) + 1))
        self.cloud.make(
            ServiceInsertion, "ins-1", vpc_id="vpc-blue", appliances=appliances, appliance_numbers=numbers, number=1,
            rules=rules, **fields,
        )  # fmt: skip
        self.live.write()
        self.live.look()

    def change(self, **fields: Any) -> None:
        self.cloud.change(self.cloud.documents["ins-1"], **fields)
        self.live.write()

    def remove(self) -> None:
        self.cloud.drop("ins-1")
        self.live.write()

    def connects(
        self, source: str, destination: str, port: int, *, to: str = "", timeout_s: float = ANSWERED_S
    ) -> bool:
        """Whether there is a connection; no packet of it is under way when that is said."""
        made = bool(self.lab.connect(source, destination, port, to=to, timeout_s=timeout_s))
        comes_true(lambda: are_over(self.lab, source, destination), OVER_S)
        return made

    def through(
        self,
        source: str,
        destination: str,
        port: int,
        appliances: tuple[str, ...] = ("fw1", "fw2"),
        to: str = "",
        timeout_s: float = ANSWERED_S,
    ) -> str:
        """Which appliance routed all packets of a connection, both ways: empty for none. `no` where there is none. `to`
        is what the source connects to, where that is not the destination's own address and port. Where an appliance
        routed some of them only, how many it were."""
        comes_true(lambda: are_over(self.lab, source, destination), OVER_S)
        before = {name: self.forwarded(name) for name in appliances}
        own = self.segments(source)
        if not self.connects(source, destination, port, to=to, timeout_s=timeout_s):
            return "no"
        exchanged = self.segments(source) - own
        by = {name: self.forwarded(name) - before[name] for name in appliances}
        found = [name for name, count in by.items() if count]
        return " ".join(found) if all(by[name] >= exchanged - 1 for name in found) else f"{by} of {exchanged}"


@pytest.fixture(params=VERSIONS, scope="module")
def stand(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    programs = software(request.param)
    root = str(tmp_path_factory.mktemp("ovn"))
    with ovn_lab(f"ol-ins-{programs.wanted.partition('.')[0]}", CHASSIS, software=programs, run_root=root) as lab:
        made = Stand(lab)
        made.build()
        yield made


def test_chosen_connections_go_through_an_appliance_both_ways_and_no_others_do(stand: Stand) -> None:
    stand.insert(Appliance(network_interface_id="eni-fw1"))
    assert stand.live.compiler.failed() == {}
    assert stand.through("web", "db", 80) == "fw1"
    assert stand.through("web2", "db", 80) == "fw1"
    assert stand.through("web", "db", 81) == ""
    assert stand.through("db", "web", 80) == "", "what begins at the other end is not chosen"
    assert stand.through("web", "web2", 80) == "", "nobody routes inside of a subnet"
    stand.remove()
    assert stand.through("web", "db", 80) == ""


def test_the_second_appliance_takes_over_from_one_that_hangs_and_then_what_was_declared_happens(stand: Stand) -> None:
    check = HealthCheck(port=KEEPALIVE, interval_s=2, timeout_s=1, healthy_threshold=1, unhealthy_threshold=2)
    pair = (Appliance(network_interface_id="eni-fw1"), Appliance(network_interface_id="eni-fw2"))
    for name in ("fw1", "fw2"):
        answer(stand, name)
    stand.insert(*pair, health_check=check)
    assert stand.live.compiler.failed() == {}
    assert comes_true(lambda: now(stand) == "fw1")
    hang(stand, "fw1")
    assert comes_true(lambda: now(stand) == "fw2"), "its port is up all the time"
    hang(stand, "fw2")
    assert comes_true(lambda: now(stand) == "no" and not is_steered(stand))
    assert stand.through("web", "db", 81) == "", "what was not chosen never needed them"
    stand.change(on_failure="open")
    assert comes_true(lambda: now(stand) == "")
    for name in ("fw1", "fw2"):
        answer(stand, name)
    assert comes_true(lambda: now(stand) == "fw1")
    stand.remove()


def test_an_appliance_that_is_unplugged_is_noticed_without_a_health_check(stand: Stand) -> None:
    stand.insert(Appliance(network_interface_id="eni-fw2"))
    assert comes_true(lambda: now(stand) == "fw2")
    stand.lab.unplug("fw2")
    assert comes_true(lambda: now(stand, ()) == "no" and not is_steered(stand))
    stand.change(on_failure="open")
    assert comes_true(lambda: now(stand, ()) == "")
    stand.live.plug("fw2")
    stand.inside("fw2", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    assert comes_true(lambda: now(stand) == "fw2")
    stand.remove()


def test_two_insertions_each_have_their_own_connections(stand: Stand) -> None:
    stand.insert(Appliance(network_interface_id="eni-fw1"))
    rule = RULE | {"number": 20, "from_port": None, "to_port": None, "source": "sg-blue"}
    stand.cloud.make(
        ServiceInsertion, "ins-2", vpc_id="vpc-blue", appliances=(Appliance(network_interface_id="eni-fw2"),),
        appliance_numbers=(2,), number=2, rules=(SteeringRule(destination="10.0.2.0/24", **rule),),  # pyright: ignore
    )  # fmt: skip
    stand.live.write()
    assert stand.live.compiler.failed() == {}
    assert stand.through("web", "db", 80) == "fw1"
    assert stand.through("web", "db", 81) == "fw2"
    assert stand.through("guest", "db", 81) == "", "no member of the group"
    stand.cloud.drop("ins-2")
    stand.remove()


def test_a_chain_goes_through_both_both_ways_and_each_fails_as_it_declares(stand: Stand) -> None:
    """Input: a firewall, an IDS behind it that fails open. Output: all packets of a chosen connection pass both; with
    the IDS unplugged the firewall alone; with one that fails closed nothing."""
    behind = {"vpc_id": "vpc-blue", "appliances": (Appliance(network_interface_id="eni-ids"),), "number": 2}
    stand.cloud.make(ServiceInsertion, "ins-2", appliance_numbers=(3,), on_failure="open", **behind)
    stand.insert(Appliance(network_interface_id="eni-fw1"), next_insertion_id="ins-2")
    assert stand.live.compiler.failed() == {}
    both = ("fw1", "fw2", "ids")
    assert comes_true(lambda: stand.through("web", "db", 80, both) == "fw1 ids")
    assert stand.through("web2", "db", 80, both) == "fw1 ids"
    assert stand.through("web", "db", 81, both) == stand.through("db", "web", 80, both) == ""
    stand.lab.unplug("ids")
    assert comes_true(lambda: now(stand) == "fw1")
    stand.cloud.change(stand.cloud.documents["ins-2"], on_failure="closed")
    stand.live.write()
    assert comes_true(lambda: now(stand) == "no")
    stand.live.plug("ids")
    stand.inside("ids", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    assert comes_true(lambda: now(stand, both) == "fw1 ids")
    stand.remove()
    stand.cloud.drop("ins-2")
    stand.live.write()


def test_what_is_balanced_goes_through_the_appliance_of_its_target_group(stand: Stand) -> None:
    """Input: load balancers before db and web2, whose target groups name an insertion without rules. Output: clients in
    other subnets, in a peered VPC too, go through its appliance, by the load balancer and directly; one in the target's
    own subnet reaches nobody by the load balancer, or the target past the appliance."""
    stand.insert(Appliance(network_interface_id="eni-fw1"), rules=())
    for name, subnet, address in (("db", "subnet-s1", "10.0.1.50"), ("web2", "subnet-s2", "10.0.2.50")):
        target = Target(network_interface_id=f"eni-{name}", port=80)
        stand.cloud.make(
            TargetGroup, f"tg-{name}", vpc_id="vpc-blue", targets=(target,), service_insertion_id="ins-1"
        )  # fmt: skip
        stand.cloud.make(
            LoadBalancer, f"nlb-{name}", vpc_id="vpc-blue", subnet_ids=(subnet,), addresses=(address,),
            listeners=(Listener(port=8080, target_group_id=f"tg-{name}"),),
        )  # fmt: skip
    stand.live.write()
    assert stand.live.compiler.failed() == {}
    for client in ("web", "guest"):
        assert stand.through(client, "db", 80, to="10.0.1.50:8080") == "fw1", client
        assert stand.through(client, "db", 80) == "fw1", client
    assert stand.through("web", "db", 81) == ""
    assert stand.through("web", "web2", 80, to="10.0.2.50:8080", timeout_s=REFUSED_S) == "no"
    stand.change(on_failure="open")
    assert stand.through("web", "web2", 80, to="10.0.2.50:8080") == ""
    for id in ("nlb-db", "nlb-web2", "tg-db", "tg-web2"):
        stand.cloud.drop(id)
    stand.remove()


def is_steered(stand: Stand) -> bool:
    """Whether an appliance is taken to live."""
    return bool(stand.lab.central.nbctl("--bare", "--columns=_uuid", "find", "Logical_Router_Policy", "action=reroute"))


def now(stand: Stand, appliances: tuple[str, ...] = ("fw1", "fw2")) -> str:
    """Which way a chosen connection goes, after the writer has looked."""
    stand.live.look()
    return stand.through("web", "db", 80, appliances, timeout_s=REFUSED_S)


def answer(stand: Stand, name: str) -> None:
    """An appliance that does its work."""
    listen = f"s = socket.create_server(('', {KEEPALIVE}))\nwhile True: s.accept()[0].close()"
    stand.inside(
        name,
        f"""echo 1 > /proc/sys/net/ipv4/ip_forward
        setsid python3 -c "import socket; {listen}" </dev/null >/dev/null 2>&1 & echo $! > /run/{name}.pid""",
    )


def hang(stand: Stand, name: str) -> None:
    """An appliance whose link is up and that does nothing any more."""
    stand.inside(name, f"echo 0 > /proc/sys/net/ipv4/ip_forward; kill -9 $(cat /run/{name}.pid)")


# --- inline -----------------------------------------------------------------------------------------------------------


later = pytest.mark.parametrize("stand", ["26"], indirect=True)
"""23.03 has no network functions."""


@pytest.mark.parametrize("stand", ["23.03"], indirect=True)
def test_before_25_09_no_appliance_can_be_inline(stand: Stand) -> None:
    stand.insert(Appliance(network_interface_id="eni-left", return_network_interface_id="eni-right"), mode="inline")
    reason = "this OVN has no network functions (they came with 25.09): no appliance can be inline"
    assert stand.live.compiler.failed() == {"ins-1": reason}
    assert not stand.connects("web", "db", 80, timeout_s=REFUSED_S), "the chosen traffic is dropped"
    assert stand.connects("web", "db", 81)
    stand.change(on_failure="open")
    assert stand.connects("web", "db", 80)
    stand.remove()


@pytest.fixture
def inline(stand: Stand) -> Iterator[Stand]:
    """An appliance that passes everything on, between its two interfaces."""
    stand.insert(
        Appliance(network_interface_id="eni-left", return_network_interface_id="eni-right"),
        mode="inline", rules=(SteeringRule(destination="10.0.0.0/16", **RULE),),  # pyright: ignore
    )  # fmt: skip
    wire(stand)
    yield stand
    stand.lab.lab.run("hv3", ["ip", "-n", "left", "link", "del", "wire"])
    stand.lab.unplug("left")
    stand.lab.unplug("right")
    stand.live.plug("left", "right", bare=True)
    stand.remove()


def wire(stand: Stand) -> None:
    """Join both interfaces by a bridge that learns nothing, as a bump in the wire does not."""
    lines = (
        "ip -n right link set eth0 name eth1 netns left",
        # What it would say of itself would be counted.
        "nsenter --net=/run/netns/left sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6'",
        "nsenter --net=/run/netns/left sh -c 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'",
        "ip -n left link add wire type bridge",
        *(f"ip -n left link set eth{n} master wire up promisc on" for n in (0, 1)),
        *(f"nsenter --net=/run/netns/left bridge link set dev eth{n} learning off" for n in (0, 1)),
        "nsenter --net=/run/netns/left ethtool -K eth1 tx off >/dev/null",
        "ip -n left link set wire up",
    )
    done = stand.lab.lab.run("hv3", ["sh", "-ec", "\n".join(lines)])
    assert done.returncode == 0, done.stderr


def passed(stand: Stand) -> tuple[int, int]:
    """TCP segments that came in at the left and at the right end."""
    text = stand.inside("left", "cat /proc/net/dev")
    found = [re.search(rf"eth{n}:\s*\d+\s+(\d+)", text) for n in (0, 1)]
    return tuple(int(one[1]) for one in found if one)  # type: ignore[return-value]


def crossed(stand: Stand, source: str, destination: str, port: int) -> tuple[int, int] | None:
    """How many packets of a connection the appliance got at either end; None where there is no connection."""
    comes_true(lambda: are_over(stand.lab, source, destination), OVER_S)
    before = passed(stand)
    if not stand.connects(source, destination, port):
        return None
    after = passed(stand)
    return after[0] - before[0], after[1] - before[1]


def active(stand: Stand) -> bool:
    """Whether OVN has an appliance that lives; flows are there then."""
    stand.live.look()
    return bool(
        stand.lab.central.nbctl("--bare", "--columns=network_function_active", "list", "Network_Function_Group")
    )


@later
def test_inline_is_symmetric_and_precise(inline: Stand) -> None:
    assert inline.live.compiler.failed() == {}
    assert comes_true(lambda: crossed(inline, "web", "db", 80) is not None)
    for source, destination in (("web", "db"), ("web2", "db"), ("web2", "web"), ("web", "web2")):
        own = inline.segments(source)
        count = crossed(inline, source, destination, 80)
        assert count is not None
        assert min(count) >= 3, f"{source} to {destination}: both directions: {count}"
        assert sum(count) >= inline.segments(source) - own - 1
    assert crossed(inline, "web", "db", 81) == (0, 0)
    assert crossed(inline, "db", "web", 80) == (0, 0), "what begins at the other end is not chosen, its replies neither"


@later
def test_connections_from_outside_of_the_vpc_are_chosen_where_their_server_is(inline: Stand) -> None:
    """Input: a rule for what comes from anywhere to db's port 80. Output: connections from a peered VPC pass the
    appliance both ways, and those from the VPC itself do, once."""
    rule = RULE | {"source": "0.0.0.0/0"}
    inline.change(rules=(SteeringRule(destination="10.0.2.0/24", **rule),))  # pyright: ignore
    assert inline.live.compiler.failed() == {}
    assert comes_true(lambda: crossed(inline, "guest", "db", 80) is not None)
    own = inline.segments("guest")
    count = crossed(inline, "guest", "db", 80)
    assert count is not None
    assert min(count) >= 3
    assert sum(count) >= inline.segments("guest") - own - 1
    assert crossed(inline, "guest", "db", 81) == (0, 0)
    assert crossed(inline, "db", "guest", 80) == (0, 0)
    own, again = inline.segments("web"), inline.sent_again("web")
    within = crossed(inline, "web", "db", 80)
    assert within is not None
    exchanged = inline.segments("web") - own + inline.sent_again("web") - again
    assert 3 <= min(within) <= sum(within) < 1.5 * exchanged, f"once, not at both ends: {within}"


@later
def test_an_inline_appliance_that_hangs_is_noticed_and_what_was_declared_happens(inline: Stand) -> None:
    inline.change(health_check=CHECK)
    assert comes_true(lambda: active(inline) and inline.connects("web", "db", 80, timeout_s=REFUSED_S))
    link = ["ip", "-n", "left", "link", "set", "wire"]
    inline.lab.lab.run("hv3", [*link, "down"])
    assert comes_true(lambda: not active(inline))
    assert comes_true(lambda: not inline.connects("web", "db", 80, timeout_s=REFUSED_S))
    assert inline.connects("web", "db", 81)
    inline.change(on_failure="open")
    assert comes_true(lambda: inline.connects("web", "db", 80, timeout_s=REFUSED_S))
    inline.lab.lab.run("hv3", [*link, "up"])
    assert comes_true(lambda: active(inline) and sum(crossed(inline, "web", "db", 80) or ()) > 6)


@later
def test_an_inline_appliance_that_loses_power_is_noticed_without_a_health_check(inline: Stand) -> None:
    assert comes_true(lambda: crossed(inline, "web", "db", 80) is not None)
    inline.lab.unplug("left")
    assert comes_true(lambda: not active(inline) and not inline.connects("web", "db", 80, timeout_s=REFUSED_S))
    inline.change(on_failure="open")
    assert comes_true(lambda: inline.connects("web", "db", 80, timeout_s=REFUSED_S))
    inline.live.plug("left", bare=True)


@later
def test_where_a_load_balancer_is_no_appliance_can_be_inline(inline: Stand) -> None:
    """Input: the VPC gets a load balancer. Output: the reason, and the chosen traffic is dropped, or let by."""
    cloud = inline.cloud
    cloud.make(TargetGroup, "tg-1", vpc_id="vpc-blue")
    cloud.make(
        LoadBalancer, "nlb-1", vpc_id="vpc-blue", subnet_ids=("subnet-s2",), addresses=("10.0.2.50",),
        listeners=(Listener(port=80, target_group_id="tg-1"),),
    )  # fmt: skip
    inline.live.write()
    assert inline.live.compiler.failed() == {
        "ins-1": "OVN puts no appliance before what is balanced, and nlb-1 is in the VPC"
    }
    assert not inline.connects("web", "db", 80, timeout_s=REFUSED_S)
    assert inline.connects("web", "db", 81)
    inline.change(on_failure="open")
    assert inline.connects("web", "db", 80)
    for id in ("nlb-1", "tg-1"):
        cloud.drop(id)
    inline.live.write()
    assert inline.live.compiler.failed() == {}
