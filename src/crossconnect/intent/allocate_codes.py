"""What expanding the inventory and allocating numbers have to say."""

from __future__ import annotations

from crossconnect.finding import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

NAME_TAKEN = Code(
    "intent.name-taken",
    _E,
    "Two things that expansion makes (switches, racks, servers, external routers) get the same name.",
    "Give one of them another name, or put `{n}` into the name pattern.",
)
NAME_PATTERN = Code(
    "intent.name-pattern",
    _E,
    "A name pattern has a placeholder that does not exist there.",
    "Use only `{pod}`, `{rack}`, `{name}` and `{n}`, as the field's description allows.",
)
DEVICE_INCOMPLETE = Code(
    "intent.device-incomplete",
    _E,
    "A device written by hand is none that a pod expands to, and lacks what a new device needs.",
    "Add its role and site, or correct its name so that it refines a device of a pod.",
)
PLATFORM_PORTS = Code(
    "intent.platform-ports",
    _E,
    "The ports of a platform are not names or rising ranges.",
    "Write ports as in swp1 or swp[1-32]; name as uplinks only ports that exist.",
)
LINK_TIER = Code(
    "intent.link-tier",
    _E,
    "A link joins two switches of one tier, or a switch with itself; a Clos has links between tiers only (RFC 7938 3).",
    "Connect leaves with spines or super-spines, and spines with super-spines.",
)
MLAG_LEAVES = Code(
    "intent.mlag-leaves",
    _E,
    "A rack is to be an MLAG pair, and has other than two leaves, or no cable between them.",
    "Set `leaves: 2` at the rack and `peer_links` to 1 or more (2, so that one may break), or leave `multihoming` to "
    "`ethernet-segments`.",
)
PORT_TAKEN = Code("intent.port-taken", _E, "Two cables end in one port.", "Move one of the cables to another port.")
PORT_UNKNOWN = Code(
    "intent.port-unknown",
    _E,
    "A cable ends in, or a risk group names, a port that the device's platform does not have.",
    "Use a port of the platform, or define a platform that has it.",
)
PORTS_EXHAUSTED = Code(
    "intent.ports-exhausted",
    _E,
    "A device has fewer free ports than cables that need one.",
    "Choose a platform with more ports, or fewer cables.",
)
POOL_MISSING = Code(
    "intent.pool-missing",
    _E,
    "Numbers are needed for which the region has no pool.",
    "Add a pool of that purpose to region.yaml.",
)
POOL_EXHAUSTED = Code(
    "intent.pool-exhausted",
    _E,
    "A pool has fewer free numbers than are needed.",
    "Widen the pool or add a second one of the same purpose; existing numbers stay.",
)
NUMBER_MOVED = Code(
    "intent.number-moved",
    _W,
    "An object loses the number it holds, because the number was taken out of the pool, reserved, or given to another "
    "object by hand.",
    "Undo the change of the pool, or write the number down at the object, if this renumbering is not wanted.",
)
RACKS_RENUMBERED = Code(
    "intent.racks-renumbered",
    _W,
    "Entries of racks without names of their own were put in, taken out or put in another order. They are told apart "
    "by their order alone, so racks, their leaves and servers become others.",
    "Put new entries at the end, or first give every rack its present `name`, or say the change in `moved`.",
)
LEAVES_UNRECORDED = Code(
    "intent.leaves-unrecorded",
    _W,
    "The lock was written by an xc that did not record which leaf is in which rack, and the pod's leaves have changed "
    "since; their numbers follow from the order of racks, as they did then.",
    "Undo the change, run `xc lock`, and make it again; from then on leaves keep their names.",
)
LOCK_CONFLICT = Code(
    "intent.lock-conflict",
    _E,
    "The lock gives one number to two objects: it was edited by hand, or two branches were merged.",
    "Restore it with `git checkout region.lock`; after a merge take one side's file whole, then run `xc lock`.",
)
LOCK_VALUE = Code(
    "intent.lock-value",
    _E,
    "The lock holds a value that is no number of its pool: it was edited by hand.",
    "Restore it with `git checkout region.lock`; a number of your choice is written at its object, not here.",
)
MOVED_UNUSED = Code(
    "intent.moved-unused",
    _N,
    "A `moved` entry names a path of which the lock holds no number: it has done its work.",
    "Remove the entry.",
)
MOVED_CONFLICT = Code(
    "intent.moved-conflict",
    _E,
    "A `moved` entry leads to a path that holds numbers of its own.",
    "Remove the entry, or correct its paths.",
)

CODES: tuple[Code, ...] = (
    NAME_TAKEN,
    NAME_PATTERN,
    DEVICE_INCOMPLETE,
    PLATFORM_PORTS,
    LINK_TIER,
    PORT_TAKEN,
    PORT_UNKNOWN,
    PORTS_EXHAUSTED,
    POOL_MISSING,
    POOL_EXHAUSTED,
    NUMBER_MOVED,
    RACKS_RENUMBERED,
    LEAVES_UNRECORDED,
    LOCK_CONFLICT,
    LOCK_VALUE,
    MOVED_UNUSED,
    MOVED_CONFLICT,
)

RENUMBERING = frozenset({NUMBER_MOVED.name, RACKS_RENUMBERED.name, LEAVES_UNRECORDED.name})
"""Warnings that something does not keep its number: what whoever writes a lock must see."""
