"""A connection's first packet from end to end, and its answer.

    interface -- path through VPCs --.                                   .-- path through VPCs -- interface
                                      gateway node -- fabric -- gateway node
    outside  -- fabric -- gateway node                      `-- outside
    interface -- path through its VPC -- endpoint -- gateway node -- service -- path through its VPC -- interface
                                                                        `------ fabric, the service's VRF -- outside

Where an appliance gets a packet it is taken to send it on as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from crossconnect.cloud.balancing import facing
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.private_link import EndpointService, ServiceEndpoint
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.linking import Crossed, between, endpoint_at, to_client, to_service
from crossconnect.cloud.logical.private_link import private_link
from crossconnect.cloud.logical.provider import gateway_group, gateway_order
from crossconnect.cloud.path import Path, arrival, entry, path, private_entry, public_entry
from crossconnect.cloud.reach.ends import Ends, ends_of
from crossconnect.cloud.reach.hop import Hop, Outcome, Reachability, ReachabilityBody
from crossconnect.cloud.reach.journey import Journey, addresses
from crossconnect.cloud.reach.places import (
    Finder,
    block_of,
    hypervisor_of,
    internet_router,
    network_of,
    private_gateway_for,
    public_owner,
    router_of,
)
from crossconnect.cloud.reach.tunnels import at_concentrators, tunnel_hop, vpn_at
from crossconnect.cloud.region import CloudRegion, ProviderNetwork
from crossconnect.cloud.resource import Resource
from crossconnect.cloud.verdict import Packet, Translation, owner_of, reply
from crossconnect.net import contains, version_of

if TYPE_CHECKING:  # it brings the simulation along, which a cloud without a fabric never needs
    from crossconnect.cloud.reach.fabric import Fabric

APPLIANCES_MAX = 8
"""Appliances that a packet may pass: more is a loop of routes."""


class Analyser(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the region, the same for all questions."""

    region: CloudRegion
    fabric: Fabric | None = None
    """None where the region's fabric carries no cloud: the way ends at gateway nodes then."""


def reachability(asked: ReachabilityBody, analyser: Analyser, finder: Finder, *, whole: bool = False) -> Reachability:
    """Whether a connection's first packet arrives, and its answer; with all there is to tell (`told` leaves out what a
    tenant may not see). `whole`: ends may be any project's. Refused for ends that are not there, or cannot be meant."""
    ends = ends_of(asked, analyser.region, finder, whole=whole)
    there = _Walk(analyser, finder, ends, Journey(ends.packet))
    there.begin()
    first = there.journey
    back: Journey | None = None
    if not first.lost:
        back = Journey(reply(first.packet))
        _Walk(analyser, finder, ends, back, first).answer()
    return _answer(asked, ends, first, back)


