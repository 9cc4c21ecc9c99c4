"""Ports: interfaces, and the routers' addresses in their subnets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crossconnect.cloud.api.operation import Call
from crossconnect.cloud.kinds.network_interface import AddressPair, NetworkInterface, NetworkInterfacePatch
from crossconnect.cloud.neutron import render
from crossconnect.cloud.neutron.collection import Collection, pushed
from crossconnect.cloud.neutron.errors import absent, bad
from crossconnect.cloud.neutron.ids import digits_of, face_of, id_of
from crossconnect.cloud.neutron.kinds import NeutronPortBody, NeutronRouter
from crossconnect.cloud.neutron.listing import WORDS, Json, Pages, matching
from crossconnect.cloud.neutron.networks import COMMON, OWN_SUBNET
from crossconnect.cloud.neutron.registry import PORT, ROUTER
from crossconnect.cloud.neutron.requests import Reader, revision_of
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import conflict
from crossconnect.cloud.service import Query

INTERFACE = KINDS["network_interface"]
_STORED = {"name": "name", "device_id": "device_id", "mac_address": "mac"}


class Ports(Collection):
    """Ports."""

    singular, plural, path, stem, kind = "port", "ports", "ports", "port", "network_interface"
    attributes = (
        *COMMON,
        "network_id",
        "mac_address",
        "fixed_ips",
        "security_groups",
        "device_id",
        "device_owner",
        "admin_state_up",
        "port_security_enabled",
        "status",
        "binding:host_id",
        "binding:vnic_type",
        "binding:vif_type",
    )

    async def rows(self, call: Call) -> Sequence[Json]:
        """Interfaces, then the routers' ports."""
        filters = _pushed(call.query)
        found: list[NetworkInterface] = [] if filters is None else await self.all_of(INTERFACE, call.caller, filters)
        return [*(render.port(one) for one in found), *await self._router_ports(call)]

    async def page(self, call: Call, pages: Pages) -> Sequence[Json] | None:
        """A page in the order of ids, where no filter has to be answered here."""
        filters = _pushed(call.query)
        left = {name for name in call.query if name not in WORDS} - {*_STORED, "network_id", "id"}
        if not pages.plain or filters is None or left:
            return None
        if pages.marker and face_of(pages.marker) not in ("port", "router_port"):
            raise bad(f"marker {pages.marker[:64]} could not be found", "marker")
        rows: list[Json] = []
        if not pages.marker or face_of(pages.marker) == "port":
            marker = id_of("port", pages.marker) if pages.marker else ""
            query = Query(filters=filters, limit=min(pages.limit, 1000), marker=marker)
            found = await self.service.list(INTERFACE, call.caller, query)
            rows = [render.port(document.resource(NetworkInterface)) for document in found.documents]
            if len(rows) == query.limit:
                return rows
        others = matching(await self._router_ports(call), call.query, self.attributes)
        others = sorted(others, key=lambda row: str(row["id"]))
        if pages.marker and face_of(pages.marker) == "router_port":
            others = [row for row in others if str(row["id"]) > pages.marker]
        return [*rows, *others][: pages.limit]

    async def one(self, call: Call, uuid: str) -> Json:
        """One of them."""
        if face_of(uuid) == "router_port":
            for row in await self._router_ports(call):
                if row["id"] == uuid:
                    return row
            raise absent("port", uuid)
        return render.port(await self.interface(call, uuid))

    async def make(self, call: Call, reader: Reader) -> Json:
        """A port, with an address of each IP version of its network where it asks for none."""
        network = reader.required("network_id")
        digits = digits_of("network", network)
        private, ipv6, versions = _addresses(reader, digits)
        owner = reader.text("device_owner")
        self._fixed(reader)
        body = NeutronPortBody(
            name=reader.text("name"),
            description=reader.text("description"),
            tags={render.DEVICE_OWNER: owner} if owner else {},
            digits=digits,
            versions=versions,
            private_addresses=private,
            ipv6_addresses=ipv6,
            security_group_ids=_groups(reader) or (),
            mac=reader.text("mac_address"),
            allowed_address_pairs=_pairs(reader) or (),
            device_id=reader.text("device_id"),
            host=reader.text("binding:host_id"),
        )
        reader.end()
        if not digits:
            raise absent("network", network)
        outcome = await self.service.create(PORT, call.caller, body)
        return render.port(await self.settled(INTERFACE, call, outcome))

    async def change(self, call: Call, uuid: str, reader: Reader) -> Json:
        """The port as it is wanted."""
        before = await self.interface(call, uuid)
        patch: dict[str, Any] = {}
        for name, own in (
            ("name", "name"),
            ("description", "description"),
            ("device_id", "device_id"),
            ("binding:host_id", "host"),
        ):
            if reader.said(name):
                patch[own] = reader.text(name)
        if reader.said("device_owner"):
            owner = reader.text("device_owner")
            kept = {key: value for key, value in before.tags.items() if key != render.DEVICE_OWNER}
            patch["tags"] = kept | ({render.DEVICE_OWNER: owner} if owner else {})
        if "fixed_ips" in reader:
            private, ipv6, versions = _addresses(reader, before.subnet_id[-17:])
            patch |= _readdressed(before, private, ipv6, versions)
        if (groups := _groups(reader)) is not None:
            patch["security_group_ids"] = groups
        if (pairs := _pairs(reader)) is not None:
            patch["allowed_address_pairs"] = pairs
        reader.only("mac_address", before.mac, why="a port keeps its MAC")
        self._fixed(reader)
        reader.end()
        own, wanted = NetworkInterfacePatch(**patch), revision_of(call.headers)
        outcome = await self.service.update(INTERFACE, call.caller, before.id, own, if_match=wanted)
        return render.port(await self.settled(INTERFACE, call, outcome))

    async def remove(self, call: Call, uuid: str) -> None:
        """Gone."""
        if face_of(uuid) == "router_port":
            await self.one(call, uuid)
            raise conflict("network-interface.owned", f"port {uuid} is a router's: take the subnet off the router")
        interface = await self.interface(call, uuid)
        await self.service.delete(INTERFACE, call.caller, interface.id, if_match=revision_of(call.headers))

    async def interface(self, call: Call, uuid: str) -> NetworkInterface:
        """The interface behind a port; Refused (404) where there is none."""
        found = await self.find(INTERFACE, call.caller, id_of("port", uuid))
        if found is None:
            raise absent("port", uuid)
        return found

    async def _router_ports(self, call: Call) -> list[Json]:
        routers: list[NeutronRouter] = await self.all_of(ROUTER, call.caller)
        of = {id: router for router in routers for id in router.subnet_ids}
        subnets = await self.these(OWN_SUBNET, call.caller, sorted(of))
        return [render.router_port(of[id], subnets[id]) for id in sorted(subnets)]

    @staticmethod
    def _fixed(reader: Reader) -> None:
        reader.only("admin_state_up", True, why="a port is always up; its groups can deny everything")
        why = "ports are always filtered; let `allowed_address_pairs` and a group allow what it needs"
        reader.only("port_security_enabled", True, why=why)
        reader.only("binding:vnic_type", "normal", why="ports are on Open vSwitch")
        reader.object("binding:profile")
        reader.only("extra_dhcp_opts", [], why="DHCP options are the VPC's")
        reader.only("qos_policy_id", why="there is no QoS")
        reader.only("dns_name", "", why="names follow from the VPC's resolver")
        reader.only("dns_domain", "", why="names follow from the VPC's resolver")
        reader.only("propagate_uplink_status", False, why="ports are on Open vSwitch")
        reader.only("numa_affinity_policy", why="that is the hypervisor's affair")
        reader.only("hints", why="there are none")


