"""Our EOS text against that of an independent generator: Arista's AVD (tests/data/eos/pyavd/README.md).

Input: leaf.cfg, leaf-unnumbered.cfg, spine.cfg: a fabric of the form of our test region, designed and rendered there.
border.cfg, unnumbered.cfg, rare.cfg: values of our own devices, rendered there.
Output: commands of the same form, feature by feature, or a line in a table that says why they differ. The tables are
exact: a difference that is gone must leave them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.policy import PrefixRule
from crossconnect.nos.lines import Block, Tree, lines
from crossconnect.nos.lines import Path as Headers
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import device_commands, render_files
from nos_region import cases

EOS = system("eos")
CASES = cases("eos")
MAIN = "running-config.eos"
DATA = Path(__file__).parents[2] / "data" / "eos" / "pyavd"
FILES = ("leaf.cfg", "leaf-unnumbered.cfg", "spine.cfg", "border.cfg", "unnumbered.cfg", "rare.cfg")


def paths_of(text: str) -> list[Headers]:
    """Every line with its headers."""
    tree: Tree = EOS.parse(MAIN, text)  # type: ignore[assignment]
    return list(lines(tree))


def theirs(file: str) -> list[Headers]:
    return paths_of((DATA / file).read_text())


def ours(device: DeviceConfiguration) -> list[Headers]:
    return paths_of(render_files(device)[MAIN])


# --- grammar ----------------------------------------------------------------------------------------------------------


def significant(text: str) -> list[str]:
    """Lines that say something, with their indentation."""
    return [row for row in text.splitlines() if row.strip() not in ("", "!", "exit", "end")]


@pytest.mark.parametrize("file", FILES)
def test_their_text_reads_back(file: str) -> None:
    text = (DATA / file).read_text()
    tree = EOS.parse(MAIN, text)
    assert significant(EOS.text(MAIN, tree)) == significant(text)
    assert EOS.parse(MAIN, EOS.text(MAIN, tree)) == tree


def test_lines_that_leave_a_mode_are_no_lines_of_it() -> None:
    """`router general` is shown with `exit`: a line merged behind it would stand outside of the VRF."""
    assert "exit" in (DATA / "border.cfg").read_text().split()
    assert not any({"exit", "end"} & set(path) for file in FILES for path in theirs(file))


OPERATORS_OWN = """\
banner motd
  Maintenance:
    exit slowly!
! not a comment
EOF
!
event-handler reload
   trigger on-boot
   action bash
      test -e /mnt/flash/done
      exit
      EOF
!
router general
   control-functions
      code unit accept
         function ACCEPT_ALL() {
           return true;
         }
         EOF
      exit
   exit
