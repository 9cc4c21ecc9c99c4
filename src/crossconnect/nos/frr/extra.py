"""Extra configuration in FRR's own words, merged into the tree."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos import line_changes
from crossconnect.nos.frr.facts import Version
from crossconnect.nos.frr.negation import key_of, list_of
from crossconnect.nos.frr.parse import parse
from crossconnect.nos.frr.render import render
from crossconnect.nos.frr.tree import Tree
from crossconnect.nos.lines import Path
from crossconnect.nos.network_os import Overridden
from crossconnect.nos.network_os import Tree as AnyTree


def merge(tree: AnyTree, extra: AnyTree) -> tuple[AnyTree, tuple[Overridden, ...]]:
    """See `NetworkOs.merge`."""
    return line_changes.merge(tree, extra, _key)


def whole_tree(device: DeviceConfiguration, version: Version = "8.4") -> Tree:
    """What is rendered of a device, with its extra configuration: what the device is given."""
    tree = render(device, version)
    for extra in device.extra:
        tree, _ = line_changes.merged(tree, parse(extra.text), _key)
    return tree


def _key(path: Path, line: str) -> str:
    """As in a difference, but entries of a list are told apart by their numbers."""
    if list_of(line) is not None:
        return line.partition(" permit ")[0].partition(" deny ")[0]
    return key_of(path[-1].partition(" ")[0] if path else "", line)
