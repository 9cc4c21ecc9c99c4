"""Private link: which addresses endpoints have, and which ones services support."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cloud_memory import Cloud, network, refused
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Refused
from crossconnect.cloud.service.presenting import as_guest

THEIRS, OURS = "fd00:a::/56", "fd00:b::/56"


class Stand:
    """A service of alpha behind a load balancer of both versions, and a subnet of beta that has both."""

    def __init__(self, **fields: Any) -> None:
        self.cloud = cloud = Cloud()
        vpc, subnet = network(cloud, ipv6_cidr_blocks=[THEIRS])
        cloud.update(subnet.id, ipv6_cidr_block="fd00:a:0:1::/64")
        self.balancer = cloud.create("load_balancer", subnet_ids=[subnet.id], ip_address_type="dualstack")
        body = {"load_balancer_id": self.balancer.id, "allowed_projects": ["*"], "acceptance_required": False}
        self.service = cloud.create("endpoint_service", **body | fields)
        self.vpc, self.subnet = self.client(OURS)
        self.their_vpc = vpc

    def client(self, block: str, cidr: str = "10.1.0.0/16", project: str = "beta") -> tuple[Any, Any]:
        """A VPC of another project's, and a subnet of both versions."""
        vpc, subnet = network(self.cloud, cidr, project=project, ipv6_cidr_blocks=[block])
        own = f"{block.partition('::')[0]}:0:1::/64"
        return vpc, self.cloud.update(subnet.id, project=project, ipv6_cidr_block=own)

    def endpoint(self, kind: str | None = None, subnet: Any = None) -> Any:
        """An endpoint of a type; None: of the one that it has without being asked."""
        subnet = subnet or self.subnet
        body = {} if kind is None else {"ip_address_type": kind}
        return self.cloud.create(
            "service_endpoint", project=subnet.project_id, service_id=self.service.id, subnet_ids=[subnet.id], **body
        )


BOTH = ("ipv4", "ipv6")


def test_without_being_asked_it_is_ipv4() -> None:
    stand = Stand()
    assert stand.service.supported_ip_address_types == ("ipv4",)
    made = stand.endpoint()
    assert (made.ip_address_type, made.addresses, made.ipv6_addresses) == ("ipv4", ("10.1.1.4",), ())
    for kind in ("ipv6", "dualstack"):
        with pytest.raises(Refused) as error:
            Stand().endpoint(kind)
        assert refused(error) == (422, "service-endpoint.address-type", "/ip_address_type")


def test_an_endpoint_has_addresses_of_its_type_and_frees_them_when_it_goes() -> None:
    for kind, four, six in (("dualstack", 1, 1), ("ipv6", 0, 1), ("ipv4", 1, 0)):
        stand = Stand(supported_ip_address_types=[*BOTH, "ipv6"])
        assert stand.service.supported_ip_address_types == BOTH
        made = stand.endpoint(kind)
        assert (len(made.addresses), len(made.ipv6_addresses)) == (four, six)
        scopes = [scope for scope, _ in stand.cloud.of_owner[made.id] if scope.startswith(stand.subnet.id)]
        assert len(scopes) == four + six
        effects = stand.cloud.plan_delete(made.id, project="beta").effects
        assert all(address in effects[0].message for address in made.addresses + made.ipv6_addresses)
        stand.cloud.delete(made.id, project="beta")
        assert not stand.cloud.of_owner.get(made.id)


def test_a_subnet_without_a_block_of_the_version_is_refused() -> None:
    stand = Stand(supported_ip_address_types=["ipv6"])
    _, only4 = network(stand.cloud, "10.3.0.0/16", project="beta")
    with pytest.raises(Refused) as error:
        stand.endpoint("ipv6", only4)
    assert refused(error) == (422, "address.no-block", "/subnet_ids/0")
    with pytest.raises(Refused) as error:
        stand.endpoint("ipv4")
    assert refused(error) == (422, "service-endpoint.address-type", "/ip_address_type")


def test_the_type_changes_and_the_plan_tells() -> None:
    """Input: an endpoint of IPv4 becomes dual-stack, then IPv6 only, then IPv4. Output: addresses come and go, the ones
    that stay are the same; what is cut is told; only its own project may."""
    stand = Stand(supported_ip_address_types=[*BOTH])
    cloud, made = stand.cloud, stand.endpoint("ipv4")
    with pytest.raises(Refused) as error:
        cloud.update(made.id, ip_address_type="dualstack")
    assert refused(error) == (403, "service-endpoint.not-yours", "/ip_address_type")
    plan = cloud.plan_update(made.id, project="beta", ip_address_type="dualstack")
    assert [(effect.cuts, "fd00:b:0:1::4" in effect.message) for effect in plan.effects] == [(False, True)]
    both = cloud.update(made.id, project="beta", ip_address_type="dualstack")
    assert (both.addresses, both.ipv6_addresses) == (made.addresses, ("fd00:b:0:1::4",))
    assert not cloud.plan_update(made.id, project="beta", ip_address_type="dualstack").effects
    plan = cloud.plan_update(made.id, project="beta", ip_address_type="ipv6")
    assert [(effect.cuts, made.addresses[0] in effect.message) for effect in plan.effects] == [(True, True)]
    six = cloud.update(made.id, project="beta", ip_address_type="ipv6")
    assert (six.addresses, six.ipv6_addresses) == ((), both.ipv6_addresses)
    with pytest.raises(Refused) as error:
        cloud.update(stand.subnet.id, project="beta", ipv6_cidr_block="")
    assert refused(error) == (409, "subnet.cidr-in-use", "/ipv6_cidr_block")
    four = cloud.update(made.id, project="beta", ip_address_type="ipv4")
    assert (four.addresses, four.ipv6_addresses) == (made.addresses, ())
    cloud.update(stand.subnet.id, project="beta", ipv6_cidr_block="")
    with pytest.raises(Refused) as error:
        cloud.update(made.id, project="beta", ip_address_type="dualstack")
    assert refused(error) == (422, "address.no-block", "/ip_address_type")


def test_a_rejected_endpoint_of_a_service_that_is_gone_gets_no_more_addresses() -> None:
    stand = Stand(supported_ip_address_types=[*BOTH])
    made = stand.endpoint()
    stand.cloud.update(made.id, status="rejected")
    stand.cloud.delete(stand.service.id)
    with pytest.raises(Refused) as error:
        stand.cloud.update(made.id, project="beta", ip_address_type="dualstack")
    assert refused(error) == (422, "service-endpoint.address-type", "/ip_address_type")


def test_a_service_supports_what_its_load_balancer_has() -> None:
    """Output: types may be added and taken away, while no endpoint has addresses of them; the load balancer keeps its
    IPv6 addresses as long as the service supports IPv6."""
    stand = Stand()
    cloud, service, balancer = stand.cloud, stand.service, stand.balancer
    cloud.update(balancer.id, ip_address_type="ipv4")
    with pytest.raises(Refused) as error:
        cloud.update(service.id, supported_ip_address_types=[*BOTH])
    assert refused(error) == (422, "endpoint-service.address-type", "/supported_ip_address_types")
    with pytest.raises(Refused) as error:
        cloud.update(service.id, supported_ip_address_types=[])
    assert refused(error) == (422, "endpoint-service.no-address-type", "/supported_ip_address_types")
    cloud.update(balancer.id, ip_address_type="dualstack")
    cloud.update(service.id, supported_ip_address_types=[*BOTH])
    with pytest.raises(Refused) as error:
        cloud.update(balancer.id, ip_address_type="ipv4")
    assert refused(error) == (409, "load-balancer.service-ipv6", "/ip_address_type")
    made = stand.endpoint("dualstack")
    with pytest.raises(Refused) as error:
        cloud.update(service.id, supported_ip_address_types=["ipv4"])
    assert refused(error) == (409, "endpoint-service.address-type-in-use", "/supported_ip_address_types")
    with pytest.raises(Refused) as error:
        cloud.update(service.id, project="beta", supported_ip_address_types=["ipv4"])
    assert refused(error)[:2] == (403, "endpoint-service.not-yours")
    cloud.delete(made.id, project="beta")
    cloud.update(service.id, supported_ip_address_types=["ipv4"])
    cloud.update(balancer.id, ip_address_type="ipv4")
    with pytest.raises(Refused) as error:
        Stand(supported_ip_address_types=[])
    assert refused(error) == (422, "endpoint-service.no-address-type", "/supported_ip_address_types")


def test_ipv6_blocks_that_would_meet_are_refused_where_sources_are_kept() -> None:
    """Input: clients whose IPv4 blocks are others, and whose IPv6 ones are the service's, or another client's; later
    ones, too. Output: refused where sources are kept, not where they are translated."""
    for source in ("kept", "translated"):
        stand = Stand(supported_ip_address_types=[*BOTH], source=source)
        stand.endpoint("dualstack")
        for n, block in enumerate((THEIRS, OURS), 2):
            _, subnet = stand.client(block, f"10.{n}.0.0/16", "gamma")
            if source == "translated":
                stand.endpoint("dualstack", subnet)
                continue
            with pytest.raises(Refused) as error:
                stand.endpoint("dualstack", subnet)
            assert refused(error) == (409, "cidr.overlap", "/service_id")
        if source == "kept":
            with pytest.raises(Refused) as error:
                stand.cloud.update(stand.vpc.id, project="beta", ipv6_cidr_blocks=[OURS, THEIRS])
            assert refused(error) == (409, "cidr.overlap", "/ipv6_cidr_blocks/1")


