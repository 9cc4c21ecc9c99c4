"""A space of numbers while it is filled: pools of the lock that never give out the same number."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from crossconnect.finding import Code, Finding, Place, found
from crossconnect.intent import allocate_codes as codes
from crossconnect.intent import codes as reading_codes
from crossconnect.intent.demands import Block, Demand, DemandPool, Interval
from crossconnect.model.region import Region
from crossconnect.net import address_text, parse
from crossconnect.net.order import NaturalKey, natural_key

LOCK_FILE = "region.lock"
NAMES_SHOWN = 5

BY_HAND_TWICE = {
    "asn": reading_codes.ASN_SHARED,
    "l2vni": reading_codes.VNI_DUPLICATE,
    "l3vni": reading_codes.VNI_DUPLICATE,
    "vlan": reading_codes.VLAN_DUPLICATE,
    "handoff-vlan": reading_codes.VLAN_DUPLICATE,
}
"""What validation says of one number written by hand for two; said again here, it goes by the same code."""


def scope_of(pool: str, key: str) -> str:
    """Where a number of the lock is unique: VLANs perhaps per pod, handoff VLANs per switch."""
    if pool == "vlan" and ":" in key:
        return key.partition(":")[0]
    if pool == "handoff-vlan":
        parts = key.split("/")
        return parts[1] if len(parts) > 1 else ""
    return ""


def resting_pool(pool: str, scope: str) -> str:
    return f"{pool}/{scope}" if scope else pool


class NumberSpace:
    """The demand pools of one space while they are filled; `taken` says who has a number."""

    def __init__(
        self,
        region: Region,
        pools: Sequence[DemandPool],
        held: Mapping[str, Mapping[str, str]],
        resting: Mapping[str, Mapping[str, int]],
        rescoped: frozenset[str],
    ) -> None:
        self.region = region
        self.rescoped = rescoped
        self.pools = pools
        self.held = held
        self.taken: dict[int, tuple[Demand, bool]] = {}
        """Number -> who has it, and whether it is written by hand."""
        self.values: dict[str, dict[str, str]] = {pool.pool: {} for pool in pools}
        self.findings: list[Finding] = []
        self.reserved = {pool.pool: Intervals(pool.reserved) for pool in pools}
        self.resting: dict[str, set[int]] = {}
        self.numbers: dict[tuple[str, str], dict[str, int | None]] = {}
        """Held numbers by pool and scope, then by key; None for a value that is none."""
        for pool in pools:
            numbers = self.numbers[pool.pool, pool.scope] = {
                key: value_number(pool, value)
                for key, value in held.get(pool.pool, {}).items()
                if scope_of(pool.pool, key) == pool.scope
            }
            rest = {value_number(pool, value) for value in resting.get(resting_pool(pool.pool, pool.scope), {})}
            if region.design.resting_locks:  # what this lock frees rests already: nobody takes over in one step
                rest.update(numbers.values())
            self.resting[pool.pool] = {number for number in rest if number is not None}

    def fill(self) -> None:
        """By hand, then held, then new: over all pools of the space, so that none takes what another holds."""
        for pool in self.pools:
            self._take_written(pool)
        waiting = [(pool, self._keep(pool)) for pool in self.pools]
        for pool, demands in waiting:
            self._take_new(pool, demands)

    def _take_written(self, pool: DemandPool) -> None:
        values = self.values[pool.pool]
        for demand in sorted((d for d in pool.demands if d.fixed is not None), key=_demand_order):
            number = demand.fixed
            assert number is not None
            if number in self.taken:
                other = self.taken[number][0]
                words = f"{pool.purpose}: {number} is written by hand for both {other.key} and {demand.key}"
                place, related = self.region.place(f"{demand.path}/{pool.field}"), self.region.place(other.path)
                self.findings.append(found(BY_HAND_TWICE[pool.pool], place, words, related=(related,)))
                continue
            self.taken[number] = demand, True
            values[demand.key] = number_value(pool, number, 0)

    def _keep(self, pool: DemandPool) -> list[Demand]:
        """Let every key keep its number where it may; the demands that are left need a new one."""
        held = self.held.get(pool.pool, {})
        values = self.values[pool.pool]
        numbers = self.numbers[pool.pool, pool.scope]
        new: list[Demand] = []
        for demand in sorted((d for d in pool.demands if d.fixed is None), key=_demand_order):
            text = held.get(demand.key)
            if text is None:
                new.append(demand)
                continue
            number = numbers[demand.key]
            reason = "" if number is None else self._objection(pool, number, text, demand.site)
            if number is None:
                words = f"{LOCK_FILE} gives {demand.key} in {pool.pool} the value {text!r}, which is none"
                self._report(codes.LOCK_VALUE, self._lock_place(pool.pool, demand.key), words)
            elif number in self.taken:
                self._report_conflict(pool, demand, text, *self.taken[number])
            elif reason:
                words = f"{demand.key} loses {text} ({pool.purpose}): {reason}"
                self._report(codes.NUMBER_MOVED, self.region.place(demand.path), words)
            else:
                self.taken[number] = demand, False
                values[demand.key] = text
                continue
            new.append(demand)
        return new

    def _report_conflict(self, pool: DemandPool, demand: Demand, text: str, other: Demand, written: bool) -> None:
        rescoped = pool.pool == "handoff-vlan" or (pool.pool == "vlan" and demand.key in self.rescoped)
        if written or rescoped:
            why = "it is written by hand for" if written else "it must now be unique among more, and goes to"
            words = f"{demand.key} loses {text} ({pool.purpose}): {why} {other.key}"
            self._report(codes.NUMBER_MOVED, self.region.place(demand.path), words)
            return
        words = f"{LOCK_FILE} gives {text} in {pool.pool} to both {other.key} and {demand.key}"
        self._report(codes.LOCK_CONFLICT, self._lock_place(pool.pool, demand.key), words)

    def _take_new(self, pool: DemandPool, demands: Sequence[Demand]) -> None:
        values = self.values[pool.pool]
        free: dict[str, Iterator[tuple[int, Block]]] = {}
        unserved: list[Demand] = []
        for demand in demands:
            if demand.site not in free:
                free[demand.site] = self._free_numbers(pool, demand.site)
            try:
                number, block = next(free[demand.site])
            except StopIteration:
                unserved.append(demand)
                continue
            self.taken[number] = demand, False
            values[demand.key] = number_value(pool, number, block.length)
        if unserved:
            rest = sum(1 for n in self.resting[pool.pool] if n not in self.taken)
            self.findings.append(_exhausted(self.region, pool, values, unserved, rest))

    def _free_numbers(self, pool: DemandPool, site: str) -> Iterator[tuple[int, Block]]:
        """Free numbers for a site, lowest first, from its own blocks before everybody's. Each number is looked at
        once: what is passed over stays taken."""
        blocks = [b for b in pool.blocks if b.site and b.site == site] + [b for b in pool.blocks if not b.site]
        resting, step = self.resting[pool.pool], pool.step
        barred = Intervals((*pool.reserved, *pool.avoided))
        for block in blocks:
            number = block.first
            while number + step - 1 <= block.last:
                if (last := barred.holds(number, number + step - 1)) is not None:
                    number = block.first + -(-(last + 1 - block.first) // step) * step
                    continue
                if number not in self.taken and number not in resting:
                    yield number, block
                number += step

    def _objection(self, pool: DemandPool, number: int, text: str, site: str) -> str:
        """Why a held number may not be kept; empty when it may."""
        block = next((b for b in pool.blocks if number in b and (not b.site or b.site == site)), None)
        if block is None:
            return "no pool holds it any more"
        if pool.kind != "number" and number_value(pool, number, block.length) != text:
            return f"pool {block.name} now gives out /{block.length}"
        barred = self.reserved[pool.pool].holds(number, number + pool.step - 1)
        return "" if barred is None else "it is now reserved"

    def _lock_place(self, pool: str, key: str) -> Place:
        return Place(file=LOCK_FILE, path=f"numbers/{pool}/{key}")

    def _report(self, code: Code, place: Place, words: str) -> None:
        self.findings.append(found(code, place, words))


def _demand_order(demand: Demand) -> NaturalKey:
    return natural_key(demand.key)


class Intervals:
    """A set of numbers as sorted disjoint intervals."""

    def __init__(self, intervals: Iterable[Interval]) -> None:
        merged: list[Interval] = []
        for interval in sorted(intervals):
            if merged and interval.first <= merged[-1].last + 1:
                merged[-1] = Interval(merged[-1].first, max(merged[-1].last, interval.last))
            else:
                merged.append(interval)
        self.intervals = merged
        self._starts = [interval.first for interval in merged]

    def holds(self, first: int, last: int) -> int | None:
        """The end of the interval that shares a number with `first` to `last`; None when there is none."""
        at = bisect.bisect_right(self._starts, last) - 1
        return self.intervals[at].last if at >= 0 and self.intervals[at].last >= first else None


def number_value(pool: DemandPool, number: int, length: int) -> str:
    """A number as the lock writes it."""
    if pool.kind == "number":
        return str(number)
    address = address_text(pool.version, number)
    return address if pool.kind == "address" else f"{address}/{length}"


def value_number(pool: DemandPool, text: str) -> int | None:
    """The number behind a value of the lock; None for what no allocator has written."""
    if pool.kind == "number":
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 and text[0] != "0" else None
    if (pool.kind == "address") == ("/" in text):
        return None
    try:
        parsed = parse(text)
    except ValueError:
        return None
    if parsed.version != pool.version or number_value(pool, parsed.value, parsed.length) != text:
        return None
    return parsed.value if parsed.value % pool.step == 0 else None


def _reserved_count(pool: DemandPool) -> int:
    """How many numbers of a pool are never given out."""
    barred = Intervals(pool.reserved).intervals
    shared = ((max(i.first, b.first), min(i.last, b.last)) for b in pool.blocks for i in barred)
    return sum(-(-(last - first + 1) // pool.step) for first, last in shared if first <= last)


def _exhausted(
    region: Region, pool: DemandPool, values: Mapping[str, str], unserved: Sequence[Demand], resting: int
) -> Finding:
    """What is missing, how full the pool is, and who fills it."""
    wanted = ", ".join(d.key for d in unserved[:NAMES_SHOWN])
    more = f" and {len(unserved) - NAMES_SHOWN} more" if len(unserved) > NAMES_SHOWN else ""
    if not pool.blocks:
        purpose = pool.pool.removesuffix("-v4").removesuffix("-v6")
        words = f"{len(unserved)} {pool.purpose} are needed ({wanted}{more}), but no pool has purpose '{purpose}'"
        words += "" if pool.kind == "number" else f" and an IPv{pool.version} prefix"
        return found(codes.POOL_MISSING, region.place("pools"), words)
    size = sum((b.last - b.first + 1) // pool.step for b in pool.blocks)
    users = Counter(d.user for d in pool.demands if d.key in values)
    top = ", ".join(f"{user} {count}" for user, count in sorted(users.items(), key=lambda u: (-u[1], u[0]))[:3])
    reserved = _reserved_count(pool)
    names = ", ".join(dict.fromkeys(f"{b.name} {b.text}".strip() for b in pool.blocks))
    words = (
        f"{pool.purpose}: {len(unserved)} more needed ({wanted}{more}); {names} has {size}, of which {len(values)} are "
        f"in use ({top or 'nobody'}), {resting} rest and {reserved} are reserved"
    )
    place = region.place(f"pools/{pool.blocks[0].name}") if pool.blocks[0].name else region.place("asns/range")
    sites = {b.site for b in pool.blocks}
    hint = "" if "" in sites else "These pools are for single sites; add one without a site for what lies between them."
    return found(codes.POOL_EXHAUSTED, place, words, hint=hint)
