"""Expected traffic: which links it loads, what a failure and a change do to them, and files that cannot be read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from crossconnect.cli.group import run
from transit_region import git

METRO = Path(__file__).resolve().parents[3] / "examples" / "metro"
SPEED = 'platforms:\n  - {name: generic-64, ports: ["swp[1-64]"], port_gbps: 10}\n'


@pytest.fixture
def metro(tmp_path: Path) -> Path:
    """A copy of the example whose ports are of 10 Gb/s."""
    root = Path(shutil.copytree(METRO, tmp_path / "metro"))
    with (root / "region.yaml").open("a") as file:
        file.write(SPEED)
    return root


def expect(root: Path, *demands: tuple[str, str, int]) -> None:
    lines = [f"  - {{source: {s}, destination: {d}, mbps: {m}}}\n" for s, d, m in demands]
    (root / "tenancy" / "traffic.yaml").write_text("traffic:\n" + "".join(lines))


def simulated(capsys: pytest.CaptureFixture[str], root: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = run(["simulate", "-C", str(root), "-o", "json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def load(found: dict[str, Any], link: str, device: str) -> float:
    (row,) = [row for row in found["loads"] if (row["link"], row["device"]) == (link, device)]
    return row["mbps"]


def test_traffic_is_shared_by_the_ways_that_it_has(metro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expect(metro, ("acme-web1", "acme-db1", 4000))
    code, found = simulated(capsys, metro)
    assert code == 0
    assert load(found, "server:acme-web1#1", "acme-web1") == pytest.approx(4000)
    assert load(found, "n1-leaf1--n1-spine1", "n1-leaf1") == pytest.approx(2000)
    assert load(found, "n1-leaf3--n1-spine2", "n1-spine2") == pytest.approx(2000)
    assert {row["capacity_mbps"] for row in found["loads"]} == {10_000}
    assert all(row["tenants"] == ["acme"] for row in found["loads"])


def test_a_failure_that_overloads_the_way_that_is_left(metro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # 12 Gb/s to three servers on the same leaf: 6 on each of its uplinks, and 12 when one of them is gone.
    servers = ("acme-db1", "acme-dev1", "globex-stock2")
    sources = ("acme-web1", "acme-dev2", "globex-shop1")
    expect(metro, *((source, server, 4000) for source, server in zip(sources, servers, strict=True)))
    code, found = simulated(capsys, metro, "--failures", "links", "--no-check")
    assert code == 0
    overloads = [f for f in found["findings"] if f["code"] == "checks.effect-overload"]
    assert {f["place"]["path"] for f in overloads} == {"links/n1-leaf3--n1-spine1", "links/n1-leaf3--n1-spine2"}
    assert "12.0 Gb/s (120 %) from n1-spine2 (before: 6.0 Gb/s (60 %)), of acme, globex" in overloads[-1]["message"]
    capsys.readouterr()
    run(["simulate", "-C", str(metro), "--failures", "links", "--no-check"])
    assert "1 link each over capacity, up to 120 % (acme, globex)" in capsys.readouterr().out


def test_busy_and_overloaded_links_and_those_of_unknown_speed(metro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expect(metro, ("acme-web1", "acme-db1", 9000), ("globex-shop1", "globex-stock2", 11_000))
    code, found = simulated(capsys, metro)
    assert code == 1
    codes = {(f["code"], f["place"]["path"]) for f in found["findings"] if f["code"].startswith("checks.link-")}
    assert ("checks.link-busy", "links/server:acme-db1#1") in codes
    assert ("checks.link-overloaded", "links/server:globex-stock2#1") in codes
    (metro / "region.yaml").write_text((METRO / "region.yaml").read_text())
    code, found = simulated(capsys, metro)
    (note,) = [f for f in found["findings"] if f["code"].startswith("checks.link-")]
    assert (code, note["code"], note["severity"]) == (0, "checks.link-capacity-unknown", "note")


def test_traffic_that_does_not_arrive(metro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expect(metro, ("acme-dev1", "globex-shop1", 100))
    _, found = simulated(capsys, metro)
    (lost,) = [f for f in found["findings"] if f["code"] == "checks.traffic-lost"]
    assert "100 of 100 Mb/s from acme-dev1 to globex-shop1 do not arrive: n1-leaf3: no route" in lost["message"]
    assert (lost["place"]["file"], lost["place"]["line"]) == ("tenancy/traffic.yaml", 2)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_measured_traffic_comes_from_a_file(
    suffix: str, metro: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"measured.{suffix}"
    if suffix == "csv":
        file.write_text("mbps,source,destination,why\n2500.4,acme-web1,acme-db1,backup\n")
    else:
        table = {"source": ["acme-web1"], "destination": ["acme-db1"], "mbps": [2500.4]}
        pyarrow.parquet.write_table(pa.table(table), file)
    _, found = simulated(capsys, metro, "--traffic", str(file))
    assert load(found, "server:acme-db1#1", "n1-leaf3") == pytest.approx(2500.4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source,destination\na,b\n", "has no column mbps; it needs source, destination, mbps"),
        ("source,destination,mbps\nacme-web1,acme-bd1,3\n", ":2: destination: the region has no "),
        ("source,destination,mbps\nacme-web1,acme-db1,fast\n", ":2: mbps: `fast` is not a number"),
        ("source,destination,mbps\nacme-web1,acme-db1,-1\n", ":2: mbps: -1 is not from 0"),
        ("source,destination,mbps\nACME,acme-db1,1\n", ":2: source: "),
        ("source,destination,mbps\nacme-web1,acme-db1,1,000\n", ":2: 4 fields below 3 columns; a field with a comma"),
        ("source,destination,mbps,mbps\nacme-web1,acme-db1,1,2\n", "has the column mbps twice"),
        ("source;destination;mbps\nacme-web1;acme-db1;1\n", "separated by commas, and has source;destination;mbps"),
        ("", "separated by commas, and is empty"),
        ('source,destination,mbps\n"acme-web1,acme-db1,1\n', "is no CSV: unexpected end of data"),
        ("source,destination,mbps\n", "has no traffic: there is no line below source, destination, mbps"),
    ],
)
def test_a_file_that_is_no_traffic(text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "measured.csv"
    file.write_text(text)
    assert run(["simulate", "-C", str(METRO), "--traffic", str(file)]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_small_flows_add_up_and_a_byte_order_mark_is_no_column(
    metro: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "measured.csv"
    file.write_text("\ufeffsource,destination,mbps\n" + "acme-web1,acme-db1,0.3\n" * 1000, encoding="utf-8")
    _, found = simulated(capsys, metro, "--traffic", str(file))
    assert load(found, "server:acme-db1#1", "n1-leaf3") == pytest.approx(300)


def test_a_prefix_is_the_servers_in_it(metro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not its gateway, which would answer on the leaf of the source, and not nothing."""
    expect(metro, ("10.10.1.11/32", "10.10.2.0/24", 1000), ("10.10.1.11/32", "0.0.0.0/0", 300))
    _, found = simulated(capsys, metro)
    assert load(found, "server:acme-db1#1", "n1-leaf3") == pytest.approx(500)
    assert load(found, "server:acme-db2#1", "s1-leaf2") == pytest.approx(500)
    assert load(found, "peer:transit1--n1-border1#1", "n1-border1") == pytest.approx(150)


