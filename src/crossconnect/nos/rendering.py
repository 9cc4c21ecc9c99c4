"""From a device to files, findings and commands, whichever system it runs: extra configuration included."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Finding, Place, found
from crossconnect.nos.codes import EXTRA_OVERRIDES, EXTRA_UNREADABLE
from crossconnect.nos.facts import fact_findings
from crossconnect.nos.network_os import Commands, NetworkOs, Overridden, Tree
from crossconnect.nos.registry import system
from crossconnect.nos.support import support_findings


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """A device's trees with its extra configuration in them. `overridden` has the file that each came from."""

    trees: dict[str, Tree]
    overridden: tuple[tuple[str, Overridden], ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()
    """(file, why) of extra configuration that is left out since it cannot be read."""


def merged_trees(device: DeviceConfiguration, of: NetworkOs | None = None) -> Merged:
    """Trees by file name, extra configuration merged into the main one, in the order in which the device has it."""
    nos = of or system(device.nos)
    trees = nos.trees(device)
    if not device.extra:
        return Merged(trees=trees)
    main = next(iter(trees))
    overridden: list[tuple[str, Overridden]] = []
    unreadable: list[tuple[str, str]] = []
    for extra in device.extra:
        try:
            more = nos.parse(main, extra.text)
        except ValueError as error:
            unreadable.append((extra.file, str(error)))
            continue
        trees[main], said = nos.merge(trees[main], more)
        overridden += [(extra.file, what) for what in said]
    return Merged(trees=trees, overridden=tuple(overridden), unreadable=tuple(unreadable))


def render_files(device: DeviceConfiguration, of: NetworkOs | None = None) -> dict[str, str]:
    """The device's configuration files by name; `of` is its system, where it is to be for another version of that.
    KeyError is our bug: an unknown NOS is refused by validation."""
    nos = of or system(device.nos)
    files = {name: nos.text(name, tree) for name, tree in merged_trees(device, nos).trees.items()}
    return {**files, **nos.files(device)} if nos.files is not None else files


def device_commands(old: DeviceConfiguration, new: DeviceConfiguration) -> tuple[Commands, ...]:
    """What a device that is configured as `old` is given to become `new`. Both run the same system."""
    nos = system(new.nos)
    assert old.nos == new.nos, (old.nos, new.nos)
    return nos.difference(merged_trees(old, nos).trees, merged_trees(new, nos).trees)


def device_findings(device: DeviceConfiguration) -> tuple[Finding, ...]:
    """What the device's network OS cannot do of its configuration, and what its extra configuration overrides."""
    nos = system(device.nos)
    return (
        *support_findings(device, nos.title, nos.support),
        *fact_findings(device, nos.title, nos.facts),
        *nos.findings(device),
        *_extra_findings(device, nos),
    )


def _extra_findings(device: DeviceConfiguration, nos: NetworkOs) -> Iterator[Finding]:
    if not device.extra:
        return
    merged = merged_trees(device, nos)
    texts = {extra.file: extra.text for extra in device.extra}
    for file, why in merged.unreadable:
        yield found(EXTRA_UNREADABLE, _mistake(file, texts[file], why), f"{device.name}: {why}")
    for file, what in merged.overridden:
        words = f"{device.name}: `{what.extra}` takes the place of `{what.rendered}`"
        yield found(EXTRA_OVERRIDES, _place(file, texts[file], what.extra), words)


def _mistake(file: str, text: str, why: str) -> Place:
    """Where a reader stopped: readers of lines name the line, those of JSON the byte."""
    if match := re.match(r"line (\d+): ", why):
        return Place(file=file, line=int(match[1]), column=1)
    if match := re.search(r"\(byte (\d+)\)$", why):
        before = text.encode()[: int(match[1])].decode(errors="replace")
        return Place(file=file, line=before.count("\n") + 1, column=len(before) - before.rfind("\n"))
    return Place(file=file)


def _place(file: str, text: str, extra: str) -> Place:
    """The line of an extra file that an override comes from: the first that is its last part."""
    wanted = extra.rpartition(" / ")[2]
    matches: Callable[[str], bool] = lambda line: line.strip().rstrip(";") == wanted  # noqa: E731
    for number, line in enumerate(text.splitlines(), 1):
        if matches(line):
            return Place(file=file, line=number, column=len(line) - len(line.lstrip()) + 1)
    return Place(file=file)
