"""Which routes a gateway node has: pure, from rows of the southbound database.

    chassisredirect cr-r-ext   chassis: gw1               the router's gateway port, and where it is now
    patch           r-ext      peer: ext-r, mac: ...      the router's end: its address in the transfer prefix
    patch           ext-r      nat_addresses: ...         the switch's end: addresses translated there (IPv4,
                                                          of load balancers IPv6), and
                               external_ids               in ANNOUNCE_KEY whatever else is to be announced
    Advertised_Route           logical_port: r-ext, ip_prefix: later OVN's own list of the same, where routers have
                               options:dynamic-routing; with IPv6 translations
    Datapath_Binding           external_ids:dynamic-routing-vrf-id: the kernel's table that ovn-controller writes that
                               list into, on the node that has the router
    localnet        (any)      network_name: internet     the provider network of that switch

A router's address in the transfer prefix is next hop of all that is behind it: one neighbour per router, however many
addresses it has, and the same wherever it moves.

Where FRR announces out of OVN's tables (`TableSpeaker`), what is in them is not ours any more: it gets no route here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from crossconnect.cloud.region import ROUTING_TABLE_MAX
from crossconnect.net import Prefix, address_of, canonical_prefix, contains, version_of
from crossconnect.net.address import BITS

ANNOUNCE_KEY = "crossconnect:announce"
"""Key in `external_ids` of the switch's port towards a router (northd copies them): addresses and prefixes to announce
beside those in `nat_addresses`, in which OVN has no IPv6 translations."""


class PortBinding(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the southbound table `Port_Binding`, as far as it matters here."""

    name: str
    kind: str
    """Column `type`."""
    datapath: str
    chassis: str = ""
    """Its name; empty while the port is nowhere."""
    options: Mapping[str, str] = {}
    addresses: tuple[str, ...] = ()
    """Column `mac`."""
    nat_addresses: tuple[str, ...] = ()
    external_ids: Mapping[str, str] = {}
    advertised: tuple[str, ...] = ()
    """Of a router's port: what `Advertised_Route` has for it."""
    table: int = 0
    """Of a router's port that ovn-controller itself tells the kernel of: the routing table. 0: it does not."""


class GatewayNetwork(msgspec.Struct, frozen=True, kw_only=True):
    """A provider network on this node."""

    name: str
    interface: str
    """The kernel's port to it, `name` by default of the lab."""
    namespace: str = ""
    """Network namespace that is the network's VRF here; empty: `vrf` has its name, or there is but one table."""
    vrf: str = ""
    """VRF device, where the kernel has those."""
    transfer: tuple[str, ...]
    prefixes: tuple[str, ...]
    """Nothing outside of these is announced."""


class TableSpeaker(msgspec.Struct, frozen=True, kw_only=True):
    """FRR 10 or later on this node that announces what ovn-controller (25.03 or later) writes into routing tables, one
    for each router. Its default instance: no other one knows `redistribute table-direct`."""

    network: str
    """The provider network that is not in a VRF here."""
    asn: int
    route_map: str = ""
    """What may be announced: the route map's name without the `-v4` or `-v6` that follows; none: everything."""
    vtysh: tuple[str, ...] = ("vtysh",)
    """How it is spoken to."""


class AgentConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent is told."""

    chassis: str
    """This node, by its `system-id`."""
    southbound: str
    """The database's remotes, as `ovn-remote` has them."""
    networks: tuple[GatewayNetwork, ...]
    leave: tuple[str, ...] = ()
    """Command that ends ovn-controller in order; none given: the agent has nothing to do with it."""
    join: tuple[str, ...] = ()
    """Command that starts it where it does not run."""
    tables: TableSpeaker | None = None
    """Who announces out of OVN's tables; none: what OVN says of itself is one more source of the agent's routes."""


class Route(msgspec.Struct, frozen=True, order=True):
    """A route of this node's kernel."""

    network: str
    prefix: str
    next_hop: str = ""
    """Empty: on the link."""


