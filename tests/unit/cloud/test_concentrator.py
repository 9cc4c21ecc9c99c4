"""What VPN concentrators are told: from documents by rows of OVN to strongSwan's configuration."""

from __future__ import annotations

from typing import Any

import msgspec

from cloud_documents import REGION
from cloud_memory import Cloud, network
from cloud_private import ends, joined
from crossconnect.cloud.concentrator import PortOfNetwork, rendered, tunnels_of
from crossconnect.cloud.concentrator.swanctl import parts
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.ovn.features import Features
from crossconnect.cloud.tunnel import TUNNEL_KEY, Tunnel

NETWORK = REGION.networks[0]
DUAL = msgspec.structs.replace(NETWORK, transfer_prefix6="fd00:c0::/64", next_hop6="fd00:c0::1")
REGION6 = msgspec.structs.replace(REGION, networks=(DUAL,))
ID = f"vpn-{7:017x}"
TUNNEL = Tunnel(customer="198.51.100.9", local=("10.0.0.0/16", "fd00:6::/56"), remote=("192.168.0.0/16",))


def stand(**fields: Any) -> tuple[Cloud, Any, Any, Any]:
    """A cloud whose project has VRF blue; a VPC's gateway into it, a customer's, and a connection of both."""
    cloud = Cloud(zones=("a", "b"), vrfs=("blue",))
    vpc, _ = network(cloud)
    gateway, customer = ends(cloud, vrf="blue", vpc_id=vpc.id, **fields)
    return cloud, vpc, gateway, joined(cloud, gateway, customer, "192.168.0.0/16", "fd00:ac::/48")


def rows(compiler: Compiler) -> dict[tuple[str, str], Any]:
    """All rows by table and key."""
    return {(row.table, row.key): row for unit in compiler.units().values() for row in unit.rows}


def told(compiler: Compiler, gateway: Any) -> dict[str, Tunnel]:
    """What a concentrator would read of the gateway's port."""
    ids = rows(compiler)["Logical_Switch_Port", f"lsp-{NETWORK.name}-{gateway.id}"].columns["external_ids"]
    ports = [
        PortOfNetwork(kind="localnet", datapath="d", options={"network_name": NETWORK.physnet}),
        PortOfNetwork(kind="patch", datapath="d", external_ids=ids),
    ]
    return tunnels_of(ports, NETWORK.physnet)


def test_a_connection_becomes_routes_and_a_tunnel() -> None:
    """Input: a connection, then the gateway's VPC with one more block, then no connection. Output: a route to each of
    its prefixes at the gateway's router; concentrators are told of the tunnel, and of what it becomes."""
    cloud, vpc, gateway, connection = stand()
    compiler = Compiler(REGION6, Features())
    compiler.apply([*cloud.documents.items()])
    assert compiler.failed() == {}
    routes = [row.columns for (table, _), row in rows(compiler).items() if table == "Logical_Router_Static_Route"]
    outer = f"{NETWORK.name}-{gateway.id}"
    hops = {route["ip_prefix"]: route["nexthop"] for route in routes if route["output_port"] == outer}
    assert hops == {"192.168.0.0/16": NETWORK.next_hop, "fd00:ac::/48": DUAL.next_hop6}
    tunnel = Tunnel(customer="198.51.100.9", local=("10.0.0.0/16",), remote=("192.168.0.0/16", "fd00:ac::/48"))
    assert told(compiler, gateway) == {connection.id: tunnel}
    changed = cloud.update(vpc.id, cidr_blocks=["10.0.0.0/16", "10.9.0.0/16"])
    compiler.apply([(vpc.id, changed)])
    assert told(compiler, gateway)[connection.id].local == ("10.0.0.0/16", "10.9.0.0/16")
    compiler.apply([(connection.id, None)])
    assert told(compiler, gateway) == {}


