"""`xc lab export`: the region as a lab of vendors' images."""

from __future__ import annotations

from pathlib import Path

import click

from crossconnect.cli.output import print_findings, say
from crossconnect.cli.region import load_or_exit, region_option

FORMATS = ("containerlab", "eve-ng")


@click.command("export")
@region_option
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="containerlab",
    show_default=True,
    help="For which tool.",
)
@click.option(
    "-d", "--directory", type=click.Path(path_type=Path), default=Path("lab"), show_default=True, help="Where to."
)
def command(root: Path, form: str, directory: Path) -> int:
    """Write the region as a lab of the vendors' own images: topology, configurations that the nodes load, servers and
    external routers.

    Nothing is started, and images are not included. Secrets stay references. The directory is replaced as a whole, or
    not at all.
    """
    from crossconnect.cli.files_directory import write_files
    from crossconnect.lab.exports import containerlab_files, eve_ng_files, unexportable

    ready = load_or_exit(root)
    if findings := unexportable(ready.blueprint):
        print_findings(findings)
        return 2
    files = containerlab_files(ready.blueprint) if form == "containerlab" else eve_ng_files(ready.blueprint)
    write_files(directory, files, "xc lab export")
    say(f"wrote {directory}: {len(files)} files")
    if form == "containerlab":
        say(f"next: containerlab deploy -t {directory / 'topology.clab.yml'}")
    else:
        say("next: import the .unl file into EVE-NG (File manager, Import), with the images that it names")
    return 0
