"""The real openstacksdk against a real `xc serve`: what maps, what is refused, and what stays between projects."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import openstack
import pytest
from openstack import exceptions

from cloud_api import shared_api

INTERNET = "internet"


@functools.cache
def cloud(key: str = "acme/member") -> Any:
    """A connection for one project's key."""
    api = shared_api()
    return openstack.connection.Connection(
        auth={
            "auth_url": f"{api.url}/identity/v3",
            "username": "whoever",
            "password": api.keys[key],
            "project_name": key.partition("/")[0],
            "user_domain_id": "default",
            "project_domain_id": "default",
        },
        region_name="RegionOne",
        identity_api_version="3",
    )


def made(cidr: str, key: str = "acme/member") -> tuple[Any, Any]:
    """A network with a subnet."""
    net = cloud(key).network.create_network(name=f"net-{cidr}")
    return net, cloud(key).network.create_subnet(network_id=net.id, ip_version=4, cidr=cidr)


def refused(call: Callable[[], object]) -> str:
    """What the server says to what it refuses."""
    with pytest.raises(exceptions.HttpException) as caught:
        call()
    assert 400 <= (caught.value.status_code or 0) < 500
    return str(caught.value.details or caught.value)


def test_ports_have_the_addresses_that_are_asked_for() -> None:
    """Input: ports without, with one and with taken addresses. Output: as asked; taken ones are a conflict."""
    neutron = cloud().network
    net, subnet = made("10.60.1.0/24")
    first = neutron.create_port(network_id=net.id)
    assert first.fixed_ips == [{"subnet_id": subnet.id, "ip_address": "10.60.1.4"}]
    second = neutron.create_port(
        network_id=net.id,
        fixed_ips=[{"ip_address": "10.60.1.50"}],
        mac_address="fa:16:3e:0:1:2".replace(":0:1:2", ":00:01:02"),
    )
    assert second.mac_address == "fa:16:3e:00:01:02"
    assert "in use" in refused(lambda: neutron.create_port(network_id=net.id, fixed_ips=[{"ip_address": "10.60.1.50"}]))
    assert [p.id for p in neutron.ports(fixed_ips="ip_address=10.60.1.50", network_id=net.id)] == [second.id]
    assert {p.id for p in neutron.ports(network_id=net.id)} == {first.id, second.id}


def test_both_ip_versions_are_two_subnets_of_one_network() -> None:
    """Input: an IPv6 subnet beside the IPv4 one, then a port that wants IPv4 only, then the IPv6 one deleted. Output:
    two subnets; only the address that is asked for; one subnet left."""
    neutron = cloud().network
    net, four = made("10.61.1.0/24")
    six = neutron.create_subnet(network_id=net.id, ip_version=6, cidr="fd00:61:1:1::/64", name="six")
    assert neutron.get_network(net.id).subnet_ids == [four.id, six.id]
    assert neutron.get_subnet(six.id).name == "six"
    both = neutron.create_port(network_id=net.id)
    assert [a["ip_address"] for a in both.fixed_ips] == ["10.61.1.4", "fd00:61:1:1::4"]
    only = neutron.create_port(network_id=net.id, fixed_ips=[{"subnet_id": four.id}])
    assert [a["subnet_id"] for a in only.fixed_ips] == [four.id]
    assert "have addresses of the block" in refused(lambda: neutron.delete_subnet(six.id, ignore_missing=False))
    neutron.delete_port(both.id)
    neutron.delete_subnet(six.id, ignore_missing=False)
    assert neutron.get_network(net.id).subnet_ids == [four.id]


