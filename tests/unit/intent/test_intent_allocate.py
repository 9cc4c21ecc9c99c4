"""The allocator: stable numbers, and what it says when there are none."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from crossconnect.finding import Finding, has_errors
from crossconnect.intent import allocate_codes as codes
from crossconnect.intent.allocate import allocate
from crossconnect.intent.cabling import settled
from crossconnect.intent.inventory import expand
from crossconnect.intent.lock import Lock
from crossconnect.model.device import Device, Link, Platform
from crossconnect.model.peer import Handoff, Peer
from crossconnect.model.pool import Pool
from crossconnect.model.region import DesignChoices, Moved, Region
from crossconnect.model.server import Attachment, Server
from crossconnect.model.tenant import Segment, Tenant, Vrf
from regions import small


def allocated(region: Region, previous: Lock | None = None) -> tuple[Lock, tuple[Finding, ...]]:
    inventory, findings = expand(region, previous)
    assert not has_errors(findings)
    return allocate(region, inventory, previous)


def lock_of(region: Region, previous: Lock | None = None) -> Lock:
    """The lock of a region without mistakes."""
    lock, findings = allocated(region, previous)
    assert findings == ()
    return lock


def with_pool(region: Region, name: str, **changes: object) -> Region:
    pools = tuple(replace(p, **changes) if p.name == name else p for p in region.pools)
    return replace(region, pools=pools)


def tenants(**vnis: int | None) -> tuple[Tenant, ...]:
    """A tenant with one VRF whose segments have these VNIs."""
    segments = tuple(Segment(name=name, vni=vni) for name, vni in vnis.items())
    return (Tenant(name="red", vrfs=(Vrf(name="v1", segments=segments),)),)


def segment(name: str) -> str:
    return f"tenants/red/vrfs/v1/segments/{name}"


def test_every_pool_of_the_lock_is_filled() -> None:
    lock = lock_of(small(leaves=2, dual_homed=True, border=True, segments=1))
    assert lock.serial == 1
    assert lock.numbers["loopback-v4"]["a-border1"] == "10.255.0.1"
    assert lock.numbers["loopback-v6"]["a-border1"] == "fd00:c0:0:1::1"
    assert lock.numbers["management-v4"]["a-border1"] == "10.253.0.2/20"  # .1 is the gateway
    assert "management-v6" not in lock.numbers
    assert lock.numbers["link-v4"]["a-border1--a-spine1"] == "10.254.0.0/31"
    assert lock.numbers["link-v6"]["a-border1--a-spine1"] == "fd00:c0:0:2::2/127"
    assert lock.numbers["handoff-v4"]["transit1/a-border1/red/v1"] == "100.64.0.0/31"
    assert lock.numbers["handoff-vlan"]["transit1/a-border1/red/v1"] == "2000"
    assert lock.numbers["asn"]["pods/a/spines"] == "4200000004"
    assert lock.numbers["device"]["a-border1"] == "1"
    assert lock.numbers["vlan"][segment("s1")] == "100"
    assert lock.numbers["l2vni"][segment("s1")] == "10000"
    assert lock.numbers["l3vni"]["tenants/red/vrfs/v1"] == "5000"
    assert set(lock.numbers["evi"].values()) == {"10001", "10002"}
    assert lock.numbers["esi"] == {"a-rack1-red-v1-s1-1": "1"}
    assert lock.numbers["host"] == {"a-rack1-red-v1-s1-1": "1"}
    assert lock.numbers["port/transit1"] == {"peer:transit1--a-border1#1": "eth1", "peer:transit1--a-border2#1": "eth2"}


def test_keys_are_served_in_natural_order() -> None:
    numbers = lock_of(small(leaves=11)).numbers["loopback-v4"]
    assert numbers["a-leaf2"] == "10.255.0.2"
    assert numbers["a-leaf10"] == "10.255.0.10"
    assert list(numbers) == [*(f"a-leaf{n}" for n in range(1, 12)), "a-spine1", "a-spine2"]


def test_unnumbered_underlays_and_single_stack_ask_for_less() -> None:
    assert "link-v4" not in lock_of(small(underlay="unnumbered")).numbers
    pools = lock_of(small(families=("ipv4",))).numbers
    assert "link-v6" not in pools
    assert "loopback-v6" not in pools


def test_nothing_changes_means_the_very_same_lock() -> None:
    region = small(leaves=4, border=True)
    first = lock_of(region)
    assert lock_of(region, first) is first


def test_growth_renumbers_nothing() -> None:
    before = lock_of(small(leaves=3, tenants=1, segments=1))
    after = lock_of(small(leaves=4, tenants=2, segments=3), before)
    assert after.serial == 2
    for pool, values in before.numbers.items():
        assert {key: after.numbers[pool].get(key) for key in values} == values


def test_a_freed_number_rests_for_the_stated_number_of_locks() -> None:
    design = DesignChoices(resting_locks=2)
    region = replace(small(), design=design, tenants=tenants(one=None, two=None), pods=small(tenants=0).pods)
    first = lock_of(region)
    assert first.numbers["l2vni"] == {segment("one"): "10000", segment("two"): "10001"}
    second = lock_of(replace(region, tenants=tenants(two=None)), first)
    assert second.resting["l2vni"] == {"10000": 2}
    third = lock_of(replace(region, tenants=tenants(two=None, three=None)), second)
    assert third.numbers["l2vni"][segment("three")] == "10002"
    fourth = lock_of(replace(region, tenants=tenants(two=None, three=None, four=None)), third)
    assert fourth.numbers["l2vni"][segment("four")] == "10000"
    assert "10000" not in fourth.resting.get("l2vni", {})


def test_a_number_by_hand_wins_and_moves_the_holder_with_a_warning() -> None:
    region = replace(small(tenants=0), tenants=tenants(one=None, two=None))
    first = lock_of(region)
    lock, findings = allocated(replace(region, tenants=tenants(one=None, two=10000)), first)
    assert lock.numbers["l2vni"] == {segment("one"): "10002", segment("two"): "10000"}
    assert [(f.code, f.place.path) for f in findings] == [(codes.NUMBER_MOVED.name, segment("one"))]
    assert "written by hand" in findings[0].message
    assert lock.resting["l2vni"] == {"10001": 2}


def test_a_number_by_hand_stays_when_it_is_no_longer_written() -> None:
    region = replace(small(tenants=0), tenants=tenants(one=10500))
    assert (
        lock_of(replace(region, tenants=tenants(one=None)), lock_of(region)).numbers["l2vni"][segment("one")] == "10500"
    )


def test_one_number_by_hand_for_two_is_an_error_at_the_second() -> None:
    _, findings = allocated(replace(small(tenants=0), tenants=tenants(one=10007, two=10007)))
    assert [(f.code, f.place.path) for f in findings] == [("intent.vni-duplicate", segment("two") + "/vni")]


def test_l2vnis_and_l3vnis_never_coincide() -> None:
    region = with_pool(replace(small(tenants=0), tenants=tenants(one=None, two=None)), "vrfs", range="10000-10010")
    numbers = lock_of(region).numbers
    assert numbers["l3vni"]["tenants/red/vrfs/v1"] not in numbers["l2vni"].values()
    by_hand = (replace(region.tenants[0], vrfs=(replace(region.tenants[0].vrfs[0], vni=10001),)),)
    _, findings = allocated(replace(region, tenants=by_hand), lock_of(region))
    assert codes.NUMBER_MOVED.name in [f.code for f in findings]


def test_reserved_parts_are_not_given_out() -> None:
    region = with_pool(small(), "loopbacks", reserved=("10.255.0.0/30", "10.255.0.5"))
    assert list(lock_of(region).numbers["loopback-v4"].values()) == [f"10.255.0.{n}" for n in (4, 6, 7, 8)]
    region = with_pool(small(segments=3, tenants=1, servers=0), "vlans", reserved=("100-101", "103"))
    assert sorted(lock_of(region).numbers["vlan"].values()) == ["102", "104", "105"]
    region = with_pool(small(spines=1), "links", reserved=("10.254.0.1",))
    assert sorted(lock_of(region).numbers["link-v4"].values()) == ["10.254.0.2/31", "10.254.0.4/31"]


def test_reserving_a_number_in_use_moves_it_and_says_so() -> None:
    region = small()
    lock, findings = allocated(with_pool(region, "loopbacks", reserved=("10.255.0.2",)), lock_of(region))
    assert [f.code for f in findings] == [codes.NUMBER_MOVED.name]
    assert "a-leaf2 loses 10.255.0.2" in findings[0].message
    assert "reserved" in findings[0].message
    assert lock.numbers["loopback-v4"]["a-leaf2"] == "10.255.0.5"


def test_a_pool_replaced_by_another_moves_what_it_held() -> None:
    region = small(leaves=1, spines=1)
    lock, findings = allocated(with_pool(region, "loopbacks", prefix="10.200.0.0/24"), lock_of(region))
    assert {f.code for f in findings} == {codes.NUMBER_MOVED.name}
    assert lock.numbers["loopback-v4"] == {"a-leaf1": "10.200.0.1", "a-spine1": "10.200.0.2"}
    assert lock.resting["loopback-v4"] == {"10.255.0.1": 2, "10.255.0.2": 2}


def test_exhaustion_says_which_pool_how_full_and_who_uses_it() -> None:
    region = with_pool(small(leaves=6, pods=2), "loopbacks", prefix="10.255.0.0/29")
    lock, findings = allocated(region)
    (finding,) = findings
    assert finding.code == codes.POOL_EXHAUSTED.name
    assert finding.place.path == "pools/loopbacks"
    assert "9 more needed (a-spine2, b-leaf1, b-leaf2, b-leaf3, b-leaf4 and 4 more)" in finding.message
    full = "loopbacks 10.255.0.0/29 has 8, of which 7 are in use (pod a 7), 0 rest and 1 are reserved"
    assert full in finding.message
    assert len(lock.numbers["loopback-v4"]) == 7


def test_a_second_pool_of_the_same_purpose_helps() -> None:
    region = with_pool(small(leaves=6), "loopbacks", prefix="10.255.0.0/30")
    more = Pool(name="more", purpose="loopback", prefix="10.250.0.0/24")
    numbers = lock_of(replace(region, pools=(*region.pools, more))).numbers["loopback-v4"]
    assert numbers["a-leaf1"] == "10.250.0.1"
    assert len(set(numbers.values())) == 8


def test_a_missing_pool_is_named() -> None:
    region = replace(small(), pools=tuple(p for p in small().pools if p.purpose != "l3vni"))
    _, findings = allocated(region)
    assert [f.code for f in findings] == [codes.POOL_MISSING.name]
    assert "'l3vni'" in findings[0].message


def test_site_pools_serve_their_site_and_others_the_rest() -> None:
    region = small(pods=2, leaves=1, spines=1)
    pods = (region.pods[0], replace(region.pods[1], site="south"))
    pools = (*region.pools, Pool(name="south", purpose="loopback", prefix="10.111.0.0/24", site="south"))
    numbers = lock_of(replace(region, pods=pods, pools=pools)).numbers["loopback-v4"]
    assert numbers == {
        "a-leaf1": "10.255.0.1",
        "a-spine1": "10.255.0.2",
        "b-leaf1": "10.111.0.1",
        "b-spine1": "10.111.0.2",
    }


def test_a_lock_edited_by_hand_is_refused() -> None:
    region = small()
    lock = lock_of(region)

    def edited(pool: str, key: str, value: str) -> tuple[Finding, ...]:
        numbers: Mapping[str, Mapping[str, str]] = {**lock.numbers, pool: {**lock.numbers[pool], key: value}}
        return allocated(region, replace(lock, numbers=numbers))[1]

    (finding,) = edited("loopback-v4", "a-leaf2", "10.255.0.1")
    assert (finding.code, finding.place.file) == (codes.LOCK_CONFLICT.name, "region.lock")
    assert finding.place.path == "numbers/loopback-v4/a-leaf2"
    for pool, key, value in (
        ("loopback-v4", "a-leaf2", "10.255.0.300"),
        ("loopback-v4", "a-leaf2", "10.255.0.2/32"),
        ("loopback-v6", "a-leaf2", "FD00:c0:0:1::2"),
        ("link-v4", "a-leaf1--a-spine1", "10.254.0.1/31"),
        ("l2vni", segment("s1"), "012"),
        ("l2vni", segment("s1"), "many"),
    ):
        assert [f.code for f in edited(pool, key, value)] == [codes.LOCK_VALUE.name], value


def test_asns_keep_clear_of_external_routers_and_of_those_written_by_hand() -> None:
    region = replace(
        small(), asns=replace(small().asns, range="64512-64520"), devices=(Device(name="a-leaf2", asn=64512),)
    )
    numbers = lock_of(replace(region, peers=(Peer(name="t", asn=64513),))).numbers["asn"]
    assert numbers == {"devices/a-leaf1": "64514", "devices/a-leaf2": "64512", "pods/a/spines": "64515"}
    _, findings = allocated(replace(region, devices=(*region.devices, Device(name="a-spine1", asn=64512))))
    assert [(f.code, f.place.path) for f in findings] == [("intent.asn-shared", "devices/a-spine1/asn")]


def test_vlans_may_be_scoped_to_pods_and_are_carried_over() -> None:
    region = small(pods=2, leaves=1, spines=1, super_spines=1, segments=2)
    first = lock_of(region)
    by_pod = replace(region, design=DesignChoices(vlan_scope="pod"))
    second = lock_of(by_pod, first)
    assert second.numbers["vlan"] == {f"{p}:{segment(s)}": v for p in "ab" for s, v in (("s1", "100"), ("s2", "101"))}
    assert lock_of(by_pod).numbers["vlan"] == second.numbers["vlan"]
    assert lock_of(region, second).numbers["vlan"] == first.numbers["vlan"]


def test_handoff_vlans_are_unique_per_cable_and_addresses_by_hand_are_left_alone() -> None:
    handoffs = (
        Handoff(border="a-leaf1:swp10", vrf="red/v1", vlan=2000),
        Handoff(border="a-leaf1:swp11", vrf="red/v2", vlan=2000),
        Handoff(border="a-leaf1:swp11", vrf="red/v1", local=("100.64.0.1/30",), remote=("100.64.0.2",)),
    )
    numbers = lock_of(replace(small(vrfs=2), peers=(Peer(name="t", asn=64500, handoffs=handoffs),))).numbers
    assert numbers["handoff-vlan"] == {
        "t/a-leaf1/red/v1": "2000",
        "t/a-leaf1/red/v1#2": "2001",
        "t/a-leaf1/red/v2": "2000",
    }
    assert numbers["handoff-v4"] == {"t/a-leaf1/red/v1": "100.64.0.4/31", "t/a-leaf1/red/v2": "100.64.0.6/31"}
    assert len(numbers["handoff-v6"]) == 3


def test_ports_are_given_by_use() -> None:
    region = small(spines=2, leaves=2, super_spines=2, border=True, segments=1)
    numbers = lock_of(region).numbers
    assert numbers["port/a-leaf1"] == {
        "a-leaf1--a-spine1": "swp64",
        "a-leaf1--a-spine2": "swp63",
        "server:a-rack1-red-v1-s1-1#1": "swp1",
    }
    assert numbers["port/a-spine1"] == {
        "a-border1--a-spine1": "swp1",
        "a-border2--a-spine1": "swp2",
        "a-leaf1--a-spine1": "swp3",
        "a-leaf2--a-spine1": "swp4",
        "a-spine1--core1": "swp64",
        "a-spine1--core2": "swp63",
    }
    assert numbers["port/core1"] == {"a-spine1--core1": "swp1", "a-spine2--core1": "swp2"}
    assert numbers["port/a-border1"]["peer:transit1--a-border1#1"] == "swp1"


def test_ports_by_hand_win_and_servers_keep_off_named_uplinks() -> None:
    platform = Platform(name="p", ports=("swp[1-4]", "up[1-2]"), uplinks=("up[1-2]",))
    region = replace(
        small(spines=2, leaves=1, servers=0),
        platforms=(platform,),
        devices=(Device(name="a-leaf1", platform="p"),),
        servers=(
            Server(name="x", attachments=(Attachment(port="a-leaf1"),)),
            Server(name="y", attachments=(Attachment(port="a-leaf1:swp1"),)),
        ),
    )
    assert lock_of(region).numbers["port/a-leaf1"] == {
        "a-leaf1--a-spine1": "up1",
        "a-leaf1--a-spine2": "up2",
        "server:x#1": "swp2",
        "server:y#1": "swp1",
    }
    many = tuple(Server(name=f"s{n}", attachments=(Attachment(port="a-leaf1"),)) for n in range(5))
    _, findings = allocated(replace(region, servers=many))
    assert [(f.code, f.place.path) for f in findings] == [(codes.PORTS_EXHAUSTED.name, "devices/a-leaf1")]
    assert "server:s4#1" in findings[0].message


def test_two_cables_in_one_port_and_ports_that_do_not_exist_are_errors() -> None:
    servers = (
        Server(name="x", attachments=(Attachment(port="a-leaf1:swp1"),)),
        Server(name="y", attachments=(Attachment(port="a-leaf1:swp1"),)),
        Server(name="z", attachments=(Attachment(port="a-leaf1:swp65"),)),
    )
    region = replace(small(servers=0), servers=servers, links=(Link(a="a-leaf1:eth9", b="a-spine1"),))
    _, findings = allocated(region)
    assert [(f.code, f.place.path) for f in findings] == [
        (codes.PORT_UNKNOWN.name, "links/0"),
        (codes.PORT_TAKEN.name, "servers/y"),
        (codes.PORT_UNKNOWN.name, "servers/z"),
    ]


def test_a_port_written_by_hand_moves_the_cable_that_held_it() -> None:
    server = Server(name="x", attachments=(Attachment(port="a-leaf1"),))
    region = replace(small(servers=0, leaves=1, spines=1), servers=(server,))
    first = lock_of(region)
    assert first.numbers["port/a-leaf1"]["server:x#1"] == "swp1"
    other = Server(name="y", attachments=(Attachment(port="a-leaf1:swp1"),))
    second = lock_of(replace(region, servers=(server, other)), first)
    assert second.numbers["port/a-leaf1"]["server:x#1"] == "swp2"


def test_moved_entries_carry_numbers_to_the_new_name() -> None:
    region = small(leaves=2, border=True, segments=1)
    first = lock_of(region)
    blue = replace(region.tenants[0], name="blue")
    handoffs = tuple(replace(h, vrf="blue/v1") for h in region.peers[0].handoffs)
    moved = replace(
        region,
        tenants=(blue,),
        peers=(replace(region.peers[0], name="carrier", handoffs=handoffs),),
        moved=(Moved(old="tenants/red", new="tenants/blue"), Moved(old="peers/transit1", new="peers/carrier")),
    )
    second = lock_of(moved, first).numbers
    for pool in ("vlan", "l2vni", "l3vni", "evi"):
        assert second[pool] == {k.replace("red", "blue"): v for k, v in first.numbers[pool].items()}
    for pool in ("handoff-v4", "handoff-v6", "handoff-vlan"):
        old = first.numbers[pool]
        assert second[pool] == {k.replace("red", "blue").replace("transit1", "carrier"): v for k, v in old.items()}
    assert second["port/carrier"] == {"peer:carrier--a-border1#1": "eth1", "peer:carrier--a-border2#1": "eth2"}


def test_a_moved_pod_takes_along_what_is_named_after_it() -> None:
    region = small(leaves=3, super_spines=1, dual_homed=False, segments=1)
    first = lock_of(region)
    pods = (replace(region.pods[0], name="z"),)
    second = lock_of(replace(region, pods=pods, moved=(Moved(old="pods/a", new="pods/z"),)), first)

    def moved(text: str) -> str:
        return (
            text.replace("a-leaf", "z-leaf")
            .replace("a-spine", "z-spine")
            .replace("a-rack", "z-rack")
            .replace("pods/a", "pods/z")
            .replace("leaf/a", "leaf/z")
            .replace("rack/a", "rack/z")
        )

    expected = {moved(pool): {moved(k): v for k, v in values.items()} for pool, values in first.numbers.items()}
    assert second.numbers == expected
    assert second.resting == {}


def test_devices_can_swap_names() -> None:
    region = small(spines=1)
    first = lock_of(region)
    moved = (Moved(old="devices/a-leaf1", new="devices/a-leaf2"), Moved(old="devices/a-leaf2", new="devices/a-leaf1"))
    second = lock_of(replace(region, moved=moved), first).numbers
    assert second["loopback-v4"]["a-leaf1"] == first.numbers["loopback-v4"]["a-leaf2"]
    assert second["link-v4"]["a-leaf1--a-spine1"] == first.numbers["link-v4"]["a-leaf2--a-spine1"]
    assert second["port/a-spine1"]["a-leaf2--a-spine1"] == first.numbers["port/a-spine1"]["a-leaf1--a-spine1"]


def test_moved_entries_that_do_nothing_or_collide_are_told() -> None:
    region = small()
    first = lock_of(region)
    _, findings = allocated(replace(region, moved=(Moved(old="tenants/gone", new="tenants/red"),)), first)
    assert [(f.code, f.place.path) for f in findings] == [(codes.MOVED_UNUSED.name, "moved/0")]
    _, findings = allocated(replace(region, moved=(Moved(old="devices/a-leaf1", new="devices/a-leaf2"),)), first)
    assert [f.code for f in findings] == [codes.MOVED_CONFLICT.name]


def test_a_parallel_link_written_in_takes_over_no_addresses() -> None:
    """Input: a cable at swp50, then another between the same switches at swp49. Output: swp50 keeps its /31."""
    links = (Link(a="a-leaf1:swp50", b="a-spine1:swp9"),)
    region = replace(small(spines=1, leaves=1, servers=0), links=links)
    first = lock_of(region)
    more = replace(region, links=(Link(a="a-leaf1:swp49", b="a-spine1:swp8"), *links))
    inventory = settled(expand(more)[0], first)
    second, findings = allocate(more, inventory, first)
    assert findings == ()
    assert second.numbers["port/a-leaf1"] == {"a-leaf1--a-spine1": "swp50", "a-leaf1--a-spine1#2": "swp49"}
    assert second.numbers["link-v4"]["a-leaf1--a-spine1"] == first.numbers["link-v4"]["a-leaf1--a-spine1"]
    assert settled(expand(more)[0], second).cables == inventory.cables
    assert settled(inventory, None) is inventory
