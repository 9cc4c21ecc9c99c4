"""A tree of files becomes a region, with places for everything and findings for what is odd."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crossconnect.finding import Finding, Severity, has_errors
from crossconnect.intent import files
from crossconnect.intent.tree import read_region, read_region_from_texts
from crossconnect.intent.validate import validate

REGION = """\
format: 1
name: small
sites: [{name: north}]
pools:
  - {name: loopbacks, purpose: loopback, prefix: 10.255.0.0/24}
"""
RED = """\
tenants:
  - name: red
    vrfs:
      - name: prod
        segments:
          - name: web
            gateways:
              - 10.1.1.1/24
              - 2001:DB8:0:1::1/64
          - {name: db, vlan: 100}
"""


def lines(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{f.place} {f.code}" for f in findings]


def write(root: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_files_of_a_kind_are_merged_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, {"region.yaml": REGION, "tenancy/b.yaml": RED, "tenancy/a/x.yml": "tenants: [{name: blue}]\n"})
    region, findings = read_region(tmp_path)
    assert findings == ()
    assert region is not None
    assert [tenant.name for tenant in region.tenants] == ["blue", "red"]


def test_addresses_are_canonical_in_the_region() -> None:
    region, _ = read_region_from_texts({"region.yaml": REGION, "tenancy/red.yaml": RED})
    assert region is not None
    assert region.tenants[0].vrfs[0].segments[0].gateways == ("10.1.1.1/24", "2001:db8:0:1::1/64")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("tenants/red/vrfs/prod/segments/web/gateways/1", "tenancy/red.yaml:9:17"),
        ("tenants/red/vrfs/prod/segments/web/gateways", "tenancy/red.yaml:7:13"),
        ("tenants/red/vrfs/prod/segments/db", "tenancy/red.yaml:10:13"),
        ("tenants/red/vrfs/prod/segments/db/vlan", "tenancy/red.yaml:10:30"),
        ("tenants/red/vrfs/prod/segments/#1/vlan", "tenancy/red.yaml:10:30"),
        ("tenants/red/vrfs/prod/segments/db/vni", "tenancy/red.yaml:10:13"),
        ("tenants/red", "tenancy/red.yaml:2:5"),
        ("pools/loopbacks/prefix", "region.yaml:5:50"),
        ("name", "region.yaml:2:7"),
    ],
)
def test_a_path_leads_to_its_place_or_to_what_is_around_it(path: str, place: str) -> None:
    region, _ = read_region_from_texts({"region.yaml": REGION, "tenancy/red.yaml": RED})
    assert region is not None
    assert str(region.place(path)) == place
    assert region.place(path).path == path


def test_every_place_is_listed_and_found() -> None:
    region, _ = read_region_from_texts({"region.yaml": REGION, "tenancy/red.yaml": RED})
    assert region is not None
    assert "tenants/red/vrfs/prod/segments/web/gateways/0" in set(region.places)
    assert len(region.places) == len(set(region.places))
    assert all(region.places[path].line for path in region.places)


def test_an_empty_tree_says_how_to_begin(tmp_path: Path) -> None:
    region, (finding,) = read_region(tmp_path)
    assert region is None
    assert finding.code == "intent.no-region"
    assert "no region.yaml" in finding.message
    assert "xc init" in finding.hint
    assert lines(read_region_from_texts({})[1]) == ["region.yaml intent.no-region"]
    assert lines(read_region(tmp_path / "nowhere")[1]) == ["region.yaml intent.no-region"]


def test_a_tree_of_ten_thousand_files_is_read(tmp_path: Path) -> None:
    (tmp_path / "tenancy").mkdir()
    (tmp_path / "region.yaml").write_text(REGION)
    for n in range(10_000):
        vrf = f"vrfs: [{{name: v, segments: [{{name: s, gateways: [10.{n >> 8}.{n & 255}.1/24]}}]}}]"
        (tmp_path / "tenancy" / f"t{n:05}.yaml").write_text(f"tenants:\n  - name: t{n}\n    {vrf}\n")
    (tmp_path / "tenancy" / "t05000.yaml").write_text("tenants:\n  - name: t5000\n    vrfs: [}\n")
    region, findings = read_region(tmp_path)
    assert region is None
    assert lines(findings) == ["tenancy/t05000.yaml:3:12 intent.yaml-syntax"]


def test_what_is_no_part_of_a_region_is_reported_not_read(tmp_path: Path) -> None:
    names = ["pods.yaml", "fabric/pods.yaml~", "connect/a.yaml", "venv/x.yaml", ".git/config", "README.md", "Makefile"]
    write(tmp_path, {"region.yaml": REGION, "region.lock": "", **dict.fromkeys(names, "no: [yaml")})
    region, findings = read_region(tmp_path)
    assert region is not None
    assert lines(findings) == [
        "connect/ intent.directory-reserved",
        "fabric/pods.yaml~ intent.file-unknown",
        "pods.yaml intent.file-unknown",
        "venv/ intent.file-unknown",
    ]
    texts = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert read_region_from_texts(texts)[1] == findings


def test_files_that_cannot_be_read_are_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"region.yaml": REGION, "tenancy/red.yaml": RED, "edge/large.yaml": "# " + "x" * 2000})
    os.mkfifo(tmp_path / "edge" / "pipe.yaml")
    (tmp_path / "edge" / "dangling.yaml").symlink_to("nowhere")
    (tmp_path / "checks").symlink_to(tmp_path / "tenancy")
    monkeypatch.setattr(files, "FILE_SIZE_MAX", 1000)
    region, findings = read_region(tmp_path)
    assert region is None
    assert lines(findings) == [
        "checks intent.file-unreadable",
        "edge/dangling.yaml intent.file-unreadable",
        "edge/large.yaml intent.file-too-large",
        "edge/pipe.yaml intent.file-unreadable",
    ]


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FILES_MAX", 1)
    region, findings = read_region_from_texts({"region.yaml": REGION, "tenancy/red.yaml": RED})
    assert region is None
    assert [finding.code for finding in findings] == ["intent.file-too-large"]


def test_a_file_name_that_is_no_text_can_be_printed(tmp_path: Path) -> None:
    write(tmp_path, {"region.yaml": REGION})
    (tmp_path / "tenancy").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/tenancy/\xff.yaml")).write_text("tenants: 1\n")
    _, (finding,) = read_region(tmp_path)
    assert str(finding.place).encode() == b"tenancy/?.yaml:1:10"


def test_mistakes_of_all_files_are_reported_in_one_run() -> None:
    texts = {
        "region.yaml": REGION.replace("name: small", "nmae: small"),
        "tenancy/a.yaml": "tenants:\n  - {name: a, vrf: []}\n  - {name: b, vrfs: 1}\n",
        "tenancy/b.yaml": "tenants: [{}\n",
        "tenancy/c.yaml": "tenants:\n  - {name: a}\n",
    }
    region, findings = read_region_from_texts(texts)
    assert region is None
    assert lines(findings) == [
        "region.yaml:1:1 intent.field-missing",
        "region.yaml:2:1 intent.field-unknown",
        "tenancy/a.yaml:2:15 intent.field-unknown",
        "tenancy/a.yaml:3:21 intent.value-type",
        "tenancy/b.yaml:1:10 intent.yaml-syntax",
        "tenancy/c.yaml:2:12 intent.name-duplicate",
    ]
    assert [f.hint for f in findings if f.code == "intent.field-unknown"] == [
        "Did you mean `name`?",
        "Did you mean `vrfs`?",
    ]


def test_what_may_stand_in_a_broken_file_is_not_called_undefined() -> None:
    servers = "servers:\n  - {name: s, attachments: [{port: leaf1}], segments: [{segment: red/prod/web}]}\n"
    _, whole = read_region_from_texts({"region.yaml": REGION, "fabric/s.yaml": servers})
    region, _ = read_region_from_texts({"region.yaml": REGION, "fabric/s.yaml": servers})
    assert region is not None
    assert {f.code for f in validate(region)} == {"intent.device-unknown", "intent.segment-unknown"}
    assert not has_errors(whole)
    _, broken = read_region_from_texts({"region.yaml": REGION, "fabric/s.yaml": servers, "tenancy/red.yaml": "["})
    assert [f.code for f in broken] == ["intent.device-unknown", "intent.yaml-syntax"]


ROUTERS = """
peers:
  - name: transit
    asn: 64500
    handoffs:
      - {border: leaf1, vrf: red/prod, import_policy: nobody, export_policy: out}
