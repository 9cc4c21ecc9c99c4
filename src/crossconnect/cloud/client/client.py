"""The typed client: collections of one kind each, over one transport."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, Literal, Self, TypeAlias, TypeVar

import msgspec

from crossconnect.cloud.api.records import AuditItem, CallerItem
from crossconnect.cloud.client.following import Changes, audit
from crossconnect.cloud.client.paging import JSON, MERGE_PATCH, Filters, items, matching, once, waiting
from crossconnect.cloud.client.planning import Plan, plan_create, plan_delete, plan_update
from crossconnect.cloud.client.tenancy import Keys, Projects
from crossconnect.cloud.client.transport import Reply, Transport
from crossconnect.cloud.reach import Reachability, ReachabilityBody
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Body, Kind, Patch, Resource, Use

R = TypeVar("R", bound=Resource)

Until: TypeAlias = Literal["available", "hypervisors"]
"""For what a client waits."""


class Client:
    """The API at one endpoint, with one credential. A context manager; for one thread."""

    def __init__(self, endpoint: str, key: str, project: str = "", *, verify: str | bool = True) -> None:
        """`key` is an API key or a token. `project` says for which project, where the credential may act for others
        than its own. `verify` is a file of certificates to trust, True for the machine's own."""
        self.transport = Transport(endpoint, key, project, verify=verify)
        self.projects = Projects(self.transport)
        self.keys = Keys(self.transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.transport.close()

    def collection(self, resource: type[R]) -> Collection[R]:
        """The resources of a kind, named by its record: `client.collection(Vpc)`."""
        kind = next((kind for kind in KINDS.values() if kind.resource is resource), None)
        if kind is None:
            raise TypeError(f"{resource.__name__} is no kind of resource")
        return Collection(self.transport, kind, resource)

    def reachability(self, body: ReachabilityBody) -> Reachability:
        """Whether a packet arrives and its answer comes back, with each hop and the rule that decides there."""
        got = self.transport.send("POST", "/v1/reachability", None, msgspec.json.encode(body), JSON)
        return msgspec.json.decode(got.content, type=Reachability)

    def caller(self) -> CallerItem:
        """Who the API takes the client for."""
        return msgspec.json.decode(self.transport.send("GET", "/v1/caller").content, type=CallerItem)

    def changes(self, after: int = 0) -> Changes:
        """What happens after a number, as it happens, for ever: see `Changes`. ApiProblem `changes.gone` where so old
        changes are kept no more."""
        return Changes(self.transport, after)

    def audit(self, after: int = 0, page: int = 1000) -> Iterator[AuditItem]:
        """Lines of the audit record behind a number, oldest first, up to the last there is: of the client's project,
        or of all for an auditor of the region."""
        return audit(self.transport, after, page)


class Collection(Generic[R]):
    """All resources of a kind that the caller may see."""

    def __init__(self, transport: Transport, kind: Kind, resource: type[R]) -> None:
        """Made by `Client.collection`."""
        self._transport = transport
        self._kind = kind
        self._resource = resource
        self._path = f"/v1/{kind.path}"

    def list(self, filters: Filters | None = None, tags: Sequence[str] = (), page: int = 1000) -> Iterator[R]:
        """All that match, in the order of their ids, page by page. `filters` by field, and by `state`; `tags` as
        `key=value` or `key`."""
        found = items(self._transport, self._path, filters, tags, page)
        return (msgspec.convert(item, self._resource) for item in found)

    def get(self, id: str) -> R:
        """One resource."""
        return self._decoded(self._transport.send("GET", f"{self._path}/{id}"))

    def create(self, body: Body, *, wait_s: int = 0, until: Until = "available", idempotency_key: str = "") -> R:
        """Make one; with `wait_s`, until it is available or has failed or that many seconds are over; `until`
        `hypervisors`: until those that have to do with it have installed it, too."""
        query, octets = waiting(until, wait_s), msgspec.json.encode(body)
        return self._decoded(self._transport.send("POST", self._path, query, octets, once(idempotency_key)))

    def update(
        self, id: str, patch: Patch, *, if_match: int | None = None, wait_s: int = 0, until: Until = "available"
    ) -> R:
        """Change one; with `if_match`, only if that is its revision."""
        headers = {**MERGE_PATCH, **matching(if_match)}
        query, octets = waiting(until, wait_s), msgspec.json.encode(patch)
        return self._decoded(self._transport.send("PATCH", f"{self._path}/{id}", query, octets, headers))

    def delete(self, id: str, *, if_match: int | None = None, wait_s: int = 0) -> bool:
        """Delete one. True where `wait_s` was enough for it to be realised."""
        query = waiting("deleted", wait_s)
        got = self._transport.send("DELETE", f"{self._path}/{id}", query, headers=matching(if_match))
        return got.status == 204 and wait_s > 0

    def uses(self, id: str) -> Sequence[Use]:
        """What stands in the way of its deletion."""
        got = self._transport.send("GET", f"{self._path}/{id}/uses").json()
        return msgspec.convert(got["items"], tuple[Use, ...])

    def plan_create(self, body: Body) -> Plan:
        """What `create` would do."""
        return plan_create(self._transport, self._path, body)

    def plan_update(self, id: str, patch: Patch) -> Plan:
        """What `update` would do."""
        return plan_update(self._transport, f"{self._path}/{id}", patch)

    def plan_delete(self, id: str) -> Plan:
        """What `delete` would do."""
        return plan_delete(self._transport, f"{self._path}/{id}")

    def _decoded(self, reply: Reply) -> R:
        return msgspec.json.decode(reply.content, type=self._resource)
