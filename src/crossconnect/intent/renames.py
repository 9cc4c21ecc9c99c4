"""Renamings declared by `moved:`: numbers go on being held under the new name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crossconnect.finding import Finding, found
from crossconnect.intent import allocate_codes as codes
from crossconnect.model.region import Region

Numbers = dict[str, dict[str, str]]

PATH_POOLS = frozenset({"asn", "l2vni", "l3vni", "evi"})
HANDOFF_POOLS = frozenset({"handoff-v4", "handoff-v6", "handoff-vlan"})
SERVER_POOLS = frozenset({"esi", "host"})
LINK_POOLS = frozenset({"link-v4", "link-v6"})


def renamed(region: Region, numbers: Mapping[str, Mapping[str, str]]) -> tuple[Numbers, list[Finding]]:
    """The lock's numbers under today's names, and what is wrong with the `moved` entries.

    Entries name paths (`tenants/red`, `tenants/red/vrfs/prod`, `pods/a`, `racks/a-rack1`, `devices/a-leaf1`,
    `servers/web1`, `peers/transit1`). Each key is renamed at most once per entry, longest path first.
    """
    if not region.moved:
        return {pool: dict(values) for pool, values in numbers.items()}, []
    findings: list[Finding] = []
    result: Numbers = {pool: dict(values) for pool, values in numbers.items()}
    for index, entry in sorted(enumerate(region.moved), key=lambda m: (-len(m[1].old), m[1].old, m[1].new)):
        old, new = entry.old.strip("/"), entry.new.strip("/")
        moves = 0
        conflicts: list[str] = []
        after: Numbers = {}
        for pool, values in result.items():
            target_pool = _pool(pool, old, new)
            rename = _key_renamer(pool, old, new)
            for key, value in values.items():
                target = rename(key)
                if (target_pool, target) == (pool, key):
                    continue
                moves += 1
                if target in numbers.get(target_pool, {}):
                    conflicts.append(target)
                else:
                    after.setdefault(target_pool, {})[target] = value
        place = region.place(f"moved/{index}")
        if conflicts:
            words = f"moved: {entry.new} holds numbers of its own ({', '.join(sorted(set(conflicts))[:3])})"
            findings.append(found(codes.MOVED_CONFLICT, place, words))
        elif not moves:
            findings.append(found(codes.MOVED_UNUSED, place, f"moved: the lock holds no number of {entry.old}"))
        if moves:
            result = _without(result, old, new)
            for pool, values in after.items():
                result.setdefault(pool, {}).update(values)
    return result, findings


def _without(numbers: Numbers, old: str, new: str) -> Numbers:
    """The numbers that an entry leaves where they are."""
    kept: Numbers = {}
    for pool, values in numbers.items():
        if _pool(pool, old, new) == pool:
            rename = _key_renamer(pool, old, new)
            kept[pool] = {key: value for key, value in values.items() if rename(key) == key}
    return kept


def _pool(pool: str, old: str, new: str) -> str:
    kind, _, name = old.partition("/")
    if kind in ("devices", "peers") and pool == f"port/{name}":
        return f"port/{new.partition('/')[2]}"
    return pool


def _key_renamer(pool: str, old: str, new: str) -> Callable[[str], str]:
    """How keys of a pool are renamed by one entry."""
    kind, _, name = old.partition("/")
    new_name = new.partition("/")[2]
    if pool in PATH_POOLS:
        return lambda key: _path(key, old, new)
    if pool == "vlan":
        return lambda key: _scoped_path(key, old, new)
    if pool in HANDOFF_POOLS:
        return lambda key: _handoff(key, old, new)
    if pool in SERVER_POOLS:
        return lambda key: new_name if kind == "servers" and key == name else key
    if pool in LINK_POOLS or pool.startswith("port/"):
        return lambda key: _cable(key, kind, name, new_name)
    return lambda key: new_name if kind == "devices" and key == name else key


def _path(key: str, old: str, new: str) -> str:
    return new + key[len(old) :] if key == old or key.startswith(old + "/") else key


def _scoped_path(key: str, old: str, new: str) -> str:
    scope, colon, path = key.rpartition(":")
    if colon and old == f"pods/{scope}":
        scope = new.partition("/")[2]
    return f"{scope}{colon}{_path(path, old, new)}"


def _handoff(key: str, old: str, new: str) -> str:
    """`peer/switch/tenant/vrf`, perhaps with `#2`."""
    body, mark, count = key.partition("#")
    parts = body.split("/")
    if len(parts) != 4:
        return key
    peer, switch, tenant, vrf = parts
    kind, _, name = old.partition("/")
    new_name = new.partition("/")[2]
    if kind == "peers" and peer == name:
        peer = new_name
    elif kind == "devices" and switch == name:
        switch = new_name
    elif kind == "tenants":
        path = _path(f"tenants/{tenant}/vrfs/{vrf}", old, new).split("/")
        if len(path) == 4:
            tenant, vrf = path[1], path[3]
    return f"{peer}/{switch}/{tenant}/{vrf}{mark}{count}"


def _cable(key: str, kind: str, name: str, new_name: str) -> str:
    body, mark, count = key.partition("#")
    if body.startswith("server:"):
        return f"server:{new_name}{mark}{count}" if kind == "servers" and body == f"server:{name}" else key
    prefix = "peer:" if body.startswith("peer:") else ""
    body = body.removeprefix("peer:")
    if kind == ("peers" if prefix else "devices") and body.startswith(f"{name}--"):
        body = new_name + body[len(name) :]
    elif kind == "devices" and body.endswith(f"--{name}"):
        body = body[: -len(name)] + new_name
    return f"{prefix}{body}{mark}{count}"
