"""`--failures`, `--pairs`, `--sample`, `--jobs`, `--scheduler`, `--results`: which failures, and who computes them."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from crossconnect.cli.sweeping import How
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput
from crossconnect.simulate import Failures
from crossconnect.simulate.failures import KINDS, Kind, failures_of_kinds, pairs_of, union

FAILURES_MAX = 2_000_000
"""Failures of one sweep; at 1,000 switches some 1,500 are computed a second, so that this takes about 20 minutes."""

_KINDS: dict[str, Kind] = {word: kind for kind in KINDS for word in (kind, f"{kind}s")}
_ADDRESS = re.compile(r"(tcp|tls)://[^/\s]+:\d{1,5}")
_SINGLE: tuple[Kind, ...] = ("device", "link")


class Asked(NamedTuple):
    """Which failures."""

    kinds: tuple[Kind, ...]
    """None: no sweep."""
    pairs: bool
    sample: int | None


def sweep_options(function: Callable[..., int]) -> Callable[..., int]:
    """All of them, given to the command as `asked` and `how`."""

    @click.option(
        "--failures",
        default="none",
        show_default=True,
        metavar="KINDS",
        help="What fails, one after the other: 'single' for links and devices, or, with commas, any of links, devices, "
        "sessions, racks, sites, groups (shared risk groups of fabric/*.yaml).",
    )
    @click.option("--pairs", is_flag=True, help="Every two of these at once instead of each alone.")
    @click.option(
        "--sample",
        type=click.IntRange(min=1),
        default=None,
        metavar="N",
        help="Only N of the failures, evenly spread.",
    )
    @click.option(
        "--jobs",
        type=click.IntRange(min=0),
        default=0,
        metavar="N",
        help="Processes that compute; 0 takes as many as there are processors where it pays.",
    )
    @click.option(
        "--scheduler",
        default="",
        metavar="ADDRESS",
        help="Compute on the machines of a Dask cluster: tcp://host:8786.",
    )
    @click.option(
        "--results",
        type=click.Path(path_type=Path, dir_okay=False),
        default=None,
        metavar="FILE",
        help="Keep results in FILE as they come, and go on from those in it.",
    )
    @functools.wraps(function)
    def collected(
        *,
        failures: str,
        pairs: bool,
        sample: int | None,
        jobs: int,
        scheduler: str,
        results: Path | None,
        **others: object,
    ) -> int:
        kinds = _kinds(failures)
        if not kinds and (pairs or sample or results or scheduler):
            raise BadInput("--pairs, --sample, --results and --scheduler are about --failures: say what fails")
        if scheduler and not _ADDRESS.fullmatch(scheduler):
            raise BadInput(f"--scheduler: '{scheduler}' is no address of a Dask scheduler, such as tcp://host:8786")
        asked = Asked(kinds, pairs, sample)
        return function(asked=asked, how=How(jobs, scheduler, results), **others)

    return collected


def _kinds(text: str) -> tuple[Kind, ...]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if words == ["none"]:
        return ()
    if not words:
        raise BadInput("--failures: say what fails: 'single', or any of " + ", ".join(f"{k}s" for k in KINDS))
    kinds: list[Kind] = []
    for word in words:
        if word == "single":
            kinds += _SINGLE
        elif word in _KINDS:
            kinds.append(_KINDS[word])
        else:
            raise BadInput(f"--failures: '{word}' is nothing that fails; there are {', '.join(f'{k}s' for k in KINDS)}")
    return tuple(dict.fromkeys(kinds))


def asked_failures(blueprint: Blueprint, asked: Asked, already: Failures) -> tuple[Failures, ...]:
    """The failures of a sweep, beside what has failed `already`. BadInput where there are none, or too many."""
    singles = failures_of_kinds(blueprint, asked.kinds)
    if not singles:
        raise BadInput(f"the region has no {' and no '.join(f'{kind}s' for kind in asked.kinds)} that could fail")
    count = math.comb(len(singles), 2) if asked.pairs else len(singles)
    if count > FAILURES_MAX and asked.sample is None:
        raise BadInput(_too_many(blueprint, asked, count))
    chosen: Sequence[Failures] = tuple(pairs_of(singles)) if asked.pairs and count <= FAILURES_MAX else singles
    if asked.sample is not None and asked.sample < count:
        step = count / asked.sample
        places = [int(number * step) for number in range(asked.sample)]
        if asked.pairs:
            chosen = [union(_pair(singles, place)) for place in places]
        else:
            chosen = [singles[place] for place in places]
    return tuple(union((already, failure)) if already else failure for failure in chosen)


def _pair(singles: Sequence[Failures], place: int) -> tuple[Failures, Failures]:
    """The pair at a place of `itertools.combinations(singles, 2)`."""
    size = len(singles)
    # Pairs that begin before the first of the pair: first * size - first * (first + 1) / 2.
    first = int((2 * size - 1 - math.sqrt((2 * size - 1) ** 2 - 8 * place)) / 2)
    while first * size - first * (first + 1) // 2 > place:
        first -= 1
    while (first + 1) * size - (first + 1) * (first + 2) // 2 <= place:
        first += 1
    return singles[first], singles[place - (first * size - first * (first + 1) // 2) + first + 1]


def _too_many(blueprint: Blueprint, asked: Asked, count: int) -> str:
    smaller = [
        f"--failures {kind}s --pairs ({fits:,})"
        for kind in KINDS
        if 0 < (fits := math.comb(len(failures_of_kinds(blueprint, (kind,))), 2)) <= FAILURES_MAX
    ]
    smaller.append("--sample 100000")
    return (
        f"these are {count:,} failures; at most {FAILURES_MAX:,} are simulated in one run: "
        f"ask with {', or '.join(smaller)}"
    )
