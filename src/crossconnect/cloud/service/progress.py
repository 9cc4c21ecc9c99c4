"""What this process knows of commits and of what is realised without asking the database: its writer made the commits,
and its realiser says how far the northbound database is.

    writer --> commits --> Progress --> who follows all commits
    realiser --> number --> Progress --> who waits, and readers

Of other processes it knows nothing: where a number is missing, the database is asked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice

from crossconnect.cloud.store.records import Commit

CHANGES_MAX = 2_000
"""Changes that are kept. Who is further behind reads them from the database."""


class Progress:
    """Lives in one event loop; `realised` is read by threads, too."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self.realised = -1
        """Up to which number all is realised, as this process's realiser says; -1 where it has said nothing."""
        self.failures: Mapping[str, str] = {}
        """What it says that cannot be realised, by id."""
        self._commits: deque[Commit] = deque()
        self._changes = 0
        self._last = -1

    def say(self, number: int, failures: Mapping[str, str]) -> None:
        """What the realiser says; failures are in the database already."""
        self.failures = failures
        self.realised = number

    def is_realised(self, id: str, number: int) -> bool:
        """Whether a resource's change is realised, and has not failed, as far as is known here."""
        return self.realised >= number and id not in self.failures

    def committed(self, start: int, commits: Sequence[Commit]) -> None:
        """This process has committed these, all there are behind the number `start`."""
        if not commits:
            return
        if start != self._last:  # another process was in between, or this is the beginning
            self._commits.clear()
            self._changes = 0
        self._commits.extend(commits)
        self._changes += sum(len(commit.changes) for commit in commits)
        self._last = commits[-1].number
        while self._changes > CHANGES_MAX:
            self._changes -= len(self._commits.popleft().changes)

    def after(self, number: int, limit: int) -> tuple[Commit, ...]:
        """Commits behind a number, about `limit` changes; none where the database has to be asked."""
        if not self._commits or not self._commits[0].number - 1 <= number < self._last:
            return ()
        found: list[Commit] = []
        # Numbers have no holes, and who follows is close to the end.
        for commit in reversed(list(islice(reversed(self._commits), self._last - number))):
            if limit <= 0:
                break
            found.append(commit)
            limit -= len(commit.changes)
        return tuple(found)
