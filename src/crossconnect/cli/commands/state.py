"""`xc state`: the state tables of the simulation or of a lab."""

from __future__ import annotations

from pathlib import Path

import click

from crossconnect.cli.memory_limit import memory_option, refuse_too_large
from crossconnect.cli.output import draw, emit, output_option, say
from crossconnect.cli.region import load_or_exit, region_option
from crossconnect.design.blueprint import Blueprint

MEMORY_FACTOR = 1.8
"""Peak of writing a state over the estimate of its tables: 489 MiB against 279 at 100 switches."""


@click.command("state")
@region_option
@output_option
@click.option(
    "--from", "world", type=click.Choice(["sim", "lab"]), default="sim", show_default=True, help="Whose state."
)
@click.option("--name", default="", help="Name of the lab.  [default: the region's name]")
@click.option(
    "-d", "--directory", type=click.Path(path_type=Path), help="Where to.  [default: state/<sim or lab>]", default=None
)
@click.option(
    "--tables", "wanted", default="", help="Simulate only these tables, separated by commas; the others are empty."
)
@memory_option
def command(
    root: Path, output: str, world: str, name: str, directory: Path | None, wanted: str, memory_max: int | None
) -> int:
    """Write the state tables as Parquet files, one per table.

    Exit code 2, with an estimate, when the tables would take more memory than there is.
    """
    from crossconnect.state.store import write_state
    from crossconnect.state.tables import TABLES

    tables = tuple(dict.fromkeys(word.strip() for word in wanted.split(",") if word.strip())) or tuple(TABLES)
    for table in tables:
        if table not in TABLES:
            raise click.UsageError(f"there is no table '{table}'; there are {', '.join(TABLES)}")
    if wanted and world == "lab":
        raise click.UsageError("--tables is for the simulation; a lab is asked for all of them")
    ready = load_or_exit(root)
    if world == "sim":
        from crossconnect.simulate import simulate

        refuse_too_large(ready.blueprint, tables, MEMORY_FACTOR, memory_max, _smaller(ready.blueprint, tables))
        state = simulate(ready.blueprint, tables=tables)
    else:
        from crossconnect.lab import collect_state, open_lab

        state = collect_state(open_lab(name or ready.region.name))
    target = directory or Path("state") / world
    write_state(state, target)
    counts = [(table, len(getattr(state, table))) for table in TABLES]
    emit({"directory": str(target), "rows": dict(counts)}, output, lambda: draw(("table", "rows"), counts))
    say(f"wrote {target}")
    return 0


def _smaller(blueprint: Blueprint, tables: tuple[str, ...]) -> list[tuple[str, tuple[str, ...], float]]:
    """Without the largest table, without the two largest, and so on; the first that fits leaves out the least."""
    from crossconnect.simulate.estimate import estimate

    mib = estimate(blueprint, tables).mib
    largest = sorted(tables, key=lambda name: -mib[name])
    left = [tuple(name for name in tables if name not in largest[:count]) for count in range(1, len(tables))]
    return [(f"--tables {','.join(names)}", names, MEMORY_FACTOR) for names in left]
