"""Numbers of racks and leaves in their pod: the part of names that must not move.

    held numbers --.
    pod's racks ---+--> kept --> new, in the order of the file --> names of racks and leaves, pools of the lock

A leaf is told by its rack's name and its place there; a rack by its name or, where the name is a pattern with `{n}`,
by the pattern, which entry with that pattern it belongs to, and its place in the entry. So an entry may grow, and
racks with names may come, go and change places, and nobody behind them is renumbered.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

import msgspec

from crossconnect.finding import Finding, Place, found
from crossconnect.intent import allocate_codes as codes
from crossconnect.intent.files import LOCK_FILE
from crossconnect.model.pod import Pod, RackGroup
from crossconnect.model.region import Region

RACK_PATTERN = "{pod}-rack{n}"
LEAF_PATTERN = "{pod}-leaf{n}"

Numbers = Mapping[str, Mapping[str, str]]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What the previous lock holds, under today's names; nothing when there is no lock."""

    numbers: Numbers = {}
    resting: Mapping[str, Collection[str]] = {}
    """Freed numbers that the next lock must not give out, by pool."""


class NumberedRack(NamedTuple):
    """A rack of a pod with its numbers."""

    group: int
    """Index of its entry in the pod's `racks`."""
    number: int
    leaves: tuple[int, ...]


class PodNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """The racks of a pod in the order of the file, and what the lock is to record of them."""

    racks: tuple[NumberedRack, ...]
    pools: Mapping[str, Mapping[str, int]]
    """Pools `rack/<pod>` and `leaf/<pod>` of the lock."""
    findings: tuple[Finding, ...]


class _Entry(NamedTuple):
    """A counted entry as the lock knows it: its racks' numbers by their place in it."""

    pattern: str
    numbers: tuple[int, ...]


def filled(pattern: str, **values: str | int) -> str:
    """A name pattern filled in; `<pattern>-<n>` when it has a placeholder that does not exist."""
    try:
        return pattern.format(**values)
    except (KeyError, IndexError, ValueError, AttributeError):
        return f"{pattern}-{values.get('n', '')}"


def is_counted(group: RackGroup) -> bool:
    """Whether the racks of an entry have their names from a number."""
    return not group.name or "{n" in group.name


def leaf_name(group: RackGroup, pod: str, rack: str, number: int) -> str:
    """Name of a leaf of a rack."""
    return filled(group.leaf_name or LEAF_PATTERN, pod=pod, rack=rack, n=number)


def number_pod(region: Region, pod: Pod, held: Held) -> PodNumbers:
    """The numbers of a pod's racks and leaves. What has one keeps it; what is new takes the lowest that is free, does
    not rest and makes no name that is somebody else's."""
    findings: list[Finding] = []
    rack_held, rack_rest = _pool(region, held, f"rack/{pod.name}", findings)
    leaf_held, leaf_rest = _pool(region, held, f"leaf/{pod.name}", findings)
    own = _own_names(region, pod)
    entries = _entries(pod, rack_held, own)
    keys, kept = _rack_keys(pod, entries)

    def name(index: int, number: int) -> str:
        return filled(pod.racks[index].name or RACK_PATTERN, pod=pod.name, n=number)

    rack_numbers = _numbered(
        keys, kept, rack_rest, lambda key, n: is_counted(pod.racks[key[0]]) and name(key[0], n) in own, len(own)
    )
    racks = [(index, rack_numbers[key], name(index, rack_numbers[key])) for index, key in keys]
    leaf_keys = [(index, f"{rack}#{p}") for index, _, rack in racks for p in range(1, pod.racks[index].leaves + 1)]
    # A new leaf becomes no device that is there already. In a pod of which the lock says nothing, all leaves are new.
    devices = held.numbers.get("device", {}) if leaf_held else {}
    leaf_numbers = _numbered(
        leaf_keys,
        leaf_held,
        leaf_rest,
        lambda key, n: leaf_name(pod.racks[key[0]], pod.name, key[1].rpartition("#")[0], n) in devices,
        len(devices),
    )
    findings += _shifted(region, pod, entries, leaf_held)
    numbered = [
        NumberedRack(index, n, tuple(leaf_numbers[f"{rack}#{p}"] for p in range(1, pod.racks[index].leaves + 1)))
        for index, n, rack in racks
    ]
    # Racks with names of their own count along where others are new, but need no number.
    counted = {key: rack_numbers[key] for index, key in keys if is_counted(pod.racks[index])}
    pools = {f"rack/{pod.name}": counted, f"leaf/{pod.name}": leaf_numbers}
    return PodNumbers(racks=tuple(numbered), pools=pools, findings=tuple(findings))


def _rack_keys(pod: Pod, entries: Mapping[str, list[_Entry]]) -> tuple[list[tuple[int, str]], dict[str, int]]:
    """Entry and key of every rack in the order of the file, and the numbers that are held under these keys."""
    keys: list[tuple[int, str]] = []
    kept: dict[str, int] = {}
    met: Counter[str] = Counter()
    for index, group in enumerate(pod.racks):
        pattern = group.name or RACK_PATTERN
        met[pattern] += 1
        known = entries.get(pattern, [])
        numbers = known[met[pattern] - 1].numbers if met[pattern] <= len(known) else ()
        for place in range(group.count):
            key = _key(group, pattern, met[pattern], place)
            keys.append((index, key))
            if is_counted(group) and place < len(numbers):
                kept[key] = numbers[place]
    return keys, kept


