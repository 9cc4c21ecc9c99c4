"""A leaf of an MLAG pair, made of `leaf-numbered` of the reference region: what the design gives a renderer."""

from __future__ import annotations

from msgspec.structs import replace

from crossconnect.device.bgp import Neighbor, NeighborFamily, Originate
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.device.interface import Neighbor as Cable
from crossconnect.device.mlag import Mlag
from crossconnect.model.interface_names import NAMES
from nos_region import cases

SHARED, OWN, OTHER = "10.252.0.1", "10.252.0.2", "10.252.0.3"
ROUTED_VLAN, CONTROL_VLAN = 3966, 3967
ROUTER_MAC, MAC = "02:00:0a:fc:00:01", "02:e5:00:00:01:00"


def leaf(nos: str) -> DeviceConfiguration:
    """a-leaf1 in a pair with a-leaf2."""
    device = cases(nos)["leaf-numbered"]
    names = NAMES[nos]
    peer_link = names.lag.format(n=1000)
    loopback = names.loopback.replace("0", "1")
    mlag = Mlag(
        name="a-rack1",
        domain=1,
        peer="a-leaf2",
        primary=True,
        peer_link=peer_link,
        routed=f"Vlan{ROUTED_VLAN}",
        routed_vlan=ROUTED_VLAN,
        control_vlan=CONTROL_VLAN,
        control_address="169.254.1.1/30",
        control_peer="169.254.1.2",
        keepalive="10.253.0.4",
        keepalive_peer="10.253.0.5",
        vtep_loopback=loopback,
        router_mac=ROUTER_MAC,
        mac=MAC,
    )
    found = [_bond(i) for i in device.interfaces]
    found.append(
        Interface(
            name=loopback,
            kind="loopback",
            description="VTEP of the pair",
            addresses=(f"{SHARED}/32", f"{OWN}/32"),
        )
    )
    found.append(Interface(name=peer_link, kind="lag", description="peer link to a-leaf2", mtu=9216))
    for n in (61, 62):
        name = names.port.format(n=n)
        found.append(
            Interface(
                name=name,
                kind="ethernet",
                description=f"a-leaf2:{name}",
                mtu=9216,
                parent=peer_link,
                neighbor=Cable("a-leaf2", name),
            )
        )
    found.append(
        Interface(
            name=mlag.routed,
            kind="subinterface",
            description="routing with a-leaf2",
            mtu=9216,
            parent=peer_link,
            vlan=ROUTED_VLAN,
            addresses=("10.254.1.0/31", "fd00:c0:0:2::1:0/127"),
        )
    )
    return replace(device, interfaces=tuple(found), vtep=SHARED, mlag=mlag, network_instances=_instances(device))


def _bond(interface: Interface) -> Interface:
    if interface.kind != "lag":
        return interface
    number = int(interface.name[len(interface.name.rstrip("0123456789")) :])
    return replace(interface, esi="", lacp_system_mac="", mlag=number)


def _instances(device: DeviceConfiguration):  # type: ignore[no-untyped-def]
    out = []
    for instance in device.network_instances:
        if instance.kind == "l3vrf":
            instance = replace(instance, router_mac=ROUTER_MAC)
        if instance.kind == "default" and instance.bgp is not None:
            bgp = instance.bgp
            sessions = (
                _session("10.254.1.1", "10.254.1.0", "ipv4-unicast", "l2vpn-evpn"),
                _session("fd00:c0:0:2::1:1", "fd00:c0:0:2::1:0", "ipv6-unicast"),
            )
            originate = tuple(_more(o) for o in bgp.originate)
            instance = replace(instance, bgp=replace(bgp, neighbors=(*bgp.neighbors, *sessions), originate=originate))
        out.append(instance)
    return tuple(out)


def _session(address: str, local: str, *families: str) -> Neighbor:
    return Neighbor(
        address=address,
        local_address=local,
        remote_asn=4200000003,
        kind="fabric",
        device="a-leaf2",
        description=f"a-leaf2:Vlan{ROUTED_VLAN}",
        families=tuple(
            NeighborFamily(family=f, next_hop_unchanged=f == "l2vpn-evpn")  # type: ignore[arg-type]
            for f in families
        ),
        bfd=True,
    )


def _more(originate: Originate) -> Originate:
    if originate.family != "ipv4-unicast" or not originate.networks:
        return originate
    return replace(originate, networks=(*originate.networks, f"{SHARED}/32", f"{OWN}/32"))


def second(device: DeviceConfiguration) -> DeviceConfiguration:
    """a-leaf2's half, as far as the pair goes."""
    mlag = device.mlag
    assert mlag is not None
    other = replace(
        mlag,
        peer="a-leaf1",
        primary=False,
        control_address="169.254.1.2/30",
        control_peer="169.254.1.1",
        keepalive=mlag.keepalive_peer,
        keepalive_peer=mlag.keepalive,
    )
    own = {f"{OWN}/32": f"{OTHER}/32", f"{mlag.keepalive}/20": f"{mlag.keepalive_peer}/20"}
    own["10.254.1.0/31"] = "10.254.1.1/31"
    found = tuple(replace(i, addresses=tuple(own.get(a, a) for a in i.addresses)) for i in device.interfaces)
    return replace(device, name="a-leaf2", mlag=other, interfaces=found)
