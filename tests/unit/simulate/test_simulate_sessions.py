"""Which sessions come up: both ends' configuration, cables, devices."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.bgp import Bgp, Neighbor
from crossconnect.simulate import NO_FAILURES, Failures, Network, SessionKey, simulate
from crossconnect.state.tables import BgpSessionRow
from regions import compiled, small

REPLACE = msgspec.structs.replace


def with_neighbor(
    blueprint: Blueprint, device: str, remote: str, change: Callable[[Neighbor], Neighbor], vrf: str = "default"
) -> Blueprint:
    """The blueprint with the sessions of one device towards another changed at that end only."""

    def bgp(old: Bgp | None) -> Bgp | None:
        if old is None:
            return None
        return REPLACE(old, neighbors=tuple(change(n) if n.device == remote else n for n in old.neighbors))

    devices = tuple(
        REPLACE(
            d,
            network_instances=tuple(REPLACE(i, bgp=bgp(i.bgp)) if i.name == vrf else i for i in d.network_instances),
        )
        if d.name == device
        else d
        for d in blueprint.devices
    )
    return REPLACE(blueprint, devices=devices)


def established(blueprint: Blueprint, failures: Failures = NO_FAILURES) -> dict[tuple[str, str, str], bool]:
    """(device, remote device, family) -> up, of fabric and external sessions."""
    rows: tuple[BgpSessionRow, ...] = simulate(blueprint, failures, ["bgp_sessions"]).bgp_sessions
    return {(row.device, row.remote_device, row.family): row.established for row in rows}


@pytest.fixture(scope="module", params=["numbered", "unnumbered"])
def fabric(request: pytest.FixtureRequest) -> Blueprint:
    return compiled(small(underlay=request.param)).blueprint


def test_all_sessions_of_a_sound_network_are_up(fabric: Blueprint) -> None:
    up = established(fabric)
    assert len(up) == 2 * 2 * 2 * 3, "two spines, two leaves, both ends, three families"
    assert all(up.values())
    assert Network(fabric).settle().findings == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda n: REPLACE(n, remote_asn=65123), "ASNs disagree"),
        (lambda n: REPLACE(n, password="env:OTHER"), "different secrets"),
        (lambda n: REPLACE(n, families=()), "no address family"),
    ],
)
def test_a_session_needs_both_ends_to_agree(
    fabric: Blueprint, change: Callable[[Neighbor], Neighbor], words: str
) -> None:
    broken = with_neighbor(fabric, "a-leaf1", "a-spine1", change)
    up = established(broken)
    wrong = {("a-leaf1", "a-spine1"), ("a-spine1", "a-leaf1")}
    assert {key[:2] for key, value in up.items() if not value} <= wrong
    assert not any(value for key, value in up.items() if key[:2] in wrong)
    findings = Network(broken).settle().findings
    assert {f.code for f in findings} == {"simulate.session-fault"}
    assert any(words in f.message and "a-leaf1" in f.message for f in findings)


def test_a_family_that_one_end_lacks_is_down_and_the_others_up(fabric: Blueprint) -> None:
    def without_evpn(neighbor: Neighbor) -> Neighbor:
        return REPLACE(neighbor, families=tuple(f for f in neighbor.families if f.family != "l2vpn-evpn"))

    up = established(with_neighbor(fabric, "a-leaf1", "a-spine1", without_evpn))
    assert up[("a-spine1", "a-leaf1", "ipv4-unicast")]
    assert not up[("a-spine1", "a-leaf1", "l2vpn-evpn")]


def test_a_wrong_local_address_keeps_a_numbered_session_down() -> None:
    blueprint = compiled(small()).blueprint

    def moved(neighbor: Neighbor) -> Neighbor:
        return REPLACE(neighbor, local_address="10.254.63.1") if ":" not in neighbor.address else neighbor

    up = established(with_neighbor(blueprint, "a-leaf1", "a-spine1", moved))
    assert not up[("a-leaf1", "a-spine1", "ipv4-unicast")]
    assert up[("a-leaf1", "a-spine1", "ipv6-unicast")]


def test_links_devices_and_sessions_fail(fabric: Blueprint) -> None:
    wire = next(w for w in fabric.wires if {w.a_device, w.b_device} == {"a-leaf1", "a-spine1"})
    up = established(fabric, Failures(links=frozenset({wire.key})))
    assert {key[:2] for key, value in up.items() if not value} == {("a-leaf1", "a-spine1"), ("a-spine1", "a-leaf1")}
    up = established(fabric, Failures(devices=frozenset({"a-spine2"})))
    assert not any(key[0] == "a-spine2" for key in up), "a dead device reports nothing"
    assert {key[1] for key, value in up.items() if not value} == {"a-spine2"}
    key = next(
        SessionKey(d.name, "default", n.key)
        for d in fabric.devices
        if d.name == "a-leaf2"
        for n in d.network_instances[0].bgp.neighbors  # type: ignore[union-attr]
        if n.device == "a-spine1" and ":" not in n.key
    )
    up = established(fabric, Failures(sessions=frozenset({key})))
    assert not up[("a-leaf2", "a-spine1", "l2vpn-evpn")]
    assert not up[("a-spine1", "a-leaf2", "l2vpn-evpn")], "the other end's too"


def test_bfd_at_one_end_only_does_not_hold_a_session_down(fabric: Blueprint) -> None:
    # FRR takes a session down when BFD goes from up to down, and one-sided BFD never comes up.
    up = established(with_neighbor(fabric, "a-leaf1", "a-spine1", lambda n: REPLACE(n, bfd=not n.bfd)))
    assert all(up.values())


def test_external_sessions_follow_both_sides() -> None:
    blueprint = compiled(small(border=True)).blueprint
    up = established(blueprint)
    assert up[("a-border1", "transit1", "ipv4-unicast")]
    assert up[("a-border1", "transit1", "ipv6-unicast")]
    broken = with_neighbor(blueprint, "a-border1", "transit1", lambda n: REPLACE(n, password="env:X"), "red-v1")
    up = established(broken)
    assert not up[("a-border1", "transit1", "ipv4-unicast")]
    assert up[("a-border2", "transit1", "ipv4-unicast")]
    up = established(blueprint, Failures(devices=frozenset({"transit1"})))
    assert not up[("a-border2", "transit1", "ipv6-unicast")]
