"""Flow logs of drops on OVN 23.03, which has no samples of rules: what hypervisors export of each dropped packet names
the logical flow, and that the row that it was made of: of a VPC's interfaces, or of an entry of a network ACL.

web (s1) on hv1 -- VPC's router -- db (s2) on hv2
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from cloud_documents import REGION
from crossconnect.cloud.kinds.flow_log import FlowLog
from crossconnect.cloud.kinds.network_acl import AclEntry, NetworkAcl
from crossconnect.lab.ovn import Chassis, ovn_lab
from ovn_live import Live, comes_true
from ovn_records import dropped, export
from ovn_scenes import software

HYPERVISORS = ("hv1", "hv2")
FLOW = ("10.0.1.10", "10.0.2.10")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """db's group lets port 80 in; the network ACL of its subnet denies port 82 and UDP that enters, that of web's port
    83 that leaves."""
    chassis = tuple(Chassis(name=name) for name in HYPERVISORS)
    root = str(tmp_path_factory.mktemp("ovn"))
    with ovn_lab("ol-drops", chassis, software=software("23.03"), run_root=root) as lab:
        for name in HYPERVISORS:
            export(lab, name)
        made = Live(lab, msgspec.structs.replace(REGION, drop_sampling=True))
        cloud = made.cloud
        cloud.vpc("blue", "10.0.0.0/16")
        every = (entry("ingress", 100, "allow", protocol="tcp"), entry("egress", 100, "allow"))
        denied = (entry("egress", 10, "deny", 83), entry("ingress", 10, "deny", 82))
        for n, one in enumerate(denied, 1):
            cloud.make(NetworkAcl, f"acl-s{n}", vpc_id="vpc-blue", entries=(one, *every), number=1000 + n)
            cloud.subnet(f"s{n}", "blue", f"10.0.{n}.0/24", network_acl_id=f"acl-s{n}")
        cloud.group("db", "blue")
        cloud.rule("sgr-web", "sg-db", "ingress", "10.0.1.0/24", "tcp", (80, 80))
        cloud.port("web", "s1", "10.0.1.10", host="hv1")
        cloud.port("db", "s2", "10.0.2.10", "db", host="hv2")
        cloud.make(FlowLog, "fl-1", resource_id="vpc-blue", traffic="reject")
        made.write()
        assert made.compiler.failed() == {}
        made.plug("web", "db")
        assert comes_true(lambda: bool(lab.connect("web", "db", 80)))
        yield made


def entry(direction: Any, number: int, action: Any, port: int | None = None, protocol: str = "") -> AclEntry:
    return AclEntry(
        number=number, direction=direction, action=action, cidr="0.0.0.0/0", from_port=port, to_port=port,
        protocol=protocol or ("tcp" if port else "all"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("port", "protocol", "chassis", "table", "key"),
    [
        (81, "tcp", "hv2", "ACL", "vpc-blue/rejects/to-lport"),
        (82, "tcp", "hv1", "ACL", "acl-s2/10"),
        (53, "udp", "hv1", "ACL", "acl-s2/default"),
        (83, "tcp", "hv1", "Logical_Router_Policy", "acl-s1/10"),
    ],
)
def test_a_drop_names_who_dropped_it(live: Live, port: int, protocol: str, chassis: str, table: str, key: str) -> None:
    """Input: a packet that the group does not let in, some that network ACLs deny. Output: records of these rows."""
    assert not live.lab.connect("web", "db", port, protocol, timeout_s=1.0)  # pyright: ignore
    assert comes_true(lambda: (table, key, *FLOW, port) in dropped(live, chassis)), dropped(live, chassis)
    assert not any(drop[4] == 80 for drop in dropped(live, chassis))
