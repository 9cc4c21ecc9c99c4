"""`xc state`: the state tables of the simulation or of a lab."""

from __future__ import annotations

from pathlib import Path

import click

from crossconnect.cli.output import draw, emit, output_option, say
from crossconnect.cli.region import load_or_exit, region_option


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
def command(root: Path, output: str, world: str, name: str, directory: Path | None) -> int:
    """Write the state tables as Parquet files, one per table."""
    from crossconnect.state.store import write_state
    from crossconnect.state.tables import TABLES

    ready = load_or_exit(root)
    if world == "sim":
        from crossconnect.simulate import simulate

        state = simulate(ready.blueprint)
    else:
        from crossconnect.lab import collect_state, open_lab

        state = collect_state(open_lab(name or ready.region.name))
    target = directory or Path("state") / world
    write_state(state, target)
    counts = [(table, len(getattr(state, table))) for table in TABLES]
    emit({"directory": str(target), "rows": dict(counts)}, output, lambda: draw(("table", "rows"), counts))
    say(f"wrote {target}")
    return 0
