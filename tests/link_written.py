"""A service, an endpoint and a client in front of a real northd; and whether the analyser and `ovn-trace` say the same.

`ovn-trace` knows no connections. So the answer is sent in two parts: as the target sends it, up to the endpoint's
router; and from there as the service's router and the endpoint's would have translated it back.
"""

from __future__ import annotations

import re
from typing import Any

from cloud_documents import REGION
from cloud_links import PORT, TARGET_PORT, Linked
from cloud_memory import View
from crossconnect.cloud.logical.numbers import provider_mac, router_mac
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.reach import Analyser, Hop, Reachability, ReachabilityBody, reachability
from ovn_central import Central
from ovn_scene import outputs

SOURCE_PORT = 40_000
REPLY = ("--ct=est,rpl",) * 12
FIRST = ("--ct=new",) * 12


class Written:
    """A stand in front of a real northd."""

    def __init__(self, box: Central, stand: Linked) -> None:
        self.box, self.stand = box, stand
        self._compiler = Compiler(REGION, box.features())

    def __enter__(self) -> Written:
        self.write()
        return self

    def __exit__(self, *_: object) -> None:
        gone = [(id, None) for id in self._known]
        self.box.write(self._compiler.apply(gone).units)
        self.box.sbctl("--all", "destroy", "MAC_Binding")

    def write(self) -> None:
        """All documents, and what OVN would have learned."""
        cloud = self.stand.cloud
        self._known = [*cloud.documents]
        self.box.write(self._compiler.apply([*cloud.documents.items()]).units)
        assert self._compiler.failed() == {}
        outside = [name for name in self.box.ports() if name.startswith("cr-")]
        self.box.bind({i.id: "hv1" for i in cloud.of("network_interface")} | dict.fromkeys(outside, "gw1"))
        ends = [*cloud.of("endpoint_service"), *(e for e in cloud.of("service_endpoint") if e.status == "active")]
        for one in ends:
            for other in ends:
                for version in (4, 6) if one is not other else ():
                    address = self.stand.between(other, version)
                    self.box.neighbour(f"link-{one.id}", address, provider_mac(REGION, other))

    def sent(
        self, interface: Any, ends: tuple[str, str], what: str, ct: tuple[str, ...] = FIRST, how: str = "--minimal"
    ) -> str:
        """The trace of a packet of an interface, to its router."""
        mac = router_mac(REGION, interface.subnet_id)
        flow = (
            f'inport == "{interface.id}" && eth.src == {interface.mac} && eth.dst == {mac} && ip.ttl == 64'
            f" && {self.stand.ends(*ends)} && {what}"
        )
        return self.box.trace(interface.subnet_id, flow, how, *ct)

    def from_between(self, ends: tuple[str, str], what: str) -> str:
        """The trace of an answer that comes to the endpoint's router."""
        stand = self.stand
        flow = (
            f'inport == "link-{stand.endpoint.id}" && eth.src == {provider_mac(REGION, stand.service)}'
            f" && eth.dst == {provider_mac(REGION, stand.endpoint)} && ip.ttl == 64"
            f" && {stand.ends(*ends)} && {what}"
        )
        return self.box.trace(stand.endpoint.id, flow, "--minimal", *REPLY)


def ask(stand: Linked, source: Any = None, destination: str = "", **fields: Any) -> Reachability:
    """As the operator."""
    asked = ReachabilityBody(
        source=(source or stand.client).id,
        destination=destination or (stand.endpoint.id if stand.version == 4 else stand.address),
        source_port=SOURCE_PORT,
        **{"destination_port": PORT} | fields,
    )
    return reachability(asked, Analyser(region=REGION), View(stand.cloud, "beta"), whole=True)


def arrived(hops: tuple[Hop, ...]) -> list[str]:
    """The interface that gets it, as `ovn-trace` names ports."""
    return [hops[-1].component] if hops and hops[-1].passes else []


def lets_out(trace: str) -> list[str]:
    """The ports of machines by which a packet comes out. That it is refused (`reject` of load balancers without a
    target) is not of it."""
    return [port for port in outputs(trace.partition("tcp_reset {")[0]) if port.startswith("eni-")]


def answered(written: Written) -> list[str]:
    """Where `ovn-trace` lets the answer of the first target out."""
    stand = written.stand
    client, target = stand.own(stand.client), stand.own(stand.target)
    ports = f"tcp.src == {TARGET_PORT} && tcp.dst == {SOURCE_PORT}"
    sent = written.sent(stand.target, (target, stand.seen), ports, REPLY, "--detailed")
    if not re.search(rf'ingress\(dp="{stand.endpoint.id}", inport="link-{stand.endpoint.id}"\)', sent):
        return []
    back = written.from_between((stand.between(), client), f"tcp.src == {PORT} && tcp.dst == {SOURCE_PORT}")
    return lets_out(back)


def agree(written: Written, found: Reachability) -> None:
    """The first packet's end is OVN's, and the answer's."""
    stand = written.stand
    ports = f"tcp.src == {SOURCE_PORT} && tcp.dst == {PORT}"
    trace = written.sent(stand.client, (stand.own(stand.client), stand.address), ports)
    words = "\n".join(f"{h.point} {h.passes} {h.component} {h.message}" for h in (*found.there, *found.back))
    assert lets_out(trace) == arrived(found.there), f"{words}\n{trace}"
    if found.back:
        end = [] if found.outcome == "unreachable" else [stand.client.id]
        assert answered(written) == end, words
