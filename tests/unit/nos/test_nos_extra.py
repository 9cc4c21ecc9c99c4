"""Extra configuration from the region's files, all the way to the device, the plan and the lab."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from crossconnect.cli.group import run
from crossconnect.device.configuration import Extra
from crossconnect.intent.tree import read_region_from_texts
from crossconnect.lab.switch_node import rendered_devices
from crossconnect.nos.rendering import device_findings, merged_trees, render_files
from nos_region import cases, reference_region
from regions import compiled, small

EXTRA = """\
! by hand
ip route 192.0.2.0/24 blackhole
router bgp {asn}
 coalesce-time 100
 neighbor fabric peer-group
exit
"""


def test_lines_go_below_the_headers_that_there_are_and_else_to_the_end() -> None:
    device = cases("frr")["leaf-numbered"]
    bgp = next(i.bgp for i in device.network_instances if i.kind == "default")
    assert bgp is not None
    extra = Extra(file="fabric/extra/leaf.frr", text=EXTRA.format(asn=bgp.asn))
    before, after = (render_files(d)["frr.conf"].splitlines() for d in (device, replace(device, extra=(extra,))))
    assert [line for line in after if line not in before] == [
        " coalesce-time 100",
        " neighbor fabric peer-group",
        "ip route 192.0.2.0/24 blackhole",
    ]
    assert after.count(" coalesce-time 50") == before.count(" coalesce-time 50") - 1
    assert after[-1] == "ip route 192.0.2.0/24 blackhole"


def test_what_it_overrides_is_a_warning_at_its_line() -> None:
    device = cases("frr")["leaf-numbered"]
    extra = Extra(file="fabric/extra/leaf.frr", text="!\nlog syslog debugging\nno ip forwarding\n")
    said = [f for f in device_findings(replace(device, extra=(extra,))) if f.code == "nos.extra-overrides"]
    assert [(f.place.line, f.message.partition(": ")[2]) for f in said] == [
        (2, "`log syslog debugging` takes the place of `log syslog informational`"),
        (3, "`no ip forwarding` takes the place of `ip forwarding`"),
    ]
    assert {f.place.file for f in said} == {"fabric/extra/leaf.frr"}


@pytest.mark.parametrize(
    ("nos", "text", "line"),
    [
        ("junos", "system {\n    services {\n        ftp;\n}\n", 1),
        ("junos", "set system services ftp\n", 1),
        ("junos", "system {\n    host-name a\n}\n", 2),
        ("sonic", '{"PORT": {\n  "Ethernet0"\n}}', 3),
        ("srlinux", '{\n  "system": nothing\n}', 2),
    ],
)
def test_what_cannot_be_read_is_an_error_at_its_line(nos: str, text: str, line: int) -> None:
    device = cases(nos)["leaf-numbered"]
    extra = Extra(file=f"fabric/extra/leaf.{nos}", text=text)
    said = [f for f in device_findings(replace(device, extra=(extra,))) if f.code == "nos.extra-unreadable"]
    assert [(f.place.file, f.place.line, f.severity.value) for f in said] == [
        (f"fabric/extra/leaf.{nos}", line, "error")
    ]


def test_entries_of_a_list_are_told_apart_by_their_numbers() -> None:
    device = cases("frr")["border-numbered"]
    extra = Extra(file="x", text="ip prefix-list own seq 7 permit 172.16.0.0/12\n")
    merged = merged_trees(replace(device, extra=(extra,)))
    assert merged.overridden == ()
    assert "ip prefix-list own seq 7 permit 172.16.0.0/12" in merged.trees["frr.conf"]


def test_the_role_comes_first_and_the_device_has_the_last_word() -> None:
    texts = {"fabric/extra/leaf.frr": "log syslog debugging\n", "fabric/extra/a-leaf1.frr": "log syslog errors\n"}
    read, _ = read_region_from_texts({"region.yaml": "format: 1\nname: x\nsites: []\npools: []\n", **texts})
    assert read is not None
    blueprint = compiled(replace(small(), extras=read.extras)).blueprint
    assert blueprint is not None
    devices = {d.name: d for d in blueprint.devices}
    assert [e.file for e in devices["a-leaf1"].extra] == ["fabric/extra/leaf.frr", "fabric/extra/a-leaf1.frr"]
    assert [e.file for e in devices["a-leaf2"].extra] == ["fabric/extra/leaf.frr"]
    assert devices["a-spine1"].extra == ()
    assert "log syslog errors" in render_files(devices["a-leaf1"])["frr.conf"]
    assert "log syslog errors" in rendered_devices(blueprint, {})["a-leaf1"].text


def test_extra_configuration_of_another_system_is_not_for_this_device() -> None:
    blueprint = compiled(reference_region("frr", extra="")).blueprint
    assert blueprint is not None
    assert all(device.extra == () for device in blueprint.devices)


@pytest.fixture
def region(tmp_path: Path) -> Path:
    root = tmp_path / "lab1"
    assert run(["init", str(root)]) == 0
    assert run(["lock", "-C", str(root)]) == 0
    return root


def test_the_plan_shows_it_as_written_by_hand(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (region / "fabric" / "extra").mkdir()
    (region / "fabric" / "extra" / "leaf.frr").write_text("ip route 192.0.2.0/24 blackhole\n")
    capsys.readouterr()
    assert run(["plan", "-C", str(region), "--parent", "none", "--diff"]) == 0
    shown = capsys.readouterr().out
    assert "extra configuration, not designed but written by hand:" in shown
    assert "fabric/extra/leaf.frr  added" in shown
    assert "+ip route 192.0.2.0/24 blackhole" in shown