policies:
  - {name: out, statements: [{name: all, action: accept}]}
"""
POD = """
pods:
  - {name: a, site: north, spines: {count: 1}, racks: [{leaf_name: "leaf{n}"}]}
servers:
  - {name: s, attachments: [{port: leaf1}], segments: [{segment: red/prod/web}]}
"""


def tenants(segment: str) -> str:
    return f"tenants: [{{name: red, vrfs: [{{name: prod, segments: [{segment}]}}]}}]\n"


def codes_of(files: dict[str, str]) -> set[str]:
    region, findings = read_region_from_texts({"region.yaml": REGION, **files})
    findings += validate(region) if region is not None else ()
    return {finding.code for finding in findings}


def test_a_wrong_number_silences_nothing() -> None:
    files = {"tenancy/red.yaml": tenants("{name: web, vlan: 5000}"), "edge/t.yaml": ROUTERS}
    files["fabric/a.yaml"] = POD.replace("north", "paris")
    _, findings = read_region_from_texts({"region.yaml": REGION, **files})
    assert [f"{f.place} {f.code}" for f in findings if f.severity is Severity.ERROR] == [
        "edge/t.yaml:6:55 intent.policy-unknown",
        "fabric/a.yaml:3:21 intent.site-unknown",
        "tenancy/red.yaml:1:72 intent.vlan-range",
    ]


@pytest.mark.parametrize(
    ("segment", "said"),
    [
        ("{name: WEB}", {"intent.name-malformed"}),  # may be what `web` names
        ("{nme: web}", {"intent.field-unknown", "intent.field-missing"}),
        ("{name: web, gateways: 7}", {"intent.value-type"}),
        ("{name: web, gateways: [10.0.0.300/24]}", {"intent.address-malformed"}),
        ("{name: db}", {"intent.segment-unknown"}),
        ("{name: db, vlan: 5000}", {"intent.segment-unknown", "intent.vlan-range"}),
    ],
)
def test_only_names_that_may_be_hidden_are_not_called_undefined(segment: str, said: set[str]) -> None:
    assert codes_of({"fabric/a.yaml": POD, "tenancy/red.yaml": tenants(segment)}) == said


def test_a_malformed_policy_name_is_not_also_a_missing_policy() -> None:
    files = {"fabric/a.yaml": POD, "tenancy/red.yaml": tenants("{name: web}")}
    files["edge/t.yaml"] = ROUTERS.replace("nobody", "Nobody!")
    _, findings = read_region_from_texts({"region.yaml": REGION, **files})
    assert [f.code for f in findings if f.place.file.startswith("edge/")] == ["intent.name-malformed"]


def test_a_wrong_gateway_is_said_once_not_at_each_server() -> None:
    servers = POD.replace("[{segment: red/prod/web}]", "[{segment: red/prod/web, addresses: [10.0.0.9/24]}]")
    second = servers.splitlines()[-1].replace("name: s,", "name: t,").replace("0.9", "0.10")
    for gateway, code in (
        ("10.9.0.1/24", "intent.server-address"),
        ("224.0.0.1/24", "intent.address-unusable"),
        ("10.0.0.300/24", "intent.address-malformed"),
    ):
        files = {"fabric/a.yaml": servers + second + "\n"}
        files["tenancy/red.yaml"] = tenants(f"{{name: web, gateways: [{gateway}]}}")
        region, findings = read_region_from_texts({"region.yaml": REGION, **files})
        findings += validate(region) if region is not None else ()
        assert [(f.place.file, f.code) for f in findings] == [("tenancy/red.yaml", code)]
