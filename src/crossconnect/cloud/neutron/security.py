"""Security groups and their rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from crossconnect.cloud.api.operation import Call
from crossconnect.cloud.kinds.security_group import (
    Direction,
    SecurityGroup,
    SecurityGroupPatch,
    SecurityGroupRule,
    SecurityGroupRuleBody,
)
from crossconnect.cloud.neutron import render
from crossconnect.cloud.neutron.collection import Collection
from crossconnect.cloud.neutron.decisions.project import VPC_NAME, vpc_id_of
from crossconnect.cloud.neutron.errors import absent, bad
from crossconnect.cloud.neutron.ids import digits_of, face_of, id_of
from crossconnect.cloud.neutron.kinds import NeutronGroupBody, NeutronProjectBody
from crossconnect.cloud.neutron.listing import Json
from crossconnect.cloud.neutron.networks import COMMON, VPC
from crossconnect.cloud.neutron.registry import GROUP, PROJECT, RULE
from crossconnect.cloud.neutron.requests import Reader, revision_of
from crossconnect.cloud.resource import conflict

_PROTOCOLS = {
    "": "all",
    "any": "all",
    "0": "all",
    "ah": "51",
    "dccp": "33",
    "egp": "8",
    "esp": "50",
    "gre": "47",
    "icmpv6": "icmpv6",
    "ipv6-icmp": "icmpv6",
    "icmp6": "icmpv6",
    "58": "icmpv6",
    "1": "icmp",
    "6": "tcp",
    "17": "udp",
    "igmp": "2",
    "ipip": "4",
    "ipv6-encap": "41",
    "ospf": "89",
    "pgm": "113",
    "rsvp": "46",
    "sctp": "132",
    "udplite": "136",
    "vrrp": "112",
}
"""Neutron's names (Networking API v2.0, "Create security group rule"; IANA protocol numbers)."""


class SecurityGroups(Collection):
    """Groups: those of the project's VPC and of its others."""

    singular, plural, path = "security_group", "security_groups", "security-groups"
    stem, kind = "security-group", "security_group"
    attributes = (*COMMON, "stateful", "shared", "is_default")

    async def rows(self, call: Call) -> Sequence[Json]:
        """All. A project always has a default group: it is made when it is first looked for, as Neutron does."""
        await self.ensure_project(call)
        groups: list[SecurityGroup] = await self.all_of(GROUP, call.caller)
        rules: dict[str, list[SecurityGroupRule]] = {}
        for rule in await self.all_of(RULE, call.caller):
            rules.setdefault(rule.security_group_id, []).append(rule)
        return [render.security_group(group, rules.get(group.id, ())) for group in groups]

    async def one(self, call: Call, uuid: str) -> Json:
        """One of them."""
        return await self._shown(call, await self._group(call, uuid))

    async def make(self, call: Call, reader: Reader) -> Json:
        """A group of which everything may leave."""
        reader.only("stateful", True, why="security groups are stateful; network ACLs are not")
        body = NeutronGroupBody(name=reader.text("name"), description=reader.text("description"))
        reader.end()
        outcome = await self.service.create(GROUP, call.caller, body)
        return await self._shown(call, await self.settled(GROUP, call, outcome))

    async def change(self, call: Call, uuid: str, reader: Reader) -> Json:
        """Its words."""
        group = await self._group(call, uuid)
        patch: dict[str, Any] = {name: reader.text(name) for name in ("name", "description") if reader.said(name)}
        reader.only("stateful", True, why="security groups are stateful; network ACLs are not")
        reader.end()
        own, wanted = SecurityGroupPatch(**patch), revision_of(call.headers)
        outcome = await self.service.update(GROUP, call.caller, group.id, own, if_match=wanted)
        return await self._shown(call, await self.settled(GROUP, call, outcome))

    async def remove(self, call: Call, uuid: str) -> None:
        """Gone, with its rules."""
        group = await self._group(call, uuid)
        await self.service.delete(GROUP, call.caller, group.id, if_match=revision_of(call.headers))

    async def ensure_project(self, call: Call) -> None:
        """Make the project's VPC, where it is not there."""
        if await self.find(VPC, call.caller, vpc_id_of(call.project_id)) is None:
            await self.service.create(PROJECT, call.caller, NeutronProjectBody(name=VPC_NAME))

    async def _group(self, call: Call, uuid: str) -> SecurityGroup:
        found = await self.find(GROUP, call.caller, id_of("security_group", uuid))
        if found is None:
            raise absent("security-group", uuid)
        return found

    async def _shown(self, call: Call, group: SecurityGroup) -> Json:
        return render.security_group(group, await self.all_of(RULE, call.caller, {"security_group_id": [group.id]}))