def test_subnets_reach_each_other_by_a_router_only() -> None:
    """Input: two networks, a router with one of them, then with both. Output: the documents behind them: a network ACL
    that lets in what the router's subnets send, and nothing else."""
    neutron, api = cloud().network, shared_api()
    one_net, one = made("10.62.1.0/24")
    _, two = made("10.62.2.0/24")
    router = neutron.create_router(name="inner")
    neutron.add_interface_to_router(router, subnet_id=one.id)

    def entries() -> list[tuple[str, str, str]]:
        subnets = api.call("GET", "/v1/subnets", params={"cidr_block": "10.62.1.0/24"}).json()["items"]
        acl = api.call("GET", f"/v1/network-acls/{subnets[0]['network_acl_id']}").json()
        return [(e["direction"], e["action"], e["cidr"]) for e in acl["entries"]]

    assert ("ingress", "allow", "10.62.2.0/24") not in entries()
    neutron.add_interface_to_router(router, subnet_id=two.id)
    assert ("ingress", "allow", "10.62.2.0/24") in entries()
    assert not any(cidr == "0.0.0.0/0" for _, _, cidr in entries())
    other = neutron.create_router(name="other")
    said = refused(lambda: neutron.add_interface_to_router(other, subnet_id=one.id))
    assert "a network has one router" in said
    (port,) = neutron.ports(device_owner="network:router_interface", network_id=one_net.id)
    assert port.device_id == router.id
    assert port.fixed_ips == [{"subnet_id": one.id, "ip_address": "10.62.1.1"}]
    neutron.remove_interface_from_router(router, subnet_id=two.id)
    assert ("ingress", "allow", "10.62.2.0/24") not in entries()


def test_a_gateway_gives_the_subnets_an_address_and_a_way_out() -> None:
    """Input: a router with a gateway; another network of the project that it does not have. Output: a default route,
    the router's address as the subnet's source, and a network ACL that keeps the other network out."""
    neutron, api = cloud().network, shared_api()
    internet = neutron.find_network(INTERNET)
    _, inside = made("10.63.1.0/24")
    made("10.163.1.0/24")
    router = neutron.create_router(external_gateway_info={"network_id": internet.id})
    neutron.add_interface_to_router(router, subnet_id=inside.id)
    address = router.external_gateway_info["external_fixed_ips"][0]["ip_address"]
    (subnet,) = api.call("GET", "/v1/subnets", params={"cidr_block": "10.63.1.0/24"}).json()["items"]
    elastic = api.call("GET", f"/v1/elastic-ips/{subnet['egress_elastic_ip_id']}").json()
    assert elastic["address"] == address
    routes = api.call("GET", f"/v1/route-tables/{subnet['route_table_id']}").json()["routes"]
    assert [r["destination"] for r in routes if r["target"].startswith("igw-")] == ["0.0.0.0/0", "::/0"]
    acl = api.call("GET", f"/v1/network-acls/{subnet['network_acl_id']}").json()["entries"]
    ingress = [(e["action"], e["cidr"]) for e in acl if e["direction"] == "ingress"]
    assert ingress[0] == ("allow", "10.63.1.0/24")
    assert ("deny", "10.163.0.0/16") in ingress
    assert ingress[-2:] == [("allow", "0.0.0.0/0"), ("allow", "::/0")]
    assert ingress.index(("deny", "10.163.0.0/16")) < ingress.index(("allow", "0.0.0.0/0"))
    neutron.update_router(router, external_gateway_info=None)
    assert api.call("GET", f"/v1/elastic-ips/{elastic['id']}").status_code == 404


def test_a_floating_ip_needs_a_gateway_and_moves() -> None:
    """Input: a floating IP for a port without a router with gateway; then with one, at a second port. Output: 404 as
    Neutron's; then it leads to one port at a time, and goes although it is associated."""
    neutron = cloud().network
    internet = neutron.find_network(INTERNET)
    net, subnet = made("10.64.1.0/24")
    a, b = (neutron.create_port(network_id=net.id) for _ in range(2))
    said = refused(lambda: neutron.create_ip(floating_network_id=internet.id, port_id=a.id))
    assert "no router with a gateway" in said
    router = neutron.create_router(external_gateway_info={"network_id": internet.id})
    neutron.add_interface_to_router(router, subnet_id=subnet.id)
    floating = neutron.create_ip(floating_network_id=internet.id, port_id=a.id)
    assert floating.port_id == a.id
    moved = neutron.update_ip(floating, port_id=b.id)
    assert (moved.port_id, moved.fixed_ip_address) == (b.id, b.fixed_ips[0]["ip_address"])
    assert [f.id for f in neutron.ips(port_id=b.id)] == [floating.id]
    neutron.delete_ip(floating, ignore_missing=False)
    assert neutron.find_ip(floating.floating_ip_address, ignore_missing=True) is None


