"""Which drills a region gets, and what their events take away."""

import pytest

from crossconnect.drills.catalogue import drill_of, failures_of, outage_max_ms, standard_drills, touched
from crossconnect.errors import BadInput
from crossconnect.simulate.failures import NO_FAILURES
from regions import compiled, small

NUMBERED = compiled(small()).blueprint
UNNUMBERED = compiled(small(underlay="unnumbered")).blueprint


def test_the_standard_drills_kill_a_spine_and_cut_a_link_of_another():
    spine, link = standard_drills(NUMBERED)
    assert spine.text == "a-spine1 powered off"
    assert link.event == "link-cut"
    assert link.target == "a-leaf1--a-spine2"


def test_a_silent_device_may_take_bfd_longer_than_one_without_carrier():
    assert outage_max_ms(NUMBERED, "device-failure") == 1000
    assert outage_max_ms(NUMBERED, "device-silent") == 1350 + 1000
    assert outage_max_ms(NUMBERED, "drain") < 1000


@pytest.mark.parametrize(
    ("event", "target", "said"),
    [
        ("device-failure", "nobody", "no switch 'nobody'"),
        ("link-cut", "nowhere", "no cable 'nowhere'"),
        ("session-shut", "a-spine1 10.9.9.9", "no BGP session '10.9.9.9'"),
    ],
)
def test_targets_that_do_not_exist_are_refused(event, target, said):
    with pytest.raises(BadInput, match=said):
        drill_of(NUMBERED, event, target)


def test_events_take_away_what_they_break():
    assert failures_of(NUMBERED, "device-failure", "a-spine1").devices == {"a-spine1"}
    assert failures_of(NUMBERED, "link-cut", "a-leaf1--a-spine1").links == {"a-leaf1--a-spine1"}
    assert failures_of(NUMBERED, "drain", "a-spine1") == NO_FAILURES
    assert {s.device for s in failures_of(NUMBERED, "daemon-kill", "a-spine1").sessions} == {"a-spine1"}


@pytest.mark.parametrize("blueprint", [NUMBERED, UNNUMBERED], ids=["numbered", "unnumbered"])
def test_a_session_belongs_to_its_cable(blueprint):
    spine = next(d for d in blueprint.devices if d.name == "a-spine1")
    neighbor = next(n for n in spine.network_instances[0].bgp.neighbors if n.device == "a-leaf2")
    target = f"a-spine1 {neighbor.key}"
    (session,) = failures_of(blueprint, "session-shut", target).sessions
    assert (session.device, session.vrf, session.peer) == ("a-spine1", "default", neighbor.key)
    assert touched(blueprint, "session-shut", target) == {"a-leaf2--a-spine1"}
