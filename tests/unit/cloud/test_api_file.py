"""`cloud/api.yaml` with mistakes in it: each is told with its place or field, before anything is served."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossconnect.cli.group import run
from crossconnect.cloud.api.settings import ApiFile, limit_of, read_settings, refuse_unusable
from crossconnect.cloud.registry import KINDS
from crossconnect.errors import BadInput


def written(root: Path, text: str) -> Path:
    """A region's directory with this file."""
    (root / "cloud").mkdir(exist_ok=True)
    (root / "cloud" / "api.yaml").write_text(text)
    return root


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("brust: 1\n", "1:1", "`brust` is not a field"),
        ('requests_per_second: "20"\n', "1:22", "a number is expected"),
        ("quotas: {vpc: many, subnet: 3}\n", "1:15", "quotas/vpc: a whole number is expected"),
        ("quotas: [1]\n", "1:1", "a mapping is expected"),
        ("issuers: [{issuer: x}]\n", "1:11", "`audience` is missing"),
        ("zones: north\n", "1:8", "a list is expected"),
        ("burst: [1\n", "1:8", "is not closed"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, text: str, place: str, words: str) -> None:
    file, findings = read_settings(written(tmp_path, text))
    assert file is None
    assert any(str(f.place) == f"cloud/api.yaml:{place}" and words in f.message for f in findings), findings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("public_prefixes: [10.0.0.0/33]\n", "public_prefixes"),
        ("public_prefixes: [203.0.113.1/24]\n", "is no IPv4 prefix"),
        ('public_prefixes: ["2001:db8::/32"]\n', "is no IPv4 prefix"),
        ("public_prefixes: [203.0.113.0/24, 203.0.113.128/25]\n", "overlaps another one"),
        ("quotas: {vpcs: 3}\n", "'vpcs' is no kind"),
        ("quotas: {vpc: -1}\n", "a quota is between"),
        ("zones: [a, a]\n", "is there twice"),
        ('zones: [""]\n', "a zone has a name"),
    ],
)
def test_what_tenants_would_fail_by_later_is_refused_at_once(tmp_path: Path, text: str, words: str) -> None:
    file, findings = read_settings(written(tmp_path, text))
    assert file is not None
    assert not findings
    with pytest.raises(BadInput, match=words):
        refuse_unusable(file, KINDS)


@pytest.mark.parametrize("text", ["requests_per_second: .nan\n", "requests_per_second: .inf\n", "burst: 0\n"])
def test_a_rate_is_a_number(tmp_path: Path, text: str) -> None:
    file, _ = read_settings(written(tmp_path, text))
    assert file is not None
    with pytest.raises(BadInput):
        limit_of(file)


def test_what_is_usual_is_usable() -> None:
    refuse_unusable(ApiFile(), KINDS)
    refuse_unusable(ApiFile(public_prefixes=("203.0.113.0/24",), zones=("a", "b"), quotas={"vpc": 3}), KINDS)
    refuse_unusable(ApiFile(quotas={"rules_per_security_group": 5}), KINDS)


def test_a_database_needs_its_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Input: a file of SQLite in a directory that is not there. Output: said at the start, exit code 2."""
    root = written(tmp_path, "zones: [a]\n")
    capsys.readouterr()
    assert run(["serve", "-C", str(root), "--listen", "127.0.0.1:0", "--database", str(tmp_path / "no" / "db")]) == 2
    assert f"there is no directory {tmp_path / 'no'}" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()