def test_rules_are_of_one_ip_version() -> None:
    """Input: rules by group, by prefix, ICMP of IPv6, the same twice. Output: as they were asked for; twice is a
    conflict; the project's default group has Neutron's four rules."""
    neutron = cloud().network
    net, _ = made("10.68.1.0/24")
    # Other tests have VPCs with default groups of their own in the project.
    default = neutron.get_security_group(neutron.create_port(network_id=net.id).security_group_ids[0])
    rules = {(r["direction"], r["ethertype"], r["remote_group_id"]) for r in default.security_group_rules}
    assert ("ingress", "IPv4", default.id) in rules
    assert ("ingress", "IPv6", default.id) in rules
    group = neutron.create_security_group(name="sdk")
    by_group = neutron.create_security_group_rule(
        security_group_id=group.id, direction="ingress", ether_type="IPv6", protocol="tcp", remote_group_id=default.id
    )
    assert (by_group.ether_type, by_group.remote_group_id) == ("IPv6", default.id)
    ping = neutron.create_security_group_rule(
        security_group_id=group.id, direction="ingress", ether_type="IPv6", protocol="icmp"
    )
    assert ping.protocol == "ipv6-icmp"
    twice = {
        "security_group_id": group.id,
        "direction": "ingress",
        "protocol": "udp",
        "port_range_min": 53,
        "port_range_max": 53,
    }
    neutron.create_security_group_rule(**twice)
    assert "same rule" in refused(lambda: neutron.create_security_group_rule(**twice))


def test_lists_have_pages_filters_and_fields() -> None:
    """Input: 25 ports, asked for in pages of 10, by name, sorted, and with one field. Output: each once."""
    api = shared_api()
    net, _ = made("10.65.1.0/24")
    for n in range(25):
        cloud().network.create_port(network_id=net.id, name=f"page-{n:02}")
    head = {"x-auth-token": api.keys["acme/member"]}
    found: list[str] = []
    page = f"{api.url}/neutron/v2.0/ports?limit=10&network_id={net.id}&description="
    while page:
        got = api.http.get(page, headers=head).json()
        found += [port["name"] for port in got["ports"]]
        # Whole URLs, as Terraform's library needs them.
        page = got["ports_links"][0]["href"] if "ports_links" in got else ""
        assert page == "" or page.startswith(f"{api.url}/neutron/v2.0/ports?")
    assert sorted(found) == [f"page-{n:02}" for n in range(25)]
    query = {"network_id": net.id, "sort_key": "name", "sort_dir": "desc", "fields": "name", "limit": "2"}
    got = api.http.get("/neutron/v2.0/ports", params=query, headers=head).json()
    assert got["ports"] == [{"name": "page-24"}, {"name": "page-23"}]
    bad = api.http.get("/neutron/v2.0/ports", params={"colour": "blue"}, headers=head)
    assert bad.status_code == 400
    assert "invalid attribute" in bad.json()["NeutronError"]["message"]


