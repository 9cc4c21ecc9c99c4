"""Arista's eAPI: `runCmds`, configuration sessions and their commit timer. Pure.

Facts: Arista's eAPI guide (runCmds, error 1002 with `data` of the commands up to the failed one); napalm #2166 for the
two forms of `show configuration sessions detail`: up to EOS 4.31 a session's state is `pendingCommitTimer` and
`commitBy` is its end, from 4.32 `commitTimerSessionName` and `commitTimerExpireTime` stand beside the sessions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from crossconnect.nos.document import Value
from crossconnect.nos.lines import Tree
from crossconnect.transport.https import jsonrpc
from crossconnect.transport.https.errors import CommandRefused, NotUnderstood
from crossconnect.transport.https.redaction import secrets_of_lines, without

PATH = "/command-api"
COMMANDS_MAX = 50_000
"""Of one call: a whole configuration with one command a line is a tenth of it."""
TIMER_MAX_S = 24 * 3600 - 1
"""`commit timer` has hours, minutes and seconds of one day."""


class Typed(msgspec.Struct, frozen=True):
    """A command that asks for more, and what it is given (`input`): a banner and its text."""

    command: str
    given: str


Command = str | Typed


class Sessions(msgspec.Struct, frozen=True, kw_only=True):
    """What `show configuration sessions detail` says."""

    timer: str
    """The session that waits for its confirmation; empty for none."""
    ends: float | None
    """When it is taken back, as the device says it: seconds since it started, or since 1970; None where it does not."""
    open: tuple[str, ...]
    """Sessions that are not committed, in which somebody may be working."""
    open_max: int | None
    """How many may be."""
    saves: bool
    """Whether every commit is saved as the start-up configuration at once."""


def request(commands: Sequence[Command], *, text: bool = False) -> bytes:
    """Run commands one after the other; the first that fails ends it."""
    assert len(commands) <= COMMANDS_MAX, len(commands)
    params: Value = {
        "version": 1,
        "cmds": [c if isinstance(c, str) else {"cmd": c.command, "input": c.given} for c in commands],
        "format": "text" if text else "json",
    }
    return jsonrpc.encoded(jsonrpc.request("runCmds", params))


def results(octets: bytes, commands: Sequence[Command], operation: str) -> Sequence[Value]:
    """One result for each command. CommandRefused says which one failed, and why, without secrets."""
    answer = jsonrpc.answer_of(octets)
    if isinstance(answer, jsonrpc.Success):
        found = jsonrpc.items(answer.result, "the result")
        if len(found) != len(commands):
            raise NotUnderstood(f"{operation}: {len(found)} results of {len(commands)} commands")
        return found
    data = answer.data if isinstance(answer.data, list) else []
    errors = [str(e) for d in data[-1:] if isinstance(d, dict) for e in _list(d.get("errors"))]
    words = [text_of(command) for command in commands]
    said = "; ".join(errors) or answer.message
    number = len(data)
    line = words[number - 1] if 0 < number <= len(words) else ""
    secrets = secrets_of_lines(words)
    which = f" `{without(line, secrets)}`" if line else ""
    raise CommandRefused(f"{operation}: command {number}{which} is refused ({answer.code}): {without(said, secrets)}")


def text_of(command: Command) -> str:
    """A command's own words."""
    return command if isinstance(command, str) else command.command


def output(result: Value) -> str:
    """What a command wrote, where text was asked for."""
    return str(jsonrpc.members(result, "a text result").get("output", ""))


def sessions(result: Value) -> Sessions:
    """The answer to `show configuration sessions detail`, in both of its forms."""
    found = jsonrpc.members(result, "show configuration sessions detail")
    each = {
        name: jsonrpc.members(one, name) for name, one in jsonrpc.members(found.get("sessions"), "sessions").items()
    }
    timer, ends = str(found.get("commitTimerSessionName") or ""), found.get("commitTimerExpireTime")
    for name, one in each.items():
        if one.get("state") == "pendingCommitTimer":
            timer, ends = name, one.get("commitBy")
    most = found.get("maxOpenSessions")
    return Sessions(
        timer=timer,
        ends=float(ends) if isinstance(ends, (int, float)) and ends > 0 else None,
        open=tuple(sorted(name for name, one in each.items() if one.get("state") == "pending")),
        open_max=most if isinstance(most, int) else None,
        saves=found.get("saveToStartupConfigOnCommit") is True,
    )


def timer_left(found: Sessions, version: Value) -> float | None:
    """Seconds until the commit timer's end, with the answer to `show version`. Its end is counted from the start of the
    device by some releases (napalm compares it with `uptime`), from 1970 in answers of others (napalm #2166): whichever
    of both makes sense for a timer is taken. None where neither does."""
    said = jsonrpc.members(version, "show version")
    uptime, boot = said.get("uptime"), said.get("bootupTimestamp")
    if found.ends is None or not isinstance(uptime, (int, float)):
        return None
    now = [float(uptime), *([boot + uptime] if isinstance(boot, (int, float)) else [])]
    left = [found.ends - moment for moment in now]
    return min((one for one in left if 0 < one <= TIMER_MAX_S), default=None)


def clock(seconds: int) -> str:
    """`HH:MM:SS` of a commit timer. ValueError beyond a day."""
    if not 1 <= seconds <= TIMER_MAX_S:
        raise ValueError(f"a commit timer of {seconds} s: 1 to {TIMER_MAX_S} are possible")
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def commands_of(tree: Tree) -> Iterator[Command]:
    """A tree as commands of a session: `exit` behind each block, so that no line is read in the wrong mode; a text that
    is no configuration (a banner) goes with the command that asks for it."""
    for item in tree:
        if isinstance(item, str):
            yield item
        elif item.exit != "exit":
            yield Typed(item.header, "\n".join([*(str(line) for line in item.body), item.exit]))
        else:
            yield item.header
            yield from commands_of(item.body)
            yield "exit"


_HUNK = re.compile(r"@@ .*@@|(?:---|\+\+\+) (?:system|session):\S*|\s*")


def changed_lines(diff: str) -> tuple[str, ...]:
    """Lines of `show session-config diffs` that come or go, with their sign; none where the session is what runs."""
    return tuple(
        f"{line[0]}{line[1:].strip()}"
        for line in diff.splitlines()
        if line[:1] in ("+", "-") and not _HUNK.fullmatch(line.rstrip()) and line[1:].strip() not in ("", "!", "exit")
    )


def first_of(lines: Iterable[str]) -> str:
    """The first line that differs, and how many more do, without secrets."""
    every = tuple(lines)
    more = f" and {len(every) - 1} more" if every[1:] else ""
    return f"`{without(every[0], secrets_of_lines(every))}`{more}"


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []
