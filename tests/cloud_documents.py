"""Documents of the cloud for tests, with readable ids; and a region that they live in."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from crossconnect.cloud.kinds.network_acl import ALLOW_ALL, AclEntry, NetworkAcl
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.route_table import Route, RouteTable
from crossconnect.cloud.kinds.security_group import SecurityGroup, SecurityGroupRule
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.region import CloudRegion, GatewayChassis, ProviderNetwork, VpnConcentrator, Zone
from crossconnect.cloud.resource import Resource

R = TypeVar("R", bound=Resource)

REGION = CloudRegion(
    name="north",
    zones=(Zone(name="a", chassis=("hv1", "hv2")), Zone(name="b", chassis=("hv3",))),
    gateways=tuple(GatewayChassis(name=f"gw{n}") for n in (1, 2, 3)),
    internet=ProviderNetwork(
        name="internet",
        vrf="internet",
        physnet="internet",
        transfer_prefix="192.0.2.0/24",
        next_hop="192.0.2.1",
        transfer_prefix6="2001:db8:ffff::/64",
        next_hop6="2001:db8:ffff::1",
        on_hypervisors=True,
    ),
    networks=(
        ProviderNetwork(
            name="connect-blue",
            vrf="blue",
            physnet="connect",
            vlan=100,
            transfer_prefix="198.18.0.0/24",
            next_hop="198.18.0.1",
            vpn_concentrators=(VpnConcentrator(name="vpn1", address="203.0.113.250"),),
        ),
    ),
    public_prefixes=("203.0.113.0/24",),
    public_prefixes6=("2001:db8::/34",),
)


def made(kind: type[R], id: str, **fields: object) -> R:
    """A document."""
    fields = {"project_id": "blue", "created_at": "", "updated_at": "", **fields}
    return kind(id=id, **fields)  # pyright: ignore


class Cloud:
    """Documents that are not yet given to a compiler: `take` gives them, as changes."""

    def __init__(self) -> None:
        self.documents: dict[str, Resource] = {}
        self._changed: dict[str, Resource | None] = {}
        self._numbers = 0

    def put(self, document: R) -> R:
        """One more, or another one with that id."""
        self.documents[document.id] = document
        self._changed[document.id] = document
        return document

    def make(self, kind: type[R], id: str, **fields: object) -> R:
        """A new document."""
        return self.put(made(kind, id, **fields))

    def drop(self, id: str) -> None:
        """One less."""
        del self.documents[id]
        self._changed[id] = None

    def take(self) -> list[tuple[str, Resource | None]]:
        """What changed since the last call."""
        changed, self._changed = self._changed, {}
        return [*changed.items()]

    def number(self) -> int:
        """The next number."""
        self._numbers += 1
        return self._numbers

    def vpc(self, name: str, *blocks: str, six: tuple[str, ...] = (), **fields: object) -> Vpc:
        """A VPC with what comes with it: group `sg-<name>`, table `rtb-<name>`, network ACL `acl-<name>`."""
        id = f"vpc-{name}"
        vpc = self.make(
            Vpc,
            id,
            cidr_blocks=blocks,
            ipv6_cidr_blocks=six,
            main_route_table_id=f"rtb-{name}",
            default_security_group_id=f"sg-{name}",
            default_network_acl_id=f"acl-{name}",
            number=self.number(),
            **fields,
        )
        self.make(RouteTable, f"rtb-{name}", vpc_id=id, main=True)
        self.make(NetworkAcl, f"acl-{name}", vpc_id=id, default=True, entries=ALLOW_ALL)
        self.make(SecurityGroup, f"sg-{name}", vpc_id=id, default=True)
        self.rule(f"sgr-{name}-in", f"sg-{name}", "ingress", f"sg-{name}")
        self.rule(f"sgr-{name}-out4", f"sg-{name}", "egress", "0.0.0.0/0")
        self.rule(f"sgr-{name}-out6", f"sg-{name}", "egress", "::/0")
        return vpc

    def rule(
        self,
        id: str,
        group: str,
        direction: str,
        peer: str,
        protocol: str = "all",
        ports: tuple[int, int] | None = None,
    ) -> SecurityGroupRule:
        """A rule of a security group."""
        low, high = ports or (None, None)
        return self.make(
            SecurityGroupRule,
            id,
            security_group_id=group,
            direction=direction,
            peer=peer,
            protocol=protocol,
            from_port=low,
            to_port=high,
            number=self.number(),
        )

    def change(self, document: R, **fields: object) -> R:
        """The same document with other fields."""
        return self.put(msgspec.structs.replace(document, **fields))

    def bare_group(self, name: str, vpc: str) -> SecurityGroup:
        """A security group without rules."""
        return self.make(SecurityGroup, f"sg-{name}", vpc_id=f"vpc-{vpc}")

    def group(self, name: str, vpc: str) -> SecurityGroup:
        """A security group whose members may send everything."""
        group = self.make(SecurityGroup, f"sg-{name}", vpc_id=f"vpc-{vpc}")
        self.rule(f"sgr-{name}-out4", group.id, "egress", "0.0.0.0/0")
        return group

    def subnet(self, name: str, vpc: str, block: str, six: str = "", zone: str = "a", **fields: object) -> Subnet:
        """A subnet."""
        return self.make(
            Subnet,
            f"subnet-{name}",
            vpc_id=f"vpc-{vpc}",
            cidr_block=block,
            ipv6_cidr_block=six,
            availability_zone=zone,
            **fields,
        )

    def port(
        self, name: str, subnet: str, address: str, *groups: str, six: str = "", **fields: object
    ) -> NetworkInterface:
        """An interface; its MAC ends as its address does."""
        of = self.documents[f"subnet-{subnet}"]
        assert isinstance(of, Subnet)
        vpc = self.documents[of.vpc_id]
        assert isinstance(vpc, Vpc)
        return self.make(
            NetworkInterface,
            f"eni-{name}",
            vpc_id=vpc.id,
            subnet_id=of.id,
            mac=mac(address or "0.0.0.0"),
            private_addresses=(address,) if address else (),
            ipv6_addresses=(six,) if six else (),
            security_group_ids=tuple(f"sg-{g}" for g in groups) or (vpc.default_security_group_id,),
            **fields,
        )

    def table(self, name: str, vpc: str, *routes: tuple[str, str], **fields: object) -> RouteTable:
        """A route table."""
        return self.make(
            RouteTable,
            f"rtb-{name}",
            vpc_id=f"vpc-{vpc}",
            main=name == vpc,
            routes=tuple(Route(destination=d, target=t) for d, t in routes),
            **fields,
        )

    def acl(self, name: str, vpc: str, *entries: AclEntry, default: bool = False) -> NetworkAcl:
        """A network ACL."""
        return self.make(NetworkAcl, f"acl-{name}", vpc_id=f"vpc-{vpc}", entries=entries, default=default)


def mac(address: str) -> str:
    """02:c0 and the address."""
    return "02:c0:" + ":".join(f"{int(part):02x}" for part in address.split("."))
