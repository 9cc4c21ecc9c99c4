"""What OVN 26.03 has three tiers of ACLs for, together in one VPC: a network ACL, security groups, an inline appliance.
By real packets: what is allowed passes, what is forbidden does not, also while flow logs have the network ACL's entries
decide at a later stage; and a second VPC with the same addresses is apart.

web (10.0.1.10, hv1) -- s1 -- router -- [network ACL] -- s2 -- db (10.0.2.10, hv2)      spy, vault: the same, in VPC red
                                 s3: left, right (hv3), the two ends of an appliance
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from crossconnect.cloud.kinds.flow_log import FlowLog
from crossconnect.cloud.kinds.network_acl import AclEntry, NetworkAcl
from crossconnect.cloud.kinds.service_insertion import Appliance, ServiceInsertion, SteeringRule
from crossconnect.lab.ovn import Chassis, ovn_lab
from ovn_live import Live, comes_true
from ovn_scenes import ANSWERED_S, OVER_S, are_over, software

CHASSIS = tuple(Chassis(name=name) for name in ("hv1", "hv2", "hv3"))
DB = "10.0.2.10"
CHOSEN, BESIDE, DENIED, CLOSED = 80, 81, 82, 83
"""Ports of db: through the appliance, past it, denied by the network ACL, let in by no rule of its group."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """All of it, with an appliance that passes everything on."""
    root = str(tmp_path_factory.mktemp("ovn"))
    with ovn_lab("ol-tiers", CHASSIS, software=software("26"), run_root=root) as lab:
        made = Live(lab)
        cloud = made.cloud
        entries = (
            AclEntry(number=10, direction="egress", action="allow", cidr="0.0.0.0/0"),
            AclEntry(number=11, direction="egress", action="allow", cidr="::/0"),
            entry(10, "deny", DENIED, DENIED),
            entry(20, "allow", CHOSEN, CLOSED),
        )
        for vpc in ("blue", "red"):
            cloud.vpc(vpc, "10.0.0.0/16")
            for n in (1, 2, 3):
                acl = "acl-db" if (vpc, n) == ("blue", 2) else ""
                cloud.subnet(f"{vpc}{n}", vpc, f"10.0.{n}.0/24", network_acl_id=acl)
        cloud.make(NetworkAcl, "acl-db", vpc_id="vpc-blue", entries=entries, number=100, entry_numbers=(0, 0, 101, 102))
        cloud.group("db", "blue")
        cloud.rule("sgr-db", "sg-db", "ingress", "10.0.1.0/24", "tcp", (CHOSEN, DENIED))
        cloud.port("web", "blue1", "10.0.1.10", host="hv1")
        cloud.port("db", "blue2", DB, "db", host="hv2")
        cloud.port("spy", "red1", "10.0.1.10", host="hv1")
        cloud.port("vault", "red2", DB, host="hv2")
        for n, name in enumerate(("left", "right")):
            cloud.port(name, "blue3", f"10.0.3.{10 + n}", host="hv3", source_dest_check=False)
        rule = SteeringRule(
            number=10, source="10.0.1.0/24", destination="10.0.0.0/16", protocol="tcp", from_port=CHOSEN, to_port=CHOSEN
        )
        cloud.make(
            ServiceInsertion, "ins-1", vpc_id="vpc-blue", mode="inline", rules=(rule,), number=1,
            appliance_numbers=(1,),
            appliances=(Appliance(network_interface_id="eni-left", return_network_interface_id="eni-right"),),
        )  # fmt: skip
        made.write()
        assert made.compiler.failed() == {}
        made.plug("web", "db", "spy", "vault")
        made.plug("left", "right", bare=True)
        wire(made)
        made.look()
        yield made


def entry(number: int, action: Any, low: int, high: int) -> AclEntry:
    return AclEntry(
        number=number, direction="ingress", action=action, cidr="10.0.1.0/24", protocol="tcp", from_port=low,
        to_port=high,
    )  # fmt: skip


def wire(live: Live) -> None:
    """Join both ends of the appliance by a bridge that learns nothing, as a bump in the wire does not."""
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
    done = live.lab.lab.run("hv3", ["sh", "-ec", "\n".join(lines)])
    assert done.returncode == 0, done.stderr


def passed(live: Live) -> list[int]:
    """Packets that came in at either end of the appliance."""
    text = live.lab.run("left", ["cat", "/proc/net/dev"])
    return [int(count) for count in re.findall(r"eth[01]:\s*\d+\s+(\d+)", text)]


def crossed(live: Live, port: int) -> list[int]:
    """How many packets of web's connection to db the appliance got at either end; nothing without a connection."""
    comes_true(lambda: are_over(live.lab, "web", "db"), OVER_S)
    before = passed(live)
    if not live.lab.connect("web", "db", port, timeout_s=ANSWERED_S):
        return []
    comes_true(lambda: are_over(live.lab, "web", "db"), OVER_S)
    return [after - count for count, after in zip(before, passed(live), strict=True)]


def refused(live: Live, port: int, protocol: Any = "tcp") -> bool:
    """Whether db gets nothing of what web sends to a port."""
    return not live.lab.connect("web", "db", port, protocol, timeout_s=1.0)


@pytest.mark.parametrize("logged", [False, True])
def test_each_tier_decides_what_is_its_own(live: Live, logged: bool) -> None:
    """Input: connections to four ports and by UDP, with a flow log of the VPC and without. Output: one passes the
    appliance, both ways, one passes it by, the others nobody gets: denied by an entry of the network ACL, by no rule of
    the group, by no entry of the list."""
    if logged:
        live.cloud.make(FlowLog, "fl-1", resource_id="vpc-blue")
        live.write()
    assert comes_true(lambda: bool(crossed(live, CHOSEN)))
    assert min(crossed(live, CHOSEN)) >= 3, "both directions"
    assert crossed(live, BESIDE) == [0, 0]
    assert refused(live, DENIED)
    assert refused(live, CLOSED)
    assert refused(live, BESIDE, "udp")


def test_the_same_addresses_in_another_vpc_are_others(live: Live) -> None:
    """Input: red's machine asks for the address that db has, too. Output: red's own answers, on a port that blue's
    network ACL denies."""
    live.cloud.rule("sgr-red", "sg-red", "ingress", "0.0.0.0/0")
    live.write()
    assert comes_true(lambda: live.lab.connect("spy", ["vault", "db"], DENIED, to=DB).answered_by == "vault")
    assert live.lab.connect("web", ["vault", "db"], BESIDE, to=DB, timeout_s=ANSWERED_S).answered_by == "db"


def test_without_the_appliance_what_was_chosen_ends(live: Live) -> None:
    """Input: the appliance loses power, then its network ACL opens a port. Output: only what was chosen fails; the port
    is open."""
    live.lab.unplug("left")

    def ended() -> bool:
        live.look()
        return refused(live, CHOSEN)

    assert comes_true(ended)
    assert live.lab.connect("web", "db", BESIDE, timeout_s=ANSWERED_S)
    acl = live.cloud.documents["acl-db"]
    assert isinstance(acl, NetworkAcl)
    without = tuple((e, n) for e, n in zip(acl.entries, acl.entry_numbers, strict=True) if e.action == "allow")
    live.cloud.change(acl, entries=tuple(e for e, _ in without), entry_numbers=tuple(n for _, n in without))
    live.write()
    assert comes_true(lambda: bool(live.lab.connect("web", "db", DENIED)))
