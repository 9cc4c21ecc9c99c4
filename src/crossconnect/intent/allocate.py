"""The allocator: model and previous lock to the next lock.

What has a number keeps it while the number is still in its pool. A number written by hand wins over one held. What is
new takes the lowest free number that does not rest, in the natural order of keys; so the outcome depends on nothing but
the set of things and the previous lock.

    previous lock -- moved --> held numbers --.
    model ------ demands ---> by hand ---------+--> kept --> new --> lock, serial + 1 if anything differs
                                                              '----> freed numbers begin to rest
"""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.finding import Finding
from crossconnect.intent.bonds import BONDS
from crossconnect.intent.demands import DemandPool, demand_pools
from crossconnect.intent.lock import Lock, still_resting
from crossconnect.intent.number_space import NumberSpace, resting_pool, scope_of
from crossconnect.intent.ports import allocate_ports
from crossconnect.intent.renames import renamed
from crossconnect.model.inventory import Inventory
from crossconnect.model.region import Region
from crossconnect.net.order import natural_key


def allocate(region: Region, inventory: Inventory, previous: Lock | None) -> tuple[Lock, tuple[Finding, ...]]:
    """The next lock. It is `previous` itself when nothing changes; keys that could not be served are missing from it,
    and a finding says why."""
    before = previous or Lock()
    held, findings = renamed(region, before.numbers)
    rescoped = _rescope_vlans(region, inventory, held)
    numbers: dict[str, dict[str, str]] = {}
    spaces: dict[str, list[DemandPool]] = {}
    for pool in demand_pools(region, inventory):
        spaces.setdefault(pool.space, []).append(pool)
    resting = still_resting(before, region.design.resting_locks)
    for pools in spaces.values():
        space = NumberSpace(region, pools, held, resting, rescoped)
        space.fill()
        findings += space.findings
        for pool, values in space.values.items():
            numbers.setdefault(pool, {}).update(values)
    ports, port_findings = allocate_ports(region, inventory, held)
    numbers |= ports
    numbers |= {pool: {key: str(number) for key, number in of.items()} for pool, of in inventory.numbers.items()}
    findings += port_findings
    ordered = {
        pool: {key: numbers[pool][key] for key in sorted(numbers[pool], key=natural_key)}
        for pool in sorted(numbers, key=natural_key)
        if numbers[pool]
    }
    if previous is not None and ordered == before.numbers:
        return previous, tuple(sorted(findings, key=Finding.sort_key))
    serial = before.serial + 1
    lock = Lock(serial=serial, numbers=ordered, resting=_rest(held, ordered, resting, serial))
    return lock, tuple(sorted(findings, key=Finding.sort_key))


def _rescope_vlans(region: Region, inventory: Inventory, held: dict[str, dict[str, str]]) -> frozenset[str]:
    """Carry VLAN ids over when `vlan_scope` was changed: a region's id goes to every pod, and of the pods' ids the
    first pod's to the region. Keys that were carried are returned."""
    vlans = held.get("vlan", {})
    by_pod = region.design.vlan_scope == "pod"
    stale = {key for key in vlans if (":" in key) != by_pod}
    if not stale:
        return frozenset()
    carried = {key: value for key, value in vlans.items() if key not in stale}
    pods = sorted({s.pod for s in inventory.switches}, key=natural_key)
    for key in sorted(stale, key=natural_key):
        for target in [f"{pod}:{key}" for pod in pods] if by_pod else [key.partition(":")[2]]:
            carried.setdefault(target, vlans[key])
    held["vlan"] = carried
    return frozenset(carried)


def _rest(
    held: Mapping[str, Mapping[str, str]],
    numbers: Mapping[str, Mapping[str, str]],
    resting: Mapping[str, Mapping[str, int]],
    serial: int,
) -> dict[str, dict[str, int]]:
    """What rests after this lock: what rested before, and what was held and is not any more.

    Ports and bonds do not rest: a pulled cable leaves nothing behind that a new one could be mistaken for.
    """
    result: dict[str, dict[str, int]] = {pool: dict(values) for pool, values in resting.items()}
    for pool in held.keys() | numbers.keys():
        if pool.startswith(("port/", BONDS)):
            continue
        before, after = held.get(pool, {}), numbers.get(pool, {})
        used = {(scope_of(pool, key), value) for key, value in after.items()}
        for scope, value in used:
            if pool != "handoff-vlan":  # which another port of the switch may use at the same time
                result.get(resting_pool(pool, scope), {}).pop(value, None)
        for key, value in before.items():
            scope = scope_of(pool, key)
            if after.get(key) != value and (pool == "handoff-vlan" or (scope, value) not in used):
                result.setdefault(resting_pool(pool, scope), {})[value] = serial
    return {
        pool: {value: result[pool][value] for value in sorted(result[pool], key=natural_key)}
        for pool in sorted(result, key=natural_key)
        if result[pool]
    }