def test_another_project_sees_and_reaches_nothing() -> None:
    """Input: ids of one project used by another, in paths and bodies. Output: 404 or 400, and nothing in lists."""
    net, subnet = made("10.66.1.0/24")
    port = cloud().network.create_port(network_id=net.id)
    other = cloud("globex/member").network
    for missing in (
        lambda: other.get_network(net.id),
        lambda: other.get_port(port.id),
        lambda: other.update_port(port.id, name="mine"),
        lambda: other.delete_port(port.id, ignore_missing=False),
        lambda: other.create_port(network_id=net.id),
        lambda: other.create_subnet(network_id=net.id, ip_version=6, cidr="fd00:66::/64"),
        lambda: other.add_interface_to_router(other.create_router(), subnet_id=subnet.id),
    ):
        assert "could not be found" in refused(missing) or "there is no" in refused(missing)
    assert net.id not in {n.id for n in other.networks()}
    assert port.id not in {p.id for p in other.ports()}
    assert cloud().network.get_port(port.id).name == ""


def test_several_in_one_request_are_made_or_none_is() -> None:
    """Input: three ports in one request, of which the last wants a taken address. Output: none of them."""
    api = shared_api()
    net, _ = made("10.67.1.0/24")
    head = {"x-auth-token": api.keys["acme/member"]}
    ports = [{"network_id": net.id, "fixed_ips": [{"ip_address": f"10.67.1.{n}"}]} for n in (10, 11, 10)]
    got = api.http.post("/neutron/v2.0/ports", json={"ports": ports}, headers=head)
    assert got.status_code == 409
    assert list(cloud().network.ports(network_id=net.id)) == []
    got = api.http.post("/neutron/v2.0/ports", json={"ports": ports[:2]}, headers=head)
    assert [p["fixed_ips"][0]["ip_address"] for p in got.json()["ports"]] == ["10.67.1.10", "10.67.1.11"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("networks", {"network": {"name": "x", "admin_state_up": False}}),
        ("networks", {"network": {"name": "x", "colour": "blue"}}),
        ("networks", {"network": {"name": 7}}),
        ("networks", {"networks": []}),
        ("networks", []),
        ("networks", {"network": {"name": "x", "tenant_id": "globex"}}),
        ("subnets", {"subnet": {"network_id": "x", "cidr": "10.0.0.0/24", "ip_version": 4}}),
        ("subnets", {"subnet": {"network_id": "x", "cidr": "10.0.0.0/31", "ip_version": 4}}),
        ("subnets", {"subnet": {"network_id": "x", "cidr": "10.0.0.0/8"}}),
        ("subnets", {"subnet": {"network_id": "x", "cidr": "ten", "ip_version": 4}}),
        ("ports", {"port": {"network_id": "00000000-0000-0000-0000-000000000000"}}),
        ("ports", {"port": {"network_id": None}}),
        ("ports", {"port": {"fixed_ips": {"a": 1}}}),
        ("routers", {"router": {"external_gateway_info": {"network_id": "x"}}}),
        ("floatingips", {"floatingip": {}}),
        ("security-group-rules", {"security_group_rule": {"direction": "sideways"}}),
        ("security-group-rules", {"security_group_rule": {"direction": "ingress", "port_range_min": "a"}}),
    ],
)
def test_bodies_that_cannot_be_meant_are_one_clear_error(path: str, body: object) -> None:
    """Input: bodies that are wrong in one way each. Output: 400 or 404 with type and message, and nothing made."""
    api = shared_api()
    got = api.http.post(f"/neutron/v2.0/{path}", json=body, headers={"x-auth-token": api.keys["acme/member"]})
    assert got.status_code in (400, 404), got.text
    assert set(got.json()["NeutronError"]) == {"type", "message", "detail"}
    assert got.json()["NeutronError"]["message"]


def test_without_a_valid_key_there_is_nothing() -> None:
    """Input: no token, a wrong one, and a wrong password at the identity endpoint. Output: 401 each."""
    api = shared_api()
    assert api.http.get("/neutron/v2.0/networks").status_code == 401
    assert api.http.get("/neutron/v2.0/networks", headers={"x-auth-token": "xck_ak-0_no"}).status_code == 401
    auth = {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "a", "password": "no"}}}}}
    assert api.http.post("/identity/v3/auth/tokens", json=auth).status_code == 401
    assert api.http.post("/identity/v3/auth/tokens", json={"auth": []}).status_code == 400


