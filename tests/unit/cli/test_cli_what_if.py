"""`xc what-if`: what an engineer asks before a switch is taken out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crossconnect.cli.commands import what_if
from crossconnect.cli.group import run
from crossconnect.rollout.maintenance import maintenance
from crossconnect.simulate import Failures, single_failures
from crossconnect.simulate.impact import Impacts
from crossconnect.simulate.maintenance import without_devices
from regions import compiled, small

METRO = Path(__file__).resolve().parents[3] / "examples" / "metro"


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(["what-if", "-C", str(METRO), *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = asked(capsys, *arguments, "-o", "json")
    return code, json.loads(out)


def test_a_spine_can_go_and_the_other_one_must_then_stay(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = answer(capsys, "--drain", "n1-spine1")
    assert code == 1  # the example promises two ways to the borders
    assert found["off"]["hosts_cut"] == []
    assert found["off"]["promises"] == ["two-ways-to-border"]
    assert {tuple(scope["paths"]) for scope in found["drained"]} == {(2, 1)}
    assert all(scope["pairs"][0] == scope["pairs"][1] for scope in found["drained"])
    further = {effect["failure"]: effect for effect in found["further"]}
    assert any(scope["lost"] > scope["attached"] for scope in further["spine n1-spine2"]["scopes"])
    assert not any("n1-spine1" in name for name in further)
    assert {session["device"] for session in found["sessions"]} >= {"n1-leaf1", "core-north1"}


def test_a_leaf_takes_its_servers_with_it_only_when_it_is_off(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = asked(capsys, "--drain", "n1-leaf1")
    assert code == 1
    assert "drained: n1-leaf1 is out of the way, nobody's network changes" in out
    assert "switched off: 3 hosts cut off (acme, globex, initech)" in out
    assert "a tenant notices" in err


def test_a_border_leaf_of_two_is_not_missed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = asked(capsys, "--drain", "n1-border1", "--no-further")
    assert code == 0
    assert "on fewer borders" in out
    assert "metro: no tenant notices\n" in err


def test_with_something_broken_already(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = answer(capsys, "--drain", "n1-spine1", "--fail-device", "n1-spine2", "--no-further")
    assert code == 1
    assert any(scope["lost"] > scope["attached"] for scope in found["off"]["scopes"])


def test_what_has_failed_already_is_not_put_down_to_the_maintenance(capsys: pytest.CaptureFixture[str]) -> None:
    """Input: a spine drained, beside a cable that is down from the other spine to a leaf. Output: while it is drained
    the leaf is still reached through it, over the one path that it had before; off, it is not. Of the sessions that go
    down none is over that cable or at what has failed."""
    arguments = ("--drain", "n1-spine1", "--fail-link", "n1-leaf1:swp63", "--fail-device", "acme-web2")
    _, found = answer(capsys, *arguments, "--no-further")
    assert found["failed_already"] == ["acme-web2", "n1-leaf1--n1-spine2"]
    assert found["devices"] == ["n1-spine1"]
    assert [s for s in found["drained"] if s["scope"] == "acme-prod"] == []
    (acme,) = [s for s in found["off"]["scopes"] if s["scope"] == "acme-prod"]
    # acme-web1 to and from acme-web3, acme-db1, acme-db2: what acme-web2 lost before is not told again.
    assert (acme["pairs"], acme["lost"]) == (12, 6)
    _, spine2 = answer(capsys, "--drain", "n1-spine2", *arguments[2:], "--no-further")
    assert "n1-leaf1" not in {session["device"] for session in spine2["sessions"]}
    _, out, _ = asked(capsys, *arguments, "--no-further")
    assert "failed already: device acme-web2, link n1-leaf1--n1-spine2" in out


def test_what_has_failed_cannot_be_drained(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = asked(capsys, "--drain", "n1-spine1", "--fail-device", "n1-spine1")
    assert (code, out) == (2, "")
    assert "n1-spine1 cannot be drained when it has failed already" in err


def test_racks_and_sites_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    _, found = answer(capsys, "--drain", "site south", "--no-further")
    assert set(found["devices"]) == {"core-south1", "s1-leaf1", "s1-leaf2", "s1-spine1", "s1-spine2"}


@pytest.mark.parametrize(
    ("name", "said"), [("n1-laef1", "did you mean 'n1-leaf1'?"), ("nowhere", "'xc show devices' lists them")]
)
def test_a_name_that_the_region_does_not_have(name: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = asked(capsys, "--drain", name)
    assert (code, out) == (2, "")
    assert said in err


def test_a_large_region_is_not_followed_packet_by_packet(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(what_if, "SWITCHES_MAX", 4)
    code, out, _ = asked(capsys, "--drain", "n1-spine1", "--no-further")
    assert code == 1
    assert "no more is lost than while they are off" in out


@pytest.mark.parametrize("shape", [{"leaves": 3, "border": True, "tenants": 2}, {"leaves": 4, "dual_homed": True}])
def test_what_a_further_failure_costs_is_what_both_cost_beyond_the_first(shape: dict[str, Any]) -> None:
    """Input: a spine or leaf out, every further failure. Output: rows lost, and hosts cut off, by both together are
    those lost by the further failure in the network that is left, or by the first one."""
    blueprint = compiled(small(**shape)).blueprint
    assert blueprint is not None
    whole = Impacts(blueprint)
    for name in ("a-spine1", "a-leaf1"):
        first = whole.of(Failures(devices=frozenset({name})))
        left = without_devices(blueprint, {name})
        remaining = Impacts(left)
        for failure in single_failures(left):
            both = whole.of(Failures(devices=failure.devices | {name}, links=failure.links))
            beyond = remaining.of(failure)
            assert set(both.cut_off) == set(first.cut_off) | set(beyond.cut_off), failure
            ends = {(r.source_host, r.destination_host or r.destination) for r in both.lost}
            those = {(r.source_host, r.destination_host or r.destination) for r in (*first.lost, *beyond.lost)}
            # Pairs with a host that one of them cuts off are told as that, and as nothing more.
            gone = set(both.cut_off)
            assert ends == {pair for pair in those if gone.isdisjoint(pair)}, failure


def test_nobody_drained_is_nobody_missed() -> None:
    blueprint = compiled(small(leaves=3)).blueprint
    assert blueprint is not None
    found = maintenance(blueprint, Failures(), exact=True)
    assert (found.drained, found.sessions, found.noticed) == ((), (), False)
