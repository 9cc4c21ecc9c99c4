"""Random commands of two projects against a model of a few dictionaries: the same are refused, with the same status,
and the same resources are there in the end."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cloud_kinds import NETWORK, PORT, NetworkBody, NetworkPatch, PortBody, PortPatch
from cloud_service import BLUE, RED, check_consistent, serving
from crossconnect.cloud.resource import Kind, Refused
from crossconnect.cloud.service import Caller, Outcome, Query, Service

CALLERS = {"red": RED, "blue": BLUE}


class Op(msgspec.Struct, frozen=True):
    """One command. `at` and `other` choose among all resources that were ever made, of whatever project."""

    what: str
    project: str
    at: int
    other: int
    number: int
    name: str
    token: int
    """0: none."""
    match: int
    """0: no condition, 1: the right revision, 2: a wrong one."""
    dry: bool


OPS = st.builds(
    Op,
    what=st.sampled_from(("network", "port", "port", "port", "address", "peers", "name", "delete", "delete")),
    project=st.sampled_from(("red", "red", "blue")),
    at=st.integers(0, 30),
    other=st.integers(0, 30),
    number=st.integers(0, 4),
    name=st.sampled_from(("a", "ü", "网")),
    token=st.sampled_from((0, 0, 0, 1, 2)),
    match=st.sampled_from((0, 0, 1, 2)),
    dry=st.sampled_from((False, False, False, True)),
)


class Model:
    """What there is, by id."""

    def __init__(self) -> None:
        self.there: dict[str, dict[str, Any]] = {}
        self.ever: list[tuple[str, str]] = []
        """(kind, id)"""
        self.tokens: dict[tuple[str, int], tuple[Any, str]] = {}

    def pick(self, kind: str, n: int) -> str:
        ids = [id for k, id in self.ever if k == kind]
        return ids[n % len(ids)] if ids else f"{'net' if kind == 'network' else 'port'}-{'0' * 17}"

    def seen(self, id: str, project: str) -> dict[str, Any] | None:
        one = self.there.get(id)
        return one if one is not None and one["project"] == project else None

    def users(self, id: str) -> list[str]:
        return [x for x, one in self.there.items() if one.get("network") == id or id in one.get("peers", ())]

    def taken(self, network: str, but: str = "") -> set[int]:
        return {one["address"] for id, one in self.there.items() if one.get("network") == network and id != but}


async def attempt(call: Any) -> tuple[int, Outcome | None]:
    try:
        return 200, await call
    except Refused as refused:
        return refused.status, None


async def create(service: Service, model: Model, op: Op) -> None:
    caller, token = CALLERS[op.project], f"t{op.token}" if op.token else ""
    body: NetworkBody | PortBody
    if op.what == "network":
        kind, body = NETWORK, NetworkBody(size=op.number, name=op.name)
        expected = 200 if op.number else 422
    else:
        network = model.pick("network", op.at)
        peers = (model.pick("port", op.other),) if op.number == 2 else ()
        wanted = op.number if op.number != 4 else None
        kind, body = PORT, PortBody(network_id=network, address=wanted, peer_ids=peers, name=op.name)
        there = model.seen(network, op.project)
        taken = model.taken(network)
        if there is None:
            expected = 404
        elif wanted is None:
            expected = 200 if set(range(there["size"])) - taken else 409
        else:
            expected = 409 if wanted in taken or wanted >= there["size"] else 200
        if expected == 200 and any(model.seen(peer, op.project) is None for peer in peers):
            expected = 404
    known = model.tokens.get((op.project, op.token)) if op.token and not op.dry else None
    if known is not None:
        expected = 200 if known[0] == body else 409
    status, outcome = await attempt(service.create(kind, caller, body, token=token, dry_run=op.dry))
    assert status == expected, (op, body)
    if outcome is None or op.dry:
        return
    if known is not None:
        assert outcome.replayed
        assert outcome.document.id == known[1]
        return
    id = outcome.document.id
    fields: dict[str, Any] = {"project": op.project, "name": op.name, "revision": outcome.revision}
    if isinstance(body, NetworkBody):
        fields |= {"size": body.size}
    else:
        address = outcome.resource.address  # type: ignore[union-attr]
        taken = model.taken(body.network_id)
        if body.address is None:
            assert address == min(set(range(len(taken) + 1)) - taken)
        fields |= {"network": body.network_id, "address": address, "peers": body.peer_ids}
    model.there[id] = fields
    model.ever.append((kind.name, id))
    if op.token:
        model.tokens[op.project, op.token] = (body, id)


def target(model: Model, op: Op) -> tuple[Kind, str, dict[str, Any] | None, int | None, int]:
    """(Kind, id, what the model has, condition, status that follows from them)."""
    kind = PORT if op.what in ("address", "peers") or op.other % 2 else NETWORK
    id = model.pick(kind.name, op.at)
    there = model.seen(id, op.project)
    match = None if op.match == 0 or there is None else there["revision"] + op.match - 1
    status = 404 if there is None else 412 if op.match == 2 else 200
    return kind, id, there, match, status


async def update(service: Service, model: Model, op: Op) -> None:
    kind, id, there, match, expected = target(model, op)
    patch: PortPatch | NetworkPatch
    change: dict[str, Any]
    if op.what == "address":
        patch, change = PortPatch(address=op.number), {"address": op.number}
        if expected == 200 and there is not None and op.number in model.taken(there["network"], id):
            expected = 409
    elif op.what == "peers":
        peers = (model.pick("port", op.other),)
        patch, change = PortPatch(peer_ids=peers), {"peers": peers}
        if expected == 200 and model.seen(peers[0], op.project) is None:
            expected = 404
    else:
        patch, change = kind.patch(name=op.name), {"name": op.name}
    call = service.update(kind, CALLERS[op.project], id, patch, if_match=match, dry_run=op.dry)
    status, outcome = await attempt(call)
    assert status == expected, (op, patch)
    if outcome is not None and there is not None and not op.dry:
        same = all(there[field] == value for field, value in change.items())
        assert (outcome.revision == there["revision"]) is same
        there |= change | {"revision": outcome.revision}


async def delete(service: Service, model: Model, op: Op) -> None:
    kind, id, _there, match, expected = target(model, op)
    if expected == 200 and model.users(id):
        expected = 409
    status, outcome = await attempt(service.delete(kind, CALLERS[op.project], id, if_match=match, dry_run=op.dry))
    assert status == expected, op
    if outcome is not None and not op.dry:
        del model.there[id]


async def compare(service: Service, model: Model, caller: Caller) -> None:
    """All pages of both kinds are what the model has."""
    found: dict[str, dict[str, Any]] = {}
    for kind in (NETWORK, PORT):
        marker = ""
        while True:
            page = await service.list(kind, caller, Query(limit=3, marker=marker))
            for document in page.documents:
                one = document.resource(kind.resource)
                fields = {"project": one.project_id, "name": one.name, "revision": one.revision}
                fields |= (
                    {"size": one.size}
                    if kind is NETWORK
                    else {"network": one.network_id, "address": one.address, "peers": one.peer_ids}
                )
                found[one.id] = fields
            if not (marker := page.next):
                break
    assert found == {id: one for id, one in model.there.items() if one["project"] == caller.project_id}


async def play(url: str, ops: list[Op]) -> None:
    async with serving(url) as service:
        model = Model()
        for op in ops:
            if op.what in ("network", "port"):
                await create(service, model, op)
            elif op.what == "delete":
                await delete(service, model, op)
            else:
                await update(service, model, op)
        for caller in CALLERS.values():
            await compare(service, model, caller)
    check_consistent(url)


RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(RELAXED, max_examples=60)
@given(ops=st.lists(OPS, min_size=15, max_size=60))
def test_random_commands_on_sqlite(tmp_path: Path, ops: list[Op]) -> None:
    asyncio.run(play(str(tmp_path / f"{uuid.uuid4().hex}.db"), ops))


@settings(RELAXED, max_examples=10, phases=(Phase.explicit, Phase.reuse, Phase.generate))  # SQLite's test shrinks
@given(ops=st.lists(OPS, min_size=30, max_size=80))
def test_random_commands_on_postgresql(request: pytest.FixtureRequest, ops: list[Op]) -> None:
    asyncio.run(play(request.getfixturevalue("cluster").database(), ops))
