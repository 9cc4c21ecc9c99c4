"""Random commands on resources of every kind by two projects, with references among them, most of which are carried
out: what a region's tenants may do, for tests that need a great deal of it.

    state of the cloud --> World --> draw(chance, world) --> Command --> carried out, or refused

The same chance and state give the same command.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import cloud_bodies
import cloud_bodies_beyond
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Resource

PROJECTS = ("red", "blue")
BODIES = cloud_bodies.BODIES | cloud_bodies_beyond.BODIES
PATCHES = cloud_bodies.PATCHES | cloud_bodies_beyond.PATCHES
KIND_OF = {kind.resource: kind.name for kind in KINDS.values()}
WANTED = {
    "vpc": 6,
    "subnet": 14,
    "route_table": 6,
    "prefix_list": 3,
    "security_group": 8,
    "security_group_rule": 25,
    "network_acl": 4,
    "network_interface": 28,
    "elastic_ip": 10,
    "internet_gateway": 4,
    "egress_only_internet_gateway": 2,
    "nat_gateway": 3,
    "load_balancer": 6,
    "target_group": 8,
    "vpc_peering": 4,
    "dhcp_options": 2,
    "transit_router": 2,
    "transit_router_attachment": 6,
    "transit_route_table": 3,
    "private_gateway": 4,
    "customer_gateway": 2,
    "vpn_connection": 3,
    "endpoint_service": 3,
    "service_endpoint": 4,
    "service_insertion": 2,
    "traffic_mirror": 3,
    "dns_zone": 3,
    "dns_record": 6,
    "flow_log": 4,
}
"""How many of a kind there are about: fewer, and more are made; more, and they go."""
NOTHING = f"{0:017x}"
"""Of an id that nothing has."""
FOREIGN = 0.02
"""How often a reference is to something of the other project, which does not exist for who asks."""


class Command(NamedTuple):
    """What somebody asks for. `said` is the body, or the patch; `id` of what is changed or deleted."""

    project: str
    verb: str
    kind: str
    id: str
    said: dict[str, Any]


class World:
    """The resources that there are, as one project asks for them by chance."""

    def __init__(
        self,
        chance: random.Random,
        resources: Iterable[Resource],
        inline: bool = False,
        projects: tuple[str, str] = PROJECTS,
        zones: tuple[str, ...] = ("a", "b"),
    ) -> None:
        """`inline`: whether this OVN has what inline appliances need."""
        self.chance = chance
        self.inline = inline
        self.projects = projects
        self.zones = zones
        self.project = projects[0]
        self.all: dict[str, Any] = {one.id: one for one in resources}
        self._of: dict[str, list[Any]] = {name: [] for name in KINDS}
        for _, one in sorted(self.all.items()):
            self._of[KIND_OF[type(one)]].append(one)

    @property
    def other(self) -> str:
        """The other project."""
        return self.projects[1 - self.projects.index(self.project)]

    def of(self, kind: str, where: Callable[[Any], object] = bool) -> list[Any]:
        """All of a kind of the project."""
        project = self.other if self.chance.random() < FOREIGN else self.project
        return [one for one in self._of[kind] if one.project_id == project and where(one)]

    def every(self, kind: str) -> list[Any]:
        """All of a kind, of both projects."""
        return self._of[kind]

    def any(self, kind: str, where: Callable[[Any], object] = bool) -> Any:
        """One of the project's; None where there is none."""
        found = self.of(kind, where)
        return self.chance.choice(found) if found else None

    def id(self, kind: str, where: Callable[[Any], object] = bool) -> str:
        """Its id; where there is none, one of nothing."""
        found = self.any(kind, where)
        return found.id if found is not None else f"{KINDS[kind].prefix}-{NOTHING}"

    def ids(self, kind: str, most: int, where: Callable[[Any], object] = bool) -> list[str]:
        """Ids of up to so many."""
        found = self.of(kind, where)
        return [one.id for one in self.chance.sample(found, min(len(found), self.chance.randint(0, most)))]

    def maybe(self, odds: float = 0.5) -> bool:
        """Whether, by chance."""
        return self.chance.random() < odds


def draw(world: World) -> Command:
    """The next command. One that names nothing, for want of something to name, is rare."""
    for _ in range(4):
        command = _drawn(world)
        if NOTHING not in str(command):
            break
    return command


def _drawn(world: World) -> Command:
    chance = world.chance
    world.project = chance.choice(world.projects)
    own = {name: [one for one in world.every(name) if not _comes_with_another(one)] for name in KINDS}
    many = sum(map(len, own.values())) / sum(WANTED.values())
    verb = chance.choices(["create", "update", "delete"], [2 if many > 1 else 5, 4, 1 + 3 * many])[0]
    present = [name for name, found in own.items() if found]
    if verb == "create" or not present:
        weights = [max(WANTED[name] - len(own[name]), 0) + 0.2 for name in KINDS]
        kind = chance.choices([*KINDS], weights)[0]
        return Command(world.project, "create", kind, "", BODIES[kind](world))
    kind = chance.choice(present)
    if verb == "update":
        one = chance.choice(world.every(kind))
        world.project = one.project_id
        if world.maybe(0.1):
            return Command(world.project, "update", kind, one.id, {"name": f"n{chance.randrange(9)}"})
        said = PATCHES[kind](world, one)
        # What another project asked for, its host answers.
        host = next((getattr(one, field) for field in HOSTS if hasattr(one, field)), "") if world.maybe(0.8) else ""
        return Command(host or world.project, "update", kind, one.id, said)
    gone = chance.choice(own[kind])
    return Command(gone.project_id, "delete", kind, gone.id, {})


HOSTS = ("peer_project_id", "transit_router_project_id", "service_project_id")
"""Fields that say whose a peering, an attachment or an endpoint is to answer."""


def _comes_with_another(one: Any) -> bool:
    return bool(getattr(one, "default", False) or getattr(one, "main", False))
