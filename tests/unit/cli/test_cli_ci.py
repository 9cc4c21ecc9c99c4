"""`xc ci`: a change judged before it is merged, as Markdown for people, SARIF for code hosts, exit codes for CI."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sarif_pydantic import Sarif

from crossconnect.cli.group import run
from crossconnect.finding import Code, Finding, Place, Severity
from crossconnect.report.change_markdown import SIZE_MAX, _plain, change_markdown
from crossconnect.report.sarif import RESULTS_MAX, all_codes, sarif
from crossconnect.rollout.plan import DeviceChange, Plan
from crossconnect.rollout.verdict import Verdict
from ports import free_port
from transit_region import git

ROOT = Path(__file__).resolve().parents[3]
METRO = ROOT / "examples" / "metro"
CI_FILES = ROOT / "docs" / "how-to" / "ci"

TENANT = """\
tenants:
  - name: umbrella
    vrfs:
      - name: prod
        segments:
          - {name: web, gateways: [10.77.1.1/24], leaves: [all]}
"""
RULES = """\
change_rules:
  - {name: four-eyes, approvals: 1, description: nobody changes the network alone}
  - {name: umbrella-is-closed, tenants: [umbrella], refuse: true, description: see ticket 7}
"""
SECOND_WAY = (
    "      - {border: n1-border2, vrf: acme/prod, import_policy: from-transit, export_policy: acme-to-transit}\n"
)


def commit(root: Path, words: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", words)


def under_git(root: Path) -> Path:
    """`main` of a repository in which the region is `networks/NAME`, and a branch that is as `main` is."""
    assert run(["lock", "-C", str(root)]) == 0
    repository = root.parent.parent
    git(root, "init", "-q", "-b", "main", str(repository))
    commit(root, "the network as it is")
    git(root, "switch", "-qc", "change")
    return root


@pytest.fixture
def region(tmp_path: Path) -> Path:
    """What `xc init` writes: two spines, two leaves, one tenant."""
    root = tmp_path / "repository" / "networks" / "small"
    assert run(["init", str(root)]) == 0
    return under_git(root)


@pytest.fixture
def metro(tmp_path: Path) -> Path:
    """The example, with borders and promises."""
    return under_git(Path(shutil.copytree(METRO, tmp_path / "repository" / "networks" / "metro")))


def judged(capsys: pytest.CaptureFixture[str], root: Path, out: Path, *more: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(["ci", "-C", str(root), "--parent", "main", "--no-check", "--out", str(out), *more])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def failed(err: str) -> list[str]:
    return re.sub("^failed: ", "", err.strip().splitlines()[-1]).split(", ")


def test_a_good_change_gives_a_plan_that_is_still_right_after_the_merge(
    region: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (region / "tenancy" / "umbrella.yaml").write_text(TENANT)
    assert run(["lock", "-C", str(region)]) == 0
    commit(region, "umbrella")
    out = tmp_path / "out"
    code, text, err = judged(capsys, region, out)
    assert code == 0, err
    assert sorted(file.name for file in out.iterdir()) == ["change.plan", "report.md", "report.sarif", "verdict.json"]
    assert text.startswith("## xc ci: small passed")
    assert "tenants whose networks change: umbrella" in text
    verdict = json.loads((out / "verdict.json").read_text())
    assert verdict["passed"]
    assert verdict["sha256"] in text
    plan = (out / "change.plan").read_bytes()
    assert json.loads(plan)["sha256"] == verdict["sha256"]
    # The same commits, the same octets: whoever doubts an artefact makes it again.
    judged(capsys, region, tmp_path / "again")
    assert (tmp_path / "again" / "change.plan").read_bytes() == plan
    # Merged, with a commit of its own; then somebody else changes something.
    git(region, "switch", "-q", "main")
    git(region, "merge", "-q", "--no-ff", "-m", "merge", "change")
    reviewed = ["ci", "-C", str(region), "--reviewed", str(out / "change.plan")]
    assert run(reviewed) == 0
    (region / "tenancy" / "umbrella.yaml").write_text(TENANT.replace("10.77", "10.78"))
    assert run(["lock", "-C", str(region)]) == 0
    capsys.readouterr()
    assert run(reviewed) == 1
    assert "rollout.not-as-reviewed" in capsys.readouterr().err


def test_what_is_not_committed_or_numbered_cannot_be_reviewed(
    region: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (region / "tenancy" / "umbrella.yaml").write_text(TENANT)
    code, text, err = judged(capsys, region, tmp_path / "out")
    assert code == 1
    assert failed(err) == ["uncommitted", "lock"]
    assert "**FAILED** | uncommitted: not as committed: tenancy/umbrella.yaml" in text
    code, _, err = judged(capsys, region, tmp_path / "out", "--fail-on", "new-errors")
    assert code == 0


def test_a_branch_that_lacks_what_others_have_merged(
    region: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(region, "switch", "-q", "main")
    (region / "tenancy" / "umbrella.yaml").write_text(TENANT)
    assert run(["lock", "-C", str(region)]) == 0
    commit(region, "umbrella, by somebody else")
    git(region, "switch", "-q", "change")
    code, _, err = judged(capsys, region, tmp_path / "out")
    assert code == 1
    # It would take umbrella away again.
    assert failed(err) == ["behind"]


def test_a_rule_that_refuses(region: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (region / "checks" / "change-rules.yaml").write_text(RULES)
    (region / "tenancy" / "umbrella.yaml").write_text(TENANT)
    assert run(["lock", "-C", str(region)]) == 0
    commit(region, "umbrella")
    code, text, err = judged(capsys, region, tmp_path / "out")
    assert code == 1
    assert failed(err) == ["refused"]
    assert "- umbrella-is-closed: such a change is not made" in text
    assert "- four-eyes: 1 approval, not of an author" in text


def test_less_redundancy_is_told_and_counts_where_it_is_to(
    metro: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = metro / "edge" / "transit.yaml"
    file.write_text(file.read_text().replace(SECOND_WAY, ""))
    assert run(["lock", "-C", str(metro)]) == 0
    commit(metro, "one way is enough")
    code, text, err = judged(capsys, metro, tmp_path / "out")
    assert "| noted | failures: border-leaf n1-border1: no way to 0.0.0.0/0" in text
    # The region promises that its tenant reaches the internet under every single failure.
    assert code == 1
    assert failed(err) == ["new-errors"]
    assert "checks/promises.yaml:7:5 | checks.promise-not-resilient: promise acme-to-internet" in text
    code, _, err = judged(capsys, metro, tmp_path / "out", "--fail-on", "failures")
    assert code == 1
    assert failed(err) == ["failures"]


def test_files_that_cannot_be_used_are_told_line_by_line_and_leave_no_plan(
    region: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "change.plan").write_text("of yesterday")
    (region / "tenancy" / "umbrella.yaml").write_text(TENANT.replace("10.77.1.1/24", "10.77.1.1/42"))
    commit(region, "a slip")
    code, text, err = judged(capsys, region, out)
    assert code == 2
    assert "cannot be used" in text
    assert "tenancy/umbrella.yaml:6:" in err
    assert not (out / "change.plan").exists()
    read = Sarif.model_validate_json((out / "report.sarif").read_text())
    (result,) = [r for r in read.runs[0].results or [] if r.level and r.level.value == "error"]
    (place,) = result.locations or []
    assert place.physical_location is not None
    assert place.physical_location.artifact_location is not None
    # As the repository has it, not as the region has it.
    assert place.physical_location.artifact_location.uri == "networks/small/tenancy/umbrella.yaml"
    assert place.physical_location.region is not None
    assert place.physical_location.region.start_line == 6


def test_it_must_be_said_what_the_change_is_compared_with(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ci", "-C", str(region)]) == 2
    assert "--parent" in capsys.readouterr().err
    assert run(["ci", "-C", str(region), "--parent", "nowhere"]) == 2
    assert "git knows no revision 'nowhere'" in capsys.readouterr().err


def test_out_that_is_a_file(region: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert judged(capsys, region, tmp_path / "file" / "below")[0] == 2


def finding(message: str, severity: Severity = Severity.ERROR, line: int = 1) -> Finding:
    return Finding(
        code="design.x", severity=severity, place=Place("a b/ü.yaml", line, 2, "devices/n1"), message=message
    )


def test_sarif_keeps_a_finding_the_same_when_lines_move() -> None:
    code = Code("design.x", Severity.ERROR, "something is wrong", "mend it")
    first = json.loads(sarif({"new": [finding("wrong")]}, [code], "net/"))
    moved = json.loads(sarif({"unchanged": [finding("wrong", line=9)]}, [code], "net/"))
    one, other = first["runs"][0]["results"][0], moved["runs"][0]["results"][0]
    assert one["partialFingerprints"] == other["partialFingerprints"]
    assert (one["baselineState"], other["baselineState"]) == ("new", "unchanged")
    assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "net/a%20b/%C3%BC.yaml"
    rule = first["runs"][0]["tool"]["driver"]["rules"][one["ruleIndex"]]
    assert (rule["id"], rule["shortDescription"]["text"]) == ("design.x", "something is wrong")


def test_sarif_leaves_out_what_nobody_shows_but_never_an_error() -> None:
    notes = [finding(f"note {n}", Severity.NOTE) for n in range(RESULTS_MAX)]
    run_ = json.loads(sarif({"unchanged": [*notes, finding("wrong \udcff")]}, all_codes(), ""))["runs"][0]
    assert len(run_["results"]) == RESULTS_MAX
    assert run_["results"][0]["message"]["text"].startswith("wrong")
    assert "1 results of less weight" in run_["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


@given(st.text(max_size=60))
def test_no_name_becomes_markup(text: str) -> None:
    plain = _plain(text)
    assert "\n" not in plain
    # Everything that Markdown, HTML or a code host gives a meaning has a backslash before it, or is an entity.
    assert not re.search(r"(?<!\\)[`*_\[\]!~$]|[<|@]", plain)


def test_a_report_fits_into_a_comment() -> None:
    diff = "+" + "x" * 900
    devices = tuple(
        DeviceChange(device=f"leaf{n}", nos="frr", kind="changed", lines_added=1, lines_removed=0, diff=diff)
        for n in range(500)
    )
    plan = Plan(
        parent="a", new="b", devices=devices, numbers=(), tenants=("acme",) * 20, findings_new=(), findings_cured=()
    )
    verdict = Verdict(
        region="big",
        parent="main",
        parent_commit="",
        commit="",
        passed=True,
        conditions=(),
        findings=tuple(finding("y" * 2000) for _ in range(40)),
        known=(),
        cured=(),
        plan=plan,
    )
    text = change_markdown(verdict, None)
    assert len(text) <= SIZE_MAX
    assert "cut off here" in text
    short = change_markdown(msgspec.structs.replace(verdict, findings=()), None)
    assert len(short) <= SIZE_MAX
    assert "more differences: `xc plan --diff`" in short
    assert short.count("<details>") == short.count("</details>") > 10


@pytest.mark.parametrize("name", ["github", "gitlab", "gitea"])
def test_the_ready_files_run_commands_that_there_are(
    name: str, region: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (CI_FILES / f"{name}.yaml").read_text()
    assert yaml.safe_load(text)
    filled = re.sub(r"\$\{\{[^}]*\}\}", "main", text)
    commands = [shlex.split(line) for line in re.findall(r"^\s*-?\s*(?:run: )?(xc [^|\n]*)$", filled, re.MULTILINE)]
    assert [words[1] for words in commands] == ["ci", "ci", "approve", "apply"]
    (region / "tenancy" / "umbrella.yaml").write_text(TENANT)
    assert run(["lock", "-C", str(region)]) == 0
    commit(region, "umbrella")
    git(region, "update-ref", "refs/remotes/origin/main", "main")
    monkeypatch.setenv("XC_REGION", str(region))
    monkeypatch.chdir(tmp_path)
    *judging, approving, applying = [
        [re.sub(r"^origin/.*", "origin/main", word) for word in words[1:]] for words in commands
    ]
    assert [run(words) for words in judging] == [0, 0]
    assert run([*approving[:2], "--as", "bob@example.net", *approving[4:]]) == 0
    # The plan is taken, and the devices of its access file answer nobody here.
    assert applying[2:] == ["--access", "/etc/xc/access.yaml"]
    assert "XC_STATE: /var/lib/xc/network" in text
    monkeypatch.setenv("XC_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("PASSWORD", "x")
    access = (
        f"{{user: xc, password: 'env:PASSWORD', address: 127.0.0.1, port: {free_port()}, known_hosts: known_hosts}}"
    )
    (tmp_path / "access.yaml").write_text(f"defaults: {access}\n")
    (tmp_path / "known_hosts").write_text("")
    capsys.readouterr()
    assert run([*applying[:3], str(tmp_path / "access.yaml")]) == 1
    assert "nothing was begun" in capsys.readouterr().err
    assert not list((tmp_path / "state" / "plans").iterdir())
