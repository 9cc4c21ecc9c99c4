"""Proofs and counter-examples against real daemons.

Input: a lab of three tenants, of which two are customers of one transit provider, behind one spine. Output: what is
called false happens, with its packets and its routes; what is called proven does not.
"""

from __future__ import annotations

import msgspec
from fidelity import Proved, device_down, proof
from patience import LIMIT_S, eventually, unanswered

from crossconnect import lab as labs
from crossconnect.checks.assertion_text import parse_assertion
from crossconnect.checks.proof import Proof, prove
from crossconnect.design.blueprint import Blueprint
from crossconnect.lab import Ping
from crossconnect.model.promise import Promise
from crossconnect.model.region import Region
from regions import compiled, small


def region() -> Region:
    """One spine, two leaves, two borders; green has no way outside, and nothing is imported anywhere."""
    made = small(spines=1, leaves=2, segments=1, tenants=3, border=True)
    peer = made.peers[0]
    handoffs = tuple(handoff for handoff in peer.handoffs if not handoff.vrf.startswith("green"))
    return msgspec.structs.replace(made, peers=(msgspec.structs.replace(peer, handoffs=handoffs),))


def said(blueprint: Blueprint, text: str) -> Proof:
    promise = parse_assertion(text, "p")
    assert isinstance(promise, Promise)
    (result,) = prove(blueprint, [promise])  # type: ignore[misc]
    return result


def answered(proved: Proved, source: str, address: str, *, wanted: bool = False) -> bool:
    """Whether a server's ping to an address is answered; where that is `wanted`, sooner or later."""
    endpoint = next(h for h in proved.blueprint.hosts if h.name == source).endpoints[0]
    own = next(a for a in endpoint.addresses if (":" in a) == (":" in address)).partition("/")[0]
    ping = Ping(node=source, interface=endpoint.interface, source=own, destination=address)
    return unanswered(proved.lab, [ping], LIMIT_S if wanted else 0.0) == []


def told(proved: Proved, words: str, *what: str) -> str:
    """What the provider has, once it has that, or in the end: it hears of things after the switches have them."""
    show = ["birdc", "-s", "/run/bird.ctl", "show", "route", *what]
    eventually(lambda: words in proved.lab.run("transit1", show).stdout)
    return proved.lab.run("transit1", show).stdout


def test_what_is_false_happens_and_what_is_proven_does_not() -> None:
    blueprint = compiled(region()).blueprint
    assert blueprint is not None
    inside = said(blueprint, "red/v1/s1 can reach red/v1/s1 surviving 1 device")
    through = said(blueprint, "tenant red cannot reach tenant blue")
    apart = said(blueprint, "tenant red cannot reach tenant green surviving 1 failure")
    untold = said(blueprint, "tenant red is never announced to transit1")
    kept = said(blueprint, "green/v1 is never announced to internet surviving 1 failure")
    unleaked = said(blueprint, "tenant red never leaks to tenant blue")
    whole = said(blueprint, "red/v1/s1 can reach red/v1/s1")
    assert [p.status for p in (inside, through, untold)] == ["false"] * 3
    assert [p.status for p in (apart, kept, unleaked, whole)] == ["proven"] * 4
    with proof("counter-examples", blueprint) as proved:
        proved.agrees()
        labs.announce_hosts(proved.lab)
        # isolated, false: through the provider, although no VRF has a route of the other
        example = through.counter_example
        assert example is not None
        assert "through transit1" in through.reason
        assert answered(proved, example.source, example.address, wanted=True)
        routes = {(r.device, r.vrf, r.prefix) for r in labs.collect_state(proved.lab).routes}
        assert not [r for r in routes if r[1] == "red-v1" and r[2].startswith("10.2.")]
        assert "10.2.17.0/24" in told(proved, "10.2.17.0/24", "for", example.address)
        # never announced, false: the route row is what the provider has
        leaked = untold.counter_example
        assert leaked is not None
        assert leaked.address in told(proved, leaked.address)
        # isolated and never announced, proven
        green = next(h for h in blueprint.hosts if "green" in h.name).endpoints[0].addresses[0].partition("/")[0]
        red = next(h.name for h in blueprint.hosts if "red" in h.name)
        assert not answered(proved, red, green)
        assert "10.3.17." not in proved.lab.run("transit1", ["birdc", "-s", "/run/bird.ctl", "show", "route"]).stdout
        # reachable, proven healthy and false without the spine
        cut = inside.counter_example
        assert cut is not None
        assert inside.failures == ("device a-spine1",)
        assert answered(proved, cut.source, cut.address, wanted=True)
        state = proved.breaks(device_down("a-spine1"))
        assert not answered(proved, cut.source, cut.address)
        assert not [r for r in state.routes if r.device == "a-leaf1" and r.vrf == "default" and r.protocol == "bgp"]
