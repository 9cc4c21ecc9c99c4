"""FRR's confirmed change: the watchdog that takes it back, and what its answers mean. In a lab and on hosts alike.

    /run/crossconnect/change/   commands.conf  undo.conf  watchdog.sh  watchdog.pid
                                pending --mv--> confirmed   by us
                                pending --mv--> expired     by the watchdog when its time is over: then undo.conf

Whoever moves `pending` has decided; moving is one step, so only one does. A watchdog ends with its change: it is
stopped when the change is kept or taken back, and one that was not found to be stopped sees that its number is no
longer in watchdog.pid and leaves the next change alone. It sleeps by the monotonic clock and lives on the device, so it
does not matter whether we do. /run is empty after a reboot, and FRR starts with its old
frr.conf, which is replaced at the confirmation only.

frr-reload.py is asked what differs (`--test`), and lets nothing be loaded by itself: it would take namespaces from VRFs
(`no netns`), a file that it cannot read has made it remove everything (frr #10453), and it has ended with 1 though all
was applied (#8403). vtysh reads the commands first, and what counts is the difference that is left.
"""

from __future__ import annotations

import re

TEST = "/usr/lib/frr/frr-reload.py --test --log-level critical"
DIRECTORY = "/run/crossconnect/change"
FILE = "frr.conf"
PASSES = 2
"""How often the difference is taken and given, as frr-reload.py itself does."""

LOADER = """\
load() {
    enter "$1" || return
    grep -qE '(route-map|(prefix|access|community)-list) ' "$1" || return 0
    delay=$(vtysh -d bgpd -c 'show running-config' | grep '^bgp route-map delay-timer ')
    vtysh -d bgpd -c 'configure terminal' -c 'bgp route-map delay-timer 0' -c "${delay:-no bgp route-map delay-timer}"
}
enter() {
    grep -q '^ no vni ' "$1" || { vtysh -f "$1"; return; }
    first=$(sed -n '/^no router bgp .* vrf /{=;q}' "$1")
    vnis=$(head -n "${first:-0}" "$1" | sed -n 's/^ no vni //p' | paste -sd '|')
    [ "$vnis" ] || { vtysh -f "$1"; return; }
    head -n $((first - 1)) "$1" > first.conf && vtysh -f first.conf
    tries=100
    while [ $tries -gt 0 ] && vtysh -d bgpd -c 'show bgp vrfs' | grep -qE "^ +($vnis) "; do
        tries=$((tries - 1))
        sleep 0.1
    done
    tail -n "+$first" "$1" > rest.conf && vtysh -f rest.conf
}
"""
"""Gives a file of commands to vtysh. L3VNIs that are taken away before their BGP instances are so first, and waited
for: bgpd hears of it from zebra, lets no instance go until then, and vtysh would enter what comes after that in
whatever it was in. 10 s are more than it ever takes; then what is left says that it did not work."""

WATCHDOG = f"""\
#!/bin/sh
# Started with the seconds after which the change is taken back.
export VTYSH_HISTFILE=/dev/null
cd {DIRECTORY} || exit 1
{LOADER}\
echo $$ > watchdog.pid
sleep "$1"
[ "$(cat watchdog.pid)" = $$ ] || exit 0
mv pending expired 2> /dev/null || exit 0
[ -e restore.sh ] && sh restore.sh
load undo.conf
[ -e ungrow.sh ] && sh ungrow.sh
touch restored
"""
"""`restore.sh` and `ungrow.sh`: what a lab does to a switch's Linux side before and after; hosts have none."""
MARKS = ("pending", "confirmed", "expired", "restored", "watchdog.pid", "ungrow.sh", "restore.sh")
"""Files that say how far a change is, and what an earlier one may have left."""

_INSTANCE_GOES = re.compile(r"no router bgp \d+ vrf (\S+)")
_L3VNI = re.compile(r"^vrf (\S+)\n(?: .*\n)*? vni (\d+)$", re.MULTILINE)
_NOT_SHOWN = re.compile(
    r"no netns \S+"
    r"|(bgp )?(suppress-duplicates|hard-administrative-reset|network import-check|ebgp-requires-policy)"
    r"|no bgp default show-(hostname|nexthop-hostname)"
    r"|detect-multiplier 3|(transmit|receive)-interval 300"
    r"|neighbor \S+ attribute-unchanged next-hop"
    r"|ip(v6)? forwarding"
)
"""Lines that FRR 8.4 does not show though it has them, being its defaults, and the namespaces of VRFs, which nobody
configures. A default that was changed is shown the other way round, and so is a difference."""


def load_command(name: str) -> str:
    """Gives a file of the directory to vtysh."""
    return f"export VTYSH_HISTFILE=/dev/null; cd {DIRECTORY} || exit 1\n{LOADER}load {name}"


def start_command(seconds: int) -> str:
    """Starts the watchdog in a session of its own, so that it outlives whoever started it."""
    return f"setsid sh {DIRECTORY}/watchdog.sh {seconds} < /dev/null > /dev/null 2>&1 &"


def stop_command() -> str:
    """Ends the watchdog of a change that is decided, and its sleep; nothing where there is none. The number may be an
    old one that another process has by now, so it is looked at whose it is."""
    return (
        f"cd {DIRECTORY} && dog=$(cat watchdog.pid 2> /dev/null) && grep -q watchdog.sh /proc/$dog/cmdline 2> /dev/null"
        " && kill -KILL -$dog; true"
    )


def blocks_of(said: str) -> list[list[str]]:
    """The answer of `frr-reload.py --test`: each line to be given, below the lines that lead to it; what is to go
    first, then what is to come."""
    blocks: list[list[str]] = []
    inside = False
    for line in said.splitlines():
        if line.startswith("Lines To "):
            inside = True
        elif inside and line.strip() and not line.startswith("==="):
            if line.startswith(" ") and blocks:
                blocks[-1].append(line)
            else:
                blocks.append([line])
    return blocks


def shown(blocks: list[list[str]]) -> list[list[str]]:
    """Without what FRR has and does not show."""
    return [block for block in blocks if not _NOT_SHOWN.fullmatch(block[-1].strip())]


def remaining_lines(said: str) -> tuple[str, ...]:
    """The answer of `frr-reload.py --test` as one line of text for each line that FRR lacks, or has too many."""
    return tuple(" / ".join(line.strip() for line in block) for block in shown(blocks_of(said)))


def commands_text(said: str, wanted: str) -> str:
    """What to give to vtysh so that nothing remains on the way to `wanted`. bgpd lets no instance go whose VRF has an
    L3VNI: where another one comes in its place, that is taken away first, and given back last."""
    blocks = shown(blocks_of(said))
    l3vnis = {match[1]: match[2] for match in _L3VNI.finditer(wanted)}
    going = [match[1] for block in blocks if (match := _INSTANCE_GOES.fullmatch(block[-1].strip()))]
    away, back = (
        "".join(f"vrf {vrf}\n {no}vni {l3vnis[vrf]}\nexit-vrf\n" for vrf in going if vrf in l3vnis)
        for no in ("no ", "")
    )
    return away + "".join(f"{line}\n" for block in blocks for line in block) + back
