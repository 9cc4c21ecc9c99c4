"""What hosts say: frames that a gateway takes for the answer to a question it asked."""

from __future__ import annotations

import socket
import struct

from crossconnect.design.blueprint import Blueprint, HostPlan
from crossconnect.lab.announce import frames, gateway_macs
from regions import compiled, small


def _blueprint(**options: object) -> Blueprint:
    return compiled(small(**options)).blueprint  # type: ignore[arg-type]


def _said(blueprint: Blueprint, host: HostPlan, kernel: bool = True) -> tuple[tuple[str, bytes], ...]:
    return frames(host, gateway_macs(blueprint), kernel)


def _kind(frame: bytes) -> int:
    return struct.unpack("!H", frame[12:14])[0]


def _mac(data: bytes) -> str:
    return data.hex(":")


def test_arp_reply_names_the_hosts_own_address_and_goes_to_the_gateway() -> None:
    blueprint = _blueprint()
    host = blueprint.hosts[0]
    ((port, frame),) = [(port, frame) for port, frame in _said(blueprint, host) if _kind(frame) == 0x0806]
    endpoint = host.endpoints[0]
    assert port == endpoint.interface
    assert len(frame) == 60
    target = _mac(frame[:6])
    assert _mac(frame[6:12]) == host.mac
    operation = struct.unpack("!H", frame[20:22])[0]
    assert operation == 2
    assert _mac(frame[22:28]) == host.mac
    assert (
        socket.inet_ntoa(frame[28:32]) == next(each for each in endpoint.addresses if ":" not in each).partition("/")[0]
    )
    assert _mac(frame[32:38]) == target
    assert socket.inet_ntoa(frame[38:42]) == next(each for each in endpoint.gateways if ":" not in each)
    gateways = {i.mac for d in blueprint.devices for i in d.interfaces if i.kind == "irb"}
    assert gateways == {target}


def test_neighbor_advertisement_is_solicited_and_has_a_right_checksum() -> None:
    blueprint = _blueprint()
    host = blueprint.hosts[0]
    (frame,) = [frame for _, frame in _said(blueprint, host) if _kind(frame) == 0x86DD]
    header, message = frame[14:54], frame[54:]
    (address,) = [each for each in host.endpoints[0].addresses if ":" in each]
    own = socket.inet_pton(socket.AF_INET6, address.partition("/")[0])
    assert header[8:24] == own
    assert header[7] == 255
    assert message[0] == 136
    assert message[4] & 0x60 == 0x60
    assert message[8:24] == own
    assert message[24:26] == b"\x02\x01"
    assert _mac(message[26:32]) == host.mac
    pseudo = header[8:40] + struct.pack("!II", len(message), 58)
    total = sum(struct.unpack(f"!{(len(pseudo) + len(message)) // 2}H", pseudo + message))
    assert (total & 0xFFFF) + (total >> 16) == 0xFFFF


def test_a_dual_homed_host_speaks_on_each_cable() -> None:
    blueprint = _blueprint(leaves=2, dual_homed=True)
    host = blueprint.hosts[0]
    assert len(host.leaves) == 2
    said = _said(blueprint, host)
    by_port = {port: sorted(frame for where, frame in said if where == port) for port in host.ports}
    assert set(by_port) == {"eth0", "eth1"}
    assert by_port["eth0"] == by_port["eth1"]
    assert len(by_port["eth0"]) == 2


def test_a_segment_without_gateway_gets_a_frame_that_only_bridges_look_at() -> None:
    blueprint = _blueprint(l2_only=True)
    host = next(h for h in blueprint.hosts if any(not e.gateways for e in h.endpoints))
    assert 0x88B5 in [_kind(frame) for _, frame in _said(blueprint, host)]
