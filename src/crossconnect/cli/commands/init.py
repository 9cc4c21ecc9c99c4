"""`xc init`: a small working region."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import click

from crossconnect.cli.output import say
from crossconnect.cli.starter import STARTER
from crossconnect.errors import BadInput

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""As `intent.texts` checks names; repeated, since the command does without loading a region."""


@click.command("init")
@click.argument("directory", type=click.Path(path_type=Path), default=Path("region"))
@click.option("--name", default="", help="Name of the region; the directory's name if not given.")
def command(directory: Path, name: str) -> int:
    """Write a small working region into DIRECTORY (two spines, two racks, one tenant)."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise BadInput(f"{directory} exists and is not empty; choose another directory")
    region = name or directory.resolve().name
    if not _NAME.fullmatch(region):
        raise BadInput(f"'{region}' cannot name a region: lower-case letters, digits and `-`; give one with --name")
    fresh = not directory.exists()
    try:
        for path, text in STARTER.items():
            target = directory / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.replace("REGION-NAME", region), encoding="utf-8")
    except OSError:
        if fresh:  # half a region would be in the way of the next try
            shutil.rmtree(directory, ignore_errors=True)
        raise
    say(f"wrote {len(STARTER)} files to {directory}")
    say(f"next: xc validate -C {shlex.quote(str(directory))}")
    return 0