def test_a_gateway_that_is_attached_to_nothing_has_no_tunnel() -> None:
    cloud, _, gateway, _ = stand()
    cloud.update(gateway.id, vpc_id="")
    compiler = Compiler(REGION6, Features())
    compiler.apply([*cloud.documents.items()])
    assert told(compiler, gateway) == {}


def test_what_cannot_be_is_said_of_the_connection() -> None:
    """Input: a network without IPv6; one without concentrators; none. Output: the connection fails with the reason, and
    where the network is there its gateway does not."""
    cloud, _, gateway, connection = stand()
    bare = msgspec.structs.replace(DUAL, vpn_concentrators=())
    for networks, failed in (
        ((NETWORK,), {connection.id: "fd00:ac::/48: the network of VRF blue has no IPv6"}),
        ((bare,), {connection.id: "the region has no VPN concentrator in VRF blue"}),
        ((), dict.fromkeys((gateway.id, connection.id), "the region gives the cloud no network of VRF blue")),
    ):
        compiler = Compiler(msgspec.structs.replace(REGION, networks=networks), Features())
        compiler.apply([*cloud.documents.items()])
        assert compiler.failed() == failed


def test_only_what_is_well_formed_and_of_the_network_is_read() -> None:
    """Input: ports of two networks, with labels that are no tunnels among theirs. Output: its tunnels; nothing
    else gets into a file of strongSwan's syntax."""
    text = msgspec.json.encode(TUNNEL).decode()
    here, there = (
        PortOfNetwork(kind="localnet", datapath=one, options={"network_name": one}) for one in ("here", "there")
    )
    labels = {
        f"{TUNNEL_KEY}{ID}": text,
        f"{TUNNEL_KEY}vpn-{8:017x}": text.replace("198.51.100.9", "198.51.100.9\\n}"),
        f"{TUNNEL_KEY}vpn-{9:017x}": text.replace("192.168.0.0/16", "all"),
        f"{TUNNEL_KEY}../../etc/passwd": text,
        f"{TUNNEL_KEY}vpn-{10:017x}": "{}",
        "crossconnect:announce": "10.0.0.0/16",
    }
    ports = [
        PortOfNetwork(kind="patch", datapath="here", external_ids=labels),
        here,
        there,
        PortOfNetwork(kind="patch", datapath="there", external_ids={f"{TUNNEL_KEY}vpn-{11:017x}": text}),
    ]
    assert tunnels_of(ports, "here") == {ID: TUNNEL}


def test_the_configuration_has_a_child_per_ip_version_and_no_key_in_clear() -> None:
    other = f"vpn-{8:017x}"
    text = rendered("203.0.113.250", {ID: TUNNEL, other: TUNNEL}, {ID: b'se"cret }'})
    assert "se" + '"cret' not in text
    assert other not in text, "it has no key"
    for line in (
        f"  {ID} {{",
        "    remote_addrs = 198.51.100.9",
        f"      {ID}-ipv4 {{",
        "        local_ts = 10.0.0.0/16",
        "        remote_ts = 192.168.0.0/16",
        "    secret = 0sc2UiY3JldCB9",
    ):
        assert line in text.splitlines()
    assert f"{ID}-ipv6" not in text, "nothing of IPv6 is behind the customer gateway"
    assert text.count("{") == text.count("}")


def test_parts_tell_which_connection_is_another_one() -> None:
    other = f"vpn-{8:017x}"
    keys = {ID: b"one", other: b"two"}
    before = parts(rendered("203.0.113.250", {ID: TUNNEL, other: TUNNEL}, keys))
    assert before.keys() == keys.keys()
    wider = msgspec.structs.replace(TUNNEL, remote=("192.168.0.0/15",))
    for tunnels, also in (({ID: TUNNEL, other: wider}, {}), ({ID: TUNNEL, other: TUNNEL}, {other: b"three"})):
        after = parts(rendered("203.0.113.250", tunnels, keys | also))
        assert [id for id in before if after.get(id) != before[id]] == [other]
    assert parts("") == {}
