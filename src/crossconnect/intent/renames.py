"""Renamings declared by `moved:`: numbers go on being held under the new name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from crossconnect.finding import Finding, found
from crossconnect.intent import allocate_codes as codes
from crossconnect.intent.bonds import BONDS
from crossconnect.intent.expansion import generated_names
from crossconnect.intent.rack_numbers import Held, is_counted, number_pod
from crossconnect.model.pod import Pod, RackGroup
from crossconnect.model.region import Region

Numbers = dict[str, dict[str, str]]

PATH_POOLS = frozenset({"asn", "l2vni", "l3vni", "evi", "mlag", "vtep-v4", "peer-link-v4", "peer-link-v6"})
HANDOFF_POOLS = frozenset({"handoff-v4", "handoff-v6", "handoff-vlan"})
SERVER_POOLS = frozenset({"esi", "host"})
NAME_POOLS = frozenset({"rack", "leaf"})
LINK_POOLS = frozenset({"link-v4", "link-v6"})


class Renames:
    """All renamings of a region at once, so that two things may also swap names; `used` are entries that met a key."""

    def __init__(self) -> None:
        self.paths: dict[str, tuple[str, int]] = {}
        """Old path -> new path, and the entry's index."""
        self.used: set[int] = set()

    def add(self, old: str, new: str, entry: int) -> None:
        """One renaming; of several for one path the first counts."""
        self.paths.setdefault(old, (new, entry))

    def path(self, path: str) -> str:
        """A path under its new name: the deepest renaming that is of it or of something around it."""
        head = path
        while head:
            if (known := self.paths.get(head)) is not None:
                self.used.add(known[1])
                return known[0] + path[len(head) :]
            head = head.rpartition("/")[0]
        return path

    def name(self, kind: str, name: str) -> str:
        """The new name of a device, server, external router or pod."""
        known = self.paths.get(f"{kind}/{name}")
        if known is None:
            return name
        self.used.add(known[1])
        return known[0].partition("/")[2]


def renamed(region: Region, numbers: Mapping[str, Mapping[str, str]]) -> tuple[Numbers, list[Finding]]:
    """The lock's numbers under today's names, and what is wrong with the `moved` entries.

    Entries name paths (`tenants/red`, `tenants/red/vrfs/prod`, `pods/a`, `racks/a-rack1`, `devices/a-leaf1`,
    `servers/web1`, `peers/transit1`). A pod's, rack's or super-spine group's entry takes along the switches, racks and
    servers that have their names from it; a rack's leaves keep their numbers in the pod. Where two keys would become
    one, the one that is not renamed keeps its number.
    """
    if not region.moved:
        return {pool: dict(values) for pool, values in numbers.items()}, []
    renames = Renames()
    for index, entry in enumerate(region.moved):
        renames.add(entry.old, entry.new, index)
    for old, new, index in _generated(region, numbers):
        renames.add(old, new, index)
    result: Numbers = {}
    conflicts: dict[int, list[str]] = {}
    moves: list[tuple[str, str, str, set[int]]] = []
    for pool, values in numbers.items():
        target_pool, rename = _pool(renames, pool), _key_renamer(renames, pool)
        for key, value in values.items():
            before = set(renames.used)
            renames.used.clear()
            target = rename(key)
            if (target_pool, target) == (pool, key):
                result.setdefault(pool, {})[key] = value
            else:
                moves.append((target_pool, target, value, set(renames.used)))
            renames.used |= before
    for pool, key, value, entries in moves:
        if key in result.setdefault(pool, {}):
            for index in entries:
                conflicts.setdefault(index, []).append(key)
        else:
            result[pool][key] = value
    return result, _findings(region, renames, conflicts, numbers)


def _findings(
    region: Region, renames: Renames, conflicts: Mapping[int, list[str]], numbers: Mapping[str, object]
) -> list[Finding]:
    findings: list[Finding] = []
    for index, entry in enumerate(region.moved):
        place = region.place(f"moved/{index}")
        if index in conflicts:
            words = f"moved: {entry.new} holds numbers of its own ({', '.join(sorted(set(conflicts[index]))[:3])})"
            findings.append(found(codes.MOVED_CONFLICT, place, words))
        elif numbers and index not in renames.used:
            findings.append(found(codes.MOVED_UNUSED, place, f"moved: the lock holds no number of {entry.old}"))
    return findings


