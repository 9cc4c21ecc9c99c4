"""Interface blocks: what FRR itself must know. Addresses and devices are the Linux side's."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.nos.frr.names import one_line
from crossconnect.nos.frr.segment import ethernet_segment
from crossconnect.nos.frr.tree import Block, Entry

ROUTER_ADVERTISEMENT_LINES = (
    "no ipv6 nd suppress-ra",
    # An unnumbered session starts when the peer's advertisement is heard: with 1 s a link is back a second after it
    # comes up. The cost is one small packet per second and link.
    "ipv6 nd ra-interval 1",
    # We are nobody's default router; only our presence is announced.
    "ipv6 nd ra-lifetime 0",
)


def render_interfaces(device: DeviceConfiguration) -> list[Entry]:
    """Blocks of the interfaces that have something to say to FRR.

    Gateways send no router advertisements (FRR's default): servers are addressed statically.
    """
    segments = any(i.esi for i in device.interfaces)
    entries: list[Entry] = []
    for interface in device.interfaces:
        body = _body(interface, segments)
        if body:
            vrf = "" if interface.network_instance == "default" else f" vrf {interface.network_instance}"
            entries.append(Block(f"interface {interface.name}{vrf}", tuple(body)))
    return entries


def _body(interface: Interface, segments: bool) -> list[str]:
    body: list[str] = []
    routed = interface.unnumbered or (bool(interface.addresses) and interface.kind != "irb")
    if interface.description and routed:
        body.append(f"description {one_line(interface.description)}")
    if not interface.enabled:
        body.append("shutdown")
    if interface.unnumbered:
        body += ROUTER_ADVERTISEMENT_LINES
    if interface.esi:
        discriminator, system_mac = ethernet_segment(interface.esi)
        body += [f"evpn mh es-id {discriminator}", f"evpn mh es-sys-mac {system_mac}"]
    if segments and routed and interface.kind == "ethernet" and interface.network_instance == "default":
        # With all uplinks down the segments' ports go down too: hosts then use the other leaf.
        body.append("evpn mh uplink")
    return body
