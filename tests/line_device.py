"""What models of line-based systems share: a configuration of lines below headers, changed by lines. Far less than a
device knows: which headers open a mode, which lines take the place of others, and that `no` takes away."""

from __future__ import annotations

import copy
import re

Tree = dict[str, "Tree"]

MODES = re.compile(
    r"interface \S+|vlan \d+|vrf (instance|context) \S+|router bgp \d+|address-family \S+( \S+)?|neighbor \S+$|"
    r"template peer \S+|scheduler (job|schedule) name \S+|management \S+( \S+)?|route-map \S+ (permit|deny) \d+"
)
SINGLE = ("description", "ip address", "hostname", "mtu", "name", "username admin", "time start")
"""Beginnings of lines of which there is one."""


class Refused(Exception):
    """A line that the device does not take."""


class Lines:
    """A configuration in which somebody types."""

    def __init__(self, tree: Tree | None = None) -> None:
        self.tree: Tree = copy.deepcopy(tree or {})
        self._at: list[Tree] = [self.tree]

    def opens(self, line: str) -> bool:
        """Whether a line opens a mode here."""
        return MODES.fullmatch(line) is not None

    def type(self, line: str) -> None:
        """One line in the mode where we are."""
        if "refused" in line:
            raise Refused(line)
        here = self._at[-1]
        if line in ("exit", "end"):
            self._at = self._at[:-1] if line == "exit" and len(self._at) > 1 else [self.tree]
        elif line.startswith("no "):
            gone = line.removeprefix("no ")
            for known in [k for k in here if k == gone or k.startswith(gone + " ")]:
                del here[known]
        elif self.opens(line):
            self._at.append(here.setdefault(line, {}))
        else:
            for beginning in SINGLE:
                if line.startswith(beginning + " "):
                    for known in [k for k in here if k.startswith(beginning + " ")]:
                        del here[known]
            here.setdefault(line, {})

    def text(self, indent: str) -> str:
        """As the device shows it."""
        return "\n".join(_shown(self.tree, "", indent)) + "\n"


def _shown(tree: Tree, before: str, indent: str) -> list[str]:
    out: list[str] = []
    for line in sorted(tree):
        out += [before + line, *_shown(tree[line], before + indent, indent)]
    return out


def typed(text: str, lines: Lines | None = None) -> Tree:
    """The configuration of an indented text, typed into `lines`."""
    lines = lines or Lines()
    depths: list[int] = []
    for line in text.splitlines():
        if not line.strip() or line.strip() == "!":
            continue
        depth = len(line) - len(line.lstrip())
        while depths and depths[-1] >= depth:
            depths.pop()
            lines.type("exit")
        opens = lines.opens(line.strip())
        lines.type(line.strip())
        if opens:
            depths.append(depth)
    return lines.tree
