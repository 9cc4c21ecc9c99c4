"""Who has approved a merged change, by the forge's own records: one line `EMAIL URL` each, for `xc approve`.

    python3 forge_approvals.py github|gitlab|gitea REVIEWERS HEAD

Kept on the runner that applies, beside REVIEWERS, and not in the repository: whoever writes a change must not write who
may approve it. REVIEWERS has a line `LOGIN EMAIL` for each person; who is not in it is not heard. HEAD is the commit
that was reviewed, the last one of the pull or merge request.

An approval counts that is the last word of its author, is about HEAD, and is by nobody who has opened the request or,
where the forge knows them, written one of its commits. The plan's own rule (approvals are not by authors) comes on top.

Environment: FORGE_API (`https://api.github.com`, `https://gitlab.example.net/api/v4`, `https://git.example.net/api/v1`),
FORGE_REPOSITORY (`owner/name`; GitLab: the project's number), FORGE_TOKEN (read only), FORGE_COMMIT (the merged one).
Exit code 1 where the forge does not answer, or knows no request of FORGE_COMMIT with that HEAD: nothing is approved then.
"""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

PAGE = 100
PAGES_MAX = 50
TIMEOUT_S = 20


def get(path, query=""):
    """An object of the API."""
    request = urllib.request.Request(f"{os.environ['FORGE_API'].rstrip('/')}{path}{query}")
    token = os.environ.get("FORGE_TOKEN", "")
    if token:
        # GitLab takes a bearer's token as well; Gitea and GitHub take both words.
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        return json.load(answer)


def listed(path):
    """All of a list of the API, oldest first or as the forge has it. Not a part of it: an approval that was taken back
    may be on the last page."""
    found = []
    for page in range(1, PAGES_MAX + 1):
        part = get(path, f"?per_page={PAGE}&limit={PAGE}&page={page}")
        found += part
        if not part:
            return found
    raise SystemExit(f"{path} has more than {PAGES_MAX} pages")


def login(person):
    """A person's name on the forge; empty where there is none."""
    return ((person or {}).get("login") or (person or {}).get("username") or "").casefold()


def of_reviews(head, path, request):
    """GitHub and Gitea keep each review with its commit. Comments are no last word."""
    writers = {login(request["user"])}
    for commit in listed(f"{path}/commits"):
        writers |= {login(commit.get("author")), login(commit.get("committer"))}
    last = {}
    for review in sorted(listed(f"{path}/reviews"), key=lambda r: (r.get("submitted_at") or "", r["id"])):
        if review["state"] in ("APPROVED", "CHANGES_REQUESTED", "REQUEST_CHANGES", "DISMISSED"):
            last[login(review["user"])] = review
    for who, review in sorted(last.items()):
        well = review["state"] == "APPROVED" and not review.get("dismissed") and not review.get("stale")
        if well and review["commit_id"] == head and who not in writers:
            yield who, review["html_url"]


def of_github(head):
    """The merged commit's pull requests, of which one has this head."""
    path = f"/repos/{os.environ['FORGE_REPOSITORY']}"
    for one in listed(f"{path}/commits/{os.environ['FORGE_COMMIT']}/pulls"):
        if one["head"]["sha"] == head and one.get("merged_at"):
            return of_reviews(head, f"{path}/pulls/{one['number']}", one)
    return None


def of_gitea(head):
    """The merged commit's pull request."""
    path = f"/repos/{os.environ['FORGE_REPOSITORY']}"
    one = get(f"{path}/commits/{os.environ['FORGE_COMMIT']}/pull")
    if one["head"]["sha"] == head and one.get("merged"):
        return of_reviews(head, f"{path}/pulls/{one['number']}", one)
    return None


def of_gitlab(head):
    """Approvals name no commit: those count that were given after HEAD had been pushed, by the forge's own notes."""
    project = f"/projects/{urllib.parse.quote(os.environ['FORGE_REPOSITORY'], safe='')}"
    for one in listed(f"{project}/repository/commits/{os.environ['FORGE_COMMIT']}/merge_requests"):
        path = f"{project}/merge_requests/{one['iid']}"
        versions = sorted(listed(f"{path}/versions"), key=lambda v: v["id"])
        if one["state"] == "merged" and versions and versions[-1]["head_commit_sha"] == head:
            return _given_after(versions[-1]["created_at"], path, one)
    return None


def _given_after(pushed, path, request):
    approving = {login(each["user"]) for each in get(f"{path}/approvals")["approved_by"]} - {login(request["author"])}
    given = {}
    for note in listed(f"{path}/notes"):
        if note["system"] and note["body"].startswith("approved this merge request"):
            given[login(note["author"])] = max(note["created_at"], given.get(login(note["author"]), ""))
    for who in sorted(approving):
        if given.get(who, "") > pushed:
            yield who, request["web_url"]


def main():
    """See above."""
    forge, reviewers, head = sys.argv[1:]
    with open(reviewers, encoding="utf-8") as file:
        lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    emails = {name.casefold(): email for name, email in lines}
    try:
        approving = {"github": of_github, "gitlab": of_gitlab, "gitea": of_gitea}[forge](head)
        if approving is None:
            raise SystemExit(f"{forge} knows no merged request of {os.environ['FORGE_COMMIT']} with the head {head}")
        found = [(emails[who], url) for who, url in approving if who in emails]
    except (urllib.error.URLError, TimeoutError, KeyError, ValueError) as error:
        raise SystemExit(f"{forge} does not say who has approved: {type(error).__name__}: {error}") from error
    for email, url in found:
        print(email, url)


if __name__ == "__main__":
    main()
