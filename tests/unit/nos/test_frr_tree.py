"""Text, tree, and what leads from one tree to another."""

from __future__ import annotations

from frr_samples import border, samples, spine, tenant_leaf
from hypothesis import given
from hypothesis import strategies as st

from crossconnect.nos.frr import Block, Tree, changes, parse, render, text
from crossconnect.nos.frr.tree import lines

LINES = st.text("abc 0", min_size=1, max_size=8).map(lambda s: f"line {s}".strip())
HEADERS = {
    "": [
        ("router bgp {}", "exit"),
        ("interface e{}", "exit"),
        ("vrf v{}", "exit-vrf"),
        ("route-map m permit {}", "exit"),
    ],
    "router": [("address-family ipv4 f{}", "exit-address-family")],
    "address-family": [("vni {}", "exit-vni")],
}


def blocks(context: str, depth: int) -> st.SearchStrategy[Tree]:
    entries: st.SearchStrategy[str | Block] = LINES
    for header, exit_word in HEADERS.get(context, ()) if depth else ():
        inner = blocks(header.partition(" ")[0], depth - 1)
        entries |= st.builds(
            lambda n, body, header=header, exit_word=exit_word: Block(header.format(n), body, exit_word),
            st.integers(0, 99),
            inner,
        )
    return st.lists(entries, max_size=5).map(tuple)


@given(blocks("", 3))
def test_text_reads_back(tree: Tree) -> None:
    assert parse(text(tree)) == tree


@given(st.text())
def test_any_text_can_be_read(written: str) -> None:
    again = parse(written)
    assert isinstance(again, tuple)


def test_running_configuration_reads_as_a_tree() -> None:
    shown = (
        "Building configuration...\n\nCurrent configuration:\n!\nfrr version 8.4.4\n!\n"
        "vrf red\n vni 5001\nexit-vrf\n!\nrouter bgp 65000\n no bgp default ipv4-unicast\n !\n"
        " address-family l2vpn evpn\n  advertise-all-vni\n  vni 10100\n   rd 10.0.0.1:2\n  exit-vni\n"
        " exit-address-family\nexit\n!\nend\n"
    )
    evpn = Block(
        "address-family l2vpn evpn",
        ("advertise-all-vni", Block("vni 10100", ("rd 10.0.0.1:2",), "exit-vni")),
        "exit-address-family",
    )
    assert parse(shown) == (
        "frr version 8.4.4",
        Block("vrf red", ("vni 5001",), "exit-vrf"),
        Block("router bgp 65000", ("no bgp default ipv4-unicast", evpn)),
    )


def test_blocks_without_exit_end_where_the_next_one_begins() -> None:
    assert parse("interface a\n description x\ninterface b\n description y\n") == (
        Block("interface a", ("description x",)),
        Block("interface b", ("description y",)),
    )


def test_equal_trees_need_no_commands() -> None:
    for device in samples().values():
        assert changes(render(device), render(device)) == ()


def test_a_change_touches_only_what_changed() -> None:
    before, after = render(spine(1, 2)), render(spine(1, 3))
    commands = list(lines(changes(before, after)))
    sessions = {word for path in commands for word in path[-1].split() if word.startswith(("10.1.0.", "2001:"))}
    assert sessions == {"10.1.0.38", "2001:db8:1::26"}


def test_a_session_that_goes_is_taken_away_once() -> None:
    commands = [path[-1] for path in lines(changes(render(spine(1, 3)), render(spine(1, 2))))]
    assert "no neighbor 10.1.0.38" in commands
    assert [c for c in commands if c.startswith("no neighbor 10.1.0.38")] == ["no neighbor 10.1.0.38"]


def test_l3vni_goes_before_its_bgp_instance_and_policies_last() -> None:
    commands = [path[-1] for path in lines(changes(render(border(2)), render(tenant_leaf(2))))]
    assert commands.index("no neighbor 10.2.0.1") < commands.index("no route-map transit-in-v4 permit 30")
    gone = [path[-1] for path in lines(changes(render(tenant_leaf(2)), render(spine(1))))]
    assert gone.index("no vni 5001") < gone.index("no router bgp 4200000002 vrf red-prod")
    assert gone.index("no router bgp 4200000002 vrf red-prod") < gone.index("no router bgp 4200000002")


def test_l3vni_of_an_instance_with_another_asn_goes_first_and_comes_back_last() -> None:
    """bgpd lets no instance go that has an L3VNI; without that nothing of the new ones would be taken."""
    old = render(tenant_leaf(2))
    new = parse(text(old).replace("router bgp 4200000002", "router bgp 4200009001"))
    headers = [entry.header if isinstance(entry, Block) else entry for entry in changes(old, new)]
    vrfs = [entry.header for entry in old if isinstance(entry, Block) and entry.header.startswith("vrf ")]
    gone = [n for n, header in enumerate(headers) if header.startswith("no router bgp ")]
    come = [n for n, header in enumerate(headers) if header.startswith("router bgp ")]
    assert len(gone) == len(come) > 1
    with_l3vni = [header for header in vrfs if headers.count(header) == 2]
    assert with_l3vni
    for header in with_l3vni:
        assert headers.index(header) < gone[0]
        assert len(headers) - 1 - headers[::-1].index(header) > come[-1]


def test_secrets_stay_out_of_changes() -> None:
    assert "xc-secret" not in text(changes(render(border(2)), render(tenant_leaf(2))))


def test_a_limit_is_raised_before_the_policy_lets_more_in_and_lowered_after() -> None:
    old = """route-map in permit 10
 match ip address prefix-list few
exit
router bgp 65000 vrf red
 neighbor 10.0.0.1 remote-as 65001
 address-family ipv4 unicast
  neighbor 10.0.0.1 route-map in in
  neighbor 10.0.0.1 maximum-prefix 10
 exit-address-family
exit
"""
    new = old.replace("prefix-list few", "prefix-list many").replace("maximum-prefix 10", "maximum-prefix 20")
    wider = [path[-1] for path in lines(changes(parse(old), parse(new)))]
    assert wider.index("neighbor 10.0.0.1 maximum-prefix 20") < wider.index("match ip address prefix-list many")
    narrower = [path[-1] for path in lines(changes(parse(new), parse(old)))]
    assert narrower.index("match ip address prefix-list few") < narrower.index("neighbor 10.0.0.1 maximum-prefix 10")