def test_a_token_for_another_project_than_the_keys_is_refused() -> None:
    """Input: a key, and the project that a client names beside it. Output: a token for its own, 401 for others."""
    api = shared_api()
    found: list[int] = []
    for key, project in (
        ("globex/member", {"name": "globex"}),
        ("globex/member", {"id": "globex"}),
        ("globex/member", {"name": "acme", "domain": {"id": "default"}}),
        ("globex/member", {"id": "nowhere"}),
        ("operator", {"name": "globex"}),
        ("operator", None),
    ):
        auth: dict[str, Any] = {
            "identity": {"methods": ["password"], "password": {"user": {"password": api.keys[key]}}}
        }
        if project is not None:
            auth["scope"] = {"project": project}
        got = api.http.post("/identity/v3/auth/tokens", json={"auth": auth})
        found.append(got.status_code)
        if got.status_code == 401:
            assert "it is no way into project" in got.text
            assert "x-subject-token" not in got.headers
    assert found == [201, 201, 401, 401, 401, 201]


def test_the_link_to_the_next_page_keeps_what_was_asked_for() -> None:
    """Input: two ports whose name has characters with a meaning in URLs, asked for one at a time. Output: both."""
    api = shared_api()
    net, _ = made("10.92.1.0/24")
    name = "a&b=c d#é"
    wanted = {cloud().network.create_port(network_id=net.id, name=name).id for _ in range(2)}
    head = {"x-auth-token": api.keys["acme/member"]}
    first = api.http.get("/neutron/v2.0/ports", params={"name": name, "limit": "1"}, headers=head).json()
    second = api.http.get(first["ports_links"][0]["href"], headers=head).json()
    assert {port["id"] for port in [*first["ports"], *second["ports"]]} == wanted


def test_each_subnet_has_its_own_name_servers() -> None:
    """Input: two networks of a project with other DNS servers each, one with an IPv6 subnet, too; then other servers;
    one of the wrong IP version. Output: as asked, and refused."""
    neutron = cloud().network
    _, subnet = made("10.94.1.0/24")
    assert subnet.dns_nameservers == []
    other = neutron.create_network(name="other")
    second = neutron.create_subnet(
        network_id=other.id, ip_version=4, cidr="10.94.2.0/24", dns_nameservers=["192.0.2.53", "192.0.2.54"]
    )
    assert second.dns_nameservers == ["192.0.2.53", "192.0.2.54"]
    third = neutron.create_subnet(
        network_id=other.id, ip_version=6, cidr="fd00:94:2::/64", dns_nameservers=["2001:db8::53"]
    )
    assert third.dns_nameservers == ["2001:db8::53"]
    assert neutron.get_subnet(second.id).dns_nameservers == ["192.0.2.53", "192.0.2.54"]
    assert neutron.update_subnet(subnet.id, dns_nameservers=["192.0.2.60"]).dns_nameservers == ["192.0.2.60"]
    assert neutron.update_subnet(second.id, dns_nameservers=[]).dns_nameservers == []
    assert neutron.get_subnet(third.id).dns_nameservers == ["2001:db8::53"]
    assert "no IPv4 address" in refused(lambda: neutron.update_subnet(second.id, dns_nameservers=["2001:db8::1"]))
    neutron.delete_subnet(third.id)
    assert neutron.get_subnet(second.id).name == second.name


def test_an_address_pair_is_shown_as_it_was_asked_for() -> None:
    """Input: pairs of an address, an IPv6 address, a block. Output: the same; Terraform would change others again."""
    net, _ = made("10.93.1.0/24")
    asked = ["10.93.1.200", "fd00:93::1", "10.93.1.128/28"]
    port = cloud().network.create_port(network_id=net.id, allowed_address_pairs=[{"ip_address": one} for one in asked])
    assert sorted(pair["ip_address"] for pair in port.allowed_address_pairs) == sorted(asked)


