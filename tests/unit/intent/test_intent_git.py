"""Input: repositories of Git. Output: who has written what came after a revision, and what is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from crossconnect.errors import BadInput
from crossconnect.intent.git import authors_between, is_ancestor


def git(directory: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(directory), *arguments], check=True, capture_output=True)


def commit(directory: Path, who: str) -> None:
    (directory / who).write_text(who)
    git(directory, "add", "-A")
    git(directory, "-c", f"user.name={who}", "-c", f"user.email={who}@example.net", "commit", "-qm", who)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """`main` with one commit; `change` two further, by others; `apart` has nothing in common with them."""
    directory = tmp_path / "origin"
    directory.mkdir()
    git(directory, "init", "-q", "-b", "main")
    commit(directory, "ann")
    git(directory, "checkout", "-qb", "change")
    commit(directory, "bob")
    commit(directory, "carl")
    git(directory, "checkout", "-q", "--orphan", "apart")
    commit(directory, "dora")
    git(directory, "checkout", "-q", "change")
    return directory


def test_revisions_and_their_authors(origin: Path) -> None:
    assert authors_between(origin, "main", "change") == ("bob@example.net", "carl@example.net")
    assert is_ancestor(origin, "main", "change")
    assert not is_ancestor(origin, "change", "main")
    assert not is_ancestor(origin, "main", "apart"), "nothing in common is no error"


def test_a_history_that_is_cut_off_is_no_smaller_one(origin: Path, tmp_path: Path) -> None:
    """Input: clones with the last commit alone of both branches, with two, and with all. Output: refused as long as an
    author could be missing, who could then approve what is his own."""
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-single-branch", f"file://{origin}", str(clone))
    for _ in range(2):
        for old in ("origin/main", ""):
            with pytest.raises(BadInput, match=r"cut off .*--unshallow"):
                authors_between(clone, old, "HEAD")
        with pytest.raises(BadInput, match="cut off"):
            is_ancestor(clone, "origin/main", "HEAD")
        git(clone, "fetch", "-q", "--depth", "2", "origin")
    git(clone, "fetch", "-q", "--unshallow", "origin")
    assert authors_between(clone, "origin/main", "HEAD") == ("bob@example.net", "carl@example.net")
    assert is_ancestor(clone, "origin/main", "HEAD")
