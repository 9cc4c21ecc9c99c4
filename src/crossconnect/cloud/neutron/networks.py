"""Networks and subnets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from crossconnect.cloud.addresses import gateway, host_range
from crossconnect.cloud.api.operation import Call
from crossconnect.cloud.kinds.dhcp_options import DhcpOptions
from crossconnect.cloud.kinds.subnet import Subnet, SubnetPatch
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.neutron import render
from crossconnect.cloud.neutron.collection import Collection
from crossconnect.cloud.neutron.errors import absent, bad
from crossconnect.cloud.neutron.ids import digits_of, face_of, uuid_of
from crossconnect.cloud.neutron.kinds import (
    NeutronNetwork,
    NeutronNetworkBody,
    NeutronNetworkPatch,
    NeutronSubnetBody,
    NeutronSubnetPatch,
)
from crossconnect.cloud.neutron.listing import Json
from crossconnect.cloud.neutron.registry import NETWORK, SUBNET
from crossconnect.cloud.neutron.requests import Reader, revision_of
from crossconnect.cloud.registry import KINDS
from crossconnect.net import address_text, parse

COMMON = ("id", "name", "description", "project_id", "tenant_id", "revision_number", "created_at", "updated_at")
OWN_SUBNET = KINDS["subnet"]
VPC = KINDS["vpc"]
DHCP = KINDS["dhcp_options"]


class Networks(Collection):
    """Networks: those made here, the subnets of all VPCs, and the internet."""

    singular, plural, path, stem, kind = "network", "networks", "networks", "network", "subnet"
    attributes = (
        *COMMON,
        "admin_state_up",
        "status",
        "shared",
        "router:external",
        "is_default",
        "mtu",
        "port_security_enabled",
        "subnets",
        "ipv4_address_scope",
        "ipv6_address_scope",
    )

    async def rows(self, call: Call) -> Sequence[Json]:
        """All, by the digits that a network and its subnet share."""
        made = {n.id[-17:]: n for n in await self.all_of(NETWORK, call.caller)}
        subnets = {s.id[-17:]: s for s in await self.all_of(OWN_SUBNET, call.caller)}
        rows = [self._row(made.get(key), subnets.get(key)) for key in sorted({*made, *subnets})]
        return [*rows, render.external_network(self.region.pools)]

    async def one(self, call: Call, uuid: str) -> Json:
        """One of them."""
        if uuid == render.EXTERNAL_NETWORK:
            return render.external_network(self.region.pools)
        made, subnet = await self._both(call, uuid)
        return self._row(made, subnet)

    async def make(self, call: Call, reader: Reader) -> Json:
        """A network without subnets."""
        hints = reader.texts("availability_zone_hints") or ()
        if len(hints) > 1:
            raise bad("a network is in one availability zone", "availability_zone_hints")
        body = NeutronNetworkBody(
            name=reader.text("name"),
            description=reader.text("description"),
            availability_zone=hints[0] if hints else "",
        )
        self._fixed(reader)
        reader.end()
        outcome = await self.service.create(NETWORK, call.caller, body)
        return self._row(await self.settled(NETWORK, call, outcome), None)

    async def change(self, call: Call, uuid: str, reader: Reader) -> Json:
        """Its words."""
        made, subnet = await self._both(call, uuid)
        wanted = revision_of(call.headers)
        patch = NeutronNetworkPatch(
            name=reader.text("name") if reader.said("name") else msgspec.UNSET,
            description=reader.text("description") if reader.said("description") else msgspec.UNSET,
        )
        self._fixed(reader)
        reader.end()
        if made is not None:
            outcome = await self.service.update(NETWORK, call.caller, made.id, patch, if_match=wanted)
            return self._row(await self.settled(NETWORK, call, outcome), subnet)
        assert subnet is not None
        own = SubnetPatch(name=patch.name, description=patch.description)
        outcome = await self.service.update(OWN_SUBNET, call.caller, subnet.id, own, if_match=wanted)
        return self._row(None, await self.settled(OWN_SUBNET, call, outcome))

    async def remove(self, call: Call, uuid: str) -> None:
        """The network with its subnets."""
        made, subnet = await self._both(call, uuid)
        if made is not None:
            await self.service.delete(NETWORK, call.caller, made.id, if_match=revision_of(call.headers))
        elif subnet is not None:
            await self.service.delete(SUBNET, call.caller, subnet.id, if_match=revision_of(call.headers))

    async def _both(self, call: Call, uuid: str) -> tuple[NeutronNetwork | None, Subnet | None]:
        digits = digits_of("network", uuid)
        made = await self.find(NETWORK, call.caller, f"nnet-{digits}" if digits else "")
        subnet = await self.find(OWN_SUBNET, call.caller, f"subnet-{digits}" if digits else "")
        if made is None and subnet is None:
            raise absent("network", uuid)
        return made, subnet

    def _row(self, made: NeutronNetwork | None, subnet: Subnet | None) -> Json:
        return render.network(made, subnet, self.region.mtu)

    def _fixed(self, reader: Reader) -> None:
        reader.only("admin_state_up", True, "true", "True", why="a network is always up")
        reader.only("shared", False, why="a network is one project's; peer VPCs or attach them to a transit router")
        reader.only("router:external", False, why="the region has one external network, `internet`")
        reader.only("is_default", False, why="that is for external networks")
        reader.only("mtu", self.region.mtu, why=f"the region's networks have {self.region.mtu}")
        reader.only("port_security_enabled", True, why="ports are always filtered")
        reader.only("vlan_transparent", False, why="networks carry no VLAN tags")
        reader.only("dns_domain", "", why="private zones are DNS zones of the VPC")
        for name in ("provider:network_type", "provider:physical_network", "provider:segmentation_id", "segments"):
            reader.only(name, why="how networks are carried is the region's affair")
        reader.only("qos_policy_id", why="there is no QoS")


class Subnets(Collection):
    """Subnets: each IP version of one of ours by itself, and the pools of floating IPs."""

    singular, plural, path, stem, kind = "subnet", "subnets", "subnets", "subnet", "subnet"
    attributes = (
        *COMMON,
        "network_id",
        "ip_version",
        "cidr",
        "gateway_ip",
        "enable_dhcp",
        "ipv6_ra_mode",
        "ipv6_address_mode",
        "subnetpool_id",
        "segment_id",
        "shared",
    )

    async def rows(self, call: Call) -> Sequence[Json]:
        """All."""
        found: list[Subnet] = await self.all_of(OWN_SUBNET, call.caller)
        servers = await self._servers(call, {subnet.vpc_id for subnet in found})
        rows = [row for subnet in found for row in self._rows(subnet, servers)]
        return [*rows, *(render.external_subnet(n, pool) for n, pool in enumerate(self.region.pools))]

    async def one(self, call: Call, uuid: str) -> Json:
        """One of them."""
        for n, pool in enumerate(self.region.pools):
            if uuid == render.external_subnet_id(n):
                return render.external_subnet(n, pool)
        subnet, version = await self._subnet(call, uuid)
        return await self._shown(call, subnet, version)

    async def make(self, call: Call, reader: Reader) -> Json:
        """A network's subnet of one IP version."""
        digits = digits_of("network", network := reader.required("network_id"))
        cidr, version = self._cidr(reader)
        name, description = reader.text("name"), reader.text("description")
        servers = self._name_servers(reader, version) or ()
        self._fixed(reader, cidr, version)
        reader.end()
        if not digits:
            raise absent("network", network)
        existing = await self.find(OWN_SUBNET, call.caller, f"subnet-{digits}")
        if existing is None:
            body = NeutronSubnetBody(
                name=name, description=description, digits=digits, cidr=cidr, domain_name_servers=servers
            )
            outcome = await self.service.create(SUBNET, call.caller, body)
        else:
            tags = existing.tags | ({render.SECOND_NAME: name} if version == 6 else {})
            patch = NeutronSubnetPatch(add_cidr=cidr, domain_name_servers=servers, tags=tags)
            outcome = await self.service.update(SUBNET, call.caller, existing.id, patch)
        return await self._shown(call, await self.settled(OWN_SUBNET, call, outcome), version)

    async def change(self, call: Call, uuid: str, reader: Reader) -> Json:
        """Its words."""
        subnet, version = await self._subnet(call, uuid)
        block = subnet.cidr_block if version == 4 else subnet.ipv6_cidr_block
        name = reader.text("name") if reader.said("name") else msgspec.UNSET
        patch = SubnetPatch(
            description=reader.text("description") if reader.said("description") else msgspec.UNSET,
            name=name,
        )
        if name is not msgspec.UNSET and version == 6 and subnet.cidr_block:
            tags = subnet.tags | {render.SECOND_NAME: name}
            patch = msgspec.structs.replace(patch, name=msgspec.UNSET, tags=tags)
        if (wanted := self._name_servers(reader, version)) is not None:
            kept = tuple(server for server in subnet.domain_name_servers if parse(server).version != version)
            patch = msgspec.structs.replace(patch, domain_name_servers=(*kept, *wanted))
        self._fixed(reader, block, version)
        reader.end()
        found = revision_of(call.headers)
        outcome = await self.service.update(OWN_SUBNET, call.caller, subnet.id, patch, if_match=found)
        return await self._shown(call, await self.settled(OWN_SUBNET, call, outcome), version)

    async def remove(self, call: Call, uuid: str) -> None:
        """One IP version; with the last one the subnet."""
        subnet, version = await self._subnet(call, uuid)
        found = revision_of(call.headers)
        if subnet.ipv6_cidr_block if version == 4 else subnet.cidr_block:
            patch = NeutronSubnetPatch(remove_version=version)
            await self.service.update(SUBNET, call.caller, subnet.id, patch, if_match=found)
        else:
            await self.service.delete(SUBNET, call.caller, subnet.id, if_match=found)

    async def _subnet(self, call: Call, uuid: str) -> tuple[Subnet, Literal[4, 6]]:
        face = face_of(uuid)
        version: Literal[4, 6] = 6 if face == "subnet6" else 4
        digits = digits_of("subnet6" if version == 6 else "subnet4", uuid)
        subnet = await self.find(OWN_SUBNET, call.caller, f"subnet-{digits}" if digits else "")
        if subnet is None or not (subnet.cidr_block if version == 4 else subnet.ipv6_cidr_block):
            raise absent("subnet", uuid)
        return subnet, version

    async def _shown(self, call: Call, subnet: Subnet, version: Literal[4, 6]) -> Json:
        return render.subnet(subnet, version, (await self._servers(call, {subnet.vpc_id})).get(subnet.vpc_id, ()))

    async def _servers(self, call: Call, vpc_ids: set[str]) -> dict[str, tuple[str, ...]]:
        """DNS servers of VPCs, where they have others than the region's."""
        vpcs: dict[str, Vpc] = await self.these(VPC, call.caller, sorted(vpc_ids))
        named = {vpc.dhcp_options_id for vpc in vpcs.values() if vpc.dhcp_options_id}
        options: dict[str, DhcpOptions] = await self.these(DHCP, call.caller, sorted(named))
        return {
            vpc.id: tuple(options[vpc.dhcp_options_id].domain_name_servers)
            for vpc in vpcs.values()
            if vpc.dhcp_options_id in options
        }

    @staticmethod
    def _rows(subnet: Subnet, servers: dict[str, tuple[str, ...]]) -> list[Json]:
        own = servers.get(subnet.vpc_id, ())
        rows: list[Json] = []
        if subnet.cidr_block:
            rows.append(render.subnet(subnet, 4, own))
        if subnet.ipv6_cidr_block:
            rows.append(render.subnet(subnet, 6, own))
        return rows

    @staticmethod
    def _name_servers(reader: Reader, version: Literal[4, 6]) -> tuple[str, ...] | None:
        """Those that a request names, which are of the subnet's IP version, as in Neutron."""
        servers = reader.texts("dns_nameservers")
        for server in servers or ():
            try:
                fits = parse(server).version == version
            except ValueError:
                fits = False
            if not fits or "/" in server:
                raise bad(f"dns_nameservers: {server[:64]!r} is no IPv{version} address", "dns_nameservers")
        return servers

    @staticmethod
    def _cidr(reader: Reader) -> tuple[str, Literal[4, 6]]:
        cidr = reader.text("cidr")
        if reader.text("subnetpool_id") or reader.number("prefixlen") is not None:
            raise bad("subnet pools are for reading only: give `cidr`", "subnetpool_id")
        if not cidr:
            raise bad("a subnet has a cidr", "cidr")
        try:
            parsed = parse(cidr)
        except ValueError as error:
            raise bad(f"Invalid input for cidr. Reason: {error}.", "cidr") from None
        version: Literal[4, 6] = 4 if parsed.version == 4 else 6
        said = reader.number("ip_version")
        if said is not None and said != version:
            raise bad(f"{cidr} is not IPv{said}", "ip_version")
        return cidr, version

    @staticmethod
    def _fixed(reader: Reader, cidr: str, version: Literal[4, 6]) -> None:
        try:
            router, (first, last) = gateway(cidr), host_range(cidr)
        except ValueError as error:
            raise bad(f"Invalid input for cidr. Reason: {error}.", "cidr") from None
        if reader.said("gateway_ip") and "gateway_ip" not in reader:
            raise bad("a subnet always has a gateway, at its first address", "gateway_ip")
        reader.only("gateway_ip", router, why=f"the gateway of {cidr} is its first address, {router}")
        pools = reader.objects("allocation_pools", ("start", "end"))
        whole = {"start": address_text(version, first), "end": address_text(version, last)}
        if pools and list(pools) != [whole]:
            message = f"ports have addresses from {whole['start']} to {whole['end']}; pools cannot be chosen"
            raise bad(message, "allocation_pools")
        reader.only("enable_dhcp", True, why="DHCP is always answered")
        reader.only("host_routes", [], why="routes are in route tables")
        for name in ("ipv6_ra_mode", "ipv6_address_mode"):
            reader.only(name, "dhcpv6-stateful", why="IPv6 addresses are given by DHCPv6")
        reader.only("segment_id", why="a network is one segment")
        reader.only("service_types", [], why="a subnet is for whatever port")
        reader.only("use_default_subnetpool", False, why="subnet pools are for reading only")
        reader.only("dns_publish_fixed_ip", False, why="names are the VPC resolver's")
        reader.only("shared", False, why="a subnet is one project's")


def subnet_ids(subnet: Subnet) -> list[str]:
    """UUIDs of the IP versions of a subnet."""
    found: list[str] = []
    if subnet.cidr_block:
        found.append(uuid_of("subnet4", subnet.id))
    if subnet.ipv6_cidr_block:
        found.append(uuid_of("subnet6", subnet.id))
    return found
