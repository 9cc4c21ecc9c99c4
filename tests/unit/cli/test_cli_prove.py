"""`xc prove` as a user meets it: what it says, how it ends, and one clear message for what it cannot read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from crossconnect.checks import proof
from crossconnect.cli.group import run

METRO = Path(__file__).resolve().parents[3] / "examples" / "metro"


@pytest.fixture
def metro(tmp_path: Path) -> Path:
    """A copy of the example."""
    return Path(shutil.copytree(METRO, tmp_path / "metro"))


def proved(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(["prove", "-C", str(METRO), *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_promises_of_the_example_are_proven(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = proved(capsys)
    assert code == 0
    assert out.count("proven  ") == 9
    assert "metro: 9 proven" in err


def test_words_may_come_with_and_without_quotes_and_several_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    text = "acme/dev cannot reach acme/prod"
    assert proved(capsys, text)[:2] == proved(capsys, *text.split())[:2]
    code, out, _ = proved(capsys, text, "acme/dev can reach acme/prod")
    assert code == 1
    assert [line for line in out.splitlines() if not line.startswith(" ")] == [
        "proven  acme/dev cannot reach acme/prod",
        "FALSE  acme/dev can reach acme/prod",
    ]


def test_json_has_the_counter_example_with_its_way(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = proved(capsys, "-o", "json", "acme/dev can reach acme/prod")
    assert code == 1
    document = json.loads(out)
    (result,) = document["proofs"]
    assert (document["format_version"], result["status"], result["situations"]) == (1, "false", 1)
    assert result["counter_example"]["trace"]["steps"][-1]["action"] == "drop"


def test_what_cannot_be_tested_is_not_success(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = proved(capsys, "192.0.2.0/24 can reach internet")
    assert code == 1
    assert out.startswith("NOT TESTABLE  ")
    assert "both ends are outside the region" in out


def test_a_declared_situation_is_where_it_starts(capsys: pytest.CaptureFixture[str]) -> None:
    text = "role leaf reaches role border-leaf with width 2"
    assert proved(capsys, text)[0] == 0
    code, out, _ = proved(capsys, text, "--fail-device", "n1-spine1")
    assert code == 1
    assert "with device n1-spine1 failed:" in out
    assert proved(capsys, text, "--survives", "1", "--of", "links")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tenant acme can raech internet"], "column 17: `raech` is not expected here"),
        (["acme/prod", "can", "reach"], "column 20: the end of the text"),
        (["tenant acmee can reach internet"], "tenant `acmee`, which is not defined (Did you mean `acme`?)"),
        (["role leaf can reach acme/prod"], "of kind reachable cannot have role `leaf` as its source"),
        (["acme/prod never leaks to acme/prod"], "out of acme/prod itself"),
        (["acme/dev cannot reach acme/prod", "--of", "cards", "--survives", "1"], "'cards' is nothing that fails"),
        (["acme/dev cannot reach acme/prod", "--of", "links"], "add --survives 1"),
        (["acme/dev cannot reach acme/prod", "--fail-device", "n9"], "no device 'n9'"),
        (["acme/dev cannot reach acme/prod", "--survives", "3"], "--survives"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    code, out, err = proved(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_too_much_is_refused_with_the_estimate_and_what_would_fit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "SITUATIONS_MAX", 200)
    code, out, err = proved(capsys, "acme/dev cannot reach acme/prod surviving 2 failures")
    assert (code, out) == (2, "")
    assert "has 1,597 situations (56 elements, up to 2 at once); at most 200" in err
    assert "--of devices (106 situations)" in err
    monkeypatch.setattr(proof, "PACKETS_MAX", 10)
    code, _, err = proved(capsys, "acme/dev cannot reach acme/prod surviving 1 device")
    assert code == 2
    assert "packets would have to be followed, at most 10" in err


def test_no_promises_and_no_text_is_nothing_to_prove(metro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (metro / "checks" / "promises.yaml").unlink()
    capsys.readouterr()
    assert run(["prove", "-C", str(metro)]) == 0
    assert "nothing to prove" in capsys.readouterr().err


def test_a_policy_in_a_pull_request_breaks_a_promise(metro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Host routes were kept in by `le 24`."""
    (metro / "checks" / "promises.yaml").write_text(
        "promises:\n  - {name: hosts, source: 10.10.1.11, destination: internet, kind: not-announced}\n"
    )
    assert run(["prove", "-C", str(metro)]) == 0
    transit = metro / "edge" / "transit.yaml"
    transit.write_text(transit.read_text().replace("10.10.0.0/16 le 24", "10.10.0.0/16 le 32"))
    capsys.readouterr()
    assert run(["prove", "-C", str(metro)]) == 1
    out = capsys.readouterr().out
    assert "announces 10.10.1.11/32" in out
    assert "edge/transit.yaml:26:9: policies/acme-to-transit/statements/own-prefixes" in out
