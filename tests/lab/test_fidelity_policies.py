"""Route policies that nobody thought of, one after another on a lab that runs: tables, and what external routers hear.

Each draw is what an operator would do: edit policies, sets and limits, drain a switch, and give every switch the
commands that lead there (`nos.frr.difference`). Then something breaks: a session is shut, a cable cut.

`XC_FIDELITY_SEED=<seed of a run>` repeats it; `XC_FIDELITY_WORLDS=20` boots so many labs, `XC_FIDELITY_DRAWS=8` gives
each so many policies. Seed 3870030933 found that FRR 8.4 loses entries of a route map when its prefix lists are edited
(`nos.frr.facts.ROUTE_MAP_INDEX_GOES_STALE`); seed 2521462620 that FRR lets one prefix more than allowed pass
(`simulate.prefix-limit-late`): such draws are not foreseeable.
"""

from __future__ import annotations

import os
import random
import time

import fidelity
import pytest
from fidelity import FRR, Broken, Proved, foreseeable, link_cut, proof, shut_one_by_one
from heard import heard, predicted
from policies import World, draw, world

from crossconnect import lab as labs
from crossconnect.design.blueprint import Blueprint
from crossconnect.intent.lock import Lock
from crossconnect.nos.frr import changes, render, text
from crossconnect.simulate import NO_FAILURES, Failures, Network, simulate
from crossconnect.simulate.failures import SessionKey
from regions import compiled

WORLDS = int(os.environ.get("XC_FIDELITY_WORLDS") or 2)
DRAWS = int(os.environ.get("XC_FIDELITY_DRAWS") or 1)
DELAY_S = 1
"""bgpd looks at changed policies again after so long (5 s where it is not told); a comparison before would be of what
was before."""
PREPENDS = (0, 0, 1, 2) if FRR == "8.4" else (0, 0, 1)
"""Two own ASNs in front make an external path as long as one from EVPN. With MEDs of two sessions of one AS that is
where 10.x goes by the order of arrival (`frr.med-not-deterministic`)."""


def blueprint_of(dice: random.Random, made: World, lock: Lock | None) -> tuple[Blueprint, Lock]:
    """The next draw whose outcome can be foretold."""
    while True:
        result = compiled(draw(dice, made, PREPENDS), lock)
        assert result.blueprint is not None
        if foreseeable(result.blueprint):
            return result.blueprint, result.lock


def vtysh(proved: Proved, device: str, *words: str) -> None:
    root = proved.lab.node_plans[device].root
    done = proved.lab.run(device, [*(("chroot", root) if root else ()), "vtysh", *words])
    assert done.returncode == 0, f"{device}: {done.stdout}{done.stderr}"


def apply(proved: Proved, blueprint: Blueprint) -> None:
    """Give every switch the commands from what it runs to what the blueprint says."""
    old_limits, new_limits = limits(proved.blueprint), limits(blueprint)
    before = over_limit(proved.blueprint) | {key for key, limit in new_limits.items() if limit < old_limits[key]}
    for old, new in zip(proved.blueprint.devices, blueprint.devices, strict=True):
        commands = changes(render(old, FRR), render(new, FRR))
        if commands:
            path = proved.lab.node_directory(new.name) / "run" / "change.conf"
            path.write_text(text(commands))
            vtysh(proved, new.name, "-f", "/run/change.conf")
    proved.blueprint = blueprint
    time.sleep(DELAY_S + 0.5)
    # A session that was torn down for too many prefixes stays down until somebody clears it: over the old limit, or,
    # where the limit is lowered, with what the old policy had let in until bgpd looked at the new one.
    for device, vrf, peer in sorted(before - over_limit(blueprint)):
        vtysh(proved, device, "-c", f"clear bgp vrf {vrf} {peer}")


def limits(blueprint: Blueprint) -> dict[SessionKey, int]:
    return {
        s.key: max(family.max_prefixes for family in s.neighbor.families) for s in Network(blueprint).sessions if s.peer
    }


def over_limit(blueprint: Blueprint) -> set[SessionKey]:
    settled = Network(blueprint).settle(NO_FAILURES)
    return {s.key for s in settled.network.sessions if s.peer and not settled.up[s.index]}


def breakable(blueprint: Blueprint) -> list[Broken]:
    """Cables between switches and to external routers, and sessions that are up."""
    ways = [link_cut(wire) for wire in blueprint.wires if wire.kind in ("fabric", "peer")]
    ways += shut_one_by_one(blueprint)
    return [way for way in ways if foreseeable(blueprint, way.failures)]


def hears(proved: Proved, failures: Failures = NO_FAILURES) -> None:
    """External routers have what is predicted; a burst may still be on its way to them."""
    settled = Network(proved.blueprint).settle(failures)
    wanted, unsure = predicted(settled, simulate(proved.blueprint, failures))
    deadline = time.monotonic() + fidelity.CONVERGENCE_S
    while True:
        found = {h for h in heard(proved.lab) if (h.router, h.prefix) not in unsure}
        if found == wanted or time.monotonic() > deadline:
            break
        time.sleep(fidelity.POLL_S)
    fidelity.note_heard(proved, len(found), len(found ^ wanted))
    missing, surplus = sorted(wanted - found), sorted(found - wanted)
    assert not missing, f"predicted, not heard: {missing}\nheard, not predicted: {surplus}"
    assert not surplus, f"heard, not predicted: {surplus}"


@pytest.mark.parametrize("number", range(WORLDS))
def test_random_policies(number: int) -> None:
    dice = random.Random(f"{fidelity.SEED} {number}")
    made = world(dice)
    print(made.recipe)
    blueprint, lock = blueprint_of(dice, made, None)
    with proof(f"policies-{number}", blueprint) as proved:
        for device in blueprint.devices:
            vtysh(proved, device.name, "-c", "configure terminal", "-c", f"bgp route-map delay-timer {DELAY_S}")
        for turn in range(DRAWS):
            if turn:
                blueprint, lock = blueprint_of(dice, made, lock)
                apply(proved, blueprint)
            drained = f", {blueprint.drained[0]} drained" if blueprint.drained else ""
            proved.agrees(f"policies {turn + 1}{drained}")
            hears(proved)
            broken = dice.choice(breakable(blueprint))
            proved.breaks(broken)
            hears(proved, broken.failures)
            labs.heal(proved.lab, broken.failure)