def _generated(region: Region, numbers: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str, int]]:
    """Old and new paths of what has its name from a renamed pod, rack or super-spine group, and the entry's index."""
    old_names: dict[str, tuple[str, int]] = {}
    for index, entry in enumerate(region.moved):
        kind, _, name = entry.old.partition("/")
        if kind in ("pods", "racks", "super_spines"):
            old_names.setdefault(entry.new, (name, index))
    pods = tuple(_pod_before(pod, old_names) for pod in region.pods)
    groups = tuple(
        msgspec.structs.replace(g, name=old_names.get(f"super_spines/{g.name}", (g.name, 0))[0])
        for g in region.super_spines
    )
    before = msgspec.structs.replace(region, pods=pods, super_spines=groups)
    held = Held(numbers=numbers)
    for old, new in zip(pods, region.pods, strict=True):
        if old == new:
            continue
        numbered = number_pod(before, old, held)
        pairs = zip(
            generated_names(before, f"pods/{old.name}", numbered),
            generated_names(region, f"pods/{new.name}", numbered),
            strict=False,
        )
        entries = [old_names[path][1] for path in _moved_in(new, old_names)]
        yield from ((a, b, entries[0]) for a, b in pairs if a != b)
    for old, new in zip(groups, region.super_spines, strict=True):
        path = f"super_spines/{new.name}"
        if old != new:
            pairs = zip(
                generated_names(before, f"super_spines/{old.name}"), generated_names(region, path), strict=False
            )
            yield from ((a, b, old_names[path][1]) for a, b in pairs if a != b)


def _pod_before(pod: Pod, old_names: Mapping[str, tuple[str, int]]) -> Pod:
    """A pod under the names that it and its racks had before the `moved` entries."""

    def before(group: RackGroup) -> RackGroup:
        name = old_names.get(f"racks/{group.name}")
        return group if name is None or is_counted(group) else msgspec.structs.replace(group, name=name[0])

    name = old_names.get(f"pods/{pod.name}", (pod.name, 0))[0]
    return msgspec.structs.replace(pod, name=name, racks=tuple(before(group) for group in pod.racks))


def _moved_in(pod: Pod, old_names: Mapping[str, tuple[str, int]]) -> list[str]:
    """Paths of a pod and its racks that `moved` entries lead to."""
    return [path for path in (f"pods/{pod.name}", *(f"racks/{g.name}" for g in pod.racks)) if path in old_names]


def _pool(renames: Renames, pool: str) -> str:
    kind, slash, scope = pool.partition("/")
    if slash and kind in NAME_POOLS:
        return f"{kind}/{renames.name('pods', scope)}"
    if pool.startswith(BONDS):
        return BONDS + renames.name("devices", pool.removeprefix(BONDS))
    if not pool.startswith("port/"):
        return pool
    name = pool.removeprefix("port/")
    device = renames.name("devices", name)
    return f"port/{device if device != name else renames.name('peers', name)}"


def _key_renamer(renames: Renames, pool: str) -> Callable[[str], str]:
    """How keys of a pool are renamed."""
    if pool in PATH_POOLS:
        return renames.path
    if pool == "vlan":
        return lambda key: _scoped_path(renames, key)
    if pool.startswith("rack/"):
        return lambda key: key  # patterns, not names
    if pool.startswith("leaf/"):
        return lambda key: _leaf(renames, key)
    if pool in HANDOFF_POOLS:
        return lambda key: _handoff(renames, key)
    if pool in SERVER_POOLS or pool.startswith(BONDS):
        return lambda key: renames.name("servers", key)
    if pool in LINK_POOLS or pool.startswith("port/"):
        return lambda key: _cable(renames, key)
    return lambda key: renames.name("devices", key)


def _leaf(renames: Renames, key: str) -> str:
    rack, mark, place = key.rpartition("#")
    return f"{renames.name('racks', rack)}{mark}{place}"


def _scoped_path(renames: Renames, key: str) -> str:
    pod, colon, path = key.rpartition(":")
    return f"{renames.name('pods', pod) if colon else ''}{colon}{renames.path(path)}"


def _handoff(renames: Renames, key: str) -> str:
    """`peer/switch/tenant/vrf`, perhaps with `#2`."""
    body, mark, count = key.partition("#")
    parts = body.split("/")
    if len(parts) != 4:
        return key
    peer, switch, tenant, vrf = parts
    path = renames.path(f"tenants/{tenant}/vrfs/{vrf}").split("/")
    if len(path) == 4:
        tenant, vrf = path[1], path[3]
    return f"{renames.name('peers', peer)}/{renames.name('devices', switch)}/{tenant}/{vrf}{mark}{count}"


def _cable(renames: Renames, key: str) -> str:
    """`a--b`, `peer:transit1--b`, `server:web1`, each perhaps with `#2`."""
    body, mark, count = key.partition("#")
    if body.startswith("server:"):
        return f"server:{renames.name('servers', body.removeprefix('server:'))}{mark}{count}"
    prefix = "peer:" if body.startswith("peer:") else ""
    body = body.removeprefix("peer:")
    at = body.find("--")
    while at > 0:  # names may hold `--` themselves: the split at which a name is known is the right one
        a, b = body[:at], body[at + 2 :]
        ends = renames.name("peers" if prefix else "devices", a), renames.name("devices", b)
        if ends != (a, b):
            body = "--".join(ends)
            break
        at = body.find("--", at + 1)
    return f"{prefix}{body}{mark}{count}"
