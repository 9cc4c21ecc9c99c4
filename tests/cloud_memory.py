"""The cloud's state in memory, and commands on it as the service carries them out: for tests of decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Change, Kind, Refused, Resource, Use, conflict, missing
from crossconnect.cloud.view import Context

R = TypeVar("R", bound=Resource)
NOW = "2026-03-01T12:00:00Z"
KIND_OF = {kind.prefix: kind for kind in KINDS.values()}
BY_TYPE = {kind.resource: kind for kind in KINDS.values()}


def kind_of(id: str) -> Kind:
    return KIND_OF[id.partition("-")[0]]


class Cloud:
    """All documents and claims of a region."""

    def __init__(self, **context: Any) -> None:
        self.documents: dict[str, Resource] = {}
        self.claims: dict[str, dict[int, str]] = defaultdict(dict)
        self.referring: dict[tuple[str, type, str], set[str]] = defaultdict(set)
        self.of_owner: dict[str, set[tuple[str, int]]] = defaultdict(set)
        self.now = NOW
        self.settings: dict[str, Any] = {
            "zones": ("east", "west"),
            "public_prefixes": ("203.0.113.0/24",),
            "public_prefixes6": ("2001:db8:100::/48",),
            "quotas": {},
            "vrfs": ("acme-connect",),
        } | context
        self.read = 0
        """Documents that decisions have been given by `referring`, `shared_referring` and `all_of`."""
        self._serial = 0
        self._dense: dict[str, int] = {}

    # Commands.

    def create(self, kind: str, *, project: str = "alpha", **body: Any) -> Any:
        """Create a resource; what was asked for is returned."""
        found = KINDS[kind]
        change = found.create(msgspec.convert(body, found.body), View(self, project), self.context(project))
        self.apply(change)
        return change.put[0]

    def plan(self, kind: str, *, project: str = "alpha", **body: Any) -> Change:
        """What creating a resource would change."""
        found = KINDS[kind]
        return found.create(msgspec.convert(body, found.body), View(self, project), self.context(project))

    def update(self, id: str, *, project: str = "alpha", **patch: Any) -> Any:
        """Change a resource; its new document is returned."""
        change = self.plan_update(id, project=project, **patch)
        self.apply(change)
        return change.put[0]

    def plan_update(self, id: str, *, project: str = "alpha", **patch: Any) -> Change:
        kind = kind_of(id)
        resource = self.get(id, project)
        return kind.update(resource, msgspec.convert(patch, kind.patch), View(self, project), self.context(project))

    def delete(self, id: str, *, project: str = "alpha") -> Change:
        """Delete a resource; refused while something uses it."""
        change = self.plan_delete(id, project=project)
        leaving = set(change.delete)
        uses = tuple(use for gone in change.delete for use in self.uses(gone) if use.id not in leaving)
        if uses:
            raise conflict(f"{kind_of(id).name.replace('_', '-')}.in-use", f"{id} is in use", uses=uses)
        self.apply(change)
        return change

    def plan_delete(self, id: str, *, project: str = "alpha") -> Change:
        return kind_of(id).delete(self.get(id, project), View(self, project), self.context(project))

    def get(self, id: str, project: str = "alpha") -> Any:
        found = View(self, project).get(kind_of(id).resource, id)
        if found is None:
            raise missing(kind_of(id).name.replace("_", "-"), id)
        return found

    def of(self, kind: str) -> list[Any]:
        """All documents of a kind."""
        return [d for d in self.documents.values() if type(d) is KINDS[kind].resource]

    # State.

    def context(self, project: str) -> Context:
        return Context(project_id=project, now=self.now, new_id=self.new_id, **self.settings)

    def new_id(self, prefix: str) -> str:
        self._serial += 1
        return f"{prefix}-{self._serial:017x}"

    def apply(self, change: Change) -> None:
        for claim in change.releases:
            assert self.claims[claim.scope].pop(claim.value) == claim.owner
            self.of_owner[claim.owner].discard((claim.scope, claim.value))
            self._dense[claim.scope] = min(self._dense.get(claim.scope, claim.value), claim.value)
        for id in change.delete:
            self._index(self.documents.pop(id), add=False)
            for scope, value in self.of_owner.pop(id, set()):
                del self.claims[scope][value]
                self._dense[scope] = min(self._dense.get(scope, value), value)
        for resource in change.put:
            if resource.id in self.documents:
                self._index(self.documents[resource.id], add=False)
            self.documents[resource.id] = resource
            self._index(resource, add=True)
        for claim in change.claims:
            assert claim.value not in self.claims[claim.scope], claim
            assert claim.owner in self.documents, claim
            self.claims[claim.scope][claim.value] = claim.owner
            self.of_owner[claim.owner].add((claim.scope, claim.value))
        for resource in change.put:
            for reference in BY_TYPE[type(resource)].references(resource):
                assert reference.id in self.documents, (resource.id, reference)

    def _index(self, resource: Resource, *, add: bool) -> None:
        for reference in BY_TYPE[type(resource)].references(resource):
            for field in ("", reference.field.partition("/")[0]):
                ids = self.referring[reference.id, type(resource), field]
                (ids.add if add else ids.discard)(resource.id)

    def uses(self, id: str) -> tuple[Use, ...]:
        found: list[Use] = []
        for (target, _, field), sources in self.referring.items():
            if target != id or field:
                continue
            for source in sorted(sources):
                kind = kind_of(source)
                found += [
                    Use(kind.name, source, r.field)
                    for r in kind.references(self.documents[source])
                    if r.id == id and not r.owned
                ]
        return tuple(found)

    def next_free(self, scope: str, first: int, last: int) -> int | None:
        taken = self.claims[scope]
        value = max(first, self._dense.get(scope, first)) if first == 1 else first
        while value in taken:
            value += 1
        if first == 1:
            self._dense[scope] = value
        return value if value <= last else None


class View:
    """One project's view of a cloud."""

    def __init__(self, cloud: Cloud, project: str) -> None:
        self._cloud = cloud
        self._project = project

    def _sees(self, resource: Resource) -> bool:
        seen_by = (resource.project_id, *BY_TYPE[type(resource)].seen_by(resource))
        return self._project in seen_by or "*" in seen_by

    def get(self, kind: type[R], id: str) -> R | None:
        found = self.shared(kind, id)
        return found if found is not None and self._sees(found) else None

    def shared(self, kind: type[R], id: str) -> R | None:
        found = self._cloud.documents.get(id)
        return found if isinstance(found, kind) else None

    def referring(self, kind: type[R], id: str, field: str = "") -> Sequence[R]:
        return [r for r in self.shared_referring(kind, id, field) if self._sees(r)]

    def count_referring(self, kind: type[R], id: str, field: str = "") -> int:
        return len(self._cloud.referring.get((id, kind, field), ()))

    def shared_referring(self, kind: type[R], id: str, field: str = "") -> Sequence[Any]:
        ids: Iterable[str] = self._cloud.referring.get((id, kind, field), ())
        self._cloud.read += len(list(ids))
        return [self._cloud.documents[source] for source in sorted(ids)]

    def all_of(self, kind: type[R]) -> Sequence[R]:
        found = (d for _, d in sorted(self._cloud.documents.items()) if isinstance(d, kind))
        seen = [d for d in found if self._sees(d)]
        self._cloud.read += len(seen)
        return seen

    def uses(self, id: str) -> Sequence[Use]:
        return self._cloud.uses(id)

    def count(self, kind: type[R]) -> int:
        return sum(isinstance(d, kind) and d.project_id == self._project for d in self._cloud.documents.values())

    def is_free(self, scope: str, value: int) -> bool:
        return value not in self._cloud.claims[scope]

    def claimant(self, scope: str, value: int) -> str | None:
        return self._cloud.claims[scope].get(value)

    def next_free(self, scope: str, first: int, last: int) -> int | None:
        return self._cloud.next_free(scope, first, last)


