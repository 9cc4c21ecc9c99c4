"""Junos' own requests (http://xml.juniper.net/netconf/junos/1.0), and what its answers mean. Pure.

Sources: Juniper's "Junos XML Management Protocol Developer Guide" and "NETCONF XML Management Protocol Developer
Guide" (`load-configuration`, `commit-configuration`, `get-configuration` with `compare`, `get-commit-information`).
"""

from __future__ import annotations

import re
from typing import Literal
from xml.etree.ElementTree import Element

import msgspec

from crossconnect.transport.netconf.xml import element, text_of

CAPABILITY = "http://xml.juniper.net/netconf/junos/1.0"

_CONFIRMED = re.compile(r"commit confirmed, rollback in (\d+)\s*min")
_SECRET = re.compile(r'"?\$(?:8|9)\$[^\s";]+"?')
_VERSION = re.compile(r"[-+]\s*version \S+;")


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmed commit whose timer runs."""

    log: str
    """All that the history says of it: ours has the change's name in it."""
    seconds_left: int
    """By the device's own clock."""


def load(action: Literal["set", "override"], text: str) -> Element:
    """Into the candidate: `set` and `delete` lines, or a whole configuration in place of what is there."""
    inner = element("configuration-set" if action == "set" else "configuration-text", text=text)
    return element("load-configuration", inner, action=action, format="text")


def load_rollback(number: int) -> Element:
    """Into the candidate: what ran so many commits ago; 0 is what runs."""
    return element("load-configuration", rollback=str(number))


def check() -> Element:
    """Would the candidate be taken? Never while a confirmed commit is pending: a check confirms it."""
    return element("commit-configuration", element("check"))


def commit(name: str) -> Element:
    """For good; confirms what is pending."""
    return element("commit-configuration", element("log", text=name))


def minutes(seconds: int) -> int:
    """The timer's length. RFC 6241's `commit` with seconds is taken back at once by releases that count in minutes
    (ncclient #238, netconf-perl #7); the protocol of Junos' own has minutes since ever."""
    return max(1, -(-seconds // 60))


def commit_confirmed(seconds: int, name: str) -> Element:
    """For a time, whatever becomes of the session."""
    timeout = element("confirm-timeout", text=str(minutes(seconds)))
    return element("commit-configuration", element("confirmed"), timeout, element("log", text=name))


def compare() -> Element:
    """What the candidate has otherwise than what runs."""
    return element("get-configuration", compare="rollback", rollback="0", format="text")


def history() -> Element:
    """The last commits, newest first."""
    return element("get-commit-information")


def uptime() -> Element:
    """Among others the device's clock."""
    return element("get-system-uptime-information")


def command(text: str) -> Element:
    """A command of operational mode; of `| display json` only that is meant."""
    said, _, pipe = text.partition(" | display ")
    return element("command", text=said, format=pipe or "text")


def differences(reply: Element) -> tuple[str, ...]:
    """The lines that differ of an answer to `compare`, each after where it stands.

    Lines that differ only in a secret's encryption are left out, since that has a new salt each time; so a secret that
    was changed by hand is not seen. `version` is not configuration.
    """
    place = ""
    lines: list[str] = []
    for line in text_of(reply, "configuration-output").splitlines():
        if line.startswith("[edit"):
            place = line.strip("[]").removeprefix("edit").strip()
        elif line[:1] in "+-" and line[1:].strip() and not _VERSION.match(line):
            words = " ".join(line[1:].split())
            lines.append(f"{line[0]} {f'{place} ' if place else ''}{words}")
    masked = [_SECRET.sub("SECRET", line) for line in lines]
    secret = {line[2:] for line, was in zip(masked, lines, strict=True) if line != was}
    both = {s for s in secret if f"+ {s}" in masked and f"- {s}" in masked}
    return tuple(line for line, hidden in zip(lines, masked, strict=True) if hidden[2:] not in both)


def pending(commits: Element, clock: Element) -> Pending | None:
    """From the answers to `history` and `uptime`. The newest entry keeps its words when its time is over and when it
    was confirmed by a check, so the time counts too."""
    newest = next(commits.iter("commit-history"), None)
    if newest is None:
        return None
    said = " ".join("".join(newest.itertext()).split())
    confirmed = _CONFIRMED.search(said)
    if confirmed is None:
        return None
    then = _seconds(newest.find("date-time"))
    now = _seconds(next((t for c in clock.iter("current-time") for t in c.iter("date-time")), None))
    left = int(confirmed[1]) * 60
    if then is not None and now is not None:
        left -= now - then
    return Pending(log=said, seconds_left=left) if left > 0 else None


def _seconds(found: Element | None) -> int | None:
    value = "" if found is None else found.get("seconds", "")
    return int(value) if value.isascii() and value.isdigit() else None
