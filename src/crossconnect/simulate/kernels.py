"""The searches of `arrays`, compiled by numba on first use and kept beside this file.

Imported only where numba is installed and the network is large enough; each function does what its namesake in `arrays`
says, one speaker after the other instead of level by level.
"""

from __future__ import annotations

import numba
import numpy as np

from crossconnect.simulate.arrays import Arrays, Flags, Ints, Levels


@numba.njit(cache=True)
def _loops(first: Ints, source: Ints, shared: Ints, via: Levels, sender: int, own: int) -> bool:
    at = sender
    while True:
        if shared[at] == own:
            return True
        step = via[at]
        if step < 0:
            return False
        at = source[first[at] + step]


@numba.njit(cache=True)
def _search(
    first: Ints,
    source: Ints,
    target: Ints,
    out_first: Ints,
    out_edge: Ints,
    shared: Ints,
    alive: Flags,
    accepts: Flags,
    levels: Levels,
    vias: Levels,
) -> None:
    queue = np.empty(len(shared), np.int32)
    for row in range(len(levels)):
        level, via = levels[row], vias[row]
        head, tail = 0, 0
        for speaker in range(len(shared)):
            if level[speaker] == 0:
                queue[tail] = speaker
                tail += 1
        while head < tail:
            sender = int(queue[head])
            head += 1
            reach = level[sender] + 1
            for index in range(out_first[sender], out_first[sender + 1]):
                edge = out_edge[index]
                receiver = target[edge]
                known = level[receiver]
                if not alive[edge] or not accepts[receiver] or (known >= 0 and known != reach):
                    continue
                place = edge - first[receiver]
                if known == reach and via[receiver] <= place:
                    continue
                own = int(shared[receiver])
                if own >= 0 and _loops(first, source, shared, via, sender, own):
                    continue
                if known < 0:
                    level[receiver] = reach
                    queue[tail] = receiver
                    tail += 1
                via[receiver] = place


@numba.njit(cache=True)
def _count(first: Ints, source: Ints, shared: Ints, alive: Flags, levels: Levels, vias: Levels, counts: Levels) -> None:
    for row in range(len(levels)):
        level, via, count = levels[row], vias[row], counts[row]
        for receiver in range(len(shared)):
            wanted = level[receiver] - 1
            if wanted < 0:
                continue
            own = int(shared[receiver])
            for edge in range(first[receiver], first[receiver + 1]):
                sender = int(source[edge])
                if not alive[edge] or level[sender] != wanted:
                    continue
                if own < 0 or not _loops(first, source, shared, via, sender, own):
                    count[receiver] += 1


def search(whole: Arrays, accepts: Flags, level: Levels, via: Levels) -> None:
    """`arrays.search`, originators being at level 0 already."""
    _search(
        whole.first,
        whole.source,
        whole.target,
        whole.out_first,
        whole.out_edge,
        whole.shared,
        whole.alive,
        accepts,
        level,
        via,
    )


def width(whole: Arrays, level: Levels, via: Levels, result: Levels) -> None:
    """`arrays.widths`."""
    _count(whole.first, whole.source, whole.shared, whole.alive, level, via, result)
