"""The git command line, in one place: a region's files as they were at a revision."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from crossconnect.errors import BadInput

TIMEOUT_S = 60


def _git(directory: Path, *arguments: str, stdin: bytes | None = None) -> bytes:
    """Run git in `directory`. Raises BadInput with git's own words when it refuses."""
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *arguments], input=stdin, capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except FileNotFoundError as error:
        raise BadInput("git is not installed") from error
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise BadInput(f"git {arguments[0]} failed in {directory}" + (f": {words[-1]}" if words else ""))
    return done.stdout


def is_tracked(directory: Path) -> bool:
    """Whether `directory` lies in a git work tree that has at least one commit."""
    try:
        _git(directory, "rev-parse", "--verify", "--quiet", "HEAD")
    except BadInput:
        return False
    return True


def commit_of(directory: Path, revision: str) -> str:
    """Full commit id of a revision. Raises BadInput when git does not know it."""
    try:
        return _git(directory, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip()
    except BadInput as error:
        # Asked quietly, git says something of itself only where something else is wrong than the revision.
        cause = error if ": " in str(error) or error.__cause__ else None
        raise BadInput(f"git knows no revision '{revision}' in {directory}") from cause


def has_commit(directory: Path, commit: str) -> bool:
    """Whether `directory` is in a git work tree that has a commit."""
    return bool(_told(directory, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}"))


def branches_now(directory: Path) -> tuple[tuple[str, str], ...]:
    """Where the network's files stand now, as (name, full commit id): HEAD; the branch that it tracks; the main branch
    of each repository that it was cloned from. The latter as they were last fetched: nobody is asked over the network.
    Each commit once. Raises BadInput where there is no HEAD."""
    found = {commit_of(directory, "HEAD"): "HEAD"}
    names = [_told(directory, "rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}")]
    heads = _told(directory, "for-each-ref", "--format=%(symref)", "refs/remotes/*/HEAD")
    names += [name.removeprefix("refs/remotes/") for name in heads.splitlines()]
    for name in filter(None, names):
        if commit := _told(directory, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"):
            found.setdefault(commit, name)
    return tuple((name, commit) for commit, name in found.items())


def _told(directory: Path, *arguments: str) -> str:
    """What git says; nothing where it has no answer."""
    try:
        return _git(directory, *arguments).decode("utf-8", "surrogateescape").strip()
    except BadInput:
        return ""


def is_ancestor(directory: Path, old: str, new: str) -> bool:
    """Whether everything of revision `old` is in revision `new` as well. BadInput where the history is cut off before
    that can be told."""
    _refuse_cut_off(directory, old, new)
    try:
        common = _git(directory, "merge-base", "--all", old, new).decode().split()
    except BadInput as error:
        if ": " in str(error):
            raise
        return False  # it says nothing where the two have nothing in common
    return common == [commit_of(directory, old)]


def _refuse_cut_off(directory: Path, old: str, new: str) -> None:
    """BadInput when of the commits that `new` has and `old` has not some are missing here: the clone is shallow."""
    path = Path(_git(directory, "rev-parse", "--path-format=absolute", "--git-path", "shallow").decode().strip())
    if not path.exists():
        return
    known = _git(directory, "rev-list", f"{old}..{new}" if old else new).decode().split()
    if not set(path.read_text().split()).isdisjoint(known):
        raise BadInput(
            f"the history in {directory} is cut off (a shallow clone), so nobody can tell what came after "
            f"{old or 'its beginning'} and who has written it: `git fetch --unshallow`, or `fetch-depth: 0` in CI"
        )


def path_in_repository(directory: Path) -> str:
    """Where `directory` is below the top of its work tree: `networks/north/`, or empty for the top itself."""
    return _git(directory, "rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").strip()


def edited_files(directory: Path) -> tuple[str, ...]:
    """Files under `directory` that are not as the last commit has them, or not in it; relative to `directory`."""
    prefix = _git(directory, "rev-parse", "--show-prefix").decode().strip()
    # Without renames, each entry is `XY path`; paths are relative to the top of the work tree.
    text = _git(directory, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", ".")
    entries = text.decode("utf-8", "surrogateescape").split("\0")
    return tuple(entry[3:].removeprefix(prefix) for entry in entries if entry)


def authors_between(directory: Path, old: str, new: str) -> tuple[str, ...]:
    """E-mail addresses of whoever has written something under `directory` after `old`, up to `new`, also together with
    somebody else (`Co-authored-by`); with `old` empty, ever. BadInput where the history is cut off before."""
    _refuse_cut_off(directory, old, new)
    span = f"{old}..{new}" if old else new
    form = "--format=<%ae>%n%(trailers:key=Co-authored-by,valueonly)"
    text = _git(directory, "log", form, span, "--", ".").decode("utf-8", "replace")
    return tuple(sorted({address.casefold() for address in re.findall(r"<([^<>\s]+)>", text)}))


def own_address(directory: Path) -> str:
    """The e-mail address that git would put into a commit; empty where it has none."""
    try:
        return _git(directory, "config", "user.email").decode("utf-8", "replace").strip()
    except BadInput:
        return ""


def files_at(directory: Path, revision: str) -> dict[str, bytes]:
    """Contents of all files under `directory` at a revision, by path relative to `directory`.

    Raises BadInput when the revision is unknown or the directory is in no repository.
    """
    commit = commit_of(directory, revision)
    prefix = _git(directory, "rev-parse", "--show-prefix").decode().strip()
    listing = _git(directory, "ls-tree", "-r", "-z", "--full-tree", commit, "--", prefix or ".")
    entries: list[tuple[str, str]] = []
    for entry in listing.decode("utf-8", "surrogateescape").split("\0"):
        if not entry:
            continue
        meta, path = entry.split("\t", 1)
        if meta.split()[1] == "blob":
            entries.append((meta.split()[2], path.removeprefix(prefix)))
    batch = _git(directory, "cat-file", "--batch", stdin="".join(f"{oid}\n" for oid, _ in entries).encode())
    contents: dict[str, bytes] = {}
    position = 0
    for _, path in entries:
        end = batch.index(b"\n", position)
        size = int(batch[position:end].split()[2])
        contents[path] = batch[end + 1 : end + 1 + size]
        position = end + 1 + size + 1
    return contents
