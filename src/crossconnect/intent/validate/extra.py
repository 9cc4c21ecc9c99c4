"""Extra configuration is for devices that there are, and for the system that they run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from crossconnect.finding import Finding, Place, found
from crossconnect.intent import management_codes as codes
from crossconnect.intent.suggestion import nearest
from crossconnect.intent.validate.subject import Subject
from crossconnect.model.device import Role

ROLES: tuple[str, ...] = get_args(Role)


def extra_findings(subject: Subject) -> Iterator[Finding]:
    """Files whose names lead nowhere."""
    for extra in subject.region.extras:
        place = Place(file=extra.file)
        switches = [s for s in subject.switches.values() if extra.name in (s.name, s.role)]
        if extra.name not in ROLES and not switches:
            if not subject.may_lack("devices", "racks"):
                near = nearest(extra.name, [*ROLES, *subject.switches])
                hint = f"Did you mean `{near}.{extra.nos}`?" if near else ""
                yield found(codes.EXTRA_UNKNOWN, place, f"`{extra.name}` is neither a device nor a role", hint=hint)
        elif all(s.nos != extra.nos for s in switches):
            who = f"no {extra.name} runs" if extra.name in ROLES else f"{extra.name} does not run"
            yield found(codes.EXTRA_UNUSED, place, f"it is for {extra.nos}, which {who}")
