"""The script of `docs/how-to/ci` that asks a forge who has approved.

Input: a small HTTP server that answers as the documentation of each forge's API has it (no forge was met), with reviews
by the author, on an older commit, taken back, by a stranger, and good ones. Output: the good ones alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "how-to" / "ci" / "forge_approvals.py"
HEAD, OLDER, MERGED = "a" * 40, "b" * 40, "c" * 40
REVIEWERS = "# login, email\nBob bob@example.net\n" + "".join(
    f"{n} {n}@example.net\n" for n in ("carol", "alice", "dan")
)


class Forge:
    """What it answers, by path; an empty list for further pages."""

    def __init__(self, answers: dict[str, object]) -> None:
        self.answers, self.tokens = answers, set[str]()
        forge = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, _, query = self.path.partition("?")
                forge.tokens.add(self.headers.get("Authorization", ""))
                answer = forge.answers.get(path)
                if isinstance(answer, list) and "page=1" not in query.split("&"):
                    answer = []
                self.send_response(404 if answer is None else 200)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def forge() -> Iterator[Forge]:
    made = Forge({})
    yield made
    made.server.shutdown()
    made.server.server_close()


def asked(forge: Forge, kind: str, directory: Path, repository: str = "net/region") -> subprocess.CompletedProcess[str]:
    (directory / "reviewers").write_text(REVIEWERS)
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), kind, str(directory / "reviewers"), HEAD],
        env={"FORGE_API": forge.url, "FORGE_REPOSITORY": repository, "FORGE_TOKEN": "secret", "FORGE_COMMIT": MERGED},
        capture_output=True,
        text=True,
        check=False,
    )


def review(number: int, who: str, state: str, commit: str = HEAD, **more: object) -> dict[str, object]:
    moment = f"2026-11-28T12:00:{number:02}Z"
    url = f"https://forge.example.net/review/{number}"
    return {
        "id": number,
        "user": {"login": who},
        "state": state,
        "commit_id": commit,
        "submitted_at": moment,
        "html_url": url,
        **more,
    }


def request(**more: object) -> dict[str, object]:
    return {"number": 7, "user": {"login": "alice"}, "head": {"sha": HEAD}, **more}


COMMITS = [{"author": {"login": "alice"}, "committer": {"login": "web-flow"}}, {"author": {"login": "dan"}}, {}]


def test_github(forge: Forge, tmp_path: Path) -> None:
    """Alice has opened it, Dan has written a commit, Bob's second word is the good one, Carol has taken hers back."""
    pull = "/repos/net/region/pulls/7"
    forge.answers = {
        f"/repos/net/region/commits/{MERGED}/pulls": [request(merged_at="2026-11-28T13:00:00Z")],
        f"{pull}/commits": COMMITS,
        f"{pull}/reviews": [
            review(1, "bob", "CHANGES_REQUESTED", OLDER),
            review(2, "carol", "APPROVED"),
            review(3, "bob", "APPROVED"),
            review(4, "carol", "CHANGES_REQUESTED"),
            review(5, "alice", "APPROVED"),
            review(6, "dan", "APPROVED"),
            review(7, "mallory", "APPROVED"),
            review(8, "bob", "COMMENTED"),
        ],
    }
    done = asked(forge, "github", tmp_path)
    assert done.stdout == "bob@example.net https://forge.example.net/review/3\n", done.stderr
    assert forge.tokens == {"Bearer secret"}


def test_what_was_approved_before_the_last_commit_does_not_count(forge: Forge, tmp_path: Path) -> None:
    pull = "/repos/net/region/pulls/7"
    forge.answers = {
        f"/repos/net/region/commits/{MERGED}/pull": request(merged=True),
        f"{pull}/commits": COMMITS,
        f"{pull}/reviews": [
            review(1, "bob", "APPROVED", OLDER, stale=True),
            review(2, "carol", "APPROVED", stale=False, dismissed=False),
        ],
    }
    done = asked(forge, "gitea", tmp_path)
    assert done.stdout == "carol@example.net https://forge.example.net/review/2\n", done.stderr


def test_gitlab(forge: Forge, tmp_path: Path) -> None:
    """Bob approved before the last push, Carol after it; a comment that says so is no note of the forge."""
    path = "/projects/42/merge_requests/7"
    said = "approved this merge request"
    forge.answers = {
        f"/projects/42/repository/commits/{MERGED}/merge_requests": [
            {"iid": 7, "state": "merged", "author": {"username": "alice"}, "web_url": "https://forge.example.net/mr/7"}
        ],
        f"{path}/versions": [
            {"id": 2, "head_commit_sha": HEAD, "created_at": "2026-11-28T12:10:00.000Z"},
            {"id": 1, "head_commit_sha": OLDER, "created_at": "2026-11-28T12:00:00.000Z"},
        ],
        f"{path}/approvals": {"approved_by": [{"user": {"username": who}} for who in ("bob", "carol", "alice", "dan")]},
        f"{path}/notes": [
            note("bob", said, "2026-11-28T12:05:00.000Z"),
            note("carol", said, "2026-11-28T12:15:00.000Z"),
            note("alice", said, "2026-11-28T12:15:00.000Z"),
            note("dan", said, "2026-11-28T12:15:00.000Z", system=False),
        ],
    }
    done = asked(forge, "gitlab", tmp_path, "42")
    assert done.stdout == "carol@example.net https://forge.example.net/mr/7\n", done.stderr


def note(who: str, body: str, moment: str, system: bool = True) -> dict[str, object]:
    return {"author": {"username": who}, "body": body, "created_at": moment, "system": system}


@pytest.mark.parametrize("kind", ["github", "gitlab", "gitea"])
def test_nothing_is_approved_where_the_forge_does_not_say(forge: Forge, tmp_path: Path, kind: str) -> None:
    done = asked(forge, kind, tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "does not say who has approved" in done.stderr


def test_a_request_with_another_head_is_not_this_one(forge: Forge, tmp_path: Path) -> None:
    other = request(head={"sha": OLDER}, merged_at="2026-11-28T13:00:00Z")
    forge.answers = {f"/repos/net/region/commits/{MERGED}/pulls": [other]}
    done = asked(forge, "github", tmp_path)
    assert done.returncode == 1
    assert "knows no merged request" in done.stderr