class _Walk:
    """Of one direction. With `first`, which has been there already, it is the answer's."""

    def __init__(
        self, analyser: Analyser, finder: Finder, ends: Ends, journey: Journey, first: Journey | None = None
    ) -> None:
        self.journey = journey
        self._region = analyser.region
        self._fabric = analyser.fabric
        self._finder = finder
        self._ends = ends
        self._first = first
        self._established = first is not None
        self._undo: tuple[Translation, ...] = tuple(first.translations) if first is not None else ()

    # Beginnings

    def begin(self) -> None:
        """The first packet, from where it is sent."""
        ends = self._ends
        if ends.sender is not None:
            self._send(ends.sender)
            return
        if ends.network.name == self._region.internet.name:
            owner = public_owner(self.journey.packet.destination, self._finder)
            router = router_of(owner, self._finder) if owner is not None else None
            if owner is None or router is None:
                self._nowhere(owner)
                return
            self._inwards(ends.network, router, self._block(owner))
            if not self.journey.lost:
                self._into(owner)
            return
        gateway = private_gateway_for(ends.vpc_id, ends.network, self._finder) if ends.vpc_id else None
        if gateway is None:
            message = f"{self.journey.packet.destination} is announced into {ends.network.vrf} by no private gateway"
            self.journey.say("gateway", "drop", "", message, passes=False)
            return
        self._out_of_tunnel(gateway, ends.network)
        if self.journey.lost:
            return
        self._inwards(ends.network, gateway, block_of(ends.vpc_id, self.journey.packet.destination, self._finder))
        if not self.journey.lost:
            self._by_private_gateway(gateway)

    def _block(self, owner: ElasticIp | Vpc) -> str:
        """The block by which the internet knows the packet's destination; empty where it is announced alone, as
        elastic IPs and load balancers' IPv6 addresses are."""
        destination = self.journey.packet.destination
        if isinstance(owner, ElasticIp) or facing(owner.id, destination, self._finder) is not None:
            return ""
        return block_of(owner.id, destination, self._finder)

    def answer(self) -> None:
        """The answer, from where the first packet arrived."""
        first, journey = self._first, self.journey
        assert first is not None
        receiver = self._finder.shared(NetworkInterface, first.end)
        if receiver is not None:
            self._send(receiver)
        else:
            self._answer_from_outside(first)
        if journey.lost:
            return
        self._translate_back()
        wanted, got = reply(self._ends.packet), journey.packet
        if (got.source, got.destination) != (wanted.source, wanted.destination):
            message = (
                f"the answer is from {got.source} to {got.destination}, where the sender waits for one from "
                f"{wanted.source} to {wanted.destination}: it is not taken for an answer"
            )
            journey.say("vpc", "destination", journey.end, message, passes=False)

    def _answer_from_outside(self, first: Journey) -> None:
        """From a router outside, back by the gateway that the first packet left by."""
        journey, finder = self.journey, self._finder
        sender = self._ends.sender
        if not first.left_by or sender is None:
            # It was for a switch's or gateway node's own address, which answers; how is not followed.
            return
        if first.left_by.startswith("svc-"):
            service = finder.shared(EndpointService, first.left_by)
            assert service is not None
            self._out_of_vrf(service)
            return
        if first.left_by.startswith("pgw-"):
            gateway = finder.shared(PrivateGateway, first.left_by)
            network = network_of(gateway, self._region) if gateway is not None else None
            assert gateway is not None
            assert network is not None
            self._out_of_tunnel(gateway, network)
            self._inwards(network, gateway, block_of(sender.vpc_id, journey.packet.destination, finder))
            if not journey.lost:
                self._by_private_gateway(gateway)
            return
        router = internet_router(first.left_by, finder)
        assert router is not None
        version = version_of(journey.packet.destination)
        block = block_of(sender.vpc_id, journey.packet.destination, finder) if version == 6 else ""
        self._inwards(self._region.internet, router, block)
        if not journey.lost:
            self._back_in(first.left_by)

    # Through VPCs

    def _send(self, interface: NetworkInterface) -> None:
        """From an interface, by appliances where routes lead to them, to another one or out by a gateway."""
        journey, finder = self.journey, self._finder
        for _ in range(APPLIANCES_MAX + 1):
            way = path(
                interface,
                journey.packet,
                finder,
                established=self._established,
                public_prefixes6=self._region.public_prefixes6,
                between=between(self._region),
                undo=self._undo,
            )
            other = finder.shared(NetworkInterface, way.end)
            journey.follow(way, self._carrier(self._hypervisor(interface), other))
            if journey.lost:
                return
            if other is None:
                self._leave(way.end, interface)
                return
            if owner_of(other, journey.packet.destination):
                journey.end = other.id
                return
            journey.say("vpc", "appliance", other.id, f"{other.id} is an appliance: taken to send it on")
            journey.hops[-1] = msgspec.structs.replace(journey.hops[-1], project_id=other.project_id)
            interface = other
        journey.say("vpc", "drop", interface.id, f"more than {APPLIANCES_MAX} appliances: a loop", passes=False)

    def _enter(self, way: Path) -> None:
        """What comes in by a gateway: over the tunnel from the gateway node, and on if an appliance gets it."""
        journey, other = self.journey, self._finder.shared(NetworkInterface, way.end)
        journey.follow(way, self._carrier(journey.node, other))
        if other is None or journey.lost:
            return
        journey.end = other.id
        if not owner_of(other, journey.packet.destination):
            journey.say("vpc", "appliance", other.id, f"{other.id} is an appliance: taken to send it on")
            journey.hops[-1] = msgspec.structs.replace(journey.hops[-1], project_id=other.project_id)
            self._send(other)

    def _carrier(self, here: str, to: NetworkInterface | None) -> Callable[[], None] | None:
        return (lambda: self._tunnel(here, self._hypervisor(to))) if to is not None else None

    def _into(self, owner: ElasticIp | Vpc) -> None:
        """From a gateway node into the VPC of a public address."""
        journey = self.journey
        if self._established:
            self._back_in("")
            return
        if isinstance(owner, ElasticIp):
            way = arrival(owner, journey.packet, self._finder)
        else:
            way = public_entry(owner.id, journey.packet, self._finder)
        self._enter(way)

    def _by_private_gateway(self, gateway: PrivateGateway) -> None:
        self._enter(private_entry(gateway, self.journey.packet, self._finder, established=self._established))

    def _back_in(self, gateway: str) -> None:
        """An answer at the gateway that translated the connection's source: translated back, and into the VPC."""
        journey, sender = self.journey, self._ends.sender
        assert sender is not None
        for before, after in reversed(self._undo):
            if before.source != after.source and journey.packet.destination == after.source:
                packet = msgspec.structs.replace(
                    journey.packet, destination=before.source, destination_port=before.source_port
                )
                self._translated(gateway or sender.vpc_id, sender.project_id, packet)
                break
        self._enter(entry(sender.vpc_id, journey.packet, self._finder, established=True))

    def _translate_back(self) -> None:
        """What a load balancer or an endpoint translated where the client is: the answer comes from its address again.
        A load balancer's hop is the target's project's, whose addresses a client of another project is not told."""
        journey, sender = self.journey, self._ends.sender
        for before, after in reversed(self._undo):
            if any(contains(prefix, before.destination) for prefix in between(self._region)):
                continue  # the service's router did that, and undoes it where the answer comes back to it
            if before.destination != after.destination and (
                (journey.packet.source, journey.packet.source_port) == (after.destination, after.destination_port)
            ):
                packet = msgspec.structs.replace(
                    journey.packet, source=before.destination, source_port=before.destination_port
                )
                own = endpoint_at(sender.vpc_id, before.destination, self._finder) if sender is not None else None
                target = self._finder.shared(NetworkInterface, self._first.end) if self._first is not None else None
                whose = own or target
                self._translated(journey.end, whose.project_id if whose is not None else "", packet)

    def _translated(self, component: str, project_id: str, packet: Packet) -> None:
        """A hop at which a connection's translation is undone."""
        journey = self.journey
        old, new = journey.packet, packet
        what = (old.destination, new.destination) if old.source == new.source else (old.source, new.source)
        hop = Hop(
            number=0,
            layer="vpc",
            point="translation",
            passes=True,
            component=component,
            decided_by=component,
            message=f"{what[0]} is translated back to {what[1]}, as the connection's first packet was",
            project_id=project_id,
            before=addresses(old),
            after=addresses(new),
        )
        journey.add(hop)
        journey.packet = packet

    # Gateway nodes and the fabric

    def _leave(self, gateway: str, interface: NetworkInterface) -> None:
        """Out of VPCs by a gateway."""
        finder, region = self._finder, self._region
        if gateway.startswith(("vpce-", "svc-")):
            self._over_link(gateway, interface)
            return
        router: Resource | None
        network: ProviderNetwork | None = region.internet
        if gateway.startswith("pgw-"):
            router = private = finder.shared(PrivateGateway, gateway)
            network = network_of(private, region) if private is not None else None
        else:
            router = internet_router(gateway, finder)
        if router is None or network is None:
            message = f"the region gives {gateway} no network: nothing leaves by it"
            self.journey.say("gateway", "drop", gateway, message, passes=False)
            return
        self.journey.left_by = gateway
        if not self._at_node(router, network, self._hypervisor(interface)):
            return
        if self._fabric is not None:
            self._outwards(network)
        if isinstance(router, PrivateGateway) and not self.journey.lost:
            self._into_tunnel(router, network)

    def _into_tunnel(self, gateway: PrivateGateway, network: ProviderNetwork) -> None:
        """Through the tunnel of a VPN connection, where the packet is for what is behind one, and the VRF leads it to a
        concentrator: another router may have the same prefix there, private connect's, and be preferred."""
        journey = self.journey
        connection = vpn_at(gateway, journey.packet.destination, self._finder)
        ends = journey.reached.split(", ") if journey.reached else ()
        if connection is not None and (not ends or at_concentrators(network, ends)):
            journey.add(tunnel_hop(connection, network, self._finder, ends))
            journey.end, journey.reached = "outside", connection.customer_gateway_id

    def _out_of_tunnel(self, gateway: PrivateGateway, network: ProviderNetwork) -> None:
        """What comes from behind a VPN connection comes through its tunnel, unless it is the answer to a packet that
        went another way."""
        connection = vpn_at(gateway, self.journey.packet.source, self._finder)
        hops = self._first.hops if self._first is not None else ()
        if connection is not None and (self._first is None or any(hop.point == "vpn-connection" for hop in hops)):
            self.journey.add(tunnel_hop(connection, network, self._finder))

    def _over_link(self, end: str, interface: NetworkInterface) -> None:
        """From an endpoint to its service's VPC, or from a service to a client's. The routers of both are on the
        service's gateway node."""
        finder, journey, prefixes = self._finder, self.journey, between(self._region)
        endpoint = finder.shared(ServiceEndpoint, end)
        service = finder.shared(EndpointService, endpoint.service_id if endpoint is not None else end)
        assert service is not None
        if not self._at_node(service, private_link(self._region), self._hypervisor(interface)):
            return
        if endpoint is not None:
            crossed = to_service(endpoint, journey.packet, finder, prefixes)
            if not crossed.end:
                self._into_vrf(service, crossed)
                return
        else:
            crossed = to_client(service, journey.packet, finder, prefixes, self._undo)
        self._enter_from(crossed)

    def _enter_from(self, crossed: Crossed) -> None:
        """Into the VPC at the other end of a private link."""
        way = entry(
            crossed.end,
            crossed.packet,
            self._finder,
            established=self._established,
            first=crossed.steps,
            between=between(self._region),
        )
        self._enter(way)

    def _into_vrf(self, service: EndpointService, crossed: Crossed) -> None:
        """From a service's routers into its VRF. They are on the gateway node that has the packet."""
        journey, network = self.journey, network_of(service, self._region)
        journey.follow(Path(steps=crossed.steps, end=service.id, packet=crossed.packet))
        if network is None:
            message = f"the region gives the cloud no network of VRF {service.vrf}"
            journey.say("gateway", "drop", service.id, message, passes=False)
            return
        journey.left_by = service.id
        if self._at_node(service, network, "") and self._fabric is not None:
            self._outwards(network)

    def _out_of_vrf(self, service: EndpointService) -> None:
        """The answer of a backend: to the gateway node that has the service, and to the client's VPC."""
        network = network_of(service, self._region)
        assert network is not None
        self._inwards(network, service, "")
        if not self.journey.lost:
            prefixes = between(self._region)
            self._enter_from(to_client(service, self.journey.packet, self._finder, prefixes, self._undo))

    def _outwards(self, network: ProviderNetwork) -> None:
        """From the gateway node, by its routes."""
        journey, fabric = self.journey, self._fabric
        assert fabric is not None
        destination = journey.packet.destination
        internet = network.name == self._region.internet.name
        owner = public_owner(destination, self._finder) if internet else None
        router = router_of(owner, self._finder) if owner is not None else None
        holder = self._node_of(router) if router is not None else ""
        leg = fabric.outwards(journey.node, network.name, destination, holder)
        journey.cross(leg)
        if journey.lost:
            return
        if owner is not None and holder and holder in leg.ends:
            journey.node = holder
            self._into(owner)
        else:
            journey.end, journey.reached = "outside", ", ".join(leg.ends)

    def _inwards(self, network: ProviderNetwork, router: Resource, prefix: str) -> None:
        """From outside to the gateway node that has a router."""
        journey, fabric = self.journey, self._fabric
        node = self._node_of(router)
        if fabric is not None and node:
            packet = journey.packet
            leg = fabric.inwards(packet.source, network.name, packet.destination, node, prefix)
            journey.cross(leg)
            if journey.lost:
                return
        self._at_node(router, network, "")

    def _at_node(self, router: Resource, network: ProviderNetwork, hypervisor: str) -> bool:
        """The hop at the gateway node that has a router, behind the tunnel from a hypervisor."""
        journey, node = self.journey, self._node_of(router)
        order = gateway_order(self._region, router)
        if not node:
            what = f"none of {', '.join(order)} runs" if order else "the region has none"
            journey.say("gateway", "drop", "", f"no gateway node: {what}", passes=False)
            return False
        self._tunnel(hypervisor, node)
        if journey.lost:
            return False
        rank = f"the first of {', '.join(order)} that runs" if len(order) > 1 else "the only one"
        message = f"gateway node {node} has {router.id}'s port on {network.name}: {rank}"
        journey.add(
            Hop(
                number=0,
                layer="gateway",
                point="gateway-node",
                passes=True,
                component=node,
                decided_by=gateway_group(self._region, router),
                message=message,
                vrf=network.vrf,
            )
        )
        journey.node = node
        return True

    def _node_of(self, router: Resource) -> str:
        order = gateway_order(self._region, router)
        return next((n for n in order if self._fabric is None or self._fabric.lives(n)), "")

    def _hypervisor(self, interface: NetworkInterface) -> str:
        return hypervisor_of(interface, self._region, self._finder)

    def _tunnel(self, here: str, there: str) -> None:
        """Geneve between two chassis, where both are known and not the same."""
        fabric = self._fabric
        if fabric is None or not here or not there or here == there:
            return
        ends = fabric.tunnel_address(here), fabric.tunnel_address(there)
        if not all(ends):
            return
        message = f"Geneve from {here} ({ends[0]}) to {there} ({ends[1]})"
        self.journey.carry(here, message, fabric.carried(here, there))

    def _nowhere(self, owner: ElasticIp | Vpc | None) -> None:
        """A public address that nothing is behind: gateway nodes drop it, for their aggregate leads nowhere else."""
        destination = self.journey.packet.destination
        what = "no elastic IP and in no VPC's block" if owner is None else "not associated, or has no internet gateway"
        message = f"{destination} is {what}: no gateway node has it"
        self.journey.say("gateway", "drop", owner.id if owner is not None else "", message, passes=False)


def _answer(asked: ReachabilityBody, ends: Ends, there: Journey, back: Journey | None) -> Reachability:
    outcome: Outcome = there.outcome
    if back is not None and back.outcome != "reachable":
        outcome = back.outcome
    hops = [("", hop) for hop in there.hops] + [("the answer: ", hop) for hop in (back.hops if back else ())]
    failed = next(((head, hop) for head, hop in hops if not hop.passes), None)
    if failed is not None:
        words, by = f"{failed[0]}{failed[1].message}", failed[1].decided_by or failed[1].component
    else:
        words, by = f"the packet reaches {there.reached or there.end or 'its end'}, and the answer comes back", ""
    return Reachability(
        outcome=outcome,
        explanation=words,
        decided_by=by,
        asked=addresses(ends.packet),
        protocol=asked.protocol,
        there=tuple(there.hops),
        back=tuple(back.hops) if back is not None else (),
    )
