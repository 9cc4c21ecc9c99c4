"""How network operating systems call their interfaces, as data: the design names a device's interfaces in the words of
its own system, so that what an operator reads in a plan is what the device shows."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class InterfaceNames(msgspec.Struct, frozen=True, kw_only=True):
    """Patterns with `{n}`. Ports are counted from `port_first` in steps of `port_step`, in the order of the front
    panel, where a platform does not list its own."""

    port: str
    port_first: int = 1
    port_step: int = 1
    loopback: str
    vtep_loopback: str = "lo1"
    """The loopback that two leaves share, where they are an MLAG pair."""
    management: str
    irb: str
    """`{n}` is the VLAN id."""
    lag: str
    """`{n}` counts from 1."""
    subinterface: str = "{parent}.{n}"
    """`{n}` is the 802.1Q tag."""

    def ports(self, count: int) -> tuple[str, ...]:
        """Names of the first `count` ports."""
        last = self.port_first + count * self.port_step
        return tuple(self.port.format(n=n) for n in range(self.port_first, last, self.port_step))


LINUX = InterfaceNames(port="swp{n}", loopback="lo", management="eth0", irb="vlan{n}", lag="bond{n}")
"""Of FRR on Linux, and of systems that say nothing else."""

NAMES: Mapping[str, InterfaceNames] = {
    "frr": LINUX,
    # EOS user manual, "Interface Configuration": Ethernet, Management, Port-Channel, Vlan, Loopback.
    "eos": InterfaceNames(
        port="Ethernet{n}",
        loopback="Loopback0",
        vtep_loopback="Loopback1",
        management="Management1",
        irb="Vlan{n}",
        lag="Port-Channel{n}",
    ),
    # Junos, "Interface naming overview": type-fpc/pic/port; `et` on QFX5120 and later, fpc and pic 0 on fixed ones.
    # `em0` is the management port of QFX5000; ports count from 0.
    "junos": InterfaceNames(
        port="et-0/0/{n}", port_first=0, loopback="lo0", management="em0", irb="irb.{n}", lag="ae{n}"
    ),
    # Nexus 9000 interfaces configuration guide: Ethernet slot/port, slot 1 on fixed ones.
    "nxos": InterfaceNames(
        port="Ethernet1/{n}",
        loopback="loopback0",
        vtep_loopback="loopback1",
        management="mgmt0",
        irb="Vlan{n}",
        lag="port-channel{n}",
    ),
    # SR Linux interfaces guide: ethernet-<slot>/<port>, irb<n>.<index>, lag<n>, system0, mgmt0. Loopback and VTEP
    # address are on `system0`, of which there is one and which has subinterface 0 only.
    "srlinux": InterfaceNames(
        port="ethernet-1/{n}", loopback="system0", management="mgmt0", irb="irb0.{n}", lag="lag{n}"
    ),
    # SONiC Configuration database manual: Ethernet<lane>, four lanes a port; PortChannel, Vlan, Loopback.
    "sonic": InterfaceNames(
        port="Ethernet{n}",
        port_first=0,
        port_step=4,
        loopback="Loopback0",
        vtep_loopback="Loopback1",
        management="eth0",
        irb="Vlan{n}",
        lag="PortChannel{n}",
    ),
}
