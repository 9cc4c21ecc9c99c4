"""The command line as a user meets it: outputs, exit codes, and no traceback for anything they can do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from crossconnect.cli import sweeping
from crossconnect.cli.group import run
from transit_region import git

RACK3 = """\
      - name: pod1-rack3
        servers:
          - {name: web3, segments: [{segment: acme/prod/web, addresses: [10.1.1.13/24]}]}
"""


@pytest.fixture
def region(tmp_path: Path) -> Path:
    """A region as `xc init` writes it, with its numbers, committed."""
    root = tmp_path / "lab1"
    assert run(["init", str(root)]) == 0
    assert run(["lock", "-C", str(root)]) == 0
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root


def test_what_init_writes_is_valid_and_proven(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "--strict", "-C", str(region)]) == 0
    assert run(["simulate", "--failures", "single", "-C", str(region)]) == 0
    assert "hurt nobody" in capsys.readouterr().out


def test_a_plan_tells_the_commands_of_devices_and_what_takes_them_back(
    region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tenancy = region / "tenancy" / "acme.yaml"
    tenancy.write_text(tenancy.read_text() + "          - {name: more, gateways: [10.1.9.1/24], leaves: [all]}\n")
    capsys.readouterr()
    assert run(["plan", "-C", str(region), "--commands"]) == 0
    told = capsys.readouterr().out
    assert "linux.json put in place whole" in told
    there, _, back = told.partition("== pod1-leaf1 (frr): rollback, cli, of frr.conf")
    assert "== pod1-leaf1 (frr): commands, cli, of frr.conf" in there
    number = there.rpartition("  vni ")[2].split()[0]
    assert f"  no vni {number}" in back
    assert run(["plan", "-C", str(region), "--commands", "-o", "json"]) == 0
    devices = json.loads(capsys.readouterr().out)["commands"]
    assert {"device", "nos", "commands", "rollback", "files"} == set(devices[0])


def test_a_device_that_comes_has_files_and_no_commands(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "-C", str(region), "--parent", "none", "--commands"]) == 0
    assert "no commands but whole files" in capsys.readouterr().out


def test_init_does_not_write_over_what_is_there(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(region)]) == 2
    assert "not empty" in capsys.readouterr().err


def test_a_mistake_is_one_clear_message_with_file_line_and_hint(
    region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tenancy = region / "tenancy" / "acme.yaml"
    tenancy.write_text(tenancy.read_text().replace("10.1.1.1/24", "10.1.1.300/24"))
    capsys.readouterr()
    assert run(["validate", "-C", str(region)]) == 2
    message = capsys.readouterr().err
    assert "tenancy/acme.yaml:7:" in message
    assert "hint:" in message
    for command in (["plan"], ["simulate"], ["render"], ["show", "devices"], ["lock"], ["query", "select 1"]):
        assert run([*command, "-C", str(region)]) == 2, command


def test_a_second_lock_changes_nothing(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (region / "region.lock").read_bytes()
    assert run(["lock", "-C", str(region)]) == 0
    assert run(["lock", "--check", "-C", str(region)]) == 0
    assert (region / "region.lock").read_bytes() == before
    assert "up to date" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("      - name: pod1-rack1\n", "      - name: pod1-rack1\n        leaves: 2\n"),
        ("    racks:\n", "    racks:\n      - name: pod1-rack0\n"),
    ],
)
def test_a_leaf_more_in_the_first_place_renames_nothing(
    region: Path, capsys: pytest.CaptureFixture[str], old: str, new: str
) -> None:
    pod = region / "fabric" / "pod1.yaml"
    assert pod.read_text().count(old) == 1
    pod.write_text(pod.read_text().replace(old, new))
    capsys.readouterr()
    assert run(["plan", "-C", str(region), "-o", "json", "--detailed-exitcode"]) == 3
    plan = json.loads(capsys.readouterr().out)
    assert {d["device"]: d["kind"] for d in plan["devices"]} == {
        "pod1-leaf3": "added",
        "pod1-spine1": "changed",
        "pod1-spine2": "changed",
    }
    assert all(n["old"] == "" for n in plan["numbers"])
    assert [n["new"] for n in plan["numbers"] if n["pool"] == "leaf/pod1"] == ["3"]


def test_racks_without_names_that_become_others_are_told(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pod = region / "fabric" / "pod1.yaml"
    named = pod.read_text()
    pod.write_text(
        named.replace("      - name: pod1-rack1\n        servers", "      - servers").replace(
            "      - name: pod1-rack2\n        servers", "      - servers"
        )
    )
    assert run(["lock", "-C", str(region)]) == 0
    git(region, "commit", "-qam", "racks without names")
    pod.write_text(pod.read_text().replace("    racks:\n", "    racks:\n      - servers: []\n"))
    capsys.readouterr()
    assert run(["plan", "-C", str(region)]) == 0
    seen = capsys.readouterr().err
    assert "intent.racks-renumbered" in seen
    assert "pod1-rack2" in seen
    assert run(["lock", "-C", str(region)]) == 0
    assert "intent.racks-renumbered" in capsys.readouterr().err


def test_a_new_rack_changes_only_what_it_must(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "-C", str(region), "--detailed-exitcode"]) == 0
    pod = region / "fabric" / "pod1.yaml"
    pod.write_text(pod.read_text() + RACK3)
    capsys.readouterr()
    assert run(["plan", "-C", str(region), "-o", "json", "--detailed-exitcode"]) == 3
    plan = json.loads(capsys.readouterr().out)
    assert plan["format_version"] == 1
    assert {d["device"]: d["kind"] for d in plan["devices"]} == {
        "pod1-leaf3": "added",
        "pod1-spine1": "changed",
        "pod1-spine2": "changed",
    }
    assert all(n["old"] == "" for n in plan["numbers"])
    assert plan["tenants"] == ["acme"]


def test_render_replaces_the_directory_as_a_whole(region: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(["render", "-C", str(region), "-d", str(out)]) == 0
    devices = {p.name for p in out.iterdir() if p.is_dir()}
    assert devices == {"pod1-leaf1", "pod1-leaf2", "pod1-spine1", "pod1-spine2"}
    first = (out / "pod1-leaf1" / "frr.conf").read_bytes()
    (out / "stale-device").mkdir()
    assert run(["render", "-C", str(region), "-d", str(out)]) == 0
    assert not (out / "stale-device").exists()
    assert (out / "pod1-leaf1" / "frr.conf").read_bytes() == first
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".out.")]


def test_render_writes_for_the_frr_that_is_asked_for(region: Path, tmp_path: Path) -> None:
    """A directory of one version is not taken for one of the other, though no device has changed."""
    out = tmp_path / "out"
    texts: list[str] = []
    for arguments in ([], ["--frr", "10"], ["--frr", "8.4"]):
        assert run(["render", "-C", str(region), "-d", str(out), *arguments]) == 0
        texts.append((out / "pod1-leaf1" / "frr.conf").read_text())
    assert "zebra work-queue" in texts[0]
    assert "zebra work-queue" not in texts[1]
    assert texts[2] == texts[0]


def test_render_does_not_replace_what_it_did_not_write(region: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    assert run(["render", "-C", str(region), "-d", str(precious)]) == 2
    assert (precious / "thesis.txt").read_text() == "years of work"


def test_trace_follows_every_branch_and_a_failure(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "web1", "10.1.2.11", "-C", str(region)]) == 0
    both = capsys.readouterr().out
    assert "pod1-spine1" in both
    assert "pod1-spine2" in both
    assert run(["trace", "web1", "db1", "--fail-device", "pod1-spine1", "-C", str(region)]) == 0
    assert "pod1-spine1" not in capsys.readouterr().out
    assert run(["trace", "web1", "10.9.9.9", "-C", str(region)]) == 1
    assert "dropped at pod1-leaf1" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["224.0.0.1", "255.255.255.255", "0.0.0.0", "ff02::1", "fe80::1", "::"])
def test_trace_refuses_what_routers_do_not_forward(
    region: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["trace", "web1", address, "-C", str(region)]) == 2
    assert "routers do not forward" in capsys.readouterr().err
    assert run(["trace", "web1", "10.1.1.1", "-C", str(region)]) == 0
    assert "deliver  own address 10.1.1.1" in capsys.readouterr().out


def test_trace_tells_the_reasons_in_every_format(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "web1", "db1", "-C", str(region)]) == 0
    text = capsys.readouterr().out
    assert "2 equal paths (maximum 64)" in text
    assert "VXLAN, L3VNI 5000: outer 10.255.0.1 to 10.255.0.2" in text
    assert max(map(len, text.splitlines())) <= 100
    capsys.readouterr()
    assert run(["trace", "web1", "db1", "-C", str(region), "-o", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["format_version"] == 1
    assert {step["action"] for step in document["steps"] if step["why"]["route"]} == {"route", "forward"}
    assert run(["trace", "web1", "db1", "-C", str(region), "-o", "yaml"]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == document
    assert run(["trace", "--brief", "web1", "db1", "-C", str(region)]) == 0
    assert "VXLAN" not in capsys.readouterr().out


def test_explain_tells_candidates_and_where_they_lost(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "10.1.2.0/24", "--vrf", "acme/prod", "--device", "pod1-leaf1", "-C", str(region)]) == 0
    text = capsys.readouterr().out
    assert "own route of pod1-leaf1" in text
    assert "lost at weight: 0, where #1 has 32768" in text
    assert max(map(len, text.splitlines())) <= 100
    assert run(["explain", "10.1.2.11", "-C", str(region), "-o", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["format_version"], document["route"]) == (1, "10.1.2.11")
    assert document["groups"][0]["explanation"]["candidates"]
    assert run(["explain", "5", "10.1.2.0/24", "--device", "pod1-spine1", "-C", str(region)]) == 0
    assert "imported into: nothing here" in capsys.readouterr().out


def test_explain_of_what_is_not_there_ends_with_1(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "198.51.100.0/24", "-C", str(region)]) == 1
    assert "nobody announces it" in capsys.readouterr().err
    gone = ["--fail-device", "pod1-leaf1", "--fail-device", "pod1-leaf2"]
    assert run(["explain", "10.1.2.0/24", *gone, "-C", str(region)]) == 1


def test_state_and_query_agree(region: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "sim"
    assert run(["state", "-C", str(region), "-d", str(target)]) == 0
    capsys.readouterr()
    sql = "select count(*) as n from bgp_sessions where not established"
    assert run(["query", "--state", str(target), "-o", "json", sql]) == 0
    assert json.loads(capsys.readouterr().out)["items"] == [{"n": 0}]
    assert run(["query", "--state", str(target), "selec"]) == 2
    assert run(["query", "--state", str(target), "copy (select 1) to '/tmp/x.csv'"]) == 2


def test_every_output_format_carries_the_same(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for topic in ("devices", "links", "servers", "vrfs", "segments", "numbers"):
        capsys.readouterr()
        assert run(["show", topic, "-C", str(region), "-o", "json"]) == 0
        as_json = json.loads(capsys.readouterr().out)
        assert run(["show", topic, "-C", str(region), "-o", "yaml"]) == 0
        assert yaml.safe_load(capsys.readouterr().out) == as_json
        assert as_json["items"], topic


@pytest.mark.parametrize(
    "arguments",
    [
        ["vaidate"],
        ["show", "nothing"],
        ["show", "device", "no-such"],
        ["trace", "nobody", "10.0.0.1"],
        ["trace", "web1", "not-an-address"],
        ["trace", "web1", "db1", "--fail-link", "no-such-link"],
        ["explain"],
        ["explain", "not-a-route"],
        ["explain", "10.1.2.0/24", "--device", "no-such-device"],
        ["explain", "10.1.2.0/24", "--vrf", "acme/none"],
        ["explain", "10.1.2.0/24", "--vrf", "acme/prod", "--device", "pod1-spine1"],
        ["explain", "02:0a:00:00:00:01", "--vrf", "acme/prod"],
        ["plan", "--parent", "no-such-revision"],
        ["render", "no-such-device"],
        ["query", "select * from nothing"],
        ["drill", "device-failure"],
        ["lab", "status", "--name", "no-such-lab"],
        ["lab", "status", "--name", "../../etc"],
        ["schema", "--print", "nothing"],
    ],
)
def test_a_wrong_argument_is_refused_with_exit_code_2(
    region: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    place = [] if arguments[0] in ("vaidate", "schema") else ["-C", str(region)]
    assert run([*arguments, *place]) == 2
    message = capsys.readouterr().err
    assert message.strip()
    assert "Traceback" not in message


def test_an_empty_directory_is_told_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "-C", str(tmp_path)]) == 2
    assert "xc init" in capsys.readouterr().err


def test_the_reader_that_goes_away_is_no_error(region: Path) -> None:
    command = f"{sys.executable} -m crossconnect.cli show numbers -C {region} | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.stdout.startswith("POOL")


def test_a_reader_that_has_seen_enough_of_the_json_does_not_make_it_a_failure() -> None:
    metro = Path(__file__).resolve().parents[3] / "examples" / "metro"
    command = f"{sys.executable} -m crossconnect.cli simulate --failures single -o json -C {metro} | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{\n", "")


def test_an_interface_address_is_told_its_prefix(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "-C", str(region), "10.1.1.5/24"]) == 2
    assert "; the prefix is 10.1.1.0/24\n" in capsys.readouterr().err
    assert run(["explain", "-C", str(region), "10.1.1.5/33"]) == 2
    assert capsys.readouterr().err.endswith("or EVPN route (RD TYPE KEY)\n")


def test_a_file_is_no_region(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "-C", str(region / "region.yaml")]) == 2
    said = capsys.readouterr().err
    assert "it is no directory" in said
    assert "xc init" not in said


def test_a_scheduler_that_does_not_answer_is_told_without_empty_lines(
    region: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(sweeping, "SCHEDULER_TIMEOUT_S", 1)
    arguments = ["simulate", "-C", str(region), "--no-check", "--failures", "racks"]
    assert run([*arguments, "--scheduler", "tcp://127.0.0.1:9"]) == 1
    said = capsys.readouterr().err
    assert "the Dask scheduler at tcp://127.0.0.1:9 does not answer" in said
    assert "because: \n" not in said


def test_no_colour_in_a_pipe_and_flags_come_from_the_environment(region: Path) -> None:
    environment = {**os.environ, "XC_REGION": str(region), "XC_OUTPUT": "json"}
    done = subprocess.run(
        [sys.executable, "-m", "crossconnect.cli", "validate"], capture_output=True, env=environment, check=False
    )
    assert done.returncode == 0
    assert b"\x1b" not in done.stdout + done.stderr
    assert json.loads(done.stdout)["valid"] is True


def test_help_of_every_command_is_there() -> None:
    from crossconnect.cli.main import COMMANDS, help_text

    for name in COMMANDS:
        assert run([name, "--help"]) == 0
        assert name in help_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ["init", "/proc/region"],
        ["render", "-d", "/proc/out"],
        ["render", "-d", "region.yaml/out"],
        ["schema", "-d", "/proc/schemas"],
        ["schema", "-d", "region.yaml"],
    ],
    ids=" ".join,
)
def test_a_place_that_cannot_be_written_is_one_line_and_exit_code_1(
    region: Path, arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(region)
    capsys.readouterr()
    assert run(arguments) == 1
    assert capsys.readouterr().err.startswith("xc: ")


def test_a_region_is_rendered_neither_into_its_own_working_directory_nor_through_a_link(
    region: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    assert run(["render", "-C", str(region), "-d", str(tmp_path / "link")]) == 2
    monkeypatch.chdir(tmp_path / "empty")
    assert run(["render", "-C", str(region), "-d", "."]) == 2
    assert list((tmp_path / "empty").iterdir()) == []
    assert (tmp_path / "link").is_symlink()


def test_init_refuses_a_name_that_no_region_can_have(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "My Region")]) == 2
    assert "--name" in capsys.readouterr().err
    assert not (tmp_path / "My Region").exists()
    assert run(["init", str(tmp_path / "My Region"), "--name", "mine"]) == 0
    assert f"next: xc validate -C '{tmp_path / 'My Region'}'" in capsys.readouterr().err


@pytest.mark.parametrize("special", ["pipe", "device"])
def test_a_lock_that_never_ends_is_not_read(region: Path, special: str, capsys: pytest.CaptureFixture[str]) -> None:
    lock = region / "region.lock"
    lock.unlink()
    if special == "pipe":
        os.mkfifo(lock)
    else:
        lock.symlink_to("/dev/zero")
    assert run(["validate", "-C", str(region)]) == 2
    assert "region.lock is not a regular file" in capsys.readouterr().err


def test_a_destination_with_a_zone_is_refused(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "-C", str(region), "web1", "fe80::1%eth0"]) == 2
    assert "zone" in capsys.readouterr().err


def test_a_segment_that_the_source_is_not_in_is_named(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "-C", str(region), "web1", "db1", "--segment", "nope"]) == 2
    assert "'web1' is in no segment 'nope'; it is in acme/prod/web" in capsys.readouterr().err


def test_a_lab_does_not_wait_for_less_than_nothing(region: Path) -> None:
    assert run(["lab", "up", "-C", str(region), "--timeout", "-1"]) == 2


def test_what_a_file_holds_can_neither_command_a_terminal_nor_flood_it(
    region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    intent = region / "tenancy" / "acme.yaml"
    text = intent.read_text()
    intent.write_text(text.replace("name: acme", r'name: "\e[2Jacme\x9b\u202e"', 1))
    assert run(["validate", "-C", str(region)]) == 2
    shown = capsys.readouterr().err
    assert r"\x1b[2Jacme\x9b\u202e" in shown
    assert not set("\x1b\x9b\u202e") & set(shown)
    intent.write_text(text.replace("name: acme", "name: " + "x" * 1_000_000, 1))
    assert run(["validate", "-C", str(region)]) == 2
    assert len(capsys.readouterr().err) < 20_000


def test_mistakes_elsewhere_do_not_make_leaves_of_the_lock_unknown(
    region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Input: a device refines a leaf whose name follows from the lock alone, and an address elsewhere is malformed.
    Output: the address."""
    pod, tenancy = region / "fabric" / "pod1.yaml", region / "tenancy" / "acme.yaml"
    text = pod.read_text()
    with_third = text.replace("    racks:\n", f"    racks:\n{RACK3}")
    pod.write_text(with_third)
    assert run(["lock", "-C", str(region)]) == 0
    first = text[text.index("      - name: pod1-rack1\n") : text.index("      - name: pod1-rack2\n")]
    pod.write_text(with_third.replace(first, "") + "devices:\n  - {name: pod1-leaf3, drained: true}\n")
    assert run(["validate", "-C", str(region)]) == 0
    tenancy.write_text(tenancy.read_text().replace("10.1.1.1/24", "10.1.1.300/24"))
    capsys.readouterr()
    assert run(["validate", "-C", str(region)]) == 2
    said = capsys.readouterr().err
    assert "10.1.1.300" in said
    assert "pod1-leaf3" not in said
