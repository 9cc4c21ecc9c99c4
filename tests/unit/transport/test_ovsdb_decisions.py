"""What a session decides, without sockets: whom to stay with, when to try again, whose answer is whose."""

from __future__ import annotations

import asyncio
import json

import pytest

from crossconnect.errors import BadInput, Retryable
from crossconnect.transport.ovsdb import (
    Backoff,
    NotConnected,
    NotOwner,
    Options,
    OutcomeUnknown,
    ProtocolError,
    Refused,
    Remote,
    Session,
    TransactionError,
    Uuid,
    parse_remotes,
)
from crossconnect.transport.ovsdb.answers import results
from crossconnect.transport.ovsdb.codec import Decoder, Message
from crossconnect.transport.ovsdb.dialogue import Dialogue
from crossconnect.transport.ovsdb.leadership import Seen, look, objection
from crossconnect.transport.ovsdb.types import Row, Value


def test_remotes() -> None:
    assert parse_remotes("unix:/run/nb.sock, tcp:10.0.0.1:6641,ssl:[2001:db8::1]:6641") == (
        Remote(path="/run/nb.sock"),
        Remote(host="10.0.0.1", port=6641),
        Remote(host="2001:db8::1", port=6641, tls=True),
    )
    assert [str(remote) for remote in parse_remotes("ssl:[2001:db8::1]:1,tcp:nb:2,unix:x")] == [
        "ssl:[2001:db8::1]:1",
        "tcp:nb:2",
        "unix:x",
    ]


@pytest.mark.parametrize("text", ["", "unix:", "tcp:host", "tcp:h:0", "tcp:h:65536", "ptcp:1:h", "ssl:2001:db8::1:1"])
def test_what_is_no_remote(text: str) -> None:
    with pytest.raises(BadInput, match="is not unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT"):
        parse_remotes(text)


def test_the_pause_doubles_with_each_round_of_all_remotes_up_to_its_limit() -> None:
    backoff = Backoff(first_s=0.1, max_s=1.0)
    pauses = [backoff.pause_s(attempts, 3, 0.999999) for attempts in range(1, 19)]
    assert [round(pause, 3) for pause in pauses if pause] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert [bool(pause) for pause in pauses[:6]] == [False, False, True, False, False, True]
    assert backoff.pause_s(3, 3, 0.0) == 0.05
    assert backoff.pause_s(10_000, 1, 0.5) == 0.75


def server(**columns: Value) -> Row:
    row: dict[str, Value] = {"name": "db", "model": "clustered", "connected": True, "leader": True, "schema": "s"}
    return {**row, "cid": "c1", "index": 10, **columns}


@pytest.mark.parametrize(
    ("row", "leader", "expected"),
    [
        (server(), True, ""),
        (None, True, "it does not have the database"),
        (server(connected=False), False, "it has lost its cluster"),
        (server(leader=False), True, "it is not the cluster's leader"),
        (server(leader=False), False, ""),
        (server(index=4), False, "it is behind what was seen of the cluster before"),
        (server(index=4, cid="c2"), False, ""),
        (server(schema="other"), True, "its schema has changed"),
        (server(model="standalone", leader=False, cid=None, index=None), True, ""),
        (server(model="relay", leader=False, connected=False), False, "it has lost its cluster"),
    ],
)
def test_whom_to_stay_with(row: Row | None, leader: bool, expected: str) -> None:
    assert objection(row, leader=leader, schema="s", seen=Seen("c1", 5)) == expected


def test_a_cluster_is_seen_to_go_forward_only() -> None:
    assert look(server(), Seen()) == Seen("c1", 10)
    assert look(server(index=7), Seen("c1", 9)) == Seen("c1", 9)
    assert look(server(index=7, cid="c2"), Seen("c1", 9)) == Seen("c2", 7)
    assert look(server(index=None), Seen("c1", 9)) == Seen("c1", 9)
    assert look(None, Seen("c1", 9)) == Seen("c1", 9)


