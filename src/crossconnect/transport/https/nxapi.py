"""Cisco's NX-API by JSON-RPC (`cli`, `cli_ascii`), the scheduler and checkpoints. Pure.

Facts: NX-OS Programmability Guide, "NX-API CLI"; napalm #1461 (a refused command is answered with status 500 and error
-32602, whose `data.msg` has the reason); System Management Guide, "Scheduler" and "Rollback": at most ten checkpoints,
a job runs with the rights of who made it, one-time schedules begin at a minute of the device's own clock.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence

import msgspec

from crossconnect.nos.document import Value
from crossconnect.nos.lines import Tree, header_of
from crossconnect.transport.https import jsonrpc
from crossconnect.transport.https.errors import CommandRefused, NotUnderstood
from crossconnect.transport.https.redaction import secrets_of_lines, without

PATH = "/ins"
CONTENT = "application/json-rpc"
CHECKPOINTS_MAX = 10
COMMANDS_MAX = 20_000
"""Of one call."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time or periodic run of jobs."""

    name: str
    once_at: datetime.datetime | None
    """When it runs, by the device's own clock; None for a periodic one."""
    waits: bool
    """Whether it has yet to run for the first time."""
    jobs: tuple[str, ...]


def request(commands: Sequence[str], *, text: bool = False) -> bytes:
    """Run commands in one session, one after the other; the first that fails ends it."""
    assert 0 < len(commands) <= COMMANDS_MAX, len(commands)
    method = "cli_ascii" if text else "cli"
    batch: list[Value] = []
    for number, command in enumerate(commands, 1):
        one = jsonrpc.request(method, {"cmd": command, "version": 1}, number)
        batch.append(one if text else {**one, "rollback": "stop-on-error"})
    return jsonrpc.encoded(batch if len(batch) > 1 else batch[0])


def results(octets: bytes, commands: Sequence[str], operation: str) -> Sequence[Value]:
    """One result for each command. CommandRefused says which one failed, and why, without secrets."""
    answers = jsonrpc.answers_of(octets, len(commands))
    found: list[Value] = []
    for number, answer in enumerate(answers, 1):
        if isinstance(answer, jsonrpc.Failure):
            raise CommandRefused(
                _refusal(answer, number if answers[1:] or not commands[1:] else 0, commands, operation)
            )
        found.append(answer.result)
    if len(found) != len(commands):
        raise NotUnderstood(f"{operation}: {len(found)} results of {len(commands)} commands")
    return found


def _refusal(failure: jsonrpc.Failure, number: int, commands: Sequence[str], operation: str) -> str:
    secrets = secrets_of_lines(commands)
    data = failure.data
    words = str(data["msg"]) if isinstance(data, dict) and "msg" in data else failure.message
    which = f"command {number} `{without(commands[number - 1], secrets)}`" if number else "a command"
    return f"{operation}: {which} is refused ({failure.code}): {without(words, secrets)}"


def output(result: Value) -> str:
    """What a command of `cli_ascii` wrote."""
    return str(jsonrpc.members(result, "a text result").get("msg", ""))


def body(result: Value) -> Value:
    """What a `show` command of `cli` answers; an empty object where it has nothing to say."""
    return {} if result is None else jsonrpc.members(result, "a result").get("body", {})


# --- time and schedules ---

_CLOCK = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.\d+)? \S+ \w{3} (\w{3}) +(\d{1,2}) (\d{4})")
_DATE = "%b %d %H:%M:%S %Y"


def clock(text: str) -> datetime.datetime:
    """The device's own time, from `show clock`. NotUnderstood where there is none in it."""
    match = _CLOCK.search(text)
    if match is None:
        raise NotUnderstood("`show clock` has no time")
    hour, minute, second, month, day, year = match.groups()
    return datetime.datetime.strptime(f"{month} {day} {hour}:{minute}:{second} {year}", _DATE)


def minute_after(now: datetime.datetime, seconds: int) -> datetime.datetime:
    """The first whole minute that is `seconds` from now or later: schedules begin at minutes."""
    then = now + datetime.timedelta(seconds=seconds)
    return then if not then.second and not then.microsecond else _next_minute(then)


def _next_minute(then: datetime.datetime) -> datetime.datetime:
    return then.replace(second=0, microsecond=0) + datetime.timedelta(minutes=1)


def guard(name: str, at: datetime.datetime) -> tuple[str, ...]:
    """Commands of configuration mode that make the device go back to the checkpoint `name` at a minute."""
    return (
        f"scheduler job name {name}",
        f"rollback running-config checkpoint {name} atomic",
        "exit",
        f"scheduler schedule name {name}",
        f"job name {name}",
        f"time start {at:%Y:%m:%d:%H:%M}",
        "exit",
    )


_NAME = re.compile(r"Schedule Name\s*: (\S+)")
_ONCE = re.compile(r"Schedule Type\s*: Run once on \w{3} (\w{3}) +(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})")
_LAST = re.compile(r"Last Execution Time\s*: (.*)")


def schedules(text: str) -> tuple[Schedule, ...]:
    """What `show scheduler schedule` lists."""
    found: list[Schedule] = []
    for part in re.split(r"(?=Schedule Name\s*:)", text):
        name = _NAME.search(part)
        if name is None:
            continue
        once = _ONCE.search(part)
        last = _LAST.search(part)
        at = f"{once[1]} {once[2]} {once[3]} {once[4]}" if once else ""
        table = part.rpartition("Last Execution Status")[2]
        found.append(
            Schedule(
                name=name[1],
                once_at=datetime.datetime.strptime(at, _DATE) if at else None,
                waits=last is None or "yet to be executed" in last[1].lower(),
                jobs=tuple(line.split()[0] for line in table.splitlines() if line.strip(" -=")),
            )
        )
    return tuple(found)


_CHECKPOINT = re.compile(r"^\s*\d+\)\s*(\S+?):\s*$", re.MULTILINE)


def checkpoints(text: str) -> tuple[str, ...]:
    """Names in `show checkpoint summary`: users' ones, the system's own left out, which do not count."""
    return tuple(_CHECKPOINT.findall(text.partition("System Checkpoint Summary")[0]))


def commands_of(tree: Tree) -> Iterator[str]:
    """A tree as commands of configuration mode: `exit` behind each block, so that no line is read in the wrong mode."""
    for item in tree:
        yield header_of(item)
        if not isinstance(item, str):
            yield from commands_of(item.body)
            yield "exit"
