"""Plain values become records; every mistake of a file is said, with what was expected and what may be meant."""

from __future__ import annotations

import pytest

from crossconnect.finding import Finding
from crossconnect.intent.decode import decode
from crossconnect.intent.loader import load
from crossconnect.model.region import EdgeFile, FabricFile, RegionFile, TenancyFile


def read(text: str, record: type[object]) -> tuple[object, tuple[Finding, ...]]:
    document, findings = load("f.yaml", text)
    decoded, gaps, said = decode(document, record)
    assert bool(gaps) == bool(findings or said)
    return decoded, (*findings, *said)


def one(text: str, record: type[object] = TenancyFile) -> Finding:
    _, findings = read(text, record)
    (finding,) = findings
    return finding


def tenant(fields: str) -> str:
    return f"tenants:\n  - name: red\n    {fields}\n"


def segment(fields: str) -> str:
    return tenant(f"segments:\n      - {{name: web, {fields}}}")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (tenant("vrf: []"), "`vrf` is not a field of tenants/red", "Did you mean `vrfs`?"),
        (segment("gate-ways: []"), "`gate-ways` is not a field", "Did you mean `gateways`?"),
        (segment("zzz: 1"), "`zzz` is not a field", "Use one of: acl_in, acl_out, description, gateways"),
        ("pools: []\n", "`pools` is not a field of f.yaml", "`pools` belongs in region.yaml."),
        (segment('vlan: "100"'), 'a whole number is expected, not the text "100"', "Write 100 without quotes."),
        (segment("vlan: 1.0"), "a whole number is expected, not the number 1.0", "Give a whole number."),
        (segment("vlan: yes"), 'a whole number is expected, not the text "yes"', "Give a whole number."),
        (segment("description: 007"), "text is expected, not the number 7", "Put it in quotes."),
        (segment("gateways: 10.1.1.1/24"), "a list is expected, not the text", "Write a list"),
        (segment("gateways: null"), "a list is expected, not nothing (null)", "Remove the field, or write []"),
        (segment("description: [x]"), "text is expected, not a list", "Give one value"),
        (tenant("segments: [web]"), "segments/0: a mapping with `name` is expected", "Give a mapping with `name`."),
        (tenant("segments: [{vlan: 5}]"), "`name` is missing in tenants/red/segments/0", "Add `name:` with text."),
        ("- a\n", "f.yaml: a mapping is expected, not a list", "Give a mapping."),
        ("just text\n", "f.yaml: a mapping is expected", "Give a mapping."),
    ],
)
def test_a_mistake_is_explained(text: str, message: str, hint: str) -> None:
    finding = one(text)
    assert message in finding.message
    assert hint in finding.hint
    assert finding.place.line
    assert finding.expected


def test_a_choice_is_suggested() -> None:
    text = "format: 1\nname: x\nsites: []\npools: [{name: p, purpose: loopbak, prefix: 10.0.0.0/8}]\n"
    finding = one(text, RegionFile)
    assert (str(finding.place), finding.hint) == ("f.yaml:4:28", "Did you mean `loopback`?")
    assert "l2vni" in finding.expected


def test_true_is_written_for_yes() -> None:
    text = "servers: [{name: s, attachments: [], segments: [{segment: a/b/c, tagged: yes}]}]\n"
    assert one(text, FabricFile).hint == "Write true."


def test_a_secret_of_the_wrong_type_is_not_repeated() -> None:
    text = "peers: [{name: p, asn: 1, handoffs: [{border: b, vrf: a/b, password: 4711}]}]\n"
    finding = one(text, EdgeFile)
    assert "4711" not in finding.message + finding.hint + finding.expected


def test_what_is_right_is_kept_beside_what_is_wrong() -> None:
    text = """\
tenants:
  - name: red
    vrfs: [{name: prod, vni: x}, {nmae: dev}, {name: test, route_limit: -5}]
    segments:
      - {name: a, vlan: 9999, gateways: [10.0.0.300/24, 10.0.0.1/24, [x]]}
  - 17
  - name: blue
"""
    decoded, findings = read(text, TenancyFile)
    assert isinstance(decoded, TenancyFile)
    red, blue = decoded.tenants
    assert [(v.name, v.vni, v.route_limit) for v in red.vrfs] == [("prod", None, 0), ("test", None, 0)]
    assert [(s.name, s.vlan, s.gateways) for s in red.segments] == [("a", None, ("10.0.0.1/24",))]
    assert blue.name == "blue"
    assert sorted((f.place.line, f.place.column, f.code) for f in findings) == [
        (3, 30, "intent.value-type"),
        (3, 34, "intent.field-missing"),
        (3, 35, "intent.field-unknown"),
        (3, 73, "intent.number-range"),
        (5, 25, "intent.vlan-range"),
        (5, 42, "intent.address-malformed"),
        (5, 70, "intent.value-type"),
        (6, 5, "intent.value-type"),
    ]


def test_a_number_beyond_all_measure_is_refused() -> None:
    finding = one(segment(f"vlan: {10**300}"))
    assert finding.code == "intent.vlan-range"
    assert len(finding.message) < 200


def test_what_the_loader_refused_is_not_said_twice() -> None:
    _, findings = read(segment("vlan: !!int '5'") + "tenants: 5\n", TenancyFile)
    assert [f.code for f in findings] == ["intent.yaml-feature", "intent.yaml-duplicate-key"]


def test_an_empty_file_is_an_empty_record() -> None:
    assert read("# nothing yet\n", TenancyFile) == (TenancyFile(), ())
