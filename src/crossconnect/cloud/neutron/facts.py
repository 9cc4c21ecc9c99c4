"""What Neutron's clients read before they begin: versions, extensions, quotas, zones, and what there is for reading
only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.neutron.collection import Collection
from crossconnect.cloud.neutron.errors import absent, bad
from crossconnect.cloud.neutron.ids import uuid_of
from crossconnect.cloud.neutron.listing import Json
from crossconnect.cloud.neutron.networks import COMMON, VPC
from crossconnect.cloud.neutron.requests import BASE_URL, Reader

BASE = "/neutron"
EXTENSIONS: Mapping[str, tuple[str, str]] = {
    "address-scope": ("Address scope", "Address scopes, for reading"),
    "allowed-address-pairs": ("Allowed Address Pairs", "Further sources of a port"),
    "availability_zone": ("Availability Zone", "Availability zones"),
    "binding": ("Port Binding", "Where a port is"),
    "binding-extended": ("Port Bindings Extended", "A second binding of a port while its machine moves"),
    "external-net": ("Neutron external network", "The internet as a network"),
    "ext-gw-mode": ("Neutron L3 Configurable external gateway mode", "Routers with and without source NAT"),
    "extraroute": ("Neutron Extra Route", "Routes of a router"),
    "extraroute-atomic": ("Atomically add/remove extra routes", "Routes of a router one by one"),
    "fip-port-details": ("Floating IP Port Details Extension", "The port of a floating IP"),
    "net-mtu": ("Network MTU", "MTU of networks"),
    "network_availability_zone": ("Network Availability Zone", "Networks in an availability zone"),
    "pagination": ("Pagination support", "Lists in pages"),
    "port-security": ("Port Security", "Ports are filtered"),
    "project-id": ("project_id field enabled", "project_id beside tenant_id"),
    "quota_details": ("Quota details management support", "Quotas with what is used"),
    "quotas": ("Quota management support", "Quotas, for reading"),
    "router": ("Neutron L3 Router", "Routers and floating IPs"),
    "security-group": ("security-group", "Security groups"),
    "security-groups-normalized-cidr": (
        "Normalized CIDR field for security group rules",
        "CIDR blocks of rules as they are understood",
    ),
    "sorting": ("Sorting support", "Lists in another order"),
    "standard-attr-description": ("standard-attr-description", "Descriptions"),
    "revision-if-match": ("If-Match constraints based on revision_number", "Changes on condition of a revision number"),
    "standard-attr-revisions": ("Resource revision numbers", "Revision numbers"),
    "standard-attr-tag": ("Tag support", "Tags"),
    "standard-attr-timestamp": ("Resource timestamps", "Times"),
    "subnet_allocation": ("Subnet Allocation", "Subnet pools, for reading"),
}
"""(Neutron's name, what it is) by alias; only what is there. Some clients look for the name."""
QUOTAS = {
    "network": "subnet",
    "subnet": "subnet",
    "port": "network_interface",
    "router": "neutron_router",
    "floatingip": "elastic_ip",
    "security_group": "security_group",
    "security_group_rule": "security_group_rule",
}
"""Neutron's names for kinds that have quotas."""
_UNLIMITED = ("subnetpool", "rbac_policy")


def answer(document: object, status: int = 200) -> Answer:
    """JSON."""
    return Answer(status=status, body=msgspec.json.encode(document))


async def versions(call: Call) -> Answer:
    """GET of the root."""
    return answer({"versions": [_version(call)]})


async def resources(call: Call) -> Answer:
    """GET of the version."""
    return answer({"version": _version(call), "resources": []})


async def extensions(call: Call) -> Answer:
    """GET of all extensions."""
    return answer({"extensions": [_extension(alias) for alias in EXTENSIONS]})


async def extension(call: Call) -> Answer:
    """GET of one."""
    if call.id not in EXTENSIONS:
        raise absent("extension", call.id)
    return answer({"extension": _extension(call.id)})


def _version(call: Call) -> Json:
    at = f"{call.headers[BASE_URL]}{BASE}/v2.0/"
    return {"id": "v2.0", "status": "CURRENT", "links": [{"rel": "self", "href": at}]}


def _extension(alias: str) -> Json:
    return {
        "alias": alias,
        "name": EXTENSIONS[alias][0],
        "description": EXTENSIONS[alias][1],
        "updated": "2026-01-01T00:00:00-00:00",
        "links": [],
    }


class Quotas(Collection):
    """Quotas of the caller's project. They are the provider's to set, by its own API."""

    singular, plural, path, stem, kind = "quota", "quotas", "quotas", "quota", "project"
    attributes = COMMON

    async def rows(self, call: Call) -> Sequence[Json]:
        """Those of the project, which Neutron names in a list only."""
        named = {"id": call.project_id, "project_id": call.project_id, "tenant_id": call.project_id}
        return [named | await self.one(call, call.project_id)]

    async def one(self, call: Call, uuid: str) -> Json:
        """Limits."""
        self._own(call, uuid)
        found = await self.service.quotas(call.caller)
        shown: Json = {name: found[kind][1] for name, kind in QUOTAS.items()}
        return shown | dict.fromkeys(_UNLIMITED, -1)

    async def details(self, call: Call) -> Answer:
        """GET with what is used."""
        self._own(call, call.id)
        found = await self.service.quotas(call.caller)
        shown: Json = {
            name: {"used": found[kind][0], "limit": found[kind][1], "reserved": 0} for name, kind in QUOTAS.items()
        }
        shown |= {name: {"used": 0, "limit": -1, "reserved": 0} for name in _UNLIMITED}
        return answer({"quota": shown})

    async def default(self, call: Call) -> Answer:
        """GET of what a project has that nobody has set quotas for."""
        self._own(call, call.id)
        found = self.service.default_quotas()
        shown: Json = {name: found[kind] for name, kind in QUOTAS.items()}
        return answer({"quota": shown | dict.fromkeys(_UNLIMITED, -1)})

    async def make(self, call: Call, reader: Reader) -> Json:
        """There is nothing to make."""
        raise bad("quotas are set by the region's operators")

    async def change(self, call: Call, uuid: str, reader: Reader) -> Json:
        """Not here."""
        raise bad("quotas are set by the region's operators: `xc cloud projects`")

    async def remove(self, call: Call, uuid: str) -> None:
        """Not here."""
        raise bad("quotas are set by the region's operators: `xc cloud projects`")

    @staticmethod
    def _own(call: Call, project_id: str) -> None:
        if project_id != call.project_id:
            raise absent("project", project_id)


class Pools(Collection):
    """Subnet pools: the CIDR blocks of VPCs. Address scopes: VPCs. For reading."""

    singular, plural, path, stem, kind = "subnetpool", "subnetpools", "subnetpools", "subnetpool", "vpc"
    attributes = (*COMMON, "ip_version", "shared", "is_default", "address_scope_id")

    async def rows(self, call: Call) -> Sequence[Json]:
        """One per VPC and IP version."""
        vpcs: list[Vpc] = await self.all_of(VPC, call.caller)
        return [self._row(vpc, version) for vpc in vpcs for version in _versions(vpc)]

    async def one(self, call: Call, uuid: str) -> Json:
        """One of them."""
        for row in await self.rows(call):
            if row["id"] == uuid.lower():
                return row
        raise absent(self.stem, uuid)

    async def make(self, call: Call, reader: Reader) -> Json:
        """For reading only."""
        raise bad(f"{self.plural} are for reading: they follow from the VPCs")

    async def change(self, call: Call, uuid: str, reader: Reader) -> Json:
        """For reading only."""
        raise bad(f"{self.plural} are for reading: they follow from the VPCs")

    async def remove(self, call: Call, uuid: str) -> None:
        """For reading only."""
        raise bad(f"{self.plural} are for reading: they follow from the VPCs")

    def _row(self, vpc: Vpc, version: Literal[4, 6]) -> Json:
        return _named(vpc, uuid_of("subnetpool4" if version == 4 else "subnetpool6", vpc.id), version) | {
            "prefixes": list(vpc.cidr_blocks if version == 4 else vpc.ipv6_cidr_blocks),
            "address_scope_id": uuid_of("address_scope4" if version == 4 else "address_scope6", vpc.id),
            "min_prefixlen": "16" if version == 4 else "44",
            "max_prefixlen": "28" if version == 4 else "64",
            "default_prefixlen": "24" if version == 4 else "64",
            "default_quota": None,
        }


class Scopes(Pools):
    """Address scopes."""

    singular, plural, path, stem = "address_scope", "address_scopes", "address-scopes", "address-scope"

    def _row(self, vpc: Vpc, version: Literal[4, 6]) -> Json:
        return _named(vpc, uuid_of("address_scope4" if version == 4 else "address_scope6", vpc.id), version)


def _named(vpc: Vpc, uuid: str, version: int) -> Json:
    return {
        "id": uuid,
        "name": vpc.name or vpc.id,
        "description": vpc.description,
        "project_id": vpc.project_id,
        "tenant_id": vpc.project_id,
        "created_at": f"{vpc.created_at[:19]}Z",
        "updated_at": f"{vpc.updated_at[:19]}Z",
        "revision_number": vpc.revision,
        "tags": [],
        "ip_version": version,
        "shared": False,
        "is_default": False,
    }


def _versions(vpc: Vpc) -> tuple[Literal[4, 6], ...]:
    return ((4,) if vpc.cidr_blocks else ()) + ((6,) if vpc.ipv6_cidr_blocks else ())