def test_the_same_prefix_of_another_tenant_is_another_one(metro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for file in ("tenancy/globex.yaml", "fabric/north.yaml", "fabric/south.yaml"):
        path = metro / file
        path.write_text(path.read_text().replace("10.21.1.", "10.10.2."))  # globex/dmz beside acme/prod/db
    expect(metro, ("acme-web1", "10.10.2.0/24", 1000))
    _, found = simulated(capsys, metro)
    assert load(found, "server:acme-db1#1", "n1-leaf3") == pytest.approx(500)
    assert [f for f in found["findings"] if f["code"] == "checks.traffic-lost"] == []


def test_traffic_that_nobody_would_send_is_told_where_it_is_written(
    metro: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expect(metro, ("acme-web1", "acme-db1", 5))
    file = tmp_path / "measured.csv"
    file.write_text(
        "source,destination,mbps\nacme-dev1,globex-shop1,7\n\ninternet,internet,9\n198.51.100.0/24,acme,2\n"
    )
    _, found = simulated(capsys, metro, "--traffic", str(file))
    lost = {f["place"]["line"]: f for f in found["findings"] if f["code"] == "checks.traffic-lost"}
    assert {f["place"]["file"] for f in lost.values()} == {str(file)}
    assert "7 of 7 Mb/s from acme-dev1" in lost[2]["message"]
    assert "none of 9 Mb/s from internet to internet is counted: no server" in lost[4]["message"]
    assert "198.51.100.0/24 has no server, and is no external router" in lost[5]["message"]


def test_what_is_sent_arrives_or_is_told_as_lost(metro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Into every switch comes what goes out of it, under every failure of a link; servers get what servers send."""
    expect(metro, ("acme/prod", "acme/prod", 700), ("globex/prod/shop", "globex/prod/stock", 310))
    for failed in ((), ("--fail-link", "n1-leaf1--n1-spine1"), ("--fail-device", "n1-spine2")):
        _, found = simulated(capsys, metro, *failed, "--no-check")
        assert [f for f in found["findings"] if f["code"] == "checks.traffic-lost"] == []
        if failed:
            gone = failed[1]
            assert [r for r in found["loads"] if gone in (r["link"], *r["link"].split("--"))] == []
        into: dict[str, float] = {}
        out: dict[str, float] = {}
        for row in found["loads"]:
            ends = row["link"].removeprefix("server:").split("#")[0].split("--")
            if len(ends) == 1:  # the leaf is not in the name of a server's cable
                into_server = row["device"] != ends[0]
                into["servers" if into_server else "leaves"] = (
                    into.get("servers" if into_server else "leaves", 0.0) + row["mbps"]
                )
                continue
            other = ends[1] if row["device"] == ends[0] else ends[0]
            out[row["device"]] = out.get(row["device"], 0.0) + row["mbps"]
            into[other] = into.get(other, 0.0) + row["mbps"]
        assert into["servers"] == pytest.approx(1010)
        assert into["leaves"] == pytest.approx(1010)
        for device in ("n1-spine1", "n1-spine2", "s1-spine1", "s1-spine2", "core-north1", "core-south1"):
            assert into.get(device, 0.0) == pytest.approx(out.get(device, 0.0)), device


def test_a_device_is_no_file_of_traffic(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "-C", str(METRO), "--traffic", "/dev/zero"]) == 2
    assert "/dev/zero cannot be read: it is a device, and no file" in capsys.readouterr().err


def test_a_plan_tells_which_links_a_change_fills(metro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expect(metro, ("acme-web1", "acme-db1", 5000))
    run(["lock", "-C", str(metro)])
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "before"]):
        git(metro, *arguments)
    expect(metro, ("acme-web1", "acme-db1", 9000))
    capsys.readouterr()
    run(["plan", "-C", str(metro), "--no-check"])
    out = capsys.readouterr().out
    assert "links that expected traffic fills:" in out
    assert "server:acme-db1#1 from n1-leaf3: 50 % -> 90 % of its capacity (acme)" in out
