"""`xc query`: SQL over state tables."""

from __future__ import annotations

from pathlib import Path

import click

from crossconnect.cli.output import draw, emit, output_option, say
from crossconnect.cli.region import load_or_exit, region_option
from crossconnect.errors import BadInput


@click.command("query")
@click.argument("sql")
@region_option
@output_option
@click.option(
    "--state",
    "directories",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    multiple=True,
    help="State written by 'xc state'; several become schemas named after their directories (sim.routes, lab.routes).",
)
def command(sql: str, root: Path, output: str, directories: tuple[Path, ...]) -> int:
    """Run one SQL query (DuckDB's dialect) over the state tables; without --state, over the simulated state.

    \b
    xc query "show tables"
    xc query "describe routes"
    xc query "select device, count(*) from routes group by all"
    xc query --state state/sim --state state/lab "select * from sim.routes except select * from lab.routes"
    """
    from crossconnect.simulate import simulate
    from crossconnect.state.query import query

    if len(directories) > 1:
        names = [d.resolve().name for d in directories]
        if len(set(names)) != len(names):
            raise BadInput(f"two states are both named after a directory '{names[0]}'; rename one")
        result = query(dict(zip(names, directories, strict=True)), sql)
    elif directories:
        result = query(directories[0], sql)
    else:
        result = query(simulate(load_or_exit(root).blueprint), sql)
    records = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    emit(records, output, lambda: draw(result.columns, result.rows))
    if not records:
        say("no rows")
    return 0
