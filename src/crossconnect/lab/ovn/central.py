"""OVN's centre: northbound and southbound database, and northd between them, in a node of their own.

    whoever writes  --- unix:<run directory>/.../nb.sock --->  northbound
                                                                  | northd
    ovn-controller of each chassis  --- tcp, port 6642 ------>  southbound

With several members each database is a RAFT cluster (ovsdb(7)), its members processes of the same node.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

import msgspec

from crossconnect.errors import BadInput, Rejected, Unreachable, Unsupported
from crossconnect.lab.handle import Lab
from crossconnect.lab.ovn import processes
from crossconnect.lab.ovn.processes import DIRECTORY
from crossconnect.lab.ovn.software import OvnSoftware
from crossconnect.lab.plan import MAIN, Batch, Daemon, File, NodePlan

CENTRAL_NODE = "_central"
"""Its name as a node. No device or server can have it."""

CENTRAL_INTERFACE = "oob"
SOUTHBOUND_PORT = 6642
RAFT_PORT = {"northbound": 6643, "southbound": 6644}
MEMBER_PORTS = 10
"""Ports of one member of a cluster and of the next are this far apart."""

Database = Literal["northbound", "southbound"]
DATABASES: tuple[Database, ...] = ("northbound", "southbound")

_SCHEMA = {"northbound": "/usr/share/ovn/ovn-nb.ovsschema", "southbound": "/usr/share/ovn/ovn-sb.ovsschema"}
_SCHEMA_NAME = {"northbound": "OVN_Northbound", "southbound": "OVN_Southbound"}
_SOCKET = {"northbound": "nb", "southbound": "sb"}

SOCKET_PATH_MAX = 107
"""Of a unix socket's path (unix(7): sun_path has 108 octets, one of which ends it)."""

READY_S = 90.0
"""Of a machine that does much else; it is ready in a second or two."""


class CentralPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How the centre is built. `address` is where chassis reach it, with length."""

    software: OvnSoftware
    address: str
    members: int = 1
    """Of each database: 1, or 3 and more for a RAFT cluster."""

    def processes(self, database: Database) -> tuple[str, ...]:
        """Names of a database's processes."""
        if self.members == 1:
            return (database,)
        return tuple(f"{database}-{number}" for number in range(1, self.members + 1))

    def southbound_remotes(self) -> str:
        """`ovn-remote` of chassis."""
        host = self.address.partition("/")[0]
        host = f"[{host}]" if ":" in host else host
        return ",".join(f"tcp:{host}:{SOUTHBOUND_PORT + MEMBER_PORTS * n}" for n in range(self.members))


def central_node(plan: CentralPlan) -> NodePlan:
    """The node: databases first, all at once, then northd."""
    files = [_database_script(plan, database, n) for database in DATABASES for n in range(plan.members)]
    remotes = [f"--ovn{_SOCKET[d]}-db={_sockets(plan, d, '/run')}" for d in DATABASES]
    files.append(processes.start_script("northd", ("ovn-northd", *remotes)))
    databases = [name for database in DATABASES for name in plan.processes(database)]
    return NodePlan(
        name=CENTRAL_NODE,
        kind="central",
        root=plan.software.root,
        setup=(
            Batch(
                namespace=MAIN,
                lines=(
                    "link set lo up",
                    f"addr replace {plan.address} dev {CENTRAL_INTERFACE}" + (" nodad" if ":" in plan.address else ""),
                    f"link set {CENTRAL_INTERFACE} up",
                ),
            ),
        ),
        files=tuple(files),
        daemons=(
            Daemon(name="ovsdb-server", argv=processes.start_argv(plan.software, *databases)),
            Daemon(name="ovn-northd", argv=processes.start_argv(plan.software, "northd")),
        ),
    )


def _sockets(plan: CentralPlan, database: Database, directory: str) -> str:
    """A database's remotes by unix socket."""
    name = _SOCKET[database]
    if plan.members == 1:
        return f"unix:{directory}/{name}.sock"
    return ",".join(f"unix:{directory}/{name}{number}.sock" for number in range(1, plan.members + 1))


def _database_script(plan: CentralPlan, database: Database, member: int) -> File:
    name = plan.processes(database)[member]
    path = f"{DIRECTORY}/{name}.db"
    schema = _SCHEMA[database]
    number = str(member + 1) if plan.members > 1 else ""
    remotes = [f"--remote=punix:/run/{_SOCKET[database]}{number}.sock"]
    if database == "southbound":
        remotes.append(f"--remote=ptcp:{SOUTHBOUND_PORT + MEMBER_PORTS * member}:{plan.address.partition('/')[0]}")
    if plan.members == 1:
        create = f"ovsdb-tool create {path} {schema}"
    else:
        first, own = (f"tcp:127.0.0.1:{RAFT_PORT[database] + MEMBER_PORTS * n}" for n in (0, member))
        create = (
            f"ovsdb-tool join-cluster {path} {_SCHEMA_NAME[database]} {own} {first}"
            if member
            else f"ovsdb-tool create-cluster {path} {schema} {own}"
        )
    lock = f"rm -f {DIRECTORY}/.{name}.db.~lock~"
    before = (lock, f"[ -e {path} ] || {create}")
    # A member of a cluster serves before it has joined; a cluster that loses its leader then has no majority.
    socket = f"unix:/run/{_SOCKET[database]}{number}.sock"
    joined = f"ovsdb-client --timeout=60 wait {socket} {_SCHEMA_NAME[database]} connected"
    after = (joined,) if plan.members > 1 else ()
    return processes.start_script(name, ("ovsdb-server", *remotes, path), before, after)


