"""NX-OS's running configuration beside the one that is meant. Pure.

NX-OS has no candidate and compares with checkpoints only, so trees are compared here. What it shows of its own accord
is passed over unless it is meant; what it hashes is taken for equal where all but the hash is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crossconnect.nos.lines import Block, Entry, Tree, entry, header_of
from crossconnect.transport.https.redaction import HIDDEN

_OWN = re.compile(
    r"version \S.*|copp profile .*|rmon event .*|boot nxos .*|no password strength-check|feature (scheduler|nxapi)"
    r"|nxapi .*|vdc \S+ id \d+|line (console|vty)|icam monitor scale|power redundancy-mode .*"
    r"|interface (Ethernet|mgmt)\S+"
)
"""Lines without anything below them, and blocks, that a Nexus 9000 shows though nobody has configured them. An
interface is passed over only where it has no lines."""
_HASHED = re.compile(
    r"\b(password|secret|key|auth (?:md5|sha\S*)|priv (?:aes-128|des))"
    r"( [0-9])? (\"[^\"]*\"|\S+)((?: localizedkey(?:V2)?)?)"
)


def aligned(running: Tree, wanted: Tree, guards: tuple[str, ...] = ()) -> Tree:
    """The running tree as it has to be compared: lines that differ from wanted ones in a hash are the wanted ones, and
    what the device shows of its own accord, or we have put there (`guards`: names of schedules), is left out."""
    kept = [item for item in running if not _passed_over(item, wanted, guards)]
    return tuple(_merged(item, wanted) for item in kept)


def _passed_over(item: Entry, wanted: Tree, guards: tuple[str, ...]) -> bool:
    header = header_of(item)
    if any(header in (f"scheduler job name {name}", f"scheduler schedule name {name}") for name in guards):
        return True
    if header.startswith("interface ") and isinstance(item, Block):
        return False
    return _OWN.fullmatch(header) is not None and header not in {header_of(other) for other in wanted}


def _merged(item: Entry, wanted: Tree) -> Entry:
    """One entry, hashes replaced by what is wanted in their place."""
    header = header_of(item)
    meant = next((o for o in wanted if header_of(o) == header), None)
    if meant is None:
        meant = next((o for o in wanted if masked(header_of(o)) == masked(header) != header), None)
    if meant is None:
        return item
    if isinstance(item, str):
        return header_of(meant)
    body = meant.body if isinstance(meant, Block) else ()
    return entry(header_of(meant), (_merged(inner, body) for inner in item.body))


def masked(line: str) -> str:
    """A line without what it hashes. Type 5 is given as a hash and is compared as one."""
    return _HASHED.sub(lambda m: m[0] if m[2] == " 5" else f"{m[1]} {HIDDEN}", line)


def shown(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Each line with the headers above it, secrets hidden."""
    for item in tree:
        here = (*path, masked(header_of(item)))
        if isinstance(item, str):
            yield " / ".join(here)
        else:
            yield from shown(item.body, here)
