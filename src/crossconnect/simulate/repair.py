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

import numba
import numpy as np

from crossconnect.simulate.arrays import UNREACHED, Arrays, Flags, Indexes, Ints, Levels


@numba.njit(cache=True)
def _loops(first: Ints, source: Ints, shared: Ints, via: Levels, row: int, sender: int, own: int) -> bool:
    """Whether the sender's best path, as it was, holds an ASN."""
    at = sender
    while True:
        if shared[at] == own:
            return True
        step = via[row, at]
        if step < 0:
            return False
        at = source[first[at] + step]


@numba.njit(cache=True)
def _alike(first: Ints, source: Ints, shared: Ints, via: Levels, row: int, left: int, right: int) -> bool:
    """Whether the best paths of two speakers, of one length and as they were, hold the same shared ASNs in order."""
    while left != right:
        if shared[left] != shared[right]:
            return False
        a, b = via[row, left], via[row, right]
        if a < 0 or b < 0:
            return a < 0 and b < 0
        left, right = source[first[left] + a], source[first[right] + b]
    return True


@numba.njit(cache=True)
def _losses(
    first: Ints,
    source: Ints,
    shared: Ints,
    alive: Flags,
    level: Levels,
    via: Levels,
    receivers: Indexes,
    bounds: Indexes,
    gone: Indexes,
    lost: Levels,
    broken: Flags,
) -> None:
    """Stage 1. Receiver k lost the in-edges gone[bounds[k]:bounds[k + 1]]; `lost` is filled with the number of
    equal-cost paths that went with them, by (k, class), and `broken` marks classes for stage 2."""
    for k in range(len(receivers)):
        receiver = receivers[k]
        own, begin, end = int(shared[receiver]), first[receiver], first[receiver + 1]
        for row in range(level.shape[0]):
            reach = level[row, receiver]
            if reach < 1:
                continue
            best_gone = False
            for index in range(bounds[k], bounds[k + 1]):
                sender = int(source[gone[index]])
                if level[row, sender] != reach - 1:
                    continue
                if own >= 0 and _loops(first, source, shared, via, row, sender, own):
                    continue
                lost[k, row] += 1
                if via[row, receiver] == gone[index] - begin:
                    best_gone = True
            if not best_gone or broken[row]:
                continue
            same = False
            for edge in range(begin, end):
                sender = int(source[edge])
                if not alive[edge] or level[row, sender] != reach - 1:
                    continue
                if own >= 0 and _loops(first, source, shared, via, row, sender, own):
                    continue
                # In-edges are in rank order: this is the next best one.
                old = int(source[begin + via[row, receiver]])
                same = _alike(first, source, shared, via, row, old, sender)
                break
            if not same:
                broken[row] = True


@numba.njit(cache=True)
def _loops_now(
    first: Ints, source: Ints, shared: Ints, via: Levels, new_via: Levels, stamp: Ints, now: int, sender: int, own: int
) -> bool:
    """`_loops`, of one class, by paths as they are now."""
    at = sender
    while True:
        if shared[at] == own:
            return True
        step = new_via[at] if stamp[at] == now else via[at]
        if step < 0:
            return False
        at = source[first[at] + step]


@numba.njit(cache=True)
def _as_before(
    first: Ints, source: Ints, shared: Ints, via: Levels, new_via: Levels, stamp: Ints, now: int, speaker: int
) -> bool:
    """Whether the speaker's path, of the length it had, holds the shared ASNs that it held, in order."""
    old, new = speaker, speaker
    while True:
        a = via[old]
        b = new_via[new] if stamp[new] == now else via[new]
        if a < 0 or b < 0:
            return a < 0 and b < 0
        old, new = source[first[old] + a], source[first[new] + b]
        if shared[old] != shared[new]:
            return False


@numba.njit(cache=True)
def _repair_class(
    first: Ints,
    source: Ints,
    target: Ints,
    out_first: Ints,
    out_edge: Ints,
    shared: Ints,
    alive: Flags,
    dead: Flags,
    level: Levels,
    via: Levels,
    stamp: Ints,
    now: int,
    new_level: Levels,
    new_via: Levels,
    new_width: Levels,
    waiting: Indexes,
    due: Ints,
    count: int,
    touched: Indexes,
) -> int:
    """Stage 2 for one class, given by its rows of levels and positions. The first `count` of `waiting` are speakers to
    look at, each when its length is `due`. Returns how many are in `touched` afterwards; what they have now is in
    `new_*`, valid where `stamp` is `now`."""
    size = 0
    reach = 0
    asked = np.full(len(shared), 0, np.int32)
    while count:
        reach = due[0]
        for index in range(1, count):
            reach = min(reach, due[index])
        here = 0
        for index in range(count):
            # Those that are due to the front, keeping the rest.
            if due[index] == reach:
                waiting[index], waiting[here] = waiting[here], waiting[index]
                due[index], due[here] = due[here], due[index]
                here += 1
        current = waiting[:here].copy()
        count -= here
        for index in range(count):
            waiting[index], due[index] = waiting[here + index], due[here + index]
        for speaker in current:
            if dead[speaker] or asked[speaker] == reach:
                continue
            asked[speaker] = reach
            before = int(level[speaker])
            known = int(new_level[speaker]) if stamp[speaker] == now else before
            if 0 <= known < reach:
                continue
            own = int(shared[speaker])
            best, found, later = -1, 0, 0
            for edge in range(first[speaker], first[speaker + 1]):
                if not alive[edge]:
                    continue
                sender = int(source[edge])
                there = int(new_level[sender]) if stamp[sender] == now else int(level[sender])
                if there < reach - 1 or (there > reach - 1 and found):
                    continue
                if own >= 0 and _loops_now(first, source, shared, via, new_via, stamp, now, sender, own):
                    continue
                if there == reach - 1:
                    found += 1
                    if best < 0:
                        best = edge - first[speaker]
                elif not later or there + 1 < later:
                    later = there + 1
            if not found and not (before == reach or known < 0):
                # It has a longer path, which this does not improve.
                continue
            if stamp[speaker] != now:
                stamp[speaker] = now
                touched[size] = speaker
                size += 1
            if found:
                new_level[speaker], new_via[speaker], new_width[speaker] = reach, best, found
                if before == reach and _as_before(first, source, shared, via, new_via, stamp, now, speaker):
                    continue
            else:
                new_level[speaker], new_via[speaker], new_width[speaker] = UNREACHED, UNREACHED, 0
                if later:
                    waiting[count], due[count] = speaker, later
                    count += 1
            for index in range(out_first[speaker], out_first[speaker + 1]):
                edge = out_edge[index]
                receiver = int(target[edge])
                if not alive[edge] or dead[receiver]:
                    continue
                after = int(new_level[receiver]) if stamp[receiver] == now else int(level[receiver])
                if found and (after < 0 or after > reach):
                    waiting[count], due[count] = receiver, reach + 1
                    count += 1
                if before >= 0 and after == before + 1 and (not found or reach != before) and before + 1 > reach:
                    waiting[count], due[count] = receiver, before + 1
                    count += 1
    return size