def refused(error: Any) -> tuple[int, str, str]:
    """Status, code and field of a refusal, from `pytest.raises(Refused)`."""
    found: Refused = error.value
    return found.status, found.problems[0].code, found.problems[0].field


def network(cloud: Cloud, cidr: str = "10.0.0.0/16", *, project: str = "alpha", **fields: Any) -> tuple[Any, Any]:
    """A VPC and a /24 of it in the first zone: its second one, 10.0.1.0/24."""
    vpc = cloud.create("vpc", project=project, cidr_blocks=[cidr], **fields)
    subnet = cloud.create("subnet", project=project, vpc_id=vpc.id, cidr_block=part(cidr, 1))
    return vpc, subnet


def part(cidr: str, n: int) -> str:
    """The n-th /24 of a block."""
    a, b, *_ = cidr.split(".")
    return f"{a}.{b}.{n}.0/24"


def public(cloud: Cloud, vpc: Any, *, project: str = "alpha") -> Any:
    """An internet gateway of a VPC, and the main table's default route to it."""
    gateway = cloud.create("internet_gateway", project=project, vpc_id=vpc.id)
    default = {"destination": "0.0.0.0/0", "target": gateway.id}
    cloud.update(vpc.main_route_table_id, project=project, routes=[default])
    return gateway
