"""What happens to attributes from hop to hop."""

from __future__ import annotations

from crossconnect.simulate.attributes import NOTHING, Attributes, AttributeTable, canonical_community


def hop(table: AttributeTable, number: int, asn: int, *, originated: bool = False, shutdown: bool = False) -> int:
    sent = table.sent(number, asn, originated, shutdown)
    return sent if sent == NOTHING else table.received(sent, False)


def test_med_goes_one_hop_and_local_pref_and_weight_none() -> None:
    table = AttributeTable()
    own = table.intern(Attributes(med=30, weight=32768, local_pref=200))
    first = hop(table, own, 65001, originated=True)
    assert table.values[first] == Attributes(as_path=(65001,), med=30)
    second = hop(table, first, 65002)
    assert table.values[second] == Attributes(as_path=(65002, 65001))


def test_communities_that_confine_a_route_stop_it() -> None:
    table = AttributeTable()
    for community in ("no-export", "no-advertise", "local-AS"):
        own = table.intern(Attributes(communities=(community,)))
        assert hop(table, own, 65001, originated=True) == NOTHING


def test_graceful_shutdown_marks_routes_and_every_receiver_prefers_others() -> None:
    table = AttributeTable()
    own = table.intern(Attributes())
    first = hop(table, own, 65001, originated=True, shutdown=True)
    assert table.values[first] == Attributes(as_path=(65001,), local_pref=0, communities=("graceful-shutdown",))
    second = hop(table, first, 65002)
    assert table.values[second].local_pref == 0, "RFC 8326: the mark travels, and so does its effect"


def test_a_speaker_in_shutdown_marks_what_it_receives() -> None:
    table = AttributeTable()
    sent = table.sent(table.intern(Attributes()), 65001, True, False)
    assert table.values[table.received(sent, True)].local_pref == 0


def test_blackhole_gets_no_export() -> None:
    table = AttributeTable()
    sent = table.sent(table.intern(Attributes(communities=("blackhole",))), 65001, True, False)
    received = table.received(sent, False)
    assert table.values[received].communities == ("blackhole", "no-export")
    assert hop(table, received, 65002) == NOTHING


def test_well_known_communities_have_one_spelling() -> None:
    assert canonical_community("65535:65281") == canonical_community("no-export") == "no-export"
    assert canonical_community("65535:65283") == canonical_community("local-as") == "local-AS"
    assert canonical_community("65000:1") == "65000:1"
