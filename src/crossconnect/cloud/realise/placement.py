"""Which chassis a change concerns: pure, from rows of the southbound database.

    documents that changed, and what they name --> datapaths of these names
      across patch ports, up to the switches of the provider's networks --> all datapaths that packets cross with them
        chassis of their ports, members of the groups of their gateway ports

A switch of the provider's joins all VPCs of the region, and is the border: beyond it nobody's flows differ. What does
show there is whom routers answer for (public addresses, gateways), so that a change of those concerns the gateway nodes
of all routers there, and the hypervisors that translate by themselves.

What was there until a moment ago counts as well: who had a port that is gone now, still has to forget it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Set
from typing import TypeAlias

import msgspec

from crossconnect.transport.ovsdb.types import Uuid

Groups: TypeAlias = Mapping[Uuid, Iterable[Uuid]]
"""Members by group."""
BORDER = "provider-"
"""Names of the provider's switches begin so (`ovn.provider.switch_name`)."""
_RESIDENT = re.compile(r'is_chassis_resident\("([^"]+)"\)')


class Reach(msgspec.Struct, frozen=True):
    """Where a change is felt: datapaths by name (names of routers and switches are ids; ids that are none do no harm),
    and whether it shows on the provider's networks. `everywhere`: nobody can say."""

    names: frozenset[str] = frozenset()
    outside: bool = False
    everywhere: bool = False

    def __or__(self, other: Reach) -> Reach:
        return Reach(self.names | other.names, self.outside or other.outside, self.everywhere or other.everywhere)


class Binding(msgspec.Struct, frozen=True, gc=False):
    """A row of `Port_Binding`, as far as it matters here. References are UUIDs."""

    name: str
    datapath: str
    peer: str = ""
    chassis: frozenset[Uuid] = frozenset()
    """Where it is, and where it is to be."""
    group: Uuid | None = None
    """Its `HA_Chassis_Group`."""
    nat_addresses: frozenset[str] = frozenset()


class _Entry:
    """A version of a row. It counts until a time: for ever while the row is so."""

    __slots__ = ("binding", "until_s", "uuid")

    def __init__(self, uuid: str, binding: Binding) -> None:
        self.uuid = uuid
        self.binding = binding
        self.until_s = float("inf")


class Placement:
    """All ports, and those of before."""

    def __init__(self, keep_s: float) -> None:
        """`keep_s`: for how long what is gone counts: longer than anybody waits."""
        self._keep_s = keep_s
        self._now: dict[str, _Entry] = {}
        self._on: dict[str, set[_Entry]] = {}
        self._called: dict[str, set[_Entry]] = {}
        self._old: deque[_Entry] = deque()
        self._names: dict[str, str] = {}
        self._gone: deque[tuple[float, str]] = deque()
        self._called_datapath: dict[str, set[str]] = {}

    def name(self, datapath: str, name: str | None, now_s: float) -> None:
        """A datapath is called so; None: it is gone. UUIDs and ids are nobody else's afterwards."""
        if name is None:
            self._gone.append((now_s + self._keep_s, datapath))
        else:
            self._names[datapath] = name
            self._called_datapath.setdefault(name, set()).add(datapath)
        while self._gone and self._gone[0][0] < now_s:
            _, old = self._gone.popleft()
            called = self._names.pop(old, "")
            if (others := self._called_datapath.get(called)) is not None:
                others.discard(old)
                if not others:
                    del self._called_datapath[called]

    def ports(self) -> Set[str]:
        """UUIDs of the rows that are there."""
        return self._now.keys()

    def put(self, uuid: str, binding: Binding | None, now_s: float) -> None:
        """A row is so now; None: it is gone."""
        old = self._now.pop(uuid, None)
        if old is not None:
            if old.binding == binding:
                self._now[uuid] = old
                return
            old.until_s = now_s + self._keep_s
            self._old.append(old)
        if binding is not None:
            made = self._now[uuid] = _Entry(uuid, binding)
            self._on.setdefault(binding.datapath, set()).add(made)
            self._called.setdefault(binding.name, set()).add(made)
        while self._old and self._old[0].until_s < now_s:
            self._forget(self._old.popleft())

    def _forget(self, entry: _Entry) -> None:
        for index, key in ((self._on, entry.binding.datapath), (self._called, entry.binding.name)):
            index[key].discard(entry)
            if not index[key]:
                del index[key]

    def concerned(self, reach: Reach, groups: Groups) -> frozenset[Uuid]:
        """The chassis, by UUID, that a change concerns, but where it is felt everywhere. `groups`: members by group."""
        found: set[Uuid] = set()
        seen = {datapath for name in reach.names for datapath in self._called_datapath.get(name, ())}
        waiting = [*seen]
        while waiting:
            datapath = waiting.pop()
            if self._names.get(datapath, "").startswith(BORDER):
                if reach.outside:
                    found |= self._at_border(datapath, groups)
                continue
            for entry in self._on.get(datapath, ()):
                found |= _own(entry.binding, groups)
                across = {other.binding.datapath for other in self._called.get(entry.binding.peer, ())}
                waiting += across - seen
                seen |= across
        return frozenset(found)

    def _at_border(self, switch: str, groups: Groups) -> set[Uuid]:
        """Who answers for routers on a provider's switch: their gateway nodes, and hypervisors that translate."""
        found: set[Uuid] = set()
        for entry in self._on.get(switch, ()):
            found |= _own(entry.binding, groups)
            residents = {name for text in entry.binding.nat_addresses for name in _RESIDENT.findall(text)}
            # A router's gateway port has this name (ovn-sb(5), `chassisredirect`).
            residents.add(f"cr-{entry.binding.peer}")
            for name in residents:
                for other in self._called.get(name, ()):
                    found |= _own(other.binding, groups)
        return found


def _own(binding: Binding, groups: Groups) -> set[Uuid]:
    return {*binding.chassis, *(groups.get(binding.group, ()) if binding.group is not None else ())}
