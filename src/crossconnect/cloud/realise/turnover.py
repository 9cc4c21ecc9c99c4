"""Switches and routers that come and go, in a way that northd survives.

    one transaction: some go, others come     -->  two: what comes, then what goes
    between one that comes and one that goes  -->  northd looks

northd 26.03.0 and 26.03.1 number switches, and routers, by places of an array. When in one of northd's runs one goes
and another comes, that one is given the place before the other has left it, and northd aborts (the assertion in
`ods_assign_array_index`; 26.03.2 has "northd: recompute on datapath index reuse"). A northd with `--monitor` comes
back, but tenants of a busy region would make it do so again and again.
"""

from __future__ import annotations

from collections.abc import Sequence

from crossconnect.cloud.realise.facts import DATAPATHS
from crossconnect.cloud.realise.plan import Plan, deleted
from crossconnect.transport.ovsdb import Operation, Schema

_COMES, _GOES = "insert", "delete"


class Turnover:
    """What northd may not have looked at yet."""

    def __init__(self, schema: Schema) -> None:
        """`schema` of the northbound database: it tells which northd may be there."""
        self._numbers = schema.has("Logical_Switch_Port", "health_checks")
        """Whether northd numbers them: 26.03 brought both."""
        self._unseen: set[tuple[str, str]] = set()
        """(table, what has happened)."""
        self._gone: set[object] = set()
        """UUIDs. Whatever northd is there, one does not come back before it was seen to go."""

    def unknown(self) -> None:
        """Another writer was here, perhaps a moment ago."""
        self._unseen = {(table, change) for table in DATAPATHS for change in (_COMES, _GOES)}

    def seen(self) -> None:
        """northd has looked."""
        self._unseen.clear()
        self._gone.clear()

    def sent(self, operations: Sequence[Operation]) -> None:
        """Operations were committed."""
        for one in operations:
            if one["op"] in (_COMES, _GOES) and one["table"] in DATAPATHS:
                self._unseen.add((one["table"], one["op"]))
                if one["op"] == _GOES:
                    self._gone.add(deleted(one))

    def must_wait(self, operations: Sequence[Operation]) -> bool:
        """Whether northd is to look before these are sent."""
        if self._gone and any(one["op"] == _COMES and one.get("uuid") in self._gone for one in operations):
            return True
        against = {_COMES: _GOES, _GOES: _COMES}
        return self._numbers and any(
            one["op"] in against and (one["table"], against[one["op"]]) in self._unseen for one in operations
        )

    def apart(self, made: Plan) -> frozenset[str]:
        """The units for which switches or routers go, where others come in the same transaction: to be sent later."""
        if not self._numbers:
            return frozenset()
        changes = {(one["table"], one["op"]) for one in made.operations if one["op"] in (_COMES, _GOES)}
        both = [table for table in DATAPATHS if {(table, _COMES), (table, _GOES)} <= changes]
        there = zip(made.operations, made.units, strict=True)
        return frozenset(unit for one, unit in there if one["op"] == _GOES and one["table"] in both)
