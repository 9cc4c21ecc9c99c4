"""Every explained decision against FRR's own reason for its best path (`selectionReason`).

FRR keeps the reason of the last comparison that it made, which one that is depends on the order in which paths came.
With two paths there is only one; with more it must be among those by which the others lost here.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from fidelity import FRR, Proved, link_cut, proof, wire_between
from patience import eventually
from test_fidelity_edge import SECRET, cut, edge

from crossconnect.finding import Place
from crossconnect.lab import Lab
from crossconnect.nos.frr.collect import bgp_command
from crossconnect.simulate import NO_FAILURES, Failures, Network
from crossconnect.simulate.decision import NOTHING_LEFT
from crossconnect.simulate.explain_fabric import explain_underlay
from crossconnect.simulate.explain_vrf import explain_vrf
from crossconnect.simulate.history import question
from crossconnect.simulate.topology import DEFAULT
from regions import compiled, small

pytestmark = pytest.mark.skipif(FRR != "8.4", reason="the reasons are read as FRR 8.4 writes them")

STEPS = {
    "Weight": "weight",
    "Local Pref": "local_pref",
    "Local Route": "locally originated",
    "AS Path": "AS-path length",
    "Origin": "ORIGIN",
    "MED": "MED",
    "Peer Type": "eBGP before iBGP",
    "Router ID": "router id",
    "Neighbor IP": "peer address",
    "Nothing left to compare": NOTHING_LEFT,
    "Older Path": "never: compare-routerid is configured",
}


def frr_tables(lab: Lab, device: str, vrf: str) -> dict[str, list[dict[str, Any]]]:
    """All paths by prefix, as bgpd has them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for version in (4, 6):
        with lab.vty(device, "bgpd") as bgpd:
            answer = bgpd.ask(bgp_command(vrf, version))
        for prefix, paths in json.loads(answer or b"{}").get("routes", {}).items():
            found[prefix] = [path for path in paths if "peer" in path]
    return found


def disagreements(proved: Proved, failures: Failures = NO_FAILURES) -> tuple[list[str], Counter[str]]:
    """Prefixes for which FRR names a step that is not ours; and how often which step was compared."""
    settled = Network(proved.blueprint).settle(failures)
    asked = question(settled, lambda path: Place(path=path))
    wrong: list[str] = []
    compared: Counter[str] = Counter()
    for speaker in settled.network.topology.speakers:
        if not settled.live.device_up(speaker.device):
            continue
        for prefix, paths in frr_tables(proved.lab, speaker.device, speaker.vrf).items():
            explained = (explain_underlay if speaker.vrf == DEFAULT else explain_vrf)(asked, speaker, prefix)
            reason = next((p["bestpath"]["selectionReason"] for p in paths if p.get("bestpath", {}).get("overall")), "")
            ours = {c.lost.step for c in explained.candidates if c.lost is not None}
            where = f"{speaker.device} {speaker.vrf} {prefix}"
            if len(paths) != len(explained.candidates):
                wrong.append(f"{where}: {len(paths)} paths, {len(explained.candidates)} candidates explained")
            elif len(paths) > 1:
                compared[reason] += 1
                if STEPS.get(reason) not in ours:
                    wrong.append(f"{where}: FRR says {reason!r}, we say {sorted(ours)}")
    return wrong, compared


def agree(proved: Proved, failures: Failures = NO_FAILURES) -> Counter[str]:
    """What FRR has compared by. A session of a busy machine may be down for a moment after all was as simulated."""
    seen: list[tuple[list[str], Counter[str]]] = []

    def look() -> bool:
        seen.append(disagreements(proved, failures))
        return not seen[-1][0]

    eventually(look)
    wrong, compared = seen[-1]
    assert not wrong, "\n".join(wrong)
    return compared


def test_frr_decides_by_the_step_that_we_explain() -> None:
    blueprint = compiled(edge(password=SECRET)).blueprint
    with proof("explain", blueprint, secrets={SECRET: "correct-horse!battery"}) as proved:
        proved.agrees()
        assert agree(proved).keys() >= {"Weight", "Local Pref", "AS Path", "Router ID"}
        broken = cut(blueprint, "transit1", "a-border1")
        proved.breaks(broken)
        assert agree(proved, broken.failures)


def test_equal_borders_and_pods_over_super_spines() -> None:
    """EVPN paths of equal length: over both spines, and then over different ones, so that the spine decides."""
    region = small(underlay="unnumbered", border=True, pods=2, super_spines=2, leaves=1, segments=1, everywhere=True)
    blueprint = compiled(region).blueprint
    with proof("explain-pods", blueprint) as proved:
        proved.agrees()
        assert agree(proved).keys() >= {"Weight", "AS Path", "Router ID"}
        broken = link_cut(wire_between(blueprint, "a-border1", "a-spine1"))
        proved.breaks(broken)
        assert agree(proved, broken.failures)
