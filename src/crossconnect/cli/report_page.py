"""A report page of what was simulated, without a lab."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from crossconnect import __version__
from crossconnect.checks import UnderFailure
from crossconnect.cli.region import Ready
from crossconnect.cli.replacing import replace_file
from crossconnect.errors import BadInput
from crossconnect.finding import Finding
from crossconnect.report import ReportInputs, RunFacts, write_html

DRAWN_SWITCHES_MAX = 200
"""More switches than this make no picture of the topology that anybody could read."""


def write_page(path: Path, ready: Ready, findings: tuple[Finding, ...], under: UnderFailure | None) -> None:
    """Write the page, whole or not at all. BadInput where the file cannot be written."""
    drawn = len(ready.blueprint.devices) <= DRAWN_SWITCHES_MAX
    page = write_html(
        ReportInputs(
            region=ready.region.name,
            facts=RunFacts(
                command="xc simulate",
                started=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
                versions=(("Crossconnect", __version__),),
                notes=("simulated only",),
            ),
            blueprint=ready.blueprint if drawn else None,
            findings=findings,
            under_failure=under if under is not None and any(r.failures for r in under.reports) else None,
        )
    )
    try:
        if path.exists() and not path.is_file():  # a pipe or a device, such as /dev/stdout
            path.write_text(page, encoding="utf-8")
        else:
            replace_file(path.resolve(), page.encode())
    except OSError as error:
        raise _unwritable(path, error) from error


def refuse_unwritable(path: Path) -> None:
    """BadInput where a page could not be written, said before hours of computing and not after them."""
    parent = path.resolve().parent
    if not parent.is_dir():
        raise BadInput(f"the report cannot be written to {path}: there is no directory {parent}")
    if not os.access(path if path.exists() else parent, os.W_OK):
        raise BadInput(f"the report cannot be written to {path}: Permission denied")


def _unwritable(path: Path, error: OSError) -> BadInput:
    return BadInput(f"the report cannot be written to {path}: {error.strerror}")
