"""What a running switch has otherwise than a plan's text: CONFIG_DB as `sonic-cfggen -d` prints it, FRR as vtysh does.

Not everything on a switch is ours: tables that the design never names, entries and fields that come with the image.
"""

from __future__ import annotations

from collections.abc import Collection

from crossconnect.nos import document
from crossconnect.nos.document import Absent, Value
from crossconnect.nos.frr.difference import changes
from crossconnect.nos.lines import flat_lines
from crossconnect.nos.sonic.bgp import parse_routing
from crossconnect.nos.sonic.difference import operations_between
from crossconnect.nos.sonic.grammar import INHERENT

_FRAMEWORK = ("frr version", "frr defaults", "hostname", "log ", "password", "enable password", "service ", "zebra ")
"""Lines of FRR's configuration that SONiC's container writes by itself."""
_NOT_SHOWN = (
    "ip forwarding",
    "ipv6 forwarding",
    "no ip forwarding",
    "no ipv6 forwarding",
    "no fpm",
    "fpm ",
    "no zebra",
)


def tables_left(running: str, wanted: str, owned: Collection[str]) -> tuple[str, ...]:
    """What CONFIG_DB lacks, or has too much, to be `wanted`, one line each. `owned` are the names of tables that the
    design has on this device now or after. ValueError for what is no CONFIG_DB."""
    have, want = _tables(running), _tables(wanted)
    names = {*owned, *want}
    ours: dict[str, Value] = {
        name: _ours(table, want.get(name)) if name in INHERENT else table
        for name, table in have.items()
        if name in names
    }
    return tuple(
        f"{'remove' if isinstance(o.new, Absent) else 'set'} {document.pointer(o.path)}"
        for o in operations_between(ours, dict(want))
    )


def table_names(text: str) -> frozenset[str]:
    """Names of the tables of a CONFIG_DB."""
    return frozenset(_tables(text))


def routing_left(running: str, wanted: str) -> tuple[str, ...]:
    """What FRR lacks, or has too much, to be `wanted`, one line each. ValueError for what cannot be read."""
    lines = flat_lines(changes(parse_routing(running), parse_routing(wanted)))
    hidden = (*_FRAMEWORK, *(f"no {start}" for start in _FRAMEWORK), *_NOT_SHOWN)
    return tuple(line for line in lines if not line.startswith(hidden))


def _tables(text: str) -> dict[str, Value]:
    tables = document.parse(text)
    if not isinstance(tables, dict):
        raise ValueError("CONFIG_DB is a JSON object of tables")
    return tables


def _ours(table: Value, wanted: Value) -> Value:
    """Of a table whose entries come with the switch: the entries and fields that the design names."""
    if not isinstance(table, dict) or not isinstance(wanted, dict):
        return {}
    out: dict[str, Value] = {}
    for name, entry in table.items():
        named = wanted.get(name)
        if isinstance(entry, dict) and isinstance(named, dict):
            out[name] = {field: value for field, value in entry.items() if field in named}
    return out
