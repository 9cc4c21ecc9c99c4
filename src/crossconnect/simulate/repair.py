"""A mesh of classes after a failure, compiled by numba: only what the failure changes is looked at.

Imported only where numba is installed and the network is large enough; `mesh.changed` says what comes out.

    1  by receiver that lost in-edges   all classes, column by column: was the best path among what is gone, and does
                                        another one of the same length and with the same shared ASNs take its place?
    2  by class where none does         speaker by speaker, by ascending length, from those receivers on outwards

The second is the search of `arrays`, restricted to speakers that hear something else than before. A speaker has heard
all that can give it a path of some length once all shorter paths are settled; one whose length and shared ASNs come out
as they were is of no concern to anyone further on. Whoever has lost its path waits until it hears of another one.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from crossconnect.simulate.arrays import UNREACHED, Arrays, Entries, Flags, Gone, Indexes, Ints, Levels, Paths


class Before(NamedTuple):
    """Levels and positions as they were, indexed by (class, speaker); a type of its own for numba."""

    level: Levels
    via: Levels


@numba.njit(cache=True)
def _loops(whole: Arrays, via: Levels, row: int, sender: int, own: int) -> bool:
    """Whether the sender's best path, as it was, holds an ASN."""
    at = sender
    while True:
        if whole.shared[at] == own:
            return True
        step = via[row, at]
        if step < 0:
            return False
        at = whole.source[whole.first[at] + step]


@numba.njit(cache=True)
def _alike(whole: Arrays, via: Levels, row: int, left: int, right: int) -> bool:
    """Whether the best paths of two speakers, of one length and as they were, hold the same shared ASNs in order."""
    while left != right:
        if whole.shared[left] != whole.shared[right]:
            return False
        a, b = via[row, left], via[row, right]
        if a < 0 or b < 0:
            return a < 0 and b < 0
        left, right = int(whole.source[whole.first[left] + a]), int(whole.source[whole.first[right] + b])
    return True


@numba.njit(cache=True)
def _replaced(whole: Arrays, columns: Before, row: int, receiver: int) -> bool:
    """Whether a path of the same length and with the same shared ASNs takes the place of a receiver's best one."""
    own, begin, reach = int(whole.shared[receiver]), whole.first[receiver], columns.level[row, receiver]
    for edge in range(begin, whole.first[receiver + 1]):
        sender = int(whole.source[edge])
        if not whole.alive[edge] or columns.level[row, sender] != reach - 1:
            continue
        if own >= 0 and _loops(whole, columns.via, row, sender, own):
            continue
        # In-edges are in rank order: this is the next best one.
        return _alike(whole, columns.via, row, int(whole.source[begin + columns.via[row, receiver]]), sender)
    return False


@numba.njit(cache=True)
def _losses(whole: Arrays, columns: Before, gone: Gone, lost: Levels, broken: Flags) -> None:
    """Stage 1. `lost` is filled with the number of equal-cost paths that went, by (receiver's place in `gone`, class),
    and `broken` marks classes for stage 2."""
    level = columns.level
    for k in range(len(gone.receivers)):
        receiver = int(gone.receivers[k])
        own, begin = int(whole.shared[receiver]), whole.first[receiver]
        for row in range(level.shape[0]):
            reach = level[row, receiver]
            if reach < 1:
                continue
            best_gone = False
            for index in range(gone.bounds[k], gone.bounds[k + 1]):
                edge = gone.edges[index]
                sender = int(whole.source[edge])
                if level[row, sender] != reach - 1:
                    continue
                if own >= 0 and _loops(whole, columns.via, row, sender, own):
                    continue
                lost[k, row] += 1
                if columns.via[row, receiver] == edge - begin:
                    best_gone = True
            if best_gone and not broken[row]:
                broken[row] = not _replaced(whole, columns, row, receiver)


class Work(NamedTuple):
    """Stage 2's notes on one class. `level`, `via` and `width` are what speakers have now, where `stamp` is `now`."""

    stamp: Ints
    level: Levels
    via: Levels
    width: Levels
    waiting: Indexes
    """Speakers to look at, each when the length of its path is `due`."""
    due: Ints
    asked: Ints
    """The length at which a speaker was looked at last."""
    touched: Indexes
    """Speakers with a stamp, in the order in which they got it."""


