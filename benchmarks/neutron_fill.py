"""A real Neutron with more ports than its API makes in a benchmark's time: one that the API has made is copied.

A port is a row in each of the tables `COPIED` and a Logical_Switch_Port, which its switch, its security group's
Port_Group and `neutron_pg_drop` refer to. The copies have ids, names, MACs and addresses of their own, all else is as
Neutron left it. What Neutron 29 leaves is held against that for the very port that is copied, and the copies against
the port afterwards; where something differs, there are no figures.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from cloud_rig import NEUTRON, NEUTRON_OVN, Client, cpu_s
from crossconnect.transport.ovsdb import Operation, Session, Table, by_uuid, insert, mutate, named, rows, select
from crossconnect.transport.ovsdb.types import Input, Value

NORTHBOUND = f"unix:{NEUTRON_OVN}/nb.sock"
MARIADB = ("mariadb", "--no-defaults", "-uroot", f"--socket={NEUTRON}/run/my.sock", "-N", "-B", "neutron")
COPIED: Mapping[str, Mapping[str, str]] = {
    "standardattributes": {"id": "attribute"},
    "ports": {"id": "id", "name": "name", "mac_address": "mac", "standard_attr_id": "attribute"},
    "ipallocations": {"port_id": "id", "ip_address": "ip"},
    "ipamallocations": {"ip_address": "ip"},
    "ml2_port_bindings": {"port_id": "id"},
    "portsecuritybindings": {"port_id": "id"},
    "securitygroupportbindings": {"port_id": "id"},
    "provisioningblocks": {"standard_attr_id": "attribute"},
    "ovn_revision_numbers": {"resource_uuid": "id", "standard_attr_id": "attribute"},
}
"""Tables that a port has a row in, in an order that foreign keys allow, with the columns that are of one port only. By
the first of them its row is found."""
COPY = "copy-"
"""What copies' names begin with."""
WINDOW = 1000
"""Neutron's IPAM draws an address from so many of the lowest free ones (MAX_WIN)."""
EVENT = "neutron:port_name"
"""What is missing in a row of Logical_Switch_Port until Neutron's workers have seen it. They answer a new row that has
it by marking the port as down, which the copied one is already; 9,000 of these take them five minutes. A copy that they
do answer is as good."""


class Port(NamedTuple):
    """What is a port's own."""

    id: str
    attribute: int
    name: str
    mac: str
    ip: str