def _key(group: RackGroup, pattern: str, entry: int, place: int) -> str:
    if is_counted(group):
        return f"{pattern}#{entry}.{place + 1}"
    return f"{pattern}#{place + 1}" if place else pattern


def _pool(region: Region, held: Held, pool: str, findings: list[Finding]) -> tuple[dict[str, int], set[int]]:
    """Held numbers of a pool by key, and those that nothing new may have."""
    numbers = _numbers(held, pool, findings)
    rest = {int(n) for n in held.resting.get(pool, ()) if n.isdigit()}
    if region.design.resting_locks:  # what this lock frees rests already
        rest.update(numbers.values())
    return numbers, rest


def _numbers(held: Held, pool: str, findings: list[Finding]) -> dict[str, int]:
    """The numbers of a pool by key; a value that is none, or that another key has, was put there by hand."""
    numbers: dict[str, int] = {}
    owners: dict[int, str] = {}
    for key, text in held.numbers.get(pool, {}).items():
        place = Place(file=LOCK_FILE, path=f"numbers/{pool}/{key}")
        if not (text.isascii() and text.isdigit() and len(text) <= 6 and text[0] != "0"):
            words = f"{LOCK_FILE} gives {key} in {pool} the value {text!r}, which is none"
            findings.append(found(codes.LOCK_VALUE, place, words))
        elif (other := owners.setdefault(int(text), key)) != key:
            words = f"{LOCK_FILE} gives {text} in {pool} to both {other} and {key}"
            findings.append(found(codes.LOCK_CONFLICT, place, words))
        else:
            numbers[key] = int(text)
    return numbers


def _own_names(region: Region, pod: Pod) -> set[str]:
    """Rack names that no counted rack of the pod may have: those written out, and those that `moved` leads away from.

    A counted rack that gets its present name written out is that rack still, and no longer one of its entry.
    """
    written = {filled(group.name, pod=pod.name) for group in pod.racks if not is_counted(group)}
    return written | {entry.old.removeprefix("racks/") for entry in region.moved if entry.old.startswith("racks/")}


def _entries(pod: Pod, rack_held: Mapping[str, int], own: Collection[str]) -> dict[str, list[_Entry]]:
    """What the lock holds of counted entries, by pattern and in their order then."""
    places: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for key, number in rack_held.items():
        pattern, _, place = key.rpartition("#")
        entry, dot, index = place.partition(".")
        if dot and entry.isdigit() and index.isdigit() and filled(pattern, pod=pod.name, n=number) not in own:
            places.setdefault((pattern, int(entry)), []).append((int(index), number))
    entries: dict[str, list[_Entry]] = {}
    for pattern, entry in sorted(places):
        numbers = tuple(number for _, number in sorted(places[pattern, entry]))
        entries.setdefault(pattern, []).append(_Entry(pattern, numbers))
    return entries


def _numbered(
    keys: Iterable[tuple[int, str]],
    held: Mapping[str, int],
    resting: Collection[int],
    is_barred: Callable[[tuple[int, str], int], bool],
    barred_max: int,
) -> dict[str, int]:
    """Every key's number, held or the lowest that is free. Each number is looked at once, but for those that only
    some keys may not have.

    A name pattern may yield fewer names than there are numbers, or one only (`leaf_name: edge`): after as many barred
    ones as there are names to bar, the lowest is taken, and expansion says whether the name is taken.
    """
    keys = list(keys)
    taken = {held[key] for _, key in keys if key in held}
    numbers: dict[str, int] = {}
    first = 1
    for key in keys:
        if key[1] in numbers:
            continue  # one name written twice, which expansion says
        if key[1] in held:
            numbers[key[1]] = held[key[1]]
            continue
        while first in taken or first in resting:
            first += 1
        free = (n for n in itertools.count(first) if n not in taken and n not in resting)
        number = next((n for n in itertools.islice(free, barred_max + 1) if not is_barred(key, n)), first)
        numbers[key[1]] = number
        taken.add(number)
    return numbers


def _shifted(
    region: Region, pod: Pod, entries: Mapping[str, list[_Entry]], leaf_held: Mapping[str, int]
) -> list[Finding]:
    """Counted entries that seem to have become others: they are told apart by their order alone."""
    leaves = Counter(key.rpartition("#")[0] for key in leaf_held)
    findings: list[Finding] = []
    for pattern, known in entries.items():
        now = [(i, g) for i, g in enumerate(pod.racks) if is_counted(g) and (g.name or RACK_PATTERN) == pattern]
        names = [[filled(pattern, pod=pod.name, n=n) for n in entry.numbers] for entry in known]
        before = [(len(racks), leaves[racks[0]]) for racks in names]
        after = [(group.count, int(group.leaves)) for _, group in now]
        shared = min(len(before), len(after))
        if len(before) == len(after):
            shifted = before != after and sorted(before) == sorted(after)
        else:
            shifted = before[:shared] != after[:shared]
        if shifted:
            at = next(n for n in range(shared) if before[n] != after[n])
            path = f"pods/{pod.name}/racks/{now[at][0]}"
            findings.append(renumbered(region, path, pod.name, [name for racks in names[at:] for name in racks]))
    return findings


def renumbered(region: Region, path: str, pod: str, racks: Collection[str], why: str = "") -> Finding:
    """The warning that racks without names of their own become others."""
    listed = ", ".join(list(racks)[:5]) + (f" and {len(racks) - 5} more" if len(racks) > 5 else "")
    words = f"pod {pod}: entries of racks without names were put in, taken out or put in another order, so that "
    return found(codes.RACKS_RENUMBERED, region.place(path), f"{words}{listed} would be other racks{why}")
