"""The changes and the audit record of the typed client, in their order, for as long as one reads on."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator

import msgspec

from crossconnect.cloud.api.records import AuditItem, CommitItem, StatesItem
from crossconnect.cloud.client.transport import RETRIED, ApiProblem, Transport
from crossconnect.errors import Unreachable

PAUSE_MAX_S = 30.0
"""Between two attempts to reach an API that is away."""
ATTEMPTS_MAX = 5
"""Failed ones in a row, after which the reader is told. It goes on from `position`."""


class Changes:
    """What happens, as it happens: commits, and what becomes of them. An iterator that does not end; a connection that
    ends is made again, from where it ended, so that no commit is missed and none comes twice.

    A commit's resources are realised later. `StatesItem.realised` says how far that is, and which of them have become
    available or have failed; the first one of each connection, where things stand and all that fails.
    """

    def __init__(self, transport: Transport, after: int, sleep: Callable[[float], None] = time.sleep) -> None:
        """Made by `Client.changes`."""
        self._transport = transport
        self._sleep = sleep
        self.position = after
        """Number of the last commit up to which all has been read. What is given to `Client.changes` to go on from
        there, later, or in another process."""
        self._events = self._read()

    def __iter__(self) -> Iterator[CommitItem | StatesItem]:
        return self

    def __next__(self) -> CommitItem | StatesItem:
        return next(self._events)

    def close(self) -> None:
        """End the connection."""
        self._events.close()

    def _read(self) -> Generator[CommitItem | StatesItem, None, None]:
        failures = 0
        while True:
            try:
                for event in self._transport.events("/v1/changes", {}, str(self.position)):
                    failures = 0
                    if event.name == "state":
                        yield msgspec.json.decode(event.data, type=StatesItem)
                        continue
                    if event.name == "change":
                        commit = msgspec.json.decode(event.data, type=CommitItem)
                        self.position = commit.number
                        yield commit
                    elif event.id:
                        self.position = int(event.id)
            except (Unreachable, ApiProblem) as error:
                failures += 1
                if failures >= ATTEMPTS_MAX or (isinstance(error, ApiProblem) and error.details.status not in RETRIED):
                    raise
            self._sleep(min(0.5 * 2**failures, PAUSE_MAX_S))


def audit(transport: Transport, after: int, page: int) -> Iterator[AuditItem]:
    """Lines of the audit record behind a number, up to the last there is."""
    while True:
        got = transport.send("GET", "/v1/audit", {"after": after, "limit": page}).json()
        yield from (msgspec.convert(item, AuditItem) for item in got["items"])
        after = got["last"]
        if len(got["items"]) < page:
            return