def test_extensions_subnet_pools_and_address_scopes_are_for_reading() -> None:
    """Input: a network of its own, then questions about what is there, and a pool that is to be made. Output: its pool
    with its scope, its own only; what cannot be done is refused."""
    neutron = cloud().network
    made("10.91.1.0/24")
    aliases = {one.alias for one in neutron.extensions()}
    assert {"router", "security-group", "subnet_allocation", "address-scope", "quotas"} <= aliases
    assert neutron.find_extension("security-group").alias == "security-group"
    assert neutron.find_extension("bgp") is None
    pools = {one.id: one for one in neutron.subnet_pools()}
    scopes = {one.id: one for one in neutron.address_scopes()}
    (pool,) = [one for one in pools.values() if any(prefix.startswith("10.91.") for prefix in one.prefixes)]
    assert scopes[pool.address_scope_id].ip_version == pool.ip_version == 4
    assert neutron.get_subnet_pool(pool.id).prefixes == pool.prefixes
    assert neutron.get_address_scope(pool.address_scope_id).id == pool.address_scope_id
    assert not pools.keys() & {one.id for one in cloud("globex/member").network.subnet_pools()}
    refused(lambda: neutron.create_subnet_pool(name="own", prefixes=["10.0.0.0/8"]))
    refused(lambda: neutron.create_address_scope(name="own", ip_version=4))


def test_a_port_has_a_second_binding_while_its_machine_moves() -> None:
    """Input: bindings as Nova makes, activates and deletes them for a live migration, one that fails too. Output: the
    host follows; what cannot be is refused as in Neutron."""
    neutron = cloud().network
    net, _ = made("10.95.1.0/24")
    port = neutron.create_port(network_id=net.id, binding_host_id="hv1")

    def bindings() -> dict[str, str]:
        return {one.host: one.status for one in neutron.port_bindings(port)}

    assert bindings() == {"hv1": "ACTIVE"}
    second = neutron.create_port_binding(port, host="hv2", vnic_type="normal", profile={})
    assert (second.host, second.status, second.vif_type) == ("hv2", "INACTIVE", "ovs")
    assert bindings() == {"hv1": "ACTIVE", "hv2": "INACTIVE"}
    for host in ("hv2", "hv3"):
        assert "hv2" in refused(lambda host=host: neutron.create_port_binding(port, host=host))
    neutron.delete_port_binding(port, "hv2")  # it has failed
    assert bindings() == {"hv1": "ACTIVE"}
    neutron.create_port_binding(port, host="hv2")
    assert "active" in refused(lambda: neutron.activate_port_binding(port, "hv1"))
    neutron.activate_port_binding(port, "hv2")
    assert bindings() == {"hv2": "ACTIVE", "hv1": "INACTIVE"}
    assert neutron.get_port(port.id).binding_host_id == "hv2"
    assert "hv1 first" in refused(lambda: neutron.delete_port_binding(port, "hv2"))
    neutron.delete_port_binding(port, "hv1")
    assert bindings() == {"hv2": "ACTIVE"}
    assert neutron.find_extension("binding-extended")
    assert "could not be found" in refused(lambda: list(cloud("globex/member").network.port_bindings(port)))


def test_what_is_not_there_is_told_as_neutron_does() -> None:
    """Input: paths and a method that there are not. Output: 404 and 405, as NeutronErrors, or as Keystone tells it."""
    api = shared_api()
    head = {"x-auth-token": api.keys["acme/member"]}
    for method, path, status, kind in (
        ("GET", "/neutron/v2.0/lbaas/loadbalancers", 404, "HTTPNotFound"),
        ("PATCH", "/neutron/v2.0/ports", 405, "HTTPMethodNotAllowed"),
    ):
        got = api.http.request(method, path, headers=head)
        assert (got.status_code, got.json()["NeutronError"]["type"]) == (status, kind)
    got = api.http.get("/identity/v3/users", headers=head)
    assert (got.status_code, got.json()["error"]["code"]) == (404, 404)
    assert api.http.get("/v1/nothing").json()["code"] == "path.not-found"
