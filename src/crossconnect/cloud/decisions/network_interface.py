"""What becomes of network interfaces."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from crossconnect.cloud.addresses import cidr, gateway
from crossconnect.cloud.decisions import address
from crossconnect.cloud.decisions.patching import black_holes, patched
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.network_interface import (
    MAC_BLOCK,
    PAIRS_MAX,
    PRIVATE_ADDRESSES_MAX,
    SECURITY_GROUPS_MAX,
    AddressPair,
    NetworkInterface,
    NetworkInterfaceBody,
    NetworkInterfacePatch,
)
from crossconnect.cloud.kinds.security_group import SecurityGroup
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.resource import NAME_MAX, Change, Claim, Effect, conflict, invalid, missing
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import contains, mac_text, parse, parse_mac

_FIELDS = {4: "private_addresses", 6: "ipv6_addresses"}
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", re.ASCII | re.IGNORECASE)
_GROUP_BIT = 1 << 40
"""Of a MAC: multicast (IEEE 802-2014 8.2)."""


def create(body: NetworkInterfaceBody, view: View, context: Context) -> Change:
    """An interface with its addresses and MAC, in the groups that are named, or the VPC's default one."""
    subnet = view.get(Subnet, body.subnet_id)
    if subnet is None:
        raise missing("subnet", body.subnet_id, "/subnet_id")
    id = context.new_id("eni")
    mac, claim = _mac(body.mac, id, subnet.vpc_id, view)
    private, private_claims = _addresses(body.private_addresses, 4, subnet, id, view)
    ipv6, ipv6_claims = _addresses(body.ipv6_addresses, 6, subnet, id, view)
    interface = born(
        NetworkInterface,
        id,
        context,
        body,
        vpc_id=subnet.vpc_id,
        subnet_id=subnet.id,
        mac=mac,
        private_addresses=private,
        ipv6_addresses=ipv6,
        security_group_ids=_groups(body.security_group_ids, subnet.vpc_id, view),
        source_dest_check=body.source_dest_check,
        allowed_address_pairs=_pairs(body.allowed_address_pairs, subnet),
        device_id=_text(body.device_id, "device_id"),
        host=_text(body.host, "host"),
    )
    return Change(put=(interface,), claims=(claim, *private_claims, *ipv6_claims))


def update(interface: NetworkInterface, patch: NetworkInterfacePatch, view: View, context: Context) -> Change:
    """The interface with what the patch says. Elastic IPs of addresses that go stay the project's, associated with
    nothing."""
    _refuse_owned(interface)
    subnet = view.get(Subnet, interface.subnet_id)
    assert subnet is not None
    changed = _elsewhere(patched(interface, patch, "source_dest_check", "device_id", "host", "standby_host"), patch)
    _text(changed.device_id, "device_id")
    claims: list[Claim] = []
    gone: list[str] = []
    for version, field in _FIELDS.items():
        wanted: tuple[str, ...] | msgspec.UnsetType = getattr(patch, field)
        if wanted is msgspec.UNSET:
            continue
        had: tuple[str, ...] = getattr(interface, field)
        now = _canonical(wanted, version, subnet)
        if version == 4 and had and now[:1] != had[:1]:
            message = f"the first address is the interface's primary one, {had[0]}, and stays"
            raise invalid("network-interface.primary", message, f"/{field}/0")
        claims += [
            address.taken(view, subnet, text, interface.id, f"/{field}/{n}")
            for n, text in enumerate(now)
            if text not in had
        ]
        gone += [text for text in had if text not in now]
        changed = msgspec.structs.replace(changed, **{field: now})
    if not changed.private_addresses and not changed.ipv6_addresses:
        raise invalid("network-interface.no-address", "an interface has an address", "/ipv6_addresses")
    if patch.security_group_ids is not msgspec.UNSET:
        groups = _groups(patch.security_group_ids, interface.vpc_id, view)
        changed = msgspec.structs.replace(changed, security_group_ids=groups)
    if patch.allowed_address_pairs is not msgspec.UNSET:
        pairs = _pairs(patch.allowed_address_pairs, subnet)
        changed = msgspec.structs.replace(changed, allowed_address_pairs=pairs)
    freed = _unassociated(interface, gone, view)
    return Change(
        put=(changed, *freed),
        claims=tuple(claims),
        releases=tuple(address.claim_of(subnet.id, text, interface.id) for text in gone),
        effects=(*_effects(interface, changed, gone), *_freed_effects(freed)),
    )


