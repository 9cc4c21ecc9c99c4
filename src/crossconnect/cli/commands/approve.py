"""`xc approve`: agree to a saved plan."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from crossconnect.cli.output import print_findings, say
from crossconnect.cli.plan_saving import add_approval, approvals_file, in_the_way, read_approvals, read_plan
from crossconnect.errors import BadInput
from crossconnect.intent.git import own_address
from crossconnect.rollout.change_rules import Approval
from crossconnect.rollout.codes import APPROVAL_MISSING


@click.command("approve")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--as", "by", default="", metavar="EMAIL", help="Who approves.  [default: user.email of git's configuration]"
)
@click.option("-m", "--comment", default="", help="What is to be remembered of it.")
def command(file: Path, by: str, comment: str) -> int:
    """Approve the plan in FILE, as it is. The approval is written to FILE.approvals, and is about these octets only: of
    a plan that is made anew it says nothing.

    Nobody is asked for a password: whoever may write the file may approve. Where that is not enough, let it be written
    by the system that knows who has agreed (see docs/how-to/plan-and-approve.md).

    Exit code 0 when all approvals are there that the region's rules demand, 1 when some are still missing.
    """
    plan, digest = read_plan(file)
    who = (by or own_address(file.parent)).strip().casefold()
    if "@" not in who or any(c.isspace() or not c.isprintable() for c in who):
        what = f"'{who if who.isprintable() else ascii(who)[1:-1]}' is no e-mail address" if who else "who approves?"
        raise BadInput(f"{what}; say it with --as EMAIL, or set user.email in git's configuration")
    now = datetime.datetime.now(datetime.UTC)
    before = read_approvals(file, digest)
    if any(approval.by == who for approval in before):
        say(f"{who} has approved this plan already")
    else:
        approval = Approval(plan=digest, by=who, at=now.isoformat(timespec="seconds"), comment=comment)
        add_approval(file, approval)
        before = (*before, approval)
        say(f"approved by {who}: {approvals_file(file)}")
    if who in plan.size.authors and any(rule.approvals for rule in plan.rules.rules):
        say(f"{who} is an author of the change: this approval does not count where a rule demands one")
    missing = [f for f in in_the_way(plan, before, now) if f.code == APPROVAL_MISSING.name]
    print_findings(missing)
    return 1 if missing else 0