class SecurityGroupRules(Collection):
    """Rules."""

    singular, plural, path = "security_group_rule", "security_group_rules", "security-group-rules"
    stem, kind = "security-group-rule", "security_group_rule"
    attributes = (
        *COMMON,
        "security_group_id",
        "direction",
        "ethertype",
        "protocol",
        "port_range_min",
        "port_range_max",
        "remote_ip_prefix",
        "remote_group_id",
        "belongs_to_default_sg",
    )

    async def rows(self, call: Call) -> Sequence[Json]:
        """All, of the groups that are asked for."""
        filters: dict[str, Sequence[str]] = {}
        if "security_group_id" in call.query:
            ids = [id for uuid in call.query["security_group_id"] if (id := id_of("security_group", uuid))]
            if not ids:
                return []
            filters["security_group_id"] = ids
        rules: list[SecurityGroupRule] = await self.all_of(RULE, call.caller, filters)
        return [row for rule in rules for row in render.security_group_rules(rule)]

    async def one(self, call: Call, uuid: str) -> Json:
        """One of them."""
        rule = await self._rule(call, uuid)
        for row in render.security_group_rules(rule):
            if row["id"] == uuid.lower():
                return row
        raise absent("security-group-rule", uuid)

    async def make(self, call: Call, reader: Reader) -> Json:
        """One more."""
        body = _wished(reader)
        outcome = await self.service.create(RULE, call.caller, body)
        return render.security_group_rules(await self.settled(RULE, call, outcome))[0]

    async def change(self, call: Call, uuid: str, reader: Reader) -> Json:
        """A rule is what it allows."""
        await self._rule(call, uuid)
        raise bad("a rule is not changed: delete it, and create another")

    async def remove(self, call: Call, uuid: str) -> None:
        """Gone."""
        rule = await self._rule(call, uuid)
        if face_of(uuid) != "rule":
            message = f"{rule.id} is one rule for IPv4 and IPv6, made by the VPC API: delete it there"
            raise conflict("security-group-rule.both-versions", message)
        await self.service.delete(RULE, call.caller, rule.id, if_match=revision_of(call.headers))

    async def _rule(self, call: Call, uuid: str) -> SecurityGroupRule:
        face = face_of(uuid)
        digits = digits_of(face, uuid) if face in ("rule", "rule4", "rule6") else ""
        found = await self.find(RULE, call.caller, f"sgr-{digits}" if digits else "")
        if found is None:
            raise absent("security-group-rule", uuid)
        return found


def _wished(reader: Reader) -> SecurityGroupRuleBody:
    ethertype = reader.text("ethertype", "IPv4")
    if ethertype.lower() not in ("ipv4", "ipv6"):
        raise bad(f"ethertype is IPv4 or IPv6, not {ethertype[:40]!r}", "ethertype")
    version: Literal[4, 6] = 6 if ethertype.lower() == "ipv6" else 4
    direction = reader.text("direction")
    if direction not in ("ingress", "egress"):
        raise bad(f"direction is ingress or egress, not {direction[:40]!r}", "direction")
    way: Direction = "ingress" if direction == "ingress" else "egress"
    protocol = _protocol(reader.word("protocol"), version)
    prefix, group = reader.text("remote_ip_prefix"), reader.id("remote_group_id", "security_group")
    if prefix and group:
        raise bad("only one of remote_ip_prefix and remote_group_id may be given", "remote_ip_prefix")
    reader.only("remote_address_group_id", why="address groups are prefix lists of the VPC API")
    if prefix and (":" in prefix) != (version == 6):
        raise bad(f"{prefix[:64]} is not {ethertype}", "remote_ip_prefix")
    if prefix and "/" not in prefix:
        prefix += "/128" if version == 6 else "/32"
    by_group = bool(group) and protocol not in ("icmp", "icmpv6")
    id = reader.id("security_group_id", "security_group")
    if not id:
        raise bad("security_group_id is missing", "security_group_id")
    low, high = reader.number("port_range_min"), reader.number("port_range_max")
    body = SecurityGroupRuleBody(
        description=reader.text("description"),
        security_group_id=id,
        direction=way,
        protocol=protocol,
        from_port=low,
        to_port=high,
        peer=group or prefix or ("::/0" if version == 6 else "0.0.0.0/0"),
        ip_version=version if by_group else None,
    )
    reader.end()
    return body


def _protocol(text: str, version: int) -> str:
    """Ours for Neutron's; ICMP of an IPv6 rule is ICMPv6."""
    found = _PROTOCOLS.get(text.lower(), text.lower())
    return "icmpv6" if found == "icmp" and version == 6 else found
