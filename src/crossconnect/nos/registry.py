"""Which network operating systems there are: those built in, and those that installed packages bring.

A package brings one by an entry point of the group `crossconnect.nos`, whose name is the system's and whose object is
its `NetworkOs`. A system is imported when it is first used: a region of one system pays for one. What is installed is
looked at, as importing does; beyond that nothing here knows more of the machine than the rest of this room.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
from collections.abc import Mapping

from crossconnect.errors import BadInput
from crossconnect.model.interface_names import NAMES, InterfaceNames
from crossconnect.nos.network_os import INTERFACE_VERSION, NetworkOs

GROUP = "crossconnect.nos"
BUILT_IN = ("frr", "eos", "junos", "nxos", "sonic", "srlinux")
"""Names of sub-rooms; each has its `NetworkOs` as `SYSTEM` in `network_os`."""


@functools.cache
def known() -> tuple[str, ...]:
    """Names of all systems, sorted; nothing is imported for it. A built-in one cannot be replaced by another's."""
    built_in = [name for name in BUILT_IN if importlib.util.find_spec(f"crossconnect.nos.{name}") is not None]
    return tuple(sorted({*built_in, *_entry_points()}))


def _entry_points() -> dict[str, importlib.metadata.EntryPoint]:
    return {point.name: point for point in importlib.metadata.entry_points(group=GROUP)}


@functools.cache
def system(name: str) -> NetworkOs:
    """The system of that name. KeyError when there is none; BadInput when an extension cannot be loaded."""
    if name not in known():
        raise KeyError(name)
    if name in BUILT_IN:
        return _checked(name, importlib.import_module(f"crossconnect.nos.{name}.network_os").SYSTEM)
    point = _entry_points()[name]
    try:
        loaded = point.load()
    except Exception as error:
        raise BadInput(
            f"network OS {name} ({point.value}) cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    return _checked(name, loaded)


def _checked(name: str, loaded: object) -> NetworkOs:
    if not isinstance(loaded, NetworkOs):
        raise BadInput(f"network OS {name}: its entry point leads to no NetworkOs")
    if loaded.interface_version != INTERFACE_VERSION:
        words = f"network OS {name} is for version {loaded.interface_version} of the interface, here it is "
        raise BadInput(f"{words}{INTERFACE_VERSION}")
    if loaded.name != name:
        raise BadInput(f"network OS {name} calls itself {loaded.name}")
    return loaded


def interface_names() -> Mapping[str, InterfaceNames]:
    """How every system calls its interfaces; only extensions have to be imported for it."""
    further = [name for name in known() if name not in NAMES and not problem(name)]
    return {**NAMES, **{name: system(name).facts.names for name in further}} if further else NAMES


def problem(name: str) -> str:
    """Why the system cannot be used; empty when it can."""
    try:
        system(name)
    except BadInput as error:
        return str(error)
    return ""