@numba.njit(cache=True)
def _repair(
    first: Ints,
    source: Ints,
    target: Ints,
    out_first: Ints,
    out_edge: Ints,
    shared: Ints,
    alive: Flags,
    dead: Flags,
    levels: Levels,
    vias: Levels,
    columns_level: Levels,
    columns_via: Levels,
    columns_width: Levels,
    receivers: Indexes,
    bounds: Indexes,
    gone: Indexes,
) -> tuple[Ints, Ints, Levels, Levels]:
    size = len(shared)
    lost = np.zeros((len(receivers), len(levels)), np.int16)
    broken = np.zeros(len(levels), np.bool_)
    _losses(first, source, shared, alive, columns_level, columns_via, receivers, bounds, gone, lost, broken)
    room = 0
    for k in range(len(receivers)):
        for row in range(len(levels)):
            if lost[k, row] and not broken[row]:
                room += 1
    classes = np.empty(room, np.int32)
    speakers = np.empty(room, np.int32)
    level = np.empty(room, np.int16)
    width = np.empty(room, np.int16)
    total = 0
    for k in range(len(receivers)):
        receiver = receivers[k]
        for row in range(len(levels)):
            if lost[k, row] and not broken[row]:
                classes[total], speakers[total] = row, receiver
                level[total] = columns_level[row, receiver]
                width[total] = columns_width[row, receiver] - lost[k, row]
                total += 1
    stamp = np.zeros(size, np.int32)
    new_level = np.empty(size, np.int16)
    new_via = np.empty(size, np.int16)
    new_width = np.empty(size, np.int16)
    touched = np.empty(size, np.int64)
    waiting = np.empty(4 * len(source) + size, np.int64)
    due = np.empty(4 * len(source) + size, np.int32)
    for row in range(len(levels)):
        if not broken[row]:
            continue
        count = 0
        for k in range(len(receivers)):
            if lost[k, row]:
                waiting[count], due[count] = receivers[k], levels[row, receivers[k]]
                count += 1
        found = _repair_class(
            first,
            source,
            target,
            out_first,
            out_edge,
            shared,
            alive,
            dead,
            levels[row],
            vias[row],
            stamp,
            row + 1,
            new_level,
            new_via,
            new_width,
            waiting,
            due,
            count,
            touched,
        )
        if total + found > len(classes):
            room = 2 * (total + found)
            classes, speakers = _longer(classes, room), _longer(speakers, room)
            level, width = _longer(level, room), _longer(width, room)
        for index in range(found):
            speaker = touched[index]
            if new_level[speaker] != levels[row, speaker] or new_width[speaker] != columns_width[row, speaker]:
                classes[total], speakers[total] = row, speaker
                level[total], width[total] = new_level[speaker], new_width[speaker]
                total += 1
    return classes[:total], speakers[:total], level[:total], width[:total]


@numba.njit(cache=True)
def _longer(old: Ints, size: int) -> Ints:
    new = np.empty(size, old.dtype)
    new[: len(old)] = old
    return new


def repair(
    whole: Arrays,
    rows: tuple[Levels, Levels],
    columns: tuple[Levels, Levels, Levels],
    dead: Flags,
    receivers: Indexes,
    bounds: Indexes,
    gone: Indexes,
) -> tuple[Ints, Ints, Levels, Levels]:
    """Classes, speakers, levels and widths of what is not as before in a graph `whole` that has lost in-edges: those of
    receiver k are gone[bounds[k]:bounds[k + 1]]. `dead` speakers are not looked at. `rows` are levels and positions as
    before, `columns` those in Fortran's order, and widths."""
    return _repair(
        whole.first,
        whole.source,
        whole.target,
        whole.out_first,
        whole.out_edge,
        whole.shared,
        whole.alive,
        dead,
        *rows,
        *columns,
        receivers,
        bounds,
        gone,
    )
