"""`xc lock`: give every object its numbers and write them down."""

from __future__ import annotations

from pathlib import Path

import click

from crossconnect.cli.numbers_text import numbers_text
from crossconnect.cli.output import emit, output_option, print_findings, say
from crossconnect.cli.region import load_or_exit, option_text, region_option


@click.command("lock")
@region_option
@output_option
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when region.lock is not up to date.")
@click.option("--numbers", "every_one", is_flag=True, help="Print every number that changes, however many.")
def command(root: Path, output: str, check: bool, every_one: bool) -> int:
    """Allocate addresses, ASNs, VNIs, VLANs and ports from the pools and write region.lock.

    What has a number keeps it. Review the file's diff with the change that caused it.
    """
    from crossconnect.intent.allocate_codes import RENUMBERING
    from crossconnect.intent.lock import Lock
    from crossconnect.intent.lock_text import write_lock
    from crossconnect.rollout.plan import number_changes

    ready = load_or_exit(root)
    print_findings([f for f in ready.findings if f.code in RENUMBERING])
    changes = number_changes(ready.previous_lock or Lock(), ready.lock)
    stale = ready.previous_lock != ready.lock
    if stale and not check:
        write_lock(root, ready.lock)  # before anything is printed: a reader that goes away must not stop it
    emit(changes, output, lambda: numbers_text(changes, "" if every_one else f"git diff {root / 'region.lock'}"))
    if not stale:
        say("region.lock is up to date")
        return 0
    if check:
        say(f"region.lock is not up to date: {len(changes)} numbers would change; run 'xc lock{option_text(root)}'")
        return 1
    say(f"wrote {root / 'region.lock'}: {len(changes)} numbers changed, serial {ready.lock.serial}")
    say("next: commit region.lock with the change that caused it")
    return 0
