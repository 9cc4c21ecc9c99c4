"""`xc demo`: the whole path on one region, from YAML to a report of what was proven."""

from __future__ import annotations

from pathlib import Path

import click

from crossconnect.cli.output import say


def default_region() -> Path:
    """`examples/metro` of the checkout, from wherever the demo is started."""
    here = Path("examples/metro")
    return here if here.is_dir() else Path(__file__).resolve().parents[4] / "examples" / "metro"


@click.command("demo")
@click.option(
    "-C", "--region", "root", type=click.Path(path_type=Path), default=None, help="Region.  [default: examples/metro]"
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The page to write.",
)
@click.option("--lab/--no-lab", "with_lab", default=True, help="Boot real daemons, or stop after the simulation.")
@click.option("--keep", is_flag=True, help="Leave the lab running at the end.")
def command(root: Path | None, report: Path, with_lab: bool, keep: bool) -> int:
    """Validate, plan, simulate every single failure, boot, compare, ping, break, heal, change it in waves; write
    report.html.

    Without root (or user namespaces) everything but the lab is done, and said. Exit code 1 when anything differs from
    what was predicted, a good change is not done, or a bad one not undone.
    """
    from crossconnect.cli.demonstration import Demonstration

    demonstration = Demonstration(root or default_region(), with_lab=with_lab, keep=keep)
    try:
        proven = demonstration.run()
    finally:
        demonstration.close()
    demonstration.write_report(report)
    say(f"\nreport: {report.resolve()}")
    say("proven: every claim above was met" if proven else "NOT proven: see above")
    return 0 if proven else 1
