"""What commands need beside the store: the kinds, what the region gives, a clock, random numbers."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec

from crossconnect.cloud.resource import Kind, Resource
from crossconnect.cloud.view import Context


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the region gives to the cloud."""

    zones: tuple[str, ...]
    """Availability zones."""
    public_prefixes: tuple[str, ...] = ()
    """Pools of elastic IPs."""
    public_prefixes6: tuple[str, ...] = ()
    """Where IPv6 blocks of VPCs come from."""
    public_length6: int = 56
    """How long these blocks' prefixes are."""
    reserved_prefixes: tuple[str, ...] = ("100.64.0.0/10", "fd6c:6e6b::/32")
    """What the region has for the links between its routers: no VPC has a part of it."""
    quotas: Mapping[str, int] = {}
    """By kind, and by the names of `cloud.limits`, for projects that have none of their own; before the kinds' own
    defaults."""
    audit_days: int = 0
    """How many days a line of the audit record is kept; 0: for ever."""
    vrfs: Mapping[str, tuple[str, ...]] = {}
    """By project: VRFs of the region that its private gateways may name."""


def now() -> datetime:
    """The time of the machine's clock."""
    return datetime.now(UTC)


def random_id(prefix: str) -> str:
    """An id: 68 random bits, as many as AWS's have."""
    return f"{prefix}-{secrets.token_hex(9)[:17]}"


class Environment:
    """Of a service, the same as long as it lives."""

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        settings: Settings,
        clock: Callable[[], datetime],
        new_id: Callable[[str], str],
    ) -> None:
        """`kinds` by name."""
        self.kinds = kinds
        self.settings = settings
        self.clock = clock
        self.new_id = new_id
        self.floor: Callable[[], int] = lambda: -1
        """Up to which number all is realised at least, whatever the database says. Asked before the database is."""
        self._by_type: dict[type[Resource], Kind] = {kind.resource: kind for kind in kinds.values()}
        self._by_prefix = {kind.prefix: kind for kind in kinds.values()}

    def kind_of(self, type_: type[Resource]) -> Kind:
        """The kind of a Struct."""
        return self._by_type[type_]

    def what(self, id: str) -> str:
        """What an id's prefix says that it is, as the stem of an error code."""
        kind = self._by_prefix.get(id.rpartition("-")[0])
        return stem(kind) if kind is not None else "resource"

    def quotas(self, own: Mapping[str, int]) -> dict[str, int]:
        """A project's quotas: its own, else the region's, else the kinds'."""
        return {name: kind.quota for name, kind in self.kinds.items()} | dict(self.settings.quotas) | dict(own)

    def context(self, project_id: str, own: Mapping[str, int], minted: set[str]) -> Context:
        """For the decisions about one command; ids that they ask for are added to `minted`."""

        def new_id(prefix: str) -> str:
            id = self.new_id(prefix)
            minted.add(id)
            return id

        return Context(
            project_id=project_id,
            now=self.text(self.clock()),
            new_id=new_id,
            zones=self.settings.zones,
            public_prefixes=self.settings.public_prefixes,
            public_prefixes6=self.settings.public_prefixes6,
            public_length6=self.settings.public_length6,
            reserved_prefixes=self.settings.reserved_prefixes,
            quotas=self.quotas(own),
            vrfs=self.settings.vrfs.get(project_id, ()),
        )

    @staticmethod
    def text(moment: datetime) -> str:
        """A moment as RFC 3339 has it, in UTC."""
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stem(kind: Kind) -> str:
    """Of a kind's error codes."""
    return kind.name.replace("_", "-")
