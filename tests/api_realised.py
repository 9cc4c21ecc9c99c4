"""A real `xc serve` with a real northbound, southbound and northd behind it, and resources of every kind of two
projects in it; and what a request of such an API names: ids that exist, one's own and the other's.

    resources of two projects (cloud_commands) --> ids --> paths, queries and bodies of made-up requests
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import schemathesis

from cloud_api import API_YAML, SETTINGS, Api
from cloud_bodies_beyond import VRFS
from cloud_commands import World, draw
from cloud_process import given
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Refused
from crossconnect.cloud.service import Service
from ovn_central import Central, central, needs_ovn

OWN, OTHER = "acme", "globex"
COMMANDS = 450
"""So many that there is something of every kind."""
PEERS = {
    "peer": ("security_group", "prefix_list"),
    "destination": ("prefix_list",),
    "target": ("internet_gateway", "nat_gateway", "network_interface", "vpc_peering", "transit_router"),
    "resource_id": ("vpc", "subnet", "network_interface"),
}
"""Fields that name resources of several kinds, and are not called after one."""
ALIASES = {
    "service": ("endpoint_service",),
    "attachment": ("transit_router_attachment",),
    "propagating_gateway": ("private_gateway",),
    "propagated_route_table": ("transit_route_table",),
}
"""What other fields call a kind, without `_id`."""


class Realised:
    """The API, its databases, and ids by project and kind."""

    def __init__(self, api: Api, box: Central | None) -> None:
        self.api, self.box = api, box
        self.kinds = {f"/v1/{kind.path}": name for name, kind in KINDS.items()}
        """By the path of their collections."""
        self.ids: dict[tuple[str, str], list[str]] = {(p, kind): [] for p in (OWN, OTHER) for kind in KINDS}
        asyncio.run(self._populate())

    async def _populate(self) -> None:
        settings = msgspec.structs.replace(SETTINGS, vrfs=dict.fromkeys((OWN, OTHER), VRFS))
        service = await Service.open(self.api.database, KINDS, settings)
        chance = random.Random(1)
        for _ in range(COMMANDS):
            _, documents = await service.snapshot()
            resources = [one.resource(KINDS[one.kind].resource) for one in documents]
            command = draw(World(chance, resources, projects=(OWN, OTHER), zones=SETTINGS.zones))
            if command.verb == "delete":
                continue
            with contextlib.suppress(Refused):
                await given(service, command)
        _, documents = await service.snapshot()
        for one in documents:
            self.ids[one.project_id, one.kind].append(one.id)
        await service.close()

    def is_settled(self) -> bool:
        """Whether all that was made is realised, or has failed."""

        async def ask() -> bool:
            service = await self.api.service()
            committed, realised = await service.position()
            await service.close()
            return committed == realised

        return asyncio.run(ask())

    def id(self, chance: random.Random, kinds: tuple[str, ...], otherwise: str = "") -> str:
        """An id of one of some kinds: mostly one's own, at times the other's, of another kind, or what it was."""
        draw = chance.random()
        if draw < 0.1:
            return otherwise
        project = OTHER if draw < 0.3 else OWN
        kind = chance.choice([*KINDS] if draw > 0.95 else kinds)
        found = self.ids[project, kind] or [otherwise]
        return chance.choice(found[-3:] if chance.random() < 0.5 else found)

    def named(self, value: Any, chance: random.Random) -> Any:
        """A body with ids in it where ids are named."""
        if isinstance(value, list):
            return [self.named(one, chance) for one in value]
        if not isinstance(value, dict):
            return value
        return {name: self._field(name, one, chance) for name, one in value.items()}

    def _field(self, name: str, value: Any, chance: random.Random) -> Any:
        kinds = kinds_of(name)
        if kinds and isinstance(value, str) and ("_id" in name or chance.random() < 0.5):
            return self.id(chance, kinds, value)
        if kinds and isinstance(value, list) and all(isinstance(one, str) for one in value):
            return [self.id(chance, kinds, one) for one in value]
        return self.named(value, chance)

    def made(self, kind: str, said: dict[str, Any]) -> None:
        """Something was made: later requests name it, too."""
        found = self.ids.get((said["project_id"], kind))
        if found is not None:
            found.append(said["id"])

    def name_what_exists(self, case: schemathesis.Case, *, follows: bool = False) -> None:
        """Have a made-up request name what exists. What is chosen follows from the request as made up. `follows`:
        its path has an id already."""
        parts = [part for part in (case.path_parameters, case.query, case.body) if isinstance(part, dict)]
        chance = random.Random(f"{case.method} {case.path} {parts}")
        # A made-up project, or a credential beside ours, is refused before anything else is looked at.
        dull = ("authorization", "project-id", "if-match") if chance.random() < 0.8 else ()
        case.headers = {name: one for name, one in (case.headers or {}).items() if name.lower() not in dull}
        kind = self.kinds.get(case.path.partition("/{")[0], "")
        if kind and (not follows or chance.random() < 0.2) and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = self.id(chance, (kind,), case.path_parameters["id"])
        if case.query:
            case.query = self.named(case.query, chance)
        if isinstance(case.body, dict):
            example = self._example(case)
            if example is not None and chance.random() < (0.9 if follows else 0.6):
                # Much of what is made up is refused at once.
                said = {name: one for name, one in case.body.items() if chance.random() < (0.1 if follows else 0.3)}
                case.body = {**example, **said}
            case.body = self.named(case.body, chance)

    @staticmethod
    def _example(case: schemathesis.Case) -> dict[str, Any] | None:
        content = case.operation.definition.raw.get("requestBody", {}).get("content", {})
        return next((media["example"] for media in content.values() if "example" in media), None)


@functools.cache
def kinds_of(field: str) -> tuple[str, ...]:
    """What a field names by its id; none where it names nothing."""
    if field in PEERS:
        return PEERS[field]
    stem = field.removesuffix("s").removesuffix("_id")
    if stem == field.removesuffix("s"):
        return ()
    found = [kind for kind in KINDS if f"_{stem}".endswith(f"_{kind}")]
    return (max(found, key=len),) if found else ALIASES.get(stem, ())


@functools.cache
def realised_api() -> Realised:
    """One for all of a run; where there is no OVN, nothing is realised."""
    stack = contextlib.ExitStack()
    box = None
    if not needs_ovn.args[0]:
        box = stack.enter_context(central())
        box.chassis("hv1")
    root = Path(tempfile.mkdtemp(prefix="xc-api-"))
    stack.callback(shutil.rmtree, root, ignore_errors=True)
    remotes = [] if box is None else ["--northbound", box.remote("nb"), "--southbound", box.remote("sb")]
    api = Api(root, API_YAML, remotes)

    def end() -> None:
        api.process.kill()
        api.process.wait()
        stack.close()

    atexit.register(end)
    return Realised(api, box)