!
"""


def test_text_that_is_no_configuration_stays_as_it_is() -> None:
    """Input: what operators add and the manual's examples have. Output: their text, without the modes' own `exit`."""
    tree: Tree = EOS.parse(MAIN, OPERATORS_OWN)  # type: ignore[assignment]
    banner, handler, general = tree
    assert isinstance(banner, Block)
    assert banner.body == ("  Maintenance:", "    exit slowly!", "! not a comment")
    assert ("event-handler reload", "action bash", "exit") in lines((handler,))
    assert not any("exit" in path for path in lines((general,)))
    assert ("router general", "control-functions", "code unit accept", "           return true;") in lines((general,))
    assert EOS.parse(MAIN, EOS.text(MAIN, tree)) == tree


# --- the same values --------------------------------------------------------------------------------------------------

RARE_TARGETS = ("65000:10004", "65001:10004")


def rare_leaf() -> DeviceConfiguration:
    """leaf-numbered with what only rare.cfg has."""
    leaf = CASES["leaf-numbered"]

    def bond_or_gateway(device: DeviceConfiguration) -> DeviceConfiguration:
        found = []
        for i in device.interfaces:
            if i.name == "Port-Channel1":
                i = replace(i, enabled=False, min_links=2)
            if i.name == "Vlan104":
                i = replace(i, addresses=("10.1.17.1/24", "10.1.20.1/24", "2001:db8:1:11::1/64"))
            found.append(i)
        return replace(device, interfaces=tuple(found))

    instances = []
    for i in leaf.network_instances:
        if i.kind == "default" and i.bgp:
            i = replace(i, bgp=replace(i.bgp, graceful_restart=False))
        if i.kind == "mac-vrf" and i.vlan == 104:
            i = replace(i, import_rts=RARE_TARGETS)
        if i.name == "red-prod" and i.bgp:
            connected, *more = i.bgp.originate
            wider = replace(connected, connected_policy="some-connected", networks=("10.1.30.0/24",))
            i = replace(i, bgp=replace(i.bgp, originate=(wider, *more)))
        instances.append(i)
    users = tuple(replace(u, ssh_keys=("KEY", "KEY")) for u in leaf.system.users)
    management = replace(leaf.system, management_gateways=("fd00:c0::1",), users=users)
    return bond_or_gateway(replace(leaf, network_instances=tuple(instances), system=management))


def border() -> DeviceConfiguration:
    """border-numbered with a short SSH key."""
    found = CASES["border-numbered"]
    users = tuple(replace(u, ssh_keys=("KEY",)) for u in found.system.users)
    return replace(found, system=replace(found.system, users=users))


SAME_VALUES: dict[str, DeviceConfiguration] = {
    "border.cfg": border(),
    "unnumbered.cfg": CASES["spine-drained-unnumbered"],
    "rare.cfg": rare_leaf(),
}

OTHERWISE: dict[str, tuple[str, ...]] = {
    "secrets: a mark until they are applied, then in clear; they have them hidden (HIDDEN stands for it)": (
        r".*\bHIDDEN\b.*",
    ),
    "a user with keys only: a hash of which nobody knows a password; theirs leaves what then holds to EOS": (
        r"username watch privilege 1 role network-operator",
    ),
    "the name of the file's own device": (r"hostname rare",),
    "asked for there only, as our region's leaves have LLDP and TACACS+": (r"no lldp run", r"radius-server .*"),
    "networks stand in `router bgp`, which takes both versions; there in the address family": (
        r"router bgp \d+ > address-family ipv[46] > network .*",
    ),
    "`bgp missing-policy` stands in the VRF, also where it has no session yet; there in the address family": (
        r"router bgp \d+ > vrf red-prod > address-family ipv[46] > bgp missing-policy direction (in|out) action deny",
    ),
    "drained spines keep graceful restart, so that no path is lost twice; asked for there for its form": (
        r"router bgp 4200000006 > no graceful-restart-helper",
    ),
}
"""Lines of theirs that we do not write, by the reason."""


def reason_of(file: str, path: Headers) -> str:
    line = " > ".join(path)
    if file == "rare.cfg" and "graceful-restart-helper" in line:
        return ""
    return next((why for why, forms in OTHERWISE.items() if any(re.fullmatch(f, line) for f in forms)), "")


@pytest.mark.parametrize("file", sorted(SAME_VALUES))
def test_the_same_values_give_the_same_lines(file: str) -> None:
    mine = set(ours(SAME_VALUES[file]))
    missing = [path for path in theirs(file) if path not in mine and not reason_of(file, path)]
    assert missing == []


def test_every_reason_is_needed() -> None:
    said = set()
    for file, device in SAME_VALUES.items():
        mine = set(ours(device))
        said |= {reason_of(file, path) for path in theirs(file) if path not in mine}
    assert said - {""} == set(OTHERWISE)


WHOLE: tuple[tuple[str, str], ...] = (
    ("border.cfg", "flow tracking sampled"),
    ("border.cfg", "management api gnmi"),
    ("border.cfg", "management ssh"),
    ("border.cfg", "aaa group server tacacs+ xc-aaa"),
    ("border.cfg", "interface Ethernet1.2001"),
    ("border.cfg", "interface Ethernet64"),
    ("border.cfg", "interface Loopback0"),
    ("border.cfg", "router general"),
    ("border.cfg", "ip prefix-list own"),
    ("border.cfg", "ipv6 prefix-list own"),
    ("unnumbered.cfg", "interface Ethernet64"),
    ("rare.cfg", "interface Port-Channel1"),
    ("rare.cfg", "interface Vlan104"),
    ("rare.cfg", "router bgp 4200000002 > vlan 104"),
)
"""Blocks of which the input asks for everything that ours has."""


@pytest.mark.parametrize(("file", "header"), WHOLE)
def test_blocks_that_are_the_same_as_a_whole(file: str, header: str) -> None:
    def below(paths: list[Headers]) -> set[str]:
        return {line for line in map(" > ".join, paths) if line.startswith(f"{header} > ")}

    assert below(theirs(file))
    assert below(ours(SAME_VALUES[file])) == below(theirs(file))


@pytest.mark.parametrize(
    ("file", "session"), [("border.cfg", "10.254.0.1"), ("border.cfg", "100.64.0.5"), ("border.cfg", "fd00:c0:0:3::5")]
)
def test_sessions_are_the_same_as_a_whole(file: str, session: str) -> None:
    def of(paths: list[Headers]) -> set[str]:
        return {line for line in map(" > ".join, paths) if f" neighbor {session} " in line}

    mine, other = of(ours(SAME_VALUES[file])), of(theirs(file))
    assert {re.sub(r"password \d .*", "password", line) for line in mine} == {
        re.sub(r"password \d .*", "password", line) for line in other
    }


# --- the same forms ---------------------------------------------------------------------------------------------------

_VALUES: tuple[tuple[str, str], ...] = (
    (r"^(no )?neighbor (?!interface)\S+", r"\1neighbor <peer>"),
    (r"\bpeer-group \S+", "peer-group <name>"),
    (r"\bdescription .*", "description <text>"),
    (r"^name .*", "name <name>"),
    (r"^hostname .*", "hostname <name>"),
    (r"\b(route-map|prefix-list|peer group) (?!permit)\S+", r"\1 <name>"),
    (r"\bvrf (instance )?(?!instance)\S+", r"vrf \1<vrf>"),
    (r"\bsha512 \S+", "sha512 <secret>"),
    (r"\bpassword (\d) \S+", "password <kind> <secret>"),
    (r"\b[0-9a-f]{4}(:[0-9a-f]{4}){4}\b", "<esi>"),
    (r"\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b", "<mac>"),
    (r"\b[0-9a-f]{4}(\.[0-9a-f]{4}){2}\b", "<mac>"),
    (r"\b\d+(\.\d+){3}:\d+\b", "<rd>"),
    (r"(?<![\w.])[0-9a-f]*:[0-9a-f:]*:[0-9a-f]*(/\d+)?", "<address>"),
    (r"\b\d+(\.\d+){3}(/\d+)?", "<address>"),
    (r"\b\d+:\d+\b", "<target>"),
    (r"\b(Ethernet|Port-Channel|Loopback|Management|Vlan)\d+(\.\d+)?", r"\1<n>"),
    (r"\b\d+(,\d+)*\b", "<n>"),
)


def form(path: Headers) -> str:
    """A path with placeholders for values."""
    out = []
    for line in path:
        for pattern, word in _VALUES:
            line = re.sub(pattern, word, line)
        out.append(line)
    return " > ".join(out)


class Feature(NamedTuple):
    """Which lines are the feature: patterns of the beginning of a path, theirs and ours."""

    file: str
    theirs: str
    case: str
    ours: str


_FABRIC = r"10\.254\.\S+"
FEATURES: dict[str, Feature] = {
    "uplink": Feature("leaf.cfg", r"interface Ethernet6[34] > ", "leaf-ipv4", r"interface Ethernet6[34] > "),
    "loopbacks": Feature("leaf.cfg", r"interface Loopback\d > ", "leaf-ipv4", r"interface Loopback\d > "),
    "underlay session": Feature(
        "leaf.cfg",
        rf"router bgp \d+ > (address-family ipv4 > )?neighbor (IPv4-UNDERLAY-PEERS|{_FABRIC}) ",
        "leaf-ipv4",
        rf"router bgp \d+ > (address-family ipv4 > )?neighbor {_FABRIC} ",
    ),
    "EVPN overlay of a leaf": Feature(
        "leaf.cfg",
        r"router bgp \d+ > (address-family (evpn|ipv4) > )?(no )?neighbor (EVPN-OVERLAY-PEERS|10\.255\.\S+) ",
        "leaf-ipv4",
        rf"router bgp \d+ > (address-family evpn > .*|neighbor {_FABRIC} )",
    ),
    "EVPN overlay of a spine": Feature(
        "spine.cfg",
        r"router bgp \d+ > (address-family (evpn|ipv4) > )?(no )?neighbor (EVPN-OVERLAY-PEERS|10\.255\.\S+) ",
        "spine-ipv4",
        rf"router bgp \d+ > (address-family evpn > .*|neighbor {_FABRIC} )",
    ),
    "BGP speaker": Feature(
        "leaf.cfg",
        r"router bgp \d+ > (?!vlan|vrf|address-family|(no )?neighbor)",
        "leaf-ipv4",
        r"router bgp \d+ > (?!vlan|vrf|address-family|(no )?neighbor)",
    ),
    "VLANs": Feature("leaf.cfg", r"vlan \d+ > ", "leaf-ipv4", r"vlan \d+ > "),
    "MAC-VRFs": Feature("leaf.cfg", r"router bgp \d+ > vlan ", "leaf-ipv4", r"router bgp \d+ > vlan "),
    "IP-VRFs": Feature(
        "leaf.cfg",
        r"(vrf instance|(no )?ip(v6 unicast-)? ?routing|router bgp \d+ > vrf (?!.*neighbor))",
        "leaf-numbered",
        r"(vrf instance|(no )?ip(v6 unicast-)? ?routing|router bgp \d+ > vrf (?!.*neighbor))",
    ),
    "anycast gateway": Feature(
        "leaf.cfg",
        r"(ip virtual-router|interface Vlan\d+ > (?!.*access-group))",
        "leaf-numbered",
        r"(ip virtual-router|interface Vlan\d+ > (?!.*access-group))",
    ),
    "VXLAN": Feature("leaf.cfg", r"interface Vxlan1", "leaf-numbered", r"interface Vxlan1"),
    "bonds of an Ethernet segment": Feature(
        "leaf.cfg", r"interface Port-Channel\d+ > ", "leaf-numbered", r"interface Port-Channel\d+ > "
    ),
    "ports of a bond": Feature("leaf.cfg", r"interface Ethernet1 > ", "leaf-numbered", r"interface Ethernet1 > "),
    "session to the outside": Feature(
        "leaf.cfg",
        r"router bgp \d+ > vrf red-prod > .*neighbor",
        "border-ipv4",
        r"router bgp \d+ > vrf red-prod > .*neighbor 100",
    ),
    "port to the outside": Feature(
        "leaf.cfg", r"interface Ethernet10", "border-ipv4", r"interface Ethernet1(\.2000)?($| > )"
    ),
    "BFD timers": Feature("leaf.cfg", r"router bfd", "leaf-ipv4", r"interface Ethernet6[34] > bfd"),
    "unnumbered uplink": Feature(
        "leaf-unnumbered.cfg",
        r"(interface Ethernet6[34] > |ip routing ipv6|ipv6 unicast-routing$)",
        "leaf-unnumbered",
        r"(interface Ethernet6[34] > |ip routing ipv6|ipv6 unicast-routing$)",
    ),
    "unnumbered underlay session": Feature(
        "leaf-unnumbered.cfg",
        r"router bgp \d+ > (address-family ipv4 > )?neighbor (IPv4-UNDERLAY-PEERS|interface)",
        "leaf-unnumbered",
        r"router bgp \d+ > (address-family ipv4 > )?neighbor ",
    ),
    "start": Feature(
        "leaf.cfg",
        r"(hostname|service|vlan internal|spanning-tree|username|transceiver|no )(?!.*routing vrf)",
        "leaf-numbered",
        r"(hostname|service|vlan internal|spanning-tree|username \S+ privilege 15|transceiver)",
    ),
    "management": Feature(
        "leaf.cfg",
        r"(interface Management|ntp|logging|ip route)",
        "leaf-numbered",
        r"(interface Management|ntp|logging|ip route)(?!.*access-group)",
    ),
}


def chosen(paths: list[Headers], pattern: str) -> set[str]:
    return {form(path) for path in paths if re.match(pattern, " > ".join(path))}


class Difference(NamedTuple):
    """Lines of a feature that only one of both has, and why."""

    theirs: tuple[str, ...]
    ours: tuple[str, ...]
    why: str


_SPEAKER = "router bgp <n> > "
_SESSION = "router bgp <n> > neighbor <peer> "
_VRF = "router bgp <n> > vrf <vrf> > "
_PORT = "interface Ethernet<n> > "


def _always_up(header: str) -> Difference:
    return Difference((f"{header} > no shutdown",), (), "interfaces are up unless they are shut down")


_OBSERVED = Difference((), (f"{_PORT}flow tracker sampled xc-flows", f"{_PORT}sflow enable"), "not asked for there")
_GROUPS = Difference(
    (f"{_SESSION}peer group", f"{_SESSION}peer group <name>"),
    (),
    "settings stand at each session, so that one session can change; groups only where EOS wants them (unnumbered)",
)
_TIMERS = Difference((), (f"{_SESSION}timers <n> <n>",), "3 s and 9 s, by design; EOS has 60 s and 180 s")
_LOOPBACK_SESSIONS = Difference(
    (
        f"{_SESSION}ebgp-multihop <n>",
        f"{_SESSION}update-source Loopback<n>",
        f"{_SPEAKER}address-family ipv4 > no neighbor <peer> activate",
    ),
    (),
    "EVPN is in the session of the underlay, there in one of its own between loopbacks",
)
_BEST_PATH = "how paths are chosen is said, so that it is the same on every system; there the defaults of EOS"
_WAIT = "not designed: whether a platform can wait for its hardware is in no inventory"

DIFFERENCES: dict[str, tuple[Difference, ...]] = {
    "uplink": (
        _always_up("interface Ethernet<n>"),
        _OBSERVED,
        Difference(
            (),
            (f"{_PORT}bfd interval <n> min-rx <n> multiplier <n>",),
            "the design's interval; there the default, which is the same",
        ),
    ),
    "unnumbered uplink": (
        _always_up("interface Ethernet<n>"),
        _OBSERVED,
        Difference((), (f"{_PORT}bfd interval <n> min-rx <n> multiplier <n>",), "as for numbered ones"),
    ),
    "loopbacks": (_always_up("interface Loopback<n>"),),
    "underlay session": (_GROUPS, _TIMERS),
    "unnumbered underlay session": (_TIMERS,),
    "EVPN overlay of a leaf": (_GROUPS, _TIMERS, _LOOPBACK_SESSIONS),
    "EVPN overlay of a spine": (
        _GROUPS,
        _TIMERS,
        _LOOPBACK_SESSIONS,
        Difference(
            (f"{_SESSION}next-hop-unchanged",),
            (f"{_SPEAKER}address-family evpn > bgp next-hop-unchanged",),
            "the session carries IPv4 and IPv6 as well, where a spine is the next hop; the family's form is in "
            "unnumbered.cfg",
        ),
    ),
    "BGP speaker": (
        Difference(
            (f"{_SPEAKER}redistribute connected route-map <name>",),
            (f"{_SPEAKER}network <address>",),
            "the one loopback is named: what is not named cannot leak",
        ),
        Difference((f"{_SPEAKER}update wait-install",), (), _WAIT),
        Difference(
            (),
            (f"{_SPEAKER}bgp bestpath as-path multipath-relax", f"{_SPEAKER}bgp bestpath tie-break router-id"),
            _BEST_PATH,
        ),
    ),
    "IP-VRFs": (
        Difference(
            (f"{_VRF}address-family ipv4",), (), "header of the session to the outside, which this leaf has not"
        ),
        Difference((f"{_VRF}update wait-install",), (), _WAIT),
        Difference((), ("ipv6 unicast-routing",), "the underlay has both versions"),
        Difference(
            (), (f"{_VRF}bgp bestpath as-path multipath-relax", f"{_VRF}bgp bestpath tie-break router-id"), _BEST_PATH
        ),
        Difference((), (f"{_VRF}maximum-paths <n> ecmp <n>",), "said for each VRF; the form is in border.cfg"),
        Difference(
            (),
            tuple(f"{_VRF}bgp missing-policy direction {way} action deny" for way in ("in", "out")),
            "RFC 8212; see OTHERWISE",
        ),
    ),
    "anycast gateway": (_always_up("interface Vlan<n>"),),
    "VXLAN": (Difference(("interface Vxlan1 > description <text>",), (), "nothing to say"),),
    "bonds of an Ethernet segment": (
        _always_up("interface Port-Channel<n>"),
        Difference(
            ("interface Port-Channel<n> > switchport", "interface Port-Channel<n> > switchport mode access"),
            (),
            "defaults, which EOS does not show; a port that was routed gets `switchport` by the difference",
        ),
    ),
    "ports of a bond": (_always_up("interface Ethernet<n>"), _OBSERVED),
    "session to the outside": (
        Difference(
            tuple(f"{_VRF}neighbor <peer> route-map <name> {way}" for way in ("in", "out")),
            tuple(f"{_VRF}address-family ipv4 > neighbor <peer> route-map <name> {way}" for way in ("in", "out")),
            "per family, as maps are; the form is in border.cfg",
        ),
        Difference(
            (),
            tuple(
                f"{_VRF}neighbor <peer> {what}"
                for what in ("enforce-first-as", "maximum-accepted-routes <n>", "send-community", "timers <n> <n>")
            ),
            "of the design; not asked for there. The forms are in border.cfg",
        ),
    ),
    "port to the outside": (
        _always_up("interface Ethernet<n>"),
        _OBSERVED,
        Difference((), (f"{_PORT}description <text>", f"{_PORT}mtu <n>"), "of the design; their port has neither"),
        Difference((), (f"{_PORT}ipv6 enable", f"{_PORT}ipv6 address <address>"), "the VRF has both versions"),
    ),
    "BFD timers": (
        Difference(
            ("router bfd", "router bfd > multihop interval <n> min-rx <n> multiplier <n>"),
            (f"{_PORT}bfd interval <n> min-rx <n> multiplier <n>",),
            "no session is over more than one hop",
        ),
    ),
    "start": (
        Difference(("no aaa root", "no enable password"), (), "what EOS shows as it comes"),
        Difference(("spanning-tree mst <n> priority <n>",), (), "no switch is below a leaf"),
        Difference(("transceiver qsfp default-mode 4x10G",), (), "what EOS shows as it comes"),
    ),
    "management": (
        _always_up("interface Management<n>"),
        Difference(("ntp server vrf <vrf> <address> prefer",), (), "servers are equal"),
    ),
}


def differences(name: str) -> tuple[set[str], set[str]]:
    feature = FEATURES[name]
    other, mine = chosen(theirs(feature.file), feature.theirs), chosen(ours(CASES[feature.case]), feature.ours)
    assert other, "the pattern finds nothing of theirs"
    assert mine, "the pattern finds nothing of ours"
    return other - mine, mine - other


@pytest.mark.parametrize("name", sorted(FEATURES))
def test_a_feature_has_the_same_commands(name: str) -> None:
    only_theirs, only_ours = differences(name)
    said = DIFFERENCES.get(name, ())
    assert only_theirs == {line for difference in said for line in difference.theirs}
    assert only_ours == {line for difference in said for line in difference.ours}


def test_every_difference_is_of_a_feature_and_has_a_reason() -> None:
    assert DIFFERENCES.keys() <= FEATURES.keys()
    assert all(difference.why for said in DIFFERENCES.values() for difference in said)


def test_a_rule_of_one_length_has_their_form() -> None:
    """Input: what our region does not ask for, prefixes of exactly 32 bits. Output: `eq`, as theirs for loopbacks."""
    border = CASES["border-numbered"]
    policy = border.routing_policy
    sets = tuple(
        replace(s, rules=(PrefixRule("10.255.0.0/24", 32, 32),)) if s.name == "own" and s.version == 4 else s
        for s in policy.prefix_sets
    )
    mine = ours(replace(border, routing_policy=replace(policy, prefix_sets=sets)))
    (line,) = (path[1] for path in mine if path[0] == "ip prefix-list own" and len(path) > 1)
    assert line == "seq 10 permit 10.255.0.0/24 eq 32"
    assert ("ip prefix-list PL-LOOPBACKS-EVPN-OVERLAY", line) in theirs("leaf.cfg")


def test_a_port_that_was_routed_becomes_a_switched_one() -> None:
    """`switchport` is a default, and not written; it is said where it changes."""
    leaf = CASES["leaf-numbered"]
    bridged = next(i for i in leaf.interfaces if i.name == "Ethernet3")
    routed = replace(bridged, members=(), addresses=("192.0.2.0/31",))
    before = replace(leaf, interfaces=tuple(routed if i is bridged else i for i in leaf.interfaces))
    (commands,) = device_commands(before, leaf)
    said = [line.strip() for line in commands.text.splitlines()]
    assert {"switchport", "no no switchport"} & set(said) == {"switchport"}