def routes_of(ports: Iterable[PortBinding], configuration: AgentConfiguration) -> frozenset[Route]:
    """All routes that this node is to have, by what the southbound database says now."""
    by_name = {port.name: port for port in ports}
    routes: set[Route] = set()
    for network, port, router in _routers(by_name, configuration):
        if _home(router, by_name) == configuration.chassis:
            theirs = _in_table(router, by_name) if _is_speakers(configuration, network) else frozenset()
            routes.update(route for route in _behind(network, port, router) if route.prefix not in theirs)
    return frozenset(routes)


def tables_of(ports: Iterable[PortBinding], configuration: AgentConfiguration) -> frozenset[int]:
    """The routing tables that FRR is to announce from: those of all routers on the network, wherever they are now.
    ovn-controller fills a table where the router is, so that one that moves is announced without the agent."""
    by_name = {port.name: port for port in ports}
    return frozenset(
        table
        for network, _, router in _routers(by_name, configuration)
        if _is_speakers(configuration, network) and (table := _table(router, by_name))
    )


def _routers(
    by_name: Mapping[str, PortBinding], configuration: AgentConfiguration
) -> Iterable[tuple[GatewayNetwork, PortBinding, PortBinding]]:
    """Each router on a network of this node's: the network, the switch's port, the router's."""
    networks = {network.name: network for network in configuration.networks}
    on_datapath = {
        port.datapath: networks[name]
        for port in by_name.values()
        if port.kind == "localnet" and (name := port.options.get("network_name", "")) in networks
    }
    for port in by_name.values():
        network = on_datapath.get(port.datapath)
        if network is None or port.kind not in ("patch", "l3gateway"):
            continue
        router = by_name.get(port.options.get("peer", ""))
        if router is not None:
            yield network, port, router


def _is_speakers(configuration: AgentConfiguration, network: GatewayNetwork) -> bool:
    return configuration.tables is not None and configuration.tables.network == network.name


def _table(router: PortBinding, by_name: Mapping[str, PortBinding]) -> int:
    """The table of a router that FRR can announce from; 0 where there is none."""
    gateway = _gateway(router, by_name)
    table = router.table or (gateway.table if gateway is not None else 0)
    return table if table <= ROUTING_TABLE_MAX else 0


def _in_table(router: PortBinding, by_name: Mapping[str, PortBinding]) -> frozenset[Prefix]:
    """What ovn-controller writes into a router's table."""
    return frozenset(_prefixes(router.advertised)) if _table(router, by_name) else frozenset()


def _home(router: PortBinding, by_name: Mapping[str, PortBinding]) -> str:
    """The chassis that a router's port is on: that of its gateway port, or of the whole router (`l3gateway`)."""
    gateway = _gateway(router, by_name)
    return gateway.chassis if gateway is not None else router.chassis


def _gateway(router: PortBinding, by_name: Mapping[str, PortBinding]) -> PortBinding | None:
    return by_name.get(router.options.get("chassis-redirect-port", "") or f"cr-{router.name}")


def _behind(network: GatewayNetwork, port: PortBinding, router: PortBinding) -> Iterable[Route]:
    next_hops = {
        version_of(address): address
        for words in router.addresses
        for word in words.split()[1:]
        if "/" in word and any(contains(prefix, address := address_of(word)) for prefix in network.transfer)
    }
    own = {address_of(word) for words in router.addresses for word in words.split()[1:] if "/" in word}
    for prefix in _announced(port, router):
        if any(contains(outer, prefix) for outer in network.prefixes) and address_of(prefix) not in own:
            yield Route(network.name, prefix, next_hops.get(version_of(prefix), ""))


def _announced(port: PortBinding, router: PortBinding) -> Iterable[Prefix]:
    """Addresses behind a port as prefixes; what is no address, such as `is_chassis_resident("...")`, is left out."""
    words = [word for text in port.nat_addresses for word in text.split()[1:]]
    words += router.advertised
    words += port.external_ids.get(ANNOUNCE_KEY, "").split()
    return _prefixes(words)


def _prefixes(words: Iterable[str]) -> Iterable[Prefix]:
    for word in words:
        try:
            yield canonical_prefix(word if "/" in word else f"{word}/{BITS[version_of(word)]}")
        except ValueError:
            continue
