"""Which chassis have not taken a change yet, by what each says in the southbound database.

    change --> northbound, nb_cfg counted up --> northd: SB_Global.nb_cfg --> ovn-controller: Chassis_Private.nb_cfg

northd writes `SB_Global.nb_cfg` with what it translated, or after it: who sees the one in our copy sees the other.
ovn-controller says the number when the switch has taken all flows of it (ovn-sb(5)). It is asked of the chassis that a
change concerns, not of all as `hv_cfg` does: one that has lost its power does not keep everybody waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Set

from crossconnect.cloud.realise.placement import Binding, Placement, Reach
from crossconnect.transport.ovsdb import Choice, Chosen, Clock, Replica, Schema, Session
from crossconnect.transport.ovsdb.types import Row, Uuid, Value

KEEP_S = 330.0
"""How long a port that is gone counts: nobody waits longer than 300 s (`api.resources.WAIT_MAX_S`)."""
ALL = "*"
"""Told in the place of chassis, where it is not known which."""
NORTHD = "ovn-northd"
"""Told in the place of chassis, where it is northd that has not followed."""
_PORTS = "Port_Binding"
_DATAPATHS = "Datapath_Binding"
_GLOBAL = "SB_Global"
_PLACES = ("chassis", "additional_chassis", "requested_chassis", "requested_additional_chassis")
_COLUMNS = ("logical_port", "datapath", "options", "ha_chassis_group", "nat_addresses", *_PLACES)


def _choose(schema: Schema) -> Choice:
    ports = schema.table(_PORTS).columns
    return {
        _PORTS: Chosen(tuple(name for name in _COLUMNS if name in ports)),
        _DATAPATHS: Chosen(("external_ids",)),
        "HA_Chassis_Group": Chosen(("ha_chassis",)),
        "HA_Chassis": Chosen(("chassis",)),
        "Chassis": Chosen(("name",)),
        "Chassis_Private": Chosen(("name", "nb_cfg")),
        _GLOBAL: Chosen(("nb_cfg",)),
    }


def _references(value: Value | None) -> Iterator[Uuid]:
    """Those of a column that has none, one or several."""
    for one in value if isinstance(value, Set) else (value,):
        if isinstance(one, str):
            yield Uuid(one)


def _texts(value: Value) -> frozenset[str]:
    return frozenset(str(one) for one in value) if isinstance(value, Set) else frozenset()


def _in(row: Row, column: str, key: str) -> str:
    pairs = row[column]
    return str(pairs.get(key, "")) if isinstance(pairs, Mapping) else ""


def _number(row: Row) -> int:
    value = row["nb_cfg"]
    return value if isinstance(value, int) else -1


def binding_of(row: Row) -> Binding:
    """A row of `Port_Binding`."""
    return Binding(
        name=str(row["logical_port"]),
        datapath=str(row["datapath"]),
        peer=_in(row, "options", "peer"),
        chassis=frozenset(one for column in _PLACES for one in _references(row.get(column))),
        group=next(_references(row["ha_chassis_group"]), None),
        nat_addresses=_texts(row["nat_addresses"]),
    )


class Installing:
    """Follows the southbound database for as long as `follow` runs."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._clock = clock
        self._replica: Replica = session.replica(_choose)
        self._placement = Placement(KEEP_S)
        self._numbered = -1
        """`nb_cfg` as of what has been taken so far."""
        self._news = asyncio.Event()

    async def follow(self, began: Callable[[], object]) -> None:
        """Keep count of where ports are, for ever; `began` is called once they are known."""
        changes = self._replica.changes()
        await self._replica.loaded()
        for uuid in self._placement.ports() - self._replica.rows(_PORTS).keys():
            self._take(_PORTS, uuid, None)  # since it was followed before
        for table in (_DATAPATHS, _PORTS, _GLOBAL):
            for uuid, row in self._replica.rows(table).items():
                self._take(table, uuid, row)
        began()
        async for transaction in changes:
            for change in transaction.changes:
                self._take(change.table, change.uuid, change.new)

    def _take(self, table: str, uuid: str, row: Row | None) -> None:
        now_s = self._clock.now_s()
        if table == _PORTS:
            self._placement.put(uuid, None if row is None else binding_of(row), now_s)
        elif table == _DATAPATHS:
            self._placement.name(uuid, None if row is None else _in(row, "external_ids", "name"), now_s)
        elif table == _GLOBAL and row is not None:
            self._numbered = _number(row)
            news, self._news = self._news, asyncio.Event()
            news.set()

    async def missing(self, wanted: int, reach: Reach, left_s: Callable[[], float]) -> tuple[str, ...]:
        """Wait until all chassis that a change concerns have taken the number `wanted` of `nb_cfg`; those that have not
        when time is over, by name, or NORTHD."""
        try:
            await self._replica.wait_until(lambda _: self._translated() >= wanted, left_s())
            async with asyncio.timeout(left_s()):
                while self._numbered < wanted:  # until then the ports of it are not counted
                    await self._news.wait()
        except TimeoutError:
            return (NORTHD,)
        # Ports may move meanwhile, so it is asked again who is concerned until nobody is missing.
        while lacking := self._lacking(wanted, self._concerned(reach)):
            try:
                await self._replica.wait_until(lambda _, these=lacking: not self._lacking(wanted, these), left_s())
            except TimeoutError:
                names = self._replica.rows("Chassis")
                left = self._lacking(wanted, lacking)
                return tuple(sorted(str(names[uuid]["name"]) for uuid in left if uuid in names))
        return ()

    def _translated(self) -> int:
        row = next(iter(self._replica.rows(_GLOBAL).values()), None)
        return -1 if row is None or not self._replica.current else _number(row)

    def _concerned(self, reach: Reach) -> frozenset[Uuid]:
        if reach.everywhere:
            return frozenset(self._replica.rows("Chassis"))
        members = self._replica.rows("HA_Chassis")

        def of(group: Row) -> set[Uuid]:
            rows = [members[id] for id in _references(group["ha_chassis"]) if id in members]
            return {one for row in rows for one in _references(row["chassis"])}

        groups = {uuid: of(row) for uuid, row in self._replica.rows("HA_Chassis_Group").items()}
        return self._placement.concerned(reach, groups)

    def _lacking(self, wanted: int, concerned: frozenset[Uuid]) -> frozenset[Uuid]:
        """Those of some chassis that have not taken a number. One that is registered no more has nothing to forget."""
        chassis = self._replica.rows("Chassis")
        # A number above northd's is from before the northbound database was lost.
        last = self._translated()
        rows = self._replica.rows("Chassis_Private").values()
        taken = {str(row["name"]) for row in rows if wanted <= _number(row) <= last}
        return frozenset(uuid for uuid in concerned if uuid in chassis and str(chassis[uuid]["name"]) not in taken)
