"""OVN 26.03's own `dynamic-routing`, where a region wants it: an elastic IP is in a kernel table of the gateway node
that has it, and FRR can redistribute it from there. What our gateway nodes do is in `test_ovn_gateways`."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from cloud_documents import REGION
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.gateways import InternetGateway
from crossconnect.cloud.region import ROUTING_TABLE_BASE
from crossconnect.lab.ovn import Chassis, OvnLab, ovn_lab
from ovn_live import Live, comes_true
from ovn_scenes import software

GATEWAYS = ("gw1", "gw2")
CHASSIS = (Chassis(name="hv1"), *(Chassis(name=n, gateway=True, networks=("internet",)) for n in GATEWAYS))
ADDRESS = "203.0.113.7"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A VPC with an internet gateway on two gateway nodes, in a region that wants dynamic routing."""
    internet = msgspec.structs.replace(REGION.internet, on_hypervisors=False)
    region = msgspec.structs.replace(REGION, dynamic_routing=True, gateways=REGION.gateways[:2], internet=internet)
    root = str(tmp_path_factory.mktemp("ovn"))
    with ovn_lab("ol-dynamic", CHASSIS, software=software("26"), run_root=root) as lab:
        made = Live(lab, region)
        cloud = made.cloud
        cloud.vpc("blue", "10.0.0.0/16")
        cloud.subnet("s1", "blue", "10.0.1.0/24")
        cloud.port("web", "s1", "10.0.1.10", host="hv1")
        cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
        cloud.table("blue", "blue", ("0.0.0.0/0", "igw-1"))
        made.write()
        made.plug("web")
        yield made


def table(live: Live) -> int:
    return ROUTING_TABLE_BASE + live.cloud.documents["vpc-blue"].number  # type: ignore[attr-defined]


def having(live: Live) -> set[str]:
    """The gateway nodes that have the address in the router's table."""
    show = ["ip", "route", "show", "table", str(table(live))]
    return {name for name in GATEWAYS if ADDRESS in live.lab.lab.run(name, show).stdout}


def vtysh(lab: OvnLab, node: str, *commands: str) -> str:
    words = [word for command in commands for word in ("-c", command)]
    return lab.lab.run(node, [*lab.software.chroot, "vtysh", "--vty_socket", "/run/frr", *words]).stdout


def test_an_elastic_ip_is_in_the_table_of_the_node_that_has_it_and_frr_announces_it(live: Live) -> None:
    assert having(live) == set()
    live.cloud.make(
        ElasticIp, "eip-1", address=ADDRESS, network_interface_id="eni-web", vpc_id="vpc-blue",
        private_address="10.0.1.10",
    )  # fmt: skip
    live.write()
    assert comes_true(lambda: len(having(live)) == 1)
    [node] = having(live)
    frr = " ".join((*live.lab.software.chroot, "/usr/lib/frr/{name}", "-d -u frr -g frr --vty_socket /run/frr"))
    frr += " -i /run/frr/{name}.pid -z /run/frr/zserv.api {more}"
    daemons = (("mgmtd", ""), ("zebra", ""), ("bgpd", "-p 0"))
    script = "; ".join(frr.format(name=name, more=more) for name, more in daemons)
    live.lab.lab.run(
        node, ["sh", "-c", f"mkdir -p /run/frr; chown frr /run/frr; ({script}) </dev/null >/dev/null 2>&1"]
    )
    family = ("router bgp 65001", "bgp router-id 192.0.2.9", "address-family ipv4 unicast")
    said = vtysh(live.lab, node, "configure terminal", *family, f"redistribute table-direct {table(live)}")
    assert "Unknown" not in said
    assert comes_true(lambda: f"{ADDRESS}/32" in vtysh(live.lab, node, "show bgp ipv4 unicast"))
    live.cloud.drop("eip-1")
    live.write()
    assert comes_true(lambda: not having(live))
    assert comes_true(lambda: ADDRESS not in vtysh(live.lab, node, "show bgp ipv4 unicast"))
