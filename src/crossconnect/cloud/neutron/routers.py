"""Routers and floating IPs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.api.turns import in_turn
from crossconnect.cloud.kinds.elastic_ip import ElasticIp, ElasticIpBody, ElasticIpPatch
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.neutron import render
from crossconnect.cloud.neutron.collection import Collection
from crossconnect.cloud.neutron.errors import absent, bad
from crossconnect.cloud.neutron.external import expect_pool
from crossconnect.cloud.neutron.ids import face_of, id_of, uuid_of
from crossconnect.cloud.neutron.kinds import NeutronRouter, NeutronRouterBody, NeutronRouterPatch, RouterRoute
from crossconnect.cloud.neutron.listing import Json
from crossconnect.cloud.neutron.networks import COMMON, OWN_SUBNET, subnet_ids
from crossconnect.cloud.neutron.ports import INTERFACE
from crossconnect.cloud.neutron.registry import FLOATING_IP, ROUTER
from crossconnect.cloud.neutron.requests import Reader, parsed, plain, revision_of
from crossconnect.cloud.service import Outcome

_Routes = tuple[RouterRoute, ...]


class Routers(Collection):
    """Routers."""

    singular, plural, path, stem, kind = "router", "routers", "routers", "router", "route_table"
    attributes = (*COMMON, "admin_state_up", "status", "distributed", "ha", "routes")

    async def rows(self, call: Call) -> Sequence[Json]:
        """All."""
        return [render.router(one, self.region.pools) for one in await self.all_of(ROUTER, call.caller)]

    async def one(self, call: Call, uuid: str) -> Json:
        """One of them."""
        return render.router(await self._router(call, uuid), self.region.pools)

    async def make(self, call: Call, reader: Reader) -> Json:
        """A router without subnets."""
        external, source_nat, address = self._gateway(reader)
        body = NeutronRouterBody(
            name=reader.text("name"),
            description=reader.text("description"),
            external=bool(external),
            source_nat=source_nat,
            address=address,
        )
        self._fixed(reader)
        reader.end()
        outcome = await self.service.create(ROUTER, call.caller, body)
        return render.router(await self.settled(ROUTER, call, outcome), self.region.pools)

    async def change(self, call: Call, uuid: str, reader: Reader) -> Json:
        """The router as it is wanted."""
        router = await self._router(call, uuid)
        patch: dict[str, Any] = {}
        for name in ("name", "description"):
            if reader.said(name):
                patch[name] = reader.text(name)
        if reader.said("external_gateway_info"):
            external, source_nat, address = self._gateway(reader)
            if external and router.external and address and address != router.address:
                raise bad(
                    f"the router keeps its address {router.address} as long as it has a gateway",
                    "external_gateway_info",
                )
            patch |= {"external": bool(external), "source_nat": source_nat, "address": address}
        if (routes := _routes_of(reader)) is not None:
            patch["routes"] = routes
        self._fixed(reader)
        reader.end()
        own, wanted = NeutronRouterPatch(**patch), revision_of(call.headers)
        outcome = await self.service.update(ROUTER, call.caller, router.id, own, if_match=wanted)
        return render.router(await self.settled(ROUTER, call, outcome), self.region.pools)

    async def remove(self, call: Call, uuid: str) -> None:
        """Gone."""
        router = await self._router(call, uuid)
        await self.service.delete(ROUTER, call.caller, router.id, if_match=revision_of(call.headers))

    async def add_interface(self, call: Call) -> Answer:
        """PUT add_router_interface."""
        router, subnet = await self._interface(call)
        if subnet.id not in router.subnet_ids:
            patch = NeutronRouterPatch(add_subnet_id=subnet.id)
            outcome = await self.service.update(ROUTER, call.caller, router.id, patch)
            await self.settled(ROUTER, call, outcome)
        return self._interface_answer(router, subnet)

    async def remove_interface(self, call: Call) -> Answer:
        """PUT remove_router_interface."""
        router, subnet = await self._interface(call)
        if subnet.id not in router.subnet_ids:
            raise absent("router-interface", uuid_of("router_port", subnet.id))
        patch = NeutronRouterPatch(remove_subnet_id=subnet.id)
        outcome = await self.service.update(ROUTER, call.caller, router.id, patch)
        await self.settled(ROUTER, call, outcome)
        return self._interface_answer(router, subnet)

    async def add_routes(self, call: Call) -> Answer:
        """PUT add_extraroutes: those that are there stay."""
        return await self._with_routes(call, lambda had, asked: (*had, *(route for route in asked if route not in had)))

    async def remove_routes(self, call: Call) -> Answer:
        """PUT remove_extraroutes: those that are not there are nobody's mistake."""
        return await self._with_routes(call, lambda had, asked: tuple(route for route in had if route not in asked))

    async def _with_routes(self, call: Call, changed: Callable[[_Routes, _Routes], _Routes]) -> Answer:
        """Routes one by one, whoever else changes others meanwhile."""
        call.reached = True
        wishes, many = parsed(call.body, self.singular, self.plural)
        if many:
            raise absent(self.stem, call.id)
        reader = Reader(wishes[0], call.project_id)
        asked = _routes_of(reader) or ()
        reader.end()

        async def attempt() -> Outcome:
            router = await self._router(call, call.id)
            patch = NeutronRouterPatch(routes=changed(router.routes, asked))
            return await self.service.update(ROUTER, call.caller, router.id, patch, if_match=router.revision)

        row = render.router(await self.settled(ROUTER, call, await in_turn(attempt)), self.region.pools)
        return Answer(body=msgspec.json.encode({self.singular: row}))

    async def _interface(self, call: Call) -> tuple[NeutronRouter, Subnet]:
        """What is to be put together or apart; named by a subnet, or by the router's port in it."""
        call.reached = True
        reader = Reader(plain(call.body), call.project_id)
        uuid, port = reader.text("subnet_id"), reader.text("port_id")
        reader.end()
        if not uuid and not port:
            raise bad("Bad router request: Either subnet_id or port_id must be specified.", "subnet_id")
        router = await self._router(call, call.id)
        if port and face_of(port) == "router_port":
            id = id_of("router_port", port)
        elif port:
            raise bad("a router has the first address of a subnet, not a port's: give subnet_id", "port_id")
        else:
            face = face_of(uuid)
            id = id_of(face, uuid) if face in ("subnet4", "subnet6") else ""
        subnet = await self.find(OWN_SUBNET, call.caller, id)
        if subnet is None:
            raise absent("subnet", uuid or port)
        return router, subnet

    @staticmethod
    def _interface_answer(router: NeutronRouter, subnet: Subnet) -> Answer:
        ids = subnet_ids(subnet)
        body = {
            "id": uuid_of("router", router.id),
            "project_id": router.project_id,
            "tenant_id": router.project_id,
            "port_id": uuid_of("router_port", subnet.id),
            "network_id": uuid_of("network", subnet.id),
            "subnet_id": ids[0],
            "subnet_ids": ids,
        }
        return Answer(body=msgspec.json.encode(body))

    async def _router(self, call: Call, uuid: str) -> NeutronRouter:
        found = await self.find(ROUTER, call.caller, id_of("router", uuid))
        if found is None:
            raise absent("router", uuid)
        return found

    def _gateway(self, reader: Reader) -> tuple[str, bool, str]:
        """(the external network or nothing, source NAT, address) of `external_gateway_info`."""
        info = reader.object("external_gateway_info")
        if info is None:
            return "", True, ""
        inner = Reader(info, "")
        network = inner.text("network_id")
        if network != render.EXTERNAL_NETWORK:
            raise bad(
                f"{network[:64]} is no external network; `internet` is {render.EXTERNAL_NETWORK}",
                "external_gateway_info",
            )
        source_nat = inner.flag("enable_snat", True)
        addresses = inner.objects("external_fixed_ips", ("subnet_id", "ip_address")) or ()
        inner.only("qos_policy_id", why="there is no QoS")
        inner.end()
        if len(addresses) > 1:
            raise bad("a router has one address on the internet", "external_gateway_info")
        first = addresses[0] if addresses else {}
        address = first.get("ip_address", "")
        expect_pool(self.region.pools, first.get("subnet_id", ""), address, "external_gateway_info")
        return network, source_nat, address

    @staticmethod
    def _fixed(reader: Reader) -> None:
        reader.only("admin_state_up", True, why="a router is always up")
        reader.only("distributed", True, why="routers are on every hypervisor")
        reader.only("ha", True, why="routers outlive a gateway node")
        reader.only("availability_zone_hints", [], why="routers are in all zones")
        reader.only("flavor_id", why="there are no flavors")
        reader.only("enable_ndp_proxy", False, why="IPv6 is routed")


