"""Whether the rules that a saved plan falls under are those of its commits.

A plan's hash says that its octets are as somebody wrote them. Whoever writes it anew with fewer rules, or as a smaller
change by nobody, would need no approval: so what decides about that is worked out again from Git and the rest of the
plan, and approvals are of the whole by its hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crossconnect.errors import BadInput
from crossconnect.intent.git import authors_between
from crossconnect.model.region import Region
from crossconnect.rollout.change_rules import Rules, bound
from crossconnect.rollout.saved_plan import SavedPlan


def refuse_other_rules(root: Path, plan: SavedPlan, regions: Sequence[Region]) -> None:
    """BadInput where a plan's size, authors or rules are not what follows from its devices and its commits, whose
    `regions` are those of the parent and of the new network."""
    size, devices = plan.size, plan.devices
    told = (size.devices, size.attachments_max, size.roles, size.sites, size.disruptive)
    is_so = (
        len(devices),
        max((device.behind for device in devices), default=0),
        tuple(sorted({device.role for device in devices})),
        tuple(sorted({device.site for device in devices})),
        bool(plan.breaks) or any(device.disruption.level != "none" for device in devices),
    )
    missing = set(authors_between(root, plan.parent_commit, plan.new_commit)) - set(size.authors)
    sides = [Rules(rules=r.change_rules, windows=r.change_windows, freezes=r.freezes) for r in regions]
    what = "numbers" if told != is_so else "authors" if missing else "rules" if bound(size, sides) != plan.rules else ""
    if what:
        raise BadInput(
            f"the plan names {what} that do not follow from its commits: it was changed by hand; plan it anew"
        )
