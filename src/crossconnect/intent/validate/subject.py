"""What validation looks at: the region, its inventory, and everything in them by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import msgspec

from crossconnect.finding import Code, Finding, Place, found
from crossconnect.intent.placement import segment_path, segment_paths, vrf_path
from crossconnect.intent.suggestion import nearest
from crossconnect.model.cloud import GatewayRouter
from crossconnect.model.inventory import Inventory, Switch
from crossconnect.model.peer import Peer
from crossconnect.model.platforms import platforms_by_name
from crossconnect.model.region import Region
from crossconnect.model.tenant import Segment, Vrf


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A region and its indices."""

    region: Region
    inventory: Inventory
    switches: Mapping[str, Switch]
    racks: Mapping[str, tuple[str, ...]]
    """Leaves by rack."""
    segments: Mapping[str, Segment]
    """By path."""
    vrfs: Mapping[str, Vrf]
    """By path."""
    platforms: Collection[str]

    @property
    def peers(self) -> tuple[Peer, ...]:
        """External routers that edge files have: those that gateway nodes are, are looked at as such."""
        return tuple(peer for peer in self.region.peers if not isinstance(peer, GatewayRouter))

    def may_lack(self, *lists: str) -> bool:
        """Whether names may be missing from one of these lists because they could not be read."""
        return not self.region.unread.lists.isdisjoint(lists)

    def unread(self, path: str, *fields: str) -> bool:
        """Whether one of these fields of the record at `path` is not there as it was written."""
        known = self.region.unread.fields
        if not known:
            return False
        at = self.region.place(path)
        return any((at.file, at.line, at.column, field) in known for field in ("", *fields))

    def place(self, path: str, shown: str = "") -> Place:
        """Where `path` is written, called `shown`; region.yaml as a whole for what is left to its default."""
        place = self.region.place(path)
        return Place(
            file=place.file or "region.yaml", line=place.line, column=place.column, path=shown or place.path or path
        )


class Known:
    """Names of one kind that exist; what else is named is reported with the nearest of them, unless it may stand where
    something could not be read."""

    def __init__(
        self, subject: Subject, kind: str, code: Code, names: Collection[str], lists: tuple[str, ...] = ()
    ) -> None:
        """`lists` are where names of the kind are defined."""
        self.names = names
        self._silent = subject.may_lack(*lists)
        self._subject = subject
        self._kind = kind
        self._code = code
        self._hints: dict[str, str] = {}

    def unknown(self, name: str, user: str, path: str, shown: str = "") -> Iterator[Finding]:
        """A finding at `path` unless `name` exists; `user` says who names it."""
        if name in self.names or self._silent:
            return
        if name not in self._hints:
            near = nearest(name, self.names)
            self._hints[name] = f"Did you mean `{near}`?" if near else ""
        words = f"{user} names {self._kind} `{name}`, which is not defined"
        yield found(self._code, self._subject.place(path, shown), words, hint=self._hints[name])


def subject_of(region: Region, inventory: Inventory) -> Subject:
    """The indices over a region."""
    racks: dict[str, list[str]] = {}
    for switch in inventory.switches:
        if switch.rack:
            racks.setdefault(switch.rack, []).append(switch.name)
    return Subject(
        region=region,
        inventory=inventory,
        switches={switch.name: switch for switch in inventory.switches},
        racks={rack: tuple(leaves) for rack, leaves in racks.items()},
        segments=segment_paths(region),
        vrfs={f"tenants/{t.name}/vrfs/{v.name}": v for t in region.tenants for v in t.vrfs},
        platforms=platforms_by_name(region.platforms).keys(),
    )


def reference_of(path: str) -> str:
    """How a segment or VRF is referred to: `tenants/red/vrfs/prod/segments/web` is `red/prod/web`."""
    return "/".join(path.split("/")[1::2])


__all__ = ["Known", "Subject", "reference_of", "segment_path", "subject_of", "vrf_path"]
