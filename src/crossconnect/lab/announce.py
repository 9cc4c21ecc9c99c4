"""What a lab's hosts say without being asked, so that their leaves know them: a silent host has no EVPN route.

They answer what their gateway could have asked: ARP replies (RFC 826) and solicited neighbour advertisements (RFC 4861
7.2.4), addressed to the gateway's MAC, so that the host's own leaves hear them and nobody else does. Answers, because
only an answer makes a neighbour reachable for Linux, and FRR with Ethernet segments advertises only reachable ones.

A dual-homed host speaks on each cable. In hardware one leaf hears a host and tells the other by EVPN; that step is
missing on an upstream Linux kernel, which refuses the peer-synced neighbours of FRR (it sends an attribute number that
means something else there since Linux 5.16). Without it a leaf that asks for a host's address often never hears the
answer, which comes in at the other leaf.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterable

from crossconnect.design.blueprint import Blueprint, Endpoint, HostPlan
from crossconnect.errors import Rejected
from crossconnect.lab import announcer
from crossconnect.lab.handle import Lab, enter_command, run_command
from crossconnect.net import parse, parse_mac

SPECIFICATION = "announce.json"

_BROADCAST = b"\xff" * 6
_ARP, _IPV6, _EXPERIMENTAL = 0x0806, 0x86DD, 0x88B5  # IEEE 802: the last one is for local experiments
_ICMPV6 = 58
_SOLICITED_OVERRIDE = 0x60000000  # RFC 4861 4.4
_SHORTEST = 60
"""Of an Ethernet frame without its checksum."""


def start_announcer(lab: Lab) -> None:
    """Let the hosts of a lab speak until it is taken down. Raises Rejected when that cannot be started."""
    specification = _specification(lab, [lab.blueprint])
    if not specification:
        return
    path = lab.directory / SPECIFICATION
    path.write_text(json.dumps(specification), encoding="utf-8")
    holder = lab.record.holder
    enter = enter_command(holder, lab.record.rootless, f"/proc/{holder}/ns/net")
    done = run_command([*enter, sys.executable, "-I", "-S", announcer.__file__, str(path)])
    if done.returncode:
        raise Rejected(f"the lab's hosts cannot be made to speak: {done.stderr.strip()[-500:]}")


def let_speak(lab: Lab, *blueprints: Blueprint) -> None:
    """From now on the hosts of a running lab speak as they have to in each of some networks that it is to become, or
    was. What a host has not got yet says nothing."""
    path = lab.directory / SPECIFICATION
    if not path.exists():
        return
    draft = path.with_name(path.name + ".part")
    draft.write_text(json.dumps(_specification(lab, blueprints)), encoding="utf-8")
    draft.replace(path)


def _specification(lab: Lab, blueprints: Iterable[Blueprint]) -> list[dict[str, object]]:
    kernel = lab.record.backend != "namespace"
    said: dict[str, dict[tuple[str, bytes], None]] = {}
    for blueprint in blueprints:
        gateways = gateway_macs(blueprint)
        for host in blueprint.hosts:
            said.setdefault(host.name, {}).update(dict.fromkeys(frames(host, gateways, kernel)))
    return [
        {"namespace": lab.network_namespace(name), "frames": [(port, frame.hex()) for port, frame in these]}
        for name, these in said.items()
    ]


def gateway_macs(blueprint: Blueprint) -> dict[tuple[str, str], str]:
    """MAC of the gateway by leaf and MAC-VRF."""
    macs: dict[tuple[str, str], str] = {}
    for device in blueprint.devices:
        interfaces = {interface.name: interface.mac for interface in device.interfaces if interface.kind == "irb"}
        for instance in device.network_instances:
            if interfaces.get(instance.irb):
                macs[device.name, instance.name] = interfaces[instance.irb]
    return macs


def frames(host: HostPlan, gateways: dict[tuple[str, str], str], kernel: bool) -> tuple[tuple[str, bytes], ...]:
    """(port, frame) pairs in which a host makes itself known; `kernel`: tags are tags, and not links of their own."""
    said: list[tuple[str, bytes]] = []
    for endpoint in host.endpoints:
        bonded = len(host.ports) > 1
        # Past the bond on purpose: what goes through it comes out of one of its ports only.
        ports = host.ports if bonded else (endpoint.interface,)
        tag = endpoint.vlan if endpoint.tagged and bonded and kernel else None
        gateway = gateways.get((host.leaves[0], endpoint.mac_vrf), "")
        for frame in _endpoint_frames(host.mac, endpoint, gateway, tag):
            said += [(port, frame) for port in ports]
    return tuple(said)


def _endpoint_frames(mac: str, endpoint: Endpoint, gateway: str, tag: int | None) -> list[bytes]:
    source = parse_mac(mac).to_bytes(6, "big")
    if not gateway:
        # A layer-2 segment: nobody but the bridge listens, and it only looks at the source address.
        return [_ethernet(_BROADCAST, source, _EXPERIMENTAL, b"", tag)]
    target = parse_mac(gateway).to_bytes(6, "big")
    gateways = {parsed.version: parsed.value for parsed in map(parse, reversed(endpoint.gateways))}
    said: list[bytes] = []
    for own in map(parse, endpoint.addresses):
        asking = gateways.get(own.version)
        if asking is None:
            continue
        if own.version == 4:
            said.append(_ethernet(target, source, _ARP, _arp_reply(source, own.value, target, asking), tag))
        else:
            said.append(_ethernet(target, source, _IPV6, _neighbor_advertisement(source, own.value, asking), tag))
    return said


def _ethernet(target: bytes, source: bytes, kind: int, payload: bytes, tag: int | None) -> bytes:
    header = target + source
    if tag is not None:
        header += struct.pack("!HH", 0x8100, tag)
    return (header + struct.pack("!H", kind) + payload).ljust(_SHORTEST, b"\0")


def _arp_reply(mac: bytes, own: int, asking_mac: bytes, asking: int) -> bytes:
    header = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2)
    return header + mac + own.to_bytes(4, "big") + asking_mac + asking.to_bytes(4, "big")


def _neighbor_advertisement(mac: bytes, own: int, asking: int) -> bytes:
    """With the target's link-layer address, IPv6 header included."""
    source, target = own.to_bytes(16, "big"), asking.to_bytes(16, "big")
    body = struct.pack("!I", _SOLICITED_OVERRIDE) + source + b"\x02\x01" + mac
    length = len(body) + 4
    pseudo = source + target + struct.pack("!II", length, _ICMPV6)
    message = struct.pack("!BBH", 136, 0, _checksum(pseudo + struct.pack("!BBH", 136, 0, 0) + body)) + body
    return struct.pack("!IHBB", 0x60000000, length, _ICMPV6, 255) + source + target + message


def _checksum(data: bytes) -> int:
    """The internet checksum (RFC 1071) of an even number of bytes."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
