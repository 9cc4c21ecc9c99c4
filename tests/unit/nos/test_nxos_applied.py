"""Commands of a difference, given to a model of the command line: what is then configured is what was wanted.

The model knows what the module `nos.nxos.difference` says of the device: an entry of a list is not overwritten, another
VRF clears an interface's addresses, `default interface` and `no` of a header empty it, a plain line takes the place of
the one that says the same thing. Of vPC: a bond is in a domain that is there, a switch in one domain, a member is no
orphan, a primary address does not go before the secondary ones, and NVE has another source only while it is shut.
"""

from __future__ import annotations

from itertools import permutations
from typing import cast

import pytest
from msgspec.structs import replace

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.line_changes import key_of
from crossconnect.nos.lines import Block, Tree
from crossconnect.nos.nxos.grammar import GRAMMAR
from crossconnect.nos.rendering import device_commands, merged_trees
from nos_region import cases, mlag_cases

MAIN = "running-config.nxos"
CASES = cases("nxos") | mlag_cases("nxos")
LAYER_3 = ("ip ", "ipv6 ", "no ip ", "no ipv6 ", "fabric forwarding ")
ROLES = ("border-numbered", "spine-numbered", "leaf-numbered", "super-spine-numbered")
DEFAULTS = ("ip redirects", "ipv6 redirects")
"""What the device does not show."""
HARDWARE = ("interface Ethernet", "interface mgmt0")

Level = dict[str, "Level"]
"""Lines with what is below them."""


def level(tree: Tree) -> Level:
    return {e.header: level(e.body) if isinstance(e, Block) else {} for e in map(_block, tree)}


def _block(item: Block | str) -> Block:
    return Block(item) if isinstance(item, str) else item


def take(device: Level, commands: Level | list[tuple[str, list[object]]], path: tuple[str, ...]) -> None:
    for line, below in cast("list[tuple[str, list[object]]]", commands):
        if line.startswith("default "):
            device[line.removeprefix("default ")] = {}
        elif line == "no shutdown":
            device.pop("shutdown", None)
            device[line] = {}
        elif line.startswith("no ") and not below and _took_back(device, line[3:], path):
            continue
        else:
            if not path:
                _vpc_domain(device, line, below)
            _enter(device, line, path)
            take(device.get(line, {}), cast("list[tuple[str, list[object]]]", below), (*path, line))


def _vpc_domain(device: Level, line: str, below: object) -> None:
    if line.startswith("vpc domain "):
        assert not [k for k in device if k.startswith("vpc domain ") and k != line], "the switch is in a domain"
    words = [header.split() for header, _ in cast("list[tuple[str, list[object]]]", below)]
    if line.startswith("interface ") and any(w[0] == "vpc" and w[1] != "orphan-port" for w in words if len(w) > 1):
        assert [k for k in device if k.startswith("vpc domain ")], f"{line} is to be in a domain that is not there"


def _took_back(device: Level, line: str, path: tuple[str, ...]) -> bool:
    """Whether `no` took something back: the line, or all that begin with it. Else it is a setting of its own."""
    going = [known for known in device if known == line or known.startswith(f"{line} ")]
    if line.startswith("username "):
        going = [known for known in device if known.startswith(line)]
    for known in going:
        if known.startswith("ip address ") and not known.endswith(" secondary"):
            assert not [k for k in device if k.startswith("ip address ") and k.endswith(" secondary")], known
        del device[known]
        if line.startswith("vrf member") and path[-1].startswith("interface "):
            _clear(device)
    return bool(going)


def _clear(interface: Level) -> None:
    for known in [k for k in interface if k.startswith(LAYER_3)]:
        del interface[known]


def _enter(device: Level, line: str, path: tuple[str, ...]) -> None:
    if line in device:
        return
    number = line.partition(" permit ")[0].partition(" deny ")[0]
    if " seq " in number or (path and "access-list " in path[-1]):
        assert not [k for k in device if k.startswith(f"{number} ")], f"an entry of this number is there: {line}"
    for known in [k for k in device if not device[k] and key_of(GRAMMAR, path, k) == key_of(GRAMMAR, path, line)]:
        del device[known]
    if line.split()[-1] in ("in", "out"):
        for known in [k for k in device if k.split()[:-2] == line.split()[:-2] and k.split()[-1] == line.split()[-1]]:
            del device[known]
    if line.startswith("vpc ") and line.split()[1].isdigit():
        assert not {"vpc orphan-port suspend", "vpc peer-link"} & device.keys(), f"{path}: {line}"
        assert not [k for k in device if k.startswith("vpc ")], f"{path} has another number"
    if line.startswith("source-interface "):
        sources = [k for k in device if k.startswith("source-interface ")]
        assert not sources or "shutdown" in device, f"{line} while NVE is up"
    opposite = line[3:] if line.startswith("no ") else f"no {line}"
    device.pop(opposite, None)
    if line in DEFAULTS:
        return
    if line.startswith("vrf member ") and path[-1].startswith("interface "):
        _clear(device)
    device[line] = {}


