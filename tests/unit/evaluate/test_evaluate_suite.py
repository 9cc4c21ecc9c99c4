"""The conformance suite, its comparison and its test plans."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from crossconnect.cli.group import run
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.evaluate import candidate, comparison, judged, plan_tests
from crossconnect.evaluate.answers import words_of
from crossconnect.evaluate.candidate import suite_blueprint
from crossconnect.evaluate.suite import UNDERLAYS
from crossconnect.nos.features import FEATURES, used_features
from crossconnect.nos.registry import known, system
from crossconnect.nos.reports import (
    InterfaceReport,
    LldpReport,
    MacReport,
    NextHop,
    RibReport,
    SessionReport,
    SummaryReport,
    VniReport,
)

SYSTEMS = known()


@pytest.mark.parametrize("nos", SYSTEMS)
def test_the_suite_asks_for_every_feature_there_is(nos: str) -> None:
    used = {
        key
        for underlay in UNDERLAYS
        for device in suite_blueprint(nos, underlay).devices
        for key in used_features(device)
    }
    paired = {"mlag"} if system(nos).support["mlag"].state != "none" else set[str]()
    assert used - paired == {feature.key for feature in FEATURES} - {"extra", "mlag"}
    assert paired <= used


@pytest.mark.parametrize("nos", SYSTEMS)
def test_what_a_system_lacks_is_told_with_the_reason(nos: str) -> None:
    compared = comparison([candidate(nos)])
    summary = compared.candidates[0]
    lacking = [line.title for line in compared.features if line.on[0].state == "none"]
    assert summary.lacking == len(lacking)
    for line in compared.features:
        if line.on[0].state == "none":
            assert line.on[0].reason
    said = "\n".join(summary.findings)
    for title in lacking:
        assert f"no {title} on " in said
    assert {shape.role for shape in summary.shapes} == {"spine", "leaf", "border-leaf"}
    assert all(shape.lines > 20 for shape in summary.shapes)


def test_two_systems_side_by_side(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    there = tmp_path / "evaluation"
    assert run(["evaluate", *SYSTEMS[:2], "frr", "-d", str(there), "-o", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    names = list(dict.fromkeys([*SYSTEMS[:2], "frr"]))
    assert [c["nos"] for c in shown["candidates"]] == names
    report = (there / "report.md").read_text()
    for nos in names:
        assert system(nos).title in report
        for underlay in UNDERLAYS:
            plan = json.loads((there / nos / underlay / "test-plan.json").read_text())
            assert {test["device"] for test in plan["tests"]} == {
                d.name for d in suite_blueprint(nos, underlay).devices
            }
            assert (there / nos / underlay / "containerlab" / "topology.clab.yml").is_file()
            # The suite is a region like any other.
            capsys.readouterr()
            assert run(["simulate", "--no-check", "-C", str(there / nos / underlay / "region")]) in (0, 1, 2)


def test_pings_expect_what_the_region_promises(tmp_path: Path) -> None:
    there = tmp_path / "evaluation"
    assert run(["evaluate", "frr", "-d", str(there)]) == 0
    script = (there / "frr" / "numbered" / "pings.sh").read_text()
    assert re.search(r"ping_is suite-frr-numbered wire1 192.168.7.2 eth0 answered", script)
    # While its leaf is off, a server with one cable is silent; the one with two goes on.
    off = script.partition("a-leaf1)")[2].partition(";;")[0]
    assert "silent" in off


def leaf() -> DeviceConfiguration:
    return next(d for d in suite_blueprint("frr", "numbered").devices if d.name == "a-leaf1")


def test_reports_are_put_into_the_words_of_the_plan() -> None:
    device = leaf()
    session = device.network_instances[0].bgp
    assert session is not None
    peer = session.neighbors[0].address
    port = next(i.name for i in device.interfaces if i.kind == "ethernet" and i.neighbor and not i.members)
    vni = next(i.vni for i in device.network_instances if i.kind == "mac-vrf") or 0
    words = words_of(
        [
            SessionReport(vrf="default", peer=peer, family="ipv4-unicast", remote_asn=1, negotiated=True),
            SummaryReport(vrf="default", peer=peer, family="l2vpn-evpn", established=True),
            SummaryReport(vrf="default", peer="192.0.2.1", family="l2vpn-evpn", established=False),
            RibReport(
                vrf="red-prod",
                prefix="10.1.2.0/24",
                protocol="bgp",
                next_hops=(
                    NextHop(address="10.255.0.3", interface="vni"),
                    NextHop(address="10.255.0.4", interface="vni"),
                ),
            ),
            RibReport(vrf="red-prod", prefix="10.1.1.0/24", protocol="connected", next_hops=()),
            VniReport(vni=vni, kind="l2", vrf="red-prod", bridge="x", remote_vteps=("10.255.0.9",)),
            MacReport(vni=vni, mac="02:0a:00:00:00:01", local=False, interface="", vtep="10.255.0.9", esi=""),
            InterfaceReport(name=port, vrf="default", up=True, mtu=9216, mac="", addresses=()),
            InterfaceReport(name="eth0", vrf="mgmt", up=True, mtu=1500, mac="", addresses=()),
            LldpReport(interface=port, device="a-spine1", port="swp3"),
        ],
        device,
    )
    assert words == {
        f"session default {peer} ipv4-unicast",
        f"session default {peer} l2vpn-evpn",
        "route red-prod 10.1.2.0/24 2 next hops",
        f"vtep {vni} 10.255.0.9",
        f"mac {vni} 02:0a:00:00:00:01 remote",
        f"interface {port}",
        f"lldp {port} a-spine1",
    }


def test_what_is_missing_what_is_too_much_and_what_cannot_be_read() -> None:
    device = leaf()
    test = next(t for t in plan_tests(suite_blueprint("frr", "numbered")) if t.device == device.name)
    nothing = judged(test, device, {})
    assert len(nothing.unanswered) == len(test.asks)
    assert not nothing.passed
    broken = judged(test, device, dict.fromkeys(range(len(test.asks)), b"% Unknown command"))
    assert broken.unreadable
    assert not broken.passed


def test_a_plan_is_judged_from_a_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "healthy" / "a-leaf1"
    place.mkdir(parents=True)
    (place / "0").write_text("{}")
    assert run(["evaluate", "frr/numbered", "--answers", str(tmp_path)]) == 1
    assert "FAILED  healthy  a-leaf1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nope"], "'nope' is no network OS known here"),
        (["frr", "--answers", "."], "NOS/UNDERLAY"),
        (["frr/odd", "--answers", "."], "'odd' is no underlay"),
        (["frr/numbered", "--answers", "."], "has no answers"),
    ],
)
def test_questions_that_cannot_be_answered(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["evaluate", *arguments]) == 2
    assert said in capsys.readouterr().err