def delete(interface: NetworkInterface, view: View, context: Context) -> Change:
    """The interface. Its elastic IPs stay the project's."""
    _refuse_owned(interface)
    freed = _unassociated(interface, (*interface.private_addresses,), view)
    cut = Effect(f"{interface.id} is cut off", cuts=True, resource_id=interface.id)
    return Change(
        put=freed,
        delete=(interface.id,),
        effects=(cut, *_freed_effects(freed), *black_holes((interface.vpc_id,), interface.id, view)),
    )


def _elsewhere(changed: NetworkInterface, patch: NetworkInterfacePatch) -> NetworkInterface:
    """The interface on its hosts. A standby that becomes the host, or has none beside it any more, is none."""
    _text(changed.host, "host")
    _text(changed.standby_host, "standby_host")
    if any("," in host for host in (changed.host, changed.standby_host)):
        raise invalid("network-interface.host", "a host's name has no comma", "/host")
    if changed.host in ("", changed.standby_host) and patch.standby_host is msgspec.UNSET:
        return msgspec.structs.replace(changed, standby_host="")
    if changed.standby_host and changed.standby_host == changed.host:
        raise invalid("network-interface.standby", f"{changed.host} is the host already", "/standby_host")
    if changed.standby_host and not changed.host:
        raise invalid("network-interface.standby", "there is no host beside which it stands by", "/standby_host")
    return changed


def _refuse_owned(interface: NetworkInterface) -> None:
    if interface.owner:
        message = f"{interface.id} is of {interface.owner}, and changes and goes with it"
        raise conflict("network-interface.owned", message)


def unassociated(elastic_ip: ElasticIp) -> ElasticIp:
    """An elastic IP that leads nowhere."""
    return msgspec.structs.replace(elastic_ip, network_interface_id="", private_address="", vpc_id="")


def _unassociated(interface: NetworkInterface, gone: Sequence[str], view: View) -> tuple[ElasticIp, ...]:
    """Elastic IPs of addresses that go."""
    if not gone:
        return ()
    associated = view.referring(ElasticIp, interface.id, "network_interface_id")
    return tuple(unassociated(e) for e in associated if e.private_address in gone)


def _freed_effects(freed: Sequence[ElasticIp]) -> tuple[Effect, ...]:
    return tuple(Effect(f"{e.address} ({e.id}) leads nowhere any more", cuts=True, resource_id=e.id) for e in freed)


def _effects(before: NetworkInterface, after: NetworkInterface, gone: Sequence[str]) -> tuple[Effect, ...]:
    found: list[str] = []
    if gone:
        found.append(f"{', '.join(gone)} is not the interface's any more")
    if left := [id for id in before.security_group_ids if id not in after.security_group_ids]:
        found.append(f"connections that only {', '.join(left)} lets through end")
    if after.source_dest_check and not before.source_dest_check:
        found.append("packets with other sources or destinations than the interface's own are dropped")
    if set(before.allowed_address_pairs) - set(after.allowed_address_pairs):
        found.append("packets from address pairs that are not allowed any more are dropped")
    return tuple(Effect(message, cuts=True, resource_id=after.id) for message in found)


def _mac(text: str, id: str, vpc_id: str, view: View) -> tuple[str, Claim]:
    """The MAC that a request names, or one made of the interface's id, with its claim."""
    scope = f"{vpc_id}/mac"
    if not text:
        tail = int(id[-8:], 16)
        while not view.is_free(scope, MAC_BLOCK | tail):
            tail = (tail + 1) & 0xFFFF_FFFF
        return mac_text(MAC_BLOCK | tail), Claim(scope, MAC_BLOCK | tail, id)
    value = _mac_value(text, "/mac")
    if not view.is_free(scope, value):
        raise conflict("network-interface.mac-in-use", f"{text} is another interface's in {vpc_id}", "/mac")
    return mac_text(value), Claim(scope, value, id)