class Conversation:
    """A dialogue with what it sent and what it was told."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.dialogue = Dialogue(self.sent, lambda message: self.events.append(("notified", message.method)))

    def sent(self, data: bytes) -> None:
        [message] = Decoder().feed(data)
        self.events.append(("sent", message.method or json.loads(bytes(message.result))))

    def ask(self, method: str) -> int:
        def answered(message: Message | None) -> None:
            self.events.append((method, None if message is None else json.loads(bytes(message.result))))

        return self.dialogue.request(method, [], answered)


def test_answers_come_in_any_order_between_notifications_and_echoes() -> None:
    talk = Conversation()
    first, second = talk.ask("one"), talk.ask("two")
    talk.dialogue.receive(
        b'{"id":%d,"result":"b","error":null}{"id":null,"method":"update","params":[]}' % second
        + b'{"id":"x","method":"echo","params":["hello"]}{"id":%d,"result":"a","error":null}' % first
    )
    assert talk.events == [
        ("sent", "one"),
        ("sent", "two"),
        ("two", "b"),
        ("notified", "update"),
        ("sent", ["hello"]),
        ("one", "a"),
    ]
    assert talk.dialogue.outstanding == 0


def test_what_is_not_answered_is_told_at_the_end_once() -> None:
    talk = Conversation()
    number = talk.ask("one")
    talk.dialogue.end()
    talk.dialogue.end()
    talk.dialogue.receive(b'{"id":%d,"result":"late","error":null}' % number)
    assert talk.events == [("sent", "one"), ("one", None)]


def answer(text: str) -> Message:
    [message] = Decoder().feed(text.encode())
    return message


def test_results_of_a_transaction() -> None:
    [first, second] = results(answer('{"id":1,"result":[{"uuid":["uuid","u1"]},{"count":2}],"error":null}'), 2)
    assert (first.inserted, second.count) == (Uuid("u1"), 2)
    with pytest.raises(NotOwner) as caught:
        results(answer('{"id":1,"result":[{"error":"not owner","details":"d"},null],"error":null}'), 2)
    assert (caught.value.operation, str(caught.value)) == (0, "operation 0: not owner: d")
    with pytest.raises(TransactionError) as caught:
        results(answer('{"id":1,"result":[{},{},{"error":"referential integrity violation"}],"error":null}'), 2)
    assert caught.value.operation == 2
    with pytest.raises(Refused, match="unknown database"):
        results(answer('{"id":1,"result":null,"error":{"error":"unknown database","details":"x"}}'), 2)
    with pytest.raises(ProtocolError):
        results(answer('{"id":1,"result":[{}],"error":null}'), 2)
    with pytest.raises(ProtocolError):
        results(answer('{"id":1,"result":{"a":1},"error":null}'), 2)


def test_a_row_with_a_column_called_error_is_no_error() -> None:
    [result] = results(answer('{"id":1,"result":[{"rows":[{"error":"some text"}]}],"error":null}'), 1)
    assert result.rows == [{"error": "some text"}]


def test_an_unknown_outcome_is_not_for_blind_repetition() -> None:
    assert not issubclass(OutcomeUnknown, Retryable)


class PatientClock:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.time_s = 0.0
        self.slept: list[float] = []

    def now_s(self) -> float:
        return self.time_s

    async def sleep(self, seconds: float) -> None:
        self.time_s += seconds
        self.slept.append(seconds)
        await asyncio.sleep(0)


def test_a_session_without_a_server_tries_again_ever_more_slowly() -> None:
    async def main() -> list[float]:
        clock = PatientClock()
        options = Options(backoff=Backoff(0.1, 1.0))
        remotes = "unix:/nowhere/a,unix:/nowhere/b"
        async with Session(remotes, "db", options, clock=clock, chance=lambda: 0.0) as session:
            while len(clock.slept) < 6:
                await asyncio.sleep(0)
            with pytest.raises(NotConnected, match=r"no connection within 0 s: unix:/nowhere/. *: .*No such file"):
                await session.connected(0)
        return clock.slept[:6]

    assert asyncio.run(main()) == [0.05, 0.1, 0.2, 0.4, 0.5, 0.5]
