"""SONiC's `frr.conf` in real FRR 10: what it leaves to FRR's defaults is so, and changes are taken."""

from __future__ import annotations

import pytest
from frr_router import router
from msgspec.structs import replace

from crossconnect.nos.frr.tree import Block, Entry, Tree, lines
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import device_commands, render_files
from crossconnect.nos.sonic.bgp import FPM_LINES, parse_routing
from nos_region import cases

CASES = cases("sonic")
NOT_HERE = ("frr version", "ip forwarding", "ipv6 forwarding", *FPM_LINES)
"""Lines that are shown only where they are not so, and those of SONiC's own module."""


def shown(tree: Tree) -> set[tuple[str, ...]]:
    """Paths of all lines. Interfaces that this machine lacks are in no VRF, and route maps know their last entry."""
    return {
        path
        for path in lines(tree)
        if not path[0].startswith(NOT_HERE) and not (len(path) == 1 and path[0].startswith("vrf "))
    }


def running(text: str, *more: str) -> tuple[str, set[tuple[str, ...]]]:
    with router("10", "switch") as real:
        said = "".join(real.load(part) for part in (text, *more))
        return said, shown(parse_routing(real.running()))


def rendered(case: str) -> tuple[str, set[tuple[str, ...]]]:
    text = render_files(CASES[case])["frr.conf"].replace(f"hostname {CASES[case].name}", "hostname switch")
    text = "".join(f"{line}\n" for line in text.splitlines() if line not in FPM_LINES)
    return text, shown(parse_routing(text))


@pytest.mark.parametrize(
    "case", ["leaf-numbered", "leaf-unnumbered", "border-numbered", "spine-drained-unnumbered", "leaf-ipv4"]
)
def test_frr_10_shows_every_line_and_no_other(case: str) -> None:
    text, wanted = rendered(case)
    said, found = running(text)
    assert "%" not in said
    assert found == wanted


def test_a_change_and_its_inverse_lead_there_and_back() -> None:
    device = CASES["border-numbered"]
    gone = {"blue-prod"}
    fewer = replace(
        device,
        network_instances=tuple(i for i in device.network_instances if i.name not in gone),
        interfaces=tuple(i for i in device.interfaces if i.network_instance not in gone),
    )
    text, wanted = rendered("border-numbered")
    there = next(c.text for c in device_commands(device, fewer) if c.how == "cli")
    back = next(c.text for c in device_commands(fewer, device) if c.how == "cli")
    tree = system("sonic").trees(fewer)["frr.conf"]
    assert isinstance(tree, tuple)
    _, found = running(text, there)
    assert found == shown(renamed(tree))
    _, found = running(text, there, back)
    assert found == wanted


def renamed(tree: Tree) -> Tree:
    """With the host name of the test's router."""

    def entry(of: Entry) -> Entry:
        return "hostname switch" if isinstance(of, str) and of.startswith("hostname ") else of

    return tuple(of if isinstance(of, Block) else entry(of) for of in tree)
