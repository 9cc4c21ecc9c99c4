"""Two states of CONFIG_DB and `frr.conf` -> what the switch is given, in this order:

    1. a JSON patch: all of CONFIG_DB but VRFs that go. Removals first, users before what they use; then what comes,
       in the order of the tables. `config apply-patch` checks it against the YANG models, and sorts it once more.
    2. commands for vtysh: VRFs that come exist by now, those that go still do
    3. a JSON patch: VRFs that go, when BGP no longer runs in them

A device whose routing is in CONFIG_DB has no step 2, and a step before the first where a VRF gets another AS number:
frrcfgd refuses to change one, so all that it has of the VRF goes first. When routing moves to CONFIG_DB, the routing
container is started again, so that it makes `frr.conf` itself; when it moves back, frrcfgd takes its BGP away with the
tables, and the commands for vtysh are all of `frr.conf`. Both interrupt routing on the device.

Sources: "JSON change application" HLD of SONiC (generic update and rollback, `config apply-patch`), RFC 6902, RFC 6901.
"""

from __future__ import annotations

from crossconnect.nos import document
from crossconnect.nos.document import Absent, Operation, Value
from crossconnect.nos.frr.difference import changes
from crossconnect.nos.frr.text import text
from crossconnect.nos.network_os import Commands, Tree, Trees
from crossconnect.nos.sonic.framework import BY_VRF
from crossconnect.nos.sonic.grammar import INHERENT, SHAPE
from crossconnect.nos.sonic.render import CONFIG_DB, FRR

RESTART = "systemctl restart bgp"
"""The service of the routing container on the switch."""


def difference(old: Trees, new: Trees) -> tuple[Commands, ...]:
    """What leads from one to the other; the inverse has the arguments swapped."""
    tables, wanted = old[CONFIG_DB], new[CONFIG_DB]
    assert not isinstance(tables, tuple)
    assert not isinstance(wanted, tuple)
    out: list[Commands] = []
    if vrfs := _renumbered(tables, wanted):
        without = _without_bgp(tables, vrfs)
        out.append(_patch(operations_between(tables, without)))
        tables = without
    operations = operations_between(tables, wanted)
    last = tuple(o for o in operations if o.path[0] == "VRF" and isinstance(o.new, Absent))
    first = tuple(o for o in operations if o not in last)
    if first:
        out.append(_patch(first))
    out += _routing(old.get(FRR), new.get(FRR))
    if last:
        out.append(_patch(last))
    return tuple(out)


def _routing(before: Tree | None, after: Tree | None) -> tuple[Commands, ...]:
    """What `frr.conf` takes, where there is one before or after."""
    assert before is None or isinstance(before, tuple)
    assert after is None or isinstance(after, tuple)
    if after is None:
        restart = Commands(file=CONFIG_DB, how="shell", text=f"{RESTART}\n")
        return () if before is None else (restart,)
    commands = changes(before or (), after)
    return (Commands(file=FRR, how="cli", text=text(commands)),) if commands else ()


def _renumbered(old: Value, new: Value) -> frozenset[str]:
    """VRFs whose AS number changes."""
    before, after = _asns(old), _asns(new)
    return frozenset(vrf for vrf, asn in before.items() if after.get(vrf, asn) != asn)


def _asns(tables: Value) -> dict[str, Value]:
    table = tables.get("BGP_GLOBALS") if isinstance(tables, dict) else None
    entries = table if isinstance(table, dict) else {}
    return {vrf: entry.get("local_asn") for vrf, entry in entries.items() if isinstance(entry, dict)}


def _without_bgp(tables: Value, vrfs: frozenset[str]) -> Value:
    """Without everything that frrcfgd has of the VRFs, and without imports from them."""
    assert isinstance(tables, dict)
    out = dict(tables)
    for name in BY_VRF:
        table = out.pop(name, None)
        assert table is None or isinstance(table, dict)
        kept = {key: _kept(of, vrfs) for key, of in (table or {}).items() if key.partition("|")[0] not in vrfs}
        if kept:  # `config apply-patch` refuses tables without entries
            out[name] = kept
    return out


def _kept(entry: Value, vrfs: frozenset[str]) -> Value:
    if not isinstance(entry, dict) or entry.get("import_vrf") not in vrfs:
        return entry
    return {name: value for name, value in entry.items() if not name.startswith("import_vrf")}


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