def _mac_value(text: str, field: str) -> int:
    if not _MAC.fullmatch(text):
        raise invalid("mac.malformed", f"{text!r} is no MAC address like 02:00:00:00:00:01", field)
    value = parse_mac(text)
    if value & _GROUP_BIT or not value:
        raise invalid("mac.not-unicast", f"{text} is no interface's: it is a group's, or zero", field)
    return value


def _canonical(texts: Sequence[str], version: int, subnet: Subnet) -> tuple[str, ...]:
    field = _FIELDS[version]
    if len(texts) > PRIVATE_ADDRESSES_MAX:
        message = f"{len(texts)} addresses; at most {PRIVATE_ADDRESSES_MAX}"
        raise invalid("network-interface.addresses-too-many", message, f"/{field}")
    found: list[str] = []
    for n, text in enumerate(texts):
        one = address.wanted(subnet, version, text, f"/{field}/{n}")
        if one in found:
            raise invalid("address.duplicate", f"{one} is there twice", f"/{field}/{n}")
        found.append(one)
    return tuple(found)


def _addresses(
    texts: Sequence[str], version: int, subnet: Subnet, id: str, view: View
) -> tuple[tuple[str, ...], tuple[Claim, ...]]:
    """Addresses of one IP version: those that a request names, or else one, where the subnet has that version."""
    if texts:
        found = _canonical(texts, version, subnet)
        field = _FIELDS[version]
        return found, tuple(address.taken(view, subnet, a, id, f"/{field}/{n}") for n, a in enumerate(found))
    if not address.block(subnet, version):
        return (), ()
    one, claim = address.next_free(view, subnet, version, id)
    return (one,), (claim,)


def _groups(ids: Sequence[str], vpc_id: str, view: View) -> tuple[str, ...]:
    if not ids:
        vpc = view.get(Vpc, vpc_id)
        assert vpc is not None
        return (vpc.default_security_group_id,)
    if len(ids) > SECURITY_GROUPS_MAX:
        message = f"{len(ids)} security groups; at most {SECURITY_GROUPS_MAX}"
        raise invalid("network-interface.groups-too-many", message, "/security_group_ids")
    for n, id in enumerate(ids):
        group = view.get(SecurityGroup, id)
        if group is None:
            raise missing("security-group", id, f"/security_group_ids/{n}")
        if group.vpc_id != vpc_id:
            message = f"security group {id} is of VPC {group.vpc_id}, the interface of {vpc_id}"
            raise invalid("network-interface.other-vpc", message, f"/security_group_ids/{n}")
    return tuple(dict.fromkeys(ids))


def _pairs(pairs: Sequence[AddressPair], subnet: Subnet) -> tuple[AddressPair, ...]:
    """Further sources. The router's address is not one, and everything is not one: for that, there is
    `source_dest_check`."""
    if len(pairs) > PAIRS_MAX:
        message = f"{len(pairs)} address pairs; at most {PAIRS_MAX}"
        raise invalid("network-interface.pairs-too-many", message, "/allowed_address_pairs")
    found: list[AddressPair] = []
    for n, pair in enumerate(pairs):
        field = f"/allowed_address_pairs/{n}/cidr"
        length = "" if "/" in pair.cidr else "/128" if ":" in pair.cidr else "/32"
        block = cidr(pair.cidr + length, 6 if ":" in pair.cidr else 4, field)
        if parse(block).length == 0:
            message = f"{block} is every source: turn `source_dest_check` off for an interface that routes"
            raise invalid("network-interface.pair-everything", message, field)
        if any(own and contains(block, gateway(own)) for own in (subnet.cidr_block, subnet.ipv6_cidr_block)):
            raise invalid("network-interface.pair-router", f"{block} has the subnet's router in it", field)
        mac = mac_text(_mac_value(pair.mac, f"/allowed_address_pairs/{n}/mac")) if pair.mac else ""
        one = AddressPair(cidr=block, mac=mac)
        if one not in found:
            found.append(one)
    return tuple(found)


def _text(text: str, field: str) -> str:
    """A tenant's own identifier: short, and of printable characters."""
    if len(text) > NAME_MAX or not text.isprintable():
        raise invalid("text.malformed", f"at most {NAME_MAX} printable characters", f"/{field}")
    return text