IN_VRF: dict[str, Any] = {
    "vrf": "acme-connect",
    "source_address": "172.20.0.200",
    "ipv6_source_address": "FD00:20::0200",
    "supported_ip_address_types": [*BOTH],
    "listeners": [
        {
            "port": 80,
            "backends": [{"address": "172.20.0.9", "port": 8080}, {"address": "fd00:20:0::9", "port": 8080}],
        }
    ],
}


def test_a_service_in_a_vrf_has_an_address_and_backends_of_each_type() -> None:
    cloud = Cloud()
    service = cloud.create("endpoint_service", **IN_VRF)
    assert service.ipv6_source_address == "fd00:20::200"
    assert service.listeners[0].backends[1].address == "fd00:20::9"
    four, six = IN_VRF["listeners"][0]["backends"]
    with pytest.raises(Refused) as error:
        cloud.create("endpoint_service", **IN_VRF | {"source_address": "172.20.0.201"})
    assert refused(error) == (409, "endpoint-service.source-address-in-use", "/ipv6_source_address")
    for fields, code, field in (
        ({"ipv6_source_address": ""}, "endpoint-service.no-source-address", "/ipv6_source_address"),
        ({"ipv6_source_address": "172.20.0.5"}, "endpoint-service.address", "/ipv6_source_address"),
        ({"ipv6_source_address": "fd6c:6e6b:fffe::9"}, "endpoint-service.address", "/ipv6_source_address"),
        ({"supported_ip_address_types": ["ipv4"]}, "endpoint-service.address-type", "/ipv6_source_address"),
        ({"supported_ip_address_types": ["ipv6"]}, "endpoint-service.address-type", "/source_address"),
        (
            {"listeners": [{"port": 80, "backends": [four]}]},
            "endpoint-service.no-backend",
            "/listeners/0/backends",
        ),
        (
            {"supported_ip_address_types": ["ipv6"], "source_address": ""},
            "endpoint-service.address",
            "/listeners/0/backends/0/address",
        ),
    ):
        fresh = Cloud()
        with pytest.raises(Refused) as error:
            fresh.create("endpoint_service", **IN_VRF | fields)
        assert refused(error) == (422, code, field), fields
    only = {
        "supported_ip_address_types": ["ipv6"],
        "source_address": "",
        "listeners": [{"port": 80, "backends": [six]}],
    }
    made = Cloud().create("endpoint_service", **IN_VRF | only)
    assert made.source_address == ""
    with pytest.raises(Refused) as error:
        cloud.update(service.id, supported_ip_address_types=["ipv4"])
    assert refused(error) == (422, "endpoint-service.address-type", "/supported_ip_address_types")
    with pytest.raises(Refused) as error:
        cloud.update(service.id, listeners=[{"port": 80, "backends": [four]}])
    assert refused(error) == (422, "endpoint-service.no-backend", "/listeners/0/backends")
    vpc, _ = network(cloud, "10.9.0.0/16", ipv6_cidr_blocks=["fd00:20::/56"])
    with pytest.raises(Refused) as error:
        cloud.create("private_gateway", vrf="acme-connect", vpc_id=vpc.id)
    assert refused(error) == (409, "cidr.overlap", "/vpc_id")
    cloud.delete(service.id)
    cloud.create("endpoint_service", **IN_VRF)


def test_only_a_service_in_a_vrf_has_an_ipv6_source_address() -> None:
    with pytest.raises(Refused) as error:
        Stand(ipv6_source_address="fd00:20::9")
    assert refused(error) == (422, "endpoint-service.not-in-vrf", "/ipv6_source_address")


def test_others_see_what_a_service_supports_and_not_where_it_is() -> None:
    service = Cloud().create("endpoint_service", **IN_VRF)
    seen = msgspec.json.decode(as_guest(KINDS["endpoint_service"], msgspec.json.encode(service)))
    assert seen["supported_ip_address_types"] == [*BOTH]
    assert (seen["source_address"], seen["ipv6_source_address"], seen["listeners"]) == ("", "", [])