def fill(client: Client, make: Callable[[], Any], size: int, pids: Sequence[int]) -> str:
    """Have `size` ports in the network in which `make` creates one by the API; says how.

    It makes two itself, and one copy at least. SystemExit where Neutron's rows are not those that are known here, or
    the copies not what they should be. `pids`: processes of Neutron and of its OVN.
    """
    start = time.monotonic()
    settle(pids)
    before = _counts()
    made = make()
    settle(pids)
    gained = {table: count - before.get(table, 0) for table, count in _counts().items()}
    _same("tables that a port has a row in", {t: n for t, n in gained.items() if n}, dict.fromkeys(COPIED, 1))
    there = _ports(client, made)
    copies = _drawn(client, made, there, size - len(there) - 1)
    model = Port(made["id"], _attribute(made), made["name"], made["mac_address"], made["fixed_ips"][0]["ip_address"])
    _copy_in_mariadb(model, copies)
    asyncio.run(_copy_in_ovn(model, copies, pids))
    subprocess.run(["ovn-nbctl", f"--db={NORTHBOUND}", "--timeout=300", "--wait=sb", "sync"], check=True)  # northd, too
    settle(pids)
    _check(client, made, copies[len(copies) // 2])
    after = make()
    _same("addresses that a new port shares", _addresses(after) & _taken([*there, *map(_as_listed, copies)]), set())
    _same("ports that Neutron lists", len(_ports(client, made)), size)
    asyncio.run(_check_northbound(model, size))
    earlier = sum(port["name"].startswith(COPY) for port in there)
    asked, copied = size - earlier - len(copies), earlier + len(copies)
    return f"{asked:,} by its API and {copied:,} copies in MariaDB and OVN ({time.monotonic() - start:.0f} s)"


def settle(pids: Sequence[int], timeout_s: float = 600) -> None:
    """Wait until processes have used less than a tenth of a processor for three seconds. SystemExit."""
    end, quiet = time.monotonic() + timeout_s, 0
    while quiet < 3:
        if time.monotonic() > end:
            raise SystemExit("Neutron is still busy")
        used = cpu_s(pids)
        time.sleep(1)
        quiet = quiet + 1 if cpu_s(pids) - used < 0.1 else 0


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise SystemExit(f"{what}: {found}, not {expected}")


# What is there.


def _sql(statements: str) -> list[list[str]]:
    done = subprocess.run(MARIADB, input=statements, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"mariadb: {done.stderr}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def _counts() -> dict[str, int]:
    """Rows of each table of Neutron's."""
    tables = [row[0] for row in _sql("select table_name from information_schema.tables where table_schema = 'neutron'")]
    found = _sql(" union all ".join(f"select '{table}', count(*) from `{table}`" for table in tables))
    return {table: int(count) for table, count in found}


def _attribute(made: Mapping[str, Any]) -> int:
    return int(_sql(f"select standard_attr_id from ports where id = '{made['id']}'")[0][0])


def _ports(client: Client, made: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All ports of a port's network, as the API lists them."""
    fields = "fields=name&fields=mac_address&fields=fixed_ips"
    return list(client.json("GET", f"/v2.0/ports?network_id={made['network_id']}&{fields}")["ports"])


def _addresses(port: Mapping[str, Any]) -> set[str]:
    return {port["mac_address"], *(fixed["ip_address"] for fixed in port["fixed_ips"])}


def _taken(ports: Sequence[Mapping[str, Any]]) -> set[str]:
    return {address for port in ports for address in _addresses(port)}


def _as_listed(copy: Port) -> dict[str, Any]:
    return {"mac_address": copy.mac, "fixed_ips": [{"ip_address": copy.ip}]}


# The copies.


def _drawn(client: Client, made: Mapping[str, Any], there: Sequence[Mapping[str, Any]], count: int) -> list[Port]:
    """Ids and addresses for so many, drawn as Neutron draws them: MACs at random, addresses near the pool's begin."""
    chance, taken = random.Random(count), _taken(there)
    subnet = client.json("GET", f"/v2.0/subnets/{made['fixed_ips'][0]['subnet_id']}")["subnet"]
    first, last = (int(ipaddress.ip_address(subnet["allocation_pools"][0][end])) for end in ("start", "end"))
    free = [ip for n in range(first, last + 1) if (ip := str(ipaddress.ip_address(n))) not in taken]
    attribute = int(_sql("select max(id) from standardattributes")[0][0])
    copies: list[Port] = []
    while len(copies) < count:
        mac = "fa:16:3e:" + ":".join(f"{octet:02x}" for octet in chance.randbytes(3))
        if mac not in taken:
            taken.add(mac)
            attribute += 1
            ip = free.pop(chance.randrange(min(WINDOW, len(free))))
            copies.append(Port(str(uuid.uuid4()), attribute, f"{COPY}{attribute}", mac, ip))
    return copies


def _copy_in_mariadb(model: Port, copies: Sequence[Port]) -> None:
    """One transaction; rows that are not exactly one for each copy are refused by a key, or by the count at the end."""
    before = _counts()
    columns: dict[str, list[str]] = {}
    for table, column in _sql(
        "select table_name, column_name from information_schema.columns where table_schema = 'neutron'"
    ):
        columns.setdefault(table, []).append(column)
    values = ",".join(str(tuple(copy)) for copy in copies)
    kinds = "id varchar(36), attribute bigint, name varchar(255), mac varchar(32), ip varchar(64)"
    script = [f"create temporary table copies ({kinds})", f"insert into copies values {values}", "begin"]
    for table, own in COPIED.items():
        into = ", ".join(f"`{column}`" for column in columns[table])
        taken = ", ".join(f"c.{own[column]}" if column in own else f"t.`{column}`" for column in columns[table])
        key, what = next(iter(own.items()))
        row = f"t.`{key}` = '{getattr(model, what)}'"
        script.append(f"insert into `{table}` ({into}) select {taken} from `{table}` t join copies c where {row}")
    script += ["commit", f"analyze table {', '.join(COPIED)}"]
    _sql(";\n".join(script))
    now = _counts()
    _same("rows copied", {t: now[t] - before[t] for t in COPIED}, dict.fromkeys(COPIED, len(copies)))


async def _copy_in_ovn(model: Port, copies: Sequence[Port], pids: Sequence[int]) -> None:
    """All rows, with switch and groups; then, when Neutron has seen them, what `EVENT` says."""
    async with Session(NORTHBOUND, "OVN_Northbound") as session:
        schema = await session.connected()
        ports = schema.table("Logical_Switch_Port")
        row = (await _select(session, ports, [("name", "==", model.id)]))[0]
        at = row.pop("_uuid")
        del row["_version"]
        _same("row of a port in OVN", _copied(row, model, model), row)
        inserts: list[Operation] = []
        for n, copy in enumerate(copies):
            whole = _copied(row, model, copy)
            ids = {key: value for key, value in whole["external_ids"].items() if key != EVENT}
            inserts.append(insert(ports, {**whole, "external_ids": ids}, name=named("port", n)))
        joined = [("ports", "insert", [named("port", n) for n in range(len(copies))])]
        members = [
            mutate(table, by_uuid(found["_uuid"]), joined)
            for table in map(schema.table, ("Logical_Switch", "Port_Group"))
            for found in await _select(session, table, [("ports", "includes", [at])])
        ]
        made = await session.transact([*inserts, *members])
        await asyncio.to_thread(settle, pids)
        await session.transact(
            [
                mutate(ports, by_uuid(result.inserted), [("external_ids", "insert", {EVENT: copy.name})])
                for result, copy in zip(made, copies, strict=False)
            ]
        )


async def _select(session: Session, table: Table, where: Any) -> list[dict[str, Any]]:
    return rows(table, (await session.transact([select(table, where)]))[0])


def _copied(row: Mapping[str, Value], model: Port, copy: Port) -> dict[str, Any]:
    """A Logical_Switch_Port of one port's for another; for `model` itself it is the same."""
    ids = cast("dict[str, str]", row["external_ids"])
    address = [f"{copy.mac} {copy.ip}"]
    own = {EVENT: copy.name, "neutron:cidrs": ids["neutron:cidrs"].replace(model.ip, copy.ip)}
    changed: dict[str, Input | Mapping[str, str]] = {"name": copy.id, "external_ids": {**ids, **own}}
    return {**row, **changed, "addresses": frozenset(address), "port_security": frozenset(address)}


# Whether they are right.


def _check(client: Client, made: Mapping[str, Any], copy: Port) -> None:
    """A copy as Neutron shows it is the port that was made, but for what is its own."""
    shown = [client.json("GET", f"/v2.0/ports/{which}")["port"] for which in (made["id"], copy.id)]
    _same("a copy's addresses", _addresses(shown[1]), {copy.mac, copy.ip})
    for port in shown:
        for own in ("id", "name", "mac_address"):
            del port[own]
        del port["fixed_ips"][0]["ip_address"]
    _same("a copy by the API", shown[1], shown[0])


async def _check_northbound(model: Port, size: int) -> None:
    """The network's switch and the port's groups have as many ports."""
    async with Session(NORTHBOUND, "OVN_Northbound") as session:
        schema = await session.connected()
        port = (await _select(session, schema.table("Logical_Switch_Port"), [("name", "==", model.id)]))[0]["_uuid"]
        for table, count in (("Logical_Switch", 1), ("Port_Group", 2)):
            found = await _select(session, schema.table(table), [("ports", "includes", [port])])
            _same(f"ports in {table}", [len(row["ports"]) for row in found], [size] * count)