def _routes_of(reader: Reader) -> _Routes | None:
    """The routes that a request names; none where it names none."""
    routes = reader.objects("routes", ("destination", "nexthop"))
    if routes is not None and any(len(route) != 2 for route in routes):
        raise bad("a route has a destination and a nexthop", "routes")
    return None if routes is None else tuple(RouterRoute(**route) for route in routes)


class FloatingIps(Collection):
    """Floating IPs."""

    singular, plural, path, stem, kind = "floatingip", "floatingips", "floatingips", "floatingip", "elastic_ip"
    attributes = (
        *(name for name in COMMON if name != "name"),
        "floating_network_id",
        "floating_ip_address",
        "fixed_ip_address",
        "port_id",
        "router_id",
        "status",
    )

    async def rows(self, call: Call) -> Sequence[Json]:
        """All but the routers' own addresses."""
        found: list[ElasticIp] = await self.all_of(FLOATING_IP, call.caller)
        routers: list[NeutronRouter] = await self.all_of(ROUTER, call.caller)
        own = {router.elastic_ip_id for router in routers}
        shown = [one for one in found if one.id not in own]
        ids = sorted({one.network_interface_id for one in shown if one.network_interface_id})
        interfaces: dict[str, NetworkInterface] = await self.these(INTERFACE, call.caller, ids)
        return [self._row(one, interfaces.get(one.network_interface_id), routers) for one in shown]

    async def one(self, call: Call, uuid: str) -> Json:
        """One of them."""
        return await self._shown(call, await self._elastic_ip(call, uuid))

    async def make(self, call: Call, reader: Reader) -> Json:
        """One more, associated where a port is named."""
        network = reader.required("floating_network_id")
        if network != render.EXTERNAL_NETWORK:
            raise bad(
                f"{network[:64]} is no external network; `internet` is {render.EXTERNAL_NETWORK}", "floating_network_id"
            )
        body = ElasticIpBody(
            description=reader.text("description"),
            address=reader.text("floating_ip_address"),
            network_interface_id=reader.id("port_id", "port"),
            private_address=reader.text("fixed_ip_address"),
        )
        expect_pool(self.region.pools, reader.text("subnet_id"), body.address, "subnet_id")
        self._fixed(reader)
        reader.end()
        outcome = await self.service.create(FLOATING_IP, call.caller, body)
        return await self._shown(call, await self.settled(FLOATING_IP, call, outcome))

    async def change(self, call: Call, uuid: str, reader: Reader) -> Json:
        """At another port, or at none."""
        found = await self._elastic_ip(call, uuid)
        patch: dict[str, Any] = {}
        if reader.said("description"):
            patch["description"] = reader.text("description")
        if reader.said("port_id"):
            patch["network_interface_id"] = reader.id("port_id", "port")
        if "fixed_ip_address" in reader:
            patch["private_address"] = reader.text("fixed_ip_address")
        reader.said("fixed_ip_address")
        self._fixed(reader)
        reader.end()
        own, wanted = ElasticIpPatch(**patch), revision_of(call.headers)
        outcome = await self.service.update(FLOATING_IP, call.caller, found.id, own, if_match=wanted)
        return await self._shown(call, await self.settled(FLOATING_IP, call, outcome))

    async def remove(self, call: Call, uuid: str) -> None:
        """Gone."""
        found = await self._elastic_ip(call, uuid)
        await self.service.delete(FLOATING_IP, call.caller, found.id, if_match=revision_of(call.headers))

    async def _elastic_ip(self, call: Call, uuid: str) -> ElasticIp:
        found = await self.find(FLOATING_IP, call.caller, id_of("floatingip", uuid))
        if found is None:
            raise absent("floatingip", uuid)
        return found

    async def _shown(self, call: Call, found: ElasticIp) -> Json:
        interface = await self.find(INTERFACE, call.caller, found.network_interface_id)
        routers: list[NeutronRouter] = await self.all_of(ROUTER, call.caller) if interface is not None else []
        return self._row(found, interface, routers)

    @staticmethod
    def _row(found: ElasticIp, interface: NetworkInterface | None, routers: Sequence[NeutronRouter]) -> Json:
        router = next((r for r in routers if interface is not None and interface.subnet_id in r.subnet_ids), None)
        row = render.floating_ip(found, interface, uuid_of("router", router.id) if router is not None else "")
        del row["name"]
        return row

    @staticmethod
    def _fixed(reader: Reader) -> None:
        reader.only("dns_name", "", why="names are DNS zones of the VPC")
        reader.only("dns_domain", "", why="names are DNS zones of the VPC")
        reader.only("qos_policy_id", why="there is no QoS")
        reader.only("distributed", True, why="that follows from where the port is")
