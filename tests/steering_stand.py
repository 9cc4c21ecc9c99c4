"""A VPC with clients, targets and appliances in front of a real northd: whoever is asked where a packet comes out says
what `ovn-trace` over the compiled rows and the analyser say alike.

    client 10.0.1.4, 10.0.1.5    s1    targets 10.0.2.4, 10.0.2.5    s2    appliances 10.0.8.4, 10.0.9.4    s8, s9
"""

from __future__ import annotations

from typing import Any

from cloud_documents import REGION
from cloud_memory import Cloud, View
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.logical.numbers import router_mac
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.path import Path, path
from crossconnect.cloud.verdict import Packet
from ovn_central import Central
from ovn_scene import outputs

CLIENT_PORT = 40_000
SERVED = 8080
"""The targets' port; the load balancer's is 80."""
ANYWHERE = "0.0.0.0/0"


class Stand:
    """Documents in front of a real northd."""

    def __init__(self, box: Central) -> None:
        self.box = box
        self.cloud = Cloud(zones=("a", "b"), public_prefixes=REGION.public_prefixes, vrfs=("blue",))
        self._compiler = Compiler(REGION, box.features())
        self._written: set[str] = set()
        self.down: tuple[str, ...] = ()
        """Interfaces that are plugged in nowhere."""
        self.is_as_analysed = True
        """Whether the analyser is asked, too: it takes appliances to live, and insertions to be possible."""
        self.vpc = self.cloud.create("vpc", cidr_blocks=["10.0.0.0/16"])
        for peer in (ANYWHERE, "10.0.0.0/8"):
            self.cloud.create(
                "security_group_rule", security_group_id=self.vpc.default_security_group_id, direction="ingress",
                peer=peer,
            )  # fmt: skip
        self.subnets = {n: self.subnet(n) for n in (1, 2, 8, 9)}
        self.client, self.client2, self.target, self.target2 = (self.interface(n) for n in (1, 1, 2, 2))
        self.waf, self.firewall = (self.interface(n, source_dest_check=False) for n in (8, 9))

    def subnet(self, n: int) -> Any:
        """A /24, in the zones by turns."""
        return self.cloud.create(
            "subnet", vpc_id=self.vpc.id, cidr_block=f"10.0.{n}.0/24", availability_zone="ab"[n % 2]
        )

    def interface(self, n: int, **fields: Any) -> Any:
        """An interface in a subnet."""
        return self.cloud.create("network_interface", subnet_id=self.subnets[n].id, **fields)

    def insertion(self, appliance: Any, *rules: dict[str, Any], **fields: Any) -> Any:
        """A service insertion with one appliance."""
        return self.cloud.create(
            "service_insertion", vpc_id=self.vpc.id, appliances=[{"network_interface_id": appliance.id}],
            rules=list(rules), **fields,
        )  # fmt: skip

    def write(self) -> None:
        """Bring all documents into the northbound database, and plug the interfaces in."""
        known = self.cloud.documents
        gone = [(id, None) for id in self._written - known.keys()]
        self._written = set(known)
        self.box.write(self._compiler.apply([*gone, *known.items()]).units)
        self.box.write(self._compiler.observe(self.down).units)
        assert self.box.northd_log() == ""
        outside = [name for name in self.box.ports() if name.startswith("cr-")]
        ports = {i.id: "hv1" for i in self.cloud.of("network_interface") if i.id not in self.down}
        self.box.bind(ports | dict.fromkeys(outside, "gw1"))
        for name in outside:
            self.box.neighbour(name.removeprefix("cr-"), REGION.internet.next_hop, "0a:00:00:00:00:01")

    def failed(self) -> dict[str, str]:
        """What cannot be."""
        return self._compiler.failed()

    def clear(self) -> None:
        """Take everything away again."""
        self.box.sbctl("--all", "destroy", "MAC_Binding")
        self.box.write(dict.fromkeys(self._compiler.units()))

    def sent(self, source: Any, to: str, port: int = SERVED, origin: str = "", protocol: str = "tcp") -> list[str]:
        """Where the first packet of a connection comes out. Of a `source` that sends on, `origin` began it."""
        packet = Packet(
            source=origin or source.private_addresses[0], destination=to, protocol=protocol, source_port=CLIENT_PORT,
            destination_port=port,
        )  # fmt: skip
        return self.agreed(source, packet, established=False)

    def answered(self, source: Any, to: str, port: int = SERVED, protocol: str = "tcp") -> list[str]:
        """Where an answer comes out, as it is before it is translated back."""
        packet = Packet(
            source=source.private_addresses[0], destination=to, protocol=protocol, source_port=port,
            destination_port=CLIENT_PORT,
        )  # fmt: skip
        return self.agreed(source, packet, established=True)

    def agreed(self, source: NetworkInterface, packet: Packet, *, established: bool) -> list[str]:
        """Where a packet comes out, as `ovn-trace` and the analyser have it."""
        found = path(source, packet, View(self.cloud, "alpha"), established=established)
        ct = ("--ct=est,rpl" if established else "--ct=new",) * 12
        what = f"{packet.protocol}.src == {packet.source_port} && {packet.protocol}.dst == {packet.destination_port}"
        mac = router_mac(REGION, source.subnet_id)
        for other in self.cloud.of("network_interface"):
            if other.subnet_id == source.subnet_id and packet.destination in other.private_addresses:
                mac = other.mac
        flow = (
            f'inport == "{source.id}" && eth.src == {source.mac} && eth.dst == {mac} && ip.ttl == 64'
            f" && ip4.src == {packet.source} && ip4.dst == {packet.destination} && {what}"
        )
        trace = self.box.trace(source.subnet_id, flow, "--minimal", *ct)
        seen = outputs(trace.partition("tcp_reset {")[0])
        if self.is_as_analysed:
            steps = "\n".join(f"  {s.point} {s.passes} {s.message}" for s in found.steps)
            assert _ended(found) == seen, f"{packet}\n{steps}\n{trace}"
        return seen


def _ended(found: Path) -> list[str]:
    if not found.passes:
        return []
    return [found.end if found.end.startswith("eni-") else "localnet-internet"]


def rule(number: int, source: str, destination: str, **fields: Any) -> dict[str, Any]:
    """A rule of an insertion."""
    return {"number": number, "source": source, "destination": destination} | fields