def parsed(text: str) -> list[tuple[str, list[object]]]:
    """Commands in order; a header may come twice."""
    root: list[tuple[str, list[object]]] = []
    stack: list[tuple[int, list[tuple[str, list[object]]]]] = [(-1, root)]
    for raw in text.splitlines():
        depth = len(raw) - len(raw.lstrip())
        while stack[-1][0] >= depth:
            stack.pop()
        below: list[object] = []
        stack[-1][1].append((raw.strip(), below))
        stack.append((depth, cast("list[tuple[str, list[object]]]", below)))
    return root


def configured(device: DeviceConfiguration) -> Level:
    return level(cast("Tree", merged_trees(device).trees[MAIN]))


def without_idle_ports(configuration: Level) -> Level:
    return {k: v for k, v in configuration.items() if v or not k.startswith(HARDWARE)}


def arrives(old: DeviceConfiguration, new: DeviceConfiguration) -> None:
    device = configured(old)
    for commands in device_commands(old, new):
        take(device, parsed(commands.text), ())
    assert without_idle_ports(device) == without_idle_ports(configured(new))


@pytest.mark.parametrize(("old", "new"), list(permutations(["leaf-numbered", "leaf-unnumbered", "leaf-ipv4"], 2)))
def test_a_leaf_becomes_another_one(old: str, new: str) -> None:
    arrives(CASES[old], CASES[new])


@pytest.mark.parametrize(("old", "new"), list(permutations(ROLES, 2)))
def test_a_switch_gets_another_role(old: str, new: str) -> None:
    arrives(CASES[old], replace(CASES[new], name="other"))


def test_a_spine_is_drained_and_comes_back() -> None:
    arrives(CASES["spine-numbered"], CASES["spine-drained-unnumbered"])
    arrives(CASES["spine-drained-unnumbered"], CASES["spine-numbered"])


def test_gateways_of_a_leaf_move_to_another_vrf() -> None:
    leaf = CASES["leaf-numbered"]
    moved = replace(
        leaf,
        interfaces=tuple(
            replace(i, network_instance="blue-prod") if i.network_instance == "red-prod" else i for i in leaf.interfaces
        ),
    )
    arrives(leaf, moved)
    arrives(moved, leaf)


PAIRED = ("leaf-mlag", "leaf-second-mlag")


@pytest.mark.parametrize(
    ("old", "new"), [(a, b) for a, b in permutations(("leaf-numbered", "spine-numbered", *PAIRED), 2)]
)
def test_a_leaf_comes_into_a_pair_and_out_of_it(old: str, new: str) -> None:
    arrives(CASES[old], replace(CASES[new], name="other"))


def _renumbered(device: DeviceConfiguration, number: int) -> DeviceConfiguration:
    """The pair with another domain."""
    assert device.mlag is not None
    return replace(device, mlag=replace(device.mlag, domain=number))


def test_a_pair_gets_another_domain_and_its_bonds_stay_in_it() -> None:
    leaf = CASES["leaf-mlag"]
    arrives(leaf, _renumbered(leaf, 7))
    lines = device_commands(leaf, _renumbered(leaf, 7))[0].text.splitlines()
    gone, come = lines.index("no vpc domain 1"), lines.index("vpc domain 7")
    assert lines.index("  no vpc") < lines.index("  no vpc peer-link") < gone < come
    assert come < lines.index("  vpc peer-link") < lines.index("  vpc 1")


def test_bonds_of_a_pair_change_their_numbers_and_become_one_leafs_own() -> None:
    leaf = CASES["leaf-mlag"]
    for number in (0, 40):
        bonds = tuple(replace(i, mlag=i.mlag + number if number else 0) if i.mlag else i for i in leaf.interfaces)
        arrives(leaf, replace(leaf, interfaces=bonds))
        arrives(replace(leaf, interfaces=bonds), leaf)


def test_the_vtep_gets_other_addresses() -> None:
    """The primary one is overwritten: NX-OS does not let it go while there is a secondary one."""
    leaf = CASES["leaf-mlag"]
    other = {a: a.replace("10.255.0.", "10.255.9.") for i in leaf.interfaces for a in i.addresses}
    moved = tuple(
        replace(i, addresses=tuple(other[a] for a in i.addresses)) if i.name == "loopback1" else i
        for i in leaf.interfaces
    )
    new = replace(leaf, interfaces=moved, vtep=leaf.vtep.replace("10.255.0.", "10.255.9."))
    arrives(leaf, new)
    arrives(new, leaf)


def test_tunnels_get_another_source_while_nve_is_shut_and_before_their_loopback_goes() -> None:
    single, paired = CASES["leaf-numbered"], CASES["leaf-mlag"]
    for old, new in ((single, paired), (paired, single)):
        lines = device_commands(old, new)[0].text.splitlines()
        shut, source = lines.index("  shutdown"), next(n for n, x in enumerate(lines) if "source-interface lo" in x)
        assert lines[shut - 1] == "interface nve1"
        assert shut < source
        assert lines[-2:] == ["interface nve1", "  no shutdown"]
    assert lines.index("  source-interface loopback0") < lines.index("no interface loopback1")


def test_the_secondary_becomes_the_primary_by_one_line() -> None:
    leaf = CASES["leaf-mlag"]
    assert leaf.mlag is not None
    other = replace(leaf, mlag=replace(leaf.mlag, primary=False))
    assert device_commands(leaf, other)[0].text == "vpc domain 1\n  role priority 2000\n"
