"""A tenant that a plan brings to servers of a running lab: they speak there.

Input: a lab of two spines and two leaves, and a tenant with IPv4 only, tagged on a server of each leaf: nothing of IPv6
makes the servers known by chance. Output: the plan is done, their leaves know the servers, which reach each other, and
the way back is done as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from bystanders import calm
from patience import converges, eventually, unanswered

from changes import both
from crossconnect.checks import run_checks
from crossconnect.cli.lab_hands import LabNetwork
from crossconnect.cli.rollout_chapter.changes import TENANT, with_tenant
from crossconnect.lab import Lab, LabOptions, Ping, collect_state, down, up
from crossconnect.model.region import Region
from crossconnect.rollout.assembly import Context, assemble
from crossconnect.rollout.execution import course_of
from crossconnect.rollout.journal_file import Journal
from crossconnect.rollout.plan import Side, plan
from crossconnect.rollout.runner import carry_out
from crossconnect.rollout.saved_plan import Timers, decoded, encoded
from regions import small

NAME = "rollout-growing"
TIMERS = Timers(apply_s=60, gate_s=120, soak_s=1, margin_s=60, stop_s=30)


def ipv4_only(region: Region) -> Region:
    """The chapter's tenant without IPv6."""
    more = with_tenant(region)
    assert more is not None
    text = msgspec.json.encode(more).decode()
    for n in (11, 12):
        text = text.replace(f',"2001:db8:99:1::{n}/64"', "")
    return msgspec.json.decode(text.replace(',"2001:db8:99:1::1/64"', ""), type=Region)


def named(region: Region) -> Region:
    """With names for racks and one server a group, as people write them."""
    pods = tuple(
        msgspec.structs.replace(
            pod,
            racks=tuple(msgspec.structs.replace(r, name=f"{pod.name}-rack{n}") for n, r in enumerate(pod.racks, 1)),
        )
        for pod in region.pods
    )
    return msgspec.structs.replace(region, pods=pods)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = str(tmp_path_factory.mktemp("labs"))
    try:
        made = up(OLD.blueprint, LabOptions(name=NAME, run_root=root, backend="namespace", lldp=False))
        assert converges(made)
        yield made
    finally:
        down(NAME, root)


OLD, NEW = both(named(calm(small(leaves=2, spines=2, tenants=1))), ipv4_only)


def carried_out(lab: Lab, old: Side, new: Side, directory: Path) -> tuple[str, str]:
    made, findings = assemble(old, new, plan(old, new), Context(timers=TIMERS))
    assert findings == ()
    network = LabNetwork(lab)
    hands = network.hands(made, old.blueprint, new.blueprint)
    hands.look_before()
    _, digest = decoded(encoded(made), "plan")
    directory.mkdir()
    with Journal(directory, "plan", digest, lambda: "2026-11-27T12:00:00Z") as journal:
        how, state = carry_out(course_of(made), journal, hands, who="test")
    if how == "done":
        network.record(new.blueprint)
    return how, state.failure


def test_servers_are_known_in_what_a_change_brings_them(lab: Lab, tmp_path: Path) -> None:
    assert carried_out(lab, OLD, NEW, tmp_path / "there") == ("done", "")
    first, second = [
        (host.name, endpoint)
        for host in NEW.blueprint.hosts
        for endpoint in host.endpoints
        if endpoint.vrf == f"{TENANT}-prod"
    ]
    own, to = (endpoint.addresses[0].partition("/")[0] for _, endpoint in (first, second))
    assert unanswered(lab, [Ping(node=first[0], source=own, destination=to)]) == []
    assert eventually(lambda: not macs_missing(lab))
    assert carried_out(lab, NEW, OLD, tmp_path / "back") == ("done", "")


def macs_missing(lab: Lab) -> list[str]:
    """What the checks say of it."""
    found = run_checks(collect_state(lab), NEW.blueprint)
    return [f.message for f in found if f.code == "checks.mac-missing"]
