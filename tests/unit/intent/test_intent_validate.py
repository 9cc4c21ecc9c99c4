"""Validation beyond single planted mistakes (those are in tests/errors): what is right passes, and it is fast."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossconnect.finding import Finding
from crossconnect.intent.tree import read_region, read_region_from_texts
from crossconnect.intent.validate import validate

ROOT = Path(__file__).resolve().parents[3]
BASE = ROOT / "tests" / "errors" / "_base"


def texts_with(changes: dict[str, str]) -> dict[str, str]:
    texts = {path.relative_to(BASE).as_posix(): path.read_text() for path in BASE.rglob("*.yaml")}
    return {**texts, **changes}


def findings_with(changes: dict[str, str]) -> tuple[Finding, ...]:
    region, findings = read_region_from_texts(texts_with(changes))
    return (*findings, *validate(region)) if region is not None else findings


@pytest.mark.parametrize("root", sorted((ROOT / "examples").iterdir()), ids=lambda path: path.name)
def test_the_examples_have_no_findings(root: Path) -> None:
    region, findings = read_region(root)
    assert findings == ()
    assert region is not None
    assert validate(region) == ()


@pytest.mark.parametrize(
    ("vrfs", "segments"),
    [
        # The same subnet in two VRFs.
        ("{name: main, segments: [{name: apps, gateways: [10.1.1.1/24]}]}", ""),
        # Neighbouring subnets, and one subnet of each IP version.
        (
            "{name: main, segments: [{name: apps, gateways: [10.1.0.1/24, '2001:db8::1/64']},"
            " {name: b, gateways: [10.1.1.1/24]}]}",
            "",
        ),
        # RFC 3021 and RFC 6164: two addresses are enough.
        ("{name: main, segments: [{name: apps, gateways: [10.9.9.0/31, 'fd00::/127']}]}", ""),
        # A segment without VRF, and one that is not routed.
        ("{name: main, segments: [{name: apps}]}", "{name: l2, leaves: [all]}"),
        # One VRF name with two tenants, one segment name in two VRFs.
        ("{name: main, segments: [{name: apps}]}, {name: prod, segments: [{name: apps}]}", ""),
        # A declared leak.
        ("{name: main, imports: [red/prod], segments: [{name: apps}]}", ""),
    ],
)
def test_what_is_lawful_passes(vrfs: str, segments: str) -> None:
    blue = f"tenants: [{{name: blue, vrfs: [{vrfs}], segments: [{segments}]}}]"
    assert findings_with({"tenancy/blue.yaml": blue}) == ()


def test_vlan_ids_may_repeat_in_pods_of_their_own() -> None:
    fabric = (BASE / "fabric" / "pod.yaml").read_text()
    second = "pods:\n  - {name: b, site: north, spines: {count: 1}, racks: [{}]}\n"
    region = (BASE / "region.yaml").read_text()
    red = (BASE / "tenancy" / "red.yaml").read_text().replace("- name: web\n", "- name: web\n            vlan: 100\n")
    green = "tenants: [{name: green, segments: [{name: l2, vlan: 100, leaves: [b]}]}]\n"
    changes = {"fabric/pod.yaml": fabric, "fabric/b.yaml": second, "tenancy/red.yaml": red, "tenancy/green.yaml": green}
    assert [f.code for f in findings_with(changes)] == ["intent.vlan-duplicate"]
    assert findings_with({**changes, "region.yaml": region + "design: {vlan_scope: pod}\n"}) == ()


def test_findings_do_not_depend_on_which_file_says_what() -> None:
    region = (BASE / "region.yaml").read_text()
    a = "tenants: [{name: x, segments: [{name: s, vni: 9, leaves: [a]}]}]\n"
    b = "tenants: [{name: y, segments: [{name: s, vni: 9, leaves: [a]}]}]\n"
    one = findings_with({"region.yaml": region, "tenancy/m.yaml": a, "tenancy/n.yaml": b})
    two = findings_with({"region.yaml": region, "tenancy/n.yaml": a, "tenancy/m.yaml": b})
    assert [f.code for f in one] == [f.code for f in two] == ["intent.vni-duplicate"]


def test_every_reference_to_one_missing_thing_is_said() -> None:
    servers = "servers:\n" + "".join(
        f"  - {{name: s{n}, attachments: [{{port: a-leaf1}}], segments: [{{segment: red/prod/wbe}}]}}\n"
        for n in range(50)
    )
    findings = findings_with({"fabric/servers.yaml": servers})
    assert [(f.place.line, f.hint) for f in findings] == [(n, "Did you mean `red/prod/web`?") for n in range(2, 52)]


def test_ten_thousand_objects_are_read_and_validated_in_seconds() -> None:
    """The goal is 50,000 objects in 4 s of CPU on a quiet machine; a busy one is allowed more here."""
    tenants: list[str] = []
    for t in range(100):
        tenants.append(f"  - name: t{t}\n    vrfs:\n")
        for v in range(4):
            tenants.append(f"      - name: v{v}\n        segments:\n")
            for s in range(24):
                gateways = f"[10.{s}.{v}.1/24, 2001:db8:{s:x}{v:x}::1/64]"
                tenants.append(f"          - name: s{s}\n            gateways: {gateways}\n            mtu: 1500\n")
    region = (BASE / "region.yaml").read_text().replace("10.25", "172.25").replace("172.255.", "172.31.")
    findings = findings_with({"region.yaml": region, "tenancy/many.yaml": "tenants:\n" + "".join(tenants)})
    assert findings == ()