class Central:
    """The centre of a running lab."""

    def __init__(self, lab: Lab, plan: CentralPlan) -> None:
        self.lab = lab
        self.plan = plan
        for database in DATABASES:
            longest = max((remote.removeprefix("unix:") for remote in self._remotes(database).split(",")), key=len)
            if len(longest) > SOCKET_PATH_MAX:
                raise Unsupported(f"{longest} is too long for a socket: take a shorter run root or name of the lab")

    @property
    def northbound(self) -> str:
        """Where the northbound database is reached from outside the lab (`unix:...`, comma-separated members)."""
        return self._remotes("northbound")

    @property
    def southbound(self) -> str:
        """The same of the southbound database."""
        return self._remotes("southbound")

    def nbctl(self, *words: str) -> str:
        """Run `ovn-nbctl` and return what it prints. Raises Rejected with its error."""
        remote = f"--db={_sockets(self.plan, 'northbound', '/run')}"
        return processes.control(
            self.lab, self.plan.software, CENTRAL_NODE, "ovn-nbctl", remote, "--timeout=90", *words
        )

    def sbctl(self, *words: str) -> str:
        """Run `ovn-sbctl` and return what it prints. Raises Rejected with its error."""
        remote = f"--db={_sockets(self.plan, 'southbound', '/run')}"
        return processes.control(
            self.lab, self.plan.software, CENTRAL_NODE, "ovn-sbctl", remote, "--timeout=90", *words
        )

    def sync(self, wait: Literal["sb", "hv"] = "hv") -> None:
        """Wait until what the northbound database says is in the southbound one, or realised on every chassis."""
        self.nbctl(f"--wait={wait}", "sync")

    def kill(self, *names: str) -> None:
        """Kill processes: `northbound`, `southbound`, `northd`, or members such as `southbound-2`."""
        processes.kill(self.lab, CENTRAL_NODE, *self._expanded(names))

    def start(self, *names: str) -> None:
        """Start them again, with the database they had; returns when they serve."""
        processes.start(self.lab, self.plan.software, CENTRAL_NODE, *self._expanded(names))

    def restart(self, *names: str) -> None:
        """Kill and start."""
        self.kill(*names)
        self.start(*names)

    def wipe(self, database: Database) -> None:
        """Kill a database with all its members, delete it, and start it anew: empty. Northd fills the southbound
        one again; what the northbound one had, nobody knows any more but who wrote it."""
        names = self.plan.processes(database)
        processes.kill(self.lab, CENTRAL_NODE, *names)
        self.lab.run(CENTRAL_NODE, ["rm", "-f", *(f"{DIRECTORY}/{name}.db" for name in names)])
        processes.start(self.lab, self.plan.software, CENTRAL_NODE, *names)

    def running(self) -> tuple[str, ...]:
        """The processes that run."""
        return processes.running(self.lab, CENTRAL_NODE, *self._expanded((*DATABASES, "northd")))

    def leader(self, database: Database) -> str:
        """The process that leads a database's cluster. Raises Unreachable when none does for a while."""
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            for name in self.plan.processes(database):
                try:
                    said = self._appctl(name, "cluster/status", _SCHEMA_NAME[database])
                except Rejected:
                    continue
                if "Role: leader" in said:
                    return name
            time.sleep(0.1)
        raise Unreachable(f"lab {self.lab.name}: the {database} database has had no leader for {READY_S:.0f} s")

    def wait_ready(self, chassis: Sequence[str] = ()) -> None:
        """Wait until northd has taken note of the northbound database, and chassis are known to the southbound one:
        `--wait=hv` waits only for those. Raises Unreachable when that takes too long."""
        try:
            self.nbctl("--wait=sb", f"--timeout={READY_S:.0f}", "sync")
            words = [word for name in chassis for word in ("--", "wait-until", "Chassis", name)]
            if words:
                self.sbctl(f"--timeout={READY_S:.0f}", *words)
        except Rejected as error:
            raise Unreachable(f"lab {self.lab.name}: OVN is not ready after {READY_S:.0f} s") from error

    def _appctl(self, process: str, *words: str) -> str:
        return processes.appctl(self.lab, self.plan.software, CENTRAL_NODE, process, *words)

    def _remotes(self, database: Database) -> str:
        return _sockets(self.plan, database, str(self.lab.node_directory(CENTRAL_NODE) / "run"))

    def _expanded(self, names: tuple[str, ...]) -> tuple[str, ...]:
        known = {database: self.plan.processes(database) for database in DATABASES}
        single = {"northd", *(name for members in known.values() for name in members)}
        found: list[str] = []
        for name in names:
            if name in known:
                found += known[name]
            elif name in single:
                found.append(name)
            else:
                raise BadInput(f"the centre of a lab has no process {name!r}")
        return tuple(found)