def _pushed(query: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]] | None:
    """Filters for the store; none where nothing can match."""
    filters = pushed(query, _STORED)
    if "mac" in filters:
        filters["mac"] = [text.lower() for text in filters["mac"]]
    for name, face, own in (("id", "port", "id"), ("network_id", "network", "subnet_id")):
        if name in query:
            ids = [found for uuid in query[name] if (found := id_of("port" if face == "port" else "network", uuid))]
            if not ids:
                return None
            filters[own] = ids
    return filters


def _addresses(reader: Reader, digits: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    """(IPv4 addresses, IPv6 addresses, IP versions) that `fixed_ips` asks for; no version: as the network has them."""
    asked = reader.objects("fixed_ips", ("subnet_id", "ip_address"))
    if asked is None:
        return (), (), ()
    if not asked:
        raise bad("a port has an address", "fixed_ips")
    found: dict[int, list[str]] = {4: [], 6: []}
    versions: list[int] = []
    for entry in asked:
        address, uuid = entry.get("ip_address", ""), entry.get("subnet_id", "")
        face = face_of(uuid) if uuid else None
        if uuid and (face not in ("subnet4", "subnet6") or id_of(face, uuid) != f"subnet-{digits}"):
            raise bad(f"subnet {uuid[:64]} is not of the port's network", "fixed_ips")
        version = (6 if ":" in address else 4) if address else 6 if face == "subnet6" else 4
        if uuid and version != (6 if face == "subnet6" else 4):
            raise bad(f"{address[:64]} is not of subnet {uuid}", "fixed_ips")
        if not uuid and not address:
            raise bad("an entry has a subnet_id, an ip_address, or both", "fixed_ips")
        versions.append(version)
        if address:
            found[version].append(address)
    for version in (4, 6):
        if versions.count(version) > 1 and versions.count(version) != len(found[version]):
            raise bad(f"several IPv{version} addresses are all named, or one is given", "fixed_ips")
    return tuple(found[4]), tuple(found[6]), tuple(dict.fromkeys(versions))


def _readdressed(
    before: NetworkInterface, private: tuple[str, ...], ipv6: tuple[str, ...], versions: tuple[int, ...]
) -> dict[str, tuple[str, ...]]:
    """What `fixed_ips` changes. An entry without an address is the one there is."""
    patch: dict[str, tuple[str, ...]] = {}
    for version, field, had, wanted in (
        (4, "private_addresses", before.private_addresses, private),
        (6, "ipv6_addresses", before.ipv6_addresses, ipv6),
    ):
        if version not in versions:
            if had:
                patch[field] = ()
        elif wanted:
            patch[field] = wanted
        elif not had:
            raise bad(f"name the IPv{version} address that the port is to have", "fixed_ips")
    return patch


def _groups(reader: Reader) -> tuple[str, ...] | None:
    groups = reader.ids("security_groups", "security_group")
    if groups is not None and not groups:
        raise bad("a port is in at least one security group; one without rules lets nothing through", "security_groups")
    return groups


def _pairs(reader: Reader) -> tuple[AddressPair, ...] | None:
    pairs = reader.objects("allowed_address_pairs", ("ip_address", "mac_address"))
    if pairs is None:
        return None
    if any("ip_address" not in pair for pair in pairs):
        raise bad("a pair has an ip_address", "allowed_address_pairs")
    return tuple(AddressPair(cidr=pair["ip_address"], mac=pair.get("mac_address", "")) for pair in pairs)
