"""Flow logs and traffic mirrors on OVN 26.03: what hypervisors export names the rule that let a connection through, or
where it ended; a mirror's target gets each packet of the source."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from cloud_documents import REGION
from crossconnect.cloud.kinds.flow_log import FlowLog
from crossconnect.cloud.kinds.network_acl import AclEntry, NetworkAcl
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.traffic_mirror import TrafficMirror
from crossconnect.cloud.ovn.flow_logs import DROP_OPTIONS, LEAVING_BASE, PACKETS_BASE, REJECT_BASE
from crossconnect.lab.ovn import Chassis, ovn_lab
from ovn_live import Live, comes_true
from ovn_records import dropped, export, exported
from ovn_scenes import ANSWERED_S, OVER_S, are_over, software

HYPERVISORS = ("hv1", "hv2")
NEW, ESTABLISHED = 2, 3
"""Applications, as the northbound `Sampling_App`s number them: of what begins, and passes or ends there; of what
follows."""
OF_LIST = 1001
"""Number of a network ACL; its entries have others behind that."""

WEB: dict[str, Any] = {"protocol": "tcp", "from_port": 80, "to_port": 80}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """web on hv1, db on hv2, whose group lets port 80 in."""
    programs = software("26")
    root = str(tmp_path_factory.mktemp("ovn"))
    chassis = tuple(Chassis(name=name) for name in HYPERVISORS)
    with ovn_lab("ol-samples", chassis, software=programs, run_root=root) as lab:
        for name in HYPERVISORS:
            export(lab, name)
        made = Live(lab, msgspec.structs.replace(REGION, packet_record_rate=1))
        cloud = made.cloud
        cloud.vpc("blue", "10.0.0.0/16")
        for n in (1, 2):
            cloud.subnet(f"s{n}", "blue", f"10.0.{n}.0/24")
        cloud.group("db", "blue")
        cloud.rule("sgr-web", "sg-db", "ingress", "10.0.1.0/24", "tcp", (80, 80))
        cloud.port("web", "s1", "10.0.1.10", host="hv1")
        cloud.port("db", "s2", "10.0.2.10", "db", host="hv2")
        cloud.port("ids", "s2", "10.0.2.66", host="hv2", source_dest_check=False)
        cloud.make(FlowLog, "fl-1", resource_id="vpc-blue")
        made.write()
        assert made.compiler.failed() == {}
        made.plug("web", "db", "ids")
        yield made


def number(live: Live, id: str) -> int:
    return live.cloud.documents[id].number  # type: ignore[attr-defined]


def test_an_accepted_connection_names_its_rules(live: Live) -> None:
    assert comes_true(lambda: bool(live.lab.connect("web", "db", 80)))
    sent = (NEW, number(live, "sgr-blue-out4"), "10.0.1.10", "10.0.2.10", 80)
    let_in = (NEW, number(live, "sgr-web"), "10.0.1.10", "10.0.2.10", 80)
    assert comes_true(lambda: sent in exported(live, "hv1")), exported(live, "hv1")
    assert comes_true(lambda: let_in in exported(live, "hv2")), exported(live, "hv2")


def test_what_no_rule_allows_names_the_vpc_and_the_direction(live: Live) -> None:
    assert not live.lab.connect("web", "db", 81, timeout_s=1.0)
    base = REJECT_BASE + 2 * number(live, "vpc-blue")
    assert comes_true(lambda: (NEW, base + 1, "10.0.1.10", "10.0.2.10", 81) in exported(live, "hv2")), exported(
        live, "hv2"
    )
    assert not any(r[4] == 81 and r[1] == number(live, "sgr-web") for r in exported(live, "hv2"))


def test_established_connections_are_recorded_by_packets(live: Live) -> None:
    """Input: every packet is to be recorded. Output: records of those that follow a connection's first name the rules,
    too."""
    assert comes_true(lambda: bool(live.lab.connect("web", "db", 80)))
    sent = (ESTABLISHED, PACKETS_BASE + number(live, "sgr-blue-out4"), "10.0.1.10", "10.0.2.10", 80)
    let_in = (ESTABLISHED, PACKETS_BASE + number(live, "sgr-web"), "10.0.1.10", "10.0.2.10", 80)
    assert comes_true(lambda: sent in exported(live, "hv1")), exported(live, "hv1")
    assert comes_true(lambda: let_in in exported(live, "hv2")), exported(live, "hv2")


@pytest.mark.parametrize(
    ("direction", "subnet_id", "peer"), [("ingress", "s2", "10.0.1.0"), ("egress", "s1", "10.0.2.0")]
)
def test_each_entry_of_a_network_acl_is_named(live: Live, direction: Any, subnet_id: str, peer: str) -> None:
    """Input: a list that lets port 80 in, or out, and denies the rest of TCP. Output: what passes and what does not
    names its entry; what no entry allows, the list; and only one of them."""
    cidr, other = f"{peer}/24", "egress" if direction == "ingress" else "ingress"
    entries = (
        AclEntry(number=10, direction=other, action="allow", cidr="0.0.0.0/0"),
        AclEntry(number=10, direction=direction, action="allow", cidr=cidr, **WEB),
        AclEntry(number=20, direction=direction, action="deny", cidr=cidr, protocol="tcp"),
    )
    cloud = live.cloud
    of_list = OF_LIST if direction == "ingress" else OF_LIST + 10
    opened, closed = of_list + 1, of_list + 2
    rest = of_list + (LEAVING_BASE if direction == "egress" else 0)
    numbers: dict[str, Any] = {"number": of_list, "entry_numbers": (0, opened, closed)}
    cloud.make(NetworkAcl, "acl-1", vpc_id="vpc-blue", entries=entries, **numbers)
    subnet = cloud.documents[f"subnet-{subnet_id}"]
    assert isinstance(subnet, Subnet)
    cloud.change(subnet, network_acl_id="acl-1")
    live.write()
    assert live.compiler.failed() == {}
    flow = ("10.0.1.10", "10.0.2.10")
    assert comes_true(lambda: bool(live.lab.connect("web", "db", 80)))
    assert comes_true(lambda: (NEW, PACKETS_BASE + opened, *flow, 80) in exported(live, "hv1")), exported(live, "hv1")
    assert not live.lab.connect("web", "db", 82, timeout_s=1.0)
    assert comes_true(lambda: (NEW, closed, *flow, 82) in exported(live, "hv1")), exported(live, "hv1")
    assert not live.lab.connect("web", "db", 83, "udp", timeout_s=1.0)
    assert comes_true(lambda: (NEW, rest, *flow, 83) in exported(live, "hv1")), exported(live, "hv1")
    expected = {(PACKETS_BASE + opened, 80), (closed, 82), (rest, 83)}
    points = {point for point, _ in expected}
    assert {(r[1], r[4]) for r in exported(live, "hv1") if r[1] in points} == expected
    cloud.put(subnet)
    cloud.drop("acl-1")
    live.write()


def test_without_a_flow_log_nothing_is_exported_any_more(live: Live) -> None:
    live.cloud.drop("fl-1")
    live.write()
    assert live.lab.connect("web", "db", 80, timeout_s=ANSWERED_S)

    def is_quiet() -> bool:
        """Whether nothing is exported meanwhile: what was exported before may come late."""
        before = {name: len(exported(live, name)) for name in HYPERVISORS}
        assert live.lab.connect("web", "db", 80, timeout_s=ANSWERED_S)
        assert comes_true(lambda: live.lab.ping("web", "10.0.2.1"))
        time.sleep(1.0)
        return {name: len(exported(live, name)) for name in HYPERVISORS} == before

    assert comes_true(is_quiet)


def test_a_mirror_is_given_what_its_source_sends_and_gets(live: Live) -> None:
    def got() -> int:
        """Packets that arrived at the target."""
        text = live.lab.run("ids", ["cat", "/proc/net/dev"])
        return int(text.partition("eth0:")[2].split()[1])

    for name in ("web", "db", "ids"):  # what kernels say of IPv6 by themselves would be counted
        assert live.lab.run(name, ["sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"]) == ""
    live.cloud.make(
        TrafficMirror, "tm-1", vpc_id="vpc-blue", source_network_interface_id="eni-web",
        target_network_interface_id="eni-ids",
    )  # fmt: skip
    live.write()
    assert live.compiler.failed() == {}
    before = got()
    assert live.lab.connect("web", "db", 80, timeout_s=ANSWERED_S)
    assert comes_true(lambda: got() - before >= 8), "a TCP connection is four packets each way, at the least"
    comes_true(lambda: are_over(live.lab, "web", "db"), OVER_S)
    live.cloud.drop("tm-1")
    live.write()
    before = got()
    assert live.lab.connect("web", "db", 80, timeout_s=ANSWERED_S)
    comes_true(lambda: are_over(live.lab, "web", "db"), OVER_S)
    assert got() - before < 4


def test_what_a_network_acl_does_not_let_out_names_the_logical_flow(live: Live) -> None:
    """Input: a list that denies a port to what leaves, which routers' policies do, and all drops are sampled. Output:
    the record's flow is of that entry's policy."""
    entries = (
        AclEntry(number=10, direction="egress", action="deny", cidr="10.0.2.0/24", **WEB),
        AclEntry(number=20, direction="egress", action="allow", cidr="0.0.0.0/0"),
        AclEntry(number=10, direction="ingress", action="allow", cidr="0.0.0.0/0"),
    )
    live.cloud.make(NetworkAcl, "acl-s1", vpc_id="vpc-blue", entries=entries, number=OF_LIST)
    subnet = live.cloud.documents["subnet-s1"]
    assert isinstance(subnet, Subnet)
    live.cloud.change(subnet, network_acl_id="acl-s1")
    live.write()
    live.lab.central.nbctl("set", "NB_Global", ".", *(f"options:{k}={v}" for k, v in DROP_OPTIONS.items()))
    live.lab.central.sync()
    assert not live.lab.connect("web", "db", 80, timeout_s=1.0)
    flow = ("10.0.1.10", "10.0.2.10", 80)
    assert comes_true(lambda: ("Logical_Router_Policy", "acl-s1/10", *flow) in dropped(live, "hv1"))
