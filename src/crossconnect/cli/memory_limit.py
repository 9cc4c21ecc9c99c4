"""Out of memory is foreseen: what a question would take is estimated before it is begun."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import click

from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput

SHARE = 0.8
"""Of the memory that is free, what one run may take without being asked."""

_CGROUP = Path("/sys/fs/cgroup")


def memory_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--memory-max`, the limit in MiB."""
    return click.option(
        "--memory-max",
        type=click.IntRange(min=1),
        default=None,
        help="Refuse, with an estimate, what would take more MiB.  [default: four fifths of what is free]",
    )(function)


def available_mib() -> int:
    """Memory that can be taken now without swapping, within the limit of the own control group, MiB."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            free = int(rest.split()[0]) >> 10
            break
    else:
        return 1 << 40  # a kernel that does not tell
    try:
        limit = (_CGROUP / "memory.max").read_text().strip()
        if limit != "max":
            free = min(free, (int(limit) - int((_CGROUP / "memory.current").read_text())) >> 20)
    except (OSError, ValueError):
        pass  # no control groups of version 2, or none with a limit
    return max(free, 1)


def refuse_too_large(
    blueprint: Blueprint,
    tables: Collection[str],
    factor: float,
    limit_mib: int | None,
    smaller: Sequence[tuple[str, Collection[str], float]] = (),
) -> None:
    """BadInput when the state's tables would take more memory than there is. `factor` is what a command takes over the
    tables themselves; `smaller` are questions (words, tables, factor) of which those that fit are proposed."""
    from crossconnect.simulate.estimate import estimate

    limit = limit_mib if limit_mib is not None else int(available_mib() * SHARE)
    whole = estimate(blueprint, tables)
    needed = int(whole.total_mib * factor)
    if needed <= limit:
        return
    largest = sorted(whole.rows, key=lambda name: -whole.mib[name])[:3]
    told = ", ".join(f"{name} {whole.rows[name]:,} rows" for name in largest)
    fitting = [
        f"{words} ({size:,} MiB)"
        for words, asked, its in smaller
        if (size := int(estimate(blueprint, asked).total_mib * its)) <= limit
    ]
    advice = f"; this would fit: {', or '.join(fitting[:2])}" if fitting else ""
    raise BadInput(
        f"about {needed:,} MiB of memory would be needed ({told}), {limit:,} MiB may be taken{advice}"
        "; --memory-max allows more"
    )
