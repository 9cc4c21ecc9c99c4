"""What is in a northbound database, and what should be, in one form: tables, rows by UUID, columns that are not their
default."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping

from crossconnect.cloud.realise import Unit
from crossconnect.cloud.realise.facts import facts_of
from crossconnect.transport.ovsdb import Schema, parse_schema
from northbound_units import Rows, expected
from ovn_central import Central
from ovsdb_server import NORTHBOUND, Server


def northbound() -> Schema:
    """The schema of the OVN that is installed."""
    return parse_schema(b"".join(NORTHBOUND.read_bytes().splitlines()))


def dump(server: Server) -> Rows:
    """The database by `ovsdb-client`, which is not ours: what is not its default in each row."""
    tables: Rows = {}
    for name, facts in facts_of(northbound()).items():
        command = ["ovsdb-client", "-f", "json", "dump", server.remote, "OVN_Northbound", name]
        told = json.loads(subprocess.check_output(command))
        for values in told["data"]:
            row = dict(zip(told["headings"], values, strict=True))
            found = {c: facts.table.column(c).decode(row[c]) for c in facts.blank}
            kept = {c: v for c, v in found.items() if v != facts.blank[c]}
            tables.setdefault(name, {})[row["_uuid"][1]] = kept
    return tables


def dump_of(central: Central) -> Rows:
    """As `dump`, of a central of any version, by the tests' own JSON-RPC."""
    tables: Rows = {}
    for name, facts in facts_of(central.schema).items():
        for uuid, row in central.rows(name).items():
            tables.setdefault(name, {})[uuid] = {c: row[c] for c in facts.blank if row[c] != facts.blank[c]}
    return tables


def wanted(units: Mapping[str, Unit], schema: Schema | None = None) -> Rows:
    """The same of a writer that is too simple to be wrong, in a database of that schema or the installed OVN's."""
    facts = facts_of(schema or northbound())
    return {
        table: {
            uuid: {c: v for c, v in columns.items() if v != facts[table].blank[c]} for uuid, columns in found.items()
        }
        for table, found in expected(units).items()
    }
