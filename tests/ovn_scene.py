"""A cloud in front of a real northd: packets are sent by `ovn-trace`."""

from __future__ import annotations

import re

from cloud_documents import REGION, Cloud
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.logical.numbers import router_mac
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.region import CloudRegion
from crossconnect.net import contains
from ovn_central import Central


class Scene:
    """A central with a compiler in front of it."""

    def __init__(self, box: Central, region: CloudRegion = REGION) -> None:
        self.box, self.cloud = box, Cloud()
        self.compiler = Compiler(region, box.features())

    def write(self) -> None:
        """Compile what changed, write it, and plug all interfaces in."""
        delta = self.compiler.apply(self.cloud.take())
        self.box.write(delta.units)
        assert self.box.northd_log() == ""
        ports = [one for one in self.cloud.documents.values() if isinstance(one, NetworkInterface)]
        outside = [name for name in self.box.ports() if name.startswith("cr-")]
        self.box.bind({port.id: port.host or "hv1" for port in ports} | dict.fromkeys(outside, "gw1"))
        for name in outside:
            self.box.neighbour(name.removeprefix("cr-"), REGION.internet.next_hop, "0a:00:00:00:00:01")

    def failed(self) -> dict[str, str]:
        """What cannot be."""
        return self.compiler.failed()

    def send(
        self, source: str, to: str, what: str = "tcp.dst == 80", ct: tuple[str, ...] = (), origin: str = ""
    ) -> list[str]:
        """Where a packet of an interface to an address comes out: names of ports."""
        return outputs(self.trace(source, to, what, ct, origin))

    def trace(self, source: str, to: str, what: str, ct: tuple[str, ...] = (), origin: str = "") -> str:
        """The whole trace, in short."""
        port = self.cloud.documents[f"eni-{source}"]
        assert isinstance(port, NetworkInterface)
        subnet = self.cloud.documents[port.subnet_id]
        assert isinstance(subnet, Subnet)
        six = ":" in to
        own = origin or (port.ipv6_addresses if six else port.private_addresses)[0]
        block = subnet.ipv6_cidr_block if six else subnet.cidr_block
        mac = router_mac(REGION, subnet.id)
        if contains(block, to):
            for other in self.cloud.documents.values():
                if isinstance(other, NetworkInterface) and to in (*other.private_addresses, *other.ipv6_addresses):
                    mac = other.mac if other.subnet_id == subnet.id else mac
        version = 6 if six else 4
        flow = (
            f'inport == "{port.id}" && eth.src == {port.mac} && eth.dst == {mac} && ip.ttl == 64'
            f" && ip{version}.src == {own} && ip{version}.dst == {to} && {what}"
        )
        return self.box.trace(subnet.id, flow, "--minimal", *(f"--ct={state}" for state in ct or ("new",) * 6))

    def clear(self) -> None:
        """Take everything away again, what OVN would have learned too."""
        self.box.sbctl("--all", "destroy", "MAC_Binding")
        for id in [*self.cloud.documents]:
            self.cloud.drop(id)
        self.box.write(self.compiler.apply(self.cloud.take()).units)
        self.box.write(dict.fromkeys(self.compiler.units()))


def outputs(trace: str) -> list[str]:
    """Ports that a packet left by; those that only asked for neighbours are not of it."""
    found: list[str] = []
    asking = 0
    for line in trace.splitlines():
        if asking or re.search(r"\b(arp|nd_ns) \{", line):
            asking += line.count("{") - line.count("}")
        elif port := re.search(r'output\("([^"]+)"', line):
            found.append(port[1])
    return found