@numba.njit(cache=True)
def _loops_now(whole: Arrays, via: Levels, work: Work, now: int, sender: int, own: int) -> bool:
    """`_loops`, of one class, by paths as they are now."""
    at = sender
    while True:
        if whole.shared[at] == own:
            return True
        step = work.via[at] if work.stamp[at] == now else via[at]
        if step < 0:
            return False
        at = whole.source[whole.first[at] + step]


@numba.njit(cache=True)
def _as_before(whole: Arrays, via: Levels, work: Work, now: int, speaker: int) -> bool:
    """Whether the speaker's path, of the length it had, holds the shared ASNs that it held, in order."""
    old, new = speaker, speaker
    while True:
        a = via[old]
        b = work.via[new] if work.stamp[new] == now else via[new]
        if a < 0 or b < 0:
            return a < 0 and b < 0
        old, new = whole.source[whole.first[old] + a], whole.source[whole.first[new] + b]
        if whole.shared[old] != whole.shared[new]:
            return False


@numba.njit(cache=True)
def _due_first(work: Work, count: int, reach: int) -> int:
    """Those that are due at this length to the front; how many they are."""
    here = 0
    for index in range(count):
        if work.due[index] == reach:
            work.waiting[index], work.waiting[here] = work.waiting[here], work.waiting[index]
            work.due[index], work.due[here] = work.due[here], work.due[index]
            here += 1
    return here


@numba.njit(cache=True)
def _heard(
    whole: Arrays, level: Levels, via: Levels, work: Work, now: int, speaker: int, reach: int
) -> tuple[int, int, int]:
    """The position of a speaker's best path of some length, how many equal-cost ones it has, and, where it has none,
    the least length above that it hears of; 0 for none."""
    own = int(whole.shared[speaker])
    best, count, later = -1, 0, 0
    for edge in range(whole.first[speaker], whole.first[speaker + 1]):
        if not whole.alive[edge]:
            continue
        sender = int(whole.source[edge])
        there = int(work.level[sender]) if work.stamp[sender] == now else int(level[sender])
        if there < reach - 1 or (there > reach - 1 and count):
            continue
        if own >= 0 and _loops_now(whole, via, work, now, sender, own):
            continue
        if there == reach - 1:
            count += 1
            if best < 0:
                best = edge - whole.first[speaker]
        elif not later or there + 1 < later:
            later = there + 1
    return best, count, later


@numba.njit(cache=True)
def _tell(whole: Arrays, level: Levels, dead: Flags, work: Work, now: int, speaker: int, reach: int, count: int) -> int:
    """A speaker's path is not as it was: those that hear of it are to be looked at. `reach` is the length now, or, of a
    path that is lost, -1 minus the length that it had. The new number of those that wait."""
    before = int(level[speaker])
    lost, at = reach < 0, -1 - reach if reach < 0 else reach
    for index in range(whole.out_first[speaker], whole.out_first[speaker + 1]):
        edge = whole.out_edge[index]
        receiver = int(whole.target[edge])
        if not whole.alive[edge] or dead[receiver]:
            continue
        after = int(work.level[receiver]) if work.stamp[receiver] == now else int(level[receiver])
        if not lost and (after < 0 or after > at):
            work.waiting[count], work.due[count] = receiver, at + 1
            count += 1
        if before >= at and after == before + 1 and (lost or at != before):
            # It may have used what the speaker had.
            work.waiting[count], work.due[count] = receiver, before + 1
            count += 1
    return count


