"""Units of northbound rows as the compiler makes them, small: switches, groups with a rule, ports that are in both."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

from crossconnect.cloud.ovn.rows import KEY, RESOURCE, Contribution, Row, uuid_of
from crossconnect.cloud.realise import Batch, Unit
from crossconnect.transport.ovsdb import Replica, Value


def row(table: str, key: str, resource: str = "", **columns: Value) -> Row:
    """A row with its key in `external_ids`."""
    marks = {KEY: key, RESOURCE: resource} if resource else {KEY: key}
    return Row(table, key, {"external_ids": marks, **columns})


def switch(name: str, **columns: Value) -> Unit:
    """A switch, empty."""
    return Unit((row("Logical_Switch", name, name=name, **columns),))


def group(name: str, match: str = "ip4") -> Unit:
    """A port group with one rule."""
    rule = row("ACL", f"{name}/1", priority=100, direction="to-lport", action="allow-related", match=match)
    return Unit((row("Port_Group", name, name=name, acls=frozenset((rule.uuid,))), rule))


def port(
    name: str, on: str, groups: Iterable[str] = (), address: str = "dynamic", record: str = "", resource: str = ""
) -> Unit:
    """A port of a switch and of groups; `record` is its address in the switch's `other_config`, which is a map."""
    made = row("Logical_Switch_Port", name, resource, name=name, addresses=frozenset((address,)))
    members = [Contribution("Logical_Switch", on, "ports", made.uuid)]
    members += [Contribution("Port_Group", one, "ports", made.uuid) for one in groups]
    if record:
        members.append(Contribution("Logical_Switch", on, "other_config", name, record))
    return Unit((made,), frozenset(members))


def world(ports: int, switches: int = 10, groups: int = 5) -> dict[str, Unit]:
    """Many units: parents first."""
    made = {f"switch{n}": switch(f"switch{n}") for n in range(switches)}
    made |= {f"group{n}": group(f"group{n}") for n in range(groups)}
    for n in range(ports):
        member = [f"group{n % groups}", f"group{(n + 1) % groups}"]
        made[f"port{n}"] = port(f"port{n}", f"switch{n % switches}", member, f"0a:00:00:00:{n >> 8:02x}:{n & 255:02x}")
    return made


Rows = dict[str, dict[str, dict[str, Value]]]


def expected(units: Mapping[str, Unit]) -> Rows:
    """Tables, keys, columns that are not their defaults: what a database with these units says, written naively."""
    tables: Rows = {}
    for unit in units.values():
        for one in unit.rows:
            tables.setdefault(one.table, {})[one.uuid] = dict(one.columns)
    for unit in units.values():
        for one in unit.contributions:
            columns = tables[one.table][uuid_of(one.table, one.key)]
            if one.value is None:
                there = columns.get(one.column, frozenset())
                assert isinstance(there, frozenset)
                columns[one.column] = there | {one.element}
            else:
                pairs = columns.get(one.column, {})
                assert isinstance(pairs, dict)
                columns[one.column] = {**pairs, one.element: one.value}
    return tables


def found(replica: Replica, ours: bool = True) -> Rows:
    """The same of a database."""
    tables: Rows = {}
    for table in ("Logical_Switch", "Logical_Switch_Port", "Port_Group", "ACL", "Load_Balancer", "Meter"):
        for uuid, columns in replica.rows(table).items():
            marks = columns["external_ids"]
            assert isinstance(marks, dict)
            if ours and KEY not in marks:
                continue
            kept = {
                name: value for name, value in columns.items() if value not in (None, "", 0, False, frozenset(), {})
            }
            tables.setdefault(table, {})[uuid] = kept
    return tables


def history(seed: int, changes: int) -> list[Batch]:
    """Random changes, each of some units: switches, groups and ports that come, change, move and go."""
    chance = random.Random(seed)
    made: dict[str, Unit] = {}
    ports: dict[str, tuple[str, tuple[str, ...]]] = {}  # where, in which groups
    batches: list[Batch] = []
    for number in range(changes):
        changed: dict[str, Unit | None] = {}
        for _ in range(chance.randint(1, 4)):
            name = f"{chance.choice(('switch', 'group'))}{chance.randrange(6)}"
            kind = switch if name.startswith("switch") else group
            if name not in made:
                changed[name] = made[name] = kind(name)
            elif chance.random() < 0.2:
                del made[name]
                changed[name] = None
            elif kind is group:
                changed[name] = made[name] = group(name, f"ip4.src == 10.0.0.{chance.randrange(250)}")
        for name, (on, groups) in list(ports.items()):
            if on not in made:
                del ports[name], made[name]
                changed[name] = None
            elif left := set(groups) - made.keys():
                ports[name] = (on, tuple(g for g in groups if g not in left))
                changed[name] = made[name] = port(name, *ports[name])
        switches, all_groups = ([n for n in made if n.startswith(kind)] for kind in ("switch", "group"))
        for _ in range(chance.randint(0, 8) if switches else 0):
            name = f"port{chance.randrange(60)}"
            if name in ports and chance.random() < 0.2:
                del ports[name], made[name]
                changed[name] = None
                continue
            member = tuple(sorted(chance.sample(all_groups, chance.randint(0, min(3, len(all_groups))))))
            ports[name] = (chance.choice(switches), member)
            record = f"10.0.0.{chance.randrange(250)}" if chance.random() < 0.5 else ""
            changed[name] = made[name] = port(name, *ports[name], f"dynamic 10.1.0.{chance.randrange(250)}", record)
        batches.append(Batch(number, changed))
    return batches


def at(batches: Iterable[Batch], number: int) -> dict[str, Unit]:
    """All units as of a change: who is referred to first."""
    made: dict[str, Unit] = {}
    for batch in batches:
        if batch.number > number:
            break
        for key, unit in batch.units.items():
            made.pop(key, None)
            if unit is not None:
                made[key] = unit
    return dict(sorted(made.items(), key=lambda item: item[0].startswith("port")))
