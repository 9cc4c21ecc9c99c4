"""Tags of whatever resource: Neutron's are words, ours have a value, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.api.turns import in_turn
from crossconnect.cloud.neutron.errors import absent, bad
from crossconnect.cloud.neutron.facts import answer
from crossconnect.cloud.neutron.ids import digits_of, face_of, id_of
from crossconnect.cloud.neutron.networks import OWN_SUBNET
from crossconnect.cloud.neutron.ports import INTERFACE
from crossconnect.cloud.neutron.registry import FLOATING_IP, GROUP, NETWORK, ROUTER
from crossconnect.cloud.neutron.render import tags_from, tags_of
from crossconnect.cloud.neutron.requests import plain
from crossconnect.cloud.resource import Kind, Patch, Refused
from crossconnect.cloud.service import Service

_KINDS: dict[str, Kind] = {
    "port": INTERFACE,
    "router": ROUTER,
    "floatingip": FLOATING_IP,
    "security_group": GROUP,
    "subnet4": OWN_SUBNET,
    "subnet6": OWN_SUBNET,
}


class Tags:
    """GET, PUT and DELETE of a resource's tags, and of one of them."""

    def __init__(self, service: Service) -> None:
        """Over a service."""
        self._service = service

    async def list(self, call: Call) -> Answer:
        """All of them."""
        _kind, resource = await self._resource(call)
        return answer({"tags": tags_of(resource.tags)})

    async def replace(self, call: Call) -> Answer:
        """Others."""
        words = plain(call.body).get("tags")
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise bad("tags is a list of texts", "tags")
        kind, resource = await self._resource(call)
        await self._write(call, kind, resource, words)
        return answer({"tags": words})

    async def clear(self, call: Call) -> Answer:
        """None."""
        kind, resource = await self._resource(call)
        await self._write(call, kind, resource, [])
        return Answer(status=204)

    async def show(self, call: Call) -> Answer:
        """GET of one: 204 where the resource has it."""
        _kind, resource = await self._resource(call)
        if call.name not in tags_of(resource.tags):
            raise absent("tag", call.name)
        return Answer(status=204)

    async def add(self, call: Call) -> Answer:
        """PUT of one more, which may be there already."""
        await self._alter(call, lambda words: words if call.name in words else [*words, call.name])
        return Answer(status=201)

    async def remove(self, call: Call) -> Answer:
        """DELETE of one."""

        def without(words: list[str]) -> list[str]:
            if call.name not in words:
                raise absent("tag", call.name)
            return [word for word in words if word != call.name]

        await self._alter(call, without)
        return Answer(status=204)

    async def _alter(self, call: Call, changed: Callable[[list[str]], list[str]]) -> None:
        """One tag more or less, whoever else changes others meanwhile."""

        async def attempt() -> None:
            kind, resource = await self._resource(call)
            words = changed(tags_of(resource.tags))
            await self._write(call, kind, resource, words, if_match=resource.revision)

        await in_turn(attempt)

    async def _write(
        self, call: Call, kind: Kind, resource: Any, words: list[str], if_match: int | None = None
    ) -> None:
        if any(word.startswith("neutron:") for word in words):
            raise bad("tags that begin with `neutron:` are our own", "tags")
        patch: Patch = kind.patch(tags=tags_from(words, resource.tags))
        await self._service.update(kind, call.caller, resource.id, patch, if_match=if_match)

    async def _resource(self, call: Call) -> tuple[Kind, Any]:
        call.reached = True
        face = face_of(call.id)
        if face == "network":
            for kind, prefix in ((NETWORK, "nnet"), (OWN_SUBNET, "subnet")):
                try:
                    document = await self._service.get(kind, call.caller, f"{prefix}-{digits_of(face, call.id)}")
                except Refused as refused:
                    if refused.status != 404:
                        raise
                else:
                    return kind, document.resource(kind.resource)
        elif face is not None and face in _KINDS:
            kind = _KINDS[face]
            try:
                document = await self._service.get(kind, call.caller, id_of(face, call.id))
            except Refused as refused:
                if refused.status != 404:
                    raise
            else:
                return kind, document.resource(kind.resource)
        raise absent("tag-resource", call.id)
