"""What all of Neutron's collections have in common: how they are listed, shown, created, changed and deleted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec

from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.neutron.errors import absent
from crossconnect.cloud.neutron.listing import Json, Pages, Values, matching, paged, with_fields
from crossconnect.cloud.neutron.requests import BASE_URL, Reader, parsed
from crossconnect.cloud.resource import Kind, Refused
from crossconnect.cloud.service import Caller, Document, Outcome, Query, Service

PAGE = 1000
VALUES_MAX = 200
"""Of one filter of the service."""


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """What Neutron's clients are told of the region."""

    pools: tuple[str, ...]
    """Of floating IPs."""
    zones: tuple[str, ...]
    mtu: int
    realised_s: float = 0.0
    """For how many seconds a command may wait for the northbound database, as Neutron's own do; 0: it does not."""


class Collection(ABC):
    """One of Neutron's resources. `kind` is what authorisation and the audit record call it."""

    singular: ClassVar[str]
    plural: ClassVar[str]
    path: ClassVar[str]
    stem: ClassVar[str]
    """What error codes call it."""
    kind: ClassVar[str]
    attributes: ClassVar[tuple[str, ...]]
    """Names that lists may be filtered by."""

    def __init__(self, service: Service, region: Region) -> None:
        """Over a service."""
        self.service = service
        self.region = region

    # --- requests -----------------------------------------------------------------------------------------------------

    async def list(self, call: Call) -> Answer:
        """GET of the collection."""
        pages = Pages(call.query)
        rows = await self.page(call, pages)
        if rows is None:
            rows = paged(matching(await self.rows(call), call.query, self.attributes), pages)
        shown = [with_fields(row, call.query) for row in rows]
        document: Json = {self.plural: shown}
        if pages.limit and len(rows) == pages.limit:
            document[f"{self.plural}_links"] = [{"rel": "next", "href": self._next(call, str(rows[-1]["id"]))}]
        return Answer(body=msgspec.json.encode(document))

    async def show(self, call: Call) -> Answer:
        """GET of one."""
        row = await self.one(call, call.id)
        return Answer(body=msgspec.json.encode({self.singular: with_fields(row, call.query)}))

    async def create(self, call: Call) -> Answer:
        """POST of one, or of several, of which all are made or none: where one is refused, those before it go."""
        wishes, many = parsed(call.body, self.singular, self.plural)
        made: list[str] = []
        rows: list[Json] = []
        call.reached = True
        for wish in wishes:
            reader = Reader(wish, call.project_id)
            try:
                row = await self.make(call, reader)
            except Refused:
                for uuid in reversed(made):
                    await self.remove(call, uuid)
                raise
            made.append(str(row["id"]))
            rows.append(row)
        body: Json = {self.plural: rows} if many else {self.singular: rows[0]}
        return Answer(status=201, body=msgspec.json.encode(body))

    async def update(self, call: Call) -> Answer:
        """PUT of one."""
        wishes, many = parsed(call.body, self.singular, self.plural)
        if many:
            raise absent(self.stem, call.id)
        call.reached = True
        row = await self.change(call, call.id, Reader(wishes[0], call.project_id))
        return Answer(body=msgspec.json.encode({self.singular: row}))

    async def delete(self, call: Call) -> Answer:
        """DELETE of one."""
        call.reached = True
        await self.remove(call, call.id)
        return Answer(status=204)

    # --- what each is -------------------------------------------------------------------------------------------------

    @abstractmethod
    async def rows(self, call: Call) -> Sequence[Json]:
        """All that may match the query's filters; those that the store can answer are answered there."""

    @abstractmethod
    async def one(self, call: Call, uuid: str) -> Json:
        """One; Refused (404) where there is none."""

    @abstractmethod
    async def make(self, call: Call, reader: Reader) -> Json:
        """A new one."""

    @abstractmethod
    async def change(self, call: Call, uuid: str, reader: Reader) -> Json:
        """One as a request wants it."""

    @abstractmethod
    async def remove(self, call: Call, uuid: str) -> None:
        """Gone."""

    async def page(self, call: Call, pages: Pages) -> Sequence[Json] | None:
        """A page straight from the store; none where that cannot be."""
        return None

    # --- help ---------------------------------------------------------------------------------------------------------

    async def all_of(self, kind: Kind, caller: Caller, filters: Mapping[str, Sequence[str]] | None = None) -> list[Any]:
        """All resources of a kind that some filters let through."""
        found: list[Any] = []
        marker = ""
        while True:
            query = Query(filters=filters or {}, limit=PAGE, marker=marker)
            page = await self.service.list(kind, caller, query)
            found += [document.resource(kind.resource) for document in page.documents]
            if not page.next:
                return found
            marker = page.next

    async def these(self, kind: Kind, caller: Caller, ids: Sequence[str]) -> dict[str, Any]:
        """Resources by id."""
        found: dict[str, Any] = {}
        for n in range(0, len(ids), VALUES_MAX):
            some = await self.all_of(kind, caller, {"id": ids[n : n + VALUES_MAX]})
            found |= {resource.id: resource for resource in some}
        return found

    async def find(self, kind: Kind, caller: Caller, id: str) -> Any:
        """One resource; none where there is none."""
        if not id:
            return None
        try:
            document = await self.service.get(kind, caller, id)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise
        return document.resource(kind.resource)

    async def settled(self, kind: Kind, call: Call, outcome: Outcome) -> Any:
        """The resource of a command, once it is realised, or has waited long enough."""
        document: Document | None = outcome.document
        if self.region.realised_s and outcome.changed:
            wait_s, written = self.region.realised_s, None if outcome.document.state == "deleting" else document
            document = await self.service.wait(
                kind, call.caller, outcome.document.id, outcome.revision, timeout_s=wait_s, written=written
            )
        return (document or outcome.document).resource(kind.resource)

    def _next(self, call: Call, marker: str) -> str:
        kept = [(name, value) for name, values in call.query.items() for value in values if name != "marker"]
        # Whole, as Neutron's are: Terraform's library takes no other (RFC 3986, 4.3).
        return f"{call.headers[BASE_URL]}/neutron/v2.0/{self.path}?{urlencode([*kept, ('marker', marker)])}"


def pushed(query: Values, names: Mapping[str, str]) -> dict[str, Sequence[str]]:
    """Filters that the store answers, under the names that it has for them."""
    return {own: query[name] for name, own in names.items() if name in query and len(query[name]) <= VALUES_MAX}
