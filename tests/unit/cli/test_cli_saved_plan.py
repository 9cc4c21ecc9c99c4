"""`xc plan -o FILE`, `xc show plan`, `xc approve`: from a change in Git to a plan that may be carried out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from crossconnect.cli.group import run
from transit_region import git

METRO = Path(__file__).resolve().parents[3] / "examples" / "metro"

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
"""


@pytest.fixture
def region(tmp_path: Path) -> Path:
    """The example under Git, with a rule, and then a tenant more."""
    root = tmp_path / "metro"
    shutil.copytree(METRO, root)
    (root / "checks" / "change-rules.yaml").write_text(RULES)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "the network as it is")
    (root / "tenancy" / "umbrella.yaml").write_text(TENANT)
    assert run(["lock", "-C", str(root)]) == 0
    git(root, "add", "-A")
    git(root, "commit", "-qm", "umbrella")
    return root


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run([*arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def planned(capsys: pytest.CaptureFixture[str], root: Path, file: Path, *more: str) -> tuple[int, str, str]:
    return asked(capsys, "plan", "-C", str(root), "--parent", "HEAD~1", "--no-effects", "-o", str(file), *more)


def test_from_a_change_to_a_plan_that_somebody_else_has_agreed_to(
    region: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "umbrella.plan"
    code, out, err = planned(capsys, region, file)
    assert code == 0
    assert "5 waves" in out
    assert "whoever talks before and after talks in every state between" in out
    assert f"saved {file}: 6 devices in 5 waves" in err
    code, out, err = asked(capsys, "show", "plan", str(file))
    assert code == 1
    assert "authors ann@example.net" in out
    assert "rollout.approval-missing" in err
    code, _, err = asked(capsys, "approve", str(file), "--as", "Ann")
    assert (code, "'ann' is no e-mail address" in err) == (2, True)
    code, _, err = asked(capsys, "approve", str(file), "--as", "Ann@example.net")
    assert code == 1
    assert "is an author of the change" in err
    code, _, err = asked(capsys, "approve", str(file), "--as", "bob@example.net", "-m", "read it")
    assert code == 0
    code, out, err = asked(capsys, "show", "plan", str(file))
    assert code == 0
    assert "approved by bob@example.net" in out
    assert "nothing stands in its way now" in err
    code, _, err = asked(capsys, "approve", str(file), "--as", "bob@example.net")
    assert "has approved this plan already" in err


def test_a_plan_among_the_regions_files_is_none_of_them(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = region / "plans" / "umbrella.plan"
    planned(capsys, region, file)
    first = file.read_bytes()
    asked(capsys, "approve", str(file), "--as", "bob@example.net")
    code, _, err = planned(capsys, region, file)
    assert code == 0
    assert "not committed" not in err
    assert file.read_bytes() == first
    assert asked(capsys, "validate", "-C", str(region), "--strict")[2].count("plans") == 0


def test_made_again_it_is_the_same_file_and_made_of_something_else_it_needs_another_approval(
    region: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "one.plan", tmp_path / "two.plan"
    planned(capsys, region, one)
    planned(capsys, region, two)
    assert one.read_bytes() == two.read_bytes()
    asked(capsys, "approve", str(one), "--as", "bob@example.net")
    assert asked(capsys, "show", "plan", str(one))[0] == 0
    planned(capsys, region, one, "--soak", "31")
    code, _, err = asked(capsys, "show", "plan", str(one))
    assert code == 1
    assert "rollout.approval-missing" in err


def test_as_json_everything_is_in_it(region: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "umbrella.plan"
    planned(capsys, region, file)
    _, out, _ = asked(capsys, "show", "plan", str(file), "-o", "json")
    document = json.loads(out)
    assert document["format_version"] == 1
    plan = document["plan"]
    assert plan["new_commit"] == git(region, "rev-parse", "HEAD")
    assert {device["name"] for device in plan["devices"]} == {n for w in plan["waves"] for n in w["devices"]}
    assert document["obstacles"][0]["code"] == "rollout.approval-missing"
    written = json.loads(file.read_text())
    assert written["format"] == "crossconnect-plan"
    assert written["plan"] == plan


def test_files_that_are_not_committed_make_a_plan_to_look_at(
    region: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (region / "tenancy" / "umbrella.yaml").write_text(TENANT.replace("10.77.1.1", "10.77.2.1"))
    file = tmp_path / "umbrella.plan"
    code, _, err = planned(capsys, region, file)
    assert code == 0
    assert "are not committed as they are" in err
    assert json.loads(file.read_text())["plan"]["new_commit"] == ""


def test_a_change_that_breaks_something_is_not_written_until_that_is_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "metro"
    shutil.copytree(METRO, root)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "the network as it is")
    text = (root / "region.yaml").read_text()
    (root / "region.yaml").write_text(text.replace("design:\n", "design:\n  hold_time_s: 30\n  keepalive_s: 10\n"))
    file = tmp_path / "timers.plan"
    arguments = ["plan", "-C", str(root), "--no-effects", "--no-check", "-o", str(file)]
    code, out, err = asked(capsys, *arguments)
    assert code == 1
    assert not file.exists()
    assert "rollout.break" in err
    assert "drained first: " in out
    names = {line.split("--allow-break ")[1].split()[0] for line in err.splitlines() if "--allow-break " in line}
    assert names
    more = [word for name in sorted(names) for word in ("--allow-break", name)]
    code, out, err = asked(capsys, *arguments, *more)
    assert code == 0, err
    assert file.exists()
    assert "breaks, wave" in out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "is no file"),
        (b"", "is no plan"),
        (b"{}", "is no plan"),
        (b"\xff\xfe", "is no plan"),
        (b'{"\xffformat":1}', "is no plan"),
    ],
)
def test_what_is_no_plan_is_refused(
    content: bytes | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.plan"
    if content is not None:
        file.write_bytes(content)
    for command in (["show", "plan", str(file)], ["approve", str(file), "--as", "a@example.net"]):
        code, _, err = asked(capsys, *command)
        assert code == 2
        assert words in err


def test_a_mistyped_format_becomes_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = asked(capsys, "plan", "-C", str(METRO), "-o", "jsn")
    assert code == 2
    assert "'jsn' is neither table, json or yaml nor a file's name" in err


def test_an_unknown_time_zone_is_found_where_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "metro"
    shutil.copytree(METRO, root)
    zone = "Europe/Berlinn"
    (root / "checks" / "change-rules.yaml").write_text(
        f"change_windows:\n  - name: night\n    time_zone: {zone}\nchange_rules:\n  - {{name: r, windows: [night]}}\n"
    )
    code, _, err = asked(capsys, "validate", "-C", str(root))
    assert code in (1, 2)
    assert "checks/change-rules.yaml:3:16: error intent.time-zone-unknown" in err