@numba.njit(cache=True)
def _repair_class(whole: Arrays, level: Levels, via: Levels, dead: Flags, work: Work, now: int, count: int) -> int:
    """Stage 2 for one class, given by its rows of levels and positions. The first `count` of those that wait are there.
    How many are `touched` afterwards."""
    size = 0
    work.asked[:] = 0
    while count:
        reach = int(work.due[:count].min())
        here = _due_first(work, count, reach)
        current = work.waiting[:here].copy()
        count -= here
        for index in range(count):
            work.waiting[index], work.due[index] = work.waiting[here + index], work.due[here + index]
        for speaker in current:
            if dead[speaker] or work.asked[speaker] == reach:
                continue
            work.asked[speaker] = reach
            before = int(level[speaker])
            known = int(work.level[speaker]) if work.stamp[speaker] == now else before
            if 0 <= known < reach:
                continue
            best, found, later = _heard(whole, level, via, work, now, speaker, reach)
            if not found and before != reach and known >= 0:
                continue  # It has a longer path, which this does not improve.
            if work.stamp[speaker] != now:
                work.stamp[speaker] = now
                work.touched[size] = speaker
                size += 1
            if found:
                work.level[speaker], work.via[speaker], work.width[speaker] = reach, best, found
                if before != reach or not _as_before(whole, via, work, now, speaker):
                    count = _tell(whole, level, dead, work, now, speaker, reach, count)
                continue
            work.level[speaker], work.via[speaker], work.width[speaker] = UNREACHED, UNREACHED, 0
            if later:
                work.waiting[count], work.due[count] = speaker, later
                count += 1
            count = _tell(whole, level, dead, work, now, speaker, -1 - reach, count)
    return size


@numba.njit(cache=True)
def _narrowed(
    columns: Before, width: Levels, receivers: Indexes, lost: Levels, broken: Flags, room: int
) -> tuple[Entries, int]:
    """Entries of classes in which nothing but widths has changed, with room for more behind them."""
    found = Entries(
        np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int16), np.empty(room, np.int16)
    )
    total = 0
    for k in range(len(receivers)):
        receiver = receivers[k]
        for row in range(lost.shape[1]):
            if lost[k, row] and not broken[row]:
                found.classes[total], found.speakers[total] = row, receiver
                found.level[total] = columns.level[row, receiver]
                found.width[total] = width[row, receiver] - lost[k, row]
                total += 1
    return found, total


@numba.njit(cache=True)
def _longer(found: Entries, size: int) -> Entries:
    classes, speakers = np.empty(size, np.int32), np.empty(size, np.int32)
    level, width = np.empty(size, np.int16), np.empty(size, np.int16)
    old = len(found.classes)
    classes[:old], speakers[:old], level[:old], width[:old] = found.classes, found.speakers, found.level, found.width
    return Entries(classes, speakers, level, width)


@numba.njit(cache=True)
def _work(whole: Arrays) -> Work:
    size = len(whole.shared)
    # A speaker is told of at most once when it loses its path, and once when it has another one.
    room = 4 * len(whole.source) + 2 * size
    return Work(
        np.zeros(size, np.int32),
        np.empty(size, np.int16),
        np.empty(size, np.int16),
        np.empty(size, np.int16),
        np.empty(room, np.int64),
        np.empty(room, np.int32),
        np.zeros(size, np.int32),
        np.empty(size, np.int64),
    )


@numba.njit(cache=True)
def _repair(whole: Arrays, rows: Before, columns: Before, width: Levels, dead: Flags, gone: Gone) -> Entries:
    receivers = gone.receivers
    lost = np.zeros((len(receivers), len(rows.level)), np.int16)
    broken = np.zeros(len(rows.level), np.bool_)
    _losses(whole, columns, gone, lost, broken)
    found, total = _narrowed(columns, width, receivers, lost, broken, int(np.count_nonzero(lost)))
    work = _work(whole)
    for row in range(len(rows.level)):
        if not broken[row]:
            continue
        count = 0
        for k in range(len(receivers)):
            if lost[k, row]:
                work.waiting[count], work.due[count] = receivers[k], rows.level[row, receivers[k]]
                count += 1
        size = _repair_class(whole, rows.level[row], rows.via[row], dead, work, row + 1, count)
        if total + size > len(found.classes):
            found = _longer(found, 2 * (total + size))
        for index in range(size):
            speaker = work.touched[index]
            if work.level[speaker] != rows.level[row, speaker] or work.width[speaker] != width[row, speaker]:
                found.classes[total], found.speakers[total] = row, speaker
                found.level[total], found.width[total] = work.level[speaker], work.width[speaker]
                total += 1
    return Entries(found.classes[:total], found.speakers[:total], found.level[:total], found.width[:total])


def repair(whole: Arrays, rows: Paths, columns: Paths, width: Levels, dead: Flags, gone: Gone) -> Entries:
    """What is not as before in a graph `whole` that has lost in-edges; `dead` speakers are not looked at. `rows` are
    levels and positions as before, `columns` those in Fortran's order, as are widths."""
    return _repair(whole, Before(*rows), Before(*columns), width, dead, gone)
