"""Two states of CONFIG_DB and `frr.conf` -> what the switch is given, in this order:

    1. a JSON patch: all of CONFIG_DB but VRFs that go. Removals first, users before what they use; then what comes,
       in the order of the tables. `config apply-patch` checks it against the YANG models, and sorts it once more.
    2. commands for vtysh: VRFs that come exist by now, those that go still do
    3. a JSON patch: VRFs that go, when BGP no longer runs in them

Sources: "JSON change application" HLD of SONiC (generic update and rollback, `config apply-patch`), RFC 6902, RFC 6901.
"""

from __future__ import annotations

from crossconnect.nos import document
from crossconnect.nos.document import Absent, Operation, Value
from crossconnect.nos.frr.difference import changes
from crossconnect.nos.frr.text import text
from crossconnect.nos.network_os import Commands, Trees
from crossconnect.nos.sonic.grammar import INHERENT, SHAPE
from crossconnect.nos.sonic.render import CONFIG_DB, FRR


def difference(old: Trees, new: Trees) -> tuple[Commands, ...]:
    """What leads from one to the other; the inverse has the arguments swapped."""
    tables, wanted = old[CONFIG_DB], new[CONFIG_DB]
    assert not isinstance(tables, tuple)
    assert not isinstance(wanted, tuple)
    operations = operations_between(tables, wanted)
    before, after = old[FRR], new[FRR]
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    last = tuple(o for o in operations if o.path[0] == "VRF" and isinstance(o.new, Absent))
    first = tuple(o for o in operations if o not in last)
    out: list[Commands] = []
    if first:
        out.append(_patch(first))
    if commands := changes(before, after):
        out.append(Commands(file=FRR, how="cli", text=text(commands)))
    if last:
        out.append(_patch(last))
    return tuple(out)


def operations_between(old: Value, new: Value) -> tuple[Operation, ...]:
    """The places of CONFIG_DB that change; of entries that the switch has anyway, only fields."""
    assert isinstance(old, dict)
    assert isinstance(new, dict)
    return document.difference(_with_inherent(old, new), _with_inherent(new, old), SHAPE)


def _with_inherent(tables: dict[str, Value], other: dict[str, Value]) -> dict[str, Value]:
    """The tables, with entries that only the other state names, as the switch has them when nobody says anything."""
    out = dict(tables)
    for name, fields in INHERENT.items():
        here, there = out.get(name, {}), other.get(name, {})
        if isinstance(here, dict) and isinstance(there, dict) and (here or there):
            inherent: dict[str, Value] = {entry: {**fields} for entry in there if entry not in here}
            out[name] = here | inherent
    return out


def _patch(operations: tuple[Operation, ...]) -> Commands:
    return Commands(file=CONFIG_DB, how="json-patch", text=document.text(document.json_patch(operations)))
